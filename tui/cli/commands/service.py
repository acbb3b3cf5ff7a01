"""``turnlab service``: its commands and their options. Each command imports its work only when it runs."""

from __future__ import annotations

from inspect import Parameter
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

import typer

from services.service_fields import SERVICE_FIELDS, ServiceField
from tui.cli.failure import CallError
from tui.cli.groups import LATER_HELP, HelpingGroup
from tui.cli.options import Apply, Body, ConnectionName, Json, OptionTable, ServiceName, Wish, with_option_sets

if TYPE_CHECKING:
    from services.model import Tag


_KINDS: dict[str, Any] = {"bool": bool, "int": int, "tags": list[str], "words": list[str]}


def _parameter(field: ServiceField) -> Parameter:
    bounds = {"min": field.low, "max": field.high} if field.kind == "int" else {}
    option = typer.Option(field.flag, metavar=field.metavar, help=field.help, **bounds)  # type: ignore[arg-type]
    kind: Any = Annotated[_KINDS.get(field.kind, str) | None, option]
    return Parameter(field.name, Parameter.KEYWORD_ONLY, default=None, annotation=kind)


class ServiceOptions(OptionTable):
    """The options for a service's fields besides its name. ``None``: not given."""

    PARAMETERS: ClassVar[tuple[Parameter, ...]] = tuple(_parameter(field) for field in SERVICE_FIELDS if field.flag)

    def values_given(self, name: str | None) -> dict[str, Any]:
        """Return the given values under the model's names. Raises :class:`~tui.cli.failure.CallError`."""
        found = {"name": name, **self}
        if found.get("tags") is not None:
            found["tags"] = tuple(map(_tag, found["tags"]))
        if found.get("keyterms") is not None:
            found["keyterms"] = tuple(found["keyterms"])
        return {field: value for field, value in found.items() if value is not None}

    def fields_given(self, name: str | None) -> dict[str, Any]:
        """Return the given values under the Platform API's names. Raises :class:`~tui.cli.failure.CallError`."""
        from services.writing import write_field

        given = self.values_given(name)
        known = (field for field in SERVICE_FIELDS if field.name in given)
        return {field.name: write_field(field, given[field.name]) for field in known}


def _tag(text: str) -> Tag:
    """Return a tag. ``key=value`` is accepted as ``key:value``, as in the services filter."""
    from services.model import Tag

    at = min((place for place in (text.find(":"), text.find("=")) if place >= 0), default=len(text))
    if at == 0:
        raise CallError(f"a tag begins with its key, not {text!r}")
    return Tag(text[:at], text[at + 1 :] if at < len(text) else None)


service_app = typer.Typer(rich_markup_mode=None, add_completion=False, cls=HelpingGroup, help=LATER_HELP["service"])

Name = Annotated[str | None, typer.Option(help="The service's name, 1 to 256 characters.")]


@service_app.command("list")
def list_(
    filter_: Annotated[
        str,
        typer.Argument(metavar="[FILTER]", help="Words, tag:key=value, active:yes, channel:voice, env:sandbox."),
    ] = "",
    limit: Annotated[int | None, typer.Option(min=1, help="The largest number to list.")] = None,
    sort: Annotated[
        str,
        typer.Option(
            metavar="FIELD", help="name, created_at or updated_at (Classic: is_active); a leading - reverses."
        ),
    ] = "name",
    connection: ConnectionName = None,
    as_json: Json = False,
) -> None:
    """List services."""
    from tui.cli.service_show import list_services

    list_services(filter_, limit, sort, connection, as_json=as_json)


@service_app.command()
def get(service: ServiceName, connection: ConnectionName = None, as_json: Json = False) -> None:
    """Show one service in full."""
    from tui.cli.service_show import get_service

    get_service(service, connection, as_json=as_json)


@service_app.command()
@with_option_sets
def create(
    *,
    name: Annotated[str, typer.Option(help="The service's name, unique among active services.")],
    agent: Annotated[str, typer.Option(help="The agent's name or id.")],
    context_graph: Annotated[str, typer.Option(help="The context graph's name or id.")],
    options: ServiceOptions,
    preset: Annotated[str | None, typer.Option(metavar="NAME", help="The preset for its first settings.")] = None,
    voice_config: Annotated[
        str | None, typer.Option(metavar="JSON", help="Its first voice_config, or @FILE.")
    ] = None,
    apply: Apply = False,
    connection: ConnectionName = None,
    as_json: Json = False,
) -> None:
    """Create a service; it has the version sets edge and release."""
    from tui.cli.service_change import create_service

    wish = Wish(apply=apply, connection=connection, as_json=as_json)
    create_service(name, options, agent, context_graph, (preset, voice_config), wish)


@service_app.command()
@with_option_sets
def update(
    *,
    service: ServiceName,
    name: Name = None,
    options: ServiceOptions,
    body: Body = None,
    wish: Wish,
) -> None:
    """Change the named fields of a service; the others stay as they are."""
    from tui.cli.service_change import update_service

    update_service(service, name, options, body, wish)


@service_app.command()
@with_option_sets
def rollback(
    *,
    service: ServiceName,
    to: Annotated[
        int | None,
        typer.Option(metavar="CHANGE", help="Restore the values from before this change, even after later ones."),
    ] = None,
    wish: Wish,
) -> None:
    """Restore the fields that the last change of a service from here replaced."""
    from tui.cli.service_change import rollback_service

    rollback_service(service, to, wish)


@service_app.command()
def delete(
    service: ServiceName,
    apply: Apply = False,
    confirm: Annotated[
        str | None, typer.Option(metavar="NAME", help="The service's name again: this cannot be undone.")
    ] = None,
    connection: ConnectionName = None,
    as_json: Json = False,
) -> None:
    """Delete a service with its version sets. That cannot be undone; '--inactive' of 'update' can."""
    from tui.cli.service_change import delete_service

    delete_service(service, confirm, connection, apply=apply, as_json=as_json)
