"""A file as a decoder is to see it: stretches of the file on disk, with bytes of ours in between, with notes."""

from __future__ import annotations

import os
from bisect import bisect_right
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO


@dataclass(frozen=True, slots=True)
class FileStretch:
    """``length`` bytes of the file on disk, from byte ``start`` on."""

    start: int
    length: int


Piece = bytes | FileStretch
Part = tuple[Piece, ...]
"""What a decoder is given as one file; without a piece, the file as it is."""


class PiecedFile:
    """A binary file made of pieces, read-only and seekable.

    Reading never raises, since libsndfile's callbacks cannot pass an exception on: ``fault`` holds what went wrong,
    and the file ends there. Raises :class:`OSError` when it cannot be opened.
    """

    def __init__(self, path: Path, part: Part) -> None:
        self.fault: OSError | None = None
        self._file = path.open("rb", buffering=0)
        self._pieces = part or (FileStretch(0, os.fstat(self._file.fileno()).st_size),)
        self._starts = [0, *accumulate(map(_length, self._pieces))]
        self._at = 0

    def __enter__(self) -> PiecedFile:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Go to a place and return it."""
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self._starts[-1]}[whence]
        self._at = max(0, base + offset)
        return self._at

    def tell(self) -> int:
        """Return the place of the next byte."""
        return self._at

    def readinto(self, into: Any) -> int:
        """Fill a buffer as far as there are bytes and return their number."""
        view, done = memoryview(into).cast("B"), 0
        while done < len(view) and self._at < self._starts[-1] and self.fault is None:
            count = self._read_piece(view[done:])
            if not count:
                break
            done += count
            self._at += count
        return done

    def read(self, count: int = -1) -> bytes:
        """Return up to ``count`` bytes."""
        left = self._starts[-1] - self._at
        found = bytearray(max(0, left if count < 0 else min(count, left)))
        return bytes(found[: self.readinto(found)])

    def _read_piece(self, into: memoryview) -> int:
        """Read from the piece at the place alone, and return how many bytes came."""
        number = bisect_right(self._starts, self._at) - 1
        piece, within = self._pieces[number], self._at - self._starts[number]
        count = min(len(into), self._starts[number + 1] - self._at)
        if isinstance(piece, bytes):
            into[:count] = piece[within : within + count]
            return count
        try:
            self._file.seek(piece.start + within)
            return self._file.readinto(into[:count]) or 0
        except OSError as error:
            self.fault = error
            return 0


def _length(piece: Piece) -> int:
    return len(piece) if isinstance(piece, bytes) else piece.length


def after_tags(file: BinaryIO, at: int, size: int) -> int:
    """Return where the tags that begin at a byte end; that byte itself where none does."""
    while at < size:
        file.seek(at)
        head = file.read(32)
        if head[:3] == b"ID3" and len(head) >= 10 and max(head[6:10]) < 0x80:
            length = 0
            for one in head[6:10]:
                length = length << 7 | one
            at += 10 + length + (10 if head[5] & 0x10 else 0)
        elif head[:8] == b"APETAGEX" and len(head) == 32:
            at += 32 + int.from_bytes(head[12:16], "little")
        elif head[:3] == b"TAG" and size - at == 128:
            at += 128
        else:
            break
    return min(at, size)


@dataclass(frozen=True, slots=True)
class Layout:
    """``parts`` are read one after another; ``notes`` say where headers lie, to follow the file's name.

    ``mpeg`` is known of MPEG audio, which is decoded in a process of its own. ``another`` is the byte at which
    another file begins that was joined to this one.
    """

    parts: tuple[Part, ...] = ((),)
    notes: tuple[str, ...] = ()
    mpeg: Mpeg | None = None
    another: int | None = None


@dataclass(frozen=True, slots=True)
class Mpeg:
    """A stream of MPEG audio: its rate in Hz, its channels, and the samples a channel its frames hold."""

    sample_rate: int
    channels: int
    samples: int
