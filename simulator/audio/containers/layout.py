"""What a file holds as its own bytes show it: the parts that a decoder is to read, and what is said of it."""

from __future__ import annotations

from dataclasses import dataclass

from simulator.audio.containers.pieces import Part


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
