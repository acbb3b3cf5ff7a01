"""Cache files that may be deleted at any time; the least recently used go first when there are too many.

Several processes may share a folder. Files appear whole and are read in one operation. A process ignores files that
another process deletes or replaces first.
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
    """The content of a folder."""

    folder: Path
    entries: int
    size: int


@dataclass(frozen=True, slots=True)
class KeptFiles:
    """The files of one kind, at most ``most_bytes`` in total, in a folder of the cache directory."""

    name: str
    suffix: str
    most_bytes: int

    @property
    def folder(self) -> Path:
        """The folder's path."""
        return cache_folder() / self.name

    def read(self, key: str) -> bytes | None:
        """Return the content under a key; ``None`` if there is none, or it is unreadable."""
        path = self._path(key)
        try:
            content = path.read_bytes()
        except OSError:
            return None
        with contextlib.suppress(OSError):  # a read-only cache is still a cache
            os.utime(path)
        return content

    def write(self, key: str, content: bytes) -> None:
        """Store content under a key if possible: a folder that cannot be written costs time and raises nothing."""
        path = self._path(key)
        with contextlib.suppress(OSError):
            write_whole(path, content)
            close_to_others(path.parent)
            self._prune()

    def kept(self) -> FolderUse:
        """Return the current content."""
        entries = self._entries()
        return FolderUse(self.folder, len(entries), sum(size for _, size, _ in entries))

    def clear(self) -> FolderUse:
        """Delete the content and return what remains: nothing, unless other processes continue to use it.

        Raises :class:`OSError` if a file may not be deleted.
        """
        for pattern in (f"*{self.suffix}", f"*{PARTIAL}"):
            for path in self.folder.glob(pattern):
                path.unlink(missing_ok=True)
        return self.kept()

    def _path(self, key: str) -> Path:
        return self.folder / f"{key}{self.suffix}"

    def _prune(self) -> None:
        """Delete the least recently used files until the rest is within the limit."""
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
