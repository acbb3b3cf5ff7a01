"""Unsaved drafts on disk, so that a crash or a kill does not lose them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any

from base import held_journal
from base.files import write_whole
from base.folders import drafts_folder
from base.held_journal import HeldJournal, LeftBehind
from base.json_text import json_bytes, parse_json
from presets.config import VoiceConfig, load
from tui.tune.arms import ComparisonArm

VERSION = 1


@dataclass(frozen=True, slots=True)
class KeptDraft:
    """A draft that a process left: its start, its last state, and its time."""

    file: Path
    began: VoiceConfig
    config: VoiceConfig
    at: datetime
    note: str = ""
    """A note on the draft, such as what a sweep confirmed."""

    def forget(self) -> None:
        """Delete it. Raises :class:`OSError`."""
        held_journal.forget(self.file)


class DraftJournal:
    """Stores one draft of one service (or the free draft: an empty id) of one connection. Thread-safe."""

    def __init__(self, connection: str, service_id: str) -> None:
        self._about = {"connection": connection, "service": service_id}
        self._held = HeldJournal(drafts_folder(), _key(connection, service_id))

    def write(self, began: VoiceConfig, config: VoiceConfig, order: int = 0, note: str = "") -> None:
        """Store the draft and its note. A draft equal to its start is deleted instead.

        A write after one of a higher ``order`` does nothing. Raises :class:`OSError`.
        """
        kept = {
            "version": VERSION,
            **self._about,
            "at": datetime.now(UTC).isoformat(timespec="seconds"),
            "began": began.set_values(),
            "draft": config.set_values(),
            "note": note,
        }
        self._held.write(None if config == began else kept, order)

    def close(self) -> None:
        """Stop storing the draft. The stored one is offered the next time."""
        self._held.close()

    def left_behind(self) -> tuple[tuple[KeptDraft, ...], tuple[Path, ...]]:
        """Return the drafts that other processes left, newest first, and the unreadable files."""
        files, unreadable = self._held.left_behind()
        found, bad = [], list(unreadable)
        for one in files:
            try:
                found.append(_read(one))
            except (ValueError, KeyError, TypeError):
                bad.append(one.file)
        return tuple(sorted(found, key=lambda kept: kept.at, reverse=True)), tuple(bad)


def keep_arms(connection: str, service_id: str, arms: Sequence[ComparisonArm], baseline: int) -> None:
    """Store the arms of a service's draft for the next start. Raises :class:`OSError`.

    ``baseline`` is the position of the arm that the others are compared with.
    """
    kept = [
        {
            "name": arm.name,
            "description": arm.description,
            "config": arm.config.set_values() if arm.config is not None else None,
            "is_draft": arm.is_draft,
            "held": arm.held.set_values() if arm.held is not None else None,
        }
        for arm in arms
    ]
    content = {"version": VERSION, "baseline": baseline, "arms": kept}
    write_whole(_arms_file(connection, service_id), json_bytes(content, indent=2))


def kept_arms(connection: str, service_id: str) -> tuple[list[ComparisonArm], int]:
    """Return the stored arms, and the position of the baseline. Empty if there are none that can be read."""
    file = _arms_file(connection, service_id)
    try:
        content = parse_json(file.read_text(encoding="utf-8"), file.name)
        arms = [
            ComparisonArm(
                str(one["name"]),
                str(one["description"]),
                _config(one["config"]),
                one["is_draft"] is True,
                _config(one["held"]),
            )
            for one in content["arms"]
        ]
        return arms, int(content.get("baseline", 1))
    except (OSError, ValueError, KeyError, TypeError):
        return [], 1


def _config(values: dict[str, Any] | None) -> VoiceConfig | None:
    return None if values is None else load(values)[0]


def _arms_file(connection: str, service_id: str) -> Path:
    return drafts_folder() / f"arms-{_key(connection, service_id)}.json"


def _key(connection: str, service_id: str) -> str:
    return hashlib.sha256(f"{connection}\n{service_id}".encode()).hexdigest()[:16]


@dataclass(slots=True)
class Keeping:
    """How the draft of one session is stored, for all screens that show it."""

    journal: DraftJournal
    offered: bool = False
    """Whether earlier drafts of other processes were offered."""
    failure_reported: bool = False
    _turns: Iterator[int] = field(default_factory=lambda: count(1))

    def turn(self) -> int:
        """Return the order of a write that is requested now: higher than all before."""
        return next(self._turns)


def _read(one: LeftBehind) -> KeptDraft:
    began, _ = load(one.content["began"])
    config, _ = load(one.content["draft"])
    at = datetime.fromisoformat(one.content["at"])
    return KeptDraft(one.file, began, config, at, str(one.content.get("note", "")))
