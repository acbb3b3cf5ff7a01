"""Compares two periods of real calls, as before and after a change: paired by service, bootstrap over calls."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from simulator.heard.measure import HEARD_READOUTS
from simulator.measures.readout_table import BY_NAME, Meaning
from simulator.measures.turns import unseen_rate

RESAMPLES = 2000

_SIGNS: Final = {"better": "✓", "worse": "✗", "level": "≈", "": ""}

FEWEST = 5
"""The fewest calls in each period for an interval."""

Values = Mapping[str, Any]
"""A call's readouts, in the format of ``values`` in ``heard.json``."""


@dataclass(frozen=True, slots=True)
class TimedCall:
    """One measured call: its service, time, settings and values."""

    service: str
    started_at: datetime
    settings: str
    values: Values


@dataclass(frozen=True, slots=True)
class PeriodReadout:
    """One readout in both periods: a share 0…1, a median in ms, or seconds a call; ``ci95`` of the difference."""

    name: str
    before: float
    after: float
    delta: float
    ci95: tuple[float, float] | None
    n: tuple[int, int]

    @property
    def verdict(self) -> Meaning:
        """What the difference means to callers; ``level`` if the interval contains zero or there is none."""
        return BY_NAME[self.name].means(self.ci95)

    def words(self) -> str:
        """Return the readout in words: ``✓ cut-ins 6.1 % → 3.0 % (95 % sure between −5.2 and −1.1)``."""
        return f"{_SIGNS[self.verdict]} {self.figures()}".lstrip()

    def figures(self) -> str:
        """Return its title and figures; for what never happened, the highest rate that is still likely."""
        title, kind = BY_NAME[self.name].title, BY_NAME[self.name].kind
        scale, unit, places = {"count": (100.0, " %", 1), "latency": (1.0, " ms", 0), "duration": (1.0, " s", 1)}[
            kind
        ]
        if kind == "count" and self.before == self.after == 0:
            return f"{title}: none in either, at most {100 * unseen_rate(min(self.n)):.0f} %"
        interval = "(no interval)"
        if self.ci95 is not None:
            low, high = (_signed(scale * end, places) for end in self.ci95)
            interval = f"(95 % sure between {low} and {high})"
        if kind == "latency":
            return f"{title} {_signed(self.delta, 0)} ms {interval}"
        return f"{title} {scale * self.before:.{places}f}{unit} → {scale * self.after:.{places}f}{unit} {interval}"


def _signed(value: float, places: int) -> str:
    return f"{value:+.{places}f}".replace("-", "−")


@dataclass(frozen=True, slots=True)
class Periods:
    """The readouts of two periods and their differences; ``notes`` are sentences about omissions."""

    services: tuple[str, ...]
    calls: tuple[int, int]
    readouts: tuple[PeriodReadout, ...]
    notes: tuple[str, ...]

    def sentence(self) -> str:
        """Return one sentence that says what became better and worse for callers."""
        titles: dict[str, list[str]] = {"better": [], "worse": []}
        for one in self.readouts:
            titles.setdefault(one.verdict, []).append(BY_NAME[one.name].title)
        found = [f"{verdict}: {', '.join(titles[verdict])}" for verdict in ("better", "worse") if titles[verdict]]
        if not found:
            few = min(self.calls) < FEWEST
            return f"No clear difference{': there are too few calls' if few else ''}."
        rest = "; no clear difference in the others" if titles.get("level") else ""
        return f"After it, {'; '.join(found)}{rest}."


def last_change(calls: Sequence[TimedCall]) -> datetime | None:
    """Return when the first call under the newest settings began; ``None`` if no service's settings changed."""
    changes = []
    for service in {call.service for call in calls}:
        own = sorted((call for call in calls if call.service == service), key=lambda call: call.started_at)
        at = next((n for n in range(len(own) - 1, 0, -1) if own[n].settings != own[n - 1].settings), None)
        if at is not None:
            changes.append(own[at].started_at)
    return max(changes, default=None)


def compare_periods(before: Sequence[TimedCall], after: Sequence[TimedCall]) -> Periods:
    """Compare two periods over the services with calls in both."""
    shared = sorted({call.service for call in before} & {call.service for call in after})
    alone = sorted({call.service for call in (*before, *after)} - set(shared))
    notes = [f"{name or 'calls of no service'}: left out, as only one period has calls of it" for name in alone]
    pairs = [
        (
            [call.values for call in before if call.service == one],
            [call.values for call in after if call.service == one],
        )
        for one in shared
    ]
    calls = sum(len(one) for one, _ in pairs), sum(len(two) for _, two in pairs)
    if pairs and min(calls) < FEWEST:
        notes.append(f"no interval: each period needs {FEWEST} calls, and they have {calls[0]} and {calls[1]}")
    found = [one for name in HEARD_READOUTS if (one := _readout(name, pairs, with_interval=min(calls) >= FEWEST))]
    return Periods(tuple(shared), calls, tuple(found), tuple(notes))


Pair = tuple[list[Values], list[Values]]


def _readout(name: str, pairs: Sequence[Pair], *, with_interval: bool) -> PeriodReadout | None:
    own = [pair for pair in pairs if _value(name, pair[0]) is not None and _value(name, pair[1]) is not None]
    if not own:
        return None
    weights = np.array([min(len(one), len(two)) for one, two in own], np.float64)
    before = [_value(name, one) or 0.0 for one, _ in own]
    after = [_value(name, two) or 0.0 for _, two in own]
    sides = (float(np.average(side, weights=weights)) for side in (before, after))
    first, second = sides
    interval = _interval(name, own, weights) if with_interval else None
    counts = sum(_size(name, one) for one, _ in own), sum(_size(name, two) for _, two in own)
    if interval is not None and interval[0] == interval[1]:
        # zero cases do not prove a rate of zero: Wilson's interval gives the possible rate
        most = unseen_rate(min(counts))
        interval = (-most, most) if BY_NAME[name].kind == "count" else None
    return PeriodReadout(name, first, second, second - first, interval, counts)


def _interval(name: str, pairs: Sequence[Pair], weights: NDArray[np.float64]) -> tuple[float, float] | None:
    """Return the 95 % interval of the difference, by resampling calls within each service and period."""
    draw = np.random.default_rng(0)
    apart = np.stack([_drawn(name, two, draw) - _drawn(name, one, draw) for one, two in pairs])
    deltas = np.average(apart[:, ~np.isnan(apart).any(axis=0)], axis=0, weights=weights)
    if len(deltas) < RESAMPLES // 2:
        return None
    low, high = np.quantile(deltas, [0.025, 0.975])
    return float(low), float(high)


def _drawn(name: str, calls: Sequence[Values], draw: np.random.Generator) -> NDArray[np.float64]:
    """Return a readout of each resample of some calls; NaN for a resample without any value."""
    rows = np.arange(RESAMPLES)[:, None] * len(calls)
    drawn = rows + draw.integers(0, len(calls), (RESAMPLES, len(calls)))
    often = np.bincount(drawn.ravel(), minlength=RESAMPLES * len(calls)).reshape(RESAMPLES, len(calls))
    return _values(name, calls, often)


def _value(name: str, calls: Sequence[Values]) -> float | None:
    """Return a readout over some calls; ``None`` where none has it."""
    found = float(_values(name, calls, np.ones((1, len(calls)), np.int64))[0])
    return None if np.isnan(found) else found


def _values(name: str, calls: Sequence[Values], often: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return a readout over calls weighted by each row of ``often``, ``[rows]``; NaN where none has it."""
    having = [number for number, call in enumerate(calls) if name in call]
    own, often = [calls[number][name] for number in having], often[:, having]
    kind = BY_NAME[name].kind
    if kind == "latency":
        return _medians([float(one) for values in own for one in values], often, [len(values) for values in own])
    values, of = ([one[0] for one in own], [one[1] for one in own]) if kind == "count" else (own, [1] * len(own))
    total = often @ np.array(of, np.float64)
    found: NDArray[np.float64] = np.divide(
        often @ np.array(values, np.float64), total, out=np.full(len(total), np.nan), where=total > 0
    )
    return found


def _medians(times: Sequence[float], often: NDArray[np.int64], lengths: Sequence[int]) -> NDArray[np.float64]:
    """Return the medians of times, ``[rows]``, weighted by call: call ``i`` has the next ``lengths[i]`` times."""
    order = np.argsort(times, kind="stable")
    ranked = np.array(times, np.float64)[order]
    call_of = np.repeat(np.arange(len(lengths)), lengths)[order]
    found = np.full(len(often), np.nan)
    for row, weight in enumerate(often):
        reached = np.cumsum(weight[call_of])
        if len(reached) and reached[-1]:
            both = np.searchsorted(reached, [(reached[-1] - 1) // 2, reached[-1] // 2], side="right")
            found[row] = ranked[both].mean()
    return found


def _size(name: str, calls: Sequence[Values]) -> int:
    found = [call[name] for call in calls if name in call]
    kind = BY_NAME[name].kind
    if kind == "latency":
        return sum(len(values) for values in found)
    return sum(int(one[1]) for one in found) if kind == "count" else len(found)
