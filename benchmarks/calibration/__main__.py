"""``uv run python -m benchmarks.calibration CORPUS [--write] > benchmarks/calibration/FIGURES.md``.

``--write`` puts the constants into :mod:`simulator.activity.smart_turn`'s file; without, they are only compared.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np

from benchmarks.calibration.figures import HEADER, Group, expected_line, in_words, trade_off
from benchmarks.calibration.fit import Fitted, fit
from benchmarks.calibration.heard import Heard, HeardPause, Listener, listen, pauses
from benchmarks.calibration.splices import spliced
from benchmarks.calibration.split import LOOKS, RULE, Item, read_items, split
from simulator.activity.smart_turn import FILE, Calibration, TurnSound, smart_turn_calibration
from simulator.audio.what_if import AS_IT_IS


def main() -> None:
    """Fit, and print the figures."""
    corpus, *rest = (Path(argument) for argument in sys.argv[1:] or [""])
    if not corpus.is_dir() or rest not in ([], [Path("--write")]):
        raise SystemExit("usage: python -m benchmarks.calibration CORPUS [--write]; CORPUS is a folder")
    items, listener = read_items(corpus), Listener()
    fitting, held = split([item for item in items if item.kind == "hesitation" and not item.hard])
    others = [item for item in items if item.kind in ("pause", "dialogue")]
    unwanted = frozenset(speaker for item in held for speaker in item.speakers)
    heard, elsewhere = listen(fitting, listener, altered=True), listen(others, listener)
    known = pauses(heard)
    extra = spliced([*fitting, *(item for item in others if not item.hard)], listener, unwanted)
    extra += [
        pause.example
        for pause in pauses([one for one in elsewhere if not one.item.hard])
        if pause.example.speaker not in unwanted
    ]
    fitted = fit(known, extra)
    if rest:
        _write(fitted.calibration)
    print("\n".join(_constants(fitted, fitting, held)))
    print("\n".join(_figures(fitted, known, heard, listen(held, listener, altered=True), elsewhere)))


def _write(calibration: Calibration) -> None:
    kept = {
        "origin": "fitted from calls; made by benchmarks/calibration, not by hand",
        "half_life_s": calibration.half_life_s,
        "base_s": calibration.base_s,
        "per_octave": calibration.per_octave,
        "ending": calibration.ending.tolist(),
    }
    Path(str(FILE)).write_text(json.dumps(kept) + "\n", encoding="utf-8")
    smart_turn_calibration.cache_clear()


def _constants(fitted: Fitted, fitting: list[Item], held: list[Item]) -> list[str]:
    made, kept = fitted.calibration, smart_turn_calibration()
    same = (made.half_life_s, made.base_s, made.per_octave) == (kept.half_life_s, kept.base_s, kept.per_octave)
    same = same and np.array_equal(made.ending, kept.ending)
    tried = ", ".join(
        f"{scale} s: {mean:.1%} ({least:.1%})" for scale, (mean, least) in sorted(fitted.savings.items())
    )
    parts = (("fitted on", fitting), ("held back", held))
    return [
        "# Calibration of the turn confidence",
        "",
        "Made by `uv run python -m benchmarks.calibration ../shared/corpus > benchmarks/calibration/FIGURES.md`.",
        "",
        f"Half-life {made.half_life_s} s, base {made.base_s} s, {made.per_octave} s for each octave of late pitch,",
        "and 384 weights of the ending's sound:",
        f"{'as' if same else '**not** as'} in `simulator/activity/calibration.json`.",
        "",
        f"Head start for a unit of log-odds, with the mean (least) saving found by cross-validation: {tried}.",
        "",
        RULE,
        "",
        LOOKS,
        "",
        *(
            f"* {name} ({len(part)} recordings, {sum(item.turns for item in part)} turns):"
            f" {', '.join(item.path.stem for item in part)}"
            for name, part in parts
        ),
        "",
    ]


def _figures(
    fitted: Fitted, known: list[HeardPause], heard: list[Heard], held: list[Heard], elsewhere: list[Heard]
) -> list[str]:
    made = fitted.calibration
    by_folds: dict[tuple[int, int], float] = {
        (id(pause.heard), pause.span): head_start_s
        for pause, head_start_s in zip(known, fitted.unseen_s.tolist(), strict=True)
    }

    def by_all(one: Heard, span: int) -> float:
        sound, evidence = one.sounds[span], one.activity.spans[span].evidence
        assert evidence is not None
        heard = TurnSound(sound.completeness, made.ending_s(sound.ending), evidence["late_pitch"])
        return made.head_start_s(heard)

    def unseen(one: Heard, span: int) -> float:
        return by_folds.get((id(one), span), by_all(one, span))

    kinds = {
        "pause": [one for one in elsewhere if one.item.kind == "pause" and not one.item.hard],
        "dialogue": [one for one in elsewhere if one.item.kind == "dialogue" and not one.item.hard],
        "hard (pause, dialogue)": [one for one in elsewhere if one.item.hard],
    }
    groups = [
        Group("hesitation, held back", _plain(held), by_all, made.half_life_s),
        Group("hesitation, held back, also altered", held, by_all, made.half_life_s),
        Group("hesitation, fitted on (cross-validated)", _plain(heard), unseen, made.half_life_s),
        Group("hesitation, fitted on, also altered (cross-validated)", heard, unseen, made.half_life_s),
        *(Group(name, chosen, by_all, made.half_life_s) for name, chosen in kinds.items()),
    ]
    rows = [row for group in groups for row in trade_off(group)]
    expected = [expected_line(group) for group in groups[:4]]
    return [*_PREFACE, *HEADER, *rows, "", *(in_words(group) for group in groups), "", *_EXPECTED, *expected]


def _plain(heard: list[Heard]) -> list[Heard]:
    return [one for one in heard if one.what_if == AS_IT_IS]


_PREFACE = """\
Delays are means over all turns from the true end; a budget is the share of turns that may be cut
(an end of turn more than 0.1 s early); the delay at a budget is the smallest over all thresholds
that keep to it. "Silence alone" is the same rule with a completeness of 0.3 everywhere. Intervals:
bootstrap over recordings. "Also altered": each recording besides as over a telephone and in room
noise, where it is not so already. Some turns of `pause` and `dialogue` were fitted on.

""".splitlines()

_EXPECTED = """\
Expected savings, with every hesitation judged against the lengths of all of them, because a length
is not to be heard in its beginning (`expected.py`; what the scale was chosen by):

""".splitlines()


if __name__ == "__main__":
    main()
