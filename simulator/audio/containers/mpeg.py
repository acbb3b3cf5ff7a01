"""MPEG audio (MP3), read frame by frame: neither its headers nor stray bytes decide its length."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import BinaryIO

from simulator.audio.containers.pieces import FileStretch, Layout, Mpeg, Piece, after_tags
from simulator.audio.containers.promises import broken_off, more_than_promised

_BIT_RATES = {
    (1, 1): (32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448),
    (1, 2): (32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384),
    (1, 3): (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    (2, 1): (32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256),
    (2, 2): (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
    (2, 3): (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
"""Bit rates in kbit/s by MPEG version (1 or 2) and layer."""

_CHAIN = 4
"""Consecutive frames required before bytes count as MPEG audio."""
_SEARCHED = 1 << 20
_GULP = 1 << 20
_LONGEST = 1 << 13
"""An upper bound for a frame and its stream information, in bytes."""
_LATE_S = 0.25
_TOLD_JUNK = 1024
_PADDING = 4
"""Bytes by which frames of one bit rate may differ."""
_DECODER_DELAY = 529
"""Samples that the decoder drops at the start when it knows the number of frames."""


_StreamKind = tuple[int, int, int, int]
"""What is constant in a stream: ten times the MPEG version, layer, Hz, channels."""


@dataclass(frozen=True, slots=True)
class _Head:
    """A parsed frame header. ``info`` is the offset of the encoder's stream information in the frame."""

    four: bytes
    stream: _StreamKind
    length: int
    samples: int
    info: int


@dataclass(frozen=True, slots=True)
class _Info:
    """The encoder's stream information, from a first frame without sound that ends at byte ``end``.

    ``frames`` is ``None`` where it is not given. ``place`` is the byte of the file where a correction can be
    written. ``silence`` is how many samples the decoder drops.
    """

    frames: int | None
    silence: int
    place: int | None
    end: int


@dataclass(slots=True)
class _Walk:
    """The result of reading a stream: its frames as stretches of the file, and the stray bytes between them."""

    runs: list[FileStretch]
    frames: int = 0
    between: int = 0
    shortest: int = _LONGEST
    longest: int = 0

    def note_length(self, length: int) -> None:
        """Note a frame's length in bytes."""
        if length < self.shortest:
            self.shortest = length
        if length > self.longest:
            self.longest = length

    def take(self, start: int, end: int, frames: int) -> None:
        """Add consecutive frames of the file."""
        self.frames += frames
        last = self.runs[-1] if self.runs else None
        if last is not None and last.start + last.length == start:
            self.runs[-1] = FileStretch(last.start, end - last.start)
        elif frames:
            self.runs.append(FileStretch(start, end - start))


def mpeg_layout(file: BinaryIO, base: int, size: int) -> Layout | None:
    """Return the layout of MPEG audio that begins at or near byte ``base``, or ``None`` if there is none.

    Raises :class:`~simulator.audio.containers.promises.LayoutError`.
    """
    start = _first(file, base, size)
    if start is None:
        return None
    file.seek(start)
    frame = file.read(_LONGEST)
    head = _head(frame[:4])
    assert head is not None
    walk, info = _walk(file, start, size, head.stream), _information(frame[: head.length], head, start)
    frames = walk.frames - (info is not None)
    rate, channels = head.stream[2:]
    silence = info.silence if info else 0
    notes = []
    if info and info.frames:
        promised_s, there_s = (max(0, count * head.samples - silence) / rate for count in (info.frames, frames))
        if there_s < promised_s - _LATE_S:
            raise broken_off(f"after {there_s:.1f} s of {promised_s:.1f} s")
        if there_s > promised_s + _LATE_S:
            notes.append(more_than_promised(f"{promised_s:.1f} s", f"{there_s:.1f} s"))
    if walk.between > _TOLD_JUNK:
        notes.append(f"has {walk.between:,} bytes between its frames that are not sound; they are skipped")
    pieces: tuple[Piece, ...] = tuple(walk.runs)
    if _would_be_misjudged(walk, info, head, frames):
        pieces = _with_length(pieces, info, head, frames)
        silence += 0 if info and info.place else _DECODER_DELAY
    return Layout((pieces,), tuple(notes), Mpeg(rate, channels, max(0, frames * head.samples - silence)))


@lru_cache(maxsize=4096)
def _head(four: bytes) -> _Head | None:
    """Return the header in a frame's first four bytes; ``None`` if no frame of a known length begins there."""
    if len(four) < 4 or four[0] != 0xFF or four[1] < 0xE0:
        return None
    version, layer = (2.5, 0, 2, 1)[four[1] >> 3 & 3], 4 - (four[1] >> 1 & 3)
    code, rate_code = four[2] >> 4, four[2] >> 2 & 3
    if not version or layer == 4 or code in (0, 15) or rate_code == 3:
        return None
    family = 1 if version == 1 else 2
    rate = (44_100, 48_000, 32_000)[rate_code] // {1: 1, 2: 2, 2.5: 4}[version]
    bits = 1000 * _BIT_RATES[family, layer][code - 1]
    padding, mono = four[2] >> 1 & 1, four[3] >> 6 == 3
    if layer == 1:
        samples, length = 384, (12 * bits // rate + padding) * 4
    else:
        samples = 576 if layer == 3 and family == 2 else 1152
        length = samples // 8 * bits // rate + padding
    side = (17 if mono else 32) if family == 1 else (9 if mono else 17)
    return _Head(four, (round(10 * version), layer, rate, 1 if mono else 2), length, samples, 4 + side)


def _first(file: BinaryIO, base: int, size: int) -> int | None:
    """Return the byte at which the first run of frames begins; ``None`` if there is none."""
    file.seek(base)
    start = file.read(_SEARCHED + _CHAIN * _LONGEST)
    at = start.find(b"\xff")
    while 0 <= at < _SEARCHED:
        if _is_chain(start, at, base + len(start) == size):
            return base + at
        at = start.find(b"\xff", at + 1)
    return None


def _is_chain(content: bytes, at: int, all_of_it: bool) -> bool:
    """Whether consecutive frames of one stream follow. A whole short file, ``all_of_it``, may have fewer."""
    first = _head(content[at : at + 4])
    if first is None:
        return False
    place = at
    for _ in range(_CHAIN):
        head = _head(content[place : place + 4])
        if head is None or head.stream != first.stream:
            rest = content[place:]
            return at == 0 and all_of_it and place > at and (not rest or rest.startswith(b"TAG"))
        place += head.length
    return True


def _walk(file: BinaryIO, start: int, size: int, stream: _StreamKind) -> _Walk:
    """Read frame by frame. Bytes between frames are skipped; tags do not count as stray bytes."""
    walk = _Walk([])
    at, buffer, begin = start, b"", start
    strange = 0
    while at + 4 <= size:
        if at + _LONGEST > begin + len(buffer) < size:
            file.seek(at)
            buffer, begin = file.read(_GULP), at
        end = _end_of_row(buffer, begin, at, stream, walk)
        if end > at:
            walk.between += strange
            strange = 0
            at = end
        elif (after := after_tags(file, at, size)) > at:
            at = after
        else:
            step = _again(buffer, at - begin + 1, stream) - (at - begin)
            strange += step
            at += step
    return walk


def _end_of_row(buffer: bytes, begin: int, at: int, stream: _StreamKind, walk: _Walk) -> int:
    """Add the consecutive frames from byte ``at`` of the file, and return the byte at which the last one ends.

    ``buffer`` holds the file from byte ``begin``.
    """
    place, frames, most = at - begin, 0, len(buffer)
    while (head := _head(buffer[place : place + 4])) is not None and head.stream == stream:
        if place + head.length > most:
            break
        frames += 1
        place += head.length
        walk.note_length(head.length)
    walk.take(at, begin + place, frames)
    return begin + place


def _again(content: bytes, at: int, stream: _StreamKind) -> int:
    """Return the byte at which the stream resumes with two frames, or the byte from which to search further."""
    at = content.find(b"\xff", at)
    while at >= 0:
        head = _head(content[at : at + 4])
        if head is not None and head.stream == stream:
            after = content[at + head.length : at + head.length + 4]
            following = _head(after)
            if not after or (following is not None and following.stream == stream):
                return at
        at = content.find(b"\xff", at + 1)
    return len(content)


def _information(frame: bytes, head: _Head, at: int) -> _Info | None:
    """Return the stream information of the first frame; ``None`` if that frame holds sound."""
    xing = frame[head.info :]
    if xing[:4] in (b"Xing", b"Info") and len(xing) >= 12:
        flags = int.from_bytes(xing[4:8], "big")
        frames = int.from_bytes(xing[8:12], "big") if flags & 1 else None
        lame = xing[8 + 4 * (flags & 1) + 2 * (flags & 2) + 25 * (flags & 4) + (flags & 8) // 2 :]
        gaps = int.from_bytes(lame[21:24], "big") if lame[:4].strip(b"\0") else 0
        place = at + head.info + 8 if flags & 1 else None
        return _Info(frames, (gaps >> 12) + (gaps & 0xFFF), place, at + head.length)
    if frame[36:40] == b"VBRI" and len(frame) >= 54:
        return _Info(int.from_bytes(frame[50:54], "big"), 0, None, at + head.length)
    return None


def is_sync(start: bytes) -> bool:
    """Whether a decoder would take some bytes for the beginning of MPEG audio."""
    return len(start) > 1 and start[0] == 0xFF and start[1] >= 0xE0


def _would_be_misjudged(walk: _Walk, info: _Info | None, head: _Head, frames: int) -> bool:
    """Whether the decoder would assume a wrong number of frames and stop early."""
    if info and info.frames:
        return info.frames != frames
    varies = walk.longest - walk.shortest > _PADDING
    return head.stream[1] == 3 and (varies or bool(info and info.place))


def _with_length(pieces: tuple[Piece, ...], info: _Info | None, head: _Head, frames: int) -> tuple[Piece, ...]:
    """Return the pieces with a frame count in front, so that the decoder does not guess it from their size."""
    first = pieces[0]
    assert isinstance(first, FileStretch)
    number, end = frames.to_bytes(4, "big"), first.start + first.length
    if info and info.place:
        after = info.place + len(number)
        return (
            FileStretch(first.start, info.place - first.start),
            number,
            FileStretch(after, end - after),
            *pieces[1:],
        )
    begin = info.end if info else first.start
    return (_frame_about(head, number), FileStretch(begin, end - begin), *pieces[1:])


def _frame_about(head: _Head, number: bytes) -> bytes:
    """Return a frame of the same stream that states the number of frames that follow."""
    about = bytes(head.info - 4) + b"Xing\0\0\0\1" + number
    for code in range(0x10, 0xF0, 0x10):
        # without a checksum, which would precede it
        four = bytes((head.four[0], head.four[1] | 1, head.four[2] & 0x0C | code, head.four[3]))
        frame = _head(four)
        if frame is not None and frame.length >= 4 + len(about):
            return four + about.ljust(frame.length - 4, b"\0")
    raise AssertionError("the longest frame has room for it")
