"""A file as the decoder sees it: stretches of the file on disk with inserted bytes between them, and notes."""

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
    """``length`` bytes of the file on disk, from byte ``start``."""

    start: int
    length: int


Piece = bytes | FileStretch
Part = tuple[Piece, ...]
"""One file as the decoder gets it; without pieces, the file unchanged."""


class PiecedFile:
    """A read-only, seekable binary file made of pieces.

    Reading never raises, because libsndfile's callbacks cannot pass an exception on: ``fault`` keeps the error, and
    the file ends there. Raises :class:`OSError` when the file cannot be opened.
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
        """Move to a byte and return its offset."""
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self._starts[-1]}[whence]
        self._at = max(0, base + offset)
        return self._at

    def tell(self) -> int:
        """Return the offset of the next byte."""
        return self._at

    def readinto(self, into: Any) -> int:
        """Fill a buffer as far as bytes remain and return their number."""
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
        """Read from the piece at the current offset only, and return the number of bytes read."""
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
    """Return the byte at which tags that begin at ``at`` end; ``at`` itself if no tag begins there."""
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
    """``parts`` are read in sequence. ``notes`` describe wrong headers; each follows the file's name in a sentence.

    ``mpeg`` is set for MPEG audio, which a separate process decodes. ``another`` is the byte at which another file
    begins that was concatenated to this one.
    """

    parts: tuple[Part, ...] = ((),)
    notes: tuple[str, ...] = ()
    mpeg: Mpeg | None = None
    another: int | None = None


@dataclass(frozen=True, slots=True)
class Mpeg:
    """A stream of MPEG audio: its rate in Hz, its channels, and its samples per channel."""

    sample_rate: int
    channels: int
    samples: int
