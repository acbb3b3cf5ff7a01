"""The table of readouts, drawn line by line so that a drag repaints only the figures that moved."""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import wrap
from typing import ClassVar

from rich.segment import Segment
from textual.geometry import Region, Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

from tui.tune.readout_columns import WIDE, Cells, Columns
from tui.tune.readouts import Readouts
from tui.widgets.timeline_line import one_cell

ROOMY = 8
"""From this height on there is a line for why there is no interval; below it, only the main readouts."""

_KINDS = ("title", "heading", "label", "value", "better", "worse", "even", "quiet")


class ReadoutTable(ScrollView, can_focus=True):
    """A title that says over what, a heading with the arms' names, and a line a readout."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {f"readouts--{kind}" for kind in _KINDS}

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._readouts: Readouts | None = None
        self._names: tuple[str, ...] = ()
        self._stale = False
        self._waiting = ""
        self._lines: list[Cells] = []
        self._fixed = 0

    @property
    def lines(self) -> list[str]:
        """All lines as plain text."""
        return ["".join(text for text, _ in line).rstrip() for line in self._lines]

    def show(self, readouts: Readouts | None, names: Sequence[str], waiting: str = "") -> None:
        """Show readouts of named arms; without any, ``waiting`` says why."""
        self._readouts, self._names, self._stale, self._waiting = readouts, tuple(names), False, waiting
        self._draw()

    @property
    def stale(self) -> bool:
        """Whether its figures were taken away and none have come since."""
        return self._stale

    def set_stale(self) -> None:
        """Take the figures away: they belong to settings that are no longer shown."""
        if not self._stale:
            self._stale = True
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
        found = self._readouts
        if found is None:
            self._fixed = 0
            return [((line, "quiet"),) for line in wrap(one_cell(self._waiting), width) or [""]]
        roomy = self.size.height >= ROOMY
        columns = Columns(width, max(len(self._names), 1), intervals=roomy or not found.why_no_interval)
        top = [_title(found, width)]
        if roomy and found.why_no_interval:
            top.append(((f"No 95 % interval: {found.why_no_interval}."[:width], "quiet"),))
        top.append(columns.heading(self._names, found.against))
        self._fixed = len(top)
        return [*top, *(columns.row(row, stale=self._stale) for row in found.rows if roomy or not row.minor)]

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
