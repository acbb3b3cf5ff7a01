"""Analyses kept between runs, by what was analysed and with what. They hold no audio and may be deleted.

Several processes may share the folder: a file appears whole, a reader takes it in one gulp, and whoever finds
another process has deleted or replaced it first goes on without.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path

from platformdirs import user_cache_path

from simulator.activity.analyzer import Completeness, analyze
from simulator.activity.model import SILENCE_ONLY, Activity
from simulator.activity.models import silero_sequence_path
from simulator.activity.stored import from_bytes, to_bytes
from simulator.audio.source import AudioSource
from simulator.whole_file import PARTIAL, write_whole

MOST_BYTES = 256_000_000
"""How large the cache may grow: analyses of about 120 hours of audio."""

_SUFFIX = ".npz"


@dataclass(frozen=True, slots=True)
class Kept:
    """What the cache holds."""

    folder: Path
    entries: int
    size: int


def cache_folder() -> Path:
    """Return where analyses are kept: ``TURNLAB_CACHE_DIR``, or the platform's cache directory."""
    chosen = os.environ.get("TURNLAB_CACHE_DIR")
    return (Path(chosen) if chosen else user_cache_path("turnlab", appauthor=False)) / "analyses"


def cached_analysis(
    source: AudioSource, model: Completeness | None, progress: Callable[[float], None] | None = None
) -> Activity:
    """Return the analysis of a file, from the cache if it is there; otherwise make it and keep it.

    A cache that cannot be read or written costs time, never an error. Raises what
    :func:`~simulator.activity.analyzer.analyze` raises.
    """
    before = _state(source.path)
    path = cache_folder() / f"{_key(source, model)}{_SUFFIX}"
    activity = _read(path)
    if activity is None:
        activity = analyze(source, model, progress)
        # what changed while it was read is not what its key was made of
        if _state(source.path) == before:
            with contextlib.suppress(OSError):
                _write(path, activity)
    return activity


def kept() -> Kept:
    """Return what the cache holds now."""
    entries = _entries(cache_folder())
    return Kept(cache_folder(), len(entries), sum(size for _, size, _ in entries))


def clear() -> Kept:
    """Delete what the cache holds and return what is left: nothing, unless other processes go on using it.

    Raises :class:`OSError` if it may not be deleted.
    """
    for pattern in (f"*{_SUFFIX}", f"*{PARTIAL}"):
        for path in cache_folder().glob(pattern):
            path.unlink(missing_ok=True)
    return kept()


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
    for room in ("activity", "audio"):
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


def _read(path: Path) -> Activity | None:
    try:
        content = path.read_bytes()
    except OSError:
        return None
    with contextlib.suppress(OSError):  # a cache that is only readable is one all the same
        os.utime(path)
    return from_bytes(content)


def _write(path: Path, activity: Activity) -> None:
    write_whole(path, to_bytes(activity))
    if path.parent.stat().st_mode & 0o077:
        path.parent.chmod(0o700)
    _prune(path.parent)


def _prune(folder: Path) -> None:
    """Delete the analyses not used for longest until the cache is within its size."""
    entries = sorted(_entries(folder))
    excess = sum(size for _, size, _ in entries) - MOST_BYTES
    for _, size, path in entries:
        if excess <= 0:
            return
        with contextlib.suppress(OSError):
            path.unlink(missing_ok=True)
            excess -= size


def _entries(folder: Path) -> list[tuple[float, int, Path]]:
    """Return when each analysis was last used, its size and its path."""
    found = []
    for path in folder.glob(f"*{_SUFFIX}"):
        with contextlib.suppress(OSError):  # deleted by another process just now
            state = path.stat()
            found.append((state.st_mtime, state.st_size, path))
    return found
