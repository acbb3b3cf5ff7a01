"""Verdicts on a comparison: a plain line per arm, which claims no more than its intervals show."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

from simulator.measures.comparison import Compared, Comparison
from simulator.measures.readout_table import BY_NAME, BY_PLACE, Meaning, Readout

C = TypeVar("C")
Bounds = tuple[float, float] | None
"""An interval, if there is one."""

RESPONSE = BY_NAME["response_ms"]

NONE_IS_BEST = "None is best in all: "
"""The beginning of a verdict on several arms that share the merits."""

_SURE = "95 % sure between"
_INTERVALS = re.compile(rf" \({_SURE} [^)]*\)")


def comparison_json(comparison: Comparison) -> dict[str, Any]:
    """Return a comparison with its verdicts as JSON values."""
    arms = next((found.delta for found in comparison.readouts.values()), {})
    return {**comparison.to_json(), "verdicts": {arm: verdict(comparison, arm) for arm in arms}}


def verdict(comparison: Comparison, arm: str, against: str | None = None, lead: str = "") -> str:
    """Return how an arm differs from the baseline, named ``against``, first in the readout ``lead``.

    Then comes the response, with its 95 % interval, then the gains and losses of the other readouts. An uncertain
    difference is not mentioned. Every reliable loss is, except in minor readouts. Without intervals, the sentence
    says so and is about these turns only.
    """
    against = against or comparison.baseline
    response = comparison.readouts.get(RESPONSE.name)
    if response is None or response.delta.get(arm) is None:
        return f"No turn is answered in both, so there is no response to compare with {against}."
    said = _clause(comparison, response, arm, against)
    said = _lead(comparison, arm, lead, "response " * said.startswith("not ") + said)
    return _framed(said, response, arms=2)


def joint_verdict(comparison: Comparison, names: Mapping[str, str], lead: str = "") -> str:
    """Return how the other arms differ from the baseline, one line each; ``names`` are their display names.

    Each line begins with the readout named ``lead``, where that differs. Of three arms or more, the first line says
    which is the best, if the intervals show it.
    """
    against, others = names[comparison.baseline], [arm for arm in names if arm != comparison.baseline]
    response = comparison.readouts.get(RESPONSE.name)
    if not others:
        return ""
    if response is None or any(response.delta.get(arm) is None for arm in others):
        every = "both" if len(others) == 1 else "every arm"
        return f"No turn is answered in {every}, so there is no response to compare with {against}."
    clauses = []
    for place, arm in enumerate(others):
        said = _clause(comparison, response, arm, against if place == 0 else "")
        said = f"{'response ' * said.startswith('not ')}{said}"
        clauses.append(f"{names[arm]}: {_lead(comparison, arm, lead, said)}")
    said = _framed("\n".join(clauses), response, arms=len(names), names_follow=True)
    return "\n".join(filter(None, (_best(comparison, names) if len(others) > 1 else "", said)))


_TIME = BY_NAME["dead_air_s"]
"""The readout that sums what the response shows turn by turn."""


def _best(comparison: Comparison, names: Mapping[str, str]) -> str:
    """Return which of several arms is the best, in a sentence. Empty where no interval tells them apart.

    An arm that is surely worse than another in a count or a duration that callers feel is never called the best.
    """
    told = {name: one for name, one in comparison.readouts.items() if one.why_no_interval is None and one.best}
    soonest = told[RESPONSE.name].best if RESPONSE.name in told else ()
    counted = (one for one in BY_PLACE if one.kind != "latency" and one.better == "less" and (one.main or one.says))
    harms = [one for one in counted if one.felt and one.name in told]
    free = [arm for arm in names if all(arm in told[one.name].best for one in harms)]
    if best := [arm for arm in soonest if arm in free]:
        return f"Quickest without a sure loss: {_either(best, names)}."
    but_time = [arm for arm in names if all(arm in told[one.name].best for one in harms if one is not _TIME)]
    if not soonest:
        some = 0 < len(free) < len(names)
        return f"Without a sure loss: {_listed(free, names)}." if some else ""
    first = f"{NONE_IS_BEST}{_listed(soonest, names)} answer{'s' * (len(soonest) == 1)} soonest"
    if but_time:
        slower = {one for arm in but_time for one in comparison.readouts[RESPONSE.name].slower.get(arm, ())}
        quickest = [arm for arm in but_time if arm not in slower]
        return f"{first}; {_either(quickest, names)} is surely worse only in time."
    others = [harm for harm in harms if harm is not _TIME and not {*told[harm.name].best} & {*soonest}]
    fewest = [
        f"{_listed(told[one.name].best, names)} {'has' if len(told[one.name].best) == 1 else 'have'}"
        f" the {'fewest' if one.kind == 'count' else 'least'} {one.title}"
        for one in others[:_MOST_SAID]
    ]
    return f"{', '.join([first, *fewest])}." if fewest else ""


_MOST_SAID = 2


def listed(words: Iterable[str], joint: str = "and") -> str:
    """Return words in a row: ``a, b and c``. Empty without words."""
    *first, last = [*words] or [""]
    return f"{', '.join(first)} {joint} {last}" if first else last


def _listed(arms: Iterable[str], names: Mapping[str, str]) -> str:
    return listed(names[arm] for arm in arms)


def _either(arms: Sequence[str], names: Mapping[str, str]) -> str:
    return listed((names[arm] for arm in arms), "or")


def without_intervals(text: str) -> str:
    """Return a verdict without its intervals, for use beside a table that has them."""
    return _INTERVALS.sub("", text)


def _framed(text: str, response: Compared, *, arms: int, names_follow: bool = False) -> str:
    """Return a verdict with what it covers, or why it is about these turns only."""
    turns = f"{response.n} turn{'s' * (response.n != 1)}"
    if response.why_no_interval is not None:
        these = "this" if response.n == 1 else "these"
        return f"In {these} {turns} alone{',' if names_follow else ':'} {text}; {response.why_no_interval}."
    return f"{text}; over {turns} answered in {'both' if arms == 2 else 'every arm'}."


def _clause(comparison: Comparison, response: Compared, arm: str, against: str) -> str:
    """Return an arm's clause; where ``against`` is empty, the baseline is already named."""
    alone = response.why_no_interval is not None
    gains, costs = _rest(comparison, arm, alone=alone)
    head, side = _head(response, arm, comparison.baseline, against, alone=alone)
    # losses come before gains, so a truncated line loses only gains
    if side > 0:
        return "; ".join([head, *costs, *_led("but", gains)])
    return "; ".join([head, *_led("but", costs), *(_led("also better:", gains) if costs else gains)])


def _lead(comparison: Comparison, arm: str, lead: str, said: str) -> str:
    """Return a clause preceded by its statement about one readout."""
    found, readout = comparison.readouts.get(lead), BY_NAME.get(lead)
    if found is None or readout is None or readout is RESPONSE or not found.delta.get(arm):
        return said
    delta = found.delta[arm] or 0.0
    bounds = (delta, delta) if found.why_no_interval else found.ci95.get(arm)
    if readout.means(bounds) not in ("better", "worse"):
        return f"{readout.title} not distinguishable; {said}"
    phrase = _phrase(readout, found, arm, comparison.baseline)
    parts = [part for part in said.split("; ") if not part.endswith(phrase)]
    return "; ".join([phrase, *parts])


def _led(by: str, phrases: Sequence[str]) -> list[str]:
    return [f"{by} {one}" if at == 0 else one for at, one in enumerate(phrases)]


def _head(response: Compared, arm: str, baseline: str, against: str, *, alone: bool) -> tuple[str, int]:
    """Return the clause about the response, and its direction: 1 slower, −1 quicker, 0 neither."""
    # rounded first, as in tables, so that the displayed figures can be subtracted by hand
    delta = round(response.arms[arm] or 0.0) - round(response.arms[baseline] or 0.0)
    than, as_it, from_it = (f" {word} {against}" if against else "" for word in ("than", "as", "from"))
    bounds = response.ci95.get(arm)
    if alone:
        if not delta:
            return f"as quick{as_it}", 0
        return f"{abs(delta):,.0f} ms {'slower' if delta > 0 else 'quicker'}{than}", 1 if delta > 0 else -1
    if bounds is None:
        return f"not distinguishable{from_it}", 0
    low, high = bounds
    if low <= 0 <= high:
        return f"not distinguishable{from_it} ({_SURE} {_signed(low)} and {_signed(high)} ms)", 0
    least, most = sorted((abs(low), abs(high)))
    side = 1 if low > 0 else -1
    word = "slower" if side > 0 else "quicker"
    # the median difference may have another sign than its resamples; it then says nothing
    amount = f"{abs(delta):,.0f} ms {word}" if delta * side > 0 else word
    return f"{amount}{than} ({_SURE} {least:,.0f} and {most:,.0f})", side


def noticed(readouts: Mapping[str, C], bounds_of: Callable[[C], Bounds]) -> Iterator[tuple[Readout, C, Meaning]]:
    """Yield the gains and losses that a verdict names after the response, each with its compared readout.

    A gain needs words of its own. A loss in a main readout is named without them too.
    """
    for readout in BY_PLACE:
        found = readouts.get(readout.name)
        if found is None or readout is RESPONSE:
            continue
        means = readout.means(bounds_of(found))
        if (means == "worse" and (readout.says or readout.main)) or (means == "better" and readout.says):
            yield readout, found, means


def _rest(comparison: Comparison, arm: str, *, alone: bool) -> tuple[list[str], list[str]]:
    """Return gains and losses as phrases; latencies come last, and only losses."""
    gains: list[str] = []
    costs: list[str] = []
    later: list[str] = []

    def bounds_of(found: Compared) -> Bounds:
        delta = found.delta.get(arm)
        if not delta:
            return None
        return (delta, delta) if alone and found.why_no_interval else found.ci95.get(arm)

    for readout, found, means in noticed(comparison.readouts, bounds_of):
        slower = readout.main and readout.kind == "latency"
        phrases = gains if means == "better" else later if slower else costs
        phrases.append(_phrase(readout, found, arm, comparison.baseline))
    return gains, costs + later


def _phrase(readout: Readout, found: Compared, arm: str, baseline: str) -> str:
    mine, theirs = found.arms[arm] or 0.0, found.arms[baseline] or 0.0
    if readout.kind == "latency":
        return f"{readout.title} {mine:,.0f} ms instead of {theirs:,.0f} ms"
    if found.out_of is None:
        after, before = f"{mine:,.1f} s", f"{theirs:,.1f} s"
    else:
        of, of_theirs = found.out_of[arm], found.out_of[baseline]
        after, before = _share(mine, of), _share(theirs, of_theirs)
        if after == before:
            after, before = f"{mine:,.0f} of {of:,}", f"{theirs:,.0f} of {of_theirs:,}"
            return f"{readout.says.format(f'{after} {readout.of}')} instead of {before}"
        after = f"{after} of {readout.whose} {readout.of}"
    sentence = readout.says.format(after)
    return f"{sentence} instead of {before}" if theirs else sentence


def _share(count: float, of: int) -> str:
    if not count:
        return "none"
    share = count / of if of else 0.0
    return f"{share:.0%}".replace("%", " %") if share >= 0.01 else f"{share:.1%}".replace("%", " %")


def _signed(value: float) -> str:
    text = f"{abs(value):,.0f}"
    return text if text == "0" else f"{'−' if value < 0 else '+'}{text}"
