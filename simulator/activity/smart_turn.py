"""Smart Turn: how a turn sounds at its end, from the sound alone."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from base.samples import Samples
from simulator.activity.log_mel import log_mel
from simulator.activity.models import open_session

_STATES = "layer_norm_8"
_ENDING = slice(-35, -10)
"""The half second before the 200 ms of silence after which the model is asked."""


class Sound(NamedTuple):
    """What a turn sounds like: the model's own completeness 0…1, and its description of the ending, ``[384]``."""

    completeness: float
    ending: NDArray[np.float64]


class SmartTurn:
    """Smart Turn v3.2: a Whisper-tiny encoder with a completeness head; its output is already a probability.

    With ``late`` the file is opened when it is first asked, which takes 70 ms and may raise
    :class:`~simulator.errors.ModelError`; otherwise at once. It may be pickled: another process opens its own.
    """

    name = "smart-turn v3.2"

    def __init__(self, path: Path, *, late: bool = False) -> None:
        self._path = path
        if not late:
            _session(path)

    def hear(self, samples: Samples) -> Sound:
        """Return what the turn so far, float32 ``[n]`` at 16 kHz up to this pause, sounds like.

        ``ending`` is the mean of the encoder's last states over the last half second of speech. The model's own
        head makes less of them than :mod:`simulator.activity.calibration` does.
        """
        features = log_mel(samples)[None]
        output, states = _session(self._path).run(["logits", _STATES], {"input_features": features})
        ending = states[0, _ENDING].mean(axis=0, dtype=np.float64)
        return Sound(float(np.clip(output[0, 0], 0.0, 1.0)), ending)


@cache
def _session(path: Path) -> Any:
    return open_session(path, inner=_STATES)
