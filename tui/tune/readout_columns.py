"""How a line of the readout table is laid out in the width there is."""

from __future__ import annotations

from collections.abc import Sequence

from tui.tune.readouts import Row
from tui.tune.scene import ARMS
from tui.widgets.timeline_line import one_cell

WIDE = 100
SIGNS = {"better": "✓", "worse": "✗"}
"""What stands behind a difference, because a colour alone says nothing to many."""
UNKNOWN = "…"
"""Stands for a figure that is being worked out."""

Cells = tuple[tuple[str, str], ...]
"""A line as (text, kind) runs."""


class Columns:
    """How wide each column is; what does not fit is left out from the right, the difference last."""

    def __init__(self, width: int, arms: int, *, intervals: bool) -> None:
        self.label = 26
        self.delta = 9
        room = width - self.label - self.delta
        self.value = min(14 if width >= WIDE else 11, max(room // arms, 8))
        if room < arms * self.value:
            self.label = max(width - self.delta - arms * self.value, 12)
        room = width - self.label - arms * self.value - self.delta
        self.interval = 19 if intervals and room >= 19 else 0
        self.n = 5 if room - self.interval >= 5 else 0
        self.histogram = 13 if room - self.interval - self.n >= 13 else 0

    def heading(self, names: Sequence[str], against: str) -> Cells:
        """Return the names of the columns."""
        shown = [f"{arm} {one_cell(name)}"[: self.value - 1] for arm, name in zip(ARMS, names, strict=False)]
        text = f"{'':<{self.label}}" + "".join(f"{name:>{self.value}}" for name in shown)
        text += f"{f'A − {against}':>{self.delta - 2}}  "
        text += f"{'95 % interval':>{self.interval}}" if self.interval else ""
        text += f"{'n':>{self.n}}" if self.n else ""
        text += "   A by turn" if self.histogram else ""
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
        if self.histogram:
            parts.append((f"   {'' if stale else row.histogram:<{self.histogram - 3}}", "value"))
        return tuple(parts)
