"""Differences between two version sets, and the latest versions, as data and in words."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Literal

from pydantic import JsonValue

from base.json_text import canonical_json, json_line
from services.client import ServicesClient
from services.errors import ServiceError
from services.model import Agent, BehaviorSet, ContextGraph, Service, VersionSet
from services.paging import Pages
from services.writing import JsonObject, write_version_set


@dataclass(frozen=True, slots=True, kw_only=True)
class Newest:
    """The newest version of an agent or a context graph."""

    number: int | None = None
    """``None``: there is no version, or the number is unknown and ``unknown`` says why."""
    name: str = ""
    """The name of the agent or the context graph."""
    unknown: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewestVersions:
    """The latest versions, which a version set without pins uses today."""

    agent: Newest
    context_graph: Newest
    behaviors: Mapping[str, str] = dataclasses.field(default_factory=dict)
    """The names of dynamic behaviors by id, as far as they are known."""

    def behavior(self, id_: str) -> str:
        """Return the name of a dynamic behavior, or the words for their order."""
        short = id_ if len(id_) <= _ID_SHOWN else f"{id_[:_ID_SHOWN]}…"
        return id_ if id_ == ORDER else self.behaviors.get(id_) or f"without a known name ({short})"

    def resolved(self, version_set: VersionSet) -> VersionSet:
        """Return the version set with its unpinned versions pinned to today's, as far as they are known."""
        agent, graph = version_set.agent_version_number, version_set.context_graph_version_number
        return replace(
            version_set,
            agent_version_number=self.agent.number if agent is None else agent,
            context_graph_version_number=self.context_graph.number if graph is None else graph,
        )


async def newest_versions(client: ServicesClient, service: Service) -> NewestVersions:
    """Load the newest versions. What is unknown is part of the answer; it does not raise."""
    return NewestVersions(
        agent=await _newest(client.get_agent, service.agent_id, service.agent_name, "agent"),
        context_graph=await _newest(
            client.get_context_graph, service.context_graph_id, service.context_graph_name, "context graph"
        ),
        behaviors=(await behavior_names(client))[0],
    )


async def behavior_names(client: ServicesClient) -> tuple[dict[str, str], str]:
    """Return the names of dynamic behaviors by id, and why some are unknown."""
    if why := client.unsupported.get("list_behavior_sets"):
        return {}, why
    names: dict[str, str] = {}
    pages = Pages[BehaviorSet](lambda continuation: client.list_behavior_sets(continuation=continuation))
    try:
        while not pages.complete:
            names |= {one.id: one.name for one in await pages.more() if one.name}
    except ServiceError as error:
        return names, str(error)
    return names, ""


async def _newest(
    get: Callable[[str], Awaitable[Agent | ContextGraph]], owner_id: str | None, name: str | None, what: str
) -> Newest:
    if owner_id is None:
        return Newest(name=name or "", unknown=f"the platform does not say which {what} the service has")
    try:
        owner = await get(owner_id)
    except ServiceError as error:
        return Newest(name=name or owner_id, unknown=str(error))
    named = owner.name or name or owner_id
    return Newest(
        number=owner.latest_version, name=named, unknown="" if owner.latest_version else "it has none yet"
    )


DEFAULT_RUNTIME = "native"
_ID_SHOWN = 8
"""The number of characters shown of an id without a known name."""
ORDER = "order"
"""The name of a change that only reorders dynamic behaviors."""

Part = Literal["agent", "context graph", "model", "runtime", "behavior", "other"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ValueChange:
    """One difference. ``None`` means that nothing is there; for a pin it means the latest version."""

    part: Part
    name: str = ""
    """The interaction of a model, the id of a behavior, or the name of another field. Empty for the rest."""
    before: JsonValue = None
    after: JsonValue = None
    same_today: bool = False
    """Both sides mean the same version until a new one is made: one is pinned to it, the other is the latest."""


def same(one: VersionSet | None, other: VersionSet | None) -> bool:
    """Return whether two version sets mean the same. Unlike in Python, ``True`` is not 1."""
    return json.dumps(plain_form(one), sort_keys=True) == json.dumps(plain_form(other), sort_keys=True)


def canonical(version_set: VersionSet | None) -> str:
    """Return a version set as text. Equal sets have equal texts."""
    return canonical_json(None if version_set is None else write_version_set(version_set))


def plain_form(version_set: VersionSet | None) -> JsonObject | None:
    """Return a version set without documented defaults, which servers add to what was sent."""
    if version_set is None:
        return None
    form = _fields(version_set)
    if form.get("turn_runtime") == DEFAULT_RUNTIME:
        del form["turn_runtime"]
    return form


def differences(
    before: VersionSet | None, after: VersionSet | None, newest: NewestVersions | None = None
) -> tuple[ValueChange, ...]:
    """Return every difference in the order of display. ``None`` is a set that does not exist."""
    if same(before, after):
        return ()
    old, new = (_fields(one) for one in (before, after))
    changes = [*_pins(before, after, newest)]
    changes += _mapped("model", old.pop("llm_model_preferences", {}), new.pop("llm_model_preferences", {}))
    changes += _changed("runtime", "", old.pop("turn_runtime", None), new.pop("turn_runtime", None))
    changes += _behaviors(old.pop("applied_behavior_ids", None), new.pop("applied_behavior_ids", None))
    for pin in ("agent_version_number", "context_graph_version_number"):
        # an invalid value of a known field stays in ``extra`` and shows there
        for side in (old, new):
            if side.get(pin) is None or _is_number(side[pin]):
                side.pop(pin, None)
    return (*changes, *_mapped("other", old, new))


def _fields(version_set: VersionSet | None) -> JsonObject:
    form: JsonObject = {} if version_set is None else write_version_set(version_set)
    preferred = form.get("llm_model_preferences")
    if isinstance(preferred, dict):
        form["llm_model_preferences"] = {use: _plain_preference(one) for use, one in preferred.items()}
    return form


def _plain_preference(preference: JsonValue) -> JsonValue:
    if not isinstance(preference, dict):
        return preference
    return {
        name: value
        for name, value in preference.items()
        if value is not None and not (name == "params" and value == {})
    }


def _is_number(value: JsonValue) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _pins(
    before: VersionSet | None, after: VersionSet | None, newest: NewestVersions | None
) -> Iterator[ValueChange]:
    for part, field, latest in (
        ("agent", "agent_version_number", newest and newest.agent.number),
        ("context graph", "context_graph_version_number", newest and newest.context_graph.number),
    ):
        old, new = (None if one is None else getattr(one, field) for one in (before, after))
        if old != new or (before is None) != (after is None):
            both = before is not None and after is not None
            resolved = {latest if one is None else one for one in (old, new)}
            known: Part = "agent" if part == "agent" else "context graph"
            yield ValueChange(
                part=known, before=old, after=new, same_today=both and len(resolved) == 1 and None not in resolved
            )


def _mapped(part: Part, old: JsonValue, new: JsonValue) -> Iterator[ValueChange]:
    if not isinstance(old, Mapping) or not isinstance(new, Mapping):
        yield from _changed(part, "", old, new)
        return
    for name in dict.fromkeys([*old, *new]):
        yield from _changed(part, name, old.get(name), new.get(name))


def _changed(part: Part, name: str, old: JsonValue, new: JsonValue) -> Iterator[ValueChange]:
    if canonical_json(old) != canonical_json(new):
        yield ValueChange(part=part, name=name, before=old, after=new)


def _behaviors(old: JsonValue, new: JsonValue) -> Iterator[ValueChange]:
    if not _all_texts(old) or not _all_texts(new):
        yield from _changed("behavior", "", old, new)
        return
    assert isinstance(old, list)
    assert isinstance(new, list)
    for one in dict.fromkeys([*old, *new]):
        yield from _changed("behavior", str(one), one in old, one in new)
    if old != new and set(map(str, old)) == set(map(str, new)):
        yield ValueChange(part="behavior", name=ORDER, before=old, after=new)


def _all_texts(value: JsonValue) -> bool:
    return isinstance(value, list) and all(isinstance(one, str) for one in value)


NOTHING = "—"


def pin_text(number: int | None, newest: Newest) -> str:
    """Return ``v5``, ``latest (7)``, or ``latest (?)`` if today's number is unknown."""
    if number is not None:
        return f"v{number}"
    return f"latest ({'?' if newest.number is None else newest.number})"


def model_text(preference: JsonValue) -> str:
    """Return the model's name, with other preferences as JSON."""
    if not isinstance(preference, Mapping):
        return NOTHING if preference is None else json.dumps(preference)
    rest = {name: value for name, value in preference.items() if name != "llm_name" and value not in (None, {})}
    name = preference.get("llm_name")
    shown = name if isinstance(name, str) else NOTHING
    return f"{shown} {json.dumps(rest)}" if rest else shown


def models_text(version_set: VersionSet) -> str:
    """Return every model preference on one line."""
    preferred = [f"{use} {model_text(one)}" for use, one in version_set.llm_model_preferences.items()]
    return ", ".join(preferred) or NOTHING


def behaviors_text(version_set: VersionSet, newest: NewestVersions) -> str:
    """Return the active dynamic behaviors by name, or that the platform does not list them.

    Behaviors without a known name are counted.
    """
    if (ids := version_set.applied_behavior_ids) is None:
        return NOTHING
    known = [newest.behaviors[one] for one in ids if one in newest.behaviors]
    nameless = len(ids) - len(known)
    more = [f"{nameless} without a known name" if known else str(nameless)] if nameless else []
    return ", ".join([*known, *more]) or "none"


def change_texts(
    change: ValueChange, newest: NewestVersions, *, made: bool = False, gone: bool = False
) -> tuple[str, str, str]:
    """Return what changes, the old value and the new one.

    ``made``: the set did not exist before; ``gone``: it does not exist afterwards. A missing set pins nothing, not
    even the latest.
    """
    name = newest.behavior(change.name) if change.part == "behavior" and change.name else change.name
    label = f"{change.part} {name}".strip() if change.part != "other" else name
    before, after = (_side(change, value, newest) for value in (change.before, change.after))
    if change.same_today:
        after += " (the same today)"
    return label, NOTHING if made else before, NOTHING if gone else after


def _side(change: ValueChange, value: JsonValue, newest: NewestVersions) -> str:
    match change.part:
        case "agent" | "context graph":
            assert value is None or isinstance(value, int)
            return pin_text(value, newest.agent if change.part == "agent" else newest.context_graph)
        case "model":
            return model_text(value)
        case "behavior" if isinstance(value, bool):
            return "applied" if value else NOTHING
        case "behavior" if isinstance(value, list):
            return ", ".join(newest.behavior(str(one)) for one in value) or NOTHING
        case "runtime" if isinstance(value, str):
            return value
    return NOTHING if value is None else json_line(value)
