"""The fields of a service as options, made from the table of its fields."""

from __future__ import annotations

from inspect import Parameter
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

import typer

from services.service_fields import SERVICE_FIELDS, ServiceField
from tui.cli.failure import CallError
from tui.cli.options import OptionTable

if TYPE_CHECKING:
    from services.model import Tag

_KINDS: dict[str, Any] = {"bool": bool, "int": int, "tags": list[str], "words": list[str]}


def _parameter(field: ServiceField) -> Parameter:
    bounds = {"min": field.low, "max": field.high} if field.kind == "int" else {}
    option = typer.Option(field.flag, metavar=field.metavar, help=field.help, **bounds)  # type: ignore[arg-type]
    kind: Any = Annotated[_KINDS.get(field.kind, str) | None, option]
    return Parameter(field.name, Parameter.KEYWORD_ONLY, default=None, annotation=kind)


class ServiceOptions(OptionTable):
    """What options say of a service besides its name; ``None`` was not given."""

    PARAMETERS: ClassVar[tuple[Parameter, ...]] = tuple(_parameter(field) for field in SERVICE_FIELDS if field.flag)

    def values_given(self, name: str | None) -> dict[str, Any]:
        """Return what was given, as the model has it. Raises :class:`~tui.cli.failure.CallError`."""
        found = {"name": name, **self}
        if found.get("tags") is not None:
            found["tags"] = tuple(map(_tag, found["tags"]))
        if found.get("keyterms") is not None:
            found["keyterms"] = tuple(found["keyterms"])
        return {field: value for field, value in found.items() if value is not None}

    def fields_given(self, name: str | None) -> dict[str, Any]:
        """Return what was given by the Platform API's names. Raises :class:`~tui.cli.failure.CallError`."""
        from services.writing import write_field

        given = self.values_given(name)
        known = (field for field in SERVICE_FIELDS if field.name in given)
        return {field.name: write_field(field, given[field.name]) for field in known}


def _tag(text: str) -> Tag:
    """Return a tag; ``key=value`` is understood as ``key:value``, as in the filter of the services."""
    from services.model import Tag

    at = min((place for place in (text.find(":"), text.find("=")) if place >= 0), default=len(text))
    if at == 0:
        raise CallError(f"a tag begins with its key, not {text!r}")
    return Tag(text[:at], text[at + 1 :] if at < len(text) else None)
