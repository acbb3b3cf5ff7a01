"""The event log of a live call: a line with an explanation for each event."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from simulator.engine.events import (
    BargeIn,
    EndOfTurn,
    Event,
    FillerStarted,
    MissedResponse,
    ResponseStarted,
    ToolDenied,
    ToolEnded,
    ToolStarted,
    Underrun,
)
from simulator.session.state import Notice, NoticeKind, SessionMessage
from tui.dialogs.dialog import TextDialog
from tui.terminal_text import plain
from tui.widgets.timeline_lanes import clock_text

_AFTER_SPEECH = (EndOfTurn, FillerStarted, ResponseStarted)
"""Events timed from the detected end of the caller's speech."""

_NOTICES: dict[NoticeKind, str] = {
    "call": "new call",
    "gap": "gap",
    "device": "device",
    "setting": "changed",
    "recording": "recording",
    "voice": "voice",
    "fault": "fault",
}
_STANDING_OUT = ("gap", "fault")


@dataclass(frozen=True, slots=True)
class LogLine:
    """One line. ``after_ms`` is the latency from the detected end of speech, if the event has one.

    ``why`` is the explanation in a sentence, ``details`` the numbers behind it. ``kind`` is ``event``, ``mark`` for
    what a caller notices, ``notice``, ``alarm``, or ``heading`` for a new call.
    """

    t_ms: int
    arm: str
    what: str
    about: str
    why: str
    kind: str = "event"
    after_ms: int | None = None
    details: tuple[tuple[str, str], ...] = ()

    @property
    def time(self) -> str:
        """The time on the call's clock."""
        return clock_text(self.t_ms, 100)


_MARKS = (EndOfTurn, FillerStarted, ResponseStarted, BargeIn, MissedResponse, Underrun)


class LogLines:
    """Turns a session's messages into lines, and remembers where each turn's speech ended."""

    def __init__(self) -> None:
        self._speech_end_ms: int | None = None

    def line(self, message: SessionMessage) -> LogLine:
        """Return the line for a message."""
        if isinstance(message, Notice):
            if message.kind == "call":  # its clock restarts at 0
                return LogLine(message.t_ms, "", _NOTICES[message.kind], "", message.text, "heading")
            kind = "alarm" if message.kind in _STANDING_OUT else "notice"
            return LogLine(message.t_ms, "", _NOTICES[message.kind], message.text, message.text, kind)
        event = message.event
        if isinstance(event, EndOfTurn):
            self._speech_end_ms = event.speech_end_ms
        after_ms = None
        unasked = isinstance(event, ResponseStarted) and (event.resumed or event.greeting)
        if isinstance(event, _AFTER_SPEECH) and self._speech_end_ms is not None and not unasked:
            after_ms = event.t_ms - self._speech_end_ms
        return LogLine(
            event.t_ms,
            message.arm,
            event.type.replace("_", " "),
            _about(event),
            event.why.text(),
            "mark" if isinstance(event, _MARKS) else "event",
            after_ms,
            _details(event, after_ms),
        )


def merged(before: LogLine, now: LogLine) -> LogLine | None:
    """Return one line for two successive changes of one setting, as a held key makes them. Else ``None``."""
    if not before.what == now.what == "changed":
        return None
    (old, *rest), (new, *more) = before.about.split(" → "), now.about.split(" → ")
    same = len(rest) == len(more) == 1 and old.split()[0] == new.split()[0] and "," not in before.about + now.about
    text = f"{old} → {more[0]}" if same else ""
    return replace(now, about=text, why=text) if same and ":" not in text else None


def detail_text(line: LogLine) -> str:
    """Return everything about a line."""
    who = f", talking to arm {line.arm}" if line.arm else ""
    rows = [f"{name:<26}{value}" for name, value in line.details]
    return "\n".join((f"at {line.time} of the call{who}", "", _sentence(line.why), *([""] if rows else []), *rows))


def _sentence(text: str) -> str:
    text = text[:1].upper() + text[1:]
    return text if text.endswith(".") else f"{text}."


def _about(event: Event) -> str:
    turn = f"turn {event.turn + 1}" if event.turn >= 0 else ""
    about = ""
    if isinstance(event, FillerStarted | ResponseStarted):
        about = f"“{event.text}”" if event.text else ""
    elif isinstance(event, ToolStarted | ToolEnded | ToolDenied):
        about = event.tool
    return "  ".join(part for part in (turn, about) if part)


def _details(event: Event, after_ms: int | None) -> tuple[tuple[str, str], ...]:
    rows = [("after the end of speech", f"{after_ms:,} ms")] if after_ms is not None else []
    rows += [(name, _shown(value)) for name, value in event.why.numbers.items()]
    if event.why.margin is not None:
        rows.append(("beyond its limit by", _shown(event.why.margin)))
    known = {name for name, _ in rows}
    rows += [
        (name, _shown(value)) for name, value in event.facts().items() if name not in known and value is not None
    ]
    return tuple((name.replace("_", " "), value) for name, value in rows)


def _shown(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.3f}".rstrip("0").rstrip(".")
    if isinstance(value, dict):
        return ", ".join(f"{name} {_shown(one)}" for name, one in value.items())
    if isinstance(value, Sequence) and not isinstance(value, str):
        return ", ".join(map(_shown, value))
    return str(value)


MOST, KEPT = 600, 400
"""At the first number of lines, the oldest are removed down to the second."""

_STYLES = {"event": "$text-muted", "mark": "$foreground", "notice": "$text-secondary", "alarm": "bold $text-error"}


class LiveLog(OptionList):
    """Lines, newest last. A move of the cursor posts :class:`Looked`."""

    class Looked(Message):
        """A line came under the cursor. ``asked``: the user wants its full explanation."""

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
        """The number of lines after the one under the cursor. 0 while the log follows."""
        return 0 if self.highlighted is None else len(self._story) - 1 - self.highlighted

    def add_lines(self, lines: list[LogLine]) -> None:
        """Add lines. The cursor follows if it was at the end, or if a new call begins."""
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
        """Move to another line."""
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
        """Post it."""
        event.stop()
        if event.option_index < len(self._story):
            self.post_message(self.Looked(self._story[event.option_index], asked=False))

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Ask for its full explanation."""
        event.stop()
        self.post_message(self.Looked(self._story[event.option_index], asked=True))


class LogPane(Vertical):
    """The log, below a title about newer lines, and above a line with the explanation."""

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id, classes="pane")
        self._title = Static("Log · enter says why in full", id="log-title", classes="pane-title", markup=False)
        self._why = Static(id="live-why", markup=False)
        self._teller = LogLines()
        self.log_lines = LiveLog(id="log")

    def compose(self) -> ComposeResult:
        """Lay out the title, the log and the explanation."""
        yield self._title
        yield self.log_lines
        yield self._why

    def add(self, messages: Sequence[SessionMessage]) -> None:
        """Add messages."""
        self.log_lines.add_lines([self._teller.line(one) for one in messages])
        self._show_title()

    def _show_title(self) -> None:
        newer = self.log_lines.newer
        pinned = f"{newer} newer · end follows, here in the log · " if newer else ""
        self._title.set_class(bool(newer), "-pinned")  # visible then on small screens too
        self._title.update(f"Log · {pinned}enter says why in full", layout=False)

    def tell_why(self) -> None:
        """Show everything about the event under the cursor."""
        line = self.log_lines.chosen
        if line is None:
            self.screen.notify("Nothing has happened yet.", markup=False)
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
