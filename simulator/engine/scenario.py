"""What the simulated agent says and does: one line for each caller turn, from a file beside the recording.

``docs/scenarios.md`` documents the format.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property
from importlib.resources import files
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from simulator.errors import LabelError
from simulator.labels import first_fault, read_json

LONGEST_TOOL_MS = 600_000
_CODE = re.compile(r"([ae])(\d{1,4})\Z")


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="allow", allow_inf_nan=False)


class TurnPolicy(_Part):
    """The voice pipeline's settings in one state (the platform's ``TurnPolicy``); ``None``: no override."""

    barge_in_enabled: bool = True
    greeting_shield_s: float = Field(default=0.0, ge=0)
    block_forward_call: bool = False
    stt_eot_threshold: float | None = Field(default=None, gt=0, le=1)
    stt_eager_eot_threshold: float | None = Field(default=None, ge=0, le=1)
    stt_eot_timeout_ms: int | None = Field(default=None, ge=1)


NO_POLICY = TurnPolicy()


class Action(_Part):
    """An action navigation may choose in a state. ``filler_hint`` is a direction and is never spoken itself."""

    description: str = ""
    filler_hint: str | None = None


class ExitCondition(Action):
    """An action that leaves the state for another."""

    next_state: str


class State(_Part):
    """A state of the context graph, reduced to what turn-taking needs."""

    skip_navigation: bool = False
    actions: tuple[Action, ...] = ()
    exit_conditions: tuple[ExitCondition, ...] = ()
    turn_policy: TurnPolicy = NO_POLICY

    def choice(self, code: str) -> Action | None:
        """Return the choice for navigation's code (``a0`` the first action, ``e0`` the first exit), or ``None``."""
        found = _CODE.match(code)
        if found is None:
            return None
        listed: tuple[Action, ...] = self.actions if found[1] == "a" else self.exit_conditions
        return listed[int(found[2])] if int(found[2]) < len(listed) else None

    def fault(self, code: str) -> str | None:
        """Return why ``code`` is impossible here; ``None``: it is possible, or the state lists no choices."""
        if not (self.actions or self.exit_conditions) or self.choice(code) is not None:
            return None
        return f"CODE {code!r} picks none of {len(self.actions)} actions and {len(self.exit_conditions)} exits"


NO_STATE = State()


class Tool(_Part):
    """A tool call an answer needs: its duration, ms; with a p95, a lognormal around the duration."""

    name: str = Field(min_length=1)
    duration_ms: float = Field(gt=0, le=LONGEST_TOOL_MS)
    duration_p95_ms: float | None = Field(default=None, gt=0, le=LONGEST_TOOL_MS)

    @model_validator(mode="after")
    def _ordered(self) -> Tool:
        if self.duration_p95_ms is not None and self.duration_p95_ms < self.duration_ms:
            raise ValueError("duration_p95_ms must not be below duration_ms")
        return self


class AgentAnswer(_Part):
    """One answer of the agent: the navigation model's line, the tools it runs, and the response's text."""

    state: str = ""
    """The state in which the answer is given; the caller is heard next under its turn policy."""
    navigation: str | None = None
    tools: tuple[Tool, ...] = ()
    response: str = Field(min_length=1)
    long_response: str | None = None
    """The response where the navigation line's V is 1."""


class Scenario(_Part):
    """The agent's side of a call. Caller turn ``n`` (from 0) is answered by ``turns[n]``; the list repeats."""

    schema_: Literal["turnlab.scenario/1"] = Field(alias="schema")
    start: str = ""
    """The state in which the caller's first turn is heard; by default that of the first line."""
    greeting: str | None = None
    """The agent's first words, in the state ``start``; ``None``: the caller speaks first."""
    states: dict[str, State] = {}
    turns: tuple[AgentAnswer, ...] = Field(min_length=1)

    @field_validator("greeting")
    @classmethod
    def _greet_in_words(cls, greeting: str | None) -> str | None:
        if greeting is not None and not greeting.strip():
            raise ValueError("greeting has no word; write one, or leave it out and the caller speaks first")
        return greeting

    @field_validator("turns")
    @classmethod
    def _say_something(cls, turns: tuple[AgentAnswer, ...]) -> tuple[AgentAnswer, ...]:
        for index, line in enumerate(turns):
            if not line.response.strip() or (line.long_response is not None and not line.long_response.strip()):
                raise ValueError(f"turns.{index} has a response without a word")
        return turns

    @model_validator(mode="after")
    def _states_exist(self) -> Scenario:
        if self.start and self.start not in self.states:
            raise ValueError(f"start names the state {self.start!r}, which is not among states")
        for name, state in self.states.items():
            for number, leave in enumerate(state.exit_conditions):
                if leave.next_state not in self.states:
                    raise ValueError(
                        f"states.{name}.exit_conditions.{number} leads to the state {leave.next_state!r}, "
                        "which is not among states"
                    )
        for index, line in enumerate(self.turns):
            if line.state and line.state not in self.states:
                raise ValueError(f"turns.{index} names the state {line.state!r}, which is not among states")
        return self

    @model_validator(mode="after")
    def _exits_lead_there(self) -> Scenario:
        for index, line in enumerate(self.turns):
            code = (line.navigation or "").split(",", 1)[0].strip()
            chosen = self.state_before(index).choice(code)
            if isinstance(chosen, ExitCondition) and chosen.next_state != line.state:
                raise ValueError(
                    f"turns.{index} is in the state {line.state!r}, but its navigation {code!r} leaves "
                    f"{self.name_before(index)!r} for {chosen.next_state!r}"
                )
        return self

    def line(self, turn: int) -> AgentAnswer:
        """Return the agent's line after caller turn ``turn`` (from 0)."""
        return self.turns[turn % len(self.turns)]

    def name_before(self, turn: int) -> str:
        """Return the name of the state in which caller turn ``turn`` is heard; empty: none."""
        place = turn % len(self.turns)
        return self.turns[place - 1].state if place else self._start_name

    def state_before(self, turn: int) -> State:
        """Return the state in which caller turn ``turn`` is heard and navigation chooses."""
        return self.states.get(self.name_before(turn), NO_STATE)

    def state_of(self, line: AgentAnswer) -> State:
        """Return the state in which a line is spoken."""
        return self.states.get(line.state, NO_STATE)

    def skips_navigation(self, line: AgentAnswer) -> bool:
        """Whether the platform answers this line without the navigation model."""
        state = self.states.get(line.state)
        return state.skip_navigation if state else line.navigation is None

    @cached_property
    def _start_name(self) -> str:
        return self.start or self.turns[0].state


def read_scenario(path: Path) -> Scenario:
    """Read a scenario file.

    Raises :class:`~simulator.errors.LabelError`, which names the file, the place and the remedy.
    """
    try:
        return Scenario.model_validate(read_json(path))
    except ValidationError as error:
        raise LabelError(f"{path}: {first_fault(error)}; correct the scenario or move it away") from None


_GREETING = "Hello, this is the front desk. How can I help you today?"


@cache
def default_scenario(*, greeting: bool = False) -> Scenario:
    """Return the default scenario: an ordinary front desk, with one of four states that skips navigation.

    A recorded caller speaks first; with ``greeting`` the agent does.
    """
    text = (files("simulator") / "scenarios" / "default.json").read_text(encoding="utf-8")
    found = Scenario.model_validate(json.loads(text))
    return found.model_copy(update={"greeting": _GREETING}) if greeting else found


# ---- the scenario of one recording


@dataclass(frozen=True, slots=True)
class Script:
    """A scenario applied to a recording.

    ``turn_of_span`` maps a span of speech to its labelled turn, so that every arm of a comparison gives the same
    answer to the same words. Without labels, the machine's own turn count applies. ``wordless`` are the spans whose
    labels contain no words for the agent: a cough, a door, an "uh-huh". A recogniser finds no words in them, so
    what they interrupted stays unanswered.
    """

    scenario: Scenario
    turn_of_span: Mapping[int, int] | None = None
    wordless: frozenset[int] = frozenset()
    _heard_in: dict[tuple[int, int], State] = field(default_factory=dict, init=False, repr=False, compare=False)

    def line(self, span: int, turn: int) -> AgentAnswer:
        """Return the agent's line after span ``span``, in the machine's caller turn ``turn``."""
        return self.scenario.line(self._index(span, turn))

    def heard_in(self, span: int, turn: int) -> State:
        """Return the state whose turn policy applies to span ``span``."""
        found = self._heard_in.get((span, turn))
        if found is None:
            found = self._heard_in[span, turn] = self.scenario.state_before(self._index(span, turn))
        return found

    def changes_state(self, span: int, turn: int) -> bool:
        """Whether the line after this span is spoken in another state than the span."""
        index = self._index(span, turn)
        return self.scenario.line(index).state != self.scenario.name_before(index)

    def _index(self, span: int, turn: int) -> int:
        return max(turn if self.turn_of_span is None else self.turn_of_span.get(span, turn), 0)
