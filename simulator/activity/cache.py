"""Analyses kept between runs, by what was analysed and with what. They hold no audio and may be deleted."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import cache
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path

from simulator.activity.analyzer import Completeness, analyze
from simulator.activity.model import SILENCE_ONLY, Activity
from simulator.activity.models import silero_sequence_path
from simulator.activity.stored import from_bytes, to_bytes
from simulator.audio.source import AudioSource
from simulator.kept_files import KeptFiles

ANALYSES = KeptFiles("analyses", ".npz", 256_000_000)
"""About 120 hours of audio fit."""


def cached_analysis(
    source: AudioSource, model: Completeness | None, progress: Callable[[float], None] | None = None
) -> Activity:
    """Return the analysis of a file, from the cache if it is there; otherwise make it and keep it.

    A cache that cannot be read or written costs time, never an error. Raises what
    :func:`~simulator.activity.analyzer.analyze` raises.
    """
    before = _state(source.path)
    key = _key(source, model)
    content = ANALYSES.read(key)
    activity = None if content is None else from_bytes(content)
    if activity is None:
        activity = analyze(source, model, progress)
        # what changed while it was read is not what its key was made of
        if _state(source.path) == before:
            ANALYSES.write(key, to_bytes(activity))
    return activity


def _key(source: AudioSource, model: Completeness | None) -> str:
    network = "sequence" if silero_sequence_path() else "frame"
    parts = (_method(), network, model.name if model else SILENCE_ONLY)
    return hashlib.sha256(f"{source.content_hash()} {parts}".encode()).hexdigest()[:40]


@cache
def _method() -> str:
    """Return a digest of all that an analysis depends on besides the audio: our code, its constants, libraries.

    The settings are in the code, and the models are known by name because no file but the expected one is used.
    """
    digest = hashlib.sha256()
    for room in ("activity", "audio", "audio/containers"):
        sources = (one for one in (files("simulator") / room).iterdir() if one.name.endswith((".py", ".json")))
        for module in sorted(sources, key=lambda one: one.name):
            digest.update(module.read_bytes())
    for library in ("numpy", "onnxruntime", "soundfile", "soxr"):
        digest.update(f"{library} {version(library)}".encode())
    return digest.hexdigest()


def _state(path: Path) -> tuple[int, int] | None:
    try:
        state = path.stat()
    except OSError:  # reading it will tell
        return None
    return state.st_mtime_ns, state.st_size
