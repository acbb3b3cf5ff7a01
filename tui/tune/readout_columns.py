"""How wide the columns of the readouts are, and what they leave out where there is little room."""

from __future__ import annotations

from collections.abc import Sequence

from tui.figures import NOTHING
from tui.readouts import BEST, SIGNS, ReadoutRow, Readouts
from tui.terminal_text import cut
from tui.widgets.timeline_line import one_cell

UNKNOWN = "…"
"""Stands for a figure that is being worked out."""

_MAY_BE_NONE = ("not distinguishable", "unclear")
"""What the sign of a difference means that may be none, the longest that fits."""

Cells = tuple[tuple[str, str], ...]
"""A line as (text, kind) runs."""


LAYOUTS = tuple(
    frozenset(words.split())
    for words in (
        "units names of limits differences intervals n",
        "units names limits differences intervals n",
        "units limits differences intervals n",
        "units differences intervals n",
        "units differences intervals",
        "differences intervals",
        "units names limits differences n",
        "units names limits differences",
        "units limits differences",
        "units differences",
        "differences",
        "",
    )
)
"""What a line has besides labels and figures, from the widest on; the first that fits is taken.

``names``: arms by name, not by letter; ``of``: what a count is out of beside the count, not beside the label;
``limits``: what a count of nothing does not rule out. Without ``units``, all is as short and close as can be.
"""

_APART = 3
"""Cells before how turns lie, and before a meaning."""
_LEAST_GLOSS = 30
_LEAST_LABEL = 15


class Columns:
    """How wide each column is in the widest of :data:`LAYOUTS` that fits; labels, then meanings, have the rest."""

    def __init__(self, found: Readouts, rows: Sequence[ReadoutRow], names: Sequence[str], width: int) -> None:
        self._found, self._rows = found, rows
        self._others: list[int] = []
        self.names = [f"{arm} {one_cell(name)}" for arm, name in zip(found.arms, names, strict=False)]
        self._has_intervals = any(one.interval != NOTHING for row in self._rows for one in row.apart if one)
        for layout in LAYOUTS:
            self._measure(layout)
            # a count's noun is in its label, too, so that how the turns lie comes first
            if self._used + self._least_label + _LEAST_GLOSS * ("of" in layout) <= width:
                break
        self.label = min(self._most_label, max(width - self._used, 1))
        self._fill(width - self._used - self.label)

    @property
    def intervals(self) -> bool:
        """Whether lines have intervals."""
        return "intervals" in self._layout and self._has_intervals

    @property
    def lettered(self) -> bool:
        """Whether the arms stand over their columns by letter alone."""
        return "names" not in self._layout

    def _measure(self, layout: frozenset[str]) -> None:
        self._layout, found = layout, self._found
        wanted = "differences" in layout
        self._others = [at for at, arm in enumerate(found.arms) if arm != found.against and wanted]
        self._gap, self._mark = (2, 2) if "units" in layout else (1, 1)
        heads = self.names if "names" in layout else self._found.arms
        self._most_label = max((len(self._label(row)) for row in self._rows), default=0)
        self._least_label = max((len(row.title) for row in self._rows), default=0)
        if "units" not in layout:
            self._least_label = min(self._most_label, _LEAST_LABEL)
        self._heads = heads
        self._values = [
            max([5, len(head), *(len(self._value(row, at)) for row in self._rows)]) for at, head in enumerate(heads)
        ]
        self._deltas = {at: max([5, *(len(self._delta(row, at)) for row in self._rows)]) for at in self._others}
        self._intervals = {
            at: max([13, *(len(self._interval(row, at)) for row in self._rows)])
            for at in (self._others if self.intervals else ())
        }
        self._n = max([3, *(len(row.n) for row in self._rows)]) if "n" in layout else 0
        marked = [*self._values, *self._deltas.values()]
        bare = [*self._intervals.values(), *([self._n] if self._n else [])]
        self._used = sum(marked) + (self._gap + self._mark) * len(marked) + sum(bare) + self._gap * len(bare)

    def _fill(self, room: int) -> None:
        """Give what room there is to how the turns lie, and to what the readouts mean."""
        shown = max((len(row.histograms) for row in self._rows), default=0)
        bar = max((len(one) for row in self._rows for one in row.histograms), default=0)
        scale = max((len(row.scale) for row in self._rows), default=0)
        self._scale = scale if scale and room >= scale + _APART else 0
        room -= self._scale + _APART if self._scale else 0
        fit = room // (bar + _APART) if bar and self._scale else 0
        # of all arms or of the first alone: one that is missing among several would look like an arm without turns
        self._bars = shown if fit >= shown else min(fit, 1)
        self._bar = bar
        room -= self._bars * (bar + _APART)
        self._gloss = room - _APART if room - _APART >= _LEAST_GLOSS else 0

    def _label(self, row: ReadoutRow) -> str:
        if "units" not in self._layout:
            return row.short
        return row.title if "of" in self._layout else row.label

    def _value(self, row: ReadoutRow, at: int) -> str:
        wanted = self._layout
        return row.value(at, unit="units" in wanted, of="of" in wanted, limit="limits" in wanted)

    @staticmethod
    def _delta(row: ReadoutRow, at: int) -> str:
        apart = row.apart[at]
        return apart.delta if apart is not None else ""

    @staticmethod
    def _interval(row: ReadoutRow, at: int) -> str:
        apart = row.apart[at]
        return apart.interval if apart is not None and apart.interval != NOTHING else ""

    def heading(self, *, by_change: bool) -> Cells:
        """Return the names of the columns, and in what order and units the lines are."""
        against, arms = self._found.against, self._found.arms
        notes = ("by change ▾" * by_change, "" if "units" in self._layout else "in ms, s")
        text = f"{cut(self._with_gloss(' '.join(filter(None, notes))), self.label):{self.label}}"
        for head, width in zip(self._heads, self._values, strict=True):
            text += f"{head:>{width + self._gap}}{'':{self._mark}}"
        for at in self._others:
            text += f"{f'{arms[at]} − {against}':>{self._deltas[at] + self._gap}}{'':{self._mark}}"
            text += f"{'95 % interval':>{self._intervals[at] + self._gap}}" if at in self._intervals else ""
        text += f"{'n':>{self._n + self._gap}}" if self._n else ""
        for arm in arms[: self._bars]:
            text += f"{'':{_APART}}{f'{arm} by turn':<{self._bar}}"
        text += f"{'':{_APART}}{'from–to':<{self._scale}}" if self._scale else ""
        text += f"{'':{_APART}}what it is" if self._gloss else ""
        return ((text, "heading"),)

    def _with_gloss(self, notes: str) -> str:
        """Return notes with what the sign of a difference means that may be none, if it stands here."""
        apart = [one for row in self._rows for one in row.apart if one is not None]
        if not self._others or all(one.verdict != "level" for one in apart):
            return notes
        glosses = [f"{notes}{'  ' * bool(notes)}{SIGNS['level']} {text}" for text in _MAY_BE_NONE]
        return next((one for one in glosses if len(one) <= self.label), notes)

    def row(self, row: ReadoutRow, *, stale: bool) -> Cells:
        """Return one readout; figures that belong to other settings are not shown."""
        parts = [(f"{cut(self._label(row), self.label):<{self.label}}", "label")]
        for at, width in enumerate(self._values):
            best = at in row.best and not stale
            value = UNKNOWN if stale else self._value(row, at)
            mark = BEST if best else ""
            parts.append((f"{value:>{width + self._gap}}{mark:>{self._mark}}", "better" if best else "value"))
        for at in self._others:
            apart = row.apart[at] if not stale else None
            sign, verdict = (apart.sign, apart.verdict) if apart is not None else ("", "")
            kind = verdict if verdict in ("better", "worse") else "even"
            delta = UNKNOWN if stale else self._delta(row, at)
            parts.append((f"{delta:>{self._deltas[at] + self._gap}}{sign:>{self._mark}}", kind))
            if at in self._intervals:
                shown = "" if stale else self._interval(row, at)
                sure = apart is not None and apart.sure
                parts.append((f"{shown:>{self._intervals[at] + self._gap}}", kind if sure else "quiet"))
        if self._n:
            parts.append((f"{'' if stale else row.n:>{self._n + self._gap}}", "quiet"))
        bars = () if stale else row.histograms[: self._bars]
        parts += [(f"{'':{_APART}}{one:<{self._bar}}", "value") for one in bars]
        parts += [(" " * (self._bar + _APART), "value")] * (self._bars - len(bars))
        if self._scale:
            parts.append((f"{'':{_APART}}{'' if stale else row.scale:<{self._scale}}", "quiet"))
        if self._gloss:
            parts.append((f"{'':{_APART}}{cut(row.meaning, self._gloss)}", "quiet"))
        return tuple(parts)
