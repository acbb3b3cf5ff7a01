"""Whether a file is all there, where the decoder would take what is there for all of it."""

from __future__ import annotations

from pathlib import Path

from simulator.errors import AudioError

_RIFF_SLACK = 1024
"""Bytes a WAV's header may promise too many: some programs count trailing chunks they never write."""

_LONGEST_OGG_PAGE = 27 + 255 + 255 * 255
_OGG_LAST = 0x04


def refuse_cut(path: Path) -> None:
    """Raise :class:`~simulator.errors.AudioError` if a WAV or OGG file breaks off before its end."""
    with path.open("rb") as file:
        header = file.read(8)
    if header[:4] == b"RIFF":
        _refuse_cut_wav(path, int.from_bytes(header[4:8], "little"))
    elif header[:4] == b"OggS":
        _refuse_cut_ogg(path)


def _refuse_cut_wav(path: Path, promised: int) -> None:
    """Hold the file's size against its header's.

    A size of nothing, or of the largest number, is what a recorder writes that cannot go back: no promise.
    """
    missing = promised + 8 - path.stat().st_size
    if 0 < promised < 0xFFFFFFFF and missing > _RIFF_SLACK:
        raise AudioError(f"{path}: breaks off {missing:,} bytes before its end; copy or export it again, whole")


def _refuse_cut_ogg(path: Path) -> None:
    """Look for the last page, which must be whole and say that it is the last (RFC 3533, section 6)."""
    size = path.stat().st_size
    with path.open("rb") as file:
        file.seek(max(0, size - 2 * _LONGEST_OGG_PAGE))
        tail = file.read()
    at = _last_page(tail)
    if at is None or not tail[at + 5] & _OGG_LAST:
        raise AudioError(f"{path}: breaks off before its last page; copy or export it again, whole")


def _last_page(tail: bytes) -> int | None:
    """Return where the last page begins in the end of a file, or ``None`` if no whole page ends it.

    A page's four letters may turn up inside another's sound, so pages must lead to one another.
    """
    at = tail.find(b"OggS")
    while at >= 0:
        last, end = at, _page_end(tail, at)
        while end is not None and tail[end : end + 4] == b"OggS":
            last, end = end, _page_end(tail, end)
        if end == len(tail):
            return last
        at = tail.find(b"OggS", at + 1)
    return None


def _page_end(tail: bytes, at: int) -> int | None:
    """Return the byte after the page at ``at``, or ``None`` if it is not all there."""
    if len(tail) < at + 27:
        return None
    segments = tail[at + 26]
    lengths = tail[at + 27 : at + 27 + segments]
    end = at + 27 + segments + sum(lengths)
    return end if len(lengths) == segments and end <= len(tail) else None
