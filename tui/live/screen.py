"""Live: talk to the simulated agent through the microphone, and change its settings while talking."""

from __future__ import annotations

from pathlib import Path
from textwrap import wrap
from typing import TYPE_CHECKING

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Static

from simulator.measures.readout_table import BY_NAME
from simulator.session import devices_there, open_session
from tui.commands import bindings
from tui.live import words
from tui.live.arms import draft_letter
from tui.live.commands import COMMANDS
from tui.live.gauge import Gauge
from tui.live.latency_figures import LatencyFigures
from tui.live.level_meter import LevelMeter
from tui.live.live_header import LiveHeader
from tui.live.live_log import LiveLog
from tui.live.screen_call import OpenCall
from tui.live.screen_devices import LookForDevices
from tui.live.screen_panes import PanesScreen
from tui.live.talk_pad import TalkPad
from tui.terminal_text import cut, plain
from tui.tune.scene import ARMS
from tui.tune.session import Session
from tui.widgets.field_panel import FieldPanel, FieldsShown
from tui.widgets.key_line import KeyLine
from tui.widgets.panes import PaneTabs
from tui.widgets.status_line import StatusLine
from tui.widgets.timeline_lanes import clock_text

if TYPE_CHECKING:
    from services.model import Service
    from tui.app import TurnlabApp

_HERE = Path(__file__).parent
_FIELDS = {"eot_delay_ms": "end_of_turn_ms", "first_sound_ms": "first_sound_ms", "response_ms": "response_ms"}
FIGURES = {f"{BY_NAME[readout].short}, ms": field for readout, field in _FIELDS.items()}
"""The big figures by their names, each a latency of every turn, from the detected end of speech."""

_SIGNS = {"running": "●", "paused": "‖"}


class LiveScreen(PanesScreen):
    """A call with the agent; ``session`` is the sitting at Tune's bench whose arms are talked to."""

    TITLE_HERE = "Live"
    COMMANDS_HERE = COMMANDS
    BINDINGS = bindings(*COMMANDS)
    CSS_PATH = [_HERE.parent / "widgets" / "bench.tcss", _HERE / "live.tcss"]  # noqa: RUF012  (Textual's type)
    AUTO_FOCUS = ""

    def __init__(
        self, session: Session, open_call: OpenCall = open_session, look: LookForDevices = devices_there
    ) -> None:
        super().__init__(open_call, look, session)

    def compose(self) -> ComposeResult:
        """Lay out all panes; the style sheet decides which are in view."""
        self.take_room()
        yield LiveHeader(id="live-header")
        yield Static(id="recording-sign", markup=False)
        yield Static(id="trouble", markup=False)
        yield PaneTabs(self.PANES, id="live-tabs")
        with Vertical(id="live-body"):
            with Horizontal(id="live-top"):
                with VerticalScroll(id="call-pane", classes="pane", can_focus=False):
                    yield Static("Call", classes="pane-title", markup=False)
                    yield LevelMeter(id="level")
                    yield TalkPad(id="talk-pad")
                    yield Static(id="state", markup=False)
                    yield Gauge("voice", id="voice")
                    yield Gauge("turn is over", id="turn")
                    yield Static(id="agent", markup=False)
                    yield LatencyFigures(tuple(FIGURES), id="latencies")
                    yield Static(id="facts", markup=False)
                with Vertical(id="fields-pane", classes="pane"):
                    yield Static(id="fields-title", classes="pane-title", markup=False)
                    yield FieldPanel(self.session.states(), id="fields")
            with Vertical(id="log-pane", classes="pane"):
                yield Static("Log · enter says why in full", id="log-title", classes="pane-title", markup=False)
                yield LiveLog(id="log")
                yield Static(id="live-why", markup=False)
        yield StatusLine()
        yield KeyLine()

    def on_mount(self) -> None:
        """Show how things stand."""
        self.fit()
        self.show_fields()
        self.show_call()

    # ---- the draft and the arms

    def show_fields(self) -> None:
        """Show the draft and the arms."""
        self.query_one(FieldPanel).shown = FieldsShown(self.session.states(), self.session.unknown())
        self._show_header()

    @property
    def _arm(self) -> str:
        """The letter of the arm that is talked to."""
        if self._call is not None and self.shown.arm:
            return self.shown.arm
        letters = ARMS[: len(self.session.arms)]
        return self.wishes.arm if self.wishes.arm in letters else letters[0]

    def _show_header(self) -> None:
        session, shown = self.session, self.shown
        heard = words.heard_words(self.wishes.muted, self.wishes.push_to_talk, shown.talking)
        now = f"{heard}{_SIGNS.get(shown.phase, '○')} {clock_text(shown.now_ms)}"
        changes = len(session.draft.changes())
        self.query_one(LiveHeader).show(session.title, changes, session.short_arm_names(), self._arm, now)
        draft = draft_letter(session)
        title = f"Settings of the draft, arm {draft}"
        if draft != self._arm:
            letters = ARMS[: len(session.arms)]
            after = letters[(letters.index(self._arm) + 1) % len(letters)] if self._arm in letters else ""
            title += f" · you talk to {self._arm}" + (f" (v: {draft})" if after == draft else "")
        self._say("#fields-title", title)

    # ---- the call

    def show_call(self) -> None:
        """Show how the call stands."""
        shown = self.shown
        self._show_header()
        self._show_recording()
        trouble = words.trouble_words(shown)
        self.query_one("#trouble", Static).display = bool(trouble)
        self._say("#trouble", trouble)
        self.query_one(LevelMeter).level = shown.level if shown.input else None
        pad = self.query_one(TalkPad)
        pad.display = self.wishes.push_to_talk
        pad.show(open_=shown.talking)
        self._say("#state", words.state_words(shown))
        self.query_one("#voice", Gauge).reading = words.voice_reading(shown)
        self.query_one("#turn", Gauge).reading = words.turn_reading(shown)
        self._say("#agent", f"agent         {words.agent_words(shown)}")
        figures = self.query_one(LatencyFigures)
        for name, field in FIGURES.items():
            figures.show(name, [getattr(turn, field) for turn in shown.latencies])
        self._say("#facts", self._facts())

    def _show_recording(self) -> None:
        sign, recording = self.query_one("#recording-sign", Static), self.shown.recording
        sign.display = recording is not None
        if recording is not None:
            where = Path(recording.path).name
            seconds = clock_text(round(recording.seconds * 1000))
            self._say("#recording-sign", f"● RECORDING {seconds} → {where}, for you alone to read · r ends it")

    def _facts(self) -> Content:
        shown = self.shown
        threshold_db = self.session.profile.values.echo_threshold_db.value
        rows = {
            "devices add": words.added_words(shown),
            "echo guard": words.guard_words(shown.echo_guard, threshold_db),
            "lost": words.lost_words(shown.counters, shown.behind_ms),
            "microphone": words.device_words(shown.input),
            "speaker": words.device_words(shown.output, wanted=self.wishes.speaker),
            "agent's voice": words.voice_words(shown),
        }
        width = self.query_one("#facts").size.width or self.app.size.width - 2  # none while another pane is in view
        room = max(width - 14, 20)
        # A device's long name is cut; what was lost and what guards against echo never are.
        whole = ("lost", "echo guard")
        below = "\n" + " " * 14
        said = {
            name: below.join(wrap(plain(text), room)) if name in whole else cut(plain(text), room)
            for name, text in rows.items()
        }
        lines = (Content.assemble((f"{name:<14}", "$text-muted"), text) for name, text in said.items() if text)
        return Content("\n").join(lines)

    def _say(self, where: str, what: str | Content) -> None:
        """Show a text where it is not shown already."""
        place = self.query_one(where, Static)
        text = plain(what) if isinstance(what, str) else what
        if place.content != text:
            place.update(text, layout=where in ("#trouble", "#facts", "#agent"))

    @on(TalkPad.Held)
    def _pad_held(self, message: TalkPad.Held) -> None:
        self.talk(held=message.held)

    async def action_confirm_field(self) -> None:
        """Type a value, or take the next one; in the log its own key is taken before."""
        if self.control is not None:
            await super().action_confirm_field()


async def mode(app: TurnlabApp, service: Service | None) -> str:  # noqa: ARG001  (Live is about what was last tuned)
    """Return the app's mode of Live, with the arms of what was last tuned, else with Tune's free draft."""
    session = await app.tunes.session()
    if app.live is None:
        app.live = screen = LiveScreen(session, app.open_call or open_session)
        app.add_mode("live", lambda: screen)
    app.live.sit_down(session)
    return "live"
