"""The microphone's level, large: how loud it is, the highest of late, and whether it clips."""

from __future__ import annotations

from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual.reactive import reactive
from textual.strip import Strip
from textual.widget import Widget

from base.samples import QUIETEST_DB
from simulator.session.state import Level
from tui.widgets.timeline_line import Line

FLOOR_DB = -60.0
"""Where the scale begins; a quiet room is about there."""
TICKS_DB = (-60, -48, -36, -24, -12, -6, 0)
LOUD_DB = -6.0
"""From here on speech is about to clip: its peaks vary by more than that."""
HOLD_LEVELS = 22
"""The highest peak stays marked for so many levels: a second and a half of the screen's looks."""
_TEXT = 15


class LevelMeter(Widget):
    """Bars over all lines but the last, which is the scale; the figures are at the right. Set :attr:`level`."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "level-meter--bar",
        "level-meter--loud",
        "level-meter--peak",
        "level-meter--rest",
        "level-meter--scale",
        "level-meter--text",
        "level-meter--clipping",
    }
    DEFAULT_CSS = """
    LevelMeter {
        height: 3;
        .level-meter--bar { color: $success; }
        .level-meter--loud { color: $warning; }
        .level-meter--peak { color: $foreground; }
        .level-meter--rest { color: $text-disabled; }
        .level-meter--scale { color: $text-muted; }
        .level-meter--text { color: $foreground; }
        .level-meter--clipping { color: $background; background: $error; text-style: bold; }
    }
    """

    level: reactive[Level | None] = reactive(None, layout=False)
    """``None``: there is no microphone."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._held_db, self._held = QUIETEST_DB, 0

    def watch_level(self, level: Level | None) -> None:
        """Follow the highest peak; it is let go of after a while."""
        peak = level.peak_db if level else QUIETEST_DB
        self._held -= 1
        if peak >= self._held_db or self._held <= 0 or level is None:
            self._held_db, self._held = peak, HOLD_LEVELS

    def render_line(self, y: int) -> Strip:
        """Draw a line of the bar, or the scale."""
        width = self.size.width
        bar = max(width - _TEXT, 10)
        line = Line(bar)
        last = y == self.size.height - 1
        self._scale(line) if last else self._bar(line)
        palette = {"blank": self.rich_style} | {
            name: self._style(name) for name in ("bar", "loud", "peak", "rest", "scale")
        }
        text, kind = self._text(y, last=last)
        figures = Segment(f" {text:<{_TEXT - 1}}"[: max(width - bar, 0)], self._style(kind))
        return Strip([*line.segments(palette), figures], width)

    def _style(self, name: str) -> Style:
        return self.get_component_rich_style(f"level-meter--{name}")

    def _bar(self, line: Line) -> None:
        line.fill(0, line.width, "·", "rest")
        if self.level is None:
            return
        loud = _place(LOUD_DB, line.width)
        for end_db, char in ((self.level.peak_db, "▒"), (self.level.rms_db, "█")):
            end = _place(end_db, line.width)
            line.fill(0, min(end, loud), char, "bar")
            line.fill(loud, end, char, "loud")
        if self._held_db > FLOOR_DB:
            line.put(min(_place(self._held_db, line.width), line.width - 1), "▌", "peak")

    def _scale(self, line: Line) -> None:
        for db in TICKS_DB:
            text = f"{db}".replace("-", "−")
            at = min(max(_place(db, line.width) - len(text) // 2, 0), line.width - len(text))
            if line.is_free(at - 1 if at else 0, at + len(text)):
                line.write(at, text, "scale")

    def _text(self, y: int, *, last: bool) -> tuple[str, str]:
        level = self.level
        if level is None:
            return ("no microphone" if y == 0 else "", "scale")
        if last:
            if level.clipping:
                return ("CLIPPING", "clipping")
            return (f"clipped {level.clipped:,}", "clipping") if level.clipped else ("dBFS", "scale")
        beside = ((f"{_decibels(level.rms_db)} dB", "text"), (f"peak {_decibels(self._held_db)}", "scale"))
        return beside[y] if y < len(beside) else ("", "scale")


def _place(db: float, width: int) -> int:
    """Return how many cells of the bar a level fills."""
    return round(min(max((db - FLOOR_DB) / -FLOOR_DB, 0.0), 1.0) * width)


def _decibels(db: float) -> str:
    """Return a level, "−∞" for digital silence."""
    return "−∞" if db <= QUIETEST_DB else f"{round(db)}".replace("-", "−")
