"""Samples in, observations out: the one path that recordings and a microphone share."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from base.samples import QUIETEST_DB, SAMPLE_RATE, SAMPLES_PER_MS, Samples, decibels
from simulator.activity.calibration import Calibration, smart_turn_calibration
from simulator.activity.frames import framed
from simulator.activity.log_mel import WINDOW_SECONDS
from simulator.activity.model import (
    FRAME_MS,
    FRAME_SAMPLES,
    NO_MODEL_COMPLETENESS,
    SILENCE_ONLY,
    Activity,
    Evidence,
    Observation,
    SpeechEnd,
    SpeechSpan,
    SpeechStart,
)
from simulator.activity.models import smart_turn_path
from simulator.activity.pitch import late_pitch
from simulator.activity.recent import Recent
from simulator.activity.silero import VOICE_MODEL, Frames, VoiceModel, voice_model
from simulator.activity.smart_turn import SmartTurn, Sound
from simulator.activity.spans import SpanClosed, SpanDetector
from simulator.audio.source import AudioSource
from simulator.errors import AudioError

TURN_GAP_MS = 2000
"""Silence after which stage 1, which knows no voice_config, takes speech to be a new turn for the model's ear."""

MISSING_S = 0.25
"""How much shorter than its header says audio may be: encoders pad and round."""


class Completeness(Protocol):
    """Something that hears how finished a turn sounds."""

    name: str

    def hear(self, samples: Samples) -> Sound:
        """Return what the turn so far, float32 ``[n]`` at 16 kHz up to this pause, sounds like."""
        ...


def completeness_model(*, silence_only: bool = False, late: bool = False) -> Completeness | None:
    """Return the end-of-turn model, or ``None`` where it is unwanted or not installed.

    ``late``: open it only when it is first asked, for where the analysis may be there already.
    """
    path = None if silence_only else smart_turn_path()
    return SmartTurn(path, late=late) if path else None


def warm_up(model: Completeness) -> None:
    """Have the model answer once, on silence: its first answer takes longest."""
    model.hear(np.zeros(SAMPLE_RATE, np.float32))


@dataclass(frozen=True, slots=True, eq=False)
class UnjudgedEnd:
    """Speech ended at ``end_ms``, known at ``known_ms``; how finished it sounded, :meth:`judge` says in a while.

    ``heard`` is the turn so far, float32 ``[n]`` at 16 kHz up to ``known_ms``.
    """

    known_ms: int
    end_ms: int
    span: int
    heard: Samples
    model: Completeness
    calibration: Calibration

    def judge(self) -> SpeechEnd:
        """Return what became known: on any thread, or in another process. Raises what the model raises."""
        silence = (self.known_ms - self.end_ms) * SAMPLES_PER_MS
        pitch = late_pitch(self.heard[: len(self.heard) - silence])
        sound = self.model.hear(self.heard)
        evidence = Evidence(
            model=round(sound.completeness, 6),
            ending_s=round(self.calibration.ending_s(sound.ending), 6),
            late_pitch=None if pitch is None else round(pitch, 4),
        )
        completeness = round(self.calibration.completeness(evidence), 6)
        return SpeechEnd(self.known_ms, self.end_ms, self.span, completeness, evidence)


class Analyzer:
    """Stage 1 over one stream of frames: push some, get what became known at the end of each.

    ``voice`` says where there is speech; by default Silero does.
    """

    def __init__(
        self,
        model: Completeness | None,
        calibration: Calibration | None = None,
        voice: VoiceModel | None = None,
    ) -> None:
        self._vad = voice or voice_model()
        self._spans = SpanDetector()
        self._model = model
        self._calibration = calibration or smart_turn_calibration()
        self._recent = Recent(WINDOW_SECONDS * SAMPLE_RATE)
        self._now_ms = 0
        self._turn_start_ms = 0
        self._last_end_ms: int | None = None

    @property
    def most_completeness(self) -> float:
        """What no pause is judged above."""
        return self._calibration.most_completeness if self._model else NO_MODEL_COMPLETENESS

    @property
    def end_of_turn_model(self) -> str:
        """The name of the model behind the completeness, or "silence only"."""
        return self._model.name if self._model else SILENCE_ONLY

    def push(self, frames: Frames) -> tuple[NDArray[np.float32], list[Observation]]:
        """Take frames, float32 ``[n, 512]`` at 16 kHz; return their probabilities and what they revealed.

        How a stream is cut into calls changes nothing in what is returned altogether.
        """
        probability, revealed = self.hear(frames)
        return probability, [_judged(seen) for seen in revealed]

    def hear(self, frames: Frames) -> tuple[NDArray[np.float32], list[Observation | UnjudgedEnd]]:
        """Do as :meth:`push` does, but leave it to the caller to have the ends of speech judged."""
        probability = self._vad.push(frames)
        return probability, self._advance(frames, probability.tolist())

    def finish(self) -> list[Observation]:
        """End the stream as if silence followed, so that speech at its very end is closed."""
        silence = np.zeros((1, FRAME_SAMPLES), np.float32)
        revealed: list[Observation] = []
        while self._spans.speaking:
            revealed += map(_judged, self._advance(silence, [0.0]))
        return revealed

    def _advance(self, frames: Frames, probability: list[float]) -> list[Observation | UnjudgedEnd]:
        self._recent.push(frames.ravel())
        last_ms = self._now_ms + len(frames) * FRAME_MS
        revealed: list[Observation | UnjudgedEnd] = []
        for value in probability:
            self._now_ms += FRAME_MS
            found = self._spans.push(value)
            if isinstance(found, SpanClosed):
                self._last_end_ms = found.end_ms
                revealed.append(self._ended(found, last_ms))
            elif found is not None:
                if isinstance(found, SpeechStart):
                    self._note_turn(found.start_ms)
                revealed.append(found)
        return revealed

    def _note_turn(self, start_ms: int) -> None:
        if self._last_end_ms is None or start_ms - self._last_end_ms >= TURN_GAP_MS:
            self._turn_start_ms = start_ms

    def _ended(self, found: SpanClosed, last_ms: int) -> SpeechEnd | UnjudgedEnd:
        """Return the end of a span, with the turn up to now to judge it by; samples up to ``last_ms`` came."""
        model = self._model
        if model is None:
            return SpeechEnd(found.known_ms, found.end_ms, found.span, NO_MODEL_COMPLETENESS)
        turn = (self._now_ms - self._turn_start_ms) * SAMPLES_PER_MS
        wanted = min(turn, WINDOW_SECONDS * SAMPLE_RATE)
        heard = self._recent.last(wanted, before=(last_ms - self._now_ms) * SAMPLES_PER_MS)
        return UnjudgedEnd(found.known_ms, found.end_ms, found.span, heard, model, self._calibration)


def _judged(seen: Observation | UnjudgedEnd) -> Observation:
    return seen.judge() if isinstance(seen, UnjudgedEnd) else seen


def analyze(
    source: AudioSource,
    model: Completeness | None,
    progress: Callable[[float], None] | None = None,
) -> Activity:
    """Run stage 1 over a file. ``progress`` is told the share done, 0…1.

    Raises :class:`~simulator.errors.AudioError` if the file breaks off or holds no sample.
    """
    analyzer = Analyzer(model)
    observations: list[Observation] = []
    probability, envelope, level = [], [], []
    samples = 0
    for frames, real in framed(source.blocks()):
        found, revealed = analyzer.push(frames)
        observations += revealed
        probability.append(found)
        envelope.append(np.stack([frames.min(axis=1), frames.max(axis=1)], axis=1))
        level.append(levels_dbfs(frames))
        samples += real
        if progress is not None:
            progress(min(1.0, samples / SAMPLE_RATE / max(source.duration_s, 0.001)))
    if not samples:
        raise AudioError(f"{source.path}: has a header but no audio; record or export it again")
    found_s = samples / SAMPLE_RATE
    if found_s < source.duration_s - MISSING_S:
        raise AudioError(
            f"{source.path}: breaks off after {found_s:.1f} s of {source.duration_s:.1f} s; "
            "copy or export it again, whole"
        )
    observations += analyzer.finish()
    return Activity(
        duration_ms=math.ceil(samples / SAMPLES_PER_MS),
        observations=tuple(observations),
        spans=spans_of(observations),
        probability=np.concatenate(probability),
        level_db=np.concatenate(level),
        envelope=np.concatenate(envelope),
        end_of_turn_model=analyzer.end_of_turn_model,
        voice_model=VOICE_MODEL,
    )


def levels_dbfs(frames: Frames) -> NDArray[np.float32]:
    """Return each frame's root-mean-square level in dB relative to full scale, at least -100, float32 ``[n]``."""
    power = np.mean(np.square(frames, dtype=np.float64), axis=1)
    return decibels(power, QUIETEST_DB).astype(np.float32)


def spans_of(observations: list[Observation] | tuple[Observation, ...]) -> tuple[SpeechSpan, ...]:
    """Return the closed speech spans that a run of observations describes."""
    spans: list[SpeechSpan] = []
    begun: SpeechStart | None = None
    for seen in observations:
        if isinstance(seen, SpeechStart):
            begun = seen
        elif isinstance(seen, SpeechEnd) and begun is not None:
            known = (seen.end_ms, seen.known_ms, seen.completeness, seen.evidence)
            spans.append(SpeechSpan(begun.start_ms, begun.known_ms, *known))
    return tuple(spans)
