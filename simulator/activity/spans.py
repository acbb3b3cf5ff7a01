"""Speech probability to speech spans, frame by frame and causally."""

from __future__ import annotations

from dataclasses import dataclass

from simulator.activity.model import FRAME_MS, Lull, Resumption, SpeechStart


@dataclass(frozen=True, slots=True)
class SpanSettings:
    """When a span starts and ends. The values are those of the turn-taking specification."""

    start_probability: float = 0.5
    start_frames: int = 2
    end_probability: float = 0.35
    end_ms: int = 200


@dataclass(frozen=True, slots=True)
class SpanClosed:
    """A span ended at ``end_ms``, known at ``known_ms``: the moment to judge how complete the turn sounds."""

    known_ms: int
    end_ms: int
    span: int


class SpanDetector:
    """Turns one probability per frame into what is known of the caller's speech after that frame."""

    def __init__(self, settings: SpanSettings | None = None) -> None:
        self._settings = settings or SpanSettings()
        self._frame = 0
        self._span = -1
        self._rising_since: int | None = None
        self._speaking = False
        self._quiet_since: int | None = None

    @property
    def speaking(self) -> bool:
        """Whether a span is open."""
        return self._speaking

    @property
    def quiet(self) -> bool:
        """Whether the caller is quiet inside an open span, which may still continue."""
        return self._quiet_since is not None

    def push(self, probability: float) -> SpeechStart | Lull | Resumption | SpanClosed | None:
        """Take the next frame's speech probability 0…1; return what became known at its end, or ``None``."""
        start_ms = self._frame * FRAME_MS
        known_ms = start_ms + FRAME_MS
        self._frame += 1
        if self._speaking:
            return self._while_speaking(probability, start_ms, known_ms)
        return self._while_silent(probability, start_ms, known_ms)

    def _while_silent(self, probability: float, start_ms: int, known_ms: int) -> SpeechStart | None:
        if probability < self._settings.start_probability:
            self._rising_since = None
            return None
        if self._rising_since is None:
            self._rising_since = start_ms
        if known_ms - self._rising_since < self._settings.start_frames * FRAME_MS:
            return None
        begun, self._rising_since = self._rising_since, None
        self._speaking = True
        self._span += 1
        return SpeechStart(known_ms, begun, self._span)

    def _while_speaking(
        self, probability: float, start_ms: int, known_ms: int
    ) -> Lull | Resumption | SpanClosed | None:
        if probability >= self._settings.end_probability:
            if self._quiet_since is None:
                return None
            self._quiet_since = None
            return Resumption(known_ms, start_ms, self._span)
        if self._quiet_since is None:
            self._quiet_since = start_ms
            return Lull(known_ms, start_ms, self._span)
        if known_ms - self._quiet_since < self._settings.end_ms:
            return None
        ended, self._quiet_since = self._quiet_since, None
        self._speaking = False
        return SpanClosed(known_ms, ended, self._span)
