"""The forms of a service and of a version set: what each shows, and what the user changed."""

from __future__ import annotations

import json
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from base.json_text import json_line
from services.service_fields import BY_NAME, SERVICE_FIELDS, ServiceField
from tui.dialogs.form_dialog import FormField
from tui.terminal_text import plain

if TYPE_CHECKING:
    from pydantic import JsonValue

    from services.changes.requests import Upsert
    from services.client import ServicesClient
    from services.model import Agent, ContextGraph, NewService, Page, Service, Tag, VersionSet


_YES_NO = (("yes", "yes"), ("no", "no"))
_HINTS = {
    "agent_id": "Who speaks. Type to find a name.",
    "context_graph_id": "How a conversation goes. Type to find a name.",
    "tags": "key:value with commas between, such as channel:phone, route:main.",
    "keyterms": "Words the recogniser should know, with commas between.",
}
"""Hints that replace a field's own help, which is about the command line, or which a list makes clear."""

Choices = Sequence[tuple[str, str]]
Listing = Callable[..., "Awaitable[Page[Agent] | Page[ContextGraph]]"]

MOST_PAGES = 20
"""No more names are offered: a list of two thousand is too long to choose from."""


def form_fields(agents: Choices, context_graphs: Choices) -> list[FormField]:
    """Return the form's fields, with the available agents and context graphs."""
    listed = {"agent_id": agents, "context_graph_id": context_graphs}
    return [
        FormField(
            name=field.name,
            label=field.label,
            help=_HINTS.get(field.name, field.help),
            choices=listed.get(field.name) or _choices_of(field),
        )
        for field in SERVICE_FIELDS
    ]


def _choices_of(field: ServiceField) -> Choices:
    return _YES_NO if field.kind == "bool" else [(one, one) for one in field.choices]


def blank() -> dict[str, str]:
    """Return the initial values for a new service: the platform's defaults."""
    return {field.name: _text(field, field.default) for field in SERVICE_FIELDS if field.default is not None}


def service_values(service: Service) -> dict[str, str]:
    """Return the form's values for a service, without control or hidden characters."""
    return {field.name: plain(_text(field, getattr(service, field.name))) for field in SERVICE_FIELDS}


def _text(field: ServiceField, value: Any) -> str:
    """Return a field's value as the form shows it."""
    if value is None:
        return ""
    match field.kind:
        case "bool":
            return "yes" if value else "no"
        case "tags" | "words":
            return ", ".join(_with_commas_kept(str(one)) for one in value)
    return str(value)


def edited(service: Service, values: Mapping[str, str]) -> Service:
    """Return the service with the form's values. Untouched fields change nothing.

    Raises :class:`ValueError` with what to correct.
    """
    shown = service_values(service)
    touched = {name: _read(BY_NAME[name], text) for name, text in values.items() if text != shown[name]}
    return replace(service, **touched)


def new_service(values: Mapping[str, str]) -> NewService:
    """Return the service that the form describes. Raises :class:`ValueError` with what to correct."""
    from services.model import NewService

    for name, what in (("agent_id", "an agent"), ("context_graph_id", "a context graph")):
        if not values[name]:
            raise ValueError(f"choose {what}")
    read: dict[str, Any] = {field.name: _read(field, values[field.name]) for field in SERVICE_FIELDS}
    return NewService(**read)


def _read(field: ServiceField, text: str) -> Any:
    """Return a field's value from its text. Raises :class:`ValueError` with what to correct."""
    match field.kind:
        case "bool":
            return text == "yes"
        case "int":
            return _number(field, text)
        case "tags":
            return _tags(text)
        case "words":
            return _words(text)
        case "choice":
            return text or None  # the platform uses its default
    if field.name != "name":
        return text
    if not field.low <= len(text.strip()) <= (field.high or 0):
        raise ValueError(f"a name has {field.low} to {field.high} characters, not {len(text.strip())}")
    return text.strip()


def _number(field: ServiceField, text: str) -> int:
    if not text.strip().isdecimal() or field.problem(int(text)):
        raise ValueError(f"{field.label.lower()} is {field.expected}")
    return int(text)


def _tags(text: str) -> tuple[Tag, ...]:
    from services.model import Tag

    tags = []
    for one in _words(text):
        key, colon, value = one.partition(":")
        if not key.strip():
            raise ValueError(f"a tag is written key:value, not {one!r}")
        tags.append(Tag(key.strip(), value.strip() if colon else None))
    return tuple(tags)


def _words(text: str) -> tuple[str, ...]:
    """Split at commas. A backslash escapes a comma."""
    return tuple(word.replace("\\,", ",") for word in map(str.strip, re.split(r"(?<!\\),", text)) if word)


def _with_commas_kept(word: str) -> str:
    return word.replace(",", "\\,")


async def owner_choices(client: ServicesClient) -> tuple[Choices, Choices]:
    """Return the ids and names of agents and of context graphs. Raises :class:`services.errors.ServiceError`."""
    return await _choices(client.list_agents), await _choices(client.list_context_graphs)


async def _choices(listing: Listing) -> Choices:
    found: dict[str, str] = {}
    continuation: int | None = None
    for _ in range(MOST_PAGES):
        page = await listing(continuation=continuation)
        found |= {one.id: one.name or one.id for one in page.items}
        if page.continuation is None:
            break
        continuation = page.continuation
    return sorted(found.items(), key=lambda choice: choice[1].casefold())


VERSION_SET_FIELDS = [
    FormField(
        name="name", label="Name", help="1 to 40 letters, digits, _ or -. Another name makes another version set."
    ),
    FormField(name="agent", label="Agent version", help="A number, or nothing for always the latest."),
    FormField(name="graph", label="Graph version", help="A number, or nothing for always the latest."),
    FormField(
        name="models",
        label="Models",
        help="interaction=model with commas between, such as navigation=gpt-4.1-mini.",
    ),
    FormField(
        name="behaviors",
        label="Behaviors",
        help="Names of the active dynamic behaviors, separated by commas; ids where no name is known.",
    ),
    FormField(name="runtime", label="Turn runtime", help="What runs the turns, such as native or openai-agents."),
]
_PINS = {"agent": "agent_version_number", "graph": "context_graph_version_number"}


def version_set_values(
    name: str, version_set: VersionSet, behaviors: Mapping[str, str] | None = None
) -> dict[str, str]:
    """Return the form's values for a version set. ``behaviors`` are the names of dynamic behaviors by id."""
    called = _unmistakable(behaviors or {})
    pins = (version_set.agent_version_number, version_set.context_graph_version_number)
    agent, graph = ("" if number is None else str(number) for number in pins)
    values = {
        "name": name,
        "agent": agent,
        "graph": graph,
        "models": ", ".join(f"{use}={model}" for use, model in version_set.models().items()),
        "behaviors": ", ".join(called.get(one, one) for one in version_set.applied_behavior_ids or ()),
        "runtime": version_set.turn_runtime or "",
    }
    return {field: plain(value) for field, value in values.items()}


def _unmistakable(behaviors: Mapping[str, str]) -> dict[str, str]:
    """Return the names, by id, that identify exactly one behavior when typed."""
    held = list(map(plain, behaviors.values()))
    return {
        one: name
        for one, name in behaviors.items()
        if "," not in name and name == name.strip() and held.count(plain(name)) == 1 and name not in behaviors
    }


def upsert(
    service: Service, shown: str, values: Mapping[str, str], behaviors: Mapping[str, str] | None = None
) -> Upsert:
    """Return the upsert that gives the version set ``shown`` the form's values.

    ``behaviors`` are the names of dynamic behaviors by id. Under another name, it creates a copy of ``shown`` with
    the changes. Raises :class:`ValueError` with what to correct.
    """
    from services.changes.requests import Upsert
    from services.model import EDGE, VersionSet, version_set_name
    from services.writing import write_version_set

    target = version_set_name(values["name"].strip())
    source = service.version_sets.get(shown, VersionSet())
    if target == EDGE:
        raise ValueError("edge always points at the latest versions and cannot be written; choose another name")
    if target != shown and target in service.version_sets:
        raise ValueError(f"{target} is there already: go to its line to change it, or choose another name")
    before = version_set_values(shown, source, behaviors)
    touched = {name for name, value in values.items() if value != before[name]}
    fields: dict[str, JsonValue] = dict(write_version_set(source)) if target != shown else {}
    for name in touched & _PINS.keys():
        fields[_PINS[name]] = _version_number(values[name])
    if "runtime" in touched:
        fields["turn_runtime"] = values["runtime"].strip() or None
    if "behaviors" in touched:
        by_name = {plain(name): one for one, name in _unmistakable(behaviors or {}).items()}
        ids: list[JsonValue] = [by_name.get(one, one) for one in _parts(values["behaviors"])]
        fields["applied_behavior_ids"] = ids
    models = _models(source, values["models"]) if "models" in touched else {}
    return Upsert(target, fields, models)


def _version_number(text: str) -> int | None:
    text = text.strip().removeprefix("v")
    if text in ("", "latest"):
        return None
    if not text.isdecimal() or len(text) > 9:
        raise ValueError(f"a version is a whole number, or nothing for the latest, not {json.dumps(text)}")
    return int(text)


def _models(source: VersionSet, text: str) -> dict[str, str | None]:
    wanted: dict[str, str | None] = dict.fromkeys(source.models())
    for one in _parts(text):
        use, equals, model = (part.strip() for part in one.partition("="))
        if not (use and equals and model):
            raise ValueError(f"models are written interaction=model, not {json_line(one)}")
        wanted[use] = model
    return {use: model for use, model in wanted.items() if model != source.models().get(use)}


def _parts(text: str) -> list[str]:
    return [part for part in map(str.strip, text.split(",")) if part]
