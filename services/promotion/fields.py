"""Fields of a version set as a person gives them, put over what is stored."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping
from typing import Final

from pydantic import JsonValue

from services.errors import RefusedError
from services.model import Service, VersionSet
from services.reading import JsonObject, as_int, as_object, as_text, as_texts, read_version_set
from services.writing import write_version_set

ALIASES: Final = {
    "agent_version": "agent_version_number",
    "context_graph_version": "context_graph_version_number",
    "service_hierarchical_state_machine_version": "context_graph_version_number",
    "service_hierarchical_state_machine_version_number": "context_graph_version_number",
}
"""Other names the vendor uses for the same things."""

_OWNERS: Final = {
    "agent_id": "agent_id",
    "context_graph_id": "context_graph_id",
    "service_hierarchical_state_machine_id": "context_graph_id",
}
"""Which of a service's fields a version set's body may repeat."""

_KNOWN: Final[Mapping[str, tuple[Callable[[JsonValue], object], str]]] = {
    "agent_version_number": (as_int, "a whole number, or null for the latest"),
    "context_graph_version_number": (as_int, "a whole number, or null for the latest"),
    "llm_model_preferences": (as_object, 'an object such as {"navigation": {"llm_name": "…"}}'),
    "turn_runtime": (as_text, "a string"),
    "applied_behavior_ids": (as_texts, "a list of ids"),
}


def merged(
    stored: VersionSet, fields: Mapping[str, JsonValue], models: Mapping[str, str | None], service: Service
) -> VersionSet:
    """Return the version set with the given fields in place of the stored ones; ``None`` drops one.

    Raises :class:`services.errors.RefusedError` for a value of the wrong type, and for an agent or context graph
    that is not the service's.
    """
    raw = write_version_set(stored) | _checked(fields, service)
    if models:
        raw["llm_model_preferences"] = _preferences(as_object(raw.get("llm_model_preferences")) or {}, models)
    return read_version_set({name: value for name, value in raw.items() if value is not None})


def odd_names(fields: Mapping[str, JsonValue]) -> tuple[str, ...]:
    """Return in words the fields that Turnlab does not know: they are sent as they are."""
    told = []
    for name in fields:
        if name not in _KNOWN and name not in ALIASES and name not in _OWNERS:
            near = difflib.get_close_matches(name, [*_KNOWN, *ALIASES], n=1, cutoff=0.7)
            meant = f"; did you mean {near[0]}?" if near else ""
            told.append(f"{name} is not a field Turnlab knows and is sent as it is{meant}")
    return tuple(told)


def _checked(fields: Mapping[str, JsonValue], service: Service) -> JsonObject:
    given: JsonObject = {}
    for alias, value in fields.items():
        name = ALIASES.get(alias, alias)
        if owner := _OWNERS.get(alias):
            _check_owner(alias, value, getattr(service, owner))
            continue
        if name in given:
            raise RefusedError(f"{alias} is given twice, under two names; give it once")
        if name in _KNOWN and value is not None:
            fit, expected = _KNOWN[name]
            if fit(value) is None:
                raise RefusedError(f"{alias} must be {expected}")
        number = as_int(value) if name.endswith("_version_number") else None
        if number is not None and number < 1:
            raise RefusedError(f"{alias} must be 1 or more, or null for the latest")
        given[name] = value
    return given


def _check_owner(name: str, given: JsonValue, own: str | None) -> None:
    if given not in (None, own):
        raise RefusedError(
            f"{name} is not the service's: a version set only chooses versions of the service's own agent "
            "and context graph; make another service to change those"
        )


def _preferences(stored: JsonObject, models: Mapping[str, str | None]) -> JsonObject:
    preferred = dict(stored)
    for use, name in models.items():
        if name is None:
            preferred.pop(use, None)
        else:
            preferred[use] = (as_object(stored.get(use)) or {}) | {"llm_name": name}
    return preferred
