"""The fields of a service that a person can set, checked before anything is sent."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from typing import Any, Final

from services.model import Tag
from services.writing import write_tags
from tui.cli.failure import CallError
from tui.cli.service_options import ServiceOptions

CHOICES: Final = {"channel_type": ("voice", "text"), "environment": ("production", "sandbox")}
LENGTHS: Final = {"name": (1, 256), "description": (0, 2000)}
"""From the Platform API's OpenAPI document, as the bounds of ``tool_capacity``."""

_TYPES: Final[Mapping[str, tuple[type, str]]] = {
    "name": (str, "a string"),
    "description": (str, "a string"),
    "agent_id": (str, "an id"),
    "context_graph_id": (str, "an id"),
    "is_active": (bool, "true or false"),
    "tool_capacity": (int, "a whole number from 1 to 10"),
    "channel_type": (str, "voice or text"),
    "environment": (str, "production or sandbox"),
    "safety_filters_enabled": (bool, "true or false"),
    "tags": (list, 'a list such as [{"key": "channel", "value": "phone"}]'),
    "keyterms": (list, "a list of strings"),
}


def given(name: str | None, options: ServiceOptions) -> dict[str, Any]:
    """Return what was given by the Platform API's names."""
    found = {
        "name": name,
        "description": options.description,
        "is_active": options.active,
        "tags": None if options.tag is None else write_tags(tag_list(options)),
        "tool_capacity": options.tool_capacity,
        "channel_type": options.channel,
        "environment": options.environment,
        "safety_filters_enabled": options.safety_filters,
    }
    return {field: value for field, value in found.items() if value is not None}


def tag_list(options: ServiceOptions) -> tuple[Tag, ...]:
    """Return the tags; ``key=value`` is understood as ``key:value``, as in the filter of the services."""
    return tuple(_tag(text) for text in options.tag or ())


def _tag(text: str) -> Tag:
    at = min((place for place in (text.find(":"), text.find("=")) if place >= 0), default=len(text))
    if at == 0:
        raise CallError(f"a tag begins with its key, not {text!r}")
    return Tag(text[:at], text[at + 1 :] if at < len(text) else None)


def checked(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields if every one that Turnlab knows can be. Raises :class:`~tui.cli.failure.CallError`."""
    if "version_sets" in given:
        raise CallError("version sets are not changed with a service: use turnlab version-set")
    if "voice_config" in given:
        raise CallError("voice_config is not changed with a service: use turnlab voice-config")
    for name, value in given.items():
        if name in _TYPES and not _fits(name, value):
            raise CallError(f"{name} must be {_TYPES[name][1]}, not {value!r}")
        if name in LENGTHS and not LENGTHS[name][0] <= len(value) <= LENGTHS[name][1]:
            low, high = LENGTHS[name]
            raise CallError(f"{name} must have {low} to {high:,} characters, not {len(value):,}")
    return dict(given)


def _fits(name: str, value: Any) -> bool:
    kind: Any = _TYPES[name][0]
    if type(value) is not kind:  # true is no number
        return False
    if name == "tool_capacity":
        return bool(1 <= value <= 10)
    if name == "tags":
        return all(isinstance(tag, dict) and isinstance(tag.get("key"), str) for tag in value)
    if name == "keyterms":
        return all(isinstance(term, str) for term in value)
    return name not in CHOICES or value in CHOICES[name]


def odd_names(given: Mapping[str, Any]) -> list[str]:
    """Return in words the fields that Turnlab does not know: they are sent as they are."""
    told = []
    for name in given:
        if name not in _TYPES:
            near = difflib.get_close_matches(name, _TYPES, n=1, cutoff=0.7)
            meant = f"; did you mean {near[0]}?" if near else ""
            told.append(f"{name} is not a field Turnlab knows and is sent as it is{meant}")
    return told
