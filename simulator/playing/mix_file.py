"""A simulated call as an audio file for other ears."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from base.samples import SAMPLE_RATE
from simulator.audio.private_audio import private_audio
from simulator.errors import AudioError
from simulator.playing.call_mix import CHANNELS, CallMix

FORMATS = {".wav": "WAV", ".flac": "FLAC"}
"""What a mix can be written as, by the end of the file's name."""

_BLOCK = 30 * SAMPLE_RATE


def mix_format(path: Path) -> str:
    """Return what a file is to be written as. Raises :class:`~simulator.errors.AudioError` for another ending."""
    try:
        return FORMATS[path.suffix.lower()]
    except KeyError:
        raise AudioError(f"{path}: a mix is written as WAV or FLAC; end the name with .wav or .flac") from None


def write_mix(path: Path, mix: CallMix, *, replace: bool, progress: Callable[[float], None] | None = None) -> None:
    """Write a call as 16-bit stereo at 16 kHz, the caller left and the agent right, for its owner's eyes only.

    ``progress`` is told the share done, 0…1, and may raise to give up. Raises
    :class:`~simulator.errors.AudioError`, :class:`FileExistsError` if there is a file already and ``replace`` is
    false, and :class:`OSError`; then nothing is left behind.
    """
    kind = mix_format(path)
    if not replace and path.exists():
        raise FileExistsError(path)
    with private_audio(path, kind, len(CHANNELS), replace=replace) as audio:
        for start in range(0, mix.length, _BLOCK):
            audio.write(mix.read(start, min(_BLOCK, mix.length - start)))
            if progress is not None:
                progress(min(1.0, (start + _BLOCK) / mix.length))
