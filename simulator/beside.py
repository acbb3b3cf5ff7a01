"""The files that stand beside a recording under its name: labels, scenarios, and the audio of a label file."""

from __future__ import annotations

from pathlib import Path


def is_file(path: Path) -> bool:
    """Whether a file is there; a name that is too long to exist is no error."""
    try:
        return path.is_file()
    except OSError:
        return False


def is_folder(path: Path) -> bool:
    """Whether a folder is there; a name that is too long to exist is no error."""
    try:
        return path.is_dir()
    except OSError:
        return False


def beside(path: Path, ending: str) -> Path | None:
    """Return the file of the same name with another ending, ``None`` if there is none."""
    other = path.with_suffix(ending)
    return other if is_file(other) else None
