"""What differs between two version sets, as data that the command line and the screens both show."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from pydantic import JsonValue

from services.model import VersionSet
from services.promotion.newest import NewestVersions
from services.writing import JsonObject, write_version_set

Part = Literal["agent", "context graph", "model", "runtime", "behavior", "other"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One difference. ``None`` is "nothing there"; a pin's ``None`` is the latest version."""

    part: Part
    name: str = ""
    """The interaction of a model, the id of a behavior, the name of another field; empty for the rest."""
    before: JsonValue = None
    after: JsonValue = None
    same_today: bool = False
    """Both sides mean the same version until the next one is made: one is pinned to it, the other is the latest."""


def same(one: VersionSet | None, other: VersionSet | None) -> bool:
    """Tell whether two version sets mean the same; ``True`` is not 1, unlike in Python."""
    return canonical(one) == canonical(other)


def canonical(version_set: VersionSet | None) -> str:
    """Return a version set as text that is equal for equal ones."""
    return json.dumps(None if version_set is None else write_version_set(version_set), sort_keys=True)


def differences(
    before: VersionSet | None, after: VersionSet | None, newest: NewestVersions | None = None
) -> tuple[Change, ...]:
    """Return every difference, in the order they are shown; ``None`` for a set that does not exist."""
    if same(before, after):
        return ()
    old, new = (_fields(one) for one in (before, after))
    changes = [*_pins(before, after, newest)]
    changes += _mapped("model", old.pop("llm_model_preferences", {}), new.pop("llm_model_preferences", {}))
    changes += _changed("runtime", "", old.pop("turn_runtime", None), new.pop("turn_runtime", None))
    changes += _behaviors(old.pop("applied_behavior_ids", None), new.pop("applied_behavior_ids", None))
    for pin in ("agent_version_number", "context_graph_version_number"):
        # an odd value of a known field stays in ``extra`` and is told there
        for side in (old, new):
            if side.get(pin) is None or _is_number(side[pin]):
                side.pop(pin, None)
    return (*changes, *_mapped("other", old, new))


def _fields(version_set: VersionSet | None) -> JsonObject:
    return {} if version_set is None else write_version_set(version_set)


def _is_number(value: JsonValue) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _pins(before: VersionSet | None, after: VersionSet | None, newest: NewestVersions | None) -> Iterator[Change]:
    for part, field, latest in (
        ("agent", "agent_version_number", newest and newest.agent.number),
        ("context graph", "context_graph_version_number", newest and newest.context_graph.number),
    ):
        old, new = (None if one is None else getattr(one, field) for one in (before, after))
        if old != new or (before is None) != (after is None):
            both = before is not None and after is not None
            resolved = {latest if one is None else one for one in (old, new)}
            known: Part = "agent" if part == "agent" else "context graph"
            yield Change(
                part=known, before=old, after=new, same_today=both and len(resolved) == 1 and None not in resolved
            )


def _mapped(part: Part, old: JsonValue, new: JsonValue) -> Iterator[Change]:
    if not isinstance(old, Mapping) or not isinstance(new, Mapping):
        yield from _changed(part, "", old, new)
        return
    for name in dict.fromkeys([*old, *new]):
        yield from _changed(part, name, old.get(name), new.get(name))


def _changed(part: Part, name: str, old: JsonValue, new: JsonValue) -> Iterator[Change]:
    if json.dumps(old, sort_keys=True) != json.dumps(new, sort_keys=True):
        yield Change(part=part, name=name, before=old, after=new)


def _behaviors(old: JsonValue, new: JsonValue) -> Iterator[Change]:
    if not _all_texts(old) or not _all_texts(new):
        yield from _changed("behavior", "", old, new)
        return
    assert isinstance(old, list)
    assert isinstance(new, list)
    for one in dict.fromkeys([*old, *new]):
        yield from _changed("behavior", str(one), one in old, one in new)
    if old != new and set(map(str, old)) == set(map(str, new)):
        yield Change(part="behavior", name="order", before=old, after=new)


def _all_texts(value: JsonValue) -> bool:
    return isinstance(value, list) and all(isinstance(one, str) for one in value)
