"""Files that are there whole or not at all, and that only their owner can read: they may hold callers' words."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

PARTIAL = ".partial"
"""How the names of files being written end."""


@contextmanager
def private_file(path: Path, *, replace: bool) -> Iterator[BinaryIO]:
    """Give an empty file of mode 0600 to write and read in; when all went well it becomes ``path`` in one step.

    Its ``name`` is where it is until then.
    Raises :class:`FileExistsError` if there is one already and ``replace`` is false, and :class:`OSError`; whatever
    is raised, nothing is left behind.
    """
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f"{path.name[:40]}.", suffix=PARTIAL)
    temporary = Path(name)
    try:
        # opened by its descriptor, so that nobody can put another file in its place, and known by its name
        with open(name, "w+b", opener=lambda *_: handle) as file:
            yield file
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


def write_private(path: Path, content: bytes, *, replace: bool) -> None:
    """Write a file with mode 0600 in one step. Raises what :func:`private_file` raises."""
    with private_file(path, replace=replace) as file:
        file.write(content)


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
