"""The part of the Live screen that knows its panes, all at once where there is room, and its log."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from textual import on
from textual.widgets import Static

from simulator.session.state import SessionMessage
from tui.dialogs.dialog import TextDialog
from tui.live.lines import LogLines, detail_text
from tui.live.live_log import LiveLog
from tui.live.screen_call import OpenCall
from tui.live.screen_devices import DevicesScreen, LookForDevices
from tui.terminal_text import plain
from tui.tune.session import Session
from tui.widgets.field_panel import FieldPanel
from tui.widgets.panes import PaneScreen


class PanesScreen(DevicesScreen, PaneScreen):
    """The call, the settings and the log, of which one has the focus."""

    PANES: ClassVar[Mapping[str, str]] = {"call": "Call", "fields": "Settings", "log": "Log"}
    HOME = "call"

    def __init__(self, open_call: OpenCall, look: LookForDevices, session: Session) -> None:
        super().__init__(open_call, look, session)
        self._teller = LogLines()

    # ---- panes

    def resized(self) -> None:
        """Fit to the size there is now, the figures too."""
        super().resized()
        self.show_call()

    def focus_pane(self, pane: str) -> None:
        """Put the focus into a pane; the call has nothing to focus."""
        if pane == "fields":
            self.query_one(FieldPanel).focus_field()
        elif pane == "log":
            self.set_focus(self.query_one(LiveLog))
        else:
            self.set_focus(None)

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

    def show_told(self, told: Sequence[SessionMessage]) -> None:
        """Add what happened to the log."""
        self._event_log.add_lines([self._teller.line(one) for one in told])
        self._title_log()

    def _title_log(self) -> None:
        newer = self._event_log.newer
        pinned = f"{newer} newer · end follows, here in the log · " if newer else ""
        title = self.query_one("#log-title", Static)
        title.set_class(bool(newer), "-pinned")  # in view then on small screens too
        title.update(f"Log · {pinned}enter says why in full", layout=False)

    def action_step_log(self, steps: int) -> None:
        """Go to another event and read why it happened."""
        if self.has_class("-compact") and self.pane != "log":
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
        self._title_log()
        line = message.line
        latency = f", {line.after_ms:,} ms after the end of speech" if line.after_ms is not None else ""
        text = f"{line.time} {line.what}{latency}: {line.why}"
        self.query_one("#live-why", Static).update(plain(text), layout=False)
        if message.asked:
            self.action_tell_why()
