"""Unsaved drafts on disk, so that neither a crash nor a kill takes one along."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

from base import held_journal
from base.folders import drafts_folder
from base.held_journal import HeldJournal, LeftBehind
from presets.config import VoiceConfig, load

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
        held_journal.forget(self.file)


class Journal:
    """Keeps one draft of one service (or the free draft: an empty id) of one connection. Thread-safe."""

    def __init__(self, connection: str, service_id: str) -> None:
        self._about = {"connection": connection, "service": service_id}
        key = hashlib.sha256(f"{connection}\n{service_id}".encode()).hexdigest()[:16]
        self._held = HeldJournal(drafts_folder(), key)

    def write(self, began: VoiceConfig, config: VoiceConfig, order: int = 0) -> None:
        """Keep the draft; one equal to what it began from needs no keeping and is deleted.

        A write that comes after one of a higher ``order`` does nothing. Raises :class:`OSError`.
        """
        kept = {
            "version": VERSION,
            **self._about,
            "at": datetime.now(UTC).isoformat(timespec="seconds"),
            "began": began.set_values(),
            "draft": config.set_values(),
        }
        self._held.write(None if config == began else kept, order)

    def close(self) -> None:
        """Stop keeping the draft; what is kept is offered the next time."""
        self._held.close()

    def left_behind(self) -> tuple[tuple[KeptDraft, ...], tuple[Path, ...]]:
        """Return the drafts that other processes left behind, newest first, and the files that cannot be read."""
        files, unreadable = self._held.left_behind()
        found, bad = [], list(unreadable)
        for one in files:
            try:
                found.append(_read(one))
            except (ValueError, KeyError, TypeError):
                bad.append(one.file)
        return tuple(sorted(found, key=lambda kept: kept.at, reverse=True)), tuple(bad)


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


def _read(one: LeftBehind) -> KeptDraft:
    began, _ = load(one.content["began"])
    config, _ = load(one.content["draft"])
    return KeptDraft(one.file, began, config, datetime.fromisoformat(one.content["at"]))
