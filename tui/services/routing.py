"""Which service callers reach on which route, and which one follows, from the services' tags.

A tag ``route:NAME`` puts a service on a route. Several services can share a route. A tag ``next:NAME`` says where
callers continue: on the route of that name, or at the service of that name or id. The vendor does not define the
meaning of tags ("used for routing"), so these two are Turnlab's convention.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from tui.dialogs.dialog import Dialog
from tui.screens import key_for
from tui.terminal_text import screen_text

if TYPE_CHECKING:
    from services.client import ServicesClient
    from services.model import Service
    from tui.host import AskingHost

ROUTE, NEXT = "route", "next"
_DEEPEST = 20


@dataclass(frozen=True, slots=True)
class RouteStep:
    """One line of the view: its depth, its text, and its service."""

    depth: int
    text: str
    service_id: str = ""
    odd: bool = False
    """Whether it needs a correction."""


def routing(services: Iterable[Service]) -> list[RouteStep]:
    """Return the routes by name, each with its services and where they lead."""
    listed = list(services)
    by_route: dict[str, list[Service]] = {}
    for service in listed:
        for name in _values(service, ROUTE):
            by_route.setdefault(name, []).append(service)
    steps: list[RouteStep] = []
    for name in sorted(by_route, key=str.casefold):
        found = by_route[name]
        steps.append(RouteStep(0, name))
        active = [service for service in found if service.is_active]
        if not active:
            steps.append(RouteStep(1, "no active service: callers on this route reach no service", odd=True))
        elif len(active) > 1:
            steps.append(RouteStep(1, f"{len(active)} active services share this route", odd=False))
        for service in found:
            steps += _onward(service, 1, listed, by_route, ())
    return steps


def without_route(services: Iterable[Service]) -> list[Service]:
    """Return the active services without a route."""
    return [service for service in services if service.is_active and not _values(service, ROUTE)]


def _onward(
    service: Service, depth: int, listed: list[Service], by_route: dict[str, list[Service]], before: tuple[str, ...]
) -> Iterable[RouteStep]:
    arrow = "→ " if before else ""
    inactive = "" if service.is_active else "  (inactive)"
    name = service.name or "(no name)"
    again = service.id in before
    yield RouteStep(
        depth,
        f"{arrow}{name}{inactive}{'  … and round again' if again else ''}",
        service.id,
        odd=bool(before) and not service.is_active,
    )
    if again or depth >= _DEEPEST:
        return
    for wanted in _values(service, NEXT):
        targets = by_route.get(wanted) or [one for one in listed if wanted in (one.name, one.id)]
        if not targets:
            yield RouteStep(depth + 1, f"→ {wanted}: no route and no service is called so", odd=True)
        for target in targets:
            yield from _onward(target, depth + 1, listed, by_route, (*before, service.id))


def _values(service: Service, key: str) -> list[str]:
    return [tag.value for tag in service.tags if tag.key == key and tag.value]


_NO_ROUTES = (
    "No service has a route. Give services the tag route:NAME, and next:NAME where callers go on to another route"
    f" or service: press {key_for('services.edit')} on a service."
)


class RoutingScreen(Dialog[str]):
    """Returns the name of the chosen service."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j", "step('down')", show=False),
        Binding("k", "step('up')", show=False),
        Binding("q", "leave", show=False),
    ]
    keys = "enter goes to the service · made from the tags route and next · esc closes"

    def __init__(self, services: Sequence[Service]) -> None:
        super().__init__("Routing")
        self._steps = routing(services)
        self._names = {service.id: service.name for service in services}
        lost = without_route(services)
        if self._steps and lost:
            self._steps.append(RouteStep(0, "on no route"))
            self._steps += [RouteStep(1, service.name or "(no name)", service.id) for service in lost]

    def compose_body(self) -> ComposeResult:
        """Lay out the steps."""
        if not self._steps:
            yield Static(_NO_ROUTES, classes="dialog-text", markup=False)
            return
        yield OptionList(
            *(Option(_line(step), disabled=not step.service_id) for step in self._steps),
            compact=True,
            classes="dialog-body",
        )

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Return the service."""
        self.dismiss(self._names[self._steps[event.option_index].service_id])

    async def action_step(self, direction: str) -> None:
        """Move with the keys that move the cursor elsewhere."""
        for steps in self.query(OptionList):
            await steps.run_action(f"cursor_{direction}")


def _line(step: RouteStep) -> Content:
    style = "$text-warning" if step.odd else "bold $text-accent" if step.depth == 0 else ""
    mark = "⚠ " if step.odd else ""
    return Content.styled("   " * step.depth + mark + screen_text(step.text), style)


async def choose_by_route(host: AskingHost, client: ServicesClient, go_to: Callable[[str], None]) -> None:
    """Load all services, show the routes, and call ``go_to`` with the chosen service's name."""
    from services.errors import ServiceError
    from services.paging import iter_services

    try:
        services = [service async for service in iter_services(client, sort_by="name")]
    except ServiceError as error:
        host.complain(str(error), title="The routes are not known")
        return
    name = await host.ask(RoutingScreen(services))
    if name is not None:
        go_to(name)
