"""The trade-off that is to be expected, whatever the lengths that the hesitations happened to get.

How long a hesitation lasts is not to be heard in it, so each is judged against the lengths of all of them: 60 turns
then tell more about a judge than the dozen of their pauses that are long.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from benchmarks.calibration.heard import HeardPause, Kind
from simulator.audio.what_if import AS_IT_IS
from simulator.measures.turns import CUT_IN_TOLERANCE_MS

Floats = NDArray[np.float64]

_GRID_S = np.arange(0.0, 5.0, 0.01)


class Expected:
    """Pauses under a rule that fires when silence and head start add up; head starts are s, ``[pauses]``."""

    def __init__(self, pauses: Sequence[HeardPause]) -> None:
        self.size = len(pauses)
        turns = {(id(pause.heard), pause.turn): None for pause in pauses}
        place = {turn: index for index, turn in enumerate(turns)}
        self._turn = np.array([place[id(pause.heard), pause.turn] for pause in pauses])
        self._turns = len(turns)
        self._end = np.array([pause.example.kind is Kind.END for pause in pauses])
        self._hesitation = np.array([pause.example.kind is Kind.HESITATION for pause in pauses])
        self._known_s = np.array([(one.pause.ended.known_ms - one.pause.ended.end_ms) / 1000 for one in pauses])
        self._length_s = np.array([(one.pause.until_ms - one.pause.ended.end_ms) / 1000 for one in pauses])
        self._late_s = np.array([(one.pause.ended.end_ms - one.true_end_ms) / 1000 for one in pauses])
        plain = np.array([one.heard.what_if == AS_IT_IS for one in pauses])
        self._lengths = np.sort(self._length_s[self._hesitation & plain])

    def cut_at(self, head_start_s: Floats, silence_s: float) -> float:
        """Return the share of turns cut if silence and head start have to add up to ``silence_s``."""
        fires_s = np.maximum(self._known_s, silence_s - head_start_s)
        longer = 1.0 - np.searchsorted(self._lengths, fires_s, side="right") / len(self._lengths)
        cut = np.where(self._hesitation, longer, fires_s < self._length_s)
        uncut = np.ones(self._turns)
        np.multiply.at(uncut, self._turn[~self._end], 1.0 - cut[~self._end])
        return float(1.0 - uncut.mean())

    def delay_at(self, head_start_s: Floats, silence_s: float) -> float:
        """Return the mean delay, s, of the turns' ends."""
        fires_s = np.maximum(self._known_s, silence_s - head_start_s) + self._late_s
        return float(np.maximum(fires_s[self._end], -CUT_IN_TOLERANCE_MS / 1000).mean())

    def silence_s(self, head_start_s: Floats, budget: float) -> float:
        """Return the shortest silence and head start to ask for that cut no more than ``budget`` of the turns."""
        low, high = 0, len(_GRID_S) - 1
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (low, middle) if self.cut_at(head_start_s, _GRID_S[middle]) <= budget else (middle, high)
        return float(_GRID_S[high])

    def saving(self, head_start_s: Floats, budget: float) -> float:
        """Return how much of silence alone's mean delay is saved at the same cut-in budget, at most 1."""
        nothing = np.zeros(self.size)
        alone_s = self.delay_at(nothing, self.silence_s(nothing, budget))
        return 1.0 - self.delay_at(head_start_s, self.silence_s(head_start_s, budget)) / alone_s
