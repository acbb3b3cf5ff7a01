"""Comparisons of arms, and the verdicts that they allow, on short scripted calls."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.labels import Labels
from simulator.measures.comparison import Compared, Comparison, compare
from simulator.measures.readout_table import READOUTS, Readout
from simulator.measures.readouts import Measured
from simulator.measures.verdict import joint_verdict, verdict
from tests.simulator.tracks import Speech, fixed_profile, play_track, truth
from tui.readouts import readouts


def turns_apart(turns: int) -> tuple[list[Speech], Labels]:
    """Return a caller of ``turns`` turns far apart, and their labels."""
    track = [Speech(start, start + 50, 0.9) for start in range(10, 10 + 600 * turns, 600)]
    return track, truth(*((speech.start, speech.end) for speech in track))


def arms_over(name: str, turns: int) -> dict[tuple[str, str], Measured]:
    """Return a plain arm and one with the slower voice, over a recording of ``turns`` turns."""
    track, labels = turns_apart(turns)
    configs: dict[str, dict[str, object]] = {"base": {}, "slow": {"tts_model": "sonic-3"}}
    return {(name, arm): play_track(track, own, labels=labels).measured for arm, own in configs.items()}


def test_a_comparison_subtracts_what_it_shows_and_says_why_it_has_no_interval() -> None:
    arms = ["base", "slow"]
    few = compare(arms_over("one", 4), ["one"], arms, "base").readouts["response_ms"]
    assert few.n == 4
    assert few.delta["slow"] == (few.arms["slow"] or 0) - (few.arms["base"] or 0) == 50.0
    assert few.ci95["slow"] is None
    assert few.why_no_interval == "an interval needs 3 recordings, or 16 turns (here: 4)"
    runs = {**arms_over("one", 3), **arms_over("two", 2), **arms_over("three", 4)}
    many = compare(runs, ["one", "two", "three"], arms, "base").readouts["response_ms"]
    assert many.ci95["slow"] == (50.0, 50.0)
    # no difference in 9 turns does not prove that there is none
    never = compare(runs, ["one", "two", "three"], arms, "base").readouts
    assert never["cut_ins"].ci95["slow"] == (-2.692, 2.692)
    assert never["dead_air_s"].ci95["slow"] is None
    assert never["eot_delay_ms"].ci95["slow"] is None
    assert compare(runs, ["three", "one", "two"], arms, "base").readouts["response_ms"] == many
    thin = compare(
        {**arms_over("one", 1), **arms_over("two", 1), **arms_over("three", 1)},
        ["one", "two", "three"],
        arms,
        "base",
    )
    assert thin.readouts["response_ms"].why_no_interval == "an interval needs 5 turns (here: 3)"


def long_call(turns: int, other: dict[str, object], **more: dict[str, object]) -> Comparison:
    """Compare a plain arm without fillers with others over one recording."""
    track, labels = turns_apart(turns)
    configs: dict[str, dict[str, object]] = {"base": {}, "other": other, **more}
    runs = {
        ("one", arm): play_track(track, {"filler_style": "silent", **own}, labels=labels).measured
        for arm, own in configs.items()
    }
    return compare(runs, ["one"], list(configs), "base")


def test_one_long_recording_gives_an_interval_over_blocks_of_its_turns() -> None:
    other: dict[str, object] = {"tts_model": "sonic-3", "max_response_words": 4}
    found = long_call(16, other)
    assert found.drawn_over == "blocks of 2 consecutive turns"
    runs = {("one", arm): play_track([Speech(10, 60, 0.9)]).measured for arm in ("base", "other")}
    said = readouts(found, runs, [("one", "one")], fixed_profile()).blocks
    assert said == "a bootstrap over blocks of 2 consecutive turns of this call, so not about other calls"
    assert found.readouts["response_ms"].ci95["other"] == (-150.0, -150.0)
    words = found.readouts["truncated_words"]
    # every answer loses the same, so each resample of blocks loses what the whole call does
    assert words.ci95["other"] == (words.arms["other"], words.arms["other"])
    assert words.out_of is not None
    assert words.out_of["other"] == (words.arms["other"] or 0) + 16 * 4
    assert long_call(15, other).readouts["truncated_words"].ci95["other"] is None
    assert long_call(60, other).drawn_over == "blocks of 3 consecutive turns"


def test_a_verdict_claims_what_the_intervals_show_and_nothing_else() -> None:
    found = long_call(16, {"tts_model": "sonic-3", "max_response_words": 4})
    words = found.readouts["truncated_words"]
    share = (words.arms["other"] or 0) / (words.out_of or {})["other"]
    assert verdict(found, "other", "stored") == (
        "150 ms quicker than stored (95 % sure between 150 and 150); but "
        + f"{share:.0%}".replace("%", " %")
        + " of the agent's words cut by response limits; over 16 turns answered in both."
    )
    assert verdict(long_call(16, {}), "other") == (
        "response not distinguishable from base; over 16 turns answered in both."
    )
    assert verdict(long_call(1, {}), "other").startswith("In this 1 turn alone: ")
    few = verdict(long_call(4, {"tts_model": "sonic-3"}), "other")
    assert few.startswith("In these 4 turns alone: 50 ms slower than base")
    assert few.endswith("; an interval needs 3 recordings, or 16 turns (here: 4).")


@pytest.mark.parametrize(("turns", "best"), [(16, ("other", "same")), (4, ("other", "same"))])
def test_the_best_arms_are_those_that_none_is_surely_below(turns: int, best: tuple[str, ...]) -> None:
    short: dict[str, object] = {"max_response_words": 4}
    found = long_call(turns, short, same=short, slow={"tts_model": "sonic-3"}).readouts
    assert found["response_ms"].best == best
    assert found["first_sound_ms"].best == best
    assert found["cut_ins"].best == (), "nothing tells them apart"
    assert found["truncated_words"].best == tuple(dict.fromkeys(("base", "slow")))


def test_one_verdict_covers_all_arms_and_names_the_baseline() -> None:
    short: dict[str, object] = {"max_response_words": 4}
    found = long_call(16, short, slow={"tts_model": "sonic-3"}, same={})
    names = {"base": "stored", "other": "quick", "slow": "slow", "same": "defaults"}
    assert joint_verdict(found, names) == (
        "None is best in all: quick answers soonest;"
        " stored or defaults is surely worse only in time.\n"
        "quick: 200 ms quicker than stored (95 % sure between 200 and 200);"
        " but 86 % of the agent's words cut by response limits\n"
        "slow: 50 ms slower (95 % sure between 50 and 50); first sound after turn 844 ms instead of 794 ms\n"
        "defaults: response not distinguishable; over 16 turns answered in every arm."
    )
    led = joint_verdict(found, names, lead="truncated_words").split("\n")
    assert led[1] == (
        "quick: 86 % of the agent's words cut by response limits;"
        " 200 ms quicker than stored (95 % sure between 200 and 200)"
    ), "what callers complain of comes first"
    assert led[2].startswith("slow: 50 ms slower"), "where it differs"
    few = joint_verdict(long_call(4, short), {"base": "stored", "other": "quick"})
    assert few.startswith("In these 4 turns alone, quick: 200 ms quicker than stored; but 86 %")


def of_three(**readouts: tuple[float, float, float]) -> Comparison:
    """Return a comparison of A, B (the baseline) and C whose figures surely differ where they differ."""
    found = {}
    for name, figures in readouts.items():
        arms = dict(zip("ABC", figures, strict=True))
        off = {arm: figure - arms["B"] for arm, figure in arms.items() if arm != "B"}
        bounds = {arm: (delta, delta) for arm, delta in off.items()}
        best = tuple(arm for arm in arms if arms[arm] == min(figures)) if len({*figures}) > 1 else ()
        slower = {arm: tuple(one for one in arms if arms[one] > arms[arm]) for arm in arms}
        found[name] = Compared(
            {**arms}, {**off}, {**bounds}, 30, None, out_of=dict.fromkeys(arms, 100), best=best, slower=slower
        )
    return Comparison("B", found)


@pytest.mark.parametrize(
    ("readouts", "said"),
    [
        ({"response_ms": (900, 950, 990)}, "Quickest without a sure loss: a."),
        ({"response_ms": (900, 900, 990)}, "Quickest without a sure loss: a or b."),
        ({"response_ms": (900, 900, 900)}, ""),
        ({"response_ms": (900, 900, 900), "cut_ins": (0, 3, 0)}, "Without a sure loss: a and c."),
        (
            {"response_ms": (900, 950, 990), "cut_ins": (9, 0, 0), "dead_air_s": (1, 2, 3)},
            "None is best in all: a answers soonest; b is surely worse only in time.",
        ),
        (
            {"response_ms": (900, 950, 990), "cut_ins": (9, 0, 0), "talk_over_s": (1, 2, 1)},
            "None is best in all: a answers soonest; c is surely worse only in time.",
        ),
        (
            {"response_ms": (900, 950, 990), "cut_ins": (9, 0, 1), "talk_over_s": (3, 2, 1)},
            "None is best in all: a answers soonest, b has the fewest cut-ins, c has the least talk-over.",
        ),
        ({"response_ms": (900, 950, 990), "fillers": (9, 0, 0)}, "Quickest without a sure loss: a."),
        ({"response_ms": (900, 950, 990), "wasted_generations": (9, 0, 0)}, "Quickest without a sure loss: a."),
    ],
)
def test_of_three_arms_the_first_line_names_the_best_one_that_surely_loses_nothing(
    readouts: dict[str, tuple[float, float, float]], said: str
) -> None:
    first = joint_verdict(of_three(**readouts), {arm: arm.lower() for arm in "ABC"}).split("\n")[0]
    assert (first if first.startswith(("Quickest", "None", "Without")) else "") == said


@given(st.lists(st.tuples(*[st.integers(0, 3)] * 3), min_size=3, max_size=3))
def test_no_arm_is_called_the_best_that_surely_worsens_a_count(figures: list[tuple[int, int, int]]) -> None:
    response, *harms = figures
    counts = dict(zip(("cut_ins", "truncated_words"), harms, strict=True))
    found = of_three(response_ms=response, **counts)
    said = joint_verdict(found, {"A": "first", "B": "second", "C": "third"}).split("\n")[0]
    named = said.partition("ithout a sure loss: ")[2]
    best = [place for place in range(3) if all(one[place] == min(one) for one in (response, *harms))]
    differ = any(len(set(one)) > 1 for one in (response, *harms))
    assert [place for place, name in enumerate(("first", "second", "third")) if name in named] == best * differ


def test_a_verdict_is_silent_about_a_difference_that_may_be_none() -> None:
    base = Compared({"A": 3.0, "B": 1.0}, {"A": 2.0}, {"A": (-1.0, 5.0)}, 30, None, out_of={"A": 30, "B": 30})
    response = Compared({"A": 900.0, "B": 950.0}, {"A": -50.0}, {"A": (-120.0, 20.0)}, 30, None)
    both = Comparison("B", {"response_ms": response, "cut_ins": base})
    assert verdict(both, "A", "stored") == (
        "response not distinguishable from stored (95 % sure between −120 and +20 ms);"
        " over 30 turns answered in both."
    )
    sure = replace(base, ci95={"A": (1.0, 3.0)})
    quicker = replace(response, ci95={"A": (-80.0, -20.0)})
    assert verdict(Comparison("B", {"response_ms": quicker, "cut_ins": sure}), "A", "stored") == (
        "50 ms quicker than stored (95 % sure between 20 and 80); but cut-ins on 10 % of the turns instead of 3 %;"
        " over 30 turns answered in both."
    )
    # deteriorations come before gains
    fewer = replace(sure, delta={"A": -1.0}, ci95={"A": (-2.0, -1.0)})
    mixed = Comparison("B", {"response_ms": quicker, "cut_ins": fewer, "early_ends": sure})
    assert "; but 10 % of the turns ended early instead of 3 %; also better: cut-ins" in verdict(
        mixed, "A", "stored"
    )


NEITHER = {"fillers"}
"""Readouts without a better direction."""


@pytest.mark.parametrize("readout", READOUTS, ids=lambda one: one.name)
@pytest.mark.parametrize(("change", "meant"), [(3.0, "worse"), (-3.0, "better")])
def test_every_readout_goes_the_same_way_in_sentence_and_table(readout: Readout, change: float, meant: str) -> None:
    meant = "" if readout.name in NEITHER else meant
    bounds = (change, change)
    level = Compared({"A": 900.0, "B": 900.0}, {"A": 0.0}, {"A": (-9.0, 9.0)}, 30, None)
    level = replace(level, p90=level)
    apart = Compared({"A": 30.0 + change, "B": 30.0}, {"A": change}, {"A": bounds}, 30, None)
    apart = replace(apart, p90=apart, out_of={"A": 90, "B": 90} if readout.kind == "count" else None)
    found = Comparison("B", {"response_ms": level, readout.name: apart})
    said = verdict(found, "A", "stored")
    # only a deterioration is introduced like this, and none is left out
    is_response = readout.name == "response_ms"
    assert ("; but " in said) is (meant == "worse" and readout.main and not is_response)
    run = play_track([Speech(10, 60, 0.9)], labels=truth((10, 60))).measured
    run = replace(run, times={readout.name: (1, 2)})
    rows = readouts(found, {("one", arm): run for arm in "AB"}, [("one", "one")], fixed_profile()).rows
    shown = {row.apart[0].verdict for row in rows if row.name == readout.name and row.apart[0] is not None}
    assert shown == ({meant} if readout.paired else set())
