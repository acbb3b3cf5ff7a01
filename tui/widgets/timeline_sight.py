"""Which of many things a view can show."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from operator import attrgetter, itemgetter
from typing import Protocol, TypeVar

from tui.widgets.timeline_view import View

CROWDED = 2
"""With more things than one to so many cells, one a cell stands for all in it."""


class Stretch(Protocol):
    """Something that lasts."""

    @property
    def start_ms(self) -> int:
        """When it begins."""

    @property
    def end_ms(self) -> int:
        """When it ends."""


_START, _END = attrgetter("start_ms"), attrgetter("end_ms")
_S = TypeVar("_S", bound=Stretch)


def in_sight(stretches: Sequence[_S], view: View) -> Sequence[_S]:
    """Return those of some stretches, one after another, that the view shows a part of.

    Where they are too many to be told apart, some of them: at least one in every cell that has any.
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
    """Return those of some moments, in order of time, that the view shows."""
    return moments[bisect_left(moments, view.start_ms) : bisect_right(moments, view.end_ms)]


def waits_in_sight(waits: Sequence[tuple[int, int]], view: View) -> Sequence[tuple[int, int]]:
    """Return those of some (start, end), one after another, that the view shows a part of."""
    first = bisect_right(waits, view.start_ms, key=itemgetter(1))
    return waits[first : bisect_left(waits, view.end_ms, key=itemgetter(0))]
