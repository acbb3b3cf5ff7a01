"""The table of readouts, drawn line by line so that a drag repaints only the changed figures."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from textwrap import wrap
from typing import ClassVar

from rich.segment import Segment
from textual import events
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.geometry import Region, Size
from textual.message import Message
from textual.reactive import var
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.widgets import Static

from simulator.measures.readout_table import BY_NAME
from simulator.measures.verdict import NONE_IS_BEST, without_intervals
from tui.figures import NOTHING
from tui.readouts import ReadoutRow, Readouts
from tui.screens import key_for
from tui.terminal_text import content, cut, show_text
from tui.tune.readout_columns import UNKNOWN, Cells, Columns
from tui.widgets.timeline_line import one_cell

WIDE = 100
ROOMY = 8
"""From this height on, a line says why there is no interval. Below it, only the main readouts are shown."""

_COMPACT_LINES = 2
"""How many lines of the verdict on one arm fit into little space."""

_LEAST_ROWS = 3
"""How many readouts stay in view below the verdict on several arms."""

_BASELINE_FIGURE = re.compile(r" instead of [^;]*")
_IN_THESE = re.compile("^In (these|this) ")
_BASELINE_NAME = re.compile(r"( (?:slower|quicker|distinguishable)| as quick) (?:than|as|from) .*")

_KINDS = ("title", "heading", "label", "value", "better", "worse", "even", "quiet", "cursor")


@dataclass(frozen=True, slots=True, eq=False)
class TableFigures:
    """The content of the table: readouts of named arms, or in ``waiting`` why there are none.

    ``stale`` figures belong to earlier settings, and are removed. ``verdict`` summarises the differences, one line
    per arm.
    """

    readouts: Readouts | None = None
    names: tuple[str, ...] = ()
    stale: bool = False
    waiting: str = ""
    verdict: str = ""
    by_change: bool = False
    """Whether the largest changes come first."""


class ReadoutTable(ScrollView, can_focus=True):
    """The lines of :attr:`figures`: a title with the data, the arms' names, and one line per readout."""

    figures: var[TableFigures] = var(TableFigures())
    COMPONENT_CLASSES: ClassVar[set[str]] = {f"readouts--{kind}" for kind in _KINDS}

    class Pointed(Message):
        """Another readout is selected. ``text`` explains it and the arms' differences."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._lines: list[Cells] = []
        self._fixed = 0
        self._rows: list[ReadoutRow] = []
        self._cursor = ""
        """The key of the selected readout."""
        self._columns: Columns | None = None

    @property
    def lines(self) -> list[str]:
        """All lines as plain text."""
        return ["".join(text for text, _ in line).rstrip() for line in self._lines]

    @property
    def stale(self) -> bool:
        """Whether its figures were removed, and none have arrived since."""
        return self.figures.stale

    def watch_figures(self) -> None:
        """Show new figures."""
        self._draw()

    def _draw(self) -> None:
        width = self.scrollable_content_region.width
        if not width:
            return
        before, self._lines = self._lines, self._make_lines(width)
        self._tell()
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
            self._fixed, self._rows = 0, []
            return [((line, "quiet"),) for line in wrap(one_cell(self.figures.waiting), width) or [""]]
        roomy = self.size.height >= ROOMY
        self._rows = [row for row in found.rows if roomy or not row.minor]
        self._columns = columns = Columns(found, self._rows, self.figures.names, width)
        # in little space, the verdict says over how many turns; only unusual caveats stay
        titled = roomy or not self.figures.verdict or len(found.caveats) > 1 or found.far_off
        title = _title(found, width, roomy=roomy) if titled else []
        legend = wrap(_legend(found, columns.names), width) if roomy and columns.lettered else []
        below: list[Cells] = [((line, "quiet"),) for line in legend]
        below.append(columns.heading(by_change=self.figures.by_change))
        rows = 1 if self._is_large else _LEAST_ROWS
        room = self.size.height - len(title) - len(below) - rows
        top = [*title, *self._said(width, room, roomy=roomy), *below]
        self._fixed = len(top)
        return [*top, *(columns.row(row, stale=self.figures.stale) for row in self._rows)]

    @property
    def _is_large(self) -> bool:
        return any(node.has_class("-large") for node in self.ancestors)

    def _said(self, width: int, room: int, *, roomy: bool) -> list[Cells]:
        """Return the lines of the verdict. A verdict on other settings is blank, but keeps its lines.

        That on several arms takes at most ``room`` lines, and at least one.
        """
        clauses = [one_cell(clause) for clause in self.figures.verdict.split("\n")]
        shown = [line for clause in clauses for line in wrap(clause, width)]
        several = len(clauses) > 1 and len(shown) > room
        if several or not roomy:
            # the columns have the intervals; each arm has a line, or the only one has all lines
            brief = [without_intervals(clause) for clause in clauses]
            lines = max(room, 1) if len(clauses) > 1 else _COMPACT_LINES
            more = f" {UNKNOWN}" if self._is_large else f" {UNKNOWN} {key_for('tune.large')}: all"
            each = max(lines // len(brief), 1)
            shown = [line for clause in brief for line in _cut_lines(clause, width, each, more)]
            if len(shown) > lines:
                shown = [*shown[: lines - 1], _read_on(shown[lines - 1], width, more)]
        return [((UNKNOWN if self.figures.stale else line, "value"),) for line in shown]

    def on_resize(self) -> None:
        """Fit the columns to the new width."""
        self._lines = []
        self._draw()

    def render_line(self, y: int) -> Strip:
        """Draw one line. Title and heading stay in place while the rest scrolls."""
        width = self.size.width
        index = y if y < self._fixed else y + self.scroll_offset.y
        if index >= len(self._lines):
            return Strip.blank(width, self.rich_style)
        segments = [
            Segment(text, self.get_component_rich_style(f"readouts--{kind}")) for text, kind in self._lines[index]
        ]
        strip = Strip(segments).adjust_cell_length(width, self.rich_style)
        pointed_at = self.has_focus and self._rows and index == self._fixed + self._place
        return strip.apply_style(self.get_component_rich_style("readouts--cursor")) if pointed_at else strip

    # ---- the selected readout

    @property
    def _place(self) -> int:
        return next((at for at, row in enumerate(self._rows) if row.key == self._cursor), 0)

    def step(self, steps: int) -> None:
        """Select the readout so many lines below, or above."""
        self._point_at(self._place + steps)

    def _point_at(self, place: int) -> None:
        if not self._rows:
            return
        place = max(0, min(place, len(self._rows) - 1))
        self._cursor = self._rows[place].key
        seen = self.size.height - self._fixed
        top = min(max(self.scroll_offset.y, place - seen + 1), place)
        self.scroll_to(y=top, animate=False)
        self._tell()
        self.refresh()

    def _tell(self) -> None:
        if self._rows and self._columns is not None and not self.figures.stale:
            row = self._rows[self._place]
            self.post_message(
                self.Pointed(_row_text(row, self.figures.readouts, with_figures=not self._columns.intervals))
            )
        elif not self._rows:
            self.post_message(self.Pointed(""))

    def action_scroll_down(self) -> None:
        """Select the next readout."""
        self.step(1)

    def action_scroll_up(self) -> None:
        """Select the previous readout."""
        self.step(-1)

    def action_page_down(self) -> None:
        """Select the readout a page below."""
        self.step(max(self.size.height - self._fixed, 1))

    def action_page_up(self) -> None:
        """Select the readout a page above."""
        self.step(-max(self.size.height - self._fixed, 1))

    def action_scroll_home(self) -> None:
        """Select the first readout."""
        self._point_at(0)

    def action_scroll_end(self) -> None:
        """Select the last readout."""
        self._point_at(len(self._rows) - 1)

    def on_click(self, event: events.Click) -> None:
        """Select the clicked readout."""
        offset = event.get_content_offset(self)
        if offset is not None and offset.y >= self._fixed:
            self._point_at(offset.y + self.scroll_offset.y - self._fixed)

    def on_focus(self) -> None:
        """Show the selection."""
        self.refresh()

    def on_blur(self) -> None:
        """Hide the selection."""
        self.refresh()


class ReadoutPane(Vertical):
    """The table and, while it has the focus, a line about the selected readout."""

    figures: var[TableFigures] = var(TableFigures())

    def compose(self) -> ComposeResult:
        """Lay out the table above the line."""
        yield ReadoutTable(id="readouts").data_bind(ReadoutPane.figures)
        yield Static(id="readout-gloss", markup=False)

    def switch_size(self) -> None:
        """Switch between most of the screen while focused, and the pane's own height."""
        self.screen.toggle_class("-large")
        self.query_one(ReadoutTable).focus()

    def on_descendant_focus(self) -> None:
        """Show the line."""
        self.query_one("#readout-gloss").display = True

    def on_descendant_blur(self) -> None:
        """Hide the line."""
        self.query_one("#readout-gloss").display = False

    def on_readout_table_pointed(self, message: ReadoutTable.Pointed) -> None:
        """Explain the selected readout."""
        message.stop()
        show_text(self.query_one("#readout-gloss", Static), content(message.text))


def _title(found: Readouts, width: int, *, roomy: bool) -> list[Cells]:
    """Return the data of the readouts, and the notes that fit."""
    over = one_cell(found.over) if width < WIDE else f"Readouts over {one_cell(found.over)}"
    caveats = (*found.caveats, *([f"95 % intervals: {found.blocks}"] if roomy and found.blocks else ()))
    rest = "".join(f" · {one_cell(caveat)}" for caveat in caveats)
    if not roomy or len(over) + len(rest) <= width or len(over) >= width:
        return [((over, "title"), (cut(rest, width - len(over)) if len(over) < width else "", "quiet"))]
    first, *others = wrap(over + rest, width)
    return [((over, "title"), (first[len(over) :], "quiet")), *(((line, "quiet"),) for line in others)]


def _read_on(line: str, width: int, more: str) -> str:
    """Return the last line of a cut text, which ends with ``more``."""
    return line if line.endswith(more) else wrap(line, max(width - len(more), 1))[0].rstrip(";,") + more


def _cut_lines(text: str, width: int, rows: int, more: str) -> list[str]:
    """Return a verdict in at most ``rows`` lines. A cut one ends with ``more``.

    Costs come before gains. To keep a cost, what the table also shows is cut first: the baseline's figures and its
    name.
    """
    lines = wrap(text, width)
    if len(lines) <= rows:
        return lines
    text = text.removeprefix(NONE_IS_BEST)
    head, *rest = (_BASELINE_FIGURE.sub("", part) for part in text.split("; "))
    bare = _BASELINE_NAME.sub(r"\1", _IN_THESE.sub("", head))
    for kept in range(len(rest), 0, -1):
        for first in (head, bare):
            said = "; ".join([first, *rest[:kept]]) + (more if kept < len(rest) else "")
            if len(lines := wrap(said, width)) <= rows:
                return lines
    lines = wrap(text, width)
    return [*lines[: rows - 1], _read_on(lines[rows - 1], width, more)]


def _legend(found: Readouts, names: Sequence[str]) -> str:
    """Return which arm is which, by full name."""
    base = found.arms.index(found.against)
    return " · ".join(f"{name} (baseline)" if at == base else name for at, name in enumerate(names))


def _row_text(row: ReadoutRow, found: Readouts | None, *, with_figures: bool) -> str:
    """Return what a readout is and, if the lines have no space for it, how each arm differs."""
    said = f"{row.label}: {row.meaning}"
    if found is not None and BY_NAME[row.name].needs_truth and " labelled" in found.over:
        said += " Only labelled recordings count."
    bounds = dict.fromkeys(f" {figure}{row.bound(at)}." for at, figure in enumerate(row.values) if row.bound(at))
    said += "".join(bounds)
    with_interval = any(apart is not None and apart.interval != NOTHING for apart in row.apart)
    said += f" Its 95 % interval: {found.blocks}." if found is not None and found.blocks and with_interval else ""
    if found is None or not with_figures:
        return said
    unit = BY_NAME[row.name].unit
    differences = [
        f"{arm} − {found.against}: {apart.text(unit)}"
        for arm, apart in zip(found.arms, row.apart, strict=False)
        if apart is not None and apart.delta != NOTHING
    ]
    return " · ".join([said, *differences])
