"""The form of a service: a table of its fields, what the model says in it, and back."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from services.service_fields import BY_NAME, SERVICE_FIELDS, ServiceField
from tui.dialogs.form_dialog import FormField
from tui.terminal_text import plain

if TYPE_CHECKING:
    from services.client import ServicesClient
    from services.model import Agent, ContextGraph, NewService, Page, Service, Tag

_YES_NO = (("yes", "yes"), ("no", "no"))
_HINTS = {
    "agent_id": "Who speaks. Type to find a name.",
    "context_graph_id": "How a conversation goes. Type to find a name.",
    "tags": "key:value with commas between, such as channel:phone, route:main.",
    "keyterms": "Words the recogniser should know, with commas between.",
}
"""What a form says where the field's own help is about the command line, or a list helps."""

Choices = Sequence[tuple[str, str]]
Listing = Callable[..., "Awaitable[Page[Agent] | Page[ContextGraph]]"]

MOST_PAGES = 20
"""More than these are not offered: nobody chooses from two thousand names."""


def form_fields(agents: Choices, context_graphs: Choices) -> list[FormField]:
    """Return the lines of the form, with the agents and context graphs there are to choose from."""
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
    """Return what the form of a new service begins with: the platform's defaults."""
    return {field.name: _text(field, field.default) for field in SERVICE_FIELDS if field.default is not None}


def form_values(service: Service) -> dict[str, str]:
    """Return what the form shows of a service: nothing in it moves a cursor or hides."""
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
    """Return the service as the form says; a line that was not touched changes nothing.

    Raises :class:`ValueError` with what to mend.
    """
    shown = form_values(service)
    touched = {name: _read(BY_NAME[name], text) for name, text in values.items() if text != shown[name]}
    return replace(service, **touched)


def new_service(values: Mapping[str, str]) -> NewService:
    """Return the service that the form describes. Raises :class:`ValueError` with what to mend."""
    from services.model import NewService

    for name, what in (("agent_id", "an agent"), ("context_graph_id", "a context graph")):
        if not values[name]:
            raise ValueError(f"choose {what}")
    read: dict[str, Any] = {field.name: _read(field, values[field.name]) for field in SERVICE_FIELDS}
    return NewService(**read)


def _read(field: ServiceField, text: str) -> Any:
    """Return the value that a line of the form says. Raises :class:`ValueError` with what to mend."""
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
            return text or None  # which leaves it to the platform
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
    """Split at commas; one that belongs to a word has a backslash before it."""
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
