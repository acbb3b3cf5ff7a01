"""How figures and their differences are written in the dashboard, on the command line and in reports."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from simulator.measures.readout_table import BY_NAME
from simulator.measures.readouts import Measured
from simulator.measures.turns import Count

Interval = tuple[float, float]


NOTHING = "–"
"""Shown for a missing figure."""


def figure(name: str, value: float | None, unit: bool = True) -> str:
    """Write a readout's value: ``1,093 ms``, ``0.4 s``, ``2``."""
    if value is None:
        return NOTHING
    readout = BY_NAME[name]
    ending = f" {readout.unit}" if unit and readout.kind != "count" else ""
    return f"{value:,.{readout.places}f}{ending}"


def total(name: str, value: float | None, runs: Iterable[Measured]) -> str:
    """Write a total: seconds, or a count out of how many there could have been in ``runs``."""
    readout = BY_NAME[name]
    if value is None or readout.kind != "count":
        return figure(name, value)
    of = sum(run.counts[name].of for run in runs if name in run.counts)
    return count_text(Count(round(value), of), readout.of)


def count_text(found: Count, of: str = "") -> str:
    """Write a count and its denominator; a count of 0 has the upper bound of its rate: ``0 of 13 ≤23%``."""
    return " ".join(part for part in (f"{found.count:,} of {found.of:,}", of, unseen_text(found)) if part)


def unseen_text(found: Count | None) -> str:
    """Write the upper bound of the rate behind a count of 0: ``≤23%``; empty if there is none."""
    most = found.upper95 if found is not None else None
    return "" if most is None else f"≤{most:.0%}" if most >= 0.01 else f"≤{most:.1%}"


def unseen_meaning(found: Iterable[Count]) -> str:
    """Return what the bound beside a count of 0 means. Empty without such a count."""
    one = next((count for count in found if unseen_text(count)), None)
    if one is None:
        return ""
    bound = unseen_text(one)
    return f"{bound}: none in {one.of:,}; the true rate may be up to {bound.removeprefix('≤')}."


def difference(name: str, value: float | None) -> str:
    """Write a difference of two figures, with its sign."""
    return NOTHING if value is None else signed(value, BY_NAME[name].places)


def interval(name: str, bounds: tuple[float, float] | None) -> str:
    """Write an interval of differences."""
    if bounds is None:
        return NOTHING
    low, high = (difference(name, bound) for bound in bounds)
    return f"[{low}, {high}]"


def signed(value: float, places: int = 0) -> str:
    """Write a number with its sign; a number that rounds to 0 has none."""
    text = f"{abs(value):,.{places}f}"
    if not float(text.replace(",", "")):
        return text
    return f"{'−' if value < 0 else '+'}{text}"


def counted(number: int, what: str) -> str:
    """Return a number of things: ``1 turn``, ``44 turns``."""
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def listed(words: Sequence[str]) -> str:
    """Return words in a row: ``a, b and c``."""
    return ", ".join(words[:-1]) + f" and {words[-1]}" if len(words) > 1 else "".join(words)


def sentence(text: str) -> str:
    """Return a sentence with a capital letter and a full stop."""
    return f"{text[:1].upper()}{text[1:]}."


def gains_and_costs(gains: Sequence[str], costs: Sequence[str]) -> str:
    """Return what callers certainly gain and lose."""
    said = [f"{word} {listed(some)}" for word, some in (("better,", gains), ("worse,", costs)) if some]
    return "; ".join(said) or "no other difference is more than chance may explain"


def interval_words(bounds: Interval | None) -> str:
    """Return the interval of a difference of times in ms, in words. Empty without one."""
    if bounds is None:
        return ""
    low, high = (signed(end / 1000, 2) for end in bounds)
    return f" (95 % sure between {low} and {high} s)"


def apart(value: float, bounds: Interval | None, places: int) -> str:
    """Return a difference with its interval: ``+0.51 [+0.43, +0.54]``."""
    text = signed(value, places)
    if bounds is None:
        return text
    low, high = (signed(end, max(places, 1)) for end in bounds)
    return f"{text} [{low},\u00a0{high}]"
