"""Stage 1's output: speech spans with the times at which they were known, and the data for drawing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from base.records import record
from base.samples import Samples

FRAME_SAMPLES = 512
FRAME_MS = 32
"""One frame: 512 samples at 16 kHz."""

NO_MODEL_COMPLETENESS = 0.3
"""Completeness of every pause when no end-of-turn model is used ("silence only")."""


@record
class SpeechStart:
    """Speech began at ``start_ms``, known at ``known_ms``. ``span`` counts from 0."""

    known_ms: int
    start_ms: int
    span: int


@record
class Lull:
    """Inside a span, the caller fell quiet at ``start_ms``; the span may still continue."""

    known_ms: int
    start_ms: int
    span: int


@record
class Resumption:
    """Inside a span, the caller continued after a lull shorter than the gap that ends a span."""

    known_ms: int
    start_ms: int
    span: int


@record
class Laughter:
    """Span ``span``, which began at ``start_ms``, sounds like laughter: the lower ``score_db``, the more so."""

    known_ms: int
    start_ms: int
    span: int
    score_db: float


@record
class LaughterOver:
    """A span that sounded like laughter sounds like words again."""

    known_ms: int
    start_ms: int
    span: int


Evidence = Mapping[str, float | None]
"""An end-of-turn model's evidence, under the model's own names; ``None``: too little audio to measure.

``model``, if present, is the network's own output 0…1, shown beside the completeness.
"""


@dataclass(frozen=True, slots=True)
class Judgement:
    """How finished a turn sounded at a pause, 0…1, and the evidence, if there is any."""

    completeness: float
    evidence: Evidence | None = None


@record
class SpeechEnd:
    """Speech ended at ``end_ms`` (backdated); ``completeness`` 0…1 is how finished the turn sounded.

    ``evidence`` is what the model judged by; ``None`` without an end-of-turn model.
    """

    known_ms: int
    end_ms: int
    span: int
    completeness: float
    evidence: Evidence | None = None


Observation = SpeechStart | Lull | Resumption | Laughter | LaughterOver | SpeechEnd


@dataclass(frozen=True, slots=True)
class SpeechSpan:
    """One span of speech, ms: actual bounds for drawing and measuring, ``*_known_ms`` for deciding."""

    start_ms: int
    start_known_ms: int
    end_ms: int
    end_known_ms: int
    completeness: float
    evidence: Evidence | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Activity:
    """What stage 2 and the drawings need of one recording. It contains no audio.

    ``observations`` are in order of ``known_ms``. Per frame of 32 ms: ``probability`` float32 ``[n]`` in 0…1,
    ``level_db`` float32 ``[n]`` in dBFS, ``envelope`` float32 ``[n, 2]`` with the lowest and highest sample.
    ``end_of_turn_model`` names the model behind the completeness, or is ``"silence only"``. ``sound`` identifies
    the recorded sound independently of the file's name (:class:`~simulator.audio.source.SoundKey`).
    """

    duration_ms: int
    observations: tuple[Observation, ...]
    spans: tuple[SpeechSpan, ...]
    probability: NDArray[np.float32]
    level_db: NDArray[np.float32]
    envelope: NDArray[np.float32]
    end_of_turn_model: str
    voice_model: str
    sound: str

    @property
    def silence_only(self) -> bool:
        """Whether silence alone ended turns, without an end-of-turn model."""
        return self.end_of_turn_model == SILENCE_ONLY


SILENCE_ONLY = "silence only"


def framed(blocks: Iterable[Samples]) -> Iterator[tuple[NDArray[np.float32], int]]:
    """Cut blocks into frames ``[n, 512]`` with the count of real samples; silence pads the last frame."""
    rest = np.zeros(0, np.float32)
    for block in blocks:
        rest = np.concatenate([rest, block])
        whole = len(rest) // FRAME_SAMPLES * FRAME_SAMPLES
        if whole:
            yield rest[:whole].reshape(-1, FRAME_SAMPLES), whole
        rest = rest[whole:]
    if len(rest):
        yield np.pad(rest, (0, FRAME_SAMPLES - len(rest)))[None], len(rest)
