"""Version sets in words, the same on the command line and on the screens. Escape them: names are a platform's."""

from __future__ import annotations

import json
from collections.abc import Mapping

from pydantic import JsonValue

from services.model import VersionSet
from services.promotion.differences import Change
from services.promotion.newest import Newest, NewestVersions

NOTHING = "—"


def pin_text(number: int | None, newest: Newest) -> str:
    """Return ``v5``, ``latest (7)``, or ``latest (?)`` where today's number is not known."""
    if number is not None:
        return f"v{number}"
    return f"latest ({'?' if newest.number is None else newest.number})"


def model_text(preference: JsonValue) -> str:
    """Return the model's name, and whatever else is preferred as JSON."""
    if not isinstance(preference, Mapping):
        return NOTHING if preference is None else json.dumps(preference)
    rest = {name: value for name, value in preference.items() if name != "llm_name" and value not in (None, {})}
    name = preference.get("llm_name")
    told = name if isinstance(name, str) else NOTHING
    return f"{told} {json.dumps(rest)}" if rest else told


def models_text(version_set: VersionSet) -> str:
    """Return every model preference on one line."""
    preferred = [f"{use} {model_text(one)}" for use, one in version_set.llm_model_preferences.items()]
    return ", ".join(preferred) or NOTHING


def behaviors_text(version_set: VersionSet) -> str:
    """Return how many dynamic behaviors are at work, or that the platform does not say."""
    return NOTHING if version_set.applied_behavior_ids is None else str(len(version_set.applied_behavior_ids))


def change_texts(
    change: Change, newest: NewestVersions, *, made: bool = False, gone: bool = False
) -> tuple[str, str, str]:
    """Return what changes, from what, to what.

    ``made``: the set does not exist before; ``gone``: not afterwards. Nothing is pinned there, not even the latest.
    """
    label = f"{change.part} {change.name}".strip() if change.part != "other" else change.name
    before, after = (_side(change, value, newest) for value in (change.before, change.after))
    if change.same_today:
        after += " (the same today)"
    return label, NOTHING if made else before, NOTHING if gone else after


def _side(change: Change, value: JsonValue, newest: NewestVersions) -> str:
    match change.part:
        case "agent" | "context graph":
            assert value is None or isinstance(value, int)
            return pin_text(value, newest.agent if change.part == "agent" else newest.context_graph)
        case "model":
            return model_text(value)
        case "behavior" if isinstance(value, bool):
            return "applied" if value else NOTHING
        case "runtime" if isinstance(value, str):
            return value
    return NOTHING if value is None else json.dumps(value, ensure_ascii=False)
