"""AIFF and AIFF-C, Apple's Core Audio Format, and AU (also called .snd) by Sun and NeXT."""

from __future__ import annotations

import struct
from functools import partial
from typing import BinaryIO, Literal

from simulator.audio.containers.pieces import FileStretch, Layout, Part
from simulator.audio.containers.promises import (
    SLACK,
    ActualSound,
    PromisedSound,
    broken_off,
    heard,
    promised_of_32_bits,
    promised_of_64_bits,
    reading_at,
)
from simulator.audio.containers.riff import LONGEST_PART

_BITS = {b"NONE": 0, b"twos": 0, b"sowt": 0, b"raw ": 0, b"in24": 24, b"in32": 32, b"fl32": 32, b"FL32": 32}
_BITS |= {b"42ni": 24, b"23ni": 32, b"fl64": 64, b"FL64": 64, b"ulaw": 8, b"ULAW": 8, b"alaw": 8, b"ALAW": 8}
"""Bits of a sample by coding, 0 where the header says. For other codings only the chunk's length is checked."""

_IMA4_BYTES, _IMA4_SAMPLES = 34, 64
"""Bytes and samples in one packet of one channel."""


def aiff_layout(file: BinaryIO, base: int, size: int) -> Layout | None:
    """Return the layout of an AIFF file that begins at byte ``base``, or ``None`` if its sound is not found.

    Raises :class:`~simulator.audio.containers.promises.LayoutError`.
    """
    common, place = b"", None
    file.seek(base + 8)
    magic = file.read(4)
    at = base + 12
    while at + 8 <= size:
        file.seek(at)
        head = file.read(8)
        name, length = head[:4], int.from_bytes(head[4:], "big")
        if name == b"COMM":
            common = file.read(min(length, 1024))
        elif name == b"SSND":
            offset = int.from_bytes(file.read(4), "big")
            place = (at + 16 + offset, length - 8 - offset if length else 0)
            if common:
                break
        at += 8 + length + length % 2
    if len(common) < 18 or place is None:
        return None
    return _layout(file, magic, common, place, size)


def _layout(file: BinaryIO, magic: bytes, common: bytes, place: tuple[int, int], size: int) -> Layout:
    channels, frames, bits = (int.from_bytes(common[a:b], "big") for a, b in ((0, 2), (2, 6), (6, 8)))
    coding = common[18:22] if magic == b"AIFC" else b"NONE"
    start, length = place
    present, rate = max(0, size - start), _rate(common[8:18])
    by_chunk = promised_of_32_bits(length, present) if length > 0 else 0
    if coding in _BITS:
        block = max(1, channels * (((_BITS[coding] or bits) + 7) // 8))
        promised_frames, byte_rate = promised_of_32_bits(frames, present // block), rate * block
        by_frames = None if promised_frames is None else promised_frames * block
    else:
        block = channels * _IMA4_BYTES if coding == b"ima4" else 1
        byte_rate = rate * block / _IMA4_SAMPLES if coding == b"ima4" else 0.0
        by_frames = by_chunk
    sound = PromisedSound(start, size, by_chunk, byte_rate)
    found = heard(sound, reading_at(file), partial(_begins_chunk, b"FORM", 4))
    count, notes = found.count, found.notes
    if by_frames is not None and by_frames > count + SLACK:
        raise broken_off(f"after {sound.seconds(count)} of {sound.seconds(by_frames)}")
    if by_frames == by_chunk and found == ActualSound(by_chunk or 0):
        return Layout()
    if by_frames and by_frames + SLACK < count and not notes:
        notes = (sound.says(by_frames, count),)
    parts = _parts(magic, common, start, count - count % block, block)
    return Layout(parts, notes, another=found.another)


def _parts(magic: bytes, common: bytes, start: int, count: int, block: int) -> tuple[Part, ...]:
    step = LONGEST_PART - LONGEST_PART % block
    parts = []
    for offset in range(0, count, step) or (0,):
        length = min(step, count - offset)
        patched = common[:2] + (length // block).to_bytes(4, "big") + common[6:]
        body = magic + b"COMM" + len(patched).to_bytes(4, "big") + patched + b"\0" * (len(patched) % 2)
        body += b"SSND" + (length + 8).to_bytes(4, "big") + bytes(8)
        head = b"FORM" + (len(body) + length).to_bytes(4, "big") + body
        parts.append((head, FileStretch(start + offset, length)))
    return tuple(parts)


def _begins_chunk(file_mark: bytes, length_bytes: int, start: bytes, left: int) -> bool:
    """Return whether these bytes can be the header of a chunk: a name other than a file's own, and a length."""
    name, length = start[:4], int.from_bytes(start[4 : 4 + length_bytes], "big")
    return name != file_mark and len(name) == 4 and all(0x20 <= one < 0x7F for one in name) and length <= left


def _rate(extended: bytes) -> float:
    """Return the value of an 80-bit float, in Hz."""
    exponent = int.from_bytes(extended[:2], "big") & 0x7FFF
    return float(int.from_bytes(extended[2:], "big") * 2.0 ** (exponent - 16383 - 63))


_BYTES = {1: 1, 2: 1, 3: 2, 4: 3, 5: 4, 6: 4, 7: 8, 27: 1}
"""Bytes of a sample by coding: µ-law, 8 to 32 bits, float, double, A-law."""

_UNKNOWN = 0xFFFFFFFF


def au_layout(file: BinaryIO, base: int, size: int) -> Layout | None:
    """Return the layout of an AU file that begins at byte ``base``, or ``None`` if its header is cut off.

    Raises :class:`~simulator.audio.containers.promises.LayoutError`.
    """
    file.seek(base)
    head = file.read(24)
    if len(head) < 24:
        return None
    order: Literal["little", "big"] = "big" if head[:4] == b".snd" else "little"
    offset, stated, coding, rate, channels = (int.from_bytes(head[at : at + 4], order) for at in (4, 8, 12, 16, 20))
    start = base + offset
    promised = promised_of_32_bits(stated, max(0, size - start))
    sound = PromisedSound(start, size, promised, rate * channels * _BYTES.get(coding, 0))
    found = heard(sound, reading_at(file), lambda *_: False)
    if found == ActualSound(promised or 0):
        return Layout()
    length = found.count if found.count < _UNKNOWN else _UNKNOWN
    patched = head[:4] + (24).to_bytes(4, order) + length.to_bytes(4, order) + head[12:]
    return Layout(((patched, FileStretch(start, found.count)),), found.notes, another=found.another)


_EDITS = 4
"""Bytes of the edit count before the sound."""


def caf_layout(file: BinaryIO, base: int, size: int) -> Layout | None:
    """Return the layout of a CAF file that begins at ``base``, or ``None`` if its sound is not found.

    Raises :class:`~simulator.audio.containers.promises.LayoutError`.
    """
    at, byte_rate = base + 8, 0.0
    while at + 12 <= size:
        file.seek(at)
        head = file.read(12)
        name, length = head[:4], int.from_bytes(head[4:], "big")
        if name == b"desc":
            rate, _, _, packet_bytes, packet_frames = struct.unpack(">d4sIII", file.read(24))
            byte_rate = rate * packet_bytes / packet_frames if packet_frames else 0.0
        elif name == b"data":
            return _caf_layout(file, (base, at, length), size, byte_rate)
        at += 12 + length
    return None


def _caf_layout(file: BinaryIO, data: tuple[int, int, int], size: int, byte_rate: float) -> Layout:
    base, at, length = data
    start = at + 12 + _EDITS
    promised = promised_of_64_bits(length)
    if promised is not None:
        promised = max(0, promised - _EDITS)
    found = heard(
        PromisedSound(start, size, promised, byte_rate), reading_at(file), partial(_begins_chunk, b"caff", 8)
    )
    if found == ActualSound(promised or 0):
        return Layout()
    header = b"data" + (found.count + _EDITS).to_bytes(8, "big")
    parts = ((FileStretch(base, at - base), header, FileStretch(at + 12, _EDITS + found.count)),)
    return Layout(parts, found.notes, another=found.another)
