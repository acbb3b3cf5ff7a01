"""Writes audio files whole or not at all, readable only by their owner."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import soundfile as sf

from base.files import private_file
from base.samples import SAMPLE_RATE


@contextmanager
def private_audio(path: Path, kind: str, channels: int, *, replace: bool) -> Iterator[sf.SoundFile]:
    """Open a 16-bit file at 16 kHz for writing, ``FLAC`` or ``WAV``; on success it is moved to ``path``.

    Raises :class:`FileExistsError` if ``path`` exists and ``replace`` is false, and :class:`OSError`. After an
    error no file is left behind.
    """
    try:
        with (
            private_file(path, replace=replace) as file,
            # by name: libsndfile prints errors of a Python file object instead of raising them
            sf.SoundFile(os.fsencode(file.name), "w", SAMPLE_RATE, channels, "PCM_16", format=kind) as audio,
        ):
            yield audio
    except sf.SoundFileError:
        raise OSError(errno.EIO, "not all of the sound could be written", str(path)) from None
