"""One clock for arms whose calls took different lengths.

Under elastic replay the caller answers the agent, so after one slower answer everything in that arm lies later.
Side by side on their own clocks the arms drift apart and nothing can be compared. Here both are lined up at the
start of every stretch of caller audio: within a stretch a second is a second, and the arm that is through with it
sooner waits for the slowest. The caller's audio then lies at the same place for all.
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

    def own(self, shared_ms: float) -> int:
        """Return the arm's own time at a moment of the shared clock; while it waits, when its wait began."""
        index = max(bisect_right(self.shared_starts, shared_ms) - 1, 0)
        own_ms = self.own_starts[index] + int(shared_ms) - self.shared_starts[index]
        ends = (*self.own_starts[1:], self.own_end)
        return max(min(own_ms, ends[index]), 0)

    def until(self, own_ms: int) -> int:
        """Return where something that ends at ``own_ms`` ends: before the wait that may follow it."""
        index = max(bisect_left(self.own_starts, own_ms) - 1, 0)
        return self.shared_starts[index] + own_ms - self.own_starts[index]

    def waits(self) -> tuple[tuple[int, int], ...]:
        """Return the stretches of the shared clock in which this arm waits for another, as (start, end)."""
        found = []
        ends = (*self.own_starts[1:], self.own_end)
        after = (*self.shared_starts[1:], self.shared_starts[-1] + self.own_end - self.own_starts[-1])
        for own, shared, own_end, shared_end in zip(self.own_starts, self.shared_starts, ends, after, strict=True):
            reached = shared + own_end - own
            if reached < shared_end:
                found.append((reached, shared_end))
        return tuple(found)


def align(*arms: Played) -> tuple[tuple[ArmClock, ...], int]:
    """Return the arms' clocks in order, and the length of the shared one, in ms."""
    starts = [_starts(played) for played in arms]
    if len({len(found) for found in starts}) > 1:
        # Different stretches cannot be paired; each arm then keeps its own time.
        return tuple(ArmClock((0,), (0,), played.duration_ms) for played in arms), max(p.duration_ms for p in arms)
    own_lengths = [_lengths(found, played.duration_ms) for found, played in zip(starts, arms, strict=True)]
    lengths = [max(found) for found in zip(*own_lengths, strict=True)]
    shared = (0, *accumulate(lengths))
    clocks = tuple(
        ArmClock(found, shared[:-1], played.duration_ms) for found, played in zip(starts, arms, strict=True)
    )
    return clocks, shared[-1]


def _starts(played: Played) -> tuple[int, ...]:
    starts = [place.start_ms + place.shift_ms for place in played.placements]
    return tuple(starts) if starts and starts[0] == 0 else (0, *starts)


def _lengths(starts: Sequence[int], end_ms: int) -> list[int]:
    return [after - before for before, after in pairwise((*starts, max(end_ms, starts[-1])))]
