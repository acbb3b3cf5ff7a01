"""Voice activity against labelled speech, counted in frames."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simulator.activity.model import FRAME_MS


@dataclass(frozen=True, slots=True)
class FrameScore:
    """Frames of 32 ms: in labelled and detected speech, only detected, only labelled."""

    both: int = 0
    only_detected: int = 0
    only_labelled: int = 0

    def __add__(self, other: FrameScore) -> FrameScore:
        return FrameScore(
            self.both + other.both,
            self.only_detected + other.only_detected,
            self.only_labelled + other.only_labelled,
        )

    @property
    def precision(self) -> float | None:
        """The share of detected frames that are labelled; ``None`` if nothing was detected."""
        return _share(self.both, self.both + self.only_detected)

    @property
    def recall(self) -> float | None:
        """The share of labelled frames that were detected; ``None`` if nothing is labelled."""
        return _share(self.both, self.both + self.only_labelled)

    @property
    def f1(self) -> float | None:
        """The harmonic mean of precision and recall."""
        return _share(2 * self.both, 2 * self.both + self.only_detected + self.only_labelled)

    def to_json(self) -> dict[str, Any]:
        """Return the score as scripts see it."""
        shares = {"precision": self.precision, "recall": self.recall, "f1": self.f1}
        return {
            **{name: None if share is None else round(share, 4) for name, share in shares.items()},
            "frames": {
                "both": self.both,
                "only_detected": self.only_detected,
                "only_labelled": self.only_labelled,
            },
        }


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def score_frames(
    detected_ms: Iterable[tuple[float, float]], labelled_s: Sequence[tuple[float, float]], frames: int
) -> FrameScore:
    """Compare detected spans, ms, with labelled ones, s, over ``frames`` frames; a frame is what its middle is."""
    ours = _marked(detected_ms, frames)
    truth = _marked(((start * 1000, end * 1000) for start, end in labelled_s), frames)
    return FrameScore(int((ours & truth).sum()), int((ours & ~truth).sum()), int((~ours & truth).sum()))


def _marked(spans_ms: Iterable[tuple[float, float]], frames: int) -> NDArray[np.bool_]:
    middles = (np.arange(frames) + 0.5) * FRAME_MS
    marked = np.zeros(frames, np.bool_)
    for start_ms, end_ms in spans_ms:
        marked |= (middles >= start_ms) & (middles < end_ms)
    return marked
