"""Which words fill the wait."""

from __future__ import annotations

from presets.layers import ResolvedVoiceConfig

BACKCHANNELS = ("Mm", "Yeah", "Okay", "Right", "I see")
PHRASES = ("Let me check on that", "One moment, please", "Let me have a look for you", "Just a second")

_SHORT_WORDS = 2
"""A navigation filler of at most this many words is a backchannel; a longer one is a phrase."""


def navigation_filler(filler: str, config: ResolvedVoiceConfig, last: str | None, pick: float) -> str | None:
    """Return what is said when navigation returned ``filler``, shaped by the style; ``None``: nothing.

    ``pick`` 0…1 chooses among the vocabulary; no filler is said twice running if there is another.
    """
    if not filler or config.filler_style == "silent":
        return None
    if config.filler_vocabulary:
        return _choose(config.filler_vocabulary, last, pick)
    short = len(filler.split()) <= _SHORT_WORDS
    if config.filler_style == "phrase":
        return _choose(PHRASES, last, pick) if short or filler == last else filler
    return filler if short and filler != last else _choose(BACKCHANNELS, last, pick)


def backchannel(config: ResolvedVoiceConfig, last: str | None, pick: float) -> str | None:
    """Return the backchannel for a turn whose navigation was skipped; ``None``: the style is silent."""
    if config.filler_style == "silent":
        return None
    custom = config.filler_vocabulary if config.filler_style == "backchannel" else None
    return _choose(custom or BACKCHANNELS, last, pick)


def _choose(words: tuple[str, ...], last: str | None, pick: float) -> str | None:
    said = [word for word in words if word.strip()]
    fresh = [word for word in said if word != last] or said
    return fresh[int(pick * len(fresh))] if fresh else None
