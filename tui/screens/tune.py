"""Tune: drag a slider and see at once what a caller would hear, in two arms side by side."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from textual import events, on, work
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Footer, Static

from presets.library import builtin_presets, preset
from services.client import ServicesClient
from services.model import Service
from simulator.engine.profile import EngineProfile
from tui.commands import bindings
from tui.commands.tune import HERE, QuitWithCare
from tui.screens.dialogs import PickOne
from tui.screens.tune_platform import PlatformScreen
from tui.terminal_text import plain
from tui.tuning.session import Session
from tui.tuning.trial import Outcome
from tui.widgets.arm_header import ArmHeader
from tui.widgets.field_editor_control import FieldControl
from tui.widgets.field_panel import FieldPanel
from tui.widgets.pane_tabs import PaneTabs
from tui.widgets.readout_table import ReadoutTable
from tui.widgets.recording_list import RecordingList
from tui.widgets.status_line import StatusLine
from tui.widgets.timeline import Timeline
from tui.widgets.timeline_lanes import clock_text

PANES = {"recordings": "Recordings", "fields": "Fields", "timeline": "Timeline", "readouts": "Readouts"}
ROOMY = (100, 32)
"""From this size on all panes are shown at once; below it one of them at a time, as tabs."""


class TuneScreen(PlatformScreen):
    """A service's voice configuration as a draft, beside what it is compared with. ``service=None``: a free draft."""

    TITLE_HERE = "Tune"
    COMMANDS_HERE = HERE
    BINDINGS = bindings(*HERE, QuitWithCare)
    CSS_PATH = "../styles/tune.tcss"
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
        self._pane = "fields"

    def compose(self) -> ComposeResult:
        """Lay out all panes; the style sheet decides which are in view."""
        yield ArmHeader(id="tune-header")
        yield PaneTabs(PANES, id="tune-tabs")
        with Vertical(id="tune-body"):
            with Horizontal(id="tune-top"):
                with Vertical(id="recordings-pane", classes="pane"):
                    yield Static("Recordings", classes="pane-title", markup=False)
                    yield RecordingList(id="recordings")
                with Vertical(id="fields-pane", classes="pane"):
                    yield Static(id="fields-title", classes="pane-title", markup=False)
                    yield FieldPanel(self.session.states(), id="fields")
            with Vertical(id="timeline-pane", classes="pane"):
                yield Static("Timeline", id="timeline-title", classes="pane-title", markup=False)
                yield Timeline(id="timeline")
                yield Static(id="why", markup=False)
            with Vertical(id="readouts-pane", classes="pane"):
                yield ReadoutTable(id="readouts")
        yield StatusLine()
        yield Footer(show_command_palette=False)

    def on_mount(self) -> None:
        """Start looking for recordings and for what the workspace sets."""
        self._fit()
        self.show_settings()
        self.query_one(FieldPanel).focus_field()
        self.look_for_recordings()
        self.ask_workspace()

    # ---- panes

    def on_resize(self, event: events.Resize) -> None:
        """Show all panes at once where there is room."""
        self._fit()

    def _fit(self) -> None:
        width, height = self.size
        self.set_class(width < ROOMY[0] or height < ROOMY[1], "-compact")
        self.set_class(height >= 48, "-tall")
        for pane in PANES:
            self.set_class(pane == self._pane, f"-pane-{pane}")
        self.query_one(PaneTabs).show(self._pane)

    def go_to(self, pane: str) -> None:
        """Bring a pane into view and put the focus there."""
        self._pane = pane
        self._fit()
        targets: dict[str, type[Widget]] = {"timeline": Timeline, "readouts": ReadoutTable}
        if pane == "fields":
            self.query_one(FieldPanel).focus_field()
        elif pane == "recordings":
            self.query_one(RecordingList).focus()
        else:
            self.query_one(targets[pane]).focus()

    @on(PaneTabs.Chosen)
    def _tab_clicked(self, message: PaneTabs.Chosen) -> None:
        self.go_to(message.pane)

    @on(events.DescendantFocus)
    def _follow_focus(self, event: events.DescendantFocus) -> None:
        # A click focuses without going through go_to; tab must then go on from there.
        above = {widget.id for widget in event.widget.ancestors_with_self}
        self._pane = next((pane for pane in PANES if f"{pane}-pane" in above), self._pane)

    def action_turn_pane(self, steps: int) -> None:
        """Go to the next pane."""
        names = list(PANES)
        self.go_to(names[(names.index(self._pane) + steps) % len(names)])

    def action_step_back(self) -> None:
        """Go back to the fields."""
        self.go_to("fields")

    # ---- the draft

    def show_settings(self) -> None:
        """Show the draft and the arms as they are now, and have them tried."""
        session = self.session
        changes = session.draft.changes()
        arm_a = "draft" if changes else session.stored_name
        self.query_one(ArmHeader).show(session.title, len(changes), arm_a, session.rival.name)
        self.query_one(FieldPanel).show(session.states(), session.silent())
        self.try_out()

    def _changed(self, changed: bool, otherwise: str = "") -> None:
        if changed:
            self.session.revision += 1
            self.show_settings()
        elif otherwise:
            self.notify(otherwise, markup=False)

    @on(FieldControl.Changed)
    def _field_changed(self, message: FieldControl.Changed) -> None:
        message.stop()
        self._changed(self.session.draft.set_value(message.name, message.value, message.gesture))

    def action_undo(self) -> None:
        """Take the last change back."""
        self._changed(self.session.draft.undo(), "Nothing to undo.")

    def action_redo(self) -> None:
        """Do it again."""
        self._changed(self.session.draft.redo(), "Nothing to redo.")

    def action_reset_draft(self) -> None:
        """Put everything back to what is stored."""
        self._changed(self.session.draft.reset(), "The draft is what is stored already.")

    @work
    async def action_apply_preset(self) -> None:
        """Ask for a preset and set its fields."""
        choices = [(found.name, found.description) for found in builtin_presets().values()]
        name = await self.app.push_screen_wait(PickOne("Apply which preset to the draft?", choices))
        if name is not None:
            self._changed(self.session.draft.apply(preset(name).config), f"The draft has all of {name} already.")

    @work
    async def action_choose_rival(self) -> None:
        """Ask what to compare with."""
        choices = [(rival.name, rival.description) for rival in self.session.rivals().values()]
        current = self.session.rival.name
        name = await self.app.push_screen_wait(PickOne("Compare the draft (arm A) with…", choices, current))
        if name is not None and name != current:
            self.session.choose_rival(name)
            self.show_settings()

    def tell_saved(self, service: Service) -> None:
        """Let the rest of the app know."""
        self.post_message(self.ServiceSaved(service))

    # ---- one focused thing

    @property
    def _control(self) -> FieldControl | None:
        return self.focused if isinstance(self.focused, FieldControl) else None

    @property
    def _timeline(self) -> Timeline:
        return self.query_one(Timeline)

    def action_nudge(self, steps: int) -> None:
        """Step the field in focus, or go through the timeline."""
        if self._control is not None:
            self._control.step(steps)
        elif self.focused is self._timeline:
            self._timeline.step_event(steps) if abs(steps) == 1 else self._timeline.pan(steps / 10)

    def action_jump(self, to_high: bool) -> None:
        """Go to an end."""
        if self._control is not None:
            self._control.jump(to_high)
        elif self.focused is self._timeline:
            self._timeline.pan(1e9 if to_high else -1e9)

    def action_confirm_field(self) -> None:
        """Type a value, or take the next one."""
        if self._control is not None:
            self._control.confirm()

    def action_inherit_field(self) -> None:
        """Put the field back to inherit."""
        if self._control is not None:
            self._control.inherit()

    def action_go_down(self) -> None:
        """Go to the next field, or to arm B."""
        self._go(1, "B")

    def action_go_up(self) -> None:
        """Go to the field above, or to arm A."""
        self._go(-1, "A")

    def _go(self, steps: int, arm: str) -> None:
        if self.focused is self._timeline:
            self._timeline.choose_arm(arm)
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
        """Draw what came of a trial."""
        scene = outcome.scene
        arm_a = "draft" if self.unsaved else "stored"
        self._timeline.show(scene)
        self.query_one(ReadoutTable).show(outcome.readouts, arm_a, self.session.rival.name)
        clock = "clock of A; ┈ the quicker arm waits, so that both meet the caller's next words together"
        title = f"Timeline of {scene.name}"
        self.query_one("#timeline-title", Static).update(plain(f"{title} · {clock}" if scene.aligned else title))

    @on(Timeline.Chosen)
    def _tell_why(self, message: Timeline.Chosen) -> None:
        text = ", and . go through what happened, and say why"
        if message.mark is not None:
            event = message.mark.event
            when = clock_text(event.t_ms, 100)
            text = f"{message.arm} {when} {event.type.replace('_', ' ')}, turn {event.turn + 1}: {event.why.text()}"
        self.query_one("#why", Static).update(plain(text))
