"""Response text: sentences, words, mechanical caps, and how much of a sentence was heard."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import sentencex

_NO_END = ("approx.", "tab.", "tabs.", "cap.", "caps.", "tel.", "ext.", "dept.", "appt.")
"""Abbreviations of a clinic that the splitter does not know and that never end a sentence."""


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
def text_of(split: tuple[tuple[str, ...], ...]) -> str:
    """Return sentences, or other pieces given as words, as one text."""
    return " ".join(" ".join(words) for words in split)


@dataclass(frozen=True, slots=True)
class Capped:
    """A response after its caps: its sentences as words, and how many words were cut."""

    sentences: tuple[tuple[str, ...], ...]
    words_cut: int


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
    return Capped(tuple(kept), total - sum(len(words) for words in kept))


def spoken_ms(words: tuple[str, ...], ms_per_char: float, shortest_ms: float) -> int:
    """Return how long it takes to say some words, in whole ms."""
    chars = sum(len(word) for word in words) + max(len(words) - 1, 0)
    return max(round(chars * ms_per_char), round(shortest_ms))


def heard(words: tuple[str, ...], share: float) -> int:
    """Return how many whole words were heard once ``share`` 0…1 of their sound has played."""
    if share >= 1:
        return len(words)
    chars = sum(len(word) for word in words) + max(len(words) - 1, 0)
    reached, count = share * chars, 0
    for word in words:
        reached -= len(word)
        if reached < 0:
            break
        reached -= 1
        count += 1
    return count
