"""The part of the Live screen that knows its panes, all at once where there is room, and its log."""

from __future__ import annotations

from collections.abc import Sequence

from textual import events, on
from textual.widgets import Static

from simulator.session.state import Told
from tui.live.lines import LogLines, detail_text
from tui.screens.dialog import TextDialog
from tui.screens.live_call import OpenCall
from tui.screens.live_devices import DevicesScreen, LookForDevices
from tui.terminal_text import plain
from tui.tuning.session import Session
from tui.widgets.field_panel import FieldPanel
from tui.widgets.live_log import LiveLog
from tui.widgets.pane_tabs import PaneTabs

PANES = {"call": "Call", "fields": "Settings", "log": "Log"}
ROOMY = (100, 32)
"""From this size on all panes are shown at once; below it one of them at a time, as tabs."""


class PanesScreen(DevicesScreen):
    """The call, the settings and the log, of which one has the focus."""

    _pane = "call"

    def __init__(self, open_call: OpenCall, look: LookForDevices, session: Session) -> None:
        super().__init__(open_call, look, session)
        self._teller = LogLines()

    # ---- panes

    def on_resize(self) -> None:
        """Show all panes at once where there is room."""
        self.fit()
        self.show_call()

    def fit(self) -> None:
        """Tell the style sheet how much room there is, and which pane is in view."""
        if self.take_room():
            self.update_node_styles()
        self.query_one(PaneTabs).show(self._pane)

    def take_room(self) -> bool:
        """Set the classes for the room there is; return whether any changed. What is shown is not updated."""
        width, height = self.app.size
        before = self.classes
        self.set_class(width < ROOMY[0] or height < ROOMY[1], "-compact", update=False)
        self.set_class(height >= 48, "-tall", update=False)
        for pane in PANES:
            self.set_class(pane == self._pane, f"-pane-{pane}", update=False)
        return self.classes != before

    def go_to(self, pane: str) -> None:
        """Bring a pane into view and put the focus there; the call has nothing to focus."""
        self._pane = pane
        self.fit()
        if pane == "fields":
            self.query_one(FieldPanel).focus_field()
        elif pane == "log":
            self.query_one(LiveLog).focus()
        else:
            self.set_focus(None)

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
        """Go back to the call."""
        self.go_to("call")

    # ---- one focused thing

    def action_nudge(self, steps: int) -> None:
        """Step the field in focus."""
        if self.control is not None:
            self.control.step(steps)

    def action_jump(self, to_high: bool) -> None:
        """Go to an end."""
        if self.control is not None:
            self.control.jump(to_high)

    def action_go_down(self) -> None:
        """Go to the next field, or the next line of the log."""
        self._go(1)

    def action_go_up(self) -> None:
        """Go to the field above, or the line before."""
        self._go(-1)

    def _go(self, steps: int) -> None:
        if self.focused is self._event_log:
            self._event_log.step(steps)
        elif self.control is not None or not self.has_class("-compact"):
            self.query_one(FieldPanel).move_focus(steps)
        else:
            self.query_one("#call-pane").scroll_relative(y=steps, animate=False)

    # ---- the log

    @property
    def _event_log(self) -> LiveLog:
        return self.query_one(LiveLog)

    def show_told(self, told: Sequence[Told]) -> None:
        """Add what happened to the log."""
        self._event_log.add_lines([self._teller.line(one) for one in told])

    def action_step_log(self, steps: int) -> None:
        """Go to another event and read why it happened."""
        if self.has_class("-compact") and self._pane != "log":
            self.go_to("log")
        self._event_log.step(steps)

    def action_tell_why(self) -> None:
        """Say all about the event under the cursor."""
        line = self._event_log.chosen
        if line is None:
            self.notify("Nothing has happened yet.", markup=False)
        else:
            self.app.push_screen(TextDialog(f"Why: {line.what}", detail_text(line)))

    @on(LiveLog.Looked)
    def _line_looked_at(self, message: LiveLog.Looked) -> None:
        line = message.line
        latency = f", {line.after_ms:,} ms after the end of speech" if line.after_ms is not None else ""
        text = f"{line.time} {line.what}{latency}: {line.why}"
        self.query_one("#live-why", Static).update(plain(text), layout=False)
        if message.asked:
            self.action_tell_why()
