"""The widths of the readout columns, and what they omit in little space."""

from __future__ import annotations

from collections.abc import Sequence

from tui.figures import NOTHING
from tui.readouts import BEST, SIGNS, ReadoutRow, Readouts
from tui.terminal_text import cut
from tui.widgets.timeline_line import one_cell

UNKNOWN = "…"
"""Shown for a figure that is being computed."""

_MAY_BE_NONE = ("not distinguishable", "unclear")
"""The longest fitting explanation of the sign for a difference that may be none."""

Cells = tuple[tuple[str, str], ...]
"""A line as runs of text and kind."""


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
"""The parts of a line besides labels and figures, from the widest layout on. The first that fits is used.

``names``: arms by name, not by letter. ``of``: a count's denominator beside the count, not beside the label.
``limits``: the upper bound of a count of zero. Without ``units``, everything is as short and close as possible.
"""

_APART = 3
"""Cells before the distribution, and before a meaning."""
_LEAST_GLOSS = 30
_LEAST_LABEL = 15


class Columns:
    """Column widths in the widest of :data:`LAYOUTS` that fits. Labels, then meanings, get the rest."""

    def __init__(self, found: Readouts, rows: Sequence[ReadoutRow], names: Sequence[str], width: int) -> None:
        self._found, self._rows = found, rows
        self._others: list[int] = []
        self.names = [f"{arm} {one_cell(name)}" for arm, name in zip(found.arms, names, strict=False)]
        self._has_intervals = any(one.interval != NOTHING for row in self._rows for one in row.apart if one)
        for layout in LAYOUTS:
            self._measure(layout)
            # a count's noun is also in its label, so the distribution takes precedence
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
        """Whether the columns are headed by the arms' letters."""
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
        """Give the remaining width to the distributions and to the meanings."""
        shown = max((len(row.histograms) for row in self._rows), default=0)
        bar = max((len(one) for row in self._rows for one in row.histograms), default=0)
        scale = max((len(row.scale) for row in self._rows), default=0)
        self._scale = scale if scale and room >= scale + _APART else 0
        room -= self._scale + _APART if self._scale else 0
        fit = room // (bar + _APART) if bar and self._scale else 0
        # of all arms or of the first only: an arm missing among several would look like one without turns
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
        """Return the column headings, and the order and units of the lines."""
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
            text += f"{'':{_APART}}{f'{arm} spread':<{self._bar}}"
        text += f"{'':{_APART}}{'from–to':<{self._scale}}" if self._scale else ""
        text += f"{'':{_APART}}what it is" if self._gloss else ""
        return ((text, "heading"),)

    def _with_gloss(self, notes: str) -> str:
        """Return notes with the explanation of the sign for a difference that may be none, if it occurs here."""
        apart = [one for row in self._rows for one in row.apart if one is not None]
        if not self._others or all(one.verdict != "level" for one in apart):
            return notes
        glosses = [f"{notes}{'  ' * bool(notes)}{SIGNS['level']} {text}" for text in _MAY_BE_NONE]
        return next((one for one in glosses if len(one) <= self.label), notes)

    def row(self, row: ReadoutRow, *, stale: bool) -> Cells:
        """Return one readout. Figures that belong to other settings are not shown."""
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
