"""Silero's own conversion of frame probabilities to speech, after the documentation of ``get_speech_timestamps``.

Speech starts at a frame of at least 0.5. It ends where the probability falls below 0.35 and does not reach 0.5
again for 100 ms. Spans of up to 250 ms are dropped, and the others are extended by 30 ms on either side, or to the
middle of the gap. It looks ahead, so it can judge a recording but not control a call. The package needs torch and
is never imported.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from simulator.activity.model import FRAME_MS


@dataclass(frozen=True, slots=True)
class Reference:
    """The settings of the reference, with its defaults; ms."""

    threshold: float = 0.5
    end_threshold: float = 0.35
    min_speech_ms: int = 250
    min_silence_ms: int = 100
    pad_ms: int = 30


def reference_spans(
    probability: Iterable[float], duration_ms: int, settings: Reference | None = None
) -> list[tuple[float, float]]:
    """Return speech spans in ms for one probability per 32 ms frame."""
    chosen = settings or Reference()
    long_enough = [
        (start, end)
        for start, end in _raw_spans(probability, duration_ms, chosen)
        if end - start > chosen.min_speech_ms
    ]
    return _padded(long_enough, duration_ms, chosen.pad_ms)


def _raw_spans(probability: Iterable[float], duration_ms: int, chosen: Reference) -> list[tuple[float, float]]:
    spans: list[tuple[float, float]] = []
    start: float | None = None
    quiet: float | None = None
    for frame, value in enumerate(probability):
        at = float(frame * FRAME_MS)
        if value >= chosen.threshold:
            quiet = None
            start = at if start is None else start
        elif value < chosen.end_threshold and start is not None:
            quiet = at if quiet is None else quiet
            if at - quiet >= chosen.min_silence_ms:
                spans.append((start, quiet))
                start = quiet = None
    return spans if start is None else [*spans, (start, float(duration_ms))]


def _padded(spans: list[tuple[float, float]], duration_ms: int, pad_ms: int) -> list[tuple[float, float]]:
    padded = [list(span) for span in spans]
    for index, span in enumerate(padded):
        span[0] = max(0.0, span[0] - pad_ms) if index == 0 else span[0]
        if index + 1 == len(padded):
            span[1] = min(float(duration_ms), span[1] + pad_ms)
            continue
        after = padded[index + 1]
        grow = min(pad_ms, (after[0] - span[1]) / 2)
        span[1] += grow
        after[0] -= grow
    return [(start, end) for start, end in padded]
