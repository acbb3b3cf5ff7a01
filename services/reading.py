"""Reads a platform's data into the model. Invalid values go to ``extra``; they never raise."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import MINYEAR, UTC, datetime
from typing import Any, Final, TypeVar

from pydantic import JsonValue

from presets.config import Problem, VoiceConfig, as_read, load
from presets.fields import BY_NAME
from services.model import (
    Agent,
    ContextGraph,
    FieldChange,
    HistoryEntry,
    Service,
    Tag,
    Version,
    VersionSet,
    WorkspaceVoiceSettings,
)
from services.service_fields import SERVICE_FIELDS, Kind

T = TypeVar("T")
JsonObject = dict[str, JsonValue]


class Fields:
    """One JSON object while it is read. Valid fields are taken out; the rest stays in ``left``."""

    def __init__(self, raw: Mapping[str, JsonValue]) -> None:
        self.left: JsonObject = dict(raw)

    def take(self, name: str, fit: Callable[[JsonValue], T | None], default: T) -> T:
        """Return the field as ``fit`` reads it. If ``fit`` cannot, leave the field and return ``default``.

        A ``null`` means the same as a missing field and is not kept.
        """
        raw = self.left.get(name)
        if raw is None:
            self.left.pop(name, None)
            return default
        value = fit(raw)
        if value is None:
            return default
        del self.left[name]
        return value


def as_text(raw: JsonValue) -> str | None:
    """Return a string, else ``None``."""
    return raw if isinstance(raw, str) else None


def as_bool(raw: JsonValue) -> bool | None:
    """Return a boolean, else ``None``."""
    return raw if isinstance(raw, bool) else None


def as_int(raw: JsonValue) -> int | None:
    """Return a whole number, else ``None``. JSON's ``true`` is not a number."""
    return raw if isinstance(raw, int) and not isinstance(raw, bool) else None


def as_object(raw: JsonValue) -> JsonObject | None:
    """Return a JSON object, else ``None``."""
    return raw if isinstance(raw, dict) else None


def as_objects(raw: JsonValue) -> list[JsonObject]:
    """Return the JSON objects of a list. Empty if there is no list."""
    return [item for item in raw if isinstance(item, dict)] if isinstance(raw, list) else []


def as_texts(raw: JsonValue) -> tuple[str, ...] | None:
    """Return a list of strings as a tuple. ``None`` if it contains anything else."""
    if not isinstance(raw, list):
        return None
    texts = tuple(item for item in raw if isinstance(item, str))
    return texts if len(texts) == len(raw) else None


def as_time(raw: JsonValue) -> datetime | None:
    """Return an ISO 8601 time with its zone (UTC if it names none), else ``None``.

    The year 1, which programs use for "never", is not a time: some zones lack part of it.
    """
    try:
        moment = datetime.fromisoformat(raw) if isinstance(raw, str) else None
    except ValueError:
        return None
    if moment is not None and moment.year == MINYEAR:
        return None
    return moment.replace(tzinfo=UTC) if moment and moment.tzinfo is None else moment


def as_tags(raw: JsonValue) -> tuple[Tag, ...] | None:
    """Return tags. ``None`` unless every one is an object with a ``key``."""
    if not isinstance(raw, list):
        return None
    tags = []
    for item in raw:
        key, value = (item.get("key"), item.get("value")) if isinstance(item, dict) else (None, None)
        if not isinstance(key, str) or not isinstance(value, str | None):
            return None
        tags.append(Tag(key, value))
    return tuple(tags)


def as_version_sets(raw: JsonValue) -> dict[str, VersionSet] | None:
    """Return the map of version sets. One that is not an object reads as empty and stays in ``extra``."""
    if not isinstance(raw, dict):
        return None
    return {
        name: read_version_set(body) if isinstance(body, dict) else VersionSet(extra={"": body})
        for name, body in raw.items()
    }


def read_version_set(raw: Mapping[str, JsonValue]) -> VersionSet:
    """Read one version set. Never raises for a mapping."""
    fields = Fields(raw)
    return VersionSet(
        agent_version_number=fields.take("agent_version_number", as_int, None),
        context_graph_version_number=fields.take("context_graph_version_number", as_int, None),
        llm_model_preferences=fields.take("llm_model_preferences", as_object, {}),
        turn_runtime=fields.take("turn_runtime", as_text, None),
        applied_behavior_ids=fields.take("applied_behavior_ids", as_texts, None),
        extra=fields.left,
    )


def read_voice_config(raw: JsonValue) -> tuple[VoiceConfig, tuple[Problem, ...]]:
    """Read a stored ``voice_config``. Invalid fields are inherited and reported. Never raises."""
    if raw is None:
        return VoiceConfig(), ()
    if not isinstance(raw, dict):
        return VoiceConfig(), (Problem("voice_config", "must be a JSON object of fields"),)
    try:
        config, problems = load(raw)
    except OverflowError:  # a whole number too large to compare with a float
        return VoiceConfig(), (Problem("voice_config", "holds a number too large to be meant"),)
    return as_read(config), tuple(problems)


def read_service(raw: Mapping[str, JsonValue]) -> Service | None:
    """Read one service of the Platform dialect. ``None`` if it has no id."""
    fields = Fields(raw)
    service_id = fields.take("id", as_text, "")
    if not service_id:
        return None
    voice_config, voice_problems = read_voice_config(fields.left.pop("voice_config", None))
    known: dict[str, Any] = {}
    for field in SERVICE_FIELDS:
        # a missing or invalid field keeps the model's default
        if (value := fields.take(field.name, _FITS[field.kind], None)) is not None:
            known[field.name] = value
    return Service(
        id=service_id,
        workspace_id=fields.take("workspace_id", as_text, None),
        agent_name=fields.take("agent_name", as_text, None),
        context_graph_name=fields.take("context_graph_name", as_text, None),
        is_system=fields.take("is_system", as_bool, False),
        version_sets=fields.take("version_sets", as_version_sets, {}),
        voice_config=voice_config,
        voice_problems=voice_problems,
        created_at=fields.take("created_at", as_time, None),
        updated_at=fields.take("updated_at", as_time, None),
        **known,
        extra=fields.left,
    )


_FITS: Final[Mapping[Kind, Callable[[JsonValue], object | None]]] = {
    "text": as_text,
    "id": as_text,
    "choice": as_text,
    "bool": as_bool,
    "int": as_int,
    "tags": as_tags,
    "words": as_texts,
}


def read_voice_settings(raw: Mapping[str, JsonValue]) -> WorkspaceVoiceSettings:
    """Read the workspace's voice settings. Never raises for a mapping."""
    config, problems = read_voice_config({name: raw[name] for name in BY_NAME if name in raw})
    return WorkspaceVoiceSettings(values=dict(raw), voice_config=config, problems=problems)


def read_agent(raw: Mapping[str, JsonValue]) -> Agent | None:
    """Read one agent of either dialect. ``None`` if it has no id."""
    fields = Fields(raw)
    agent_id = fields.take("id", as_text, "")
    if not agent_id:
        return None
    return Agent(id=agent_id, **_owned(fields), extra=fields.left)


def read_context_graph(raw: Mapping[str, JsonValue]) -> ContextGraph | None:
    """Read one context graph, or a state machine of Classic. ``None`` if it has no id."""
    fields = Fields(raw)
    graph_id = fields.take("id", as_text, "")
    if not graph_id:
        return None
    states = fields.take("state_count", as_int, None)
    return ContextGraph(id=graph_id, state_count=states, **_owned(fields), extra=fields.left)


def _owned(fields: Fields) -> dict[str, Any]:
    """Take the common fields of agents and context graphs."""
    return {
        "name": fields.take("name", as_text, ""),
        "description": fields.take("description", as_text, ""),
        "latest_version": fields.take("latest_version", as_int, None) or None,
        "deprecated": fields.take("deprecated", as_bool, False),
        "created_at": fields.take("created_at", as_time, None),
        "updated_at": fields.take("updated_at", as_time, None),
    }


def read_version(owner_id: str, raw: Mapping[str, JsonValue]) -> Version | None:
    """Read one version of an agent or a context graph. ``None`` if it has no number."""
    number = as_int(raw.get("version"))
    if number is None:
        return None
    creator = as_object(raw.get("creator")) or {}
    return Version(
        owner_id=owner_id,
        number=number,
        created_at=as_time(raw.get("created_at")),
        created_by=as_text(creator.get("user_id")),
        content=dict(raw),
    )


def read_history_entry(raw: Mapping[str, JsonValue]) -> HistoryEntry | None:
    """Read one entry of a platform's history. ``None`` if it has no number."""
    number = as_int(raw.get("id"))
    if number is None:
        return None
    listed = raw.get("changes")
    return HistoryEntry(
        id=str(number),
        at=as_time(raw.get("at")),
        who=as_text(raw.get("user_name")) or as_text(raw.get("user_id")) or "",
        action=as_text(raw.get("action")) or "",
        changes=tuple(
            FieldChange(as_texts(change.get("path")) or (), change.get("before"), change.get("after"))
            for change in (listed if isinstance(listed, list) else [])
            if isinstance(change, dict)
        ),
    )


def has_tags(service: Service, wanted: Sequence[Tag]) -> bool:
    """Return whether a service has every tag. A wanted tag without a value matches any value."""
    return all(
        any(tag.key == each.key and each.value in (None, tag.value) for tag in service.tags) for each in wanted
    )


def has_text(service: Service, text: str) -> bool:
    """Return whether the name, the description or a tag contains ``text``, ignoring case."""
    searched = "\n".join([service.name, service.description, *map(str, service.tags)])
    return text.casefold() in searched.casefold()
