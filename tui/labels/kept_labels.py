"""Labels that are being edited, kept on disk until they are saved, so that no crash takes them along."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from base.folders import drafts_folder
from base.held_journal import HeldJournal, LeftBehind


class KeptLabels:
    """What is kept of the labels of one recording. Every method may raise :class:`OSError`."""

    def __init__(self, audio: Path) -> None:
        key = hashlib.sha256(str(audio.resolve()).encode()).hexdigest()[:16]
        self._held = HeldJournal(drafts_folder(), f"labels-{key}")
        self._found: LeftBehind | None = None

    def read(self) -> dict[str, Any] | None:
        """Return what another process left behind; ``None`` if nothing was, or nothing that can be read."""
        found, _ = self._held.left_behind()
        self._found = max(found, key=lambda one: one.file.stat().st_mtime, default=None)
        return None if self._found is None else self._found.content

    def write(self, raw: Mapping[str, Any]) -> None:
        """Keep this."""
        self._held.write(raw)

    def forget(self) -> None:
        """Keep nothing, neither what was written nor what was read."""
        self._held.write(None)
        if self._found is not None:
            self._found.forget()
            self._found = None

    def close(self) -> None:
        """Stop keeping; what is kept is offered the next time."""
        self._held.close()
