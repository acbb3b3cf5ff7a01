"""Both sides of a simulated call on one clock, sample by sample, for the speaker and for audio files."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from base.samples import SAMPLE_RATE, SAMPLES_PER_MS, Samples
from simulator.activity.model import Activity
from simulator.audio.private_audio import private_audio
from simulator.echo.caller import AudioReader, gaps_between_moves, gaps_between_speech, room_tone
from simulator.engine.sound import AgentSound
from simulator.errors import AudioError
from simulator.recording import Recording
from simulator.replay import Played
from simulator.voice.agent_renderer import AgentRenderer
from simulator.voice.voice import Voice

FORMATS = {".wav": "WAV", ".flac": "FLAC"}
"""The formats of a mix, by file name ending."""

_BLOCK = 30 * SAMPLE_RATE


def mix_format(path: Path) -> str:
    """Return a file's format. Raises :class:`~simulator.errors.AudioError` for an unknown ending."""
    try:
        return FORMATS[path.suffix.lower()]
    except KeyError:
        raise AudioError(f"{path}: a mix is written as WAV or FLAC; end the name with .wav or .flac") from None


def write_mix(path: Path, mix: CallMix, *, replace: bool, progress: Callable[[float], None] | None = None) -> None:
    """Write a call as 16-bit stereo at 16 kHz, caller left and agent right, readable only by the owner.

    ``progress`` receives the share done, 0…1, and may raise to cancel. Raises
    :class:`~simulator.errors.AudioError`, :class:`FileExistsError` if the file exists and ``replace`` is false, and
    :class:`OSError`. After an error no file is left behind.
    """
    kind = mix_format(path)
    if not replace and path.exists():
        raise FileExistsError(path)
    with private_audio(path, kind, len(CHANNELS), replace=replace) as audio:
        for start in range(0, mix.length, _BLOCK):
            audio.write(mix.read(start, min(_BLOCK, mix.length - start)))
            if progress is not None:
                progress(min(1.0, (start + _BLOCK) / mix.length))


class CallerTrack:
    """The caller's channel of a run. Any window can be read; reading forwards is cheapest."""

    def __init__(self, recording: Recording, activity: Activity, played: Played) -> None:
        self._recording = recording
        self._activity = activity
        self._places = played.placements
        self._starts = [place.start_ms + place.shift_ms for place in played.placements]
        self._reader = AudioReader(recording.source)
        self._elastic = played.mode == "elastic"

    @cached_property
    def _tone(self) -> Samples:
        labels, activity = self._recording.labels, self._activity
        moves = labels.moves if labels and self._elastic else ()
        return room_tone(
            self._recording.source, gaps_between_moves(moves, activity) if moves else gaps_between_speech(activity)
        )

    def read(self, start: int, count: int) -> Samples:
        """Return ``count`` samples from sample ``start`` of the call, float32 ``[count]`` at 16 kHz.

        Raises :class:`~simulator.errors.AudioError` if the recording stops being readable.
        """
        heard = self._tone.take(np.arange(start, start + count), mode="wrap")
        first = max(bisect_right(self._starts, start // SAMPLES_PER_MS) - 1, 0)
        for place in self._places[first:]:
            shift = place.shift_ms * SAMPLES_PER_MS
            begin = max(start, place.start_ms * SAMPLES_PER_MS + shift)
            end = min(start + count, place.end_ms * SAMPLES_PER_MS + shift)
            if place.start_ms * SAMPLES_PER_MS + shift >= start + count:
                break
            if begin < end:
                heard[begin - start : end - start] = self._reader.read(begin - shift, end - begin)
        return heard


CHANNELS = ("caller", "agent")
"""The left and the right channel of a stereo mix."""

Stereo = NDArray[np.float32]
"""Shape ``[n, 2]``, -1…1 at 16 kHz, the caller first."""


class Mix(Protocol):
    """A playable call: what a player needs of it."""

    played: Played
    length: int

    @property
    def voice(self) -> str:
        """The name of the agent's voice."""

    def read(self, start: int, count: int) -> Stereo:
        """Return ``count`` samples from ``start``, float32 ``[count, 2]``.

        Raises :class:`~simulator.errors.AudioError` if the audio stops being readable.
        """

    def prepare(self, start: int, seconds: float, /) -> bool:
        """Prepare one thing needed within the next ``seconds``; return whether anything was missing."""


class CallMix:
    """One arm over one recording, playable. Times are on the run's own clock. Use it from one thread."""

    def __init__(self, recording: Recording, activity: Activity, played: Played, voice: Voice) -> None:
        self.played = played
        self.length = played.duration_ms * SAMPLES_PER_MS
        """The length of the call in samples."""
        self._caller = CallerTrack(recording, activity, played)
        self._renderer = AgentRenderer(voice)
        self._sounds = played.sounds
        self._starts = [sound.start_ms for sound in played.sounds]

    @property
    def voice(self) -> str:
        """The name of the agent's voice; if that failed, why another one speaks."""
        return self._renderer.trouble or self._renderer.voice.name

    def read(self, start: int, count: int) -> Stereo:
        """Return ``count`` samples from ``start``, float32 ``[count, 2]``, synthesising the agent where necessary.

        Raises :class:`~simulator.errors.AudioError` if the recording stops being readable.
        """
        for sound in self._between(start, start + count):
            self._renderer.note(sound)
        agent = self._renderer.render(None, start, count)
        return np.stack([self._caller.read(start, count), agent], axis=1)

    def prepare(self, start: int, seconds: float) -> bool:
        """Synthesise one clip needed within the next ``seconds``; return whether one was missing."""
        for sound in self._between(start, start + round(seconds * SAMPLE_RATE)):
            if self._renderer.prepare_one(sound):
                return True
        return False

    def _between(self, start: int, end: int) -> tuple[AgentSound, ...]:
        """Return the sounds between two samples; sounds are in order and never overlap."""
        first = max(bisect_right(self._starts, start // SAMPLES_PER_MS) - 1, 0)
        last = bisect_right(self._starts, end // SAMPLES_PER_MS)
        return self._sounds[first:last]


def both_ears(mix: Stereo) -> NDArray[np.float32]:
    """Return both sides mixed to one channel, float32 ``[n]``, clipped to -1…1."""
    return np.asarray(np.clip(mix.sum(axis=1), -1.0, 1.0), np.float32)


def same_moment(before: Played, after: Played, own_ms: int) -> int:
    """Return the time, ms, in another run over the recording, at which the caller is where it is at ``own_ms``.

    A time after the caller's words keeps its distance to them, but stays before the caller's next words.
    """
    if len(before.placements) != len(after.placements):
        return min(own_ms, after.duration_ms)
    starts = [0, *(place.start_ms + place.shift_ms for place in before.placements)]
    others = [0, *(place.start_ms + place.shift_ms for place in after.placements), after.duration_ms]
    index = bisect_right(starts, own_ms) - 1
    return min(others[index] + own_ms - starts[index], others[index + 1])
