"""A sweep's sentences: its result, its certainty, and the obstacles."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from presets.fields import BY_NAME
from simulator.measures.limits import Figure
from simulator.measures.verdict import listed
from simulator.sweep.plan import SweepPlan
from simulator.sweep.result import Against, Interval, Optimism
from simulator.sweep.search import Tried


def shown(figure: Figure, value: float | None) -> str:
    """Return a figure's value in words: ``1.29 s``, ``2.1 %``."""
    if value is None:
        return "–"
    if figure.readout.kind == "count":
        return f"{value * 100:.1f} %" if figure.share else f"{value:.0f}"
    return f"{value / 1000:.2f} s" if figure.readout.kind == "latency" else f"{value:.1f} s"


def _difference(figure: Figure, ends: Interval) -> str:
    scale, unit, places = 1.0, "s", 2
    if figure.readout.kind == "latency":
        scale = 0.001
    elif figure.share:
        scale, unit, places = 100.0, "points", 1
    low, high = (f"{end * scale:+.{places}f}".replace("-", "−") for end in ends)
    return f"[{low}, {high}] {unit}"


def optimism(figure: Figure, today: float | None, chosen: float | None, confirmed: float | None) -> str:
    """Return a figure where the setting was chosen and where it was not, against today's."""
    return (
        f"{_name(figure)}: {shown(figure, chosen)} where chosen, {shown(figure, confirmed)} where not,"
        + f" {shown(figure, today)} with today's settings there"
    )


def value_words(field: str, value: Any) -> str:
    """Return a field's value in words."""
    return BY_NAME[field].show(value)


def changes_words(changes: Sequence[tuple[str, Any, Any]]) -> str:
    """Return a setting's changes in words."""
    return ", ".join(
        f"{name} {value_words(name, before)} → {value_words(name, after)}" for name, before, after in changes
    )


def change_sentence(
    field: str, before: Any, after: Any, figures: Sequence[tuple[Figure, float | None, float | None]]
) -> str:
    """Return the value of one change: the figures if it is reverted."""
    head = f"{field} {value_words(field, before)} → {value_words(field, after)}"
    moved = [
        f"{_name(one)} {shown(one, without)} instead of {shown(one, having)}"
        for one, having, without in figures
        if shown(one, having) != shown(one, without)
    ]
    return f"{head}: without it, {', '.join(moved) if moved else 'every figure is the same'}"


def obstacles(plan: SweepPlan, tried: Sequence[Tried], nearest: Tried) -> tuple[str, ...]:
    """Return for each limit that the nearest setting breaks the reason it cannot be met."""
    found = []
    whole = [one for one in tried if not one.dropped]
    for place, limit in enumerate(plan.goal.limits):
        if not nearest.excess[place]:
            continue
        alone = [one for one in whole if not one.excess[place]]
        if not alone:
            best = min(whole, key=lambda one: (one.excess[place], one.points))
            value = limit.figure.measured(best.readouts)
            found.append(
                f"{limit.text}: no setting of {len(whole)} meets it; the nearest has {shown(limit.figure, value)}"
            )
            continue
        best = min(alone, key=lambda one: (sum(one.excess), one.points))
        broken = [
            f"{other.text} is broken ({shown(other.figure, other.figure.measured(best.readouts))})"
            for other, excess in zip(plan.goal.limits, best.excess, strict=True)
            if excess
        ]
        met = shown(limit.figure, limit.figure.measured(best.readouts))
        found.append(f"{limit.text}: can be met ({met}), but then {' and '.join(broken)}")
    return tuple(found)


def verdict(
    plan: SweepPlan,
    changes: Sequence[tuple[str, Any, Any]],
    figures: Sequence[Optimism],
    *,
    distinguishable: bool,
    nearest: bool,
    broken: Sequence[str],
    unjudged: Sequence[str],
    few: Sequence[str],
    todays: Sequence[str],
    none_within: bool,
    against: Sequence[Against],
    tried: int,
    where: str,
    why_no_interval: str | None,
) -> str:
    """Return the verdict of a sweep. ``broken``: limits broken where confirmed; ``todays``: by today's settings.

    ``unjudged``: limits that could not be judged there, with reasons. ``few``: those broken on too few cases.
    ``none_within``: every confirmed setting breaks one.
    """
    sentences = [f"{listed(unjudged)} could not be judged."] if unjudged else []
    if nearest:
        sentences.append(f"No setting of {tried} is within every limit; the nearest is shown.")
    elif broken:
        sentences.append(_not_within(broken, none_within=none_within))
    elif unjudged and changes:
        sentences.append("So nothing is recommended: label more turns, or sweep without these limits.")
    sentences += [_too_few(few)] if few and broken else []
    if not changes:
        sentences.append(f"Keep what you have: of {tried} settings none is distinguishable from it on these calls.")
    elif distinguishable:
        head = "Nearest:" if broken else "By the goal alone:" if unjudged else "Change"
        sentences.append(f"{head} {changes_words(changes)}.")
    elif worse := [one for one in broken if one not in todays]:
        kept = f"Keep what you have, which does not break {', '.join(worse)}"
        sentences.append(f"{kept}: the change was {changes_words(changes)}.")
    else:
        sentences.append(f"Not distinguishable from what you have: {changes_words(changes)}.")
    if changes:
        sentences.append(_figures(plan, figures, where))
    if why_no_interval and changes:
        sentences.append(f"{why_no_interval[0].upper()}{why_no_interval[1:]}.")
    if changes and todays and not broken:
        sentences.append(f"Today's settings break {', '.join(todays)}; these do not.")
    if changes and against and (distinguishable or broken):
        by_limits = bool(plan.goal.limits) and not broken
        sentences += _presets(against, _better(by_limits=by_limits, unjudged=bool(unjudged)), own=bool(broken))
    return " ".join(sentences)


def _better(*, by_limits: bool, unjudged: bool) -> str:
    """Return by what a setting does better than the presets."""
    if not by_limits:
        return "By the goal it does better"
    return (
        "By the goal and the limits that were judged it does better"
        if unjudged
        else "It does better within the limits"
    )


def _too_few(few: Sequence[str]) -> str:
    held = f"One case alone breaks a limit that has too few ({'; '.join(few)})"
    return f"{held}: sweep over more recordings, or with a wider limit."


def _not_within(broken: Sequence[str], *, none_within: bool) -> str:
    what = "No tried setting is" if none_within else "The setting that was found is not"
    breaks = f"on callers left out of the choice, what was chosen breaks {', '.join(broken)}"
    return f"{what} confirmed within the limits: {breaks}."


def _presets(against: Sequence[Against], better: str, *, own: bool) -> list[str]:
    """Return how a setting compares with the presets; ``own``: it breaks a limit itself."""
    meaning = "A preset here stands for today's settings with the preset applied."
    if all(one.beaten for one in against):
        return [f"{better} than {listed([one.name for one in against])}.", meaning]
    left = [one for one in against if not one.beaten]
    sooner = [one.name for one in left if one.ci95 is not None and one.ci95[0] > 0]
    keeping = [one.name for one in left if own and not one.breaks]
    equal = [one.name for one in left if one.name not in (*sooner, *keeping)]
    sentences = (
        (sooner, f"By the goal it does worse than {listed(sooner)}."),
        (keeping, f"Within every limit there: {listed(keeping)}."),
        (equal, f"{listed(equal)} cannot be distinguished from it."),
    )
    return [*(sentence for names, sentence in sentences if names), meaning]


def _figures(plan: SweepPlan, figures: Sequence[Optimism], where: str) -> str:
    """Return the goal's figures where confirmed and where chosen."""
    every = list(zip((term.figure for term in plan.goal.terms), figures, strict=True))
    moved = [(one, found) for one, found in every if shown(one, found.confirmed) != shown(one, found.today)]
    both = moved or every[:1]
    confirmed = [
        f"{_name(one)} {shown(one, found.confirmed)} instead of {shown(one, found.today)}"
        + (f" {_difference(one, found.ci95)}" if found.ci95 else "")
        for one, found in both
    ]
    said = f"{', '.join(confirmed)} {where}"
    chosen = ", ".join(shown(one, found.chosen) for one, found in both)
    return f"{said[0].upper()}{said[1:]}; {chosen} where it was chosen."


def _name(figure: Figure) -> str:
    return f"{figure.readout.title} {figure.percentile}".rstrip()
