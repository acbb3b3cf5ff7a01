"""A sweep's goal: figures to minimise, each with a weight, and limits. A goal is a file that can be copied."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from base.json_text import TextError, read_json
from simulator.errors import SimulatorError
from simulator.labels import first_fault
from simulator.measures.limits import Figure, Limit, LimitError, parse_figure, parse_limits

SCHEMA = "turnlab.goal/1"


class GoalError(SimulatorError):
    """A goal that does not exist, or names something that cannot be measured."""


@dataclass(frozen=True, slots=True)
class Term:
    """One figure to minimise; ``text`` is its written form, ``weight`` the points for one unit of it.

    The unit is a second for latencies, a second a call for durations, and a percentage point for shares of a count.
    """

    text: str
    figure: Figure
    weight: float = 1.0

    def points(self, value: float, calls: int) -> float:
        """Return the points for a value of the figure, measured on ``calls`` calls."""
        kind = self.figure.readout.kind
        return self.weight * (
            value / 1000 if kind == "latency" else value * 100 if kind == "count" else value / calls
        )


@dataclass(frozen=True, slots=True)
class Goal:
    """Terms whose sum of points is minimised, within limits."""

    name: str
    terms: tuple[Term, ...]
    limits: tuple[Limit, ...] = ()
    description: str = ""

    def figures(self) -> tuple[Figure, ...]:
        """Return the figures of terms and limits, without duplicates."""
        return tuple(dict.fromkeys((*(one.figure for one in self.terms), *(one.figure for one in self.limits))))

    def with_limits(self, texts: Sequence[str]) -> Goal:
        """Return the goal with more limits; a new limit replaces one on the same figure.

        Raises :class:`~simulator.measures.limits.LimitError` for an invalid limit, or a contradiction.
        """
        more = parse_limits(texts)
        bounded = {(one.figure, one.upper) for one in more}
        kept = [one.text for one in self.limits if (one.figure, one.upper) not in bounded]
        return Goal(self.name, self.terms, parse_limits([*kept, *texts]), self.description)


def goal_of(terms: Sequence[str]) -> Goal:
    """Return a goal of figures, each with an optional weight: ``response.p50``, ``cut_ins=0.2``.

    Raises :class:`GoalError` and :class:`~simulator.measures.limits.LimitError`.
    """
    return Goal("own", tuple(map(_term, terms)))


def _term(text: str) -> Term:
    name, equals, weight = text.partition("=")
    try:
        number = float(weight) if equals else 1.0
    except ValueError:
        number = 0.0
    if not 0 < number < 1e6:
        raise GoalError(f"{text}: {weight} is not a weight; write a number above 0, such as {name}=2")
    return Term(name.strip(), parse_figure(name), number)


# ---- files


class _TermFile(BaseModel):
    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)

    readout: str
    weight: Annotated[float, Field(gt=0, lt=1e6)] = 1.0
    note: str = ""


class _GoalFile(BaseModel):
    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    schema_: Literal["turnlab.goal/1"] = Field(alias="schema")
    name: str
    description: str = ""
    minimize: Annotated[list[_TermFile], Field(min_length=1)]
    limits: list[str] = []


def shipped_goals() -> dict[str, Path]:
    """Return the shipped goals, by name."""
    folder = Path(str(files("simulator.sweep"))) / "goals"
    return {path.stem: path for path in sorted(folder.glob("*.json"))}


def load_goal(name: str) -> Goal:
    """Return a goal by its shipped name or its path. Raises :class:`GoalError` with one sentence."""
    shipped = shipped_goals()
    path = shipped.get(name, Path(name))
    if name not in shipped and path.suffix.lower() != ".json":
        near = get_close_matches(name, shipped, n=1, cutoff=0.6)
        hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(shipped)}, or give a goal's file"
        raise GoalError(f"{name}: there is no such goal; {hint}")
    try:
        found = _GoalFile.model_validate(read_json(path))
    except TextError as error:
        raise GoalError(str(error)) from None
    except ValidationError as error:
        raise GoalError(f"{path}: {first_fault(error)}; docs/sweep.md describes a goal's file") from None
    try:
        terms = tuple(Term(one.readout, parse_figure(one.readout), one.weight) for one in found.minimize)
        return Goal(found.name, terms, parse_limits(found.limits), found.description)
    except LimitError as error:
        raise GoalError(f"{path}: {error}") from None
