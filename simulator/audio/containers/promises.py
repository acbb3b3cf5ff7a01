"""Promised lengths of sound, checked against the bytes in the file."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import BinaryIO

SLACK = 1024
"""Tolerance for a wrong length, in bytes: programs pad, and count padding that they do not write."""

_NEAR = 1 << 16
_WRAP = 1 << 32
_FILES = (
    b"RIFF",
    b"RIFX",
    b"RF64",
    b"BW64",
    b"riff\x2e",
    b"FORM",
    b"OggS",
    b"fLaC",
    b"caff",
    b".snd",
    b"dns.",
)
_TAGS = (b"ID3", b"TAG", b"APETAGEX")


class LayoutError(Exception):
    """A file that cannot be read as one whole recording. The text, reason and remedy, follows its name."""


def broken_off(where: str) -> LayoutError:
    """Return the error for a file that is cut off; ``where`` says after or before what."""
    return LayoutError(f"breaks off {where}; copy or export it again completely")


def more_than_promised(promised: str, there: str) -> str:
    """Return the note for a header that promises less sound than the file contains. Both lengths are words."""
    return f"its header promises {promised} of sound, but it holds {there}; read to its end"


@dataclass(frozen=True, slots=True)
class PromisedSound:
    """The sound from byte ``start`` of a file of ``size`` bytes. It has ``promised`` bytes, ``None`` if unknown.

    ``byte_rate``, in bytes a second, converts lengths to seconds; 0 where it is not known.
    """

    start: int
    size: int
    promised: int | None
    byte_rate: float

    @property
    def present(self) -> int:
        """The number of bytes from the start of the sound to the end of the file."""
        return max(0, self.size - self.start)

    def seconds(self, count: int) -> str:
        """Return a number of bytes in words: as seconds if the byte rate is known."""
        return f"{count / self.byte_rate:.1f} s" if self.byte_rate else f"{count:,} bytes"

    def says(self, promised: int, there: int) -> str:
        """Return the note for a header that promises fewer bytes than the file contains."""
        return more_than_promised(self.seconds(promised), self.seconds(there))


def promised_of_32_bits(size: int, present: int) -> int | None:
    """Return the length that a 32-bit field promises; ``None`` for a placeholder of unknown length.

    Programs that write to a pipe, or are killed, leave 2³² - 1, 2³¹ - 1, 2³¹ or a number just below.
    """
    near_a_limit = size >= _WRAP - _NEAR or abs(size - (1 << 31)) <= _NEAR
    return None if near_a_limit and size > present else size


def promised_of_64_bits(size: int) -> int | None:
    """Return the length that a 64-bit field promises; ``None`` for a placeholder of unknown length."""
    return None if size >= 1 << 62 else size


@dataclass(frozen=True, slots=True)
class ActualSound:
    """``count`` bytes are sound. ``note`` describes a wrong header. At byte ``another`` another file begins."""

    count: int
    note: str = ""
    another: int | None = None

    @property
    def notes(self) -> tuple[str, ...]:
        """The note as a tuple; empty if there is none."""
        return (self.note,) if self.note else ()


def heard(
    sound: PromisedSound, follows: Callable[[int], bytes], is_chunk: Callable[[bytes, int], bool], align: int = 2
) -> ActualSound:
    """Return how many of the bytes are sound.

    ``follows`` returns the 16 bytes at a byte of the file. ``is_chunk`` takes these and the number of bytes left in
    the file, and returns whether a chunk begins there. Chunks begin ``align`` bytes apart. Raises
    :class:`LayoutError`.
    """
    promised, present = sound.promised, sound.present
    if promised is None:
        return ActualSound(present)
    if promised > present + SLACK:
        raise broken_off(f"{promised - present:,} bytes before its end")
    for length in _possible(promised, present):
        after = sound.start + length
        places = (after, after + -length % align)
        another = next((at for at in places if promised and follows(at).startswith(_FILES)), None)
        if (
            another is not None
            or sound.size - after <= SLACK
            or any(is_chunk(follows(at), sound.size - at) or follows(at).startswith(_TAGS) for at in places)
        ):
            return ActualSound(min(length, present), "" if length == promised else _wrapped(sound, length), another)
    if not promised:  # the recorder never wrote the length
        return ActualSound(present)
    return ActualSound(present, sound.says(promised, present))


def _possible(promised: int, present: int) -> list[int]:
    """Return the lengths that a 32-bit field may mean in a file of more than 4 GiB."""
    return list(range(promised, present + 1, _WRAP)) or [promised]


def _wrapped(sound: PromisedSound, length: int) -> str:
    promised = 0 if sound.promised is None else sound.promised
    return f"holds {sound.seconds(length)} of sound, more than its header can say ({sound.seconds(promised)})"


def is_other_file(start: bytes) -> bool:
    """Whether some bytes begin another file."""
    return start.startswith(_FILES)


def reading_at(file: BinaryIO) -> Callable[[int], bytes]:
    """Return a function that reads the 16 bytes at a byte of a file; fewer at the end of the file."""

    def read(at: int) -> bytes:
        file.seek(at)
        return file.read(16)

    return read
