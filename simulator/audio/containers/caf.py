"""Apple's Core Audio Format."""

from __future__ import annotations

import struct
from typing import BinaryIO

from simulator.audio.containers.layout import Layout
from simulator.audio.containers.pieces import Stretch
from simulator.audio.containers.promises import Heard, Sound, heard, promised_of_64_bits, reading_at

_EDITS = 4
"""Bytes of the number of edits that stand before the sound."""


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
            return _layout(file, (base, at, length), size, byte_rate)
        at += 12 + length
    return None


def _layout(file: BinaryIO, data: tuple[int, int, int], size: int, byte_rate: float) -> Layout:
    base, at, length = data
    start = at + 12 + _EDITS
    promised = promised_of_64_bits(length)
    if promised is not None:
        promised = max(0, promised - _EDITS)
    found = heard(Sound(start, size, promised, byte_rate), reading_at(file), _begins_chunk)
    if found == Heard(promised or 0):
        return Layout()
    told = b"data" + (found.count + _EDITS).to_bytes(8, "big")
    parts = ((Stretch(base, at - base), told, Stretch(at + 12, _EDITS + found.count)),)
    return Layout(parts, found.notes, another=found.another)


def _begins_chunk(start: bytes, left: int) -> bool:
    name, length = start[:4], int.from_bytes(start[4:12], "big")
    return name != b"caff" and len(name) == 4 and all(0x20 <= one < 0x7F for one in name) and length <= left
