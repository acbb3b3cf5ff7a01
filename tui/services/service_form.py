"""The form of a service: a table of its fields, what the model says in it, and back."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from tui.dialogs.form_dialog import FormField
from tui.terminal_text import plain

if TYPE_CHECKING:
    from services.client import ServicesClient
    from services.model import Agent, ContextGraph, NewService, Page, Service, Tag

NAME_LENGTH = 256
_YES_NO = (("yes", "yes"), ("no", "no"))
_CHANNELS = (("voice", "voice"), ("text", "text"))
_ENVIRONMENTS = (("production", "production"), ("sandbox", "sandbox"))
_CAPACITIES = range(1, 11)

Choices = Sequence[tuple[str, str]]
Listing = Callable[..., "Awaitable[Page[Agent] | Page[ContextGraph]]"]

MOST_PAGES = 20
"""More than these are not offered: nobody chooses from two thousand names."""


def form_fields(agents: Choices, context_graphs: Choices) -> list[FormField]:
    """Return the lines of the form, with the agents and context graphs there are to choose from."""
    capacity = f"How many tools may run at once in one conversation, {_CAPACITIES[0]} to {_CAPACITIES[-1]}."
    return [
        FormField(name="name", label="Name", help=f"What people call it: 1 to {NAME_LENGTH} characters."),
        FormField(name="description", label="Description", help="What it is for."),
        FormField(name="agent_id", label="Agent", help="Who speaks. Type to find a name.", choices=agents),
        FormField(
            name="context_graph_id",
            label="Context graph",
            help="How a conversation goes. Type to find a name.",
            choices=context_graphs,
        ),
        FormField(name="channel_type", label="Channel", help="How people reach it.", choices=_CHANNELS),
        FormField(name="environment", label="Environment", help="Who it is meant for.", choices=_ENVIRONMENTS),
        FormField(name="is_active", label="Active", help="Whether it takes calls.", choices=_YES_NO),
        FormField(name="tool_capacity", label="Tool capacity", help=capacity),
        FormField(
            name="safety_filters_enabled",
            label="Safety filters",
            help="Whether what is said is checked for safety.",
            choices=_YES_NO,
        ),
        FormField(
            name="tags", label="Tags", help="key:value with commas between, such as channel:phone, route:main."
        ),
        FormField(
            name="keyterms", label="Key terms", help="Words the recogniser should know, with commas between."
        ),
    ]


def blank() -> dict[str, str]:
    """Return what the form of a new service begins with: the platform's defaults."""
    return {
        "channel_type": "voice",
        "environment": "production",
        "is_active": "yes",
        "tool_capacity": "3",
        "safety_filters_enabled": "yes",
    }


def form_values(service: Service) -> dict[str, str]:
    """Return what the form shows of a service: nothing in it moves a cursor or hides."""
    return {name: plain(value) for name, value in _texts(service).items()}


def _texts(service: Service) -> dict[str, str]:
    filters = service.safety_filters_enabled
    return {
        "name": service.name,
        "description": service.description,
        "agent_id": service.agent_id or "",
        "context_graph_id": service.context_graph_id or "",
        "channel_type": service.channel_type,
        "environment": service.environment,
        "is_active": _yes_no(service.is_active),
        "tool_capacity": "" if service.tool_capacity is None else str(service.tool_capacity),
        "safety_filters_enabled": "" if filters is None else _yes_no(filters),
        "tags": ", ".join(_with_commas_kept(str(tag)) for tag in service.tags),
        "keyterms": ", ".join(map(_with_commas_kept, service.keyterms)),
    }


def edited(service: Service, values: Mapping[str, str]) -> Service:
    """Return the service as the form says; a line that was not touched changes nothing.

    Raises :class:`ValueError` with what to mend.
    """
    shown = form_values(service)
    readers: dict[str, Callable[[str], Any]] = {
        "name": _name,
        "is_active": _is_yes,
        "tool_capacity": _capacity,
        "safety_filters_enabled": _is_yes,
        "tags": _tags,
        "keyterms": _words,
    }
    touched: dict[str, Any] = {
        name: readers.get(name, str)(value) for name, value in values.items() if value != shown[name]
    }
    return replace(service, **touched)


def new_service(values: Mapping[str, str]) -> NewService:
    """Return the service that the form describes. Raises :class:`ValueError` with what to mend."""
    from services.model import NewService

    for field, what in (("agent_id", "an agent"), ("context_graph_id", "a context graph")):
        if not values[field]:
            raise ValueError(f"choose {what}")
    return NewService(
        name=_name(values["name"]),
        description=values["description"],
        agent_id=values["agent_id"],
        context_graph_id=values["context_graph_id"],
        is_active=_is_yes(values["is_active"]),
        tags=_tags(values["tags"]),
        keyterms=_words(values["keyterms"]),
        tool_capacity=_capacity(values["tool_capacity"]),
        channel_type=values["channel_type"] or None,
        environment=values["environment"] or None,
        safety_filters_enabled=_is_yes(values["safety_filters_enabled"]),
    )


def _yes_no(value: bool) -> str:
    return "yes" if value else "no"


def _is_yes(text: str) -> bool:
    return text == "yes"


def _name(text: str) -> str:
    if not 1 <= len(text.strip()) <= NAME_LENGTH:
        raise ValueError(f"a name has 1 to {NAME_LENGTH} characters, not {len(text.strip())}")
    return text.strip()


def _capacity(text: str) -> int:
    if not text.strip().isdecimal() or int(text) not in _CAPACITIES:
        raise ValueError(f"tool capacity is a whole number from {_CAPACITIES[0]} to {_CAPACITIES[-1]}")
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
