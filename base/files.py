"""Files that are complete or absent, readable only by their owner: they may hold callers' words.

Also whether a file, a folder, or a sibling file exists.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import chain, count
from pathlib import Path
from typing import BinaryIO, Final

PARTIAL: Final = ".partial"
"""The ending of names of files being written."""

ABANDONED_S: Final = 3600
"""A file still being written after this long belongs to a process that was killed."""

_READ_BY_OTHERS: Final = 0o077


@contextmanager
def private_file(path: Path, *, replace: bool) -> Iterator[BinaryIO]:
    """Open an empty file with mode 0600 for writing and reading; at the end it is moved to ``path`` atomically.

    Its ``name`` is its temporary path. Raises :class:`FileExistsError` if ``path`` exists and ``replace`` is false,
    and :class:`OSError`. After any exception, the temporary file is gone and ``path`` is unchanged.
    """
    import tempfile  # imported here, because the first paint does not need it

    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f"{path.name[:40]}.", suffix=PARTIAL)
    temporary = Path(name)
    try:
        # opened by descriptor, so that no other file can replace it; the path serves as its name
        with open(name, "w+b", opener=lambda *_: handle) as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        if not replace:
            # claims the name, so that no other process can between the check and the write
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    _sync_folder(path.parent)


def write_private(path: Path, content: bytes, *, replace: bool) -> None:
    """Write a file with mode 0600 atomically. Raises what :func:`private_file` raises."""
    with private_file(path, replace=replace) as file:
        file.write(content)


def write_whole(path: Path, content: bytes) -> None:
    """Write a file in Turnlab's own folders atomically, replacing an existing one. Raises :class:`OSError`.

    Creates the folder if necessary, and deletes the partial files of killed processes in it.
    """
    make_private_folder(path.parent)
    _sweep(path.parent)
    write_private(path, content, replace=True)


def make_private_folder(folder: Path) -> None:
    """Create a folder and its missing parents, for their owner only. Raises :class:`OSError`."""
    for missing in reversed([one for one in (folder, *folder.parents) if not one.exists()]):
        missing.mkdir(mode=0o700, exist_ok=True)


def make_private_file(path: Path) -> None:
    """Create an empty file for its owner only, and its folder, unless it exists. Raises :class:`OSError`."""
    make_private_folder(path.parent)
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))


def close_to_others(path: Path) -> None:
    """Remove the permissions of everyone but the owner from a file or folder. Raises :class:`OSError`."""
    mode = path.stat().st_mode
    if mode & _READ_BY_OTHERS:
        path.chmod(mode & 0o700)


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file's content, in hex. Raises :class:`OSError`."""
    import hashlib  # here, because the first paint does without it

    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def lock_file(handle: int) -> bool:
    """Lock an open file until it is closed or its process ends, where the platform supports locks.

    Returns ``False`` if another process holds the lock, or the file has been deleted.
    """
    try:
        import fcntl
    except ImportError:  # Windows
        return True
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return os.fstat(handle).st_nlink > 0


def is_file(path: Path) -> bool:
    """Whether a file exists; a name that is too long to exist is no error."""
    try:
        return path.is_file()
    except OSError:
        return False


def is_folder(path: Path) -> bool:
    """Whether a folder exists; a name that is too long to exist is no error."""
    try:
        return path.is_dir()
    except OSError:
        return False


def beside(path: Path, ending: str) -> Path | None:
    """Return the file with the same name and another ending, ``None`` if there is none."""
    other = path.with_suffix(ending)
    return other if is_file(other) else None


def free_stem(folder: Path, wanted: str) -> str:
    """Return ``wanted``, or ``wanted-2`` and so on: a stem that no file in the folder has.

    Ignores case, as many disks do. Raises :class:`OSError`.
    """
    taken = [file.name.casefold() for file in folder.iterdir()]
    stems = chain([wanted], (f"{wanted}-{number}" for number in count(2)))
    return next(stem for stem in stems if not any(name.startswith(f"{stem}.".casefold()) for name in taken))


def _sync_folder(folder: Path) -> None:
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


def _sweep(folder: Path) -> None:
    oldest = time.time() - ABANDONED_S
    for path in folder.glob(f"*{PARTIAL}"):
        try:
            if path.stat().st_mtime < oldest:
                path.unlink()
        except OSError:  # another process was faster, or it may not be deleted
            continue
