"""The table of readouts, drawn line by line so that a drag repaints only the figures that moved."""

from __future__ import annotations

from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual.geometry import Region, Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

from tui.tuning.readouts import Readouts, Row
from tui.widgets.timeline_line import one_cell

ROOMY = 8
"""From this height on there is a line for why there is no interval; below it, only the main readouts."""

WIDE = 100

_KINDS = ("title", "heading", "label", "value", "better", "worse", "even", "quiet")


class ReadoutTable(ScrollView, can_focus=True):
    """A title that says over what, a heading with both arms' names, and a line a readout."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {f"readouts--{kind}" for kind in _KINDS}

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._readouts: Readouts | None = None
        self._names = ("A", "B")
        self._stale = False
        self._waiting = ""
        self._lines: list[tuple[tuple[str, str], ...]] = []
        self._fixed = 0

    @property
    def lines(self) -> list[str]:
        """All lines as plain text."""
        return ["".join(text for text, _ in line).rstrip() for line in self._lines]

    def show(self, readouts: Readouts | None, arm_a: str, arm_b: str, waiting: str = "") -> None:
        """Show readouts of two named arms; without any, ``waiting`` says why."""
        self._readouts, self._names, self._stale, self._waiting = readouts, (arm_a, arm_b), False, waiting
        self._draw()

    def set_stale(self) -> None:
        """Dim the figures: they belong to settings that are no longer shown."""
        if not self._stale:
            self._stale = True
            self.refresh()

    def _draw(self) -> None:
        width = self.scrollable_content_region.width
        if not width:
            return
        before, self._lines = self._lines, self._make_lines(width)
        if len(before) != len(self._lines) or self._stale:
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

    def _make_lines(self, width: int) -> list[tuple[tuple[str, str], ...]]:
        found = self._readouts
        if found is None:
            return [((one_cell(self._waiting)[:width], "quiet"),)]
        roomy = self.size.height >= ROOMY
        columns = _Columns(width, intervals=roomy or not found.why_no_interval)
        top = [_title(found, width)]
        if roomy and found.why_no_interval:
            top.append(((f"No 95 % interval: {found.why_no_interval}."[:width], "quiet"),))
        top.append(columns.heading(*self._names))
        self._fixed = len(top)
        return [*top, *(columns.row(row) for row in found.rows if roomy or not row.minor)]

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
        dim = Style(dim=True) if self._stale else Style()
        segments = [
            Segment(text, self.get_component_rich_style(f"readouts--{kind}") + dim)
            for text, kind in self._lines[index]
        ]
        return Strip(segments).adjust_cell_length(width, self.rich_style)


def _title(found: Readouts, width: int) -> tuple[tuple[str, str], ...]:
    over = one_cell(found.over) if width < WIDE else f"Readouts over {one_cell(found.over)}"
    rest = "".join(f" · {one_cell(caveat)}" for caveat in found.caveats)
    return ((over, "title"), (rest[: max(width - len(over), 0)], "quiet"))


class _Columns:
    """How wide each column is; what does not fit is left out from the right, the difference last."""

    def __init__(self, width: int, *, intervals: bool) -> None:
        self.label = 26
        self.value = 14 if width >= WIDE else 11
        self.delta = 9
        room = width - self.label - 2 * self.value - self.delta
        self.interval = 19 if intervals and room >= 19 else 0
        self.n = 5 if room - self.interval >= 5 else 0
        self.histogram = 13 if room - self.interval - self.n >= 13 else 0

    def heading(self, name_a: str, name_b: str) -> tuple[tuple[str, str], ...]:
        """Return the names of the columns."""
        a, b = (f"{arm} {one_cell(name)}"[: self.value - 1] for arm, name in (("A", name_a), ("B", name_b)))
        text = f"{'':<{self.label}}{a:>{self.value}}{b:>{self.value}}{'A − B':>{self.delta}}"
        text += f"{'95 % interval':>{self.interval}}" if self.interval else ""
        text += f"{'n':>{self.n}}" if self.n else ""
        text += "   A by turn" if self.histogram else ""
        return ((text, "heading"),)

    def row(self, row: Row) -> tuple[tuple[str, str], ...]:
        """Return one readout."""
        kind = row.verdict or "even"
        parts = [
            (f"{row.label:<{self.label}}", "label"),
            (f"{row.a:>{self.value}}", "value"),
            (f"{row.b:>{self.value}}", "value"),
            (f"{row.delta:>{self.delta}}", kind),
        ]
        if self.interval:
            parts.append((f"{row.interval:>{self.interval}}", kind if row.sure else "quiet"))
        if self.n:
            parts.append((f"{row.n:>{self.n}}", "quiet"))
        if self.histogram:
            parts.append((f"   {row.histogram:<{self.histogram - 3}}", "value"))
        return tuple(parts)
