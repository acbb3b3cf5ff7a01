"""A share between 0 and 1 as a bar on one line, with the limits that matter marked on it."""

from __future__ import annotations

from typing import ClassVar, NamedTuple

from rich.segment import Segment
from textual.reactive import reactive
from textual.strip import Strip
from textual.widget import Widget

from tui.widgets.timeline_line import Line

_LABEL = 14
_TEXT = 31
"""Cells for what is said at the right, where there is room for a bar beside it."""
_LEAST_BAR = 12


class Reading(NamedTuple):
    """What a gauge shows: a share (``None``: not known now), limits with the character of their mark, and words."""

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
        bar = Line(max(width - _LABEL - _TEXT, _LEAST_BAR))
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
        room = max(width - _LABEL - bar.width, 0)
        return Strip(
            [
                Segment(f"{self._label:<{_LABEL}}"[: min(width, _LABEL)], style["label"]),
                *bar.segments(style | {"blank": self.rich_style}),
                Segment(f" {reading.text}"[:room].ljust(room), style["text"]),
            ],
            width,
        )
