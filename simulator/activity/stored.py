"""An analysis as the bytes of a file, and back. No audio is in it."""

from __future__ import annotations

import io
import math

import numpy as np

from simulator.activity.analyzer import spans_of
from simulator.activity.model import (
    Activity,
    Evidence,
    Lull,
    Observation,
    Resumption,
    SpeechEnd,
    SpeechStart,
)

_KINDS: tuple[type[SpeechStart] | type[Lull] | type[Resumption], ...] = (SpeechStart, Lull, Resumption)
_END = 3
_COLUMNS = 8
_NOTHING = (math.nan,) * 3


def to_bytes(activity: Activity) -> bytes:
    """Return an analysis as the content of an ``npz`` file."""
    file = io.BytesIO()
    np.savez(
        file,
        duration_ms=activity.duration_ms,
        observations=np.array([_row(seen) for seen in activity.observations], np.float64).reshape(-1, _COLUMNS),
        probability=activity.probability,
        level_db=activity.level_db,
        envelope=activity.envelope,
        models=np.array([activity.end_of_turn_model, activity.voice_model]),
    )
    return file.getvalue()


def from_bytes(content: bytes) -> Activity | None:
    """Return the analysis, or ``None`` if the bytes are not one, whole and unharmed."""
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as kept:
            observations = tuple(_observation(row) for row in kept["observations"].tolist())
            return Activity(
                duration_ms=int(kept["duration_ms"]),
                observations=observations,
                spans=spans_of(observations),
                probability=kept["probability"],
                level_db=kept["level_db"],
                envelope=kept["envelope"],
                end_of_turn_model=str(kept["models"][0]),
                voice_model=str(kept["models"][1]),
            )
    except Exception:  # whatever damaged bytes make numpy and zipfile raise
        return None


def _row(seen: Observation) -> tuple[float, ...]:
    if isinstance(seen, SpeechEnd):
        return (_END, seen.known_ms, seen.end_ms, seen.span, seen.completeness, *_evidence_row(seen.evidence))
    return (_KINDS.index(type(seen)), seen.known_ms, seen.start_ms, seen.span, 0.0, *_NOTHING)


def _evidence_row(evidence: Evidence | None) -> tuple[float, ...]:
    if evidence is None:
        return _NOTHING
    return evidence.model, evidence.ending_s, math.nan if evidence.late_pitch is None else evidence.late_pitch


def _observation(row: list[float]) -> Observation:
    kind, known_ms, at_ms, span = (int(value) for value in row[:4])
    if kind == _END:
        return SpeechEnd(known_ms, at_ms, span, row[4], _evidence(*row[5:]))
    return _KINDS[kind](known_ms, at_ms, span)


def _evidence(model: float, ending_s: float, late_pitch: float) -> Evidence | None:
    return None if math.isnan(model) else Evidence(model, ending_s, None if math.isnan(late_pitch) else late_pitch)
