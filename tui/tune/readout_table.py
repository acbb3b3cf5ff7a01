"""The table of readouts, drawn line by line so that a drag repaints only the figures that moved."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from textwrap import wrap
from typing import ClassVar

from rich.segment import Segment
from textual.geometry import Region, Size
from textual.reactive import var
from textual.scroll_view import ScrollView
from textual.strip import Strip

from tui.tune.readouts import Readouts, Row, histogram, scale
from tui.tune.scene import ARMS
from tui.widgets.timeline_line import one_cell

WIDE = 100
SIGNS = {"better": "✓", "worse": "✗"}
"""What stands behind a difference, because a colour alone says nothing to many."""
UNKNOWN = "…"
"""Stands for a figure that is being worked out."""

Cells = tuple[tuple[str, str], ...]
"""A line as (text, kind) runs."""


ROOMY = 8
"""From this height on there is a line for why there is no interval; below it, only the main readouts."""

_BINS = (10, 8)
_SCALE = 10
"""Bars of the column that shows how A's values lie, and the cells for between what; the bars give way first."""

_COMPACT_LINES = 2
"""How many lines of the verdicts fit where there is little room."""

_KINDS = ("title", "heading", "label", "value", "better", "worse", "even", "quiet")


@dataclass(frozen=True, slots=True, eq=False)
class Figures:
    """What the table shows: readouts of named arms, or ``waiting`` why there are none.

    ``stale`` figures belong to settings that are no longer shown, and are taken away.
    """

    readouts: Readouts | None = None
    names: tuple[str, ...] = ()
    stale: bool = False
    waiting: str = ""
    verdicts: tuple[str, ...] = ()
    """What the differences come to, a sentence for each arm that has one."""


class Columns:
    """How wide each column is; what does not fit is left out from the right, the difference last."""

    def __init__(self, width: int, arms: int, *, intervals: bool) -> None:
        self.label = 35 if width >= WIDE else 26
        self.delta = 9
        room = width - self.label - self.delta
        self.value = min(14 if width >= WIDE else 11, max(room // arms, 8))
        if room < arms * self.value:
            self.label = max(width - self.delta - arms * self.value, 12)
        room = width - self.label - arms * self.value - self.delta
        self.interval = 19 if intervals and room >= 19 else 0
        self.n = 5 if room - self.interval >= 5 else 0
        room -= self.interval + self.n
        self.bins = next((bins for bins in _BINS if room >= _SCALE + bins + 2), 0)
        self.scale = _SCALE if room >= _SCALE + 2 else 0

    def heading(self, names: Sequence[str], against: str) -> Cells:
        """Return the names of the columns."""
        shown = [f"{arm} {one_cell(name)}"[: self.value - 1] for arm, name in zip(ARMS, names, strict=False)]
        text = f"{'':<{self.label}}" + "".join(f"{name:>{self.value}}" for name in shown)
        text += f"{f'A − {against}':>{self.delta - 2}}  "
        text += f"{'95 % interval':>{self.interval}}" if self.interval else ""
        text += f"{'n':>{self.n}}" if self.n else ""
        text += f"  {'A by turn' if self.bins else 'A from–to'}" if self.scale else ""
        return ((text, "heading"),)

    def row(self, row: Row, *, stale: bool) -> Cells:
        """Return one readout; figures that belong to other settings are not shown."""
        kind = "even" if stale else row.verdict or "even"
        label = row.label if len(row.label) <= self.label else row.label[: self.label - 2] + UNKNOWN
        values = [UNKNOWN] * len(row.values) if stale else row.values
        parts = [(f"{label:<{self.label}}", "label")]
        parts += [(f"{value:>{self.value}}", "value") for value in values]
        delta = UNKNOWN if stale else row.delta
        parts.append((f"{delta:>{self.delta - 2}} {SIGNS.get(kind, ' ')}", kind))
        if self.interval:
            parts.append((f"{'' if stale else row.interval:>{self.interval}}", kind if row.sure else "quiet"))
        if self.n:
            parts.append((f"{'' if stale else row.n:>{self.n}}", "quiet"))
        if self.scale:
            bars = f"{histogram(row.spread, self.bins):<{self.bins}} " if self.bins else ""
            parts.append(("" if stale else f"  {bars}{scale(row.spread)}", "value"))
        return tuple(parts)


class ReadoutTable(ScrollView, can_focus=True):
    """The lines of :attr:`figures`: a title that says over what, the names of the arms, and a line a readout."""

    figures: var[Figures] = var(Figures())
    COMPONENT_CLASSES: ClassVar[set[str]] = {f"readouts--{kind}" for kind in _KINDS}

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._lines: list[Cells] = []
        self._fixed = 0

    @property
    def lines(self) -> list[str]:
        """All lines as plain text."""
        return ["".join(text for text, _ in line).rstrip() for line in self._lines]

    @property
    def stale(self) -> bool:
        """Whether its figures were taken away and none have come since."""
        return self.figures.stale

    def watch_figures(self) -> None:
        """Show other figures."""
        self._draw()

    def _draw(self) -> None:
        width = self.scrollable_content_region.width
        if not width:
            return
        before, self._lines = self._lines, self._make_lines(width)
        if len(before) != len(self._lines):
            self.virtual_size = Size(width, len(self._lines))
            self.refresh()
            return
        top = self.scroll_offset.y
        changed = [
            Region(0, y if y < self._fixed else y - top, width, 1)
            for y, line in enumerate(self._lines)
            if line != before[y] and (y < self._fixed or y - top >= self._fixed)
        ]
        if changed:
            self.refresh(*changed)

    def _make_lines(self, width: int) -> list[Cells]:
        found = self.figures.readouts
        if found is None:
            self._fixed = 0
            return [((line, "quiet"),) for line in wrap(one_cell(self.figures.waiting), width) or [""]]
        roomy = self.size.height >= ROOMY
        columns = Columns(width, max(len(self.figures.names), 1), intervals=roomy or not found.why_no_interval)
        said = self._said(width, roomy=roomy)
        # where there is little room, the verdict says over how many turns; a caveat beyond the usual one stays
        top = [_title(found, width), *said] if roomy or not said or len(found.caveats) > 1 else said
        top.append(columns.heading(self.figures.names, found.against))
        self._fixed = len(top)
        return [*top, *(columns.row(row, stale=self.figures.stale) for row in found.rows if roomy or not row.minor)]

    def _said(self, width: int, *, roomy: bool) -> list[Cells]:
        """Return the lines of the verdicts; those on other settings are not shown, and keep their lines."""
        lines = [line for one in self.figures.verdicts for line in wrap(one_cell(one), width)]
        shown = lines if roomy else lines[:_COMPACT_LINES]
        if len(shown) < len(lines):
            shown[-1] = shown[-1][: width - 2] + f" {UNKNOWN}"
        return [((UNKNOWN if self.figures.stale else line, "value"),) for line in shown]

    def on_resize(self) -> None:
        """Give the columns the new width."""
        self._lines = []
        self._draw()

    def render_line(self, y: int) -> Strip:
        """Draw one line; title and heading stay in place while the rest scrolls."""
        width = self.size.width
        index = y if y < self._fixed else y + self.scroll_offset.y
        if index >= len(self._lines):
            return Strip.blank(width, self.rich_style)
        segments = [
            Segment(text, self.get_component_rich_style(f"readouts--{kind}")) for text, kind in self._lines[index]
        ]
        return Strip(segments).adjust_cell_length(width, self.rich_style)


def _title(found: Readouts, width: int) -> Cells:
    over = one_cell(found.over) if width < WIDE else f"Readouts over {one_cell(found.over)}"
    rest = "".join(f" · {one_cell(caveat)}" for caveat in found.caveats)
    return ((over, "title"), (rest[: max(width - len(over), 0)], "quiet"))
