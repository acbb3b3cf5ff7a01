"""A recording while it is made: samples and events go to disk as they come, so that a crash costs little.

Two files stand for it until it is done: ``NAME.live``, 16-bit little-endian samples at 16 kHz, and
``NAME.live.jsonl``, a line for what it is and one for each event. Every write goes to the system at once, so
killing the process loses nothing that was written; a machine that loses its power may lose what the system had not
yet stored. The samples' file is locked while its recorder lives, where the platform knows locks, so that another
process takes up only what was left behind.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import numpy as np

from simulator.audio.samples import SAMPLE_RATE, Samples
from simulator.whole_file import make_private_folder

SAMPLES_SUFFIX = ".live"
EVENTS_SUFFIX = ".live.jsonl"

_BYTES = 2


class Journal:
    """A recording under way. Everything raises :class:`OSError` where the disk does."""

    def __init__(self, folder: Path, stem: str, about: dict[str, Any]) -> None:
        make_private_folder(folder)
        self.stem, number = stem, 1
        while True:
            try:
                self.path = folder / f"{self.stem}{SAMPLES_SUFFIX}"
                self._samples = _new(self.path)
                break
            except FileExistsError:
                number += 1
                self.stem = f"{stem}-{number}"
        _lock(self._samples)
        self._events = _new(folder / f"{self.stem}{EVENTS_SUFFIX}")
        self.count = 0
        """How many samples it holds."""
        self.write_event(about)

    def write(self, samples: Samples) -> None:
        """Add samples, float32 ``[n]`` in -1…1."""
        heights = np.clip(np.rint(samples * np.float32(32768.0)), -32768, 32767).astype("<i2")
        _write(self._samples, heights.tobytes())
        self.count += len(samples)

    def write_event(self, event: dict[str, Any]) -> None:
        """Add an event; its times are the recording's own, in seconds."""
        _write(self._events, json.dumps(event).encode() + b"\n")

    @property
    def seconds(self) -> float:
        """How long it is so far."""
        return self.count / SAMPLE_RATE

    def close(self) -> None:
        """Let go of the files, which stay."""
        for handle in (self._samples, self._events):
            with suppress(OSError):
                os.close(handle)


def read_events(samples: Path) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Return what a journal says it is, and its events; half a line at its end or a lost file is passed over."""
    lines: list[dict[str, Any]] = []
    with suppress(OSError):
        for line in (samples.parent / f"{samples.stem}{EVENTS_SUFFIX}").read_bytes().splitlines():
            with suppress(ValueError):
                found = json.loads(line)
                if isinstance(found, dict):
                    lines.append(found)
    return (lines[0], lines[1:]) if lines else ({}, [])


def forget(samples: Path) -> None:
    """Delete a journal's files."""
    (samples.parent / f"{samples.stem}{EVENTS_SUFFIX}").unlink(missing_ok=True)
    samples.unlink(missing_ok=True)


@contextmanager
def left_behind(samples: Path) -> Iterator[bool]:
    """Hold a journal's lock and tell whether it was to be had: not while its recorder lives."""
    try:
        handle = os.open(samples, os.O_RDWR)
    except OSError:
        yield False
        return
    try:
        yield _lock(handle)
    finally:
        os.close(handle)


def _new(path: Path) -> int:
    return os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_APPEND, 0o600)


def _write(handle: int, content: bytes) -> None:
    while content:
        content = content[os.write(handle, content) :]


def _lock(handle: int) -> bool:
    try:
        import fcntl
    except ImportError:  # Windows refuses to open the file twice by itself
        return True
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
