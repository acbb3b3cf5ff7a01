"""Which part of the clock the timeline shows."""

from __future__ import annotations

from dataclasses import dataclass, replace

CLOSEST_MS_PER_CELL = 10.0
ZOOM_STEP = 1.5


@dataclass(frozen=True, slots=True)
class View:
    """``width`` cells from ``start_ms`` on, ``ms_per_cell`` each."""

    start_ms: float
    ms_per_cell: float
    width: int

    @classmethod
    def whole(cls, duration_ms: int, width: int) -> View:
        """Show everything."""
        return cls(0.0, max(duration_ms, 1) / max(width, 1), width)

    @property
    def end_ms(self) -> float:
        """Where the view ends."""
        return self.start_ms + self.width * self.ms_per_cell

    def x(self, t_ms: float) -> float:
        """Return where a moment lies, in cells and parts of cells."""
        return (t_ms - self.start_ms) / self.ms_per_cell

    def t(self, x: float) -> float:
        """Return the moment at a place in cells."""
        return self.start_ms + x * self.ms_per_cell

    def zoomed(self, steps: int, around_ms: float, duration_ms: int) -> View:
        """Come ``steps`` closer (negative: further away) with ``around_ms`` kept in its place."""
        widest = max(duration_ms, 1) / max(self.width, 1)
        scale = min(max(self.ms_per_cell / ZOOM_STEP**steps, min(CLOSEST_MS_PER_CELL, widest)), widest)
        start = around_ms - self.x(around_ms) * scale
        return replace(self, start_ms=start, ms_per_cell=scale).within(duration_ms)

    def moved(self, share: float, duration_ms: int) -> View:
        """Pan by a share of the width."""
        return replace(self, start_ms=self.start_ms + share * self.width * self.ms_per_cell).within(duration_ms)

    def showing(self, t_ms: float, duration_ms: int) -> View:
        """Pan, if need be, until ``t_ms`` is in sight."""
        if self.start_ms <= t_ms < self.end_ms:
            return self
        return replace(self, start_ms=t_ms - self.width * self.ms_per_cell / 2).within(duration_ms)

    def paged_to(self, t_ms: float, duration_ms: int) -> View:
        """Turn the page, so that ``t_ms`` is near the left edge."""
        return replace(self, start_ms=t_ms - self.width * self.ms_per_cell / 20).within(duration_ms)

    def within(self, duration_ms: int) -> View:
        """Do not look before the beginning or past the end."""
        latest = max(0.0, duration_ms - self.width * self.ms_per_cell)
        return replace(self, start_ms=min(max(0.0, self.start_ms), latest))
