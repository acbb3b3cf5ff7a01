"""The state of the conversation, the machine's own actions, and what is known of the caller's speech."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Literal, get_args

from simulator.activity.model import Laughter, LaughterOver, Lull, Observation, Resumption, SpeechEnd, SpeechStart

_NONE_YET = SpeechEnd(0, 0, -1, 0.0)


class Mode(Enum):
    """The state of the conversation."""

    LISTENING = "listening"
    CALLER = "caller"
    PAUSE = "pause"
    THINKING = "thinking"
    SPEAKING = "speaking"


LISTENING, CALLER, PAUSE, THINKING, SPEAKING = Mode
"""Module-level names for the modes: the machine compares them constantly."""


Act = Literal[
    "sound_end", "underrun", "timeout", "confidence", "eager", "barge_in", "shield", "cooldown", "laughter",
    "navigation", "tool", "response", "filler", "resumption", "greeting",
]  # fmt: skip
"""The machine's own actions, in the order within one instant."""

ORDER: Mapping[Act, int] = {act: place for place, act in enumerate(get_args(Act))}

Due = tuple[int, int, Act]
"""An action's time (ms), its order within one instant, and the action."""


@dataclass(slots=True)
class CallerState:
    """The last span of speech, as far as it is known; times in ms."""

    span: int = -1
    start_ms: int = 0
    start_known_ms: int = 0
    open: bool = False
    voiced: bool = False
    laughter_db: float | None = None
    """The laughter score of the current span, lower is more like laughter; ``None``: not laughter."""
    ended: SpeechEnd = _NONE_YET
    """The end of the last span; while a span is open, the end of the one before."""

    def note(self, seen: Observation, shift_ms: int = 0) -> None:
        """Take the next observation, ``shift_ms`` later than its own times."""
        if isinstance(seen, SpeechStart):
            self.span = seen.span
            self.start_ms = seen.start_ms + shift_ms
            self.start_known_ms = seen.known_ms + shift_ms
            self.open = self.voiced = True
            self.laughter_db = None
        elif isinstance(seen, SpeechEnd):
            self.open = self.voiced = False
            self.ended = later(seen, shift_ms)
        elif isinstance(seen, Lull):
            self.voiced = False
        elif isinstance(seen, Resumption):
            self.voiced = True
        elif isinstance(seen, Laughter):
            self.laughter_db = seen.score_db
        elif isinstance(seen, LaughterOver):
            self.laughter_db = None


def later(seen: SpeechEnd, shift_ms: int) -> SpeechEnd:
    """Return an end of speech shifted ``shift_ms`` later."""
    if not shift_ms:
        return seen
    return SpeechEnd(seen.known_ms + shift_ms, seen.end_ms + shift_ms, seen.span, seen.completeness, seen.evidence)
