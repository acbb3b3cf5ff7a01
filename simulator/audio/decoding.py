"""Decodes audio files: libsndfile in this process, and MPEG audio by libsndfile in a separate process.

The MPEG library, libmpg123, writes remarks directly to file descriptor 2, and nothing in a file's bytes predicts
them. The dashboard draws on that descriptor from another thread, so this process cannot redirect it. A separate
process can.
"""

from __future__ import annotations

import os
import struct
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import numpy as np
import soundfile as sf

from base.samples import Samples
from simulator.audio.containers.detection import layout_of
from simulator.audio.containers.pieces import Layout, Part, PiecedFile
from simulator.errors import AudioError

BLOCK_SECONDS = 4

HEADER = struct.Struct("<BI")
"""What precedes each message of the other process: its kind, and its length in bytes."""
SAMPLES, END, FAULT = range(3)

_HOLD_ANY_NUMBER = ("FLOAT", "DOUBLE")
"""Sample formats that can hold NaN or infinity."""

_NO_LENGTH = 1 << 50
"""More frames than any file has: a decoder reports at least this for an unknown length."""


@dataclass(frozen=True, slots=True)
class FileFacts:
    """What is known of an audio file before decoding: ``frames`` are samples per channel, ``notes`` sentences."""

    sample_rate: int
    channels: int
    frames: int
    holds_any_number: bool
    notes: tuple[str, ...]


def facts_of(path: Path) -> FileFacts:
    """Return what a file's bytes and its decoder say about it.

    Raises :class:`~simulator.errors.AudioError` for a file that is not audio, cut off or empty, and
    :class:`OSError`.
    """
    layout = layout_of(path)
    if layout.mpeg is not None:
        found = FileFacts(
            layout.mpeg.sample_rate, layout.mpeg.channels, layout.mpeg.samples, False, _said(path, layout)
        )
    else:
        found = _facts_by_decoder(path, layout)
    if not found.frames:
        raise AudioError(f"{path}: has a header but no audio; record or export it again")
    return found


def decoded(path: Path, channel: int, first: int = 0) -> Iterator[Samples]:
    """Yield one channel from sample ``first``, float32 ``[n]`` at the file's own rate, about 4 s at a time.

    Raises :class:`~simulator.errors.AudioError` if the file stops being readable.
    """
    try:
        layout = layout_of(path)
        apart = layout.mpeg is not None
        yield from _decoded_apart(path, channel, first) if apart else decoded_here(path, layout, channel, first)
    except (sf.SoundFileError, OSError) as error:
        if not path.exists():
            why = "it no longer exists); was it moved or deleted?"
        else:
            why = f"{reason(error)}); is it complete?"
        raise AudioError(f"{path}: stopped being readable ({why}") from None


def decoded_here(path: Path, layout: Layout, channel: int, first: int) -> Iterator[Samples]:
    """Do as :func:`decoded` does, in this process. Raises what libsndfile raises, and :class:`OSError`."""
    for part in layout.parts:
        with _opened(path, part) as (file, source):
            if first >= file.frames:
                first -= file.frames
                continue
            if first:
                file.seek(first)
                first = 0
            step = file.samplerate * BLOCK_SECONDS
            while len(block := file.read(step, dtype="float32", always_2d=True)):
                yield block[:, channel]
            if source is not None and source.fault is not None:
                raise source.fault


def reason(error: Exception) -> str:
    """Return the reason that libsndfile or the system gives, in words."""
    text = getattr(error, "error_string", None) or getattr(error, "strerror", None) or type(error).__name__
    return str(text).strip().rstrip(".").lower()


def _facts_by_decoder(path: Path, layout: Layout) -> FileFacts:
    rate = channels = frames = 0
    any_number = False
    try:
        for part in layout.parts:
            with _opened(path, part) as (file, _):
                if frames and (rate, channels) != (file.samplerate, file.channels):
                    raise AudioError(f"{path}: is several files in one, of different rates or channels; split it")
                rate, channels = file.samplerate, file.channels
                any_number |= file.subtype in _HOLD_ANY_NUMBER
                frames += file.frames if frames or len(file.read(1)) else 0
    except sf.SoundFileError as error:
        raise AudioError(
            f"{path}: is not audio Turnlab can read ({reason(error)}); use WAV, FLAC, OGG or MP3"
        ) from None
    if frames >= _NO_LENGTH:
        raise AudioError(f"{path}: does not say how long it is, and that cannot be found; export it again")
    return FileFacts(rate, channels, frames, any_number, _said(path, layout))


def _said(path: Path, layout: Layout) -> tuple[str, ...]:
    return tuple(f"{path}: {note}" for note in layout.notes)


@contextmanager
def _opened(path: Path, part: Part) -> Iterator[tuple[sf.SoundFile, PiecedFile | None]]:
    with ExitStack() as stack:
        source = stack.enter_context(PiecedFile(path, part)) if part else None
        yield stack.enter_context(sf.SoundFile(source or os.fsencode(path))), source


def _decoded_apart(path: Path, channel: int, first: int) -> Iterator[Samples]:
    # -P, so that no module in the working folder replaces one of ours
    module = ("-P", "-m", "simulator.audio.decoding_apart")
    command = [sys.executable, *module, str(path), str(channel), str(first)]
    process = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,  # closing the pipe ends it; a key pressed in our terminal does not
    )
    assert process.stdout is not None
    try:
        with closing(process.stdout) as pipe:
            while (content := _next(pipe)) is not None:
                yield np.frombuffer(content, "<f4").astype(np.float32, copy=False)
    finally:
        process.kill()
        process.wait()


def _next(pipe: IO[bytes]) -> bytes | None:
    """Return the next samples from the other process, ``None`` at their end. Raises :class:`OSError`."""
    head = pipe.read(HEADER.size)
    kind, length = HEADER.unpack(head) if len(head) == HEADER.size else (FAULT, 0)
    content = pipe.read(length)
    if kind == END:
        return None
    if kind == FAULT or len(content) < length:
        raise OSError(0, content.decode(errors="replace") if kind == FAULT and content else "its decoder crashed")
    return content
