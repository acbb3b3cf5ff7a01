"""Live: talk to the simulated agent through the microphone, and change its settings while talking."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.message import Message
from textual.reactive import var
from textual.widgets import Static

from simulator.devices.portaudio import Way
from simulator.session import devices_there, open_session
from simulator.session.state import SessionMessage
from tui.commands.command import Command
from tui.commands.place import Jump, bindings
from tui.dialogs.dialogs import LineEntry, PickOne
from tui.host import ScreenHost
from tui.live import words
from tui.live.call import CallController, CallState, OpenCall, draft_letter
from tui.live.call_pane import CallPane, LiveHeader, LiveHeading, TalkPad, say
from tui.live.commands import COMMANDS
from tui.live.device_dialog import DeviceDialog, DevicesController, LookForDevices, threshold_of
from tui.live.live_timeline import LiveTimeline
from tui.live.log_pane import LogPane
from tui.tune.drafts import DraftController
from tui.tune.questions import DraftDialogs
from tui.tune.scene import ARMS
from tui.tune.session import TuneSession
from tui.widgets.field_editor_control import FieldControl
from tui.widgets.field_panel import FieldPanel, FieldsShown
from tui.widgets.key_line import KeyLine
from tui.widgets.panes import BENCH_STYLES, PaneScreen, PaneTabs, Part
from tui.widgets.status_line import StatusLine
from tui.widgets.timeline_lanes import clock_text

if TYPE_CHECKING:
    from services.model import Service
    from tui.app import TurnlabApp

_HERE = Path(__file__).parent
_SIGNS = {"running": "●", "paused": "‖"}


class LiveDialogs(DraftDialogs):
    """The dialogs of Live's controllers."""

    async def pick(
        self, question: str, choices: Sequence[tuple[str, str]], current: str | None = None
    ) -> str | None:
        """Ask for one of several named items."""
        return await self.ask(PickOne(question, choices, current))

    async def ask_threshold(self, now_db: float) -> float | None:
        """Ask for the level in dBFS above which the microphone is heard over the agent."""
        hint = "While the agent speaks, only louder sound is heard. A level in dB below full scale:"
        return await self.ask(LineEntry("Echo threshold", hint, f"{now_db:g}", threshold_of))

    def choose_device(self, way: Way, calls: CallController, look: LookForDevices) -> None:
        """Offer the available devices, and try each one that is chosen."""
        wanted, on_ = calls.state.device(way), way == "input" or calls.state.speaker
        snapshot = lambda: calls.state.shown  # noqa: E731
        self.show(DeviceDialog(way, wanted, look, calls.use_device, snapshot, on=on_, tone=calls.tone))


class LiveScreen(PaneScreen):
    """A call with the agent. ``session`` is Tune's session whose arms are in the call."""

    TITLE_HERE = "Live"
    COMMANDS_HERE = COMMANDS
    BINDINGS = bindings(*COMMANDS)
    CSS_PATH = [*BENCH_STYLES, _HERE / "live.tcss"]  # noqa: RUF012  (Textual's type)
    AUTO_FOCUS = ""
    PANES: ClassVar[Mapping[str, str]] = {"call": "Call", "fields": "Settings", "log": "Log"}
    HOME = "call"

    heading: var[LiveHeading] = var(LiveHeading())
    call: var[CallState] = var(CallState())
    shown: var[FieldsShown] = var(FieldsShown())
    threshold_db: var[float] = var(0.0)

    class DraftChanged(Message):
        """The draft was changed here and should be stored."""

    class Left(Message):
        """Live is no longer visible. Other screens should show its changes."""

    class Recorded(Message):
        """There may be a new recording."""

    def __init__(
        self, session: TuneSession, open_call: OpenCall = open_session, look: LookForDevices = devices_there
    ) -> None:
        super().__init__()
        host, ask = ScreenHost(self), LiveDialogs(self)
        self.drafts = DraftController(
            host,
            session,
            ask,
            label=lambda: client.label if (client := getattr(self.app, "client", None)) else "",
            changed=self._draft_changed,
            go_to=lambda name: self.fields.focus_field(name),
        )
        self.calls = CallController(
            host,
            open_call,
            lambda: self.session,
            publish=lambda state: setattr(self, "call", state),
            tell=self._take_in,
            recorded=lambda: self.post_message(self.Recorded()),
            read_only=lambda: bool(getattr(self.app, "read_only", False)),
        )
        self.devices = DevicesController(
            host,
            self.calls,
            ask,
            look=look,
            threshold_db=lambda: self.session.profile.values.echo_threshold_db.value,
        )
        self.set_reactive(LiveScreen.call, self.calls.state)

    def compose(self) -> ComposeResult:
        """Lay out all panes. The style sheet selects the visible ones."""
        self.take_room()
        yield LiveHeader(id="live-header").data_bind(LiveScreen.heading)
        yield Static(id="recording-sign", markup=False)
        yield Static(id="trouble", markup=False)
        yield PaneTabs(self.PANES, id="live-tabs")
        with Vertical(id="live-body"):
            with Horizontal(id="live-top"):
                yield CallPane(id="call-pane").data_bind(LiveScreen.call, LiveScreen.threshold_db)
                with Vertical(id="fields-pane", classes="pane"):
                    yield Static(id="fields-title", classes="pane-title", markup=False)
                    yield FieldPanel(self.session.states(), id="fields").data_bind(LiveScreen.shown)
            yield LiveTimeline(id="live-timeline")
            yield Static(id="live-legend", markup=False)
            yield LogPane(id="log-pane")
        yield StatusLine()
        yield KeyLine()

    def on_mount(self) -> None:
        """Show the present state."""
        self.fit()
        self._show_fields()
        self._show_signs()

    async def on_unmount(self) -> None:
        """Close the devices when the program ends, and release the draft."""
        self.drafts.close()
        await self.calls.close()

    def on_screen_resume(self) -> None:
        """Open the microphone, unless the user closed it, and offer a stored draft."""
        self.drafts.offer_kept()
        self.calls.come_into_view()

    def on_screen_suspend(self) -> None:
        """Close the microphone when Live is left. A dialog over it does not count."""
        if self.app.screen_stack[0] is not self:
            self.calls.end()
            self.post_message(self.Left())

    # ---- the parts

    fields = Part(FieldPanel)
    log_pane = Part(LogPane)
    call_pane = Part(CallPane)
    drawing = Part(LiveTimeline)

    def resized(self) -> None:
        """Fit everything to the new size, including the facts."""
        super().resized()
        self.call_pane.show_facts()
        self.call_after_refresh(self._show_legend)

    def focus_pane(self, pane: str) -> None:
        """Focus a pane. The call pane has nothing to focus."""
        if pane == "fields":
            self.fields.focus_field()
        else:
            self.set_focus(self.log_pane.log_lines if pane == "log" else None)

    def jumps(self) -> Iterable[Jump]:
        """Return the settings, which apply from the next frame on."""
        return [Jump(name, "field", partial(self.fields.focus_field, name)) for name in self.session.states()]

    # ---- the session

    @property
    def session(self) -> TuneSession:
        """The session whose arms are in the call."""
        return self.drafts.session

    def sit_down(self, session: TuneSession) -> None:
        """Use the arms of this session."""
        self.drafts.session = session
        if self.is_attached:
            self._show_settings()

    def _draft_changed(self) -> None:
        """Apply and store a change of the draft."""
        self._show_settings()
        # Tune may never have been opened, so no other screen stores it.
        self.drafts.keep()
        self.post_message(self.DraftChanged())

    def _show_settings(self) -> None:
        """Show the present draft, and apply it from the next frame on."""
        self.calls.use_arms()
        self._show_fields()

    def _show_fields(self) -> None:
        self.shown = FieldsShown(self.session.states(), self.session.unknown())
        self.threshold_db = self.session.profile.values.echo_threshold_db.value
        self._show_heading()

    # ---- display

    def watch_call(self, before: CallState, now: CallState) -> None:
        """Show the state of the call above the panes, and which keys are active."""
        if not self.is_mounted:
            return
        self._show_heading()
        self._show_signs()
        self.drawing.look(now.shown, self.session.profile)
        if self.has_class("-tall"):
            self._show_legend()
        keys = [(one.open, one.shown.phase, one.shown.push_to_talk, one.push_to_talk) for one in (before, now)]
        if keys[0] != keys[1]:
            self.refresh_bindings()

    def _show_legend(self) -> None:
        where = self.query_one("#live-legend", Static)
        legend = self.drawing.legend(where.content_size.width)
        if legend != where.content:
            where.update(legend, layout=False)

    def _take_in(self, messages: Sequence[SessionMessage]) -> None:
        self.drawing.add(messages)
        self.log_pane.add(messages)

    def _show_heading(self) -> None:
        session, call, shown, arm = self.session, self.call, self.call.shown, self.calls.arm
        heard = words.heard_words(call.muted, call.push_to_talk, shown.talking)
        now = f"{heard}{_SIGNS.get(shown.phase, '○')} {clock_text(shown.now_ms)}"
        changes = len(session.draft.changes())
        self.heading = LiveHeading(session.title, changes, tuple(session.short_arm_names()), arm, now)
        draft = draft_letter(session)
        title = f"Settings of the draft, arm {draft}"
        if draft != arm:
            letters = ARMS[: len(session.arms)]
            after = letters[(letters.index(arm) + 1) % len(letters)] if arm in letters else ""
            title += f" · you talk to {arm}" + (f" (v: {draft})" if after == draft else "")
        say(self.query_one("#fields-title", Static), title)

    def _show_signs(self) -> None:
        """Show whether the call is recorded, and any problem."""
        trouble, where = words.trouble_words(self.call.shown), self.query_one("#trouble", Static)
        where.display = bool(trouble)
        say(where, trouble, layout=True)
        sign, recording = self.query_one("#recording-sign", Static), self.call.shown.recording
        sign.display = recording is not None
        if recording is not None:
            name, seconds = Path(recording.path).name, clock_text(round(recording.seconds * 1000))
            say(sign, f"● RECORDING {seconds} → {name}, for you alone to read · r ends it")

    # ---- commands

    def reason_against(self, command: Command) -> str:
        """Return why a command is unavailable now."""
        return self.calls.reason_against(command)

    @on(TalkPad.Held)
    def _pad_held(self, message: TalkPad.Held) -> None:
        self.calls.talk(held=message.held)

    @on(FieldControl.Changed)
    def _field_changed(self, message: FieldControl.Changed) -> None:
        self.drafts.set_value(message.name, message.value, message.gesture)

    @on(FieldControl.EntryWanted)
    def _entry_wanted(self, message: FieldControl.EntryWanted) -> None:
        self.drafts.enter(message.name)

    def action_nudge(self, steps: int) -> None:
        """Step the focused field."""
        if self.fields.control is not None:
            self.fields.control.step(steps)

    def action_jump(self, to_high: bool) -> None:
        """Move the field to an end of its range."""
        if self.fields.control is not None:
            self.fields.control.jump(to_high)

    def action_go(self, steps: int) -> None:
        """Move to another field, another line of the log, or through the call on a small screen."""
        if self.focused is self.log_pane.log_lines:
            self.log_pane.log_lines.step(steps)
        elif self.fields.control is not None or not self.has_class("-compact"):
            self.fields.move_focus(steps)
        else:
            self.call_pane.scroll_relative(y=steps, animate=False)

    def action_step_log(self, steps: int) -> None:
        """Move to another event and show why it happened."""
        if self.has_class("-compact") and self.pane != "log":
            self.go_to("log")
        self.log_pane.log_lines.step(steps)


async def mode(app: TurnlabApp, service: Service | None) -> str:
    """Return the app's mode for Live, with the arms last tuned, else with those of a service or a free draft."""
    session = await app.tunes.session(service)
    if app.live is None:
        app.live = screen = LiveScreen(session, app.open_call or open_session)
        app.add_mode("live", lambda: screen)
    app.live.sit_down(session)
    return "live"
