"""Limits on readouts, such as ``cut_ins<=3%`` and ``response.p90<=2500ms``: parsing and evaluation."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from decimal import Decimal
from difflib import get_close_matches
from itertools import permutations
from typing import Any, Literal

from simulator.errors import SimulatorError
from simulator.measures.readout_table import READOUTS, Kind
from simulator.measures.readouts import Spread

Unit = Literal["ms", "s", "%", ""]
"""The unit of a limit; counts have none, and ``%`` makes a share of a count."""

Operator = Literal["<=", "<", ">=", ">"]

Readouts = Mapping[str, Any]
"""One arm's readouts as JSON values, from ``readouts_json`` or ``heard_readouts``."""

PERCENTILES = tuple(field.name for field in fields(Spread) if field.name != "n")
"""The figures of a latency, lowest first."""

_LIMIT = re.compile(
    r"\s*(?P<figure>[^\s<>=]+)\s*(?P<operator><=|>=|<|>)\s*(?P<number>\d{1,9}(?:\.\d{1,9})?)\s*(?P<unit>ms|s|%|)\s*"
)
_OPERATORS: dict[str, Operator] = {"<=": "<=", "<": "<", ">=": ">=", ">": ">"}
_UNITS: dict[Kind, tuple[Unit, ...]] = {"latency": ("ms", "s"), "duration": ("s", "ms"), "count": ("%", "")}
_WRITTEN: dict[str, Unit] = {"ms": "ms", "s": "s", "%": "%", "": ""}
_HINTS: dict[Kind, str] = {
    "latency": "write ms or s, such as 1300ms or 1.3s",
    "duration": "write s or ms, such as 12s",
    "count": "write a share such as 3%, or a count such as 2",
}


class LimitError(SimulatorError):
    """A limit that is malformed, names an unknown readout, or contradicts another limit."""


@dataclass(frozen=True, slots=True)
class Measurable:
    """A readout that can have a limit. Latencies have ``percentiles``; ``of`` is a count's denominator."""

    name: str
    title: str
    kind: Kind
    percentiles: tuple[str, ...] = ()
    of: str = ""


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure of a readout: a latency's percentile in ms, a duration in s, a count or its share 0…1."""

    readout: Measurable
    percentile: str = ""
    share: bool = False

    def measured(self, readouts: Readouts) -> float | None:
        """Return the figure's value; ``None`` where the readout was not measured, or had no cases."""
        value = readouts.get(self.readout.name)
        if value is None or self.readout.kind == "duration":
            return value
        if self.readout.kind == "latency":
            found: float | None = value[self.percentile] if self.percentile else value
            return found
        if not value["of"]:
            return None
        return value["count"] / value["of"] if self.share else float(value["count"])

    def words(self) -> str:
        """Return the figure's name for people: ``response after turn p90``."""
        return f"{self.readout.title} {self.percentile}".rstrip()


@dataclass(frozen=True, slots=True)
class LimitResult:
    """The result of one limit. ``met`` is ``None`` where it could not be evaluated; a gate then fails too."""

    limit: Limit
    met: bool | None
    measured: float | None
    sentence: str


@dataclass(frozen=True, slots=True)
class Limit:
    """A bound on one figure, in the figure's own unit; ``unit`` is the unit in ``text``."""

    text: str
    figure: Figure
    operator: Operator
    bound: float
    unit: Unit

    @property
    def upper(self) -> bool:
        """Whether the bound is an upper bound."""
        return self.operator in ("<=", "<")

    def holds(self, value: float) -> bool:
        """Return whether a value of the figure is within the limit."""
        if value == self.bound:
            return self.operator in ("<=", ">=")
        return (value < self.bound) is self.upper

    def excess(self, value: float) -> float:
        """Return how far past the bound a value is, in the figure's unit; 0 or less where it is within."""
        return value - self.bound if self.upper else self.bound - value

    def too_few(self, readouts: Readouts) -> str:
        """Return why readouts have too few cases for the limit; empty if they have enough.

        A share needs enough cases that a single one does not break the limit. A percentile needs enough that one
        can lie past it. A share that several cases break needs no more.
        """
        counted = readouts.get(self.figure.readout.name)
        share = self.bound if self.upper else 1 - self.bound
        if self.figure.readout.kind == "latency":
            share = 1 - _RANKS.get(self.figure.percentile, 0.0)
        elif not self.figure.share or (
            counted and counted["count"] > 1 and not self.holds(counted["count"] / counted["of"])
        ):
            return ""
        needed = math.ceil(1 / share - 1e-9) if share > 0 else _CASES_FOR_NONE
        cases: int = 0 if counted is None else counted["n" if self.figure.readout.kind == "latency" else "of"]
        if not cases or cases >= needed:
            return ""
        of = self.figure.readout.of or "cases"
        return f"{cases} of the {needed} {of} that it takes"

    def judge(self, readouts: Readouts, left_out: Mapping[str, str] | None = None) -> LimitResult:
        """Evaluate the limit on one arm's readouts; ``left_out`` gives the reason for a missing readout."""
        value = self.figure.measured(readouts)
        if value is None:
            why = self._why_not_judged(readouts, left_out or {})
            return LimitResult(self, None, None, f"{self.text}: not judged, as {why}")
        met = self.holds(value)
        than = "within" if met else "not below" if self.operator == "<" else "not above"
        if not met and self.operator in ("<=", ">="):
            than = "above" if self.upper else "below"
        counted = readouts[self.figure.readout.name] if self.figure.readout.kind == "count" else None
        out_of = f"{counted['count']} of {counted['of']} {self.figure.readout.of}".rstrip() if counted else ""
        own, bound = self._shown(value), self._shown(self.bound)
        shown = f"{out_of} ({own})" if self.unit == "%" else out_of or own
        return LimitResult(self, met, value, f"{self.text}: {self.figure.words()} {shown}, {than} {bound}")

    def _shown(self, value: float) -> str:
        """Return a value of the figure in the limit's unit."""
        scale = {"ms": 1.0, "s": 0.001, "%": 100.0, "": 1.0}[self.unit]
        if self.figure.readout.kind == "duration":
            scale *= 1000
        return f"{round(scale * value, 2):.12g} {self.unit}".rstrip()

    def _why_not_judged(self, readouts: Readouts, left_out: Mapping[str, str]) -> str:
        readout = self.figure.readout
        if readout.name in readouts:
            return f"there was nothing to measure {readout.title} on"
        if why := left_out.get(readout.name):
            return f"{readout.title} is left out: {why.rstrip('.')}"
        if readout.name in _NEED_TRUTH and not readouts.get("labelled", True):
            return f"{readout.title} needs labels, which these recordings do not have"
        return f"{readout.title} was not measured"


_RANKS = {"p50": 0.5, "p90": 0.9, "p95": 0.95}

_CASES_FOR_NONE = 20
"""Fewer cases cannot support a limit of zero: Wilson's interval for none of 20 reaches to 16 %."""

_NEED_TRUTH = frozenset(readout.name for readout in READOUTS if readout.needs_truth)

MEASURABLE = tuple(
    Measurable(
        readout.name, readout.title, readout.kind, PERCENTILES if readout.kind == "latency" else (), readout.of
    )
    for readout in READOUTS
)
"""Every readout as a target of limits."""


def parse_figure(text: str, known: Sequence[Measurable] = MEASURABLE) -> Figure:
    """Parse a figure: ``response.p50``, ``talk_over``. A count means its share. Unit suffixes are optional.

    Raises :class:`LimitError` for an unknown readout or percentile.
    """
    name, dot, percentile = text.strip().partition(".")
    names = {spelling: one for one in known for spelling in (_bare(one.name), one.name)}
    readout = names.get(name)
    if readout is None:
        near = get_close_matches(name, names, n=1, cutoff=0.5)
        hint = f"did you mean {near[0]}?" if near else "docs/readouts.md lists them"
        raise LimitError(f"{text}: there is no readout {name}; {hint}")
    if readout.percentiles and percentile not in readout.percentiles:
        has = f"{', '.join(readout.percentiles[:-1])} or {readout.percentiles[-1]}"
        said = f"has no {percentile}" if percentile else "has several figures"
        raise LimitError(f"{text}: {name} {said}; write {name}. and {has}")
    if dot and not readout.percentiles:
        raise LimitError(f"{text}: {name} is one figure, and has no {percentile or 'part'}; write {name}")
    return Figure(readout, percentile, share=readout.kind == "count")


def parse_limit(text: str, known: Sequence[Measurable] = MEASURABLE) -> Limit:
    """Parse a limit such as ``cut_ins<=3%``. Raises :class:`LimitError` with one sentence."""
    found = _LIMIT.fullmatch(text)
    if found is None:
        raise LimitError(f"{text}: is not a limit; write one such as cut_ins<=3% or response.p90<=2500ms")
    figure = parse_figure(found["figure"], known)
    kind, unit = figure.readout.kind, _WRITTEN[found["unit"]]
    if unit not in _UNITS[kind]:
        said = f"{unit} is not a unit of {found['figure']}" if unit else "the unit is missing"
        raise LimitError(f"{text}: {said}; {_HINTS[kind]}")
    number = Decimal(found["number"])
    if kind == "count" and not unit and number != number.to_integral_value():
        raise LimitError(f"{text}: a count is a whole number; {_HINTS[kind]}")
    if unit == "%" and number > 100:
        raise LimitError(f"{text}: a share is at most 100 %; {_HINTS[kind]}")
    # exact until the last step, so that 29 of 1000 is 2.9 %
    scale = Decimal({"ms": "1", "s": "1000", "%": "0.01", "": "1"}[unit])
    if kind == "duration":
        scale /= 1000
    figure = Figure(figure.readout, figure.percentile, share=unit == "%")
    return Limit(text.strip(), figure, _OPERATORS[found["operator"]], float(number * scale), unit)


def parse_limits(texts: Sequence[str], known: Sequence[Measurable] = MEASURABLE) -> tuple[Limit, ...]:
    """Parse several limits. Raises :class:`LimitError` also for two limits that contradict each other."""
    limits = tuple(parse_limit(text, known) for text in texts)
    for above, below in permutations(limits, 2):
        if not above.upper and below.upper and _exclude(above, below):
            raise LimitError(f"{above.text} and {below.text} contradict each other; leave one out")
    return limits


def _exclude(above: Limit, below: Limit) -> bool:
    """Return whether no figures satisfy both bounds; a higher percentile is never lower."""
    one, other = above.figure, below.figure
    if one.readout != other.readout or _rank(one) > _rank(other):
        return False
    if one.share != other.share:
        # a count and a share are comparable only at zero
        return not below.bound and bool(above.bound)
    touching = above.bound == below.bound and not (above.operator == ">=" and below.operator == "<=")
    return above.bound > below.bound or touching


def _rank(figure: Figure) -> int:
    return figure.readout.percentiles.index(figure.percentile) if figure.percentile else 0


def _bare(name: str) -> str:
    return name.removesuffix("_ms").removesuffix("_s")
