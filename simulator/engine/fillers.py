"""Fillers: their vocabulary, when each kind is due in the turn being answered, and which was spoken last."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Literal

from presets.layers import ResolvedVoiceConfig
from simulator.engine.chunks import words_of
from simulator.engine.generation import Generation
from simulator.engine.why import Why

BACKCHANNELS = ("Mm", "Yeah", "Okay", "Right", "I see")
PHRASES = ("Let me check on that", "One moment, please", "Let me have a look for you", "Just a second")
DONE_BACKCHANNELS = ("Great", "All right", "Good")
DONE_PHRASES = ("All right, that is settled then", "Great, thank you for that", "Good, that worked out well")
PROGRESS = ("I am still looking", "It is taking a moment", "Almost there, please bear with me")

_SHORT_WORDS = 2
"""A navigation filler with at most this many words is a backchannel; a longer one is a phrase."""

_DONE_HINTS = ("great", "got", "booked", "done", "confirm", "thank", "perfect", "all set", "settled")
"""Words of a ``filler_hint`` that suggest a success rather than a wait."""


def navigation_filler(
    filler: str, hint: str | None, config: ResolvedVoiceConfig, last: str | None, pick: float
) -> str | None:
    """Return the filler to speak for navigation's ``filler``, shaped by the style; ``None``: none.

    ``hint`` is the ``filler_hint`` of the chosen action or exit. It requests a filler where navigation gave none,
    and selects its kind. The hint itself is never spoken: a filler that only repeats it is replaced. ``pick`` 0…1
    selects from the vocabulary. No filler is spoken twice in a row if there is another.
    """
    if not (filler or hint) or config.filler_style == "silent":
        return None
    if config.filler_vocabulary:
        return _choose(config.filler_vocabulary, last, pick)
    done, repeats = _hinted(filler, hint)
    short, long = (DONE_BACKCHANNELS, DONE_PHRASES) if done else (BACKCHANNELS, PHRASES)
    brief = len(words_of(filler)) <= _SHORT_WORDS
    sayable = bool(filler) and filler != last and not repeats
    if config.filler_style == "phrase":
        return _choose(long, last, pick) if brief or not sayable else filler
    return filler if brief and sayable else _choose(short, last, pick)


def backchannel(config: ResolvedVoiceConfig, last: str | None, pick: float) -> str | None:
    """Return the backchannel for a turn without navigation; ``None``: the style is silent. ``pick`` is 0…1."""
    if config.filler_style == "silent":
        return None
    custom = config.filler_vocabulary if config.filler_style == "backchannel" else None
    return _choose(custom or BACKCHANNELS, last, pick)


def transition_filler(config: ResolvedVoiceConfig, last: str | None, pick: float) -> str | None:
    """Return the filler after a change of state; ``None``: the style is silent. ``pick`` is 0…1."""
    if config.filler_style == "silent":
        return None
    own = PHRASES if config.filler_style == "phrase" else BACKCHANNELS
    return _choose(config.filler_vocabulary or own, last, pick)


def progress_phrase(config: ResolvedVoiceConfig, last: str | None, pick: float) -> str | None:
    """Return the filler for a running tool; ``None``: the style is silent. ``pick`` is 0…1."""
    if config.filler_style == "silent":
        return None
    return _choose(config.progress_vocabulary or PROGRESS, last, pick)


def vocabulary(config: ResolvedVoiceConfig) -> tuple[str, ...]:
    """Return every filler that a configuration may use, except navigation's own words."""
    if config.filler_style == "silent":
        return ()
    own = (*BACKCHANNELS, *PHRASES, *DONE_BACKCHANNELS, *DONE_PHRASES)
    words = (config.filler_vocabulary or own) + (config.progress_vocabulary or PROGRESS)
    return tuple(dict.fromkeys(word for word in words if word.strip()))


def _choose(words: tuple[str, ...], last: str | None, pick: float) -> str | None:
    fresh = _fresh(words, last)
    return fresh[int(pick * len(fresh))] if fresh else None


@lru_cache(maxsize=1024)
def _fresh(words: tuple[str, ...], last: str | None) -> tuple[str, ...]:
    said = tuple(word for word in words if word.strip())
    return tuple(word for word in said if word != last) or said


@lru_cache(maxsize=1024)
def _hinted(filler: str, hint: str | None) -> tuple[bool, bool]:
    """Return whether a hint suggests a success, and whether the filler only repeats it."""
    if not hint:
        return False, False
    return any(word in hint.lower() for word in _DONE_HINTS), _bare(filler) == _bare(hint)


def _bare(text: str) -> str:
    return " ".join("".join(c if c.isalnum() or c == "'" else " " for c in text.lower()).split())


Kind = Literal["navigation", "backchannel", "transition", "progress"]


class FillerScheduler:
    """Plans fillers and chooses their words. Times are ms on the machine's clock."""

    def __init__(self) -> None:
        self.next: tuple[int, Kind] | None = None
        """The time and kind of the next filler."""
        self._due: dict[Kind, int] = {}
        self._last_text: str | None = None
        self._last_start_ms: int | None = None
        self._phrases = 0

    def clear(self) -> None:
        """Drop what was planned for this turn."""
        self._due.clear()
        self.next = None
        self._phrases = 0

    def plan(self, kind: Kind, at_ms: int) -> None:
        """Plan a filler of one kind at a time."""
        self._due[kind] = at_ms
        self._find_next()

    def drop(self, kind: Kind) -> None:
        """Drop the planned filler of one kind."""
        self._due.pop(kind, None)
        self._find_next()

    def _find_next(self) -> None:
        self.next = None
        for kind, at_ms in self._due.items():
            if self.next is None or at_ms < self.next[0]:
                self.next = (at_ms, kind)

    def free_from_ms(self, config: ResolvedVoiceConfig) -> int:
        """Return when ``filler_cooldown_ms`` after the start of the last filler is over, ms."""
        return 0 if self._last_start_ms is None else self._last_start_ms + config.filler_cooldown_ms

    def take(
        self, kind: Kind, generation: Generation, config: ResolvedVoiceConfig, now_ms: int, confirmed_ms: int
    ) -> tuple[str, Callable[[], Why]] | None:
        """Return the words of the filler due now and a function for its reason; ``None``: no filler."""
        self.drop(kind)
        if now_ms < self.free_from_ms(config):
            return None
        text, why = self._words(kind, generation, config, now_ms, confirmed_ms)
        if text is None:
            return None
        self._last_text, self._last_start_ms = text, now_ms
        return text, why

    def _words(
        self, kind: Kind, generation: Generation, config: ResolvedVoiceConfig, now_ms: int, confirmed_ms: int
    ) -> tuple[str | None, Callable[[], Why]]:
        opening, last = generation.opening, self._last_text
        waited_ms = now_ms - confirmed_ms
        if kind == "backchannel":
            text = backchannel(config, last, opening.key.draw("filler"))
            return text, lambda: Why("filler_backchannel", {"delay_ms": waited_ms})
        if kind == "transition":
            text = transition_filler(config, last, opening.key.draw("filler"))
            return text, lambda: Why("filler_transition", {"deadline_ms": waited_ms})
        if kind == "progress":
            self._phrases += 1
            text = progress_phrase(config, last, opening.key.draw(f"progress {self._phrases}"))
            return text, lambda: _why_progress(generation, config, now_ms)
        asked, hint = opening.navigation.filler if opening.navigation else "", opening.hint
        text = navigation_filler(asked, hint, config, last, opening.key.draw("filler"))
        return text, lambda: _why_navigation(asked, hint, config)


def _why_progress(generation: Generation, config: ResolvedVoiceConfig, now_ms: int) -> Why:
    running_ms = max((now_ms - run.start_ms for run in generation.tools if run.runs_at(now_ms)), default=0)
    return Why("filler_progress", {"running_ms": running_ms, "interval_ms": config.progress_interval_ms or 0})


def _why_navigation(asked: str, hint: str | None, config: ResolvedVoiceConfig) -> Why:
    wanted = "a filler" if asked else "none, but its action hints at one"
    if asked and hint:
        wanted = "a filler and its action a hint"
    return Why("filler_navigation", {"style": config.filler_style, "wanted": wanted})
