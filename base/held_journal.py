"""Unsaved work on disk, so that neither a crash nor a kill loses it.

Each process stores its document in its own file, readable only by its owner and replaced atomically. Beside the
file is a lock that the process holds. The operating system releases the lock when the process dies for any reason,
and a document with a free lock was left behind.
"""

from __future__ import annotations

import contextlib
import secrets
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from base.files import lock_file, make_private_file, write_whole
from base.json_text import json_bytes, parse_json


@dataclass(frozen=True, slots=True)
class LeftBehind:
    """A document that another process left behind, and its file."""

    file: Path
    content: dict[str, Any]

    def forget(self) -> None:
        """Delete it. Raises :class:`OSError`."""
        forget(self.file)


def forget(file: Path) -> None:
    """Delete a document that was left behind. Raises :class:`OSError`."""
    file.unlink(missing_ok=True)
    _lock_of(file).unlink(missing_ok=True)


class HeldJournal:
    """Stores one document under a key, which must be usable in a file name. Thread-safe."""

    def __init__(self, folder: Path, key: str) -> None:
        self._folder = folder
        self._key = key
        self._file = folder / f"{key}.{secrets.token_hex(8)}.json"
        self._lock: IO[bytes] | None = None
        self._guard = threading.Lock()
        self._newest = 0

    def write(self, content: Mapping[str, Any] | None, order: int = 0) -> None:
        """Store the document; ``None`` deletes it. Ignored after a higher ``order``. Raises :class:`OSError`."""
        with self._guard:
            if order < self._newest:
                return
            self._newest = order
            if content is None:
                forget(self._file)
                self._release()
                return
            self._hold()
            write_whole(self._file, json_bytes(content, indent=2))

    def close(self) -> None:
        """Release the lock: a stored document counts as left behind from here."""
        with self._guard:
            self._release()

    def left_behind(self) -> tuple[tuple[LeftBehind, ...], tuple[Path, ...]]:
        """Return the documents under this key that other processes left behind, and the files without one."""
        found, bad = [], []
        for file in sorted(self._folder.glob(f"{self._key}*.json")):
            if file == self._file or not _is_free(_lock_of(file)):
                continue
            try:
                content = parse_json(file.read_text(encoding="utf-8"), file.name)
            except (OSError, ValueError):
                content = None
            if isinstance(content, dict):
                found.append(LeftBehind(file, content))
            else:
                bad.append(file)
        return tuple(found), tuple(bad)

    def _hold(self) -> None:
        if self._lock is None:
            path = _lock_of(self._file)
            make_private_file(path)
            self._lock = path.open("r+b")
            lock_file(self._lock.fileno())

    def _release(self) -> None:
        if self._lock is not None:
            self._lock.close()
            self._lock = None


def _lock_of(file: Path) -> Path:
    return file.with_suffix(".lock")


def _is_free(lock: Path) -> bool:
    """Return whether no living process holds the lock."""
    with contextlib.suppress(FileNotFoundError), lock.open("r+b") as handle:
        return lock_file(handle.fileno())
    return True
