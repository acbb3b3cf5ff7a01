"""Files that are there whole or not at all, and that only their owner can read: they may hold callers' words."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

PARTIAL = ".partial"
"""How the names of files being written end."""


def write_private(path: Path, content: bytes, *, replace: bool) -> None:
    """Write a file with mode 0600 in one step.

    Raises :class:`FileExistsError` if there is one already and ``replace`` is false, and :class:`OSError`.
    """
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f"{path.name[:40]}.", suffix=PARTIAL)
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        if not replace:
            # takes the name, so that no other process can between our looking and our writing
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    _settle(path.parent)


def _settle(folder: Path) -> None:
    """Make a rename survive a power cut, where the platform lets a folder be synced."""
    try:
        handle = os.open(folder, os.O_RDONLY)
    except OSError:
        return
    try:
        os.fsync(handle)
    except OSError:
        pass
    finally:
        os.close(handle)
