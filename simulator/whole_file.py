"""Files of Turnlab's own folders: written whole, and swept up after processes that were killed."""

from __future__ import annotations

import time
from pathlib import Path

from simulator.private_file import PARTIAL as PARTIAL
from simulator.private_file import write_private

ABANDONED_S = 3600
"""A file still being written after this long belongs to a process that was killed."""


def write_whole(path: Path, content: bytes) -> None:
    """Write a file that only its owner can read, replacing what is there in one step. Raises :class:`OSError`.

    The folder is made if need be, for its owner only; what killed processes left half-written in it is deleted.
    """
    make_private_folder(path.parent)
    _sweep(path.parent)
    write_private(path, content, replace=True)


def make_private_folder(folder: Path) -> None:
    """Make a folder, and those above it that are missing, for their owner only. Raises :class:`OSError`."""
    for missing in reversed([one for one in (folder, *folder.parents) if not one.exists()]):
        missing.mkdir(mode=0o700, exist_ok=True)


def _sweep(folder: Path) -> None:
    oldest = time.time() - ABANDONED_S
    for path in folder.glob(f"*{PARTIAL}"):
        try:
            if path.stat().st_mtime < oldest:
                path.unlink()
        except OSError:  # another process was faster, or it is not ours to delete
            continue
