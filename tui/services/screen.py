"""Services: find a service, see what it runs and what its voice is set to, change it, and open it in Tune."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.message import Message
from textual.widgets import Input, Static

from tui.commands import bindings
from tui.services.commands import COMMANDS
from tui.services.screen_looking import LookingScreen
from tui.services.service_list import ServiceList
from tui.services.service_moves import moving
from tui.services.service_notice import ServiceNotice
from tui.widgets.key_line import KeyLine
from tui.widgets.status_line import StatusLine

if TYPE_CHECKING:
    from textual.widgets import DataTable

    from services.model import Service


class ServicesScreen(LookingScreen):
    """The list of services with a filter, and the details of the highlighted one."""

    TITLE_HERE = "Services"
    COMMANDS_HERE = COMMANDS
    BINDINGS = bindings(*COMMANDS)
    AUTO_FOCUS = "ServiceList"
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (100, "-normal"), (160, "-wide")]  # noqa: RUF012  (Textual's type)

    class TuneWanted(Message):
        """A service should be opened in Tune."""

        def __init__(self, service: Service) -> None:
            super().__init__()
            self.service = service

    class Painted(Message):
        """The screen stands, with all its parts."""

    class ConnectionWanted(Message):
        """The connection failed, and the person asks to try again."""

    def __init__(self) -> None:
        super().__init__()
        self._tune_when_listed = False

    def compose(self) -> ComposeResult:
        """Lay out the list, an empty place for the details, and the two lines at the bottom."""
        with Horizontal(id="services-body"):
            with Vertical(id="services-pane") as pane:
                pane.border_title = "Services"
                yield Input(placeholder="/ filter…", id="services-filter", compact=True)
                notice = ServiceNotice()
                notice.text, notice.waiting = "Opening the workspace…", True
                yield notice
                yield ServiceList()
                yield Static(id="services-count", markup=False)
            yield Vertical(id="service-pane")
        yield StatusLine()
        yield KeyLine()

    def on_mount(self) -> None:
        """Follow the app's connection."""
        self.call_after_refresh(self._tell_painted, 10)
        self.watch(self.app, "client", self.connected)
        self.watch(self.app, "problem", self.not_connected)

    def _tell_painted(self, patience: int) -> None:
        """Say that the screen stands, once its innermost part has its place and was painted there.

        The panes around it are painted first. In a terminal too small to show it, patience ends the wait.
        """
        if patience and not self.query_one(ServiceList).size:
            self.call_after_refresh(self._tell_painted, patience - 1)
        else:
            self.call_after_refresh(self.post_message, self.Painted())

    def on_descendant_focus(self) -> None:
        """Give the details more room while they have the focus (the style sheet does so on a small screen)."""
        self.set_class(self.detail is not None and self.detail.has_focus_within, "-detail-focused")

    def rows_shown(self) -> None:
        """Open Tune, if that was asked for while the rows were still on their way."""
        super().rows_shown()
        if self._tune_when_listed:
            self.action_tune_service()

    @on(ServiceList.Opened)
    def _opened(self) -> None:
        self.action_tune_service()

    def on_data_table_row_selected(self, message: DataTable.RowSelected) -> None:
        """Enter on a field of the voice configuration leads to where it can be changed."""
        if message.data_table.id == "voice-rows":
            self.action_tune_service()

    def on_data_table_row_highlighted(self, message: DataTable.RowHighlighted) -> None:
        """Another version set can have other things done to it."""
        if message.data_table.id == "version-set-rows":
            self.refresh_bindings()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Tell whether there is anything to step back from."""
        if action == "focus_filter" and isinstance(self.focused, Input):
            return False
        if action == "step_back" and self.is_mounted:
            # Nothing has the focus at the very first, and while another window has it: no key leads back then.
            at_home = isinstance(self.focused, ServiceList | None) and not self.query_one(Input).value
            return None if at_home else True
        return super().check_action(action, parameters)

    @on(Input.Changed)
    def _filter_changed(self) -> None:
        self.refresh_bindings()
        self.change_filter()

    @on(Input.Submitted)
    def _filter_submitted(self) -> None:
        self.set_focus(self.query_one(ServiceList))

    def action_tune_service(self) -> None:
        """Ask for Tune; if another filter was typed than the rows in view are of, when its rows are there."""
        box = self.query_one(Input)
        if box.message_queue_size:
            # Keys typed in a burst still wait to be put into the filter, while this one ran ahead of them.
            box.call_later(self.action_tune_service)
            return
        self._tune_when_listed = not self.filtered_as_typed
        if self.highlighted is not None and not self._tune_when_listed:
            self.post_message(self.TuneWanted(self.highlighted))

    def action_focus_filter(self) -> None:
        """Put the cursor into the filter."""
        self.set_focus(self.query_one(Input))

    def action_step_back(self) -> None:
        """Clear the filter, if there is one, and go to the list."""
        self.query_one(Input).value = ""
        self.set_focus(self.query_one(ServiceList))

    def action_refresh_services(self) -> None:
        """Fetch again; connect again if there is no connection."""
        if self.client is None:
            self.show_notice("Opening the workspace…", waiting=True)
            self.post_message(self.ConnectionWanted())
            return
        self.want_settings()
        self.start_listing()
        self.learn()

    def action_turn_tab(self, step: int) -> None:
        """Show the next tab of the details, or the one before."""
        if self.detail is not None:
            self.detail.turn(step)

    async def action_go(self, where: str) -> None:
        """Move in whatever has the focus; the list, if that cannot move."""
        target, action = moving(self.focused, where, otherwise=self.query_one(ServiceList))
        if isinstance(target, ServiceList):
            target.focus()
            if where == "last":
                self.go_to_the_end()
            else:
                self.stay()
        await target.run_action(action)
