"""Files that are there whole or not at all, whatever happens while they are written."""

from __future__ import annotations

import os
import tempfile
import time
from pathlib import Path

PARTIAL = ".partial"
"""How the names of files being written end."""

ABANDONED_S = 3600
"""A file still being written after this long belongs to a process that was killed."""


def write_whole(path: Path, content: bytes) -> None:
    """Write a file that only its owner can read, replacing what is there in one step. Raises :class:`OSError`.

    The folder is made if need be, for its owner only; what killed processes left half-written in it is deleted.
    """
    make_private_folder(path.parent)
    _sweep(path.parent)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f"{path.name[:40]}.", suffix=PARTIAL)
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


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
