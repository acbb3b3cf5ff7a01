"""Which words fill the wait."""

from __future__ import annotations

from presets.layers import ResolvedVoiceConfig

BACKCHANNELS = ("Mm", "Yeah", "Okay", "Right", "I see")
PHRASES = ("Let me check on that", "One moment, please", "Let me have a look for you", "Just a second")
DONE_BACKCHANNELS = ("Great", "All right", "Good")
DONE_PHRASES = ("All right, that is settled then", "Great, thank you for that", "Good, that worked out well")
PROGRESS = ("I am still looking", "It is taking a moment", "Almost there, please bear with me")

_SHORT_WORDS = 2
"""A navigation filler of at most this many words is a backchannel; a longer one is a phrase."""

_DONE_HINTS = ("great", "got", "booked", "done", "confirm", "thank", "perfect", "all set", "settled")
"""Words of a ``filler_hint`` that point to something achieved rather than to a wait."""


def navigation_filler(
    filler: str, hint: str | None, config: ResolvedVoiceConfig, last: str | None, pick: float
) -> str | None:
    """Return what is said when navigation returned ``filler``, shaped by the style; ``None``: nothing.

    ``hint`` is the ``filler_hint`` of the action or exit that was chosen: it asks for a filler where navigation
    gave none, and says which kind; a filler that only repeats it is replaced, for it is never spoken as it stands.
    ``pick`` 0…1 chooses among the vocabulary; no filler is said twice running if there is another.
    """
    if not (filler or hint) or config.filler_style == "silent":
        return None
    if config.filler_vocabulary:
        return _choose(config.filler_vocabulary, last, pick)
    done = hint is not None and any(word in hint.lower() for word in _DONE_HINTS)
    short, long = (DONE_BACKCHANNELS, DONE_PHRASES) if done else (BACKCHANNELS, PHRASES)
    brief = len(filler.split()) <= _SHORT_WORDS
    sayable = bool(filler) and filler != last and not (hint and _bare(filler) == _bare(hint))
    if config.filler_style == "phrase":
        return _choose(long, last, pick) if brief or not sayable else filler
    return filler if brief and sayable else _choose(short, last, pick)


def backchannel(config: ResolvedVoiceConfig, last: str | None, pick: float) -> str | None:
    """Return the backchannel for a turn whose navigation was skipped; ``None``: the style is silent."""
    if config.filler_style == "silent":
        return None
    custom = config.filler_vocabulary if config.filler_style == "backchannel" else None
    return _choose(custom or BACKCHANNELS, last, pick)


def transition_filler(config: ResolvedVoiceConfig, last: str | None, pick: float) -> str | None:
    """Return what breaks the silence after a change of state; ``None``: the style is silent."""
    if config.filler_style == "silent":
        return None
    own = PHRASES if config.filler_style == "phrase" else BACKCHANNELS
    return _choose(config.filler_vocabulary or own, last, pick)


def progress_phrase(config: ResolvedVoiceConfig, last: str | None, pick: float) -> str | None:
    """Return what is said while a tool runs on; ``None``: the style is silent."""
    if config.filler_style == "silent":
        return None
    return _choose(config.progress_vocabulary or PROGRESS, last, pick)


def vocabulary(config: ResolvedVoiceConfig) -> tuple[str, ...]:
    """Return every filler that may be said under a configuration, but for navigation's own words."""
    if config.filler_style == "silent":
        return ()
    own = (*BACKCHANNELS, *PHRASES, *DONE_BACKCHANNELS, *DONE_PHRASES)
    words = (config.filler_vocabulary or own) + (config.progress_vocabulary or PROGRESS)
    return tuple(dict.fromkeys(word for word in words if word.strip()))


def _choose(words: tuple[str, ...], last: str | None, pick: float) -> str | None:
    said = [word for word in words if word.strip()]
    fresh = [word for word in said if word != last] or said
    return fresh[int(pick * len(fresh))] if fresh else None


def _bare(text: str) -> str:
    return " ".join("".join(c if c.isalnum() or c == "'" else " " for c in text.lower()).split())
