"""Services: find a service, see what it runs and what its voice is set to, and open it in Tune."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from textual import on, work
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.message import Message
from textual.widgets import Input, Static

from tui.commands import Place, bindings
from tui.commands.services import HERE
from tui.screens.services_messages import Fetched, FetchFailed, SettingsFetched
from tui.service_filter import ServiceFilter, parse_filter
from tui.service_listing import ServiceListing
from tui.terminal_text import content, plain
from tui.widgets.key_line import KeyLine
from tui.widgets.service_list import ServiceList
from tui.widgets.service_moves import moving
from tui.widgets.service_notice import ServiceNotice
from tui.widgets.status_line import StatusLine

if TYPE_CHECKING:
    from textual.widgets import DataTable

    from services.client import ServicesClient
    from services.model import Service, WorkspaceVoiceSettings
    from tui.widgets.service_detail import ServiceDetail

TYPING_PAUSE = 0.15
"""Seconds without a key before a filter is sent, so that a remote platform is not asked for every letter."""


class ServicesScreen(Place):
    """The list of services with a filter, and the details of the highlighted one."""

    TITLE_HERE = "Services"
    COMMANDS_HERE = HERE
    BINDINGS = bindings(*HERE)
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
        self._client: ServicesClient | None = None
        self._listing: ServiceListing | None = None
        self._settings: WorkspaceVoiceSettings | None = None
        self._settings_wanted = False
        self._detail: ServiceDetail | None = None
        self._wanted = 0
        self._fetching: ServiceListing | None = None
        self._to_the_end = False
        self._tune_when_listed = False
        self._all: int | None = None

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
        self.watch(self.app, "client", self._connected)
        self.watch(self.app, "problem", self._not_connected)

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
        self.set_class(self._detail is not None and self._detail.has_focus_within, "-detail-focused")

    @property
    def highlighted(self) -> Service | None:
        """The service under the cursor."""
        return self.query_one(ServiceList).highlighted

    def show_saved(self, service: Service) -> None:
        """Show the state a service has after it was saved elsewhere."""
        if self._listing is not None and self._listing.replace(service):
            self._show_rows()

    def _connected(self, client: ServicesClient | None) -> None:
        self._client = client
        if client is not None:
            self._settings_wanted = True
            self._start_listing()

    def _not_connected(self, problem: str) -> None:
        if problem:
            self._show_notice(f"{problem}\nPress r to try again.")

    def _start_listing(self, *, pause: float = 0.0) -> None:
        """Start over under the filter that is typed, keeping the rows in view until the first new ones came."""
        if self._client is None:
            return
        chosen = parse_filter(self.query_one(Input).value)
        before = self._listing
        # A refresh reaches as deep as the person had scrolled, so that the cursor's service is there again.
        depth = len(before.services) if before is not None and before.filter == chosen else 0
        self._wanted = max(depth, self.size.height)
        self._to_the_end = False
        if not (before and before.services):
            self._show_notice("Loading services…", waiting=True)
        self._show_count(searching=True)
        self._fetching = ServiceListing(self._client, chosen)
        self._fetch(self._fetching, pause)

    @work(exclusive=True, group="listing")
    async def _fetch(self, listing: ServiceListing, pause: float = 0.0) -> None:
        from services.errors import ServiceError

        self._fetching = listing
        try:
            await asyncio.sleep(pause)
            await listing.fetch(self._wanted)
            self.post_message(Fetched(listing))
            while len(listing.services) < self._wanted and not listing.complete:
                await listing.fetch(len(listing.services) + 1)
                self.post_message(Fetched(listing))
        except ServiceError as error:
            self.post_message(FetchFailed(str(error)))
        finally:
            # Another listing may have taken over while this one was being cancelled.
            if self._fetching is listing:
                self._fetching = None

    @work(exclusive=True, group="settings")
    async def _fetch_settings(self, client: ServicesClient) -> None:
        from services.errors import ServiceError

        try:
            settings = await client.workspace_voice_settings()
        except ServiceError:
            # The Voice config tab says what is not known; the list has its own, louder way to fail.
            return
        self.post_message(SettingsFetched(settings))

    @on(Fetched)
    def _fetched(self, message: Fetched) -> None:
        self._listing = message.listing
        if message.listing.filter == ServiceFilter():
            self._all = message.listing.total
        self._show_rows()
        if self._tune_when_listed:
            self.action_tune_service()
        # After the list, because only a tab in the background needs them.
        if self._settings_wanted and self._client is not None:
            self._settings_wanted = False
            self._fetch_settings(self._client)

    @on(FetchFailed)
    def _fetch_failed(self, message: FetchFailed) -> None:
        if self._listing is not None and self._listing.services:
            self.notify(plain(message.reason), title="Services", severity="error", markup=False)
            self._show_count()
        else:
            self._show_notice(f"{message.reason}\nPress r to try again.")

    @on(SettingsFetched)
    async def _settings_fetched(self, message: SettingsFetched) -> None:
        self._settings = message.settings
        await self._show_detail(self.highlighted)

    @on(ServiceList.MoreWanted)
    def _more_wanted(self, message: ServiceList.MoreWanted) -> None:
        self._wanted = max(self._wanted, message.rows)
        listing = self._listing
        if listing is not None and self._fetching is None and not listing.complete:
            self._fetch(listing)

    @on(ServiceList.Highlighted)
    async def _highlighted(self, message: ServiceList.Highlighted) -> None:
        await self._show_detail(message.service)

    @on(ServiceList.Opened)
    def _opened(self) -> None:
        self.action_tune_service()

    def on_data_table_row_selected(self, message: DataTable.RowSelected) -> None:
        """Enter on a field of the voice configuration leads to where it can be changed."""
        if message.data_table.id == "voice-rows":
            self.action_tune_service()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Tell whether there is anything to step back from."""
        if action == "focus_filter" and isinstance(self.focused, Input):
            return False
        if action == "step_back" and self.is_mounted:
            at_home = isinstance(self.focused, ServiceList) and not self.query_one(Input).value
            return None if at_home else True
        return super().check_action(action, parameters)

    @on(Input.Changed)
    def _filter_changed(self) -> None:
        self.refresh_bindings()
        self._start_listing(pause=TYPING_PAUSE)

    @on(Input.Submitted)
    def _filter_submitted(self) -> None:
        self.set_focus(self.query_one(ServiceList))

    def _show_rows(self) -> None:
        assert self._listing is not None
        rows = self.query_one(ServiceList)
        rows.show(self._listing.services)
        if self._to_the_end:
            rows.action_scroll_bottom()
        if self._listing.services:
            self._show_notice("")
        elif self._listing.filter == ServiceFilter():
            self._show_notice("This workspace has no services yet.\nPress r to look again.")
        else:
            self._show_notice("No service matches the filter.\nPress esc to clear it.")
        self._show_count()

    def _show_notice(self, text: str, *, waiting: bool = False) -> None:
        notice = self.query_one(ServiceNotice)
        notice.text, notice.waiting, notice.display = text, waiting, bool(text)
        # Not hidden, because a hidden list would lose the focus.
        self.query_one(ServiceList).set_class(bool(text), "-behind-notice")

    def _show_count(self, *, searching: bool = False) -> None:
        typed = self.query_one(Input).value.strip()
        if searching or self._listing is None:
            text = "searching…" if typed else ""
        else:
            text = self._listing.summary(self._all, typed)
        self.query_one("#services-count", Static).update(content(text))

    async def _show_detail(self, service: Service | None) -> None:
        pane = self.query_one("#service-pane")
        if self._detail is None:
            # The tabs and tables are imported and mounted only when there is something to show in them.
            from tui.widgets.service_detail import ServiceDetail

            self._detail = ServiceDetail()
            await pane.mount(self._detail)
        pane.border_title = content(service.name or "(no name)") if service else ""
        self._detail.show(service, self._settings)

    def action_tune_service(self) -> None:
        """Ask for Tune; if another filter was typed than the rows in view are of, when its rows are there."""
        box = self.query_one(Input)
        if box.message_queue_size:
            # Keys typed in a burst still wait to be put into the filter, while this one ran ahead of them.
            box.call_later(self.action_tune_service)
            return
        typed = parse_filter(box.value)
        self._tune_when_listed = self._listing is None or self._listing.filter != typed
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
        if self._client is None:
            self._show_notice("Opening the workspace…", waiting=True)
            self.post_message(self.ConnectionWanted())
            return
        self._settings_wanted = True
        self._start_listing()

    def action_turn_tab(self, step: int) -> None:
        """Show the next tab of the details, or the one before."""
        if self._detail is not None:
            self._detail.turn(step)

    async def action_go(self, where: str) -> None:
        """Move in whatever has the focus; the list, if that cannot move."""
        target, action = moving(self.focused, where, otherwise=self.query_one(ServiceList))
        if isinstance(target, ServiceList):
            target.focus()
            # As long as it stays at the end, the list asks for the next page by itself.
            self._to_the_end = where == "last"
        await target.run_action(action)
