"""Tune: drag a slider and see at once what a caller would hear, in two arms side by side."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.message import Message
from textual.widgets import Static

from services.client import ServicesClient
from services.model import Service
from simulator.channel import NEEDS_CALLER
from simulator.engine.profile import EngineProfile
from tui.commands import bindings
from tui.terminal_text import plain
from tui.tune.arm_header import ArmHeader
from tui.tune.commands import COMMANDS, QUIT_WITH_CARE
from tui.tune.readout_table import ReadoutTable
from tui.tune.recording_list import RecordingList
from tui.tune.screen_export import ExportScreen
from tui.tune.screen_labels import LabelsScreen
from tui.tune.screen_panes import PanesScreen
from tui.tune.screen_play import PlayScreen
from tui.tune.session import Session
from tui.tune.symptoms import Offer
from tui.tune.trial import Outcome
from tui.widgets.field_heading import FieldHeading
from tui.widgets.field_panel import FieldPanel
from tui.widgets.key_line import KeyLine
from tui.widgets.panes import PaneTabs
from tui.widgets.status_line import StatusLine
from tui.widgets.timeline import Timeline
from tui.widgets.timeline_lanes import clock_text

if TYPE_CHECKING:
    from tui.app import TurnlabApp

_HERE = Path(__file__).parent


class TuneScreen(ExportScreen, LabelsScreen, PlayScreen, PanesScreen):
    """A service's voice configuration as a draft, beside what it is compared with."""

    TITLE_HERE = "Tune"
    COMMANDS_HERE = COMMANDS
    BINDINGS = bindings(*COMMANDS, QUIT_WITH_CARE)
    CSS_PATH = [_HERE.parent / "widgets" / "bench.tcss", _HERE / "tune.tcss"]  # noqa: RUF012  (Textual's type)
    AUTO_FOCUS = ""

    class ServiceSaved(Message):
        """The draft was saved; ``service`` is as the platform holds it now."""

        def __init__(self, service: Service) -> None:
            super().__init__()
            self.service = service

    def __init__(
        self,
        client: ServicesClient | None,
        service: Service | None,
        *,
        recordings: Path | None = None,
        profile: EngineProfile | None = None,
    ) -> None:
        super().__init__(client, Session(service, profile), recordings)

    def compose(self) -> ComposeResult:
        """Lay out all panes; the style sheet decides which are in view."""
        self.take_room()
        yield ArmHeader(id="tune-header")
        yield PaneTabs(self.PANES, id="tune-tabs")
        with Vertical(id="tune-body"):
            with Horizontal(id="tune-top"):
                with Vertical(id="recordings-pane", classes="pane"):
                    yield Static("Recordings", classes="pane-title", markup=False)
                    yield RecordingList(id="recordings")
                with Vertical(id="fields-pane", classes="pane"):
                    yield FieldHeading()
                    yield FieldPanel(self.session.states(), id="fields")
            with Vertical(id="timeline-pane", classes="pane"):
                yield Static("Timeline", id="timeline-title", classes="pane-title", markup=False)
                yield Timeline(id="timeline")
                yield Static(id="why", markup=False)
            with Vertical(id="readouts-pane", classes="pane"):
                yield ReadoutTable(id="readouts")
        yield StatusLine()
        yield KeyLine()

    def on_mount(self) -> None:
        """Start looking for recordings and for what the workspace sets."""
        self.fit()
        self.show_settings()
        self.query_one(FieldPanel).focus_field()
        self.look_for_recordings()
        self.ask_workspace()
        self.look_for_kept_draft()
        self.tell_where_it_is_kept()

    # ---- the draft

    def show_settings(self) -> None:
        """Show the draft and the arms as they are now, and have them tried."""
        session = self.session
        changes = session.draft.changes()
        kept_here = bool(self.why_kept_here)
        self.query_one(ArmHeader).show(session.title, len(changes), session.arm_names(), kept_here=kept_here)
        self.query_one(FieldPanel).show(session.states(), session.unknown())
        self.keep_draft()
        self.try_out()

    def tell_saved(self, service: Service) -> None:
        """Let the rest of the app know."""
        self.post_message(self.ServiceSaved(service))

    # ---- one focused thing

    @property
    def _timeline(self) -> Timeline:
        return self.query_one(Timeline)

    def action_nudge(self, steps: int) -> None:
        """Step the field in focus, or go through the timeline."""
        if self.control is not None:
            self.control.step(steps)
        elif self.focused is self._timeline:
            self._timeline.step_event(steps) if abs(steps) == 1 else self._timeline.pan(steps / 10)

    def action_jump(self, to_high: bool) -> None:
        """Go to an end."""
        if self.control is not None:
            self.control.jump(to_high)
        elif self.focused is self._timeline:
            self._timeline.pan(1e9 if to_high else -1e9)

    def action_go_down(self) -> None:
        """Go to the next field, or to the next arm."""
        self._go(1)

    def action_go_up(self) -> None:
        """Go to the field above, or to the arm above."""
        self._go(-1)

    async def action_confirm_field(self) -> None:
        """Type a value, or take the next one; play or pause in the timeline."""
        if self.focused is self._timeline:
            self.action_play()
        else:
            await super().action_confirm_field()

    def _go(self, steps: int) -> None:
        if self.focused is self._timeline:
            self._timeline.step_arm(steps)
        else:
            self.query_one(FieldPanel).move_focus(steps)

    # ---- recordings, timeline, readouts

    @on(RecordingList.Chosen)
    def _recording_chosen(self, message: RecordingList.Chosen) -> None:
        self.show_recording(message.key)

    def action_toggle_all(self) -> None:
        """Compare over all recordings, or over the shown one."""
        if self._found and self.session.shown:
            self.show_recording(self.session.shown if self.session.over_all else "")

    def action_zoom(self, steps: int) -> None:
        """Look closer or further."""
        self._timeline.zoom(steps)

    def action_pan(self, share: float) -> None:
        """Look earlier or later."""
        self._timeline.pan(share)

    def action_step_event(self, steps: int) -> None:
        """Go to another event."""
        self._timeline.step_event(steps)

    def action_switch_glyphs(self) -> None:
        """Draw with other characters."""
        self._timeline.fine_glyphs = not self._timeline.fine_glyphs

    def show_outcome(self, outcome: Outcome) -> None:
        """Draw what came of a trial, and show its figures."""
        self.draw(outcome)
        self.show_figures()
        self.let_be_heard(outcome)

    @property
    def arm_names(self) -> list[str]:
        """What people call the arms, in order."""
        return self.session.short_arm_names()

    def show_figures(self) -> None:
        """Show the figures of the outcome anew."""
        if self.outcome is not None and self.outcome.readouts is not None:
            self.query_one(ReadoutTable).show(self.outcome.readouts.only(self.rows), self.arm_names)

    def take_offer(self, offer: Offer) -> None:
        """Set a field of the draft as the symptom guide offers."""
        self.changed(self.session.draft.set_value(offer.name, offer.value))

    def draw(self, outcome: Outcome) -> None:
        """Draw the timeline of a trial."""
        scene = outcome.scene
        self._timeline.show(scene)
        clock = "clock of A; ┈ the quicker arm waits, so that both meet the caller's next words together"
        title = f"Timeline of {scene.name}"
        if (mixed := outcome.runs[0].mixed) is not None:
            title += f" · {mixed}; {NEEDS_CALLER}, so it is left out"
        self.title_timeline(f"{title} · {clock}" if scene.aligned else title)

    @on(Timeline.Chosen)
    def _tell_why(self, message: Timeline.Chosen) -> None:
        text = f"{self._timeline.glyphs.legend()}  , . say why" if self._timeline.scene else ""
        if message.mark is not None:
            event = message.mark.event
            when = clock_text(event.t_ms, 100)
            text = f"{message.arm} {when} {event.type.replace('_', ' ')}, turn {event.turn + 1}: {event.why.text()}"
        self.query_one("#why", Static).update(plain(text), layout=False)


async def mode(app: TurnlabApp, service: Service | None) -> str:
    """Return the app's mode of a service's Tune screen; without a service, of the last one or a free draft's."""
    return await app.tunes.take(service)
