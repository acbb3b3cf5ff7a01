"""One table of every field of a service that a person can set: flags, forms, shapes, diffs and help come from it.

Types and bounds come from the platforms' OpenAPI documents. A new field is one row here and one line in each of
``Service`` and ``NewService`` in ``model.py``. The fields of ``voice_config`` have a table of their own
(:mod:`presets.fields`), and version sets have changes of their own.
"""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

if TYPE_CHECKING:
    from pydantic import JsonValue

Kind = Literal["text", "id", "bool", "int", "choice", "tags", "words"]

_PYTHON: Final[Mapping[Kind, type]] = {
    "text": str,
    "id": str,
    "bool": bool,
    "int": int,
    "choice": str,
    "tags": list,
    "words": list,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceField:
    """What is known about one field of a service."""

    name: str
    """What the Platform API and the model call it."""
    kind: Kind
    label: str
    """What forms and overviews call it."""
    help: str
    """What it means, for a person who sets it."""
    default: JsonValue = None
    """What a new service has unless something is said; ``None``: nothing, or it must be said."""
    low: int = 0
    high: int | None = None
    """Bounds of a number, and of the length of a text (``None``: no bound)."""
    choices: tuple[str, ...] = ()
    classic: str | None = ""
    """What the Classic API calls it: the same if empty; ``None``: it has no such field."""
    flag: str = ""
    """The option of the command line; empty: it has none of this form."""
    metavar: str | None = None
    summary: str = ""
    """What a table on the command line calls it; empty: the label in small letters."""

    @property
    def classic_name(self) -> str | None:
        """What the Classic API calls it; ``None``: it has no such field."""
        return self.classic or (self.name if self.classic == "" else None)

    @property
    def expected(self) -> str:
        """Which values it takes, in words."""
        match self.kind:
            case "choice":
                return " or ".join(self.choices)
            case "int":
                return f"a whole number from {self.low} to {self.high}"
            case "bool":
                return "true or false"
            case "tags":
                return 'a list such as [{"key": "channel", "value": "phone"}]'
            case "words":
                return "a list of strings"
            case "id":
                return "an id"
        return "a string"

    def problem(self, value: Any) -> str:
        """Return in words why a JSON value cannot be this field's; nothing if it can."""
        # not isinstance: true is no number
        if not (type(value) is _PYTHON[self.kind] and self._fits(value)):
            return f"{self.name} must be {self.expected}, not {value!r}"
        if isinstance(value, str) and self.high is not None and not self.low <= len(value) <= self.high:
            return f"{self.name} must have {self.low} to {self.high:,} characters, not {len(value):,}"
        return ""

    def _fits(self, value: Any) -> bool:
        match self.kind:
            case "int":
                return self.low <= value and (self.high is None or value <= self.high)
            case "tags":
                return all(isinstance(tag, dict) and isinstance(tag.get("key"), str) for tag in value)
            case "words":
                return all(isinstance(term, str) for term in value)
            case "choice":
                return value in self.choices
        return True


SERVICE_FIELDS: Final = (
    ServiceField(
        name="name",
        kind="text",
        label="Name",
        help="What people call it: 1 to 256 characters.",
        low=1,
        high=256,
    ),
    ServiceField(
        name="description",
        kind="text",
        label="Description",
        help="What it is for, at most 2,000 characters.",
        default="",
        high=2000,
        flag="--description",
    ),
    ServiceField(name="agent_id", kind="id", label="Agent", help="Who speaks."),
    ServiceField(
        name="context_graph_id",
        kind="id",
        label="Context graph",
        help="How a conversation goes.",
        classic="service_hierarchical_state_machine_id",
    ),
    ServiceField(
        name="channel_type",
        kind="choice",
        label="Channel",
        help="How callers reach it.",
        default="voice",
        choices=("voice", "text"),
        classic=None,
        flag="--channel",
        metavar="voice|text",
    ),
    ServiceField(
        name="environment",
        kind="choice",
        label="Environment",
        help="Where it runs.",
        default="production",
        choices=("production", "sandbox"),
        classic=None,
        flag="--environment",
        metavar="production|sandbox",
    ),
    ServiceField(
        name="is_active",
        kind="bool",
        label="Active",
        help="Whether callers reach it.",
        default=True,
        flag="--active/--inactive",
    ),
    ServiceField(
        name="tool_capacity",
        kind="int",
        label="Tool capacity",
        help="How many tools may run at once in one conversation, 1 to 10.",
        default=3,
        low=1,
        high=10,
        classic=None,
        flag="--tool-capacity",
    ),
    ServiceField(
        name="safety_filters_enabled",
        kind="bool",
        label="Safety filters",
        help="Whether conversations are monitored.",
        default=True,
        classic=None,
        flag="--safety-filters/--no-safety-filters",
    ),
    ServiceField(
        name="tags",
        kind="tags",
        label="Tags",
        help="A tag; repeatable: all of them together.",
        flag="--tag",
        metavar="KEY[:VALUE]",
    ),
    ServiceField(
        name="keyterms",
        kind="words",
        label="Key terms",
        help="A word the recogniser should know; repeatable: all of them together.",
        flag="--keyterm",
        metavar="WORDS",
        summary="keyterms",
    ),
)

BY_NAME: Final[Mapping[str, ServiceField]] = {field.name: field for field in SERVICE_FIELDS}

PLATFORM_ONLY: Final = (
    *(field.name for field in SERVICE_FIELDS if field.classic_name is None),
    "voice_config",
    "version_sets",
)
"""What a service has on Platform and not on Classic."""

_ELSEWHERE: Final = {
    "version_sets": "version sets are not changed with a service: use turnlab version-set",
    "voice_config": "voice_config is not changed with a service: use turnlab voice-config",
}


def checked(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields if every one that Turnlab knows can be. Raises :class:`services.errors.RefusedError`."""
    from services.errors import RefusedError

    for name, value in given.items():
        if name in _ELSEWHERE:
            raise RefusedError(_ELSEWHERE[name])
        if name in BY_NAME and (problem := BY_NAME[name].problem(value)):
            raise RefusedError(problem)
    return dict(given)


def unknown_fields(given: Iterable[str], known: Collection[str]) -> tuple[str, ...]:
    """Return in words the fields that Turnlab does not know: they are sent as they are."""
    found = []
    for name in given:
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1, cutoff=0.7)
            meant = f"; did you mean {near[0]}?" if near else ""
            found.append(f"{name} is not a field Turnlab knows and is sent as it is{meant}")
    return tuple(found)
