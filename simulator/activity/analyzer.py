"""Stage 1: samples in, observations out. Recordings and a microphone share this one path."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from base.samples import QUIETEST_DB, SAMPLE_RATE, SAMPLES_PER_MS, Samples, decibels
from simulator.activity.end_of_turn import EndOfTurnModel
from simulator.activity.laughter import LaughterDetector
from simulator.activity.model import (
    FRAME_MS,
    FRAME_SAMPLES,
    Activity,
    Observation,
    SpeechEnd,
    SpeechSpan,
    SpeechStart,
    framed,
)
from simulator.activity.silero import VOICE_MODEL, Frames, VoiceModel, voice_model
from simulator.activity.spans import SpanClosed, SpanDetector
from simulator.audio.source import AudioSource, SoundKey
from simulator.errors import AudioError

MISSING_S = 0.25
"""Tolerance for a file shorter than its header says, s: encoders pad and round."""


@dataclass(frozen=True, slots=True, eq=False)
class UnjudgedEnd:
    """Speech ended at ``end_ms``, known at ``known_ms``. :meth:`judge` computes how finished it sounded.

    ``heard`` is the model's input, float32 ``[n]`` at 16 kHz up to ``known_ms``.
    """

    known_ms: int
    end_ms: int
    span: int
    heard: Samples
    model: EndOfTurnModel

    def judge(self) -> SpeechEnd:
        """Return the judged end of speech. Any thread or process may call this. Raises what the model raises."""
        judged = self.model.judge(self.heard, self.known_ms - self.end_ms)
        return SpeechEnd(self.known_ms, self.end_ms, self.span, judged.completeness, judged.evidence)


class Analyzer:
    """Stage 1 over one stream of frames: each push returns what became known at the end of each frame.

    ``voice`` is the voice-activity detector; the default is Silero.
    """

    def __init__(self, model: EndOfTurnModel, voice: VoiceModel | None = None) -> None:
        self._vad = voice or voice_model()
        self._spans = SpanDetector()
        self._laughter = LaughterDetector()
        self._begun = SpeechStart(0, 0, -1)
        self._model = model
        self._window = model.window_s * SAMPLE_RATE
        self._recent = _Recent(self._window)
        self._now_ms = 0
        self.sound_key = SoundKey()
        """Identifies the stream by the sound pushed so far."""

    @property
    def most_completeness(self) -> float:
        """The highest completeness, 0…1, that the model gives any pause."""
        return self._model.most_completeness

    @property
    def end_of_turn_model(self) -> str:
        """The name of the end-of-turn model, or "silence only"."""
        return self._model.name

    def push(self, frames: Frames) -> tuple[NDArray[np.float32], list[Observation]]:
        """Take frames, float32 ``[n, 512]`` at 16 kHz; return probabilities, float32 ``[n]``, and observations.

        Cutting a stream into other blocks does not change the results.
        """
        probability, revealed = self.hear(frames)
        return probability, [_judged(seen) for seen in revealed]

    def hear(self, frames: Frames) -> tuple[NDArray[np.float32], list[Observation | UnjudgedEnd]]:
        """Do as :meth:`push` does, but return ends of speech unjudged; the caller judges them."""
        probability = self._vad.push(frames)
        self.sound_key.push(frames.ravel())
        return probability, self._advance(frames, probability.tolist())

    def finish(self) -> list[Observation]:
        """End the stream as if silence followed, which closes an open span; return the last observations."""
        silence = np.zeros((1, FRAME_SAMPLES), np.float32)
        revealed: list[Observation] = []
        while self._spans.speaking:
            revealed += map(_judged, self._advance(silence, [0.0]))
        return revealed

    def _advance(self, frames: Frames, probability: list[float]) -> list[Observation | UnjudgedEnd]:
        self._recent.push(frames.ravel())
        last_ms = self._now_ms + len(frames) * FRAME_MS
        revealed: list[Observation | UnjudgedEnd] = []
        self._laughter.hear(frames)
        for number, value in enumerate(probability):
            self._now_ms += FRAME_MS
            found = self._spans.push(value)
            if isinstance(found, SpanClosed):
                revealed.append(self._ended(found, last_ms))
            elif found is not None:
                if isinstance(found, SpeechStart):
                    self._begun = found
                revealed.append(found)
            if self._spans.speaking:
                laughter = self._laughter.after(
                    number, self._now_ms, self._begun.start_ms, self._begun.span, sounding=not self._spans.quiet
                )
                if laughter is not None:
                    revealed.append(laughter)
        return revealed

    def _ended(self, found: SpanClosed, last_ms: int) -> SpeechEnd | UnjudgedEnd:
        """Return the end of a span with the model's input; samples up to ``last_ms`` are in the buffer.

        The input includes audio before the turn: without it, a turn's first words pass for a whole short answer.
        """
        before = (last_ms - self._now_ms) * SAMPLES_PER_MS
        heard = self._recent.last(self._window, before=before)
        ended = UnjudgedEnd(found.known_ms, found.end_ms, found.span, heard, self._model)
        return ended if self._window else ended.judge()


class _Recent:
    """The last ``kept`` samples before the current block, and the block. A push copies little else."""

    def __init__(self, kept: int) -> None:
        self._kept = kept
        self._room = np.zeros(2 * kept, np.float32)
        self._end = 0

    def push(self, block: Samples) -> None:
        """Add samples, float32 ``[n]``."""
        if self._end + len(block) > len(self._room):
            before = self._room[max(0, self._end - self._kept) : self._end]
            room = np.empty(max(2 * self._kept, len(before) + len(block)), np.float32)
            room[: len(before)] = before
            self._room, self._end = room, len(before)
        self._room[self._end : self._end + len(block)] = block
        self._end += len(block)

    def last(self, count: int, *, before: int = 0) -> Samples:
        """Return a copy of the last ``count`` samples or fewer, float32 ``[n]``, without the newest ``before``."""
        end = self._end - before
        return self._room[max(0, end - count) : end].copy()


def _judged(seen: Observation | UnjudgedEnd) -> Observation:
    return seen.judge() if isinstance(seen, UnjudgedEnd) else seen


def analyze(
    source: AudioSource,
    model: EndOfTurnModel,
    progress: Callable[[float], None] | None = None,
) -> Activity:
    """Run stage 1 over a file. ``progress`` receives the share done, 0…1.

    Raises :class:`~simulator.errors.AudioError` if the file is cut off or contains no samples.
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
            "copy or export it again completely"
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
        sound=source.sound_key(),
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
