"""Detects a file's container by its first bytes, never by its name."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import BinaryIO

from simulator.audio.containers.aiff import aiff_layout, au_layout, caf_layout
from simulator.audio.containers.flac import flac_layout
from simulator.audio.containers.mpeg import is_sync, mpeg_layout
from simulator.audio.containers.ogg import ogg_layout
from simulator.audio.containers.pieces import FileStretch, Layout, Part, after_tags
from simulator.audio.containers.promises import LayoutError
from simulator.audio.containers.riff import is_wave64, riff_layout, wave64_layout
from simulator.errors import AudioError

UNCHECKED = "is in a container whose length Turnlab cannot check: its end may be missing"
"""The note for a rare container, such as NIST's or Creative's, that only the decoder can read."""

_LAYOUTS = {
    b"RIFF": riff_layout,
    b"RIFX": riff_layout,
    b"RF64": riff_layout,
    b"BW64": riff_layout,
    b"FORM": aiff_layout,
    b".snd": au_layout,
    b"dns.": au_layout,
    b"caff": caf_layout,
    b"fLaC": flac_layout,
    b"OggS": ogg_layout,
}


def layout_of(path: Path) -> Layout:
    """Return the layout of a file as its bytes show it.

    Raises :class:`~simulator.errors.AudioError` if the file is cut off or cannot be read as one recording, and
    :class:`OSError`.
    """
    state = path.stat()
    return _layout_at(path, state.st_mtime_ns, state.st_size)


@lru_cache(maxsize=256)
def _layout_at(path: Path, _changed_ns: int, size: int) -> Layout:
    """Return the layout of a file in one state; cached, because every read from another position needs it."""
    with path.open("rb") as file:
        try:
            return _layout(file, size)
        except LayoutError as error:
            raise AudioError(f"{path}: {error}") from None


def _layout(file: BinaryIO, size: int) -> Layout:
    base = after_tags(file, 0, size)
    found = _in_container(file, base, size)
    if found is not None:
        return found
    mpeg = mpeg_layout(file, base, size)
    if mpeg is not None:
        return mpeg
    if base >= size and size:
        raise LayoutError("holds a tag and no sound; record or export it again")
    file.seek(base)
    if is_sync(file.read(2)):
        raise LayoutError("holds no frames of MPEG audio in a row; use WAV, FLAC, OGG or MP3")
    # the decoder gets no file name, by which it might take the file for MPEG audio
    return Layout((_from(base, size),), (UNCHECKED,))


def _in_container(file: BinaryIO, base: int, size: int) -> Layout | None:
    """Return the layout of a file in a known container, and of the files concatenated to it."""
    found = _alone(file, base, size)
    if found is None or found.another is None:
        return found
    parts, notes = list(found.parts), list(found.notes)
    after: Layout | None = found
    while after is not None and after.another is not None:
        after = _alone(file, after.another, size)
        if after is not None:
            parts += after.parts
            notes += after.notes
    return Layout(tuple(parts), tuple(notes))


def _alone(file: BinaryIO, base: int, size: int) -> Layout | None:
    """Return the layout of the file that begins at byte ``base``, without those that follow."""
    file.seek(base)
    start = file.read(16)
    make = wave64_layout if is_wave64(start) else _LAYOUTS.get(start[:4])
    if make is None:
        return None
    found = make(file, base, size) or Layout()
    return replace(found, parts=(_from(base, size),)) if found.parts == ((),) and base else found


def _from(base: int, size: int) -> Part:
    return (FileStretch(base, size - base),)
