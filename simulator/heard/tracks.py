"""Speech and other sound on each side of a call, without the other side's bleed.

The voice-activity model finds speech, and levels every 5 ms refine its beginning and end. Sound at least 28 dB
below the other side at that time, or up to 250 ms after it, is the other side's bleed or echo.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from base.samples import SAMPLE_RATE, Samples, decibels
from simulator.activity.model import FRAME_MS, FRAME_SAMPLES, SpeechStart
from simulator.activity.silero import VoiceModel, voice_model
from simulator.activity.spans import SpanClosed, SpanDetector
from simulator.heard.sides import TwoSides

Stretch = tuple[int, int]
"""Start and end, ms of the call."""

Levels = NDArray[np.floating]
"""dBFS. The levels of a whole call's windows are stored in 16 bits, exact to a sixteenth of a decibel."""

WINDOW_MS = 5
WINDOW = SAMPLE_RATE * WINDOW_MS // 1000

BLEED_DB = 28.0
"""Sound this far below the other side is that side's bleed; overlapping voices differ by less."""

ECHO_DB, _ECHO_FRAMES = 36.0, 8
"""Sound this far below the other side, up to this many frames later, is its echo."""

_DEAF_DB = -72.0
"""Frames below this level contain no speech, and the model skips them..."""

_BEFORE_FRAMES, _AFTER_FRAMES = 6, 3
"""...unless they are within this many frames before or after a sound."""

_DEAD_DB = -84.0
"""No microphone and no telephone line is this quiet."""

_A_LAW_IDLE_DB, _EXACT_DB = -72.25, 0.2
"""A-law's level for digital silence, and the tolerance of stored levels."""

_ALIKE_DB = 3.0
"""The tolerance for "equally loud on both sides"."""


@dataclass(frozen=True, slots=True, eq=False)
class SideTrack:
    """One side of a call. ``speech`` and ``other`` (sound without a voice) are stretches in order.

    ``level_db`` has a level per 5 ms, dBFS; ``probability`` a speech probability per 32 ms, 0 in bleed.
    ``floor_db`` is the line's noise level and ``speech_db`` the voice's level, dBFS. ``dead`` 0…1 is the share of
    the time without sound in which the line is quieter than any microphone.
    """

    speech: tuple[Stretch, ...]
    other: tuple[Stretch, ...]
    level_db: Levels
    probability: Levels
    floor_db: float
    speech_db: float
    dead: float

    @property
    def spoken_s(self) -> float:
        """The total length of speech, s."""
        return sum(end - start for start, end in self.speech) / 1000


@dataclass(frozen=True, slots=True, eq=False)
class Tracks:
    """Both sides of a call. ``same`` 0…1 is the share of the speech that is equally loud on both."""

    duration_ms: int
    caller: SideTrack
    agent: SideTrack
    same: float

    def swapped(self) -> Tracks:
        """Return the sides swapped."""
        return Tracks(self.duration_ms, self.agent, self.caller, self.same)


_UNIT = FRAME_SAMPLES * 5
"""The smallest number of samples that is both whole frames and whole windows."""


class _SideListener:
    """Takes one side's audio in order; keeps a level per 5 ms, and a level and a probability per 32 ms."""

    def __init__(self, voice: VoiceModel) -> None:
        self._voice = voice
        self.windows: list[Levels] = []
        self.crisp: list[Levels] = []
        self.frames: list[Levels] = []
        self.probability: list[Levels] = []

    def measure(self, heard: Samples) -> Levels:
        """Take whole units of audio, float32 ``[n]``; return the level of each frame, dBFS."""
        self.windows.append(_levels(heard.reshape(-1, WINDOW)).astype(np.float16))
        self.crisp.append(_levels(_crisp(heard).reshape(-1, WINDOW)).astype(np.float16))
        self.frames.append(_levels(heard.reshape(-1, FRAME_SAMPLES)))
        return self.frames[-1]

    def ask(self, heard: Samples, level: Levels, bleed: NDArray[np.bool_]) -> None:
        """Run the model on frames that may contain this side's own speech, and on those just around them.

        The model has memory, so it also gets a few frames before and after each sound.
        """
        asked = ~bleed & (level > _DEAF_DB)
        own = np.flatnonzero(asked)
        for shift in range(-_BEFORE_FRAMES, _AFTER_FRAMES + 1):
            asked[np.clip(own + shift, 0, len(asked) - 1)] = True
        found = np.zeros(len(level), np.float32)
        if asked.any():
            found[asked] = self._voice.push(heard.reshape(-1, FRAME_SAMPLES)[asked])
        found[bleed] = 0
        self.probability.append(found)


def listen(sides: TwoSides, progress: Callable[[float], None] | None = None) -> Tracks:
    """Find speech and sound on both sides; ``progress`` receives the seconds done. Memory use is nearly constant.

    Raises :class:`~simulator.errors.SimulatorError` for audio that cannot be read, or a missing model.
    """
    listeners = (_SideListener(voice_model()), _SideListener(voice_model()))
    samples, rests = 0, [np.zeros(0, np.float32)] * 2
    before = [np.full(_ECHO_FRAMES, -120, np.float32)] * 2
    for pair in chain(sides.blocks(), [(np.zeros(_UNIT - 1, np.float32),) * 2]):
        joined = [np.concatenate(parts) for parts in zip(rests, pair, strict=True)]
        whole = len(joined[0]) // _UNIT * _UNIT
        rests = [one[whole:] for one in joined]
        if whole:
            levels = [one.measure(heard[:whole]) for one, heard in zip(listeners, joined, strict=True)]
            for own in (0, 1):
                other = np.concatenate([before[1 - own], levels[1 - own]])
                bleed = levels[own] < _bleed_db(other)[_ECHO_FRAMES:]
                listeners[own].ask(joined[own][:whole], levels[own], bleed)
            before = [np.concatenate(pair)[-_ECHO_FRAMES:] for pair in zip(before, levels, strict=True)]
        samples += len(pair[0])
        if progress is not None:
            progress(samples / SAMPLE_RATE)
    caller, agent = (_joined(listener) for listener in listeners)
    loud = np.maximum(caller.probability, agent.probability) >= 0.5
    alike = loud & (np.abs(caller.frames - agent.frames) < _ALIKE_DB)
    return Tracks(
        duration_ms=(samples - _UNIT + 1) * 1000 // SAMPLE_RATE,
        caller=_track(caller, agent.frames, _DIP_MS),
        agent=_track(agent, caller.frames, _AGENT_DIP_MS),
        same=float(alike.sum() / loud.sum()) if loud.any() else 0.0,
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Heard:
    windows: Levels
    crisp: Levels
    frames: Levels
    probability: Levels


def _joined(listener: _SideListener) -> _Heard:
    nothing = [np.zeros(0, np.float32)]
    return _Heard(
        np.concatenate(listener.windows or nothing),
        np.concatenate(listener.crisp or nothing),
        np.concatenate(listener.frames or nothing),
        np.concatenate(listener.probability or nothing),
    )


def _crisp(heard: Samples) -> Samples:
    """Return audio with high frequencies emphasised: a soft "s" at a word's end then stands out from noise."""
    once = heard[2:] - np.float32(1.94) * heard[1:-1] + np.float32(0.9409) * heard[:-2]
    return np.concatenate([np.zeros(2, np.float32), once])


def _levels(windows: NDArray[np.float32]) -> Levels:
    power = np.einsum("ij,ij->i", windows, windows) / np.float32(windows.shape[1])
    return decibels(power).astype(np.float32)


def _track(own: _Heard, other_db: Levels, dip_ms: int) -> SideTrack:
    bleed = own.frames < _bleed_db(other_db)
    frame_of_window = np.arange(len(own.windows), dtype=np.int32) * WINDOW_MS // FRAME_MS
    windows = np.where(bleed[frame_of_window], np.float16(-120), own.windows)
    spans = _spans(own.probability)
    floor_db = _floor(own.windows, spans)
    said = _inside(len(windows), spans)
    speech_db = float(np.percentile(windows[said], 75)) if said.any() else -120.0
    crisp_db = float(np.percentile(own.crisp[said], 75)) if said.any() else -120.0
    loud_db = min(max(floor_db + 7.0, speech_db - _LOUD_DB, -66.0), speech_db - 6.0)
    edges = _Edges(windows, own.crisp, ~said, loud_db, crisp_db - _SOFT_DB, dip_ms)
    speech = merged(((start, end) for start, end in map(edges.stretch, spans) if start < end), 1)
    return SideTrack(
        speech=tuple(speech),
        other=tuple(_without_voice(windows, speech, floor_db, speech_db)),
        level_db=own.windows,
        probability=own.probability,
        floor_db=floor_db,
        speech_db=speech_db,
        dead=float(_dead(own.windows[~said]).mean()) if not said.all() else 0.0,
    )


def _dead(level_db: Levels) -> NDArray[np.bool_]:
    """Return which windows are too quiet for any microphone or line."""
    idle: NDArray[np.bool_] = np.abs(level_db - _A_LAW_IDLE_DB) < _EXACT_DB
    return idle | (level_db < _DEAD_DB)


def _bleed_db(level_db: Levels) -> Levels:
    """Return for each frame of the other side the highest level of its bleed on this side, dBFS."""
    padded = np.pad(level_db, (_ECHO_FRAMES, 1), constant_values=-120)
    views = [padded[shift : shift + len(level_db)] for shift in range(_ECHO_FRAMES + 2)]
    at_once = np.maximum.reduce(views[-4:]) - BLEED_DB
    later = np.maximum.reduce(views) - ECHO_DB
    return np.asarray(np.maximum(at_once, later), np.float32)


def _spans(probability: Levels) -> list[Stretch]:
    detector, spans, begun = SpanDetector(), list[Stretch](), 0
    for value in [*probability.tolist(), *[0.0] * 8]:
        found = detector.push(value)
        if isinstance(found, SpeechStart):
            begun = found.start_ms
        elif isinstance(found, SpanClosed):
            spans.append((begun, found.end_ms))
    return spans


def _inside(count: int, spans: list[Stretch], margin_ms: int = 0) -> NDArray[np.bool_]:
    inside = np.zeros(count, np.bool_)
    for start, end in spans:
        inside[max(0, start - margin_ms) // WINDOW_MS : (end + margin_ms) // WINDOW_MS] = True
    return inside


def _floor(levels: Levels, spans: list[Stretch]) -> float:
    """Return the line's noise level, dBFS."""
    quiet = levels[~_inside(len(levels), spans, 300)]
    return max(float(np.median(quiet)), -100.0) if len(quiet) > 200 // WINDOW_MS else -100.0


_LOOK_MS = 200
"""How far from the model's result to search levels for a stretch's beginning and end."""

_DIP_MS, _AGENT_DIP_MS = 60, 130
"""A shorter dip in level is within a word. The agent is not recorded by a microphone, so its dips may be longer."""

_LOUD_DB, _SOFT_DB = 32.0, 25.0
"""How far below a side's speech its words begin and end: overall, and at the frequencies of soft consonants."""

_SMOOTH = 8
"""The number of consecutive windows that separates a soft consonant from the line's noise."""


_SOFT_MS = 150
"""A longer soft beginning or ending is rising or falling noise."""

_NEARBY_MS = 100
_NEAR_LEAST = 20
"""The line's noise is measured over this time beside a stretch, with at least this many free windows."""


@dataclass(frozen=True, slots=True, eq=False)
class _Edges:
    """Finds where speech begins and ends: by loud windows, and by soft high-frequency sounds next to them."""

    windows: Levels
    crisp: Levels
    quiet: NDArray[np.bool_]
    loud_db: float
    softest_db: float
    dip_ms: int

    def stretch(self, span: Stretch) -> Stretch:
        """Return the model's span with its beginning and end refined by level."""
        first = max(0, (span[0] - _LOOK_MS) // WINDOW_MS)
        last = min(len(self.windows), (span[1] + _LOOK_MS) // WINDOW_MS)
        runs = _runs(self.windows[first:last] >= self.loud_db, self.dip_ms, first)
        # a run belongs to the span if it overlaps the model's span
        own = [run for run in runs if run[1] > span[0] - FRAME_MS and run[0] < span[1] + FRAME_MS // 2]
        if not own:
            return span
        start, end = own[0][0] // WINDOW_MS, own[-1][1] // WINDOW_MS
        return self._begun(start, first) * WINDOW_MS, self._ended(end, last) * WINDOW_MS

    def _soft_db(self, first: int, last: int) -> float | None:
        """Return the level, dBFS, that exceeds the noise between two windows; ``None``: too few quiet windows."""
        first = max(first, 0)
        near = self._smooth(first, last)[self.quiet[first:last]]
        near = near[near > -100]
        if len(near) < _NEAR_LEAST:
            return None
        return max(float(np.median(near) + max(1.5, 3.5 * near.std())), self.softest_db)

    def _begun(self, start: int, first: int) -> int:
        """Return the first window of the soft beginning before loud window ``start``."""
        soft_db = self._soft_db(first - _NEARBY_MS // WINDOW_MS, first + _NEARBY_MS // WINDOW_MS)
        if soft_db is None or first >= start:
            return start
        quiet = np.flatnonzero(self._smooth(first, start) < soft_db)
        begun = first + (int(quiet[-1]) + 1 if len(quiet) else 0) + _SMOOTH // 2
        return begun if 0 < start - begun <= _SOFT_MS // WINDOW_MS else start

    def _ended(self, end: int, last: int) -> int:
        """Return the window after the soft ending that follows window ``end``; a stop closure may lie between."""
        soft_db = self._soft_db(last - _NEARBY_MS // WINDOW_MS, last + _NEARBY_MS // WINDOW_MS)
        runs = [] if soft_db is None else _runs(self._smooth(end, last) >= soft_db, _DIP_MS)
        if not runs or runs[0][0] > _DIP_MS:
            return end
        longer = runs[0][1] // WINDOW_MS - _SMOOTH // 2
        return end + longer if 0 < longer <= _SOFT_MS // WINDOW_MS else end

    def _smooth(self, first: int, last: int) -> Levels:
        """Return the smoothed high-frequency level of each window from ``first`` to ``last``, dBFS."""
        before = min(first, _SMOOTH)
        power = 10 ** (self.crisp[first - before : last + _SMOOTH].astype(np.float32) / 10)
        mean = np.convolve(power, np.ones(_SMOOTH, np.float32) / _SMOOTH, mode="same")
        return decibels(mean[before : before + last - first]).astype(np.float32)


def _runs(loud: NDArray[np.bool_], dip_ms: int, first: int = 0) -> list[Stretch]:
    """Return stretches of loud windows, ms, from window ``first``; shorter dips belong to them."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], loud, [False]])))
    edges_ms = ((edges + first) * WINDOW_MS).tolist()
    return merged(zip(edges_ms[::2], edges_ms[1::2], strict=True), dip_ms)


def merged(stretches: Iterable[Stretch], gap_ms: int) -> list[Stretch]:
    """Return ordered stretches, ms, with gaps shorter than ``gap_ms`` closed."""
    found: list[Stretch] = []
    for start, end in stretches:
        if found and start - found[-1][1] < gap_ms:
            found[-1] = (found[-1][0], max(found[-1][1], end))
        else:
            found.append((start, end))
    return found


_SOUND_MS = 60
"""A shorter sound is a click."""


def _without_voice(windows: Levels, speech: list[Stretch], floor_db: float, speech_db: float) -> list[Stretch]:
    """Return stretches of sound without a detected voice: a door, a cough, a tone, music."""
    loud_db = max(floor_db + 15.0, speech_db - 15.0, -45.0)
    free = (windows >= loud_db) & ~_inside(len(windows), speech, 100)
    return [run for run in _runs(free, _DIP_MS) if run[1] - run[0] >= _SOUND_MS]
