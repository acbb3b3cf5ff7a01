"""Names for new files that are nobody's yet."""

from __future__ import annotations

from itertools import chain, count
from pathlib import Path


def free_stem(folder: Path, wanted: str) -> str:
    """Return ``wanted``, else ``wanted-2`` and so on: what no file's name in the folder has before a dot.

    Large and small letters are not told apart, as on many disks. Raises :class:`OSError`.
    """
    taken = [file.name.casefold() for file in folder.iterdir()]
    stems = chain([wanted], (f"{wanted}-{number}" for number in count(2)))
    return next(stem for stem in stems if not any(name.startswith(f"{stem}.".casefold()) for name in taken))
