"""The pane of the log: what happened in the call, and why, until a person goes back in it."""

from __future__ import annotations

from collections.abc import Sequence

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from simulator.session.state import SessionMessage
from tui.dialogs.dialog import TextDialog
from tui.live.lines import LogLine, LogLines, detail_text, merged
from tui.terminal_text import plain

MOST, KEPT = 600, 400
"""From so many lines on the oldest go, down to so many."""

_STYLES = {"event": "$text-muted", "mark": "$foreground", "notice": "$text-secondary", "alarm": "bold $text-error"}


class LiveLog(OptionList):
    """Lines, the newest last. The one under the cursor is told with :class:`Looked`."""

    class Looked(Message):
        """A line came under the cursor; ``asked``: somebody wants to know all about it."""

        def __init__(self, line: LogLine, *, asked: bool) -> None:
            super().__init__()
            self.line = line
            self.asked = asked

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id, compact=True)
        self._story: list[LogLine] = []

    @property
    def chosen(self) -> LogLine | None:
        """The line under the cursor."""
        return None if self.highlighted is None else self._story[self.highlighted]

    @property
    def newer(self) -> int:
        """How many lines came after the one under the cursor; 0 while the log follows."""
        return 0 if self.highlighted is None else len(self._story) - 1 - self.highlighted

    def add_lines(self, lines: list[LogLine]) -> None:
        """Add what happened; the cursor goes along if it was at the end, and from a new call on."""
        if not lines:
            return
        follows = not self.newer or any(line.kind == "heading" for line in lines)
        new: list[LogLine] = []
        for line in lines:
            one = merged(new[-1], line) if new else None
            if one is not None:
                new[-1] = one
            else:
                new.append(line)
        if self._story and (one := merged(self._story[-1], new[0])) is not None:
            self._story[-1] = one
            self.replace_option_prompt_at_index(len(self._story) - 1, _prompt(one))
            if self.highlighted == len(self._story) - 1:
                self.post_message(self.Looked(one, asked=False))
            del new[0]
        self._story += new
        if len(self._story) > MOST:
            self._forget_oldest()
        else:
            self.add_options([Option(_prompt(line)) for line in new])
        if follows:
            self.highlighted = len(self._story) - 1

    def step(self, steps: int) -> None:
        """Go to another line."""
        if self._story:
            at = len(self._story) - 1 if self.highlighted is None else self.highlighted
            self.highlighted = min(max(at + steps, 0), len(self._story) - 1)

    def _forget_oldest(self) -> None:
        at = self.highlighted
        gone = len(self._story) - KEPT
        self._story = self._story[gone:]
        self.clear_options()
        self.add_options([Option(_prompt(line)) for line in self._story])
        self.highlighted = None if at is None else max(at - gone, 0)

    def on_option_list_option_highlighted(self, event: OptionList.OptionHighlighted) -> None:
        """Tell of it."""
        event.stop()
        if event.option_index < len(self._story):
            self.post_message(self.Looked(self._story[event.option_index], asked=False))

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Ask for all about it."""
        event.stop()
        self.post_message(self.Looked(self._story[event.option_index], asked=True))


class LogPane(Vertical):
    """The log under a title that says what is newer, over the line that says why."""

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id, classes="pane")
        self._title = Static("Log · enter says why in full", id="log-title", classes="pane-title", markup=False)
        self._why = Static(id="live-why", markup=False)
        self._teller = LogLines()
        self.log_lines = LiveLog(id="log")

    def compose(self) -> ComposeResult:
        """Lay out the title, the log and the line below it."""
        yield self._title
        yield self.log_lines
        yield self._why

    def add(self, told: Sequence[SessionMessage]) -> None:
        """Add what happened."""
        self.log_lines.add_lines([self._teller.line(one) for one in told])
        self._show_title()

    def _show_title(self) -> None:
        newer = self.log_lines.newer
        pinned = f"{newer} newer · end follows, here in the log · " if newer else ""
        self._title.set_class(bool(newer), "-pinned")  # in view then on small screens too
        self._title.update(f"Log · {pinned}enter says why in full", layout=False)

    def tell_why(self) -> None:
        """Say all about the event under the cursor."""
        line = self.log_lines.chosen
        if line is None:
            self.notify("Nothing has happened yet.", markup=False)
        else:
            self.app.push_screen(TextDialog(f"Why: {line.what}", detail_text(line)))

    @on(LiveLog.Looked)
    def _line_looked_at(self, message: LiveLog.Looked) -> None:
        message.stop()
        self._show_title()
        line = message.line
        latency = f", {line.after_ms:,} ms after the end of speech" if line.after_ms is not None else ""
        self._why.update(plain(f"{line.time} {line.what}{latency}: {line.why}"), layout=False)
        if message.asked:
            self.tell_why()


def _prompt(line: LogLine) -> Content:
    if line.kind == "heading":
        return Content.assemble((f"── {line.what} ", "bold"), ("─" * 60, "$text-muted"))
    after = "" if line.after_ms is None else f"{line.after_ms:,} ms"
    return Content.assemble(
        (f"{line.time:>7} ", "$text-muted"),
        (f"{line.arm:<2}", "bold"),
        (f"{line.what:<20}", _STYLES[line.kind]),
        (f"{after:>9}  ", "bold"),
        (plain(line.about), "" if line.kind == "alarm" else "$text-muted"),
    )
