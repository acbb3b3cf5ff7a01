"""Response text to chunks of speech: capped, buffered, flushed, synthesised."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate
from typing import NamedTuple

import sentencex

from simulator.engine.profile import MAX_SPEED, Values

Words = tuple[str, ...]

_NO_END = ("approx.", "tab.", "tabs.", "cap.", "caps.", "tel.", "ext.", "dept.", "appt.")
"""Abbreviations used in clinics that the splitter does not know and that never end a sentence."""


@lru_cache(maxsize=4096)
def sentences(text: str) -> tuple[str, ...]:
    """Split text into sentences; "Dr. Lee", "2.5 mg", "8 a.m." and "5 ml. q.d." are not ends."""
    found: list[str] = []
    for part in (part.strip() for part in sentencex.segment("en", text)):
        if not part:
            continue
        if found and (part[0].islower() or found[-1].lower().split()[-1] in _NO_END):
            found[-1] = f"{found[-1]} {part}"
        else:
            found.append(part)
    return tuple(found)


@lru_cache(maxsize=4096)
def words_of(text: str) -> Words:
    """Return the words of a text."""
    return tuple(text.split())


@dataclass(frozen=True, slots=True, eq=False)
class Capped:
    """A response after its caps: its sentences as words, the whole as text, and how many words were cut.

    ``places`` has, for each sentence, the first character of each word, and the end of the last. Two results of
    :func:`cap` are equal only if they are the same object.
    """

    sentences: tuple[Words, ...]
    words_cut: int
    text: str
    places: tuple[tuple[int, ...], ...]


NOTHING_SAID = Capped((), 0, "", ())


@lru_cache(maxsize=4096)
def cap(text: str, max_sentences: int | None, max_words: int | None) -> Capped:
    """Cut a response to whole sentences, then to whole words, as the platform does it: mechanically."""
    split = [tuple(sentence.split()) for sentence in sentences(text)]
    total = sum(len(words) for words in split)
    kept = split if max_sentences is None else split[:max_sentences]
    if max_words is not None:
        left, cut = max_words, []
        for words in kept:
            if left > 0:
                cut.append(words[:left])
            left -= len(words)
        kept = cut
    said = " ".join(" ".join(words) for words in kept)
    places = tuple(tuple(accumulate((len(word) + 1 for word in words), initial=0)) for words in kept)
    return Capped(tuple(kept), total - sum(len(words) for words in kept), said, places)


def characters(words: Words) -> int:
    """Return the number of characters of some words, including the spaces between them."""
    return sum(map(len, words)) + max(len(words) - 1, 0)


def heard(words: tuple[str, ...], share: float) -> int:
    """Return how many whole words were heard after ``share`` 0…1 of their sound has played."""
    if share >= 1:
        return len(words)
    reached, count = share * characters(words), 0
    for word in words:
        reached -= len(word)
        if reached < 0:
            break
        reached -= 1
        count += 1
    return count


CHOPPY_WORDS = 4
"""A first chunk shorter than this sounds choppy."""


class Chunk(NamedTuple):
    """One piece of text sent to speech synthesis: its words, when it is flushed and ready, its length (ms)."""

    words: Words
    flushed_ms: int
    ready_ms: int
    duration_ms: int


class SpeakingRate(NamedTuple):
    """How fast text is written, sent and spoken: ms a word, ms from flush to caller, ms a character, minimum ms."""

    word_ms: float
    to_ear_ms: int
    ms_per_char: float
    shortest_ms: int

    def lasts_ms(self, words: Words) -> int:
        """Return how long some words take to speak, ms."""
        return max(round(characters(words) * self.ms_per_char), self.shortest_ms)


@lru_cache(maxsize=64)
def _voice(
    word_ms: float, to_ear_ms: float, ms_per_char: float, shortest_ms: float, own_speed: float, floor: float
) -> SpeakingRate:
    speed = min(max(own_speed, floor), MAX_SPEED)
    return SpeakingRate(word_ms, round(to_ear_ms), ms_per_char / speed, round(shortest_ms / speed))


def voice_of(values: Values, tts_model: str, min_tts_speed: float | None) -> SpeakingRate:
    """Return the speaking rate of a profile and a TTS model, never slower than ``min_tts_speed``."""
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
def chunks_after(said: Capped, voice: SpeakingRate, max_buffer_delay_ms: int) -> tuple[Chunk, ...]:
    """Return the chunks of a response, with times in ms after its first token.

    Text is flushed at the end of a sentence or ``max_buffer_delay_ms`` after the first waiting word, whichever is
    first.
    """
    chunks: list[Chunk] = []
    written, new = 0, tuple.__new__  # twice as fast as Chunk itself, which looks up its field names
    word_ms, to_ear_ms, ms_per_char, shortest_ms = voice
    # words that arrive within the delay, up to one by rounding
    about = max(1, int(max_buffer_delay_ms / word_ms))
    for sentence, places in zip(said.sentences, said.places, strict=True):
        first, count = 0, len(sentence)
        while first < count:
            deadline_ms = (written + first) * word_ms + max_buffer_delay_ms
            after = first + about
            while after < count and (written + after) * word_ms <= deadline_ms:
                after += 1
            if after >= count:
                after = count
                flushed_ms = round((written + count - 1) * word_ms)
            else:
                flushed_ms = round(deadline_ms)
            lasts_ms = round((places[after] - places[first] - 1) * ms_per_char)
            if lasts_ms < shortest_ms:
                lasts_ms = shortest_ms
            chunks.append(new(Chunk, (sentence[first:after], flushed_ms, flushed_ms + to_ear_ms, lasts_ms)))
            first = after
        written += count
    return tuple(chunks)


def chunks_at(sentences: tuple[Words, ...], voice: SpeakingRate, start_ms: int) -> tuple[Chunk, ...]:
    """Return the chunks of text already written, one a sentence, all sent at ``start_ms``."""
    ready_ms = start_ms + voice.to_ear_ms
    return tuple(Chunk(words, start_ms, ready_ms, voice.lasts_ms(words)) for words in sentences)
