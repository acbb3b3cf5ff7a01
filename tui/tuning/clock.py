"""One clock for two arms whose calls took different lengths.

Under elastic replay the caller answers the agent, so after one slower answer everything in that arm lies later.
Side by side on their own clocks the arms drift apart and nothing can be compared. Here both are lined up at the
start of every stretch of caller audio: within a stretch a second is a second, and the arm that is through with it
sooner waits for the other. The caller's audio then lies at the same place for both.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise

from simulator.replay import Played


@dataclass(frozen=True, slots=True)
class ArmClock:
    """Where an arm's own times (ms) lie on the shared clock: stretch by stretch, shifted as a whole."""

    own_starts: tuple[int, ...]
    shared_starts: tuple[int, ...]
    own_end: int

    def at(self, own_ms: int) -> int:
        """Return where a moment of the arm lies on the shared clock."""
        index = max(bisect_right(self.own_starts, own_ms) - 1, 0)
        return self.shared_starts[index] + own_ms - self.own_starts[index]

    def until(self, own_ms: int) -> int:
        """Return where something that ends at ``own_ms`` ends: before the wait that may follow it."""
        index = max(bisect_left(self.own_starts, own_ms) - 1, 0)
        return self.shared_starts[index] + own_ms - self.own_starts[index]

    def waits(self) -> tuple[tuple[int, int], ...]:
        """Return the stretches of the shared clock in which this arm waits for the other, as (start, end)."""
        found = []
        ends = (*self.own_starts[1:], self.own_end)
        after = (*self.shared_starts[1:], self.shared_starts[-1] + self.own_end - self.own_starts[-1])
        for own, shared, own_end, shared_end in zip(self.own_starts, self.shared_starts, ends, after, strict=True):
            reached = shared + own_end - own
            if reached < shared_end:
                found.append((reached, shared_end))
        return tuple(found)


def align(a: Played, b: Played) -> tuple[ArmClock, ArmClock, int]:
    """Return both arms' clocks and the length of the shared one, in ms."""
    starts_a, starts_b = _starts(a), _starts(b)
    if len(starts_a) != len(starts_b):
        # Different stretches cannot be paired; each arm then keeps its own time.
        return ArmClock((0,), (0,), a.duration_ms), ArmClock((0,), (0,), b.duration_ms), _longest(a, b)
    lengths_a, lengths_b = _lengths(starts_a, a.duration_ms), _lengths(starts_b, b.duration_ms)
    lengths = [max(pair) for pair in zip(lengths_a, lengths_b, strict=True)]
    shared = (0, *accumulate(lengths))
    clocks = (
        ArmClock(starts_a, shared[:-1], a.duration_ms),
        ArmClock(starts_b, shared[:-1], b.duration_ms),
    )
    return *clocks, shared[-1]


def _longest(a: Played, b: Played) -> int:
    return max(a.duration_ms, b.duration_ms)


def _starts(played: Played) -> tuple[int, ...]:
    starts = [place.start_ms + place.shift_ms for place in played.placements]
    return tuple(starts) if starts and starts[0] == 0 else (0, *starts)


def _lengths(starts: Sequence[int], end_ms: int) -> list[int]:
    return [after - before for before, after in pairwise((*starts, max(end_ms, starts[-1])))]
