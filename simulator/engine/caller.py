"""What is known of the caller's speech at this moment."""

from __future__ import annotations

from dataclasses import dataclass

from simulator.activity.model import Laughter, LaughterOver, Lull, Observation, Resumption, SpeechEnd, SpeechStart

_NONE_YET = SpeechEnd(0, 0, -1, 0.0)


@dataclass(slots=True)
class CallerState:
    """The last span of speech, as far as it is known; times in ms."""

    span: int = -1
    start_ms: int = 0
    start_known_ms: int = 0
    open: bool = False
    voiced: bool = False
    laughter_db: float | None = None
    """How much the span under way sounds like laughter, the lower the more; ``None``: not at all."""
    ended: SpeechEnd = _NONE_YET
    """How the last span ended, or the one before it while it is open."""

    def note(self, seen: Observation) -> None:
        """Take in the next observation."""
        if isinstance(seen, SpeechStart):
            self.span, self.start_ms, self.start_known_ms = seen.span, seen.start_ms, seen.known_ms
            self.open = self.voiced = True
            self.laughter_db = None
        elif isinstance(seen, Lull):
            self.voiced = False
        elif isinstance(seen, Resumption):
            self.voiced = True
        elif isinstance(seen, Laughter):
            self.laughter_db = seen.score_db
        elif isinstance(seen, LaughterOver):
            self.laughter_db = None
        elif isinstance(seen, SpeechEnd):
            self.open = self.voiced = False
            self.ended = seen
