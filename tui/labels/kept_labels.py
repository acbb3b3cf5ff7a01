"""Labels that are being edited, kept on disk until they are saved, so that no crash takes them along."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from base.files import write_whole
from base.folders import drafts_folder


class KeptLabels:
    """What is kept of the labels of one recording. Every method may raise :class:`OSError`."""

    def __init__(self, audio: Path, folder: Path | None = None) -> None:
        key = hashlib.sha256(str(audio.resolve()).encode()).hexdigest()[:16]
        self._file = (folder or drafts_folder()) / f"labels-{key}.json"

    def read(self) -> dict[str, Any] | None:
        """Return what was kept; ``None`` if nothing was, or nothing that can be read."""
        try:
            raw = json.loads(self._file.read_text(encoding="utf-8"))
        except (FileNotFoundError, ValueError):
            return None
        return raw if isinstance(raw, dict) else None

    def write(self, raw: Mapping[str, Any]) -> None:
        """Keep this."""
        write_whole(self._file, json.dumps(raw, ensure_ascii=False).encode())

    def forget(self) -> None:
        """Keep nothing."""
        self._file.unlink(missing_ok=True)
