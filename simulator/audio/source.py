"""Audio files as a stream of 16 kHz mono samples, whatever their rate, width, format or channel count."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile as sf
import soxr

from base.samples import SAMPLE_RATE, Samples
from simulator.audio.what_if import AS_IT_IS, WhatIf
from simulator.audio.wholeness import refuse_cut
from simulator.errors import AudioError, ChannelError

BLOCK_SECONDS = 4
SUFFIXES = (".wav", ".flac", ".ogg", ".mp3")

_HOLD_ANY_NUMBER = ("FLOAT", "DOUBLE")
"""Sample formats that can hold what is not a number."""


@dataclass(frozen=True, slots=True)
class AudioSource:
    """An audio file that was opened once and found readable.

    ``caller_channel`` is the channel read as the caller, from 0. ``guessed_channel`` is true where the file has
    several and nobody said which one. ``duration_s`` is what the file's header promises. ``what_if`` is what is
    done to the caller's audio before anything hears it.
    """

    path: Path
    sample_rate: int
    channels: int
    duration_s: float
    caller_channel: int = 0
    guessed_channel: bool = False
    what_if: WhatIf = AS_IT_IS
    holds_any_number: bool = False

    def content_hash(self) -> str:
        """Return the SHA-256 of the file's bytes, the chosen channel and the knobs in use, in hex."""
        digest = hashlib.sha256()
        with self.path.open("rb") as file:
            while chunk := file.read(1 << 20):
                digest.update(chunk)
        digest.update(f"channel {self.caller_channel}".encode())
        if self.what_if:
            digest.update(f"what if, method 1: {self.what_if!r}".encode())
        return digest.hexdigest()

    def blocks(self, from_s: int = 0) -> Iterator[Samples]:
        """Yield the caller's samples from a second on, float32 ``[n]`` in -1…1 at 16 kHz, about 4 s at a time.

        Values that are not numbers become silence and values beyond full scale are clipped, so that one bad
        sample does not poison a detector's memory; then come the what-if knobs. Raises :class:`AudioError` if the
        file stops being readable.
        """
        if not from_s or self.what_if:  # what is done to the audio depends on all that went before
            return _without(self.what_if.heard(self._plain_blocks), from_s * SAMPLE_RATE)
        warm_s = max(from_s - 1, 0)
        return _without(self._plain_blocks(warm_s), (from_s - warm_s) * SAMPLE_RATE)

    def unusable_samples(self) -> int:
        """Return how many of the caller's samples are not finite numbers (heard as silence, or clipped).

        Reads the file through if its format can hold such a thing. Raises :class:`AudioError` as ``blocks`` does.
        """
        if not self.holds_any_number:
            return 0
        return sum(int(np.count_nonzero(~np.isfinite(block))) for block in self._file_blocks())

    def samples(self) -> Samples:
        """Return the whole caller channel at 16 kHz, float32 of shape ``[n]``; for short files."""
        return np.concatenate([np.zeros(0, np.float32), *self.blocks()])

    def _plain_blocks(self, from_s: int = 0) -> Iterator[Samples]:
        resampler = (
            None
            if self.sample_rate == SAMPLE_RATE
            else soxr.ResampleStream(self.sample_rate, SAMPLE_RATE, 1, dtype="float32")
        )
        for block in self._file_blocks(from_s):
            mono = np.clip(np.nan_to_num(block, nan=0.0, posinf=1.0, neginf=-1.0), -1.0, 1.0)
            yield mono if resampler is None else resampler.resample_chunk(mono)
        if resampler is not None:
            yield resampler.resample_chunk(np.zeros(0, np.float32), last=True)

    def _file_blocks(self, from_s: int = 0) -> Iterator[Samples]:
        """Yield the caller's samples as the file has them, at its own rate."""
        try:
            with sf.SoundFile(os.fsencode(self.path)) as file:
                if from_s:
                    file.seek(min(from_s * self.sample_rate, file.frames))
                step = self.sample_rate * BLOCK_SECONDS
                while len(block := file.read(step, dtype="float32", always_2d=True)):
                    yield block[:, self.caller_channel]
        except (sf.SoundFileError, OSError) as error:
            if not self.path.exists():
                why = "it is no longer there); was it moved or deleted?"
            else:
                why = f"{_reason(error)}); is it complete?"
            raise AudioError(f"{self.path}: stopped being readable ({why}") from None


def _without(blocks: Iterator[Samples], count: int) -> Iterator[Samples]:
    """Yield blocks without the first ``count`` samples."""
    for block in blocks:
        yield block[count:]
        count = max(count - len(block), 0)


def open_audio(path: Path, caller_channel: int | None = None, what_if: WhatIf = AS_IT_IS) -> AudioSource:
    """Open a WAV, FLAC, OGG or MP3 file. ``caller_channel`` counts from 0; ``None`` takes the first.

    Raises :class:`AudioError` if there is no such file, it holds no audio, breaks off, or has no such channel.
    """
    if not path.exists():
        raise AudioError(f"{path}: no such file; check the path")
    if path.is_dir():
        raise AudioError(f"{path}: is a folder; name an audio file, or a folder that holds some")
    try:
        if path.stat().st_size == 0:
            raise AudioError(f"{path}: is empty; record or export it again")
        with sf.SoundFile(os.fsencode(path)) as file:
            rate, channels, frames = file.samplerate, file.channels, file.frames
            holds_any_number = file.subtype in _HOLD_ANY_NUMBER
            readable = len(file.read(1)) == 1
    except (sf.SoundFileError, OSError) as error:
        raise AudioError(
            f"{path}: is not audio Turnlab can read ({_reason(error)}); use WAV, FLAC, OGG or MP3"
        ) from None
    refuse_cut(path)
    if not readable:
        raise AudioError(f"{path}: has a header but no audio; record or export it again")
    if caller_channel is not None and not 0 <= caller_channel < channels:
        raise ChannelError(f"{path}: has {channels} channel(s); choose the caller's from 1 to {channels}")
    return AudioSource(
        path=path,
        sample_rate=rate,
        channels=channels,
        duration_s=frames / rate,
        caller_channel=caller_channel or 0,
        guessed_channel=channels > 1 and caller_channel is None,
        what_if=what_if,
        holds_any_number=holds_any_number,
    )


def _reason(error: Exception) -> str:
    text = getattr(error, "error_string", None) or getattr(error, "strerror", None) or type(error).__name__
    return str(text).strip().rstrip(".").lower()
