"""Which line the agent has ready after which stretch of the caller's speech."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from simulator.engine.scenario import Line, Scenario


@dataclass(frozen=True, slots=True)
class Script:
    """A scenario laid over a recording.

    ``turn_of_span`` says, where labels do, which labelled turn a span of speech belongs to, so that every arm of
    a comparison gives the same answer to the same words. Without labels the machine's own turn count serves.
    """

    scenario: Scenario
    turn_of_span: Mapping[int, int] | None = None

    def line(self, span: int, turn: int) -> Line:
        """Return the agent's line after span ``span``, in the machine's caller turn ``turn``."""
        index = turn if self.turn_of_span is None else self.turn_of_span.get(span, turn)
        return self.scenario.line(max(index, 0))

    def skips_navigation(self, line: Line) -> bool:
        """Whether the line is answered without asking the navigation model."""
        return self.scenario.skips_navigation(line)
