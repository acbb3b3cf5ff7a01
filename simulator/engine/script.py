"""Which line the agent has ready after which stretch of the caller's speech."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from simulator.engine.scenario import Line, Scenario, State


@dataclass(frozen=True, slots=True)
class Script:
    """A scenario laid over a recording.

    ``turn_of_span`` says, where labels do, which labelled turn a span of speech belongs to, so that every arm of
    a comparison gives the same answer to the same words. Without labels the machine's own turn count serves.
    ``wordless`` are the spans in which, by the labels, the caller says nothing meant for the agent: a cough, a
    door, an "uh-huh". A recogniser finds no words in them to answer, so what they interrupted stays unanswered.
    """

    scenario: Scenario
    turn_of_span: Mapping[int, int] | None = None
    wordless: frozenset[int] = frozenset()

    def line(self, span: int, turn: int) -> Line:
        """Return the agent's line after span ``span``, in the machine's caller turn ``turn``."""
        return self.scenario.line(self._index(span, turn))

    def heard_in(self, span: int, turn: int) -> State:
        """Return the state under whose turn policy span ``span`` is heard."""
        return self.scenario.state_before(self._index(span, turn))

    def changes_state(self, span: int, turn: int) -> bool:
        """Whether the line after this span is given in another state than the caller was heard in."""
        index = self._index(span, turn)
        return self.scenario.line(index).state != self.scenario.name_before(index)

    def _index(self, span: int, turn: int) -> int:
        return max(turn if self.turn_of_span is None else self.turn_of_span.get(span, turn), 0)
