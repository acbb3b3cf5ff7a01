"""The Calls screen: a service's real calls, their measurements, and one call in words."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.reactive import var
from textual.widgets import Input, Static

from services.calls.folders import CallFolders
from services.calls.overview import CallOverview
from simulator.heard.checked import was_checked
from simulator.heard.happened import happened
from tui.calls.call_list import COLUMNS, CallList, row_text
from tui.calls.checking import CheckController
from tui.calls.commands import COMMANDS, OPEN, WORDS, WORKS, next_commands
from tui.calls.comparing import CompareController, change_story
from tui.calls.lane import CallLane, call_scene, caller_wave
from tui.calls.measuring import MeasureController
from tui.calls.periods import Line, SettingsChange
from tui.calls.playing import PlayController
from tui.calls.pulling import PullController
from tui.calls.stored_calls import CallsShown, KeptController
from tui.calls.story import call_story, story_before
from tui.calls.tuning import TuneController
from tui.calls.worst import WorstTurn
from tui.calls.worst_dialog import WorstController
from tui.commands.command import Command
from tui.commands.place import bindings
from tui.dialogs.dialogs import PickOne
from tui.host import Job, ScreenHost, ask_over
from tui.screens import with_keys
from tui.terminal_text import content
from tui.tune.scene import Scene
from tui.widgets.key_line import KeyLine
from tui.widgets.panes import PaneScreen, PaneTabs, Part
from tui.widgets.status_line import StatusLine
from tui.widgets.timeline import TIMELINE_STYLES

if TYPE_CHECKING:
    from services.client import ServicesClient
    from services.model import Service
    from tui.app import TurnlabApp
    from tui.tune.modes import TuneModes

_IN_TEXT = {
    "down": "scroll_down",
    "up": "scroll_up",
    "page_down": "scroll_page_down",
    "page_up": "scroll_page_up",
    "first": "scroll_home",
    "last": "scroll_end",
}


class CallsScreen(PaneScreen):
    """The kept calls of a service, and the one under the cursor in words."""

    TITLE_HERE = "Calls"
    COMMANDS_HERE, WORDS_HERE = COMMANDS, WORDS
    BINDINGS = bindings(*COMMANDS)
    CSS_PATH = [TIMELINE_STYLES, Path(__file__).parent / "calls.tcss"]  # noqa: RUF012  (Textual's type)
    AUTO_FOCUS = "CallList"
    PANES: ClassVar[Mapping[str, str]] = {"calls": "Calls", "call": "Call"}
    HOME = "calls"

    shown: var[CallsShown] = var(CallsShown(), init=False)
    progress: var[str] = var("", init=False)
    measured: var[str] = var("", init=False)

    def __init__(self) -> None:
        super().__init__()
        self.folders = CallFolders()
        self._shown_folder: Path | None = None
        self._going_to: tuple[Path, int] | None = None
        self._checked = False
        self._host = host = ScreenHost(self)
        self.kept = KeptController(
            host,
            self.folders,
            lambda shown: setattr(self, "shown", shown),
            pulled_none=lambda service: self.pulling.none_of(service),
        )
        self.pulling = PullController(
            host,
            self.folders,
            self._client,
            lambda: self.kept.service,
            publish=self._say,
            pulled=self._changed,
        )
        self.measuring = MeasureController(
            host,
            lambda: self.shown.rows,
            publish=lambda text: setattr(self, "measured", text),
            measured=self._changed,
        )
        self.checking = CheckController(
            host,
            lambda: self.shown.rows,
            lambda: None if self.shown.all_services else self.kept.service,
            said=self._say,
            checked=self._note_check,
            take_profile=lambda *taken: self._bench.take_profile(*taken),
        )
        self.comparing = CompareController(
            host,
            lambda: self.shown.lines,
            lambda: self.rows.line,
            said=self._say,
            times=self._history,
            pick=lambda question, choices: ask_over(self, PickOne(question, choices)),
        )
        self.worst = WorstController(
            host, lambda: self.shown.rows, said=self._say, go_to=self._go_to_turn, checks=self.checking
        )
        self.tuning = TuneController(host, self._open_in_tune, publish=self._say)
        self.playing = PlayController(
            host, start=lambda: self.lane.moment_ms, playhead=lambda *where: self.lane.show_playhead(*where)
        )

    def _say(self, text: str) -> None:
        self.progress = text

    def _note_check(self) -> None:
        self._bench.show_again()
        self._changed()

    def _client(self) -> ServicesClient | None:
        client: ServicesClient | None = getattr(self.app, "client", None)
        return client

    @property
    def _bench(self) -> TuneModes:
        app: TurnlabApp = self.app  # type: ignore[assignment]
        return app.tunes

    def compose(self) -> ComposeResult:
        """Lay out the list beside the call, or only one of them on a small screen."""
        self.take_room()
        yield Static(id="calls-title", markup=False)
        yield PaneTabs(self.PANES, id="calls-tabs")
        with Horizontal(id="calls-body"):
            with Vertical(id="calls-pane"):
                yield Input(placeholder="/ filter…", id="calls-filter", compact=True)
                yield Static(id="calls-columns", markup=False)
                yield Static(id="calls-notice", markup=False)
                yield CallList()
            with VerticalScroll(id="call-pane"):
                yield Static(id="call-story", markup=False)
        yield CallLane()
        yield Static(id="calls-progress", markup=False)
        yield StatusLine()
        yield KeyLine()

    def on_mount(self) -> None:
        """Show the present state."""
        self.fit()
        self.watch_shown(self.shown)
        self.watch_progress()

    def on_unmount(self) -> None:
        """Stop playing."""
        self.playing.close()

    def on_screen_resume(self) -> None:
        """Read the stored calls again: other commands may have pulled or deleted some."""
        self.kept.read()

    rows, lane = Part(CallList), Part(CallLane)

    def resized(self) -> None:
        """Fit everything to the new size, including column titles."""
        super().resized()
        self.call_after_refresh(self._show_columns)

    def _show_columns(self) -> None:
        titles = [title for title, _, _ in COLUMNS]
        self.query_one("#calls-columns", Static).update(content(row_text(titles, self.rows.size.width)))

    def focus_pane(self, pane: str) -> None:
        """Focus a pane."""
        self.set_focus(self.rows if pane == "calls" else self.query_one("#call-pane"))

    def sit_down(self, service: Service | None) -> None:
        """Show the calls of a service once the screen is visible. ``None``: the service that was shown last."""
        self.kept.sit_down(service)

    # ---- display

    def watch_shown(self, shown: CallsShown) -> None:
        """Show the rows, or the text in their place."""
        if not self.is_mounted:
            return
        self.query_one("#calls-title", Static).update(content(shown.title))
        self.rows.with_service = shown.all_services
        self.rows.lines = shown.lines
        self._checked = any(was_checked(call.folder) for call in shown.rows[:20])
        notice = self.query_one("#calls-notice", Static)
        notice.update(content(shown.notice, lines=True))
        notice.display = bool(shown.notice)
        if shown.settled:
            self.measuring.start_unasked()
        self.refresh_bindings()

    def watch_progress(self) -> None:
        """Show the progress or result of a pull, else the progress of measuring."""
        if self.is_mounted:
            text = " · ".join(filter(None, (self.progress, self.measured)))
            line = self.query_one("#calls-progress", Static)
            line.update(content(text))
            line.display = bool(text)
            self.refresh_bindings()

    watch_measured = watch_progress

    def _changed(self) -> None:
        if self.is_attached:
            self.kept.read()

    @on(CallList.Highlighted)
    def _highlighted(self, message: CallList.Highlighted) -> None:
        message.stop()
        line = message.line
        self.playing.leave(line.folder if isinstance(line, CallOverview) else None)
        if line is None:
            self._tell("", away=True)
        else:
            self._host.start_thread(lambda job: self._read(job, line), "call story", exclusive=True)
        self.refresh_bindings()

    def _read(self, job: Job, call: Line) -> None:
        if isinstance(call, SettingsChange):
            story = change_story(call, self.shown.lines)
            job.report(lambda: self._tell(story, away=True), "call story")
            return
        story, really = call_story(self.folders, call.folder), happened(call.folder)
        scene = None if really is None else call_scene(call.folder, really)
        job.report(lambda: self._tell(story, call.folder, scene), "call story")
        if really is not None and (wave := caller_wave(call.folder, lambda: job.cancelled)) is not None:
            drawn = call_scene(call.folder, really, wave)
            job.report(lambda: self.lane.show(drawn), "call lane")

    def _tell(
        self, story: str, folder: Path | None = None, scene: Scene | None = None, *, away: bool = False
    ) -> None:
        self.query_one("#call-story", Static).update(content(story, lines=True))
        self.lane.show(scene, away=away)
        # a call that is shown again after others were measured keeps its scroll position
        if folder is None or folder != self._shown_folder:
            self.query_one("#call-pane", VerticalScroll).scroll_home(animate=False)
        self._shown_folder = folder
        if self._going_to is not None and folder == self._going_to[0]:
            self.call_after_refresh(self._show_moment, story_before(story, self._going_to[1]))
            self._going_to = None

    def _show_moment(self, before: str) -> None:
        pane, above = self.query_one("#call-pane", VerticalScroll), content(before, lines=True)
        pane.scroll_to(y=above.get_height({}, max(pane.size.width, 1)) - 1, animate=False)

    # ---- commands

    def _works(self) -> dict[str, tuple[Callable[[], str], Callable[[], object]]]:
        """Return, for each controller command, why it is unavailable and what it runs: two functions."""
        return {
            "pull": (lambda: self.pulling.why_not, self.pulling.start),
            "stop": (self._why_nothing_stops, self._stop),
            "measure": (lambda: self.measuring.why_not, self.measuring.start),
            "check": (lambda: self.checking.why_not_check, self.checking.check),
            "fit": (lambda: self.checking.why_not_fit, self.checking.fit),
            "compare": (lambda: self.comparing.why_not, self.comparing.start),
            "worst": (lambda: self.worst.why_not, self.worst.start),
            "play": (lambda: self.playing.why_not(self.rows.highlighted), self._with_call(self.playing.toggle)),
            "tune": (lambda: self.tuning.why_not(self.rows.highlighted), self._with_call(self.tuning.start)),
        }

    def _with_call(self, do: Callable[[CallOverview], None]) -> Callable[[], None]:
        return lambda: do(call) if (call := self.rows.highlighted) is not None else None

    def reason_against(self, command: Command) -> str:
        """Return why a command is unavailable now. Empty if it is available."""
        if command in WORKS:
            return self._works()[command.id.removeprefix("calls.")][0]()
        return "no call is highlighted" if command is OPEN and self.rows.line is None else ""

    def first_in_footer(self) -> tuple[str, ...]:
        """Return the ids of the likely next commands."""
        return next_commands(calls=bool(self.shown.rows), checked=self._checked)

    def action_work(self, name: str) -> None:
        """Run a controller's command, or say why it is unavailable."""
        if self.may(next(command for command in WORKS if command.id == f"calls.{name}")):
            self._works()[name][1]()

    def _why_nothing_stops(self) -> str:
        running = any(one.running for one in self._stoppable)
        return "" if running else "nothing is being pulled, measured, checked or fitted"

    def _stop(self) -> None:
        for one in filter(lambda one: one.running, self._stoppable):
            one.stop()

    @property
    def _stoppable(self) -> tuple[PullController | MeasureController | CheckController | WorstController, ...]:
        return (self.pulling, self.measuring, self.checking, self.worst)

    @on(CallList.Opened)
    def action_open_call(self) -> None:
        """Read the highlighted call. If it is already open, open its caller in Tune."""
        if self.pane == "call":
            self.action_work("tune")
        elif self.may(OPEN):
            self.go_to("call")

    def _go_to_turn(self, turn: WorstTurn) -> None:
        self._going_to = turn.call.folder, turn.at_ms
        self.rows.go_to(turn.call.id)
        if turn.call.folder == self._shown_folder:  # the cursor is already there, so no event will show it
            self._host.start_thread(lambda job: self._read(job, turn.call), "call story", exclusive=True)
        self.lane.go_to(turn.call.folder, turn.at_ms)
        self.go_to("call")
        took = "The call says what took the time"
        if turn.why and turn.heard_ms is not None:
            took = f"Of its {turn.heard_ms:,.0f} ms: {', '.join(turn.why)}"
        then = with_keys("{calls.tune} opens its caller in Tune, where {app.symptoms} says what helps")
        self._say(f"{took} · {then}")

    async def _history(self) -> Sequence[datetime]:
        """Return when the listed service's settings changed, as far as it is recorded."""
        from services.calls.settings_then import SettingsThen
        from services.changes.ledger import Backups
        from services.errors import ServiceError

        client, service = self._client(), self.kept.service
        if client is None or service is None or self.shown.all_services:
            return ()
        try:
            return [change.at for change in (await SettingsThen.of(client, service, Backups())).changes]
        except ServiceError:
            return ()

    def action_step(self, steps: int) -> None:
        """Go to the next or previous event of the call."""
        self.lane.timeline.step_event(steps)

    def action_zoom(self, steps: int) -> None:
        """Zoom the call's timeline."""
        self.lane.timeline.zoom(steps)

    def action_pan(self, share: float) -> None:
        """Scroll the call's timeline."""
        self.lane.timeline.pan(share)

    def _open_in_tune(self, call: CallOverview, audio: Path) -> None:
        app: TurnlabApp = self.app  # type: ignore[assignment]
        own = self.kept.service
        service = own if own is not None and own.id == call.service_id else None
        app.open_caller(service, audio, self.lane.chosen_in(call.folder))

    def action_focus_filter(self) -> None:
        """Focus the filter."""
        self.go_to("calls")
        self.set_focus(self.query_one("#calls-filter"))

    @on(Input.Changed, "#calls-filter")
    def _typed(self, event: Input.Changed) -> None:
        self.kept.type(event.value)

    @on(Input.Submitted, "#calls-filter")
    def _submitted(self) -> None:
        self.set_focus(self.rows)

    def action_step_back(self) -> None:
        """Go back to the list, then clear the filter."""
        if self.focused is self.rows:
            self.query_one("#calls-filter", Input).value = ""
        self.go_to("calls")

    def action_go(self, where: str) -> None:
        """Move in the list, or in the call if that has the focus."""
        text = self.query_one("#call-pane", VerticalScroll)
        if self.focused is text:
            getattr(text, _IN_TEXT[where])(animate=False)
        else:
            self.rows.move(where)


async def mode(app: TurnlabApp, service: Service | None) -> str:
    """Return the app's mode for Calls, for a service or for the one shown last."""
    if app.calls is None:
        app.calls = screen = CallsScreen()
        app.add_mode("calls", lambda: screen)
    app.calls.sit_down(service)
    return "calls"
