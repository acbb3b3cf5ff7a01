"""The Classic API's names for the model's fields. It calls a context graph a "state machine"."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from pydantic import JsonValue

from services.errors import InvalidError, UnsupportedError
from services.model import BehaviorSet, NewService, Service, Tag, VersionSet
from services.reading import Fields, JsonObject, as_bool, as_text, as_texts, as_time, read_service, read_version_set
from services.service_fields import BY_NAME, PLATFORM_ONLY
from services.writing import write_new_service, write_version_set

MACHINE: Final = "service_hierarchical_state_machine"
_VERSION_SET_NAMES: Final = (
    (f"{MACHINE}_version_number", "context_graph_version_number"),
    (f"{MACHINE}_version", "context_graph_version_number"),
    ("context_graph_version", "context_graph_version_number"),
    ("agent_version", "agent_version_number"),
)
_ECHOES: Final = frozenset({"agent_id", "context_graph_id", f"{MACHINE}_id", "service_id", "name"})
"""Ids that a version set's own answer repeats."""


def read_classic_version_set(raw: Mapping[str, JsonValue]) -> VersionSet:
    """Read a version set from its own answer."""
    return read_version_set({name: value for name, value in _renamed(raw).items() if name not in _ECHOES})


def read_classic_service(raw: Mapping[str, JsonValue]) -> Service | None:
    """Read one service. ``None`` without an id. Channel and environment stay empty: this API lacks them."""
    renamed: JsonObject = {"channel_type": "", "environment": "", **raw}
    if f"{MACHINE}_id" in renamed:
        renamed["context_graph_id"] = renamed.pop(f"{MACHINE}_id")
    sets = renamed.get("version_sets")
    if isinstance(sets, dict):
        renamed["version_sets"] = {
            name: _renamed(body) if isinstance(body, dict) else body for name, body in sets.items()
        }
    return read_service(renamed)


def _renamed(version_set: Mapping[str, JsonValue]) -> JsonObject:
    """Return a version set under the model's names. If a number has two names, the first counts."""
    renamed: JsonObject = dict(version_set)
    for theirs, ours in _VERSION_SET_NAMES:
        if theirs in renamed:
            renamed.setdefault(ours, renamed.pop(theirs))
    return renamed


def read_behavior_set(raw: Mapping[str, JsonValue]) -> BehaviorSet | None:
    """Read one dynamic behavior set. ``None`` without an id."""
    fields = Fields(raw)
    set_id = fields.take("id", as_text, "")
    if not set_id:
        return None
    return BehaviorSet(
        id=set_id,
        name=fields.take("name", as_text, ""),
        is_active=fields.take("is_active", as_bool, True),
        applied_to_services=fields.take("applied_to_services", as_texts, ()),
        tags=fields.take("tags", _as_tag_map, ()),
        created_at=fields.take("created_at", as_time, None),
        updated_at=fields.take("updated_at", as_time, None),
        extra=fields.left,
    )


def _as_tag_map(raw: JsonValue) -> tuple[Tag, ...] | None:
    if not isinstance(raw, dict) or not all(isinstance(value, str | None) for value in raw.values()):
        return None
    return tuple(Tag(key, value if isinstance(value, str) else None) for key, value in raw.items())


def write_classic_version_set(version_set: VersionSet) -> JsonObject:
    """Return the body of an upsert."""
    return {"version_set": write_version_set(version_set, context_graph=MACHINE)}


def write_classic_service(new: NewService) -> JsonObject:
    """Return the body that creates a service. Raises for fields that the Classic API does not have."""
    given = {name: value for name, value in write_new_service(new).items() if name not in new.extra}
    given.pop("version_sets", None)
    body = write_classic_changes(given)
    if new.release is not None:
        body["release_version_set"] = write_version_set(new.release, context_graph=MACHINE)
    return body | dict(new.extra)


def write_classic_changes(changes: Mapping[str, JsonValue]) -> JsonObject:
    """Return the body of an update. Raises for fields that the Classic API cannot change or would ignore."""
    _refuse(name for name in changes if name in PLATFORM_ONLY)
    empty = [name for name, value in changes.items() if value is None]
    if empty:
        raise UnsupportedError(f"the Classic API ignores null, so {', '.join(empty)} cannot be unset with it")
    body = {_their_name(name): value for name, value in changes.items()}
    if "tags" in body:
        body["tags"] = _tag_map(body["tags"])
    return body


def _their_name(name: str) -> str:
    field = BY_NAME.get(name)
    return name if field is None else field.classic_name or name


def _refuse(names: Iterable[str]) -> None:
    listed = ", ".join(names)
    if listed:
        raise UnsupportedError(
            f"the Classic API knows no {listed} on a service; connect with the Platform API for it"
        )


def _tag_map(tags: JsonValue) -> JsonValue:
    """Return tags as a map, the form of this API. Raises :class:`services.errors.InvalidError`."""
    if isinstance(tags, dict):
        return tags
    found: JsonObject = {}
    for tag in tags if isinstance(tags, list) else [None]:
        key = tag.get("key") if isinstance(tag, dict) else None
        if not isinstance(tag, dict) or not isinstance(key, str):
            raise InvalidError("tags must be a list of objects with a key and a value; nothing was sent")
        if key in found:
            raise InvalidError(
                f"the Classic API holds one value for each tag, and {key!r} comes twice; nothing was sent"
            )
        found[key] = tag.get("value")
    return found
