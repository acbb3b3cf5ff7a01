"""Audio files as a stream of 16 kHz mono samples, from any rate, width, format or channel count."""

from __future__ import annotations

import hashlib
import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from base.samples import SAMPLE_RATE, Samples, resampled, to_pcm16
from simulator.audio.decoding import decoded, facts_of, reason
from simulator.audio.injecting import clip
from simulator.audio.what_if import AS_IT_IS, WhatIf
from simulator.errors import AudioError, ChannelError

SCALES = (1 << 15, 1 << 23, 1 << 31)
"""The full scale of 16, 24 and 32 bits, as integers."""

_BEYOND = 4.0
"""12 dB over full scale: at the right scale, only single samples are louder."""
_SHARE = 0.05
_ALL_BUT_CLICKS = 0.999
_OVERSHOOT = 1.5
"""How far filters and resamplers may exceed full scale."""
_ENOUGH = 1_000_000
"""The number of samples to look at, silence excluded: a minute at 16 kHz."""
_MOST = 60 * _ENOUGH
"""The number of samples to look at, silence included: an hour."""


def scale_of(blocks: Iterable[Samples]) -> int:
    """Return the full scale of samples, float32 ``[n]``: 1, or that of the integer format they came from.

    Silence, NaN, infinity, and single samples far beyond full scale do not count.
    """
    beyond = sounding = seen = 0
    peak = 0.0
    for block in blocks:
        heights = np.abs(block[np.isfinite(block) & (block != 0)])
        seen, sounding = seen + len(block), sounding + len(heights)
        beyond += int(np.count_nonzero(heights > _BEYOND))
        if len(heights):
            peak = max(peak, float(np.quantile(heights, _ALL_BUT_CLICKS)))
        if sounding >= _ENOUGH or seen >= _MOST:
            break
    if beyond <= _SHARE * sounding:
        return 1
    return next((scale for scale in SCALES if peak <= _OVERSHOOT * scale), SCALES[-1])


SUFFIXES = (
    *(".wav", ".flac", ".ogg", ".mp3", ".opus", ".oga", ".aiff", ".aif", ".aifc"),
    *(".au", ".snd", ".caf", ".w64", ".rf64", ".bw64"),
)
"""File name endings by which a folder's audio files are found. The bytes of a file decide its format."""


class SoundKey:
    """Identifies a recording by its first 0.2 s of sound, independently of the file's name and format.

    Room tone and digital silence before that sound do not count. The key is complete before the first speech is
    known to have ended, so a seeded draw in a call never depends on later audio.
    """

    def __init__(self) -> None:
        self._heights = np.zeros(0, np.int16)

    @property
    def whole(self) -> bool:
        """Whether the key is complete: further samples do not change it."""
        return len(self._heights) == _KEY_SAMPLES

    def push(self, samples: Samples) -> None:
        """Add the next samples, float32 ``[n]`` at 16 kHz."""
        if self.whole:
            return
        heights = to_pcm16(samples)
        if not len(self._heights):
            heights = heights[np.argmax(loud) :] if (loud := np.abs(heights) >= _KEY_HEIGHT).any() else heights[:0]
        self._heights = np.concatenate([self._heights, heights])[:_KEY_SAMPLES]

    def __str__(self) -> str:
        """Return the key of the sound so far, in hex."""
        return hashlib.sha256(self._heights.astype("<i2").tobytes()).hexdigest()


_KEY_SAMPLES = SAMPLE_RATE // 5
_KEY_HEIGHT = 131
"""0.4 % of full scale: above room tone, below any speech that the detectors find."""


@dataclass(frozen=True, slots=True)
class AudioSource:
    """An audio file that was opened once and found readable.

    ``caller_channel`` is the channel read as the caller, from 0. ``guessed_channel`` is true where the file has
    several and none was named. ``duration_s`` is the length by the file's content, as far as that shows without
    decoding. ``what_if`` is applied to the caller's audio before any detector gets it. ``scale`` divides float
    samples. ``unheard`` are stretches replaced by silence, s. ``notes`` are sentences about wrong headers.
    """

    path: Path
    sample_rate: int
    channels: int
    duration_s: float
    caller_channel: int = 0
    guessed_channel: bool = False
    what_if: WhatIf = AS_IT_IS
    holds_any_number: bool = False
    scale: int = 1
    unheard: tuple[tuple[float, float], ...] = ()
    notes: tuple[str, ...] = ()

    def content_hash(self) -> str:
        """Return the SHA-256 of the file's bytes, the chosen channel and the active what-if settings, in hex."""
        digest = hashlib.sha256()
        with self.path.open("rb") as file:
            while chunk := file.read(1 << 20):
                digest.update(chunk)
        digest.update(f"channel {self.caller_channel}".encode())
        if self.unheard:
            digest.update(f"unheard {self.unheard!r}".encode())
        if self.what_if:
            digest.update(f"what if, method 1: {self.what_if!r}".encode())
            for one in self.what_if.injections:
                digest.update(clip(one.sound).tobytes())
        return digest.hexdigest()

    def sound_key(self) -> str:
        """Return the :class:`SoundKey` of the caller's audio without what-if settings, as text.

        Reads only as much of the file as the key needs. Raises :class:`AudioError` as ``blocks`` does.
        """
        key = SoundKey()
        for block in self._plain_blocks():
            key.push(block)
            if key.whole:
                break
        return str(key)

    def blocks(self, from_s: int = 0) -> Iterator[Samples]:
        """Yield the caller's samples from ``from_s`` s, float32 ``[n]`` in -1…1 at 16 kHz, 4 s at a time.

        NaN and infinity become silence and values beyond full scale are clipped, because one bad sample would
        corrupt a detector's state. The what-if settings apply after that. Raises :class:`AudioError` if the file
        stops being readable.
        """
        if not from_s or self.what_if:  # what-if results depend on all earlier audio
            return _without(self.what_if.heard(self._plain_blocks), from_s * SAMPLE_RATE)
        warm_s = max(from_s - 1, 0)
        return _without(self._plain_blocks(warm_s), (from_s - warm_s) * SAMPLE_RATE)

    def unusable_samples(self) -> int:
        """Return how many of the caller's samples are not finite (replaced by silence, or clipped).

        Reads the whole file if its format can hold such values. Raises :class:`AudioError` as ``blocks`` does.
        """
        if not self.holds_any_number:
            return 0
        return sum(int(np.count_nonzero(~np.isfinite(block))) for block in self._file_blocks())

    def samples(self) -> Samples:
        """Return the whole caller channel at 16 kHz, float32 ``[n]``. For short files only."""
        return np.concatenate([np.zeros(0, np.float32), *self.blocks()])

    def _plain_blocks(self, from_s: int = 0) -> Iterator[Samples]:
        heard = (
            np.clip(np.nan_to_num(block, nan=0.0, posinf=1.0, neginf=-1.0), -1.0, 1.0)
            for block in self._heard_blocks(from_s)
        )
        yield from resampled(heard, self.sample_rate)

    def _heard_blocks(self, from_s: int) -> Iterator[Samples]:
        at = from_s * self.sample_rate
        for block in self._file_blocks(from_s):
            for start_s, end_s in self.unheard:
                first, last = (max(round(t * self.sample_rate) - at, 0) for t in (start_s, end_s))
                if last and first < len(block):
                    block = block.copy()
                    block[first:last] = 0.0
            at += len(block)
            yield block

    def _file_blocks(self, from_s: int = 0) -> Iterator[Samples]:
        """Yield the caller's samples at the file's own rate, scaled to -1…1."""
        for block in decoded(self.path, self.caller_channel, from_s * self.sample_rate):
            yield block if self.scale == 1 else block / np.float32(self.scale)


def _without(blocks: Iterator[Samples], count: int) -> Iterator[Samples]:
    """Yield blocks without the first ``count`` samples."""
    for block in blocks:
        yield block[count:]
        count = max(count - len(block), 0)


def open_audio(path: Path, caller_channel: int | None = None, what_if: WhatIf = AS_IT_IS) -> AudioSource:
    """Open an audio file. ``caller_channel`` counts from 0; ``None`` takes the first.

    Raises :class:`AudioError` if the file does not exist, may not be read, contains no audio, or is cut off, and
    :class:`~simulator.errors.ChannelError` if it has no such channel.
    """
    try:
        _refuse_non_file(path)
        facts = facts_of(path)
    except OSError as error:
        raise AudioError(f"{path}: {_why(path, error)}") from None
    if caller_channel is not None and not 0 <= caller_channel < facts.channels:
        raise ChannelError(
            f"{path}: has {facts.channels} channel(s); choose the caller's from 1 to {facts.channels}"
        )
    channel = caller_channel or 0
    scale = scale_of(decoded(path, channel)) if facts.holds_any_number else 1
    notes = facts.notes
    if scale != 1:
        notes += (f"{path}: holds float samples at the scale of integers (±{scale:,}); divided by {scale:,}",)
    return AudioSource(
        path=path,
        sample_rate=facts.sample_rate,
        channels=facts.channels,
        duration_s=facts.frames / facts.sample_rate,
        caller_channel=channel,
        guessed_channel=facts.channels > 1 and caller_channel is None,
        what_if=what_if,
        holds_any_number=facts.holds_any_number,
        scale=scale,
        notes=notes,
    )


def _refuse_non_file(path: Path) -> None:
    """Raise :class:`AudioError` for a folder, an empty file, and a pipe or device; also raises :class:`OSError`.

    A pipe or device could block, and cannot be read twice.
    """
    state = path.stat()
    if stat.S_ISDIR(state.st_mode):
        raise AudioError(f"{path}: is a folder; name an audio file, or a folder that holds some")
    if not stat.S_ISREG(state.st_mode):
        raise AudioError(f"{path}: is a pipe or a device, not a file; save the audio to a file first")
    if not state.st_size:
        raise AudioError(f"{path}: is empty; record or export it again")


def _why(path: Path, error: OSError) -> str:
    if isinstance(error, FileNotFoundError):
        linked = path.is_symlink()
        return "is a link to a missing file; correct the link" if linked else "no such file; check the path"
    if isinstance(error, PermissionError):
        return "permission denied; give yourself permission to read it"
    return f"{reason(error)}; check the path"
