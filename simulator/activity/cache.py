"""Analyses kept between runs, keyed by audio and method. They contain no audio and may be deleted."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import cache
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path

import numpy as np

from base.files import write_whole
from simulator.activity.analyzer import analyze, spans_of
from simulator.activity.end_of_turn import EndOfTurnModel
from simulator.activity.model import (
    Activity,
    Evidence,
    Laughter,
    LaughterOver,
    Lull,
    Observation,
    Resumption,
    SpeechEnd,
    SpeechStart,
)
from simulator.activity.model_files import silero_sequence_path
from simulator.audio.source import AudioSource
from simulator.kept_files import KeptFiles

_KINDS: tuple[type[SpeechStart] | type[Lull] | type[Resumption] | type[LaughterOver], ...] = (
    SpeechStart,
    Lull,
    Resumption,
    LaughterOver,
)
_END, _LAUGHTER = 8, 9
_COLUMNS = 5

ANALYSES = KeptFiles("analyses", ".npz", 256_000_000)
"""Room for about 120 hours of audio."""


def cached_analysis(
    source: AudioSource, model: EndOfTurnModel, progress: Callable[[float], None] | None = None
) -> Activity:
    """Return the analysis of a file from the cache, or analyse the file and cache the result.

    A cache that cannot be read or written costs time and raises nothing. Raises what
    :func:`~simulator.activity.analyzer.analyze` raises.
    """
    return _kept(source, model, progress, ANALYSES.read, ANALYSES.write)


def analysis_beside(
    source: AudioSource, model: EndOfTurnModel, path: Path, progress: Callable[[float], None] | None = None
) -> Activity:
    """Return the analysis of a file as :func:`cached_analysis` does, with ``path`` as the only cache file."""

    def read(_: str) -> bytes | None:
        try:
            return path.read_bytes()
        except OSError:
            return None

    def write(_: str, content: bytes) -> None:
        with suppress(OSError):  # the next run analyses again
            write_whole(path, content)

    return _kept(source, model, progress, read, write)


def _kept(
    source: AudioSource,
    model: EndOfTurnModel,
    progress: Callable[[float], None] | None,
    read: Callable[[str], bytes | None],
    write: Callable[[str, bytes], object],
) -> Activity:
    """Return what ``read`` has for the same audio and method; otherwise analyse and ``write`` the result."""
    before = _state(source.path)
    key = _key(source, model)
    content = read(key)
    activity = None if content is None else from_bytes(content, key)
    if activity is None:
        activity = analyze(source, model, progress)
        # a file that changed during the analysis no longer matches its key
        if _state(source.path) == before:
            write(key, to_bytes(activity, key))
    return activity


def _key(source: AudioSource, model: EndOfTurnModel) -> str:
    network = "sequence" if silero_sequence_path() else "frame"
    parts = (_method(), network, model.name)
    return hashlib.sha256(f"{source.content_hash()} {parts}".encode()).hexdigest()[:40]


@cache
def _method() -> str:
    """Return a digest of everything but the audio that an analysis depends on: code, constants, libraries.

    The code contains the settings. Model files are pinned by hash, so their names identify them.
    """
    digest = hashlib.sha256()
    for room in ("activity", "audio", "audio/containers"):
        sources = (one for one in (files("simulator") / room).iterdir() if one.name.endswith((".py", ".json")))
        for module in sorted(sources, key=lambda one: one.name):
            digest.update(module.read_bytes())
    digest.update((files("base") / "samples.py").read_bytes())
    for library in ("numpy", "onnxruntime", "soundfile", "soxr"):
        digest.update(f"{library} {version(library)}".encode())
    return digest.hexdigest()


def _state(path: Path) -> tuple[int, int] | None:
    try:
        state = path.stat()
    except OSError:  # the analysis itself reports the error
        return None
    return state.st_mtime_ns, state.st_size


def to_bytes(activity: Activity, key: str = "") -> bytes:
    """Return an analysis as the content of an ``npz`` file. ``key`` identifies the audio and the method."""
    file = io.BytesIO()
    evidence = [seen.evidence for seen in activity.observations if isinstance(seen, SpeechEnd)]
    np.savez(
        file,
        duration_ms=activity.duration_ms,
        observations=np.array([_row(seen) for seen in activity.observations], np.float64).reshape(-1, _COLUMNS),
        probability=activity.probability,
        level_db=activity.level_db,
        envelope=activity.envelope,
        evidence=np.array(json.dumps(evidence)),
        models=np.array([activity.end_of_turn_model, activity.voice_model]),
        sound=np.array(activity.sound),
        key=np.array(key),
    )
    return file.getvalue()


def from_bytes(content: bytes, key: str = "") -> Activity | None:
    """Return the analysis; ``None`` if the bytes are damaged, are no analysis, or have another ``key``."""
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as kept:
            if str(kept["key"]) != key:
                return None
            evidence = iter(json.loads(str(kept["evidence"])))
            observations = tuple(_observation(row, evidence) for row in kept["observations"].tolist())
            return Activity(
                duration_ms=int(kept["duration_ms"]),
                observations=observations,
                spans=spans_of(observations),
                probability=kept["probability"],
                level_db=kept["level_db"],
                envelope=kept["envelope"],
                end_of_turn_model=str(kept["models"][0]),
                voice_model=str(kept["models"][1]),
                sound=str(kept["sound"]),
            )
    except Exception:  # damaged bytes make numpy and zipfile raise many kinds of errors
        return None


def _row(seen: Observation) -> tuple[float, ...]:
    if isinstance(seen, SpeechEnd):
        return (_END, seen.known_ms, seen.end_ms, seen.span, seen.completeness)
    if isinstance(seen, Laughter):
        return (_LAUGHTER, seen.known_ms, seen.start_ms, seen.span, seen.score_db)
    return (_KINDS.index(type(seen)), seen.known_ms, seen.start_ms, seen.span, 0.0)


def _observation(row: list[float], evidence: Iterator[Evidence | None]) -> Observation:
    kind, known_ms, at_ms, span = (int(value) for value in row[:4])
    if kind == _END:
        return SpeechEnd(known_ms, at_ms, span, row[4], next(evidence))
    if kind == _LAUGHTER:
        return Laughter(known_ms, at_ms, span, row[4])
    return _KINDS[kind](known_ms, at_ms, span)
