"""Promised lengths of sound, held against the bytes that are there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import BinaryIO

SLACK = 1024
"""Bytes that a length may be wrong by: programs pad, and count what they then do not write."""

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
    """A file that cannot be read as one whole recording; why and what to do, to follow the file's name."""


def broken_off(where: str) -> LayoutError:
    """Return what is raised for a file that breaks off, after or before something."""
    return LayoutError(f"breaks off {where}; copy or export it again completely")


def more_than_promised(promised: str, there: str) -> str:
    """Return the note about a header that promises less sound than is there; both in words."""
    return f"promises {promised} of sound in its header and holds {there}; heard to its end"


@dataclass(frozen=True, slots=True)
class PromisedSound:
    """Sound from byte ``start`` of a file of ``size`` bytes on; ``promised`` bytes of it, ``None`` if unknown.

    ``byte_rate`` is in bytes a second, to say lengths in seconds; 0 where it is not known.
    """

    start: int
    size: int
    promised: int | None
    byte_rate: float

    @property
    def present(self) -> int:
        """All bytes from the start of the sound to the end of the file."""
        return max(0, self.size - self.start)

    def seconds(self, count: int) -> str:
        """Return a number of bytes in words, in seconds where that can be said."""
        return f"{count / self.byte_rate:.1f} s" if self.byte_rate else f"{count:,} bytes"

    def says(self, promised: int, there: int) -> str:
        """Return the note about a header that promises fewer bytes than are there."""
        return more_than_promised(self.seconds(promised), self.seconds(there))


def promised_of_32_bits(size: int, present: int) -> int | None:
    """Return the length that a 32-bit field promises, ``None`` where it says that it is not known.

    Programs that write to a pipe, or are killed, leave 2³² - 1, 2³¹ - 1, 2³¹ or a number just below.
    """
    near_a_limit = size >= _WRAP - _NEAR or abs(size - (1 << 31)) <= _NEAR
    return None if near_a_limit and size > present else size


def promised_of_64_bits(size: int) -> int | None:
    """Return the length that a 64-bit field promises, ``None`` where it says that it is not known."""
    return None if size >= 1 << 62 else size


@dataclass(frozen=True, slots=True)
class ActualSound:
    """``count`` bytes are sound; ``note`` says where the header lies; at byte ``another`` another file begins."""

    count: int
    note: str = ""
    another: int | None = None

    @property
    def notes(self) -> tuple[str, ...]:
        """The note, if there is one."""
        return (self.note,) if self.note else ()


def heard(
    sound: PromisedSound, follows: Callable[[int], bytes], is_chunk: Callable[[bytes, int], bool], align: int = 2
) -> ActualSound:
    """Return how much of the bytes is sound.

    ``follows`` gives the 16 bytes at a byte of the file; ``is_chunk`` says whether those begin a chunk, with a
    number of bytes left in the file. Chunks begin ``align`` bytes apart. Raises :class:`LayoutError`.
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
    if not promised:  # the length of a recorder that never came to write it
        return ActualSound(present)
    return ActualSound(present, sound.says(promised, present))


def _possible(promised: int, present: int) -> list[int]:
    """Return the lengths that a field of 32 bits may mean, in a file of more than 4 GiB."""
    return list(range(promised, present + 1, _WRAP)) or [promised]


def _wrapped(sound: PromisedSound, length: int) -> str:
    promised = 0 if sound.promised is None else sound.promised
    return f"holds {sound.seconds(length)} of sound, more than its header can say ({sound.seconds(promised)})"


def is_other_file(start: bytes) -> bool:
    """Whether bytes begin a file of its own."""
    return start.startswith(_FILES)


def reading_at(file: BinaryIO) -> Callable[[int], bytes]:
    """Return what gives the 16 bytes at a byte of a file, fewer at its end."""

    def read(at: int) -> bytes:
        file.seek(at)
        return file.read(16)

    return read
