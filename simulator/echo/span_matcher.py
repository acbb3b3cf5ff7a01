"""What spans of speech are called in a call with echo, so that arms stay comparable.

With echo, what is detected differs by arm. A span that begins with what is also heard without echo keeps the name
it has there, and so its luck is the same in every arm; one that begins with echo alone is named after the next one.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import replace

from simulator.activity.model import Activity, Observation, SpeechEnd, SpeechStart
from simulator.labels import Labels
from simulator.replay import Placement, turn_of_span

ONSET_SLACK_MS = 100
"""How much sooner than without echo a span may begin and still be the same."""

_ECHO_NAMES = 1_000_000
_NAMES_APART = 1000


class SpanMatcher:
    """Names spans as they come. ``turn_of_span`` says which labelled turn a name belongs to, so far."""

    def __init__(self, clean: Activity, labels: Labels | None, placements: list[Placement]) -> None:
        self._spans = clean.spans
        self._ends = [span.end_ms for span in clean.spans]
        self._placements = placements
        self._turn_starts = [round(turn.start_s * 1000) for turn in labels.caller_turns()] if labels else []
        self.turn_of_span = turn_of_span(clean.spans, labels) if labels else {}
        self._taken: set[int] = set()
        self._name = 0

    def rename(self, seen: Observation) -> Observation:
        """Return an observation under its span's name; observations come in order."""
        if isinstance(seen, SpeechStart):
            self._name = self._choose(self._file_ms(seen.start_ms))
            self._taken.add(self._name)
        if self._name >= _ECHO_NAMES and self._turn_starts and isinstance(seen, SpeechStart | SpeechEnd):
            at_ms = self._file_ms(seen.start_ms if isinstance(seen, SpeechStart) else seen.end_ms)
            self.turn_of_span[self._name] = max(sum(start <= at_ms for start in self._turn_starts) - 1, 0)
        return replace(seen, span=self._name)

    def _choose(self, at_ms: int) -> int:
        following = bisect_left(self._ends, at_ms)
        free = following < len(self._spans) and following not in self._taken
        if free and self._spans[following].start_ms - ONSET_SLACK_MS <= at_ms:
            return following
        name = _ECHO_NAMES + following * _NAMES_APART
        while name in self._taken:
            name += 1
        return name

    def _file_ms(self, t_ms: int) -> int:
        """Return the place in the file that was played at ``t_ms``, or the last one before."""
        for place in reversed(self._placements):
            if t_ms >= place.start_ms + place.shift_ms:
                return min(t_ms - place.shift_ms, place.end_ms)
        return 0
