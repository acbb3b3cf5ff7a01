"""Drawings of a live call's state: gauges, the microphone's level, and large latencies."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median
from typing import ClassVar, NamedTuple

from rich.segment import Segment
from rich.style import Style
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.reactive import reactive
from textual.strip import Strip
from textual.widget import Widget
from textual.widgets import Digits, Static

from base.samples import QUIETEST_DB
from simulator.session.state import Level
from tui.widgets.timeline_line import CellLine

_GAUGE_LABEL = 14
_GAUGE_TEXT = 31
"""The width of the text at the right, if there is room for a bar."""
_LEAST_BAR = 12


class Reading(NamedTuple):
    """The value of a gauge: a share (``None``: unknown), limits with the character of their mark, and words."""

    share: float | None = None
    limits: tuple[tuple[float, str], ...] = ()
    text: str = ""


class Gauge(Widget):
    """Set :attr:`reading`."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "gauge--label",
        "gauge--bar",
        "gauge--over",
        "gauge--rest",
        "gauge--limit",
        "gauge--text",
    }
    DEFAULT_CSS = """
    Gauge {
        height: 1;
        .gauge--label { color: $text-muted; }
        .gauge--bar { color: $primary; }
        .gauge--over { color: $accent; }
        .gauge--rest { color: $text-disabled; }
        .gauge--limit { color: $foreground; text-style: bold; }
        .gauge--text { color: $foreground; }
    }
    """

    reading: reactive[Reading] = reactive(Reading(), layout=False)

    def __init__(self, label: str, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._label = label

    def render_line(self, y: int) -> Strip:
        """Draw the label, the bar and the words."""
        width = self.size.width
        if y:
            return Strip.blank(width, self.rich_style)
        reading = self.reading
        bar = CellLine(max(width - _GAUGE_LABEL - _GAUGE_TEXT, _LEAST_BAR))
        bar.fill(0, bar.width, "─", "rest")
        first = min((limit for limit, _ in reading.limits), default=2.0)
        if reading.share is not None:
            end = round(min(max(reading.share, 0.0), 1.0) * bar.width)
            bar.fill(0, end, "━", "over" if reading.share >= first else "bar")
        for limit, mark in reading.limits:
            bar.put(min(round(limit * bar.width), bar.width - 1), mark, "limit")
        style = {
            name: self.get_component_rich_style(f"gauge--{name}")
            for name in ("label", "bar", "over", "rest", "limit", "text")
        }
        room = max(width - _GAUGE_LABEL - bar.width, 0)
        return Strip(
            [
                Segment(f"{self._label:<{_GAUGE_LABEL}}"[: min(width, _GAUGE_LABEL)], style["label"]),
                *bar.segments(style | {"blank": self.rich_style}),
                Segment(f" {reading.text}"[:room].ljust(room), style["text"]),
            ],
            width,
        )


FLOOR_DB = -60.0
"""The lower end of the scale, about the level of a quiet room."""
TICKS_DB = (-60, -48, -36, -24, -12, -6, 0)
LOUD_DB = -6.0
"""Above this level speech may clip: its peaks vary by more than the rest."""
HOLD_LEVELS = 22
"""The highest peak stays marked for this many levels: a second and a half at the screen's rate."""
_TEXT = 15


class LevelMeter(Widget):
    """Bars on all lines except the last, which is the scale. The figures are at the right. Set :attr:`level`."""

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
        """Hold the highest peak for a while."""
        peak = level.peak_db if level else QUIETEST_DB
        self._held -= 1
        if peak >= self._held_db or self._held <= 0 or level is None:
            self._held_db, self._held = peak, HOLD_LEVELS

    def render_line(self, y: int) -> Strip:
        """Draw a line of the bar, or the scale."""
        width = self.size.width
        bar = max(width - _TEXT, 10)
        line = CellLine(bar)
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

    def _bar(self, line: CellLine) -> None:
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

    def _scale(self, line: CellLine) -> None:
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
    """Return a level as text; "−∞" for digital silence."""
    return "−∞" if db <= QUIETEST_DB else f"{round(db)}".replace("-", "−")


_BARS = "▁▂▃▄▅▆▇█"
HISTORY = 8
"""The number of turns in the small history."""
_LEAST_BARS = 3
ROOMY = 36
"""From this width on, the number of turns is shown too."""


class LatencyFigure(Vertical):
    """One latency: its name, the last value, and the history."""

    DEFAULT_CSS = """
    LatencyFigure {
        width: 1fr;
        height: 5;
        Static { height: 1; color: $text-muted; text-wrap: nowrap; }
        Digits { width: auto; height: 3; color: $foreground; }
    }
    """

    def __init__(self, name: str) -> None:
        super().__init__()
        self._shown: tuple[int | None, ...] | None = None
        self._title = Static(name, markup=False)
        self._value = Digits("–")
        self._history = Static(markup=False)

    def compose(self) -> ComposeResult:
        """Lay out name, figure and history."""
        yield self._title
        yield self._value
        yield self._history

    def show(self, values: Sequence[int | None]) -> None:
        """Show the last of some values in ms, oldest first. ``None``: the latency did not occur, or not yet."""
        shown = tuple(values)
        if shown == self._shown:
            return
        self._shown = shown
        self._draw()

    def on_resize(self) -> None:
        """Fit the history to the width."""
        self._draw()

    def _draw(self) -> None:
        shown = self._shown or ()
        last = shown[-1] if shown else None
        self._value.update("–" if last is None else f"{last:,}")
        known = [value for value in shown if value is not None]
        recent = known[-HISTORY:]
        words = f"p50 {median(known):,.0f} ≤{max(recent):,}" if known else "no turn yet"
        many = f" of {len(known)} turns" if len(known) > 1 and self.size.width >= ROOMY else ""
        room = self.size.width - len(words) - 2
        bars = f"{history(recent)[-room:]} " if recent and room >= _LEAST_BARS else ""
        self._history.update(Content(f"{bars}{words}{many}"))


class LatencyFigures(Horizontal):
    """Several latencies side by side. :meth:`show` takes each one's values by name."""

    DEFAULT_CSS = "LatencyFigures { height: 5; }"

    def __init__(self, names: Sequence[str], *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._figures = {name: LatencyFigure(name) for name in names}

    def compose(self) -> ComposeResult:
        """Lay out the figures."""
        yield from self._figures.values()

    def show(self, name: str, values: Sequence[int | None]) -> None:
        """Show one latency's values in ms, oldest first."""
        self._figures[name].show(values)


def history(values: Sequence[int]) -> str:
    """Return one bar per value, from 0 to the highest."""
    highest = max(values, default=0)
    if highest <= 0:
        return _BARS[0] * len(values)
    return "".join(_BARS[min(value * len(_BARS) // (highest + 1), len(_BARS) - 1)] for value in values)
