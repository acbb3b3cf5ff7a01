"""Audio files that are there whole or not at all, and that only their owner can read."""

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
    """Give a 16-bit file at 16 kHz to write to, ``FLAC`` or ``WAV``; when all went well it becomes ``path``.

    Raises :class:`FileExistsError` if there is one already and ``replace`` is false, and :class:`OSError`; whatever
    is raised, nothing is left behind.
    """
    try:
        with (
            private_file(path, replace=replace) as file,
            # by its name: what goes wrong while libsndfile writes to a file of Python's is printed, not raised
            sf.SoundFile(os.fsencode(file.name), "w", SAMPLE_RATE, channels, "PCM_16", format=kind) as audio,
        ):
            yield audio
    except sf.SoundFileError:
        raise OSError(errno.EIO, "not all of the sound could be written", str(path)) from None
