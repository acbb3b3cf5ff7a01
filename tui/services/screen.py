"""The Services screen: find a service, see its versions and voice settings, change it, and open it in Tune."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.message import Message
from textual.reactive import reactive
from textual.widgets import Input

from tui.commands.command import Command
from tui.commands.place import Jump, Place, bindings
from tui.host import ScreenHost
from tui.services import commands
from tui.services.changes import ChangesController, ServiceGone, ServiceMade, ServiceSaved
from tui.services.commands import COMMANDS, ServiceCommand, Standing
from tui.services.facts import FactsController, ServiceFacts
from tui.services.list_pane import ListPane, ServiceList, moving
from tui.services.listing import OPENING, Listed, ListingController
from tui.services.version_sets import VersionSetsController, put_back
from tui.terminal_text import content, plain
from tui.themes import read_styles
from tui.widgets.key_line import KeyLine
from tui.widgets.status_line import StatusLine

if TYPE_CHECKING:
    from textual import events
    from textual.widgets import DataTable

    from services.client import ServicesClient
    from services.model import Service
    from tui.services.detail import ServiceDetail

Change = Callable[["ServicesClient", "Service"], Coroutine[None, None, None]]
VersionSetChange = Callable[["ServicesClient", "Service", str], Coroutine[None, None, None]]


class ServicesScreen(Place):
    """The list of services with a filter, and the details of the highlighted one."""

    TITLE_HERE = "Services"
    COMMANDS_HERE, WORDS_HERE = COMMANDS, commands.WORDS
    BINDINGS = bindings(*COMMANDS)
    AUTO_FOCUS = "ServiceList"
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (100, "-normal"), (160, "-wide")]  # noqa: RUF012  (Textual's type)

    listed: reactive[Listed] = reactive(OPENING, init=False, always_update=True)
    """The content of the list."""
    facts: reactive[ServiceFacts | None] = reactive(None, init=False)
    """The content of the details."""

    class TuneWanted(Message):
        """A service should be opened in Tune."""

        def __init__(self, service: Service) -> None:
            super().__init__()
            self.service = service

    class Painted(Message):
        """The screen is painted, with all its parts."""

    class ConnectionWanted(Message):
        """The connection failed, and the user wants another try."""

    def __init__(self) -> None:
        super().__init__()
        self.client: ServicesClient | None = None
        self.detail: ServiceDetail | None = None
        """The details, once there is something to show."""
        self.host = ScreenHost(self)
        self.listing = ListingController(self.host, self._show_listed)
        self.known = FactsController(self.host, self._show_facts)
        self.changes = ChangesController(self.host)
        self.version_sets = VersionSetsController(self.host, self.changes.note)
        self._tune_when_listed = self._stands = False

    def compose(self) -> ComposeResult:
        """Lay out the list, an empty place for the details, and the two bottom lines."""
        self.take_breakpoint()
        with Horizontal(id="services-body"):
            yield ListPane().data_bind(ServicesScreen.listed)
            yield Vertical(id="service-pane")
        yield StatusLine()
        yield KeyLine()

    def on_mount(self) -> None:
        """Follow the app's connection."""
        self.watch(self.app, "client", self._connected)
        self.watch(self.app, "problem", self._not_connected)

    def on_screen_resume(self) -> None:
        """Report that the screen is painted, after Textual's own handler of this event has painted it."""
        if not self._stands:
            self._stands = True
            self.call_later(self._tell_painted, 10)

    def on_resize(self, event: events.Resize) -> None:
        """Fetch as many services as fit."""
        self.listing.room = event.size.height

    def _tell_painted(self, patience: int) -> None:
        """Report the first paint once the list has a size; without one, the wait ends after some refreshes."""
        if patience and not self.query_one(ServiceList).size:
            self.call_after_refresh(self._tell_painted, patience - 1)
        else:
            self.app.post_message(self.Painted())

    # ---- display

    @property
    def pane(self) -> ListPane:
        """The list with its filter."""
        return self.query_one(ListPane)

    @property
    def highlighted(self) -> Service | None:
        """The service under the cursor."""
        return self.query_one(ServiceList).highlighted

    @property
    def filtered_as_typed(self) -> bool:
        """Whether the visible rows are those of the typed filter."""
        return self.listing.shows(self.pane.filter.value)

    def show_saved(self, service: Service) -> None:
        """Show a service's state after a save."""
        self.listing.show_saved(service)

    def _connected(self, client: ServicesClient | None) -> None:
        self.client = client
        self.known.connect(client)
        self.listing.connect(client)
        self.refresh_bindings()

    def _not_connected(self, problem: str) -> None:
        if problem:
            self.listing.fail(problem)

    def _show_listed(self, listed: Listed) -> None:
        rows_came = listed.rows is not self.listed.rows
        self.listed = listed
        if rows_came:
            self.known.list_came()
            if self._tune_when_listed:
                self.action_tune_service()

    def _show_facts(self, facts: ServiceFacts | None) -> None:
        self.query_one("#service-pane").border_title = content(facts.service.name or "(no name)") if facts else ""
        self.facts = facts
        self.refresh_bindings()

    def _learn(self) -> None:
        if self.detail is not None and self.detail.is_mounted:
            self.known.learn(self.detail.tab)

    # ---- messages of the parts

    @on(ServiceList.Highlighted)
    async def _highlighted(self, message: ServiceList.Highlighted) -> None:
        if self.detail is None:
            # The tabs and tables are imported and mounted only when there is something to show.
            from tui.services.detail import ServiceDetail

            read_styles(self.app, Path(__file__).with_name("detail.tcss"))
            self.detail = ServiceDetail().data_bind(ServicesScreen.facts)
            await self.query_one("#service-pane").mount(self.detail)
        self.known.highlight(message.service)
        self._learn()

    @on(ServiceList.Opened)
    def _opened(self) -> None:
        self.action_tune_service()

    @on(ServiceList.MoreWanted)
    def _more_wanted(self, message: ServiceList.MoreWanted) -> None:
        self.listing.want(message.rows)

    @on(ServiceSaved)
    def _saved(self, message: ServiceSaved) -> None:
        self.show_saved(message.service)
        self.refresh_bindings()
        self._learn()

    @on(ServiceGone)
    def _gone(self, message: ServiceGone) -> None:
        self.listing.show_gone(message.service_id)
        self.refresh_bindings()

    @on(ServiceMade)
    def _made(self, message: ServiceMade) -> None:
        self.query_one(ServiceList).sought = message.service_id
        self.listing.start()
        self.refresh_bindings()
        self._learn()

    def on_service_detail_tab_shown(self) -> None:
        """Load the tab's data."""
        self.refresh_bindings()
        self._learn()

    def on_data_table_row_selected(self, message: DataTable.RowSelected) -> None:
        """Open the place where the selected field can be changed."""
        if message.data_table.id == "voice-rows":
            self.action_tune_service()

    def on_data_table_row_highlighted(self, message: DataTable.RowHighlighted) -> None:
        """Update the commands for another version set."""
        if message.data_table.id == "version-set-rows":
            self.refresh_bindings()

    def on_descendant_focus(self) -> None:
        """Enlarge the details while they have the focus (the style sheet does this on a small screen)."""
        self.set_class(self.detail is not None and self.detail.has_focus_within, "-detail-focused")

    @on(Input.Changed, "#services-filter")
    def _filter_changed(self, message: Input.Changed) -> None:
        self.refresh_bindings()
        self.listing.type(message.value)

    # ---- availability of commands

    @property
    def standing(self) -> Standing:
        """The situation that commands check."""
        return Standing(
            connected=self.client is not None,
            unsupported=self.client.unsupported if self.client is not None else {},
            service=self.highlighted if self.is_mounted else None,
            version_set=self.detail.version_set if self.detail is not None else None,
            undo=self.changes.undo_label,
            change=self.detail.change if self.detail is not None else None,
        )

    def reason_against(self, command: Command) -> str:
        """Return why a command is unavailable now."""
        return command.against(self.standing) if isinstance(command, ServiceCommand) else ""

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Return whether there is something to step back from."""
        if action in ("focus_filter", "turn_tab") and isinstance(self.focused, Input):
            return False
        if action == "step_back" and self.is_mounted:
            # Nothing has the focus at first, and while another window has it: no key leads back then.
            at_home = isinstance(self.focused, ServiceList | None) and not self.pane.filter.value
            return None if at_home else True
        return super().check_action(action, parameters)

    # ---- finding and moving

    def action_tune_service(self) -> None:
        """Open Tune. If the typed filter is newer than the rows, wait for its rows."""
        if self.query_one(ServiceList).brought_into_view():
            return  # it may not be the one the user means
        self._tune_when_listed = not self.filtered_as_typed
        if self.highlighted is not None and not self._tune_when_listed:
            self.post_message(self.TuneWanted(self.highlighted))

    def action_focus_filter(self) -> None:
        """Focus the filter."""
        self.set_focus(self.pane.filter)

    def action_step_back(self) -> None:
        """Go from the details to the list. From there or from the filter, clear the filter."""
        if self.detail is None or not self.detail.has_focus_within:
            self.pane.filter.value = ""
        self.set_focus(self.query_one(ServiceList))

    def action_refresh_services(self) -> None:
        """Reload the list. Without a connection, connect again."""
        if self.client is None:
            self.listing.wait()
            self.post_message(self.ConnectionWanted())
            return
        self.known.want_settings()
        self.listing.start()
        self._learn()

    def action_turn_tab(self, step: int) -> None:
        """Show the next or previous tab of the details."""
        if self.detail is not None:
            self.detail.turn(step)

    async def action_go(self, where: str) -> None:
        """Move in the focused widget, or in the list if that cannot move."""
        target, action = moving(self.focused, where, otherwise=self.query_one(ServiceList))
        if isinstance(target, ServiceList):
            target.focus()
            self.listing.go_to_the_end() if where == "last" else self.listing.stay()
        await target.run_action(action)

    # ---- changing services and their version sets

    def action_new_service(self) -> None:
        """Ask for a new service, and create it."""
        if self.may(commands.NEW_SERVICE) and (client := self.client) is not None:
            self._start_change(lambda: self.changes.make(client))

    def action_undo(self) -> None:
        """Undo the last change."""
        if self.may(commands.UNDO) and (client := self.client) is not None:
            self._start_change(lambda: self.changes.undo(client))

    def action_edit_service(self) -> None:
        """Show the form of the highlighted service, and send the changes."""
        self._change(commands.EDIT_SERVICE, self.changes.edit)

    def action_switch_active(self) -> None:
        """Activate the highlighted service. Deactivate it after asking."""
        self._change(commands.SWITCH_ACTIVE, self.changes.switch_active)

    def action_delete_service(self) -> None:
        """Delete the highlighted service, if its name is typed."""
        self._change(commands.DELETE_SERVICE, self.changes.delete)

    def _change(self, command: Command, change: Change) -> None:
        client, service = self.client, self.highlighted
        if self.may(command) and client is not None and service is not None:
            self._start_change(lambda: change(client, service))

    def _start_change(self, change: Callable[[], Coroutine[None, None, None]]) -> None:
        self.host.start_alone(change, "changing", "The last change is still being made. Ask again.")

    def action_upsert_version_set(self) -> None:
        """Show the form of the highlighted version set, then the change."""
        self._change_version_set(commands.UPSERT_VERSION_SET, self.version_sets.upsert)

    def action_diff_version_sets(self) -> None:
        """Ask for the other version set, then show the differences."""
        self._change_version_set(commands.DIFF_VERSION_SETS, self.version_sets.diff)

    def action_promote(self) -> None:
        """Ask for the target, then show the change."""
        self._change_version_set(commands.PROMOTE, self.version_sets.promote)

    def action_rollback(self) -> None:
        """Show the rollback of the highlighted version set, or of the highlighted change."""
        if (change := self.standing.change) is None:
            self._change_version_set(commands.ROLLBACK, self.version_sets.roll_back)
        else:  # the command itself reports it if there is nothing to undo
            self._change(commands.ROLLBACK, partial(put_back, self.changes, self.version_sets, change.back))

    def action_delete_version_set(self) -> None:
        """Show the content of the highlighted version set, then delete it."""
        self._change_version_set(commands.DELETE_VERSION_SET, self.version_sets.delete)

    def _change_version_set(self, command: Command, change: VersionSetChange) -> None:
        """Start a change of the highlighted version set. If none is visible, show them instead."""
        client, service, name = self.client, self.highlighted, self.standing.version_set
        if not self.may(command) or client is None or service is None:
            return
        if name is not None:
            self._start_change(lambda: change(client, service, name))
        elif self.detail is not None:
            self.detail.open_version_sets()
            self.host.say("Go to a version set's line, then press the key again.", title=command.name)

    # ---- other views of services

    def action_copy_id(self) -> None:
        """Copy the id."""
        if self.may(commands.COPY_ID) and self.highlighted is not None:
            self.app.copy_to_clipboard(self.highlighted.id)
            self.host.say(self.highlighted.id, title="Copied")

    def action_copy_curl(self) -> None:
        """Copy the curl line."""
        if self.may(commands.COPY_CURL) and self.highlighted is not None and self.client is not None:
            from services.service_text import curl_line

            line, needs = curl_line(self.client.service_address(self.highlighted.id), self.client.dialect)
            self.app.copy_to_clipboard(line)
            self.host.say(f"{line}\nFirst {needs}.", title="Copied")

    def action_show_json(self) -> None:
        """Show the JSON."""
        if self.may(commands.SHOW_JSON) and (service := self.highlighted) is not None:
            from services.service_text import service_json
            from tui.dialogs.dialog import TextDialog

            self.app.push_screen(TextDialog(service.name or "(no name)", service_json(service)))

    def action_show_routing(self) -> None:
        """Load all services and show the routes. Go to the chosen service."""
        if self.may(commands.SHOW_ROUTING) and (client := self.client) is not None:
            from tui.services.routing import choose_by_route

            choose = partial(choose_by_route, self.host, client, self.pane.look_for)
            self.host.start(choose, "routing", exclusive=True)

    def jumps(self) -> Iterable[Jump]:
        """Return the services that have arrived."""
        look_for = self.pane.look_for
        return [Jump(plain(one.name), "service", partial(look_for, one.name)) for one in self.listing.known]
