"""WAV in all its containers: RIFF, RIFX, RF64, BW64, and Sony's Wave64."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import BinaryIO, Literal

from simulator.audio.containers.mpeg import mpeg_layout
from simulator.audio.containers.pieces import FileStretch, Layout, Part
from simulator.audio.containers.promises import (
    ActualSound,
    LayoutError,
    PromisedSound,
    heard,
    is_other_file,
    promised_of_32_bits,
    promised_of_64_bits,
    reading_at,
)

LONGEST_PART = 1 << 30
"""Bytes of sound in one part: well below the limit of a plain WAV, AIFF or AU."""

_BY_SAMPLE = (1, 3, 6, 7)
"""Codings with one sample of each channel in a block: PCM, float, A-law, µ-law."""
_MPEG = (0x50, 0x55)
_EXTENSIBLE = 0xFFFE

_KNOWN = (b"data", b"LIST", b"bext", b"iXML", b"id3 ", b"cue ", b"smpl", b"PEAK", b"JUNK", b"axml")
"""Chunks recognised by name even where they are cut off."""

_LARGE = (b"RF64", b"BW64")
_W64 = b"riff\x2e\x91\xcf\x11\xa5\xd6\x28\xdb\x04\xc1\x00\x00"
_W64_TAIL = b"\xf3\xac\xd3\x11\x8c\xd1\x00\xc0\x4f\x8e\xdb\x8a"
"""The bytes after the four letters of a Wave64 chunk's name."""


@dataclass(slots=True)
class _Found:
    """What the chunks before the sound contained."""

    form: bytes = b""
    fact: bytes = b""
    ds64_size: int | None = None
    irregular: bool = False
    """Whether a strict decoder may fail to find the sound."""
    data: int | None = None
    size: int = 0
    order: Literal["little", "big"] = "little"


def is_wave64(start: bytes) -> bool:
    """Whether the first bytes are those of a Wave64 file."""
    return start.startswith(_W64)


def wave64_layout(file: BinaryIO, base: int, size: int) -> Layout | None:
    """Return the layout of a Wave64 file that begins at byte ``base``, or ``None`` if its sound is not found.

    Raises :class:`~simulator.audio.containers.promises.LayoutError`.
    """
    found, at = _Found(), base + 40
    while found.data is None and at + 24 <= size:
        file.seek(at)
        head = file.read(24)
        name, length = head[:4], int.from_bytes(head[16:24], "little")
        if name == b"data":
            found.data, found.size = at + 24, max(0, length - 24)
        elif length < 24:
            return None
        elif name == b"fmt ":
            found.form = file.read(min(length - 24, 4096))
        at += (length + 7) // 8 * 8

    return _layout(file, found, size, promised_of_64_bits(found.size), _begins_wave64_chunk, align=8)


def riff_layout(file: BinaryIO, base: int, size: int) -> Layout | None:
    """Return the layout of a RIFF file that begins at byte ``base``, or ``None`` if its sound is not found.

    Raises :class:`~simulator.audio.containers.promises.LayoutError`.
    """
    file.seek(base)
    magic = file.read(4)
    found = _Found(order="big" if magic == b"RIFX" else "little", irregular=magic == b"BW64" or base > 0)
    _walk(file, found, base + 12, size)
    if found.data is None:
        return None
    present = size - found.data
    promised = promised_of_32_bits(found.size, present)
    if magic in _LARGE and found.size == 0xFFFFFFFF and found.ds64_size is not None:
        promised = promised_of_64_bits(found.ds64_size) or None

    def is_chunk(start: bytes, left: int) -> bool:
        return _begins_chunk(start, left, found.order)

    return _layout(file, found, size, promised, is_chunk)


def _walk(file: BinaryIO, found: _Found, at: int, size: int) -> None:
    """Read chunk by chunk up to the sound. A pad byte follows a chunk of odd length; some programs omit it."""
    while at + 8 <= size:
        file.seek(at)
        head = file.read(8)
        name, length = head[:4], int.from_bytes(head[4:8], found.order)
        if name == b"data" and found.form:
            found.data, found.size = at + 8, length
            return
        if name == b"fmt ":
            found.form = file.read(min(length, 4096))
        elif name == b"fact":
            found.fact = file.read(min(length, 64))
        elif name == b"ds64" and length >= 24:
            found.ds64_size = int.from_bytes(file.read(16)[8:], "little")
        at += 8 + length
        if length % 2:
            file.seek(at)
            after = file.read(9)
            unpadded = _begins_chunk(after, size - at, found.order) and after[0]
            padded = _begins_chunk(after[1:], size - at - 1, found.order)
            found.irregular |= bool(unpadded and not padded)
            at += 0 if unpadded and not padded else 1


def _begins_wave64_chunk(start: bytes, _left: int) -> bool:
    return start[4:16] == _W64_TAIL


def _begins_chunk(start: bytes, left: int, order: Literal["little", "big"]) -> bool:
    name, length = start[:4], int.from_bytes(start[4:8], order)
    letters = len(name) == 4 and all(0x20 <= one < 0x7F for one in name)
    return letters and not is_other_file(name) and (length <= left or name in _KNOWN)


def _layout(
    file: BinaryIO,
    found: _Found,
    size: int,
    promised: int | None,
    is_chunk: Callable[[bytes, int], bool],
    align: int = 2,
) -> Layout | None:
    if found.data is None or len(found.form) < 16:
        return None
    rate, block = int.from_bytes(found.form[4:8], found.order), int.from_bytes(found.form[12:14], found.order)
    coded = _format_tag(found) not in _BY_SAMPLE
    byte_rate = int.from_bytes(found.form[8:12], found.order) if coded else rate * block
    sound = heard(PromisedSound(found.data, size, promised, byte_rate), reading_at(file), is_chunk, align)
    if _format_tag(found) in _MPEG:
        return _of_mpeg(file, found.data, sound)
    later = [] if promised is None or sound.another else _later_sound(file, found, found.data + sound.count, size)
    if sound == ActualSound(promised or 0) and not found.irregular and not later:
        return Layout()
    stretches = [(found.data, sound.count), *later]
    parts = (part for start, count in stretches for part in _parts(found, start, count, max(block, 1)))
    return Layout(tuple(parts), sound.notes, another=sound.another)


def _format_tag(found: _Found) -> int:
    """Return the number of the coding. An extensible header stores it further on."""
    tag = int.from_bytes(found.form[:2], found.order)
    return int.from_bytes(found.form[24:26], found.order) if tag == _EXTENSIBLE else tag


def _of_mpeg(file: BinaryIO, start: int, sound: ActualSound) -> Layout:
    """Return the layout of MPEG audio in a WAV; no other decoder may open it."""
    found = mpeg_layout(file, start, start + sound.count)
    if found is None:
        raise LayoutError("holds no frames of MPEG audio in a row; export it again")
    more = ("another file follows it and is not read",) if sound.another else ()
    return replace(found, notes=(*sound.notes, *found.notes, *more))


def _later_sound(file: BinaryIO, found: _Found, at: int, size: int) -> list[tuple[int, int]]:
    """Return the start and length in bytes of the sound in further chunks of a RIFF file."""
    later = []
    at += at - (found.data or 0) & 1
    while at + 8 <= size:
        file.seek(at)
        head = file.read(8)
        length = int.from_bytes(head[4:], found.order)
        if not _begins_chunk(head, size - at, found.order):
            break
        if head[:4] == b"data":
            later.append((at + 8, min(length, size - at - 8)))
        at += 8 + length + length % 2
    return later


def _parts(found: _Found, start: int, count: int, block: int) -> tuple[Part, ...]:
    """Return the sound as plain WAV files, none longer than the format allows."""
    count -= count % block
    step = LONGEST_PART - LONGEST_PART % block
    parts = []
    for offset in range(0, count, step) or (0,):
        length = min(step, count - offset)
        body = b"WAVE" + _chunk(b"fmt ", found.form, found.order)
        if any(found.fact) and found.size == count:
            body += _chunk(b"fact", found.fact, found.order)
        head = body + b"data" + length.to_bytes(4, found.order)
        total = (len(head) + length).to_bytes(4, found.order)
        magic = b"RIFF" if found.order == "little" else b"RIFX"
        parts.append((magic + total + head, FileStretch(start + offset, length)))
    return tuple(parts)


def _chunk(name: bytes, content: bytes, order: Literal["little", "big"]) -> bytes:
    return name + len(content).to_bytes(4, order) + content + b"\0" * (len(content) % 2)
