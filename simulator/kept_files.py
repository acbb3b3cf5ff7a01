"""Files that save work and may be deleted at any time: the least recently used go when there are too many.

Several processes may share a folder: a file appears whole, a reader takes it in one gulp, and a process that finds
another process has deleted or replaced it first goes on without.
"""

from __future__ import annotations

import contextlib
import os
from dataclasses import dataclass
from pathlib import Path

from base.files import PARTIAL, close_to_others, write_whole
from base.folders import cache_folder


@dataclass(frozen=True, slots=True)
class FolderUse:
    """What a folder holds."""

    folder: Path
    entries: int
    size: int


@dataclass(frozen=True, slots=True)
class KeptFiles:
    """The files of one kind, ``most_bytes`` of them at most, in a folder of the cache directory."""

    name: str
    suffix: str
    most_bytes: int

    @property
    def folder(self) -> Path:
        """Where they are."""
        return cache_folder() / self.name

    def read(self, key: str) -> bytes | None:
        """Return what is kept under a key, ``None`` if nothing readable is."""
        path = self._path(key)
        try:
            content = path.read_bytes()
        except OSError:
            return None
        with contextlib.suppress(OSError):  # a cache that is only readable is one all the same
            os.utime(path)
        return content

    def write(self, key: str, content: bytes) -> None:
        """Keep something, if it can be kept: a folder that cannot be written costs time, never an error."""
        path = self._path(key)
        with contextlib.suppress(OSError):
            write_whole(path, content)
            close_to_others(path.parent)
            self._prune()

    def kept(self) -> FolderUse:
        """Return what is held now."""
        entries = self._entries()
        return FolderUse(self.folder, len(entries), sum(size for _, size, _ in entries))

    def clear(self) -> FolderUse:
        """Delete what is held and return what is left: nothing, unless other processes go on using it.

        Raises :class:`OSError` if it may not be deleted.
        """
        for pattern in (f"*{self.suffix}", f"*{PARTIAL}"):
            for path in self.folder.glob(pattern):
                path.unlink(missing_ok=True)
        return self.kept()

    def _path(self, key: str) -> Path:
        return self.folder / f"{key}{self.suffix}"

    def _prune(self) -> None:
        """Delete what was not used for longest until the rest is within its size."""
        entries = sorted(self._entries())
        excess = sum(size for _, size, _ in entries) - self.most_bytes
        for _, size, path in entries:
            if excess <= 0:
                return
            with contextlib.suppress(OSError):
                path.unlink(missing_ok=True)
                excess -= size

    def _entries(self) -> list[tuple[float, int, Path]]:
        """Return when each file was last used, its size and its path."""
        found = []
        for path in self.folder.glob(f"*{self.suffix}"):
            with contextlib.suppress(OSError):  # deleted by another process just now
                state = path.stat()
                found.append((state.st_mtime, state.st_size, path))
        return found
