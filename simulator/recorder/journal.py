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

from base.files import free_stem, lock_file, make_private_folder
from base.samples import SAMPLE_RATE, Samples, to_pcm16

SAMPLES_SUFFIX = ".live"
EVENTS_SUFFIX = ".live.jsonl"


class Journal:
    """A recording under way. Everything raises :class:`OSError` where the disk does.

    ``stem`` is what it would like to be called; it takes no name that another recording has.
    """

    def __init__(self, folder: Path, stem: str, about: dict[str, Any]) -> None:
        make_private_folder(folder)
        self.path, self._samples = _begin(folder, stem)
        self._handles = [self._samples]
        self.count = 0
        """How many samples it holds."""
        try:
            self._events = _new(_events_of(self.path))
            self._handles.append(self._events)
            self.write_event(about)
        except BaseException:
            forget(self.path)
            self.close()
            raise

    def write(self, samples: Samples) -> None:
        """Add samples, float32 ``[n]`` in -1…1."""
        _write(self._samples, to_pcm16(samples).tobytes())
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
        while self._handles:
            with suppress(OSError):
                os.close(self._handles.pop())


def read_events(samples: Path) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Return what a journal says it is, and its events; half a line at its end or a lost file is passed over."""
    lines: list[dict[str, Any]] = []
    with suppress(OSError):
        for line in _events_of(samples).read_bytes().splitlines():
            with suppress(ValueError):
                found = json.loads(line)
                if isinstance(found, dict):
                    lines.append(found)
    return (lines[0], lines[1:]) if lines else ({}, [])


def forget(samples: Path) -> None:
    """Delete a journal's files."""
    _events_of(samples).unlink(missing_ok=True)
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
        yield lock_file(handle)
    finally:
        os.close(handle)


def _begin(folder: Path, stem: str) -> tuple[Path, int]:
    """Return a new file for samples under a name of its own, and its descriptor, locked."""
    while True:
        path = folder / f"{free_stem(folder, stem)}{SAMPLES_SUFFIX}"
        try:
            handle = _new(path)
        except FileExistsError:  # another session took the name just now
            continue
        if lock_file(handle):
            return path, handle
        os.close(handle)  # another process took it for one that was left behind, and deletes it


def _new(path: Path) -> int:
    return os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_APPEND, 0o600)


def _events_of(samples: Path) -> Path:
    return samples.parent / f"{samples.stem}{EVENTS_SUFFIX}"


def _write(handle: int, content: bytes) -> None:
    while content:
        content = content[os.write(handle, content) :]
