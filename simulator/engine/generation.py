"""One answer being made: navigation, first token, buffer, speech synthesis, as times on the virtual clock."""

from __future__ import annotations

from dataclasses import dataclass

from presets.layers import ResolvedVoiceConfig
from simulator.engine.navigation import MalformedNavigationError, Navigation, parse_navigation
from simulator.engine.profile import EngineProfile, luck
from simulator.engine.scenario import Line
from simulator.engine.text import cap, spoken_ms

CHOPPY_WORDS = 4
"""A first chunk shorter than this sounds choppy."""


@dataclass(frozen=True, slots=True)
class LuckKey:
    """What the stage latencies after one span of speech depend on."""

    seed: int
    recording: str
    span: int

    def draw(self, stage: str) -> float:
        """Return a quantile 0…1 for one stage."""
        return luck(self.seed, self.recording, self.span, stage)


@dataclass(frozen=True, slots=True)
class Chunk:
    """One piece of text sent to speech synthesis: when flushed, when audible at the earliest, how long (ms)."""

    words: tuple[str, ...]
    flushed_ms: int
    ready_ms: int
    duration_ms: int


@dataclass(frozen=True, slots=True)
class Generation:
    """An answer from its start: every time it would reach if nobody interrupted, in ms."""

    number: int
    key: LuckKey
    started_ms: int
    navigated_ms: int | None
    navigation: Navigation | None
    navigation_line: str | None
    navigation_fault: str | None
    first_token_ms: int
    chunks: tuple[Chunk, ...]
    words_cut: int

    @property
    def ready_ms(self) -> int:
        """When its first sound could play."""
        return self.chunks[0].ready_ms

    @property
    def text(self) -> str:
        """All that would be said."""
        return " ".join(" ".join(chunk.words) for chunk in self.chunks)


@dataclass(frozen=True, slots=True)
class Workshop:
    """What every generation of one run is made with."""

    profile: EngineProfile

    def generate(
        self,
        line: Line,
        config: ResolvedVoiceConfig,
        *,
        skip_navigation: bool,
        number: int,
        key: LuckKey,
        start_ms: int,
    ) -> Generation:
        """Plan the answer ``line`` from ``start_ms`` on."""
        values = self.profile.values
        navigated_ms = navigation = fault = None
        if not skip_navigation:
            navigated_ms = start_ms + values.nav_ms.at(key.draw("nav"))
            navigation, fault = _read(line.navigation or "")
        prompted_ms = start_ms if navigated_ms is None else navigated_ms
        first_token_ms = prompted_ms + values.engage_first_token_ms.at(key.draw("first_token"))
        text = line.response
        if navigation is not None and navigation.verbose and line.long_response:
            text = line.long_response
        capped = cap(text, config.max_response_sentences, config.max_response_words)
        return Generation(
            number=number,
            key=key,
            started_ms=start_ms,
            navigated_ms=navigated_ms,
            navigation=navigation,
            navigation_line=line.navigation,
            navigation_fault=fault,
            first_token_ms=first_token_ms,
            chunks=tuple(self._chunks(capped.sentences, first_token_ms, config)),
            words_cut=capped.words_cut,
        )

    def _chunks(
        self, sentences: tuple[tuple[str, ...], ...], first_token_ms: int, config: ResolvedVoiceConfig
    ) -> list[Chunk]:
        values = self.profile.values
        word_ms = 1000.0 / values.engage_words_per_s.value
        to_ear_ms = values.transport_ms.value + (
            values.tts_sonic_3_ms.value if config.tts_model == "sonic-3" else values.tts_sonic_turbo_ms.value
        )
        chunks: list[Chunk] = []
        waiting: list[str] = []
        deadline_ms = 0.0

        def flush(at_ms: float) -> None:
            words = tuple(waiting)
            waiting.clear()
            spoken = spoken_ms(words, values.speech_ms_per_char.value, values.shortest_sound_ms.value)
            chunks.append(Chunk(words, round(at_ms), round(at_ms) + round(to_ear_ms), spoken))

        written = 0
        for sentence in sentences:
            for position, word in enumerate(sentence):
                token_ms = first_token_ms + written * word_ms
                written += 1
                if waiting and token_ms > deadline_ms:
                    flush(deadline_ms)
                if not waiting:
                    deadline_ms = token_ms + config.max_buffer_delay_ms
                waiting.append(word)
                if position == len(sentence) - 1:
                    flush(token_ms)
        return chunks


def _read(line: str) -> tuple[Navigation | None, str | None]:
    try:
        return parse_navigation(line), None
    except MalformedNavigationError as error:
        return None, str(error)
