"""Unsaved drafts on disk, so that neither a crash nor a kill takes one along.

A draft is one file of its own in the data folder, readable by its owner only and replaced in one step. Beside it
lies a lock that the writing process holds: the operating system lets go of it when the process dies, however it
does, and a draft whose lock is free was left behind.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import secrets
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import IO, Any

from base.files import write_private
from base.folders import drafts_folder
from presets.config import VoiceConfig, load

try:
    import fcntl
except ImportError:  # pragma: no cover  (Windows: no locks, so a draft of another running Turnlab is offered too)
    fcntl = None  # type: ignore[assignment]

VERSION = 1


@dataclass(frozen=True, slots=True)
class KeptDraft:
    """A draft that a process left behind: what it started from, what it came to, and when that was."""

    file: Path
    began: VoiceConfig
    config: VoiceConfig
    at: datetime

    def forget(self) -> None:
        """Delete it. Raises :class:`OSError`."""
        self.file.unlink(missing_ok=True)
        _lock_of(self.file).unlink(missing_ok=True)


class Journal:
    """Keeps one draft of one service (or the free draft: an empty id) of one connection. Thread-safe."""

    def __init__(self, connection: str, service_id: str, folder: Path | None = None) -> None:
        self._folder = folder or drafts_folder()
        self._about = {"connection": connection, "service": service_id}
        self._key = hashlib.sha256(f"{connection}\n{service_id}".encode()).hexdigest()[:16]
        self._file = self._folder / f"{self._key}.{secrets.token_hex(8)}.json"
        self._lock: IO[str] | None = None
        self._guard = threading.Lock()
        self._newest = 0

    def write(self, began: VoiceConfig, config: VoiceConfig, order: int = 0) -> None:
        """Keep the draft; one equal to what it began from needs no keeping and is deleted.

        A write that comes after one of a higher ``order`` does nothing. Raises :class:`OSError`.
        """
        with self._guard:
            if order < self._newest:
                return
            self._newest = order
            if config == began:
                self._delete()
                return
            self._hold()
            kept = {
                "version": VERSION,
                **self._about,
                "at": datetime.now(UTC).isoformat(timespec="seconds"),
                "began": began.set_values(),
                "draft": config.set_values(),
            }
            text = json.dumps(kept, ensure_ascii=False, indent=2) + "\n"
            write_private(self._file, text.encode(), replace=True)

    def close(self) -> None:
        """Let go of the draft; what is kept is offered the next time."""
        with self._guard:
            self._release()

    def left_behind(self) -> tuple[tuple[KeptDraft, ...], tuple[Path, ...]]:
        """Return the drafts that other processes left behind, newest first, and the files that cannot be read."""
        found, bad = [], []
        for file in sorted(self._folder.glob(f"{self._key}.*.json")):
            if file == self._file or not _is_free(_lock_of(file)):
                continue
            try:
                found.append(_read(file))
            except (OSError, ValueError, KeyError, TypeError):
                bad.append(file)
        return tuple(sorted(found, key=lambda kept: kept.at, reverse=True)), tuple(bad)

    def _hold(self) -> None:
        if self._lock is None:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            handle = os.open(_lock_of(self._file), os.O_RDWR | os.O_CREAT, 0o600)
            self._lock = os.fdopen(handle, "r+")
            if fcntl is not None:
                fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)

    def _delete(self) -> None:
        self._file.unlink(missing_ok=True)
        _lock_of(self._file).unlink(missing_ok=True)
        self._release()

    def _release(self) -> None:
        if self._lock is not None:
            self._lock.close()
            self._lock = None


@dataclass(slots=True)
class Keeping:
    """How the draft of one sitting is kept, for all screens that show it."""

    journal: Journal
    offered: bool = False
    """Whether what was left behind by others was offered."""
    told_of_failure: bool = False
    _turns: Iterator[int] = field(default_factory=lambda: count(1))

    def turn(self) -> int:
        """Return the order of a write that is asked for now: higher than all before."""
        return next(self._turns)


def _lock_of(file: Path) -> Path:
    return file.with_suffix(".lock")


def _is_free(lock: Path) -> bool:
    """Whether no living process holds the lock."""
    if fcntl is None:
        return True
    with contextlib.suppress(FileNotFoundError), lock.open("r+") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
    return True


def _read(file: Path) -> KeptDraft:
    raw: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    began, _ = load(raw["began"])
    config, _ = load(raw["draft"])
    return KeptDraft(file, began, config, datetime.fromisoformat(raw["at"]))
