"""``uv run python -m benchmarks.calibration CORPUS > benchmarks/calibration/FIGURES.md``: two minutes."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from benchmarks.calibration.fit import (
    BUDGETS,
    FOLDS,
    WEIGHT,
    Fit,
    Judged,
    Shape,
    resampled,
    saved,
    shapes,
    shipped,
    silence,
)
from benchmarks.calibration.pauses import SHORTEST_S, Floats, Pauses, read_turns
from simulator.activity.smart_turn import installed_smart_turn
from simulator.engine.profile import default_profile

SHOWN = (0.02, 0.05, 0.10, 0.20, 0.33, 0.40)
AIMS = {0.05: 0.22, 0.10: 0.16, 0.20: 0.10}
"""The intended savings for people talking, by budget."""

DRAWS = 1000
ALL = "all together"


def main() -> None:
    """Fit, and print the figures."""
    corpus = Path(sys.argv[1]) if len(sys.argv) == 2 else Path()
    model = installed_smart_turn()
    if len(sys.argv) != 2 or not corpus.is_dir():
        raise SystemExit("usage: python -m benchmarks.calibration CORPUS; CORPUS is a folder")
    if model is None:
        raise SystemExit("the Smart Turn model is not installed; run 'turnlab models fetch'")
    turns = read_turns(corpus, model)
    fit = Fit({name: Pauses.of(turns[name]) for name in WEIGHT})
    print("\n".join(_figures(fit, shipped(default_profile().values))))


def _figures(fit: Fit, ours: Shape) -> Iterator[str]:
    best = fit.choose()
    yield "# Calibration of the turn confidence"
    yield ""
    yield "Made by `uv run python -m benchmarks.calibration ../shared/corpus > benchmarks/calibration/FIGURES.md`."
    yield ""
    yield _PREFACE.format(folds=FOLDS, count=len(list(shapes())), draws=DRAWS, shortest=SHORTEST_S)
    yield f"The product's shape: {_in_words(ours)}"
    yield f"The best of those tried by all speakers{' is the same.' if best == ours else f': {_in_words(best)}'}"
    if best != ours:
        yield _WHY
    yield ""
    yield "| speech | AUC | 95 % interval | ends | pauses |"
    yield "| --- | ---: | --- | ---: | ---: |"
    groups = {**fit.groups, ALL: Pauses.of([turn for group in fit.groups.values() for turn in group.turns])}
    for name, group in groups.items():
        yield _recordings_and_calls(name, group)
    yield ""
    columns = "turns | speakers | budget | silence alone | as shipped | saved | 95 % interval | held out | saved"
    yield f"| speech | {columns} |"
    yield "| --- | ---: | ---: | ---: | ---: | ---: | ---: | --- | ---: | ---: |"
    held_out = fit.held_out()
    held_out[ALL] = Judged(
        np.concatenate([held_out[name].cut for name in fit.groups]),
        np.concatenate([held_out[name].delay_s for name in fit.groups]),
    )
    worst = []
    for name, group in groups.items():
        judged = Judged(*group.judged(ours.wait_s(group.odds)))
        yield from _rows(name, group, judged, held_out[name])
        worst.append(_worst(name, group, judged, held_out[name]))
    yield ""
    yield from worst
    yield f"* {_aimed_at(fit)}"


def _aimed_at(fit: Fit) -> str:
    """Return how many shapes reach the intended savings for people talking, and their least loss on hesitations."""
    everyone = {name: np.ones((1, len(group.turns))) for name, group in fit.groups.items()}
    places = [int(np.flatnonzero(np.isclose(BUDGETS, at))[0]) for at in AIMS]
    lost = []
    for judged in fit.judged.values():
        won = {name: saved(judged[name], fit.alone[name], everyone[name])[0] for name in fit.groups}
        if all(won["natural"][place] >= aim for place, aim in zip(places, AIMS.values(), strict=True)):
            lost.append(float(won["spliced hesitations"].min()))
    wanted = ", ".join(f"{aim:.0%} at {at:.0%}" for at, aim in AIMS.items())
    least = f"; at their worst budgets on spliced hesitations they save {max(lost):.1%} or less" if lost else ""
    return f"{len(lost)} of {len(fit.judged)} shapes save {wanted} where people talk{least}."


def _rows(name: str, group: Pauses, ours: Judged, held_out: Judged) -> Iterator[str]:
    alone, once = silence(group), np.ones((1, len(group.turns)))
    drawn = saved(ours, alone, resampled(group.speakers, DRAWS))
    delays = [judged.delays_s(once)[0] for judged in (alone, ours, held_out)]
    for at in SHOWN:
        place = int(np.flatnonzero(np.isclose(BUDGETS, at))[0])
        low, high = np.nanpercentile(drawn[:, place], [2.5, 97.5])
        plain_s, ours_s, held_s = (float(delay_s[place]) for delay_s in delays)
        yield (
            f"| {name} | {len(group.turns)} | {len(set(group.speakers.tolist()))} | {at:.0%}"
            f" | {plain_s:.2f} s | {ours_s:.2f} s | {1 - ours_s / plain_s:.0%} | {low:.0%} to {high:.0%}"
            f" | {held_s:.2f} s | {1 - held_s / plain_s:.0%} |"
        )


def _worst(name: str, group: Pauses, ours: Judged, held_out: Judged) -> str:
    alone, once = silence(group), np.ones((1, len(group.turns)))
    parts = []
    for what, judged in (("as shipped", ours), ("held out", held_out)):
        won = saved(judged, alone, once)[0]
        parts.append(f"{what} {won.min():.1%} (at {BUDGETS[int(won.argmin())]:.0%})")
    return f"* {name}: least saved at any budget from 2 to 40 %: {', '.join(parts)}."


def _recordings_and_calls(name: str, group: Pauses) -> str:
    ends, stops, end_turns, stop_turns = group.separated()
    drawn = [
        _auc(ends, stops, counts[end_turns], counts[stop_turns]) for counts in resampled(group.speakers, DRAWS)
    ]
    low, high = np.nanpercentile(drawn, [2.5, 97.5])
    auc = _auc(ends, stops, np.ones(len(ends)), np.ones(len(stops)))
    return f"| {name} | {auc:.2f} | {low:.2f} to {high:.2f} | {len(ends)} | {len(stops)} |"


def _auc(ends: Floats, stops: Floats, end_counts: Floats, stop_counts: Floats) -> float:
    """Return how often an end sounds more finished than a pause inside a turn, weighted by the counts."""
    above = (ends[:, None] > stops) + 0.5 * (ends[:, None] == stops)
    total = end_counts.sum() * stop_counts.sum()
    return float(end_counts @ above @ stop_counts / total) if total else float("nan")


def _in_words(shape: Shape) -> str:
    output = [1 / (1 + np.exp(-odds)) for odds in shape[:4]]
    return (
        f"completeness 0 at an output of {output[0]:.4f}, 0.3 from {output[1]:.3f} to {output[2]:.2f}, 1 at"
        f" {output[3]:.3f}; ceiling {shape.ceiling_s} s, head start {shape.head_start_s} s at most, until"
        f" {shape.head_start_until_s} s."
    )


_WHY = """\
Both put completeness 1 at the same output. The product's counts fewer pauses as unfinished. It was kept because
it loses less where silence alone is better: at most 0.6 % on spliced hesitations (the best of all speakers 1.8 %)
and 4.6 % on read speech (8.0 %)."""

_PREFACE = """\
"Natural" is people talking (calls, interviews, requests; nothing spliced). "Spliced hesitations" is read sentences
with room tone inserted after a word. "Read" is read sentences and phrases with pauses between them. Hard recordings
(echo, 5 dB) are left out. Smart Turn's own output for the last 8 s of the caller's channel and the silence decide.

A budget is the share of turns that may be cut in on (an end of turn more than 0.1 s early). A delay is the mean
over all turns from the true end, the smallest at any threshold within the budget. "Silence alone" is the same rule
without the output. The intervals are from {draws} draws of speakers with replacement, each with its own thresholds.
"Held out": the best of {count} shapes for the other folds' speakers, of {folds} folds, judges each speaker, with
one threshold for all. A shape's score is the mean saving at budgets from 2 to 40 %. Read speech has a third of the
others' weight, and a loss has ten times the weight of a gain. AUC: how often an end sounds more finished than a
pause of at least {shortest} s inside a turn.
"""

if __name__ == "__main__":
    main()
