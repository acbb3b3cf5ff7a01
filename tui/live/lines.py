"""The event log of a live call: each thing that happened as a line, with its explanation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

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
from tui.widgets.timeline_lanes import clock_text

_AFTER_SPEECH = (EndOfTurn, FillerStarted, ResponseStarted)
"""What is timed from the detected end of the caller's speech."""

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
    """One line. ``after_ms`` is the latency from the detected end of speech, where the event has one.

    ``why`` is the explanation in a sentence, ``details`` the numbers behind it. ``kind`` is ``event``, ``mark`` for
    what a caller hears or notices, ``notice``, ``alarm``, or ``heading``: a new call.
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
        """When, on the call's clock."""
        return clock_text(self.t_ms, 100)


_MARKS = (EndOfTurn, FillerStarted, ResponseStarted, BargeIn, MissedResponse, Underrun)


class LogLines:
    """Turns what a session tells into lines, remembering where each turn's speech ended."""

    def __init__(self) -> None:
        self._speech_end_ms: int | None = None

    def line(self, told: SessionMessage) -> LogLine:
        """Return the line for something that happened."""
        if isinstance(told, Notice):
            if told.kind == "call":  # its clock goes back to 0
                return LogLine(told.t_ms, "", _NOTICES[told.kind], "", told.text, "heading")
            kind = "alarm" if told.kind in _STANDING_OUT else "notice"
            return LogLine(told.t_ms, "", _NOTICES[told.kind], told.text, told.text, kind)
        event = told.event
        if isinstance(event, EndOfTurn):
            self._speech_end_ms = event.speech_end_ms
        after_ms = None
        resumed = isinstance(event, ResponseStarted) and event.resumed
        if isinstance(event, _AFTER_SPEECH) and self._speech_end_ms is not None and not resumed:
            after_ms = event.t_ms - self._speech_end_ms
        return LogLine(
            event.t_ms,
            told.arm,
            event.type.replace("_", " "),
            _about(event),
            event.why.text(),
            "mark" if isinstance(event, _MARKS) else "event",
            after_ms,
            _details(event, after_ms),
        )


def merged(before: LogLine, now: LogLine) -> LogLine | None:
    """Return one line for two changes of the same setting in a row, as a held key makes them; else ``None``."""
    if not before.what == now.what == "changed":
        return None
    (old, *rest), (new, *more) = before.about.split(" → "), now.about.split(" → ")
    same = len(rest) == len(more) == 1 and old.split()[0] == new.split()[0] and "," not in before.about + now.about
    text = f"{old} → {more[0]}" if same else ""
    return replace(now, about=text, why=text) if same and ":" not in text else None


def detail_text(line: LogLine) -> str:
    """Return everything there is to say about a line."""
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
