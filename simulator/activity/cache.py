"""Analyses kept between runs, by what was analysed and with what. They hold no audio and may be deleted."""

from __future__ import annotations

import contextlib
import hashlib
import os
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
from platformdirs import user_cache_path

from simulator.activity.analyzer import TURN_GAP_MS, Completeness, analyze, spans_of
from simulator.activity.model import (
    SILENCE_ONLY,
    Activity,
    Lull,
    Observation,
    Reassessment,
    Resumption,
    SpeechEnd,
    SpeechStart,
)
from simulator.activity.silero import VOICE_MODEL
from simulator.activity.spans import SpanSettings
from simulator.audio.source import AudioSource

MOST_BYTES = 256 << 20
_FORMAT = 2
_KINDS: tuple[type[SpeechStart] | type[Lull] | type[Resumption], ...] = (SpeechStart, Lull, Resumption)
_END = 3
_REASSESSMENT = 4


def cache_folder() -> Path:
    """Return where analyses are kept: ``TURNLAB_CACHE_DIR``, or the platform's cache directory."""
    chosen = os.environ.get("TURNLAB_CACHE_DIR")
    return (Path(chosen) if chosen else user_cache_path("turnlab")) / "analyses"


def cached_analysis(
    source: AudioSource, model: Completeness | None, progress: Callable[[float], None] | None = None
) -> Activity:
    """Return the analysis of a file, from the cache if it is there; otherwise make it and keep it.

    A cache that cannot be read or written costs time, never an error. Raises what
    :func:`~simulator.activity.analyzer.analyze` raises.
    """
    path = cache_folder() / f"{_key(source, model)}.npz"
    activity = _read(path)
    if activity is None:
        activity = analyze(source, model, progress)
        with contextlib.suppress(OSError):
            _write(path, activity)
            _prune(path.parent)
    return activity


def _key(source: AudioSource, model: Completeness | None) -> str:
    parts = (_FORMAT, VOICE_MODEL, model.name if model else SILENCE_ONLY, SpanSettings(), TURN_GAP_MS)
    return hashlib.sha256(f"{source.content_hash()} {parts}".encode()).hexdigest()[:40]


def _write(path: Path, activity: Activity) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle, temporary = tempfile.mkstemp(dir=path.parent, suffix=".partial")
    try:
        with os.fdopen(handle, "wb") as file:
            np.savez(
                file,
                duration_ms=activity.duration_ms,
                observations=np.array([_row(seen) for seen in activity.observations], np.float64).reshape(-1, 5),
                probability=activity.probability,
                level_db=activity.level_db,
                envelope=activity.envelope,
                models=np.array([activity.end_of_turn_model, activity.voice_model]),
            )
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def _read(path: Path) -> Activity | None:
    try:
        with np.load(path, allow_pickle=False) as kept:
            observations = tuple(_observation(row) for row in kept["observations"].tolist())
            activity = Activity(
                duration_ms=int(kept["duration_ms"]),
                observations=observations,
                spans=spans_of(observations),
                probability=kept["probability"],
                level_db=kept["level_db"],
                envelope=kept["envelope"],
                end_of_turn_model=str(kept["models"][0]),
                voice_model=str(kept["models"][1]),
            )
        os.utime(path)
    except Exception:  # whatever a damaged file makes numpy and zipfile raise
        return None
    return activity


def _row(seen: Observation) -> tuple[float, ...]:
    if isinstance(seen, SpeechEnd):
        return (_END, seen.known_ms, seen.end_ms, seen.span, seen.completeness)
    if isinstance(seen, Reassessment):
        return (_REASSESSMENT, seen.known_ms, 0, seen.span, seen.completeness)
    return (_KINDS.index(type(seen)), seen.known_ms, seen.start_ms, seen.span, 0.0)


def _observation(row: list[float]) -> Observation:
    kind, known_ms, at_ms, span = (int(value) for value in row[:4])
    if kind == _REASSESSMENT:
        return Reassessment(known_ms, span, row[4])
    return SpeechEnd(known_ms, at_ms, span, row[4]) if kind == _END else _KINDS[kind](known_ms, at_ms, span)


def _prune(folder: Path) -> None:
    """Delete the analyses not used for longest until the cache is within its size."""
    kept = sorted((path.stat().st_mtime, path.stat().st_size, path) for path in folder.glob("*.npz"))
    excess = sum(size for _, size, _ in kept) - MOST_BYTES
    for _, size, path in kept:
        if excess <= 0:
            return
        path.unlink(missing_ok=True)
        excess -= size
