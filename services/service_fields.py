"""The table of a service's fields that a person can set. Flags, forms, shapes, diffs and help come from it.

Types and bounds come from the platforms' OpenAPI documents. A new field is one row here and one line in each of
``Service`` and ``NewService`` in ``model.py``. The fields of ``voice_config`` have their own table
(:mod:`presets.fields`), and version sets have their own changes.
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
    """The description of one service field."""

    name: str
    """The name in the Platform API and the model."""
    kind: Kind
    label: str
    """The name in forms and overviews."""
    help: str
    """The meaning, for a person who sets the field."""
    default: JsonValue = None
    """The value in a new service. ``None``: no value, or a required field."""
    low: int = 0
    high: int | None = None
    """The bounds of a number, or of the length of a text (``None``: no bound)."""
    choices: tuple[str, ...] = ()
    classic: str | None = ""
    """The name in the Classic API: the same if empty; ``None``: it has no such field."""
    flag: str = ""
    """The command-line option. Empty: the field has none of this form."""
    metavar: str | None = None
    summary: str = ""
    """The name in a command-line table. Empty: the label in lower case."""

    @property
    def classic_name(self) -> str | None:
        """The name in the Classic API. ``None``: it has no such field."""
        return self.classic or (self.name if self.classic == "" else None)

    @property
    def expected(self) -> str:
        """The accepted values, in words."""
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
        """Return, in words, why a JSON value is invalid for this field. Empty if it is valid."""
        # not isinstance: true is not a number
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
"""Fields of a service that only Platform has."""

_ELSEWHERE: Final = {
    "version_sets": "version sets are not changed with a service: use turnlab version-set",
    "voice_config": "voice_config is not changed with a service: use turnlab voice-config",
}


def checked(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields if every known one is valid. Raises :class:`services.errors.RefusedError`."""
    from services.errors import RefusedError

    for name, value in given.items():
        if name in _ELSEWHERE:
            raise RefusedError(_ELSEWHERE[name])
        if name in BY_NAME and (problem := BY_NAME[name].problem(value)):
            raise RefusedError(problem)
    return dict(given)


def unknown_fields(given: Iterable[str], known: Collection[str]) -> tuple[str, ...]:
    """Return a sentence for the fields that Turnlab does not know. They are sent unchanged."""
    found = []
    for name in given:
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1, cutoff=0.7)
            meant = f"; did you mean {near[0]}?" if near else ""
            found.append(f"{name} is not a field Turnlab knows and is sent as it is{meant}")
    return tuple(found)
