"""How response text becomes pieces of speech: gathered in a buffer, flushed, made into sound."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from simulator.engine.profile import MAX_SPEED, Values
from simulator.engine.text import spoken_ms

CHOPPY_WORDS = 4
"""A first chunk shorter than this sounds choppy."""

Words = tuple[str, ...]


class Chunk(NamedTuple):
    """One piece of text sent to speech synthesis: when flushed, when audible at the earliest, how long (ms)."""

    words: Words
    flushed_ms: int
    ready_ms: int
    duration_ms: int


class Voice(NamedTuple):
    """How fast text is written, sent and spoken: ms a word, ms from flush to ear, ms a character, ms at least."""

    word_ms: float
    to_ear_ms: int
    ms_per_char: float
    shortest_ms: float

    def lasts_ms(self, words: Words) -> int:
        """Return how long some words sound, in ms."""
        return spoken_ms(words, self.ms_per_char, self.shortest_ms)


@lru_cache(maxsize=64)
def _voice(
    word_ms: float, to_ear_ms: float, ms_per_char: float, shortest_ms: float, own_speed: float, floor: float
) -> Voice:
    speed = min(max(own_speed, floor), MAX_SPEED)
    return Voice(word_ms, round(to_ear_ms), ms_per_char / speed, shortest_ms / speed)


def voice_of(values: Values, tts_model: str, min_tts_speed: float | None) -> Voice:
    """Return the voice that a profile and a configuration give; it never speaks slower than ``min_tts_speed``."""
    first_audio_ms = values.tts_sonic_3_ms.value if tts_model == "sonic-3" else values.tts_sonic_turbo_ms.value
    return _voice(
        1000.0 / values.engage_words_per_s.value,
        values.transport_ms.value + first_audio_ms,
        values.speech_ms_per_char.value,
        values.shortest_sound_ms.value,
        values.tts_speed.value,
        min_tts_speed or 0.0,
    )


@lru_cache(maxsize=8192)
def chunks_after(sentences: tuple[Words, ...], voice: Voice, max_buffer_delay_ms: int) -> tuple[Chunk, ...]:
    """Return the chunks of a response, with times in ms after its first token.

    Text is flushed at a sentence's end, or ``max_buffer_delay_ms`` after the first word that waits, whichever is
    first.
    """
    chunks: list[Chunk] = []
    waiting: list[str] = []
    deadline_ms = 0.0

    def flush(at_ms: float) -> None:
        words = tuple(waiting)
        waiting.clear()
        flushed_ms = round(at_ms)
        chunks.append(Chunk(words, flushed_ms, flushed_ms + voice.to_ear_ms, voice.lasts_ms(words)))

    written = 0
    for sentence in sentences:
        for position, word in enumerate(sentence):
            token_ms = written * voice.word_ms
            written += 1
            if waiting and token_ms > deadline_ms:
                flush(deadline_ms)
            if not waiting:
                deadline_ms = token_ms + max_buffer_delay_ms
            waiting.append(word)
            if position == len(sentence) - 1:
                flush(token_ms)
    return tuple(chunks)


def chunks_at(sentences: tuple[Words, ...], voice: Voice, start_ms: int) -> tuple[Chunk, ...]:
    """Return the chunks of text that is written already, all sent at ``start_ms``, one a sentence."""
    ready_ms = start_ms + voice.to_ear_ms
    return tuple(Chunk(words, start_ms, ready_ms, voice.lasts_ms(words)) for words in sentences)
