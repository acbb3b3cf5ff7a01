"""FLAC: the length comes from the file's last frame, whatever the header says."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import BinaryIO

from simulator.audio.containers.pieces import FileStretch, Layout, Part
from simulator.audio.containers.promises import LayoutError, broken_off, more_than_promised

MARK = b"fLaC\x00\x00\x00\x22"
"""The first bytes of a FLAC file: its mark, and the header of a STREAMINFO block that is not the last block."""
_MARKS = (MARK, b"fLaC\x80\x00\x00\x22")

_TAIL = 1 << 16
_MOST_TAIL = 1 << 22
_PROBES, _PROBED = 8, 1 << 15
_LATE_S = 0.25
"""Tolerance for a stream shorter than promised, s: encoders pad."""


@dataclass(frozen=True, slots=True)
class _Info:
    """A STREAMINFO block at byte ``start`` of the file. ``total`` is in samples, 0 where unknown."""

    start: int
    content: bytes

    @property
    def most_block(self) -> int:
        return int.from_bytes(self.content[2:4], "big")

    @property
    def most_frame(self) -> int:
        return int.from_bytes(self.content[7:10], "big")

    @property
    def rate(self) -> int:
        return int.from_bytes(self.content[10:13], "big") >> 4

    @property
    def channels(self) -> int:
        return (self.content[12] >> 1 & 7) + 1

    @property
    def total(self) -> int:
        return int.from_bytes(self.content[13:18], "big") & 0xF_FFFF_FFFF

    def seconds(self, samples: int) -> str:
        return f"{samples / self.rate:.1f} s"


def flac_layout(file: BinaryIO, base: int, size: int) -> Layout | None:
    """Return the layout of a FLAC file that begins at byte ``base``. Concatenated files are read in sequence.

    Raises :class:`~simulator.audio.containers.promises.LayoutError`.
    """
    first = _info(file, base)
    if first is None:
        return None
    alone = _samples(file, first, size) == first.total and _rises(file, first, size)
    starts = [base] if alone else _starts(file, base, size)
    infos = [info for start in starts if (info := _info(file, start)) is not None]
    starts = [*(info.start for info in infos), size]
    if len({(info.rate, info.channels) for info in infos}) > 1:
        raise LayoutError("is several files in one, of different rates or channels; split it")
    found = [_part(file, info, end) for info, end in zip(infos, starts[1:], strict=True)]
    if len(found) == 1 and base == 0 and found[0] == ((FileStretch(0, size),), ""):
        return Layout()
    return Layout(tuple(part for part, _ in found), tuple(note for _, note in found if note))


def _info(file: BinaryIO, start: int) -> _Info | None:
    file.seek(start + 8)
    info = _Info(start, file.read(34))
    return info if len(info.content) == 34 and info.rate and info.most_block else None


def _rises(file: BinaryIO, info: _Info, end: int) -> bool:
    """Whether sampled frames have rising numbers. Where files were concatenated, the numbers start again."""
    size, before = end - info.start, -1
    for part in range(1, _PROBES):
        file.seek(info.start + size * part // _PROBES)
        stretch = file.read(max(_PROBED, 2 * info.most_frame))
        heads = (_head(stretch, at, info) for at in _syncs(stretch))
        head = next((head for head in heads if head is not None), None)
        if head is not None and head[0] < before:
            return False
        before = before if head is None else head[0]
    return True


def _part(file: BinaryIO, info: _Info, end: int) -> tuple[Part, str]:
    """Return one of the concatenated files with its length corrected, and a note if its header is wrong."""
    whole = FileStretch(info.start, end - info.start)
    there = _samples(file, info, end)
    late = round(_LATE_S * info.rate)
    if there is None or (info.total and abs(there - info.total) <= late and there <= info.total):
        return (whole,), ""
    if there < info.total:
        raise broken_off(f"after {info.seconds(there)} of {info.seconds(info.total)}")
    note = ""
    if info.total and there > info.total:
        promised, holds = info.seconds(info.total), info.seconds(there)
        note = more_than_promised(promised, holds)
    packed = int.from_bytes(info.content[13:18], "big") & ~0xF_FFFF_FFFF | there
    patched = info.content[:13] + packed.to_bytes(5, "big") + info.content[18:]
    rest = FileStretch(info.start + 42, whole.length - 42)
    return (FileStretch(info.start, 8), patched, rest), note


def _starts(file: BinaryIO, base: int, size: int) -> list[int]:
    """Return the bytes at which concatenated files begin."""
    found, at, overlap = {base}, base, len(MARK) - 1
    while at < size:
        file.seek(at)
        block = file.read((1 << 20) + overlap)
        for mark in _MARKS:
            place = block.find(mark)
            while place >= 0:
                found.add(at + place)
                place = block.find(mark, place + 1)
        at += 1 << 20
    return sorted(found)


def _samples(file: BinaryIO, info: _Info, end: int) -> int | None:
    """Return the number of samples in the frames up to byte ``end``; ``None`` if there is no frame."""
    tail = max(_TAIL, 4 * info.most_frame)
    while True:
        start = max(info.start + 42, end - tail)
        file.seek(start)
        found = _end_of_frames(file.read(end - start), info)
        if found is not None or start == info.start + 42 or tail >= _MOST_TAIL:
            return found
        tail *= 4


def _end_of_frames(tail: bytes, info: _Info) -> int | None:
    """Return the number of the sample after the last whole frame of some bytes; ``None`` if there is none."""
    heads = [(at, head) for at in _syncs(tail) if (head := _head(tail, at, info)) is not None]
    last = None
    for number in range(len(heads) - 1, -1, -1):
        at, (first, count) = heads[number]
        ends = [len(tail), len(tail) - 128, *(other for other, _ in heads[number + 1 :])]
        padded = len(tail.rstrip(b"\0"))  # a checksum may itself end in zeros
        ends += [padded, padded + 1, padded + 2]
        whole = any(at < one <= len(tail) and _crc16(tail[at:one]) == 0 for one in ends)
        if whole or (first + count == info.total and _ends_somewhere(tail[at:])):
            return first + count
        last = first  # cut off; every frame before it is complete
    return last


def _ends_somewhere(frame: bytes) -> bool:
    """Whether a frame's checksum matches at some byte: bytes that are not a tag may follow it."""
    table, crc = _table(16, 0x8005), 0
    for one in frame:
        crc = (crc << 8 & 0xFFFF) ^ table[crc >> 8 ^ one]
        if not crc:
            return True
    return False


def _syncs(tail: bytes) -> list[int]:
    found, at = [], tail.find(b"\xff")
    while at >= 0:
        if tail[at + 1 : at + 2] in (b"\xf8", b"\xf9"):
            found.append(at)
        at = tail.find(b"\xff", at + 1)
    return found


def _head(tail: bytes, at: int, info: _Info) -> tuple[int, int] | None:
    """Return the first sample and the sample count of the frame at a byte; ``None`` if no frame begins there."""
    head = tail[at : at + 16]
    if len(head) < 6 or head[3] & 1 or head[2] >> 4 == 0 or head[2] & 15 == 15 or head[3] >> 4 > 10:
        return None
    if (head[3] >> 4) + 1 != info.channels and not (info.channels == 2 and 8 <= head[3] >> 4 <= 10):
        return None
    coded, used = _number(head[4:])
    if not used:
        return None
    place = 4 + used
    code, rate = head[2] >> 4, head[2] & 15
    width = {6: 1, 7: 2}.get(code, 0)
    count = int.from_bytes(head[place : place + width], "big") + 1 if width else _block(code)
    place += width + {12: 1, 13: 2, 14: 2}.get(rate, 0)
    if len(head) <= place or _crc8(head[:place]) != head[place]:
        return None
    return (coded if head[1] & 1 else coded * info.most_block), count


def _block(code: int) -> int:
    if code == 1:
        return 192
    return 576 << code - 2 if code < 6 else 256 << code - 8


def _number(coded: bytes) -> tuple[int, int]:
    """Return a number coded like UTF-8 and its length in bytes; the length is 0 if the coding is invalid."""
    first = coded[0]
    if first < 0x80:
        return first, 1
    more = 8 - (first ^ 0xFF).bit_length() - 1
    rest = coded[1 : 1 + more]
    if not 1 <= more <= 6 or len(rest) < more or any(one >> 6 != 2 for one in rest):
        return 0, 0
    value = first & (0x3F >> more)
    for one in rest:
        value = value << 6 | one & 0x3F
    return value, 1 + more


@cache
def _table(width: int, polynomial: int) -> tuple[int, ...]:
    found, top, mask = [], 1 << width - 1, (1 << width) - 1
    for value in range(256):
        crc = value << width - 8
        for _ in range(8):
            crc = (crc << 1 ^ polynomial if crc & top else crc << 1) & mask
        found.append(crc)
    return tuple(found)


def _crc8(content: bytes) -> int:
    table, crc = _table(8, 0x07), 0
    for one in content:
        crc = table[crc ^ one]
    return crc


def _crc16(content: bytes) -> int:
    table, crc = _table(16, 0x8005), 0
    for one in content:
        crc = (crc << 8 & 0xFFFF) ^ table[crc >> 8 ^ one]
    return crc
