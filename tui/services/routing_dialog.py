"""The routing view: routes, the services on them, and which service follows on which."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from tui.dialogs.dialog import Dialog
from tui.services.service_routing import Step, routing, without_route
from tui.terminal_text import plain

if TYPE_CHECKING:
    from services.model import Service

_NO_ROUTES = (
    "No service has a route. Give services the tag route:NAME, and next:NAME where callers go on to another route"
    " or service: press e on a service."
)


class RoutingScreen(Dialog[str]):
    """Gives the name of the service that was chosen."""

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
            self._steps.append(Step(0, "on no route"))
            self._steps += [Step(1, service.name or "(no name)", service.id) for service in lost]

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
        """Give the service."""
        self.dismiss(self._names[self._steps[event.option_index].service_id])

    async def action_step(self, direction: str) -> None:
        """Move with the keys that move elsewhere."""
        for steps in self.query(OptionList):
            await steps.run_action(f"cursor_{direction}")


def _line(step: Step) -> Content:
    style = "$text-warning" if step.odd else "bold $text-accent" if step.depth == 0 else ""
    mark = "⚠ " if step.odd else ""
    return Content.styled("   " * step.depth + mark + plain(step.text), style)
