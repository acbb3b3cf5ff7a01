"""Ogg, read page by page: every part of a chained file, and one stream of several."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import BinaryIO

from simulator.audio.containers.pieces import FileStretch, Layout, Part
from simulator.audio.containers.promises import SLACK, LayoutError, broken_off

_SOUND = (b"\x01vorbis", b"OpusHead", b"\x7fFLAC", b"Speex   ")
_FIRST, _LAST = 0x02, 0x04
_NO_GRANULE = (1 << 64) - 1


@dataclass(slots=True)
class _Stream:
    """One stream of a link: the start of its first packet, its pages, whether it ended, its times in samples."""

    start: bytes
    pages: list[FileStretch] = field(default_factory=list)
    ended: bool = False
    granule: int = 0
    most: int = 0
    next_page: int = 0
    lost: int = 0
    """Missing pages in the middle, by page numbers."""

    @property
    def sounds(self) -> bool:
        return self.start.startswith(_SOUND)

    @property
    def form(self) -> tuple[bytes, ...]:
        """What must be the same in all parts: the coding, the channels, and the rate."""
        if self.start.startswith(b"\x01vorbis"):
            return (b"vorbis", self.start[11:16])
        return (self.start[:8], self.start[9:10])


@dataclass(slots=True)
class _Link:
    """Streams that run at the same time. A chained file has several links in sequence."""

    streams: dict[int, _Stream] = field(default_factory=dict)
    begun: bool = False
    """Whether a page came that is not a stream's first."""


def ogg_layout(file: BinaryIO, base: int, size: int) -> Layout | None:
    """Return the layout of an Ogg file that begins at byte ``base``, or ``None`` if it contains no sound.

    Raises :class:`~simulator.audio.containers.promises.LayoutError`.
    """
    links, end = _links(file, base, size)
    sounding = [[one for one in link.streams.values() if one.sounds] for link in links]
    sounding = [streams for streams in sounding if streams]
    if not sounding:
        return None
    if any(len(streams) > 1 for streams in sounding):
        raise LayoutError("holds several streams of sound at once; export the caller's alone")
    parts = [streams[0] for streams in sounding]
    file.seek(end)
    if not parts[-1].ended or file.read(4) == b"OggS":
        raise broken_off("before its last page")
    if len({part.form for part in parts}) > 1:
        raise LayoutError("is several files in one, of different kinds, rates or channels; split it")
    notes = [
        f"its part {number} of {len(parts)} breaks off before its last page; sound is missing there"
        for number, part in enumerate(parts, start=1)
        if not part.ended
    ]
    if any(part.granule < part.most for part in parts):
        notes.append("its last page says that it ends before its other pages; read up to there")
    if size - end > SLACK:
        notes.append(f"has {size - end:,} bytes after its last page that are not sound")
    if lost := sum(part.lost for part in parts):
        notes.append(f"lacks {lost:,} of its pages; sound is missing there")
    if len(parts) == len(links) == 1 and len(links[0].streams) == 1 and base == 0 and end == size:
        return Layout(notes=tuple(notes))
    return Layout(tuple(_joined(part.pages) for part in parts), tuple(notes))


def _links(file: BinaryIO, base: int, size: int) -> tuple[list[_Link], int]:
    """Read the pages; return the links, and the byte at which the last whole page ends."""
    links: list[_Link] = []
    at = end = base
    while at + 27 <= size:
        file.seek(at)
        head = file.read(27)
        if head[:4] != b"OggS":
            found = _next_page(file, at + 1, size)
            if found is None:
                break
            at = found
            continue
        lengths = file.read(head[26])
        length = 27 + head[26] + sum(lengths)
        if len(lengths) < head[26] or at + length > size:
            break
        _take(links, head, FileStretch(at, length), file.read(min(64, sum(lengths))))
        at = end = at + length
    return links, end


def _take(links: list[_Link], head: bytes, page: FileStretch, start: bytes) -> None:
    serial = int.from_bytes(head[14:18], "little")
    if head[5] & _FIRST:
        if not links or links[-1].begun:
            links.append(_Link())
        links[-1].streams[serial] = _Stream(start)
    elif not links or serial not in links[-1].streams:
        return
    else:
        links[-1].begun = True
    stream = links[-1].streams[serial]
    stream.pages.append(page)
    stream.ended = bool(head[5] & _LAST)
    number = int.from_bytes(head[18:22], "little")
    stream.lost += max(0, number - stream.next_page) if stream.next_page else 0
    stream.next_page = number + 1
    granule = int.from_bytes(head[6:14], "little")
    if granule != _NO_GRANULE:
        stream.granule, stream.most = granule, max(stream.most, granule)


def _next_page(file: BinaryIO, at: int, size: int) -> int | None:
    """Return the byte at which the next page begins, after bytes that are not a page."""
    while at < size:
        file.seek(at)
        block = file.read(1 << 16)
        place = block.find(b"OggS")
        if place >= 0:
            return at + place
        at += max(1, len(block) - 3)
    return None


def _joined(pages: list[FileStretch]) -> Part:
    """Return pages merged into as few stretches as possible."""
    joined: list[FileStretch] = []
    for page in pages:
        if joined and joined[-1].start + joined[-1].length == page.start:
            joined[-1] = FileStretch(joined[-1].start, joined[-1].length + page.length)
        else:
            joined.append(page)
    return tuple(joined)
