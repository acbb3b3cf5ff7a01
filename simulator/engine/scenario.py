"""What the simulated agent says: one line for each caller turn, from a file beside the recording."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from simulator.errors import LabelError
from simulator.labels import first_fault, read_json


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="allow")


class State(_Part):
    """A state of the context graph, as far as timing goes."""

    skip_navigation: bool = False


class Line(_Part):
    """One answer of the agent: the navigation model's line, then the response's text."""

    state: str = ""
    navigation: str | None = None
    response: str = Field(min_length=1)
    long_response: str | None = None
    """Said instead where the navigation line's V is 1."""


class Scenario(_Part):
    """The agent's side of a call. The line after the n-th caller turn is ``turns[n]``; past the end they repeat."""

    schema_: Literal["turnlab.scenario/1"] = Field(alias="schema")
    states: dict[str, State] = {}
    turns: tuple[Line, ...] = Field(min_length=1)

    @field_validator("turns")
    @classmethod
    def _say_something(cls, turns: tuple[Line, ...]) -> tuple[Line, ...]:
        for index, line in enumerate(turns):
            if not line.response.strip() or (line.long_response is not None and not line.long_response.strip()):
                raise ValueError(f"turns.{index} has a response without a word")
        return turns

    @model_validator(mode="after")
    def _states_exist(self) -> Scenario:
        for index, line in enumerate(self.turns):
            if line.state and line.state not in self.states:
                raise ValueError(f"turns.{index} names the state {line.state!r}, which is not among states")
        return self

    def line(self, turn: int) -> Line:
        """Return the agent's line after caller turn ``turn`` (from 0)."""
        return self.turns[turn % len(self.turns)]

    def skips_navigation(self, line: Line) -> bool:
        """Whether the platform answers this line without asking the navigation model."""
        state = self.states.get(line.state)
        return state.skip_navigation if state else line.navigation is None


def read_scenario(path: Path) -> Scenario:
    """Read a scenario file. Raises :class:`~simulator.errors.LabelError`, naming file, place and remedy."""
    try:
        return Scenario.model_validate(read_json(path))
    except ValidationError as error:
        raise LabelError(f"{path}: {first_fault(error)}; correct the scenario or move it away") from None


@cache
def default_scenario() -> Scenario:
    """Return the scenario for recordings that have none: an ordinary front desk, one state in four unnavigated."""
    return Scenario.model_validate(
        {
            "schema": "turnlab.scenario/1",
            "states": {"talk": {}, "confirm": {"skip_navigation": True}},
            "turns": [
                {
                    "state": "talk",
                    "navigation": "a0,0,friendly,Mm",
                    "response": "Thank you for calling, I can certainly help you with that today. "
                    "Could you tell me your full name and your date of birth?",
                },
                {
                    "state": "talk",
                    "navigation": "a1,0,calm,Okay",
                    "response": "Thank you, I have found your record here in our system now. "
                    "Which day of the week would suit you best?",
                },
                {
                    "state": "talk",
                    "navigation": "a2,1,sympathetic,I see",
                    "response": "I am sorry to hear that you have been having such a hard time with it. "
                    "Let me see who could look at it with you. Dr. Lee has time at 8 a.m. on Thursday.",
                },
                {
                    "state": "confirm",
                    "response": "All right, I have put that down for you and will send a confirmation. "
                    "Is there anything else you need?",
                },
            ],
        }
    )
