"""A journal of the settings a sweep has tried, so that a killed sweep continues where it was.

It has one line per setting, appended in one write; a line cut short by a kill is dropped. The file's name is a hash
of the sweep's inputs, so another sweep never continues it.
"""

from __future__ import annotations

import json
import math
import os
import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from base.files import lock_file, make_private_file
from base.json_text import NotJsonError, json_of
from base.os_errors import os_error_text
from presets.config import parse
from simulator.sweep.plan import SweepError
from simulator.sweep.search import Tried

SUFFIX = ".sweep"

FORGOTTEN_S = 30 * 24 * 3600
"""A journal untouched for this long is deleted."""


@dataclass(slots=True)
class SweepJournal:
    """Settings by fold and key, those of an earlier run first. One process holds it at a time."""

    path: Path
    found: dict[tuple[int, str], Tried] = field(default_factory=dict)
    _file: IO[bytes] | None = None

    @classmethod
    def open(cls, folder: Path, fingerprint: str) -> SweepJournal:
        """Open a sweep's journal, or create one. Raises :class:`~simulator.sweep.plan.SweepError`."""
        path = folder / f"{fingerprint}{SUFFIX}"
        try:
            make_private_file(path)
            _delete_forgotten(folder, path)
            file = path.open("r+b")
        except OSError as error:
            raise SweepError(f"{path}: {os_error_text(error)}; a sweep keeps there what it has tried") from None
        if not lock_file(file.fileno()):
            file.close()
            raise SweepError("the same sweep is running already; wait for it, or give this one another --seed")
        whole = file.read().rpartition(b"\n")
        journal = cls(path, dict(_read(whole[0])), file)
        file.truncate(len(whole[0]) + len(whole[1]))
        file.seek(0, os.SEEK_END)
        return journal

    def find(self, fold: int, key: str) -> Tried | None:
        """Return a setting's results in a fold; ``None`` if it was not tried there."""
        return self.found.get((fold, key))

    def add(self, fold: int, tried: Iterable[Tried]) -> None:
        """Store results in one write. Raises :class:`~simulator.sweep.plan.SweepError`."""
        lines = "".join(f"{json.dumps(_line(fold, one), allow_nan=False)}\n" for one in tried)
        assert self._file is not None, "a journal that was closed"
        try:
            self._file.write(lines.encode())
            self._file.flush()
            os.fsync(self._file.fileno())
        except OSError as error:
            raise SweepError(f"{self.path}: {os_error_text(error)}; make room, and run the sweep again") from None

    def close(self, *, forget: bool) -> None:
        """Close the journal; ``forget``: delete it."""
        if forget:
            self.path.unlink(missing_ok=True)
        if self._file is not None:
            with suppress(OSError):  # ``add`` has already reported a full disk
                self._file.close()
            self._file = None


def _line(fold: int, one: Tried) -> dict[str, Any]:
    return {
        "fold": fold,
        "config": one.config.set_values(),
        "name": one.name,
        "readouts": one.readouts,
        "points": one.points if math.isfinite(one.points) else None,
        "excess": one.excess,
        "told": [value if math.isfinite(value) else None for value in one.objectives],
        "dropped": one.dropped,
    }


def _read(content: bytes) -> Iterable[tuple[tuple[int, str], Tried]]:
    for line in content.splitlines():
        try:
            raw = json_of(line)
            objectives = [math.inf if value is None else value for value in raw["told"]]
            points = math.inf if raw["points"] is None else raw["points"]
            tried = Tried(
                parse(raw["config"]),
                raw["name"],
                raw["readouts"],
                points,
                tuple(raw["excess"]),
                (objectives[0], objectives[1]),
                raw["dropped"],
            )
            yield (raw["fold"], tried.key), tried
        except (NotJsonError, KeyError, TypeError, ValueError, IndexError):
            continue  # the setting is tried again


def _delete_forgotten(folder: Path, mine: Path) -> None:
    oldest = time.time() - FORGOTTEN_S
    for path in folder.glob(f"*{SUFFIX}"):
        if path != mine and path.stat().st_mtime < oldest:
            path.unlink(missing_ok=True)
