"""The visible part of the clock, the selected event, and the items that fit into view."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace
from operator import attrgetter, itemgetter
from typing import Protocol, TypeVar

from tui.tune.scene import Scene, SceneMark

CLOSEST_MS_PER_CELL = 10.0
AFAR_MS_PER_CELL = 1500.0
"""With more ms per cell, turns are counted instead of drawn."""
_LENS_MS_PER_CELL = 500.0
ZOOM_STEP = 1.5


@dataclass(frozen=True, slots=True)
class View:
    """``width`` cells, starting at ``start_ms``, of ``ms_per_cell`` each."""

    start_ms: float
    ms_per_cell: float
    width: int

    @classmethod
    def whole(cls, duration_ms: int, width: int) -> View:
        """Show everything."""
        return cls(0.0, max(duration_ms, 1) / max(width, 1), width)

    @classmethod
    def opening(cls, duration_ms: int, width: int) -> View:
        """Show everything, or the beginning of a call that only fits from afar."""
        whole = cls.whole(duration_ms, width)
        return replace(whole, ms_per_cell=_LENS_MS_PER_CELL) if whole.is_afar else whole

    @property
    def is_afar(self) -> bool:
        """Whether turns are counted instead of drawn."""
        return self.ms_per_cell > AFAR_MS_PER_CELL

    @property
    def end_ms(self) -> float:
        """Where the view ends."""
        return self.start_ms + self.width * self.ms_per_cell

    def x(self, t_ms: float) -> float:
        """Return a moment's position in cells, with fractions."""
        return (t_ms - self.start_ms) / self.ms_per_cell

    def t(self, x: float) -> float:
        """Return the moment at a position in cells."""
        return self.start_ms + x * self.ms_per_cell

    def zoomed(self, steps: int, around_ms: float, duration_ms: int) -> View:
        """Zoom in by ``steps`` (negative: out). ``around_ms`` stays in place."""
        widest = max(duration_ms, 1) / max(self.width, 1)
        scale = min(max(self.ms_per_cell / ZOOM_STEP**steps, min(CLOSEST_MS_PER_CELL, widest)), widest)
        start = around_ms - self.x(around_ms) * scale
        return replace(self, start_ms=start, ms_per_cell=scale).within(duration_ms)

    def moved(self, share: float, duration_ms: int) -> View:
        """Pan by a share of the width."""
        return replace(self, start_ms=self.start_ms + share * self.width * self.ms_per_cell).within(duration_ms)

    def showing(self, t_ms: float, duration_ms: int) -> View:
        """Scroll if needed, so that ``t_ms`` is visible."""
        if self.start_ms <= t_ms < self.end_ms:
            return self
        return self.around(t_ms, duration_ms)

    def around(self, t_ms: float, duration_ms: int) -> View:
        """Scroll so that ``t_ms`` is in the middle."""
        return replace(self, start_ms=t_ms - self.width * self.ms_per_cell / 2).within(duration_ms)

    def paged_to(self, t_ms: float, duration_ms: int) -> View:
        """Scroll a page, so that ``t_ms`` is near the left edge."""
        return replace(self, start_ms=t_ms - self.width * self.ms_per_cell / 20).within(duration_ms)

    def within(self, duration_ms: int) -> View:
        """Return the view inside the call."""
        latest = max(0.0, duration_ms - self.width * self.ms_per_cell)
        return replace(self, start_ms=min(max(0.0, self.start_ms), latest))


class EventCursor:
    """Selects one event of one arm, or none. It keeps its position while the scene changes."""

    def __init__(self) -> None:
        self.scene: Scene | None = None
        self.arm = "A"
        self._index: int | None = None

    @property
    def mark(self) -> SceneMark | None:
        """The selected event."""
        marks = self._marks
        return marks[self._index] if self._index is not None and self._index < len(marks) else None

    @property
    def _marks(self) -> tuple[SceneMark, ...]:
        if self.scene is None or not self.scene.lanes:
            return ()
        return self.scene.lane(self.arm).marks

    def drop(self) -> None:
        """Select none."""
        self._index = None

    def leave_arm(self, first: str) -> None:
        """Select none if the selection is in the ``first`` arm: its event is gone."""
        self.arm, self._index = first, None

    def step(self, steps: int, view: View) -> None:
        """Move forward or back through the events. From none, select the first or last visible one."""
        marks = self._marks
        if not marks:
            return
        if self._index is None:
            inside = [i for i, mark in enumerate(marks) if view.start_ms <= mark.t_ms < view.end_ms]
            self._index = (inside or [0])[0 if steps > 0 else -1]
        else:
            self._index = min(max(self._index + steps, 0), len(marks) - 1)

    def go_near(self, arm: str, t_ms: float) -> None:
        """Select the event of an arm that is nearest in time."""
        self.arm = arm
        marks = self._marks
        if marks:
            self._index = min(range(len(marks)), key=lambda index: abs(marks[index].t_ms - t_ms))


CROWDED = 2
"""Above one item per so many cells, one item per cell is drawn for all in it."""


class TimelineStretch(Protocol):
    """An item with a duration."""

    @property
    def start_ms(self) -> int:
        """When it begins."""

    @property
    def end_ms(self) -> int:
        """When it ends."""


_START, _END = attrgetter("start_ms"), attrgetter("end_ms")
_S = TypeVar("_S", bound=TimelineStretch)


def in_sight(stretches: Sequence[_S], view: View) -> Sequence[_S]:
    """Return the consecutive stretches that the view shows a part of.

    If there are too many to tell apart, return some: at least one in every cell that has any.
    """
    first = bisect_left(stretches, view.start_ms, key=_END)
    last = bisect_right(stretches, view.end_ms, key=_START)
    if last - first <= view.width // CROWDED:
        return stretches[first:last]
    found = []
    while first < last:
        found.append(stretches[first])
        reached_ms = view.t(int((stretches[first].end_ms - view.start_ms) / view.ms_per_cell) + 1)
        first = bisect_left(stretches, reached_ms, first + 1, last, key=_END)
    return found


def moments_in_sight(moments: Sequence[int], view: View) -> Sequence[int]:
    """Return the visible moments, which are in order of time."""
    return moments[bisect_left(moments, view.start_ms) : bisect_right(moments, view.end_ms)]


def waits_in_sight(waits: Sequence[tuple[int, int]], view: View) -> Sequence[tuple[int, int]]:
    """Return the visible (start, end) pairs, which are consecutive."""
    first = bisect_right(waits, view.start_ms, key=itemgetter(1))
    return waits[first : bisect_left(waits, view.end_ms, key=itemgetter(0))]
