"""Readouts that can be checked by hand on short scripted calls."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.labels import Labels
from simulator.measures.comparison import Compared, Comparison, compare
from simulator.measures.readout_table import READOUTS, Readout
from simulator.measures.readouts import Measured, Spread, readouts_json
from simulator.measures.turns import Count
from simulator.measures.verdict import joint_verdict, verdict
from tests.simulator.tracks import Speech, fixed_profile, play_track, times
from tui.readouts import WORDS, readouts
from tui.services.commands import WORDS as SERVICES_WORDS


def truth(*turns: tuple[float, float], **more: object) -> Labels:
    """Return labels with turns in frames of 32 ms."""
    listed = [{"start_s": start * 0.032, "end_s": end * 0.032} for start, end in turns]
    return Labels.model_validate({"turns": listed, **more})


def test_latencies_count_from_the_true_end_not_the_detected_one() -> None:
    late_label = play_track([Speech(10, 100)], labels=truth((10, 95)))
    exact_label = play_track([Speech(10, 100)], labels=truth((10, 100)))
    for name in ("eot_delay_ms", "first_sound_ms", "response_ms"):
        assert late_label.measured.times[name][0] == exact_label.measured.times[name][0] + 160
    (outcome,) = late_label.measured.turns
    assert outcome.stages_ms is not None
    assert outcome.stages_ms["end_of_turn"] == 224 + 160
    assert sum(outcome.stages_ms.values()) == outcome.response_ms


def early(measured: Measured) -> tuple[int, int]:
    """Return how many turns were cut in on, and how many ended early without a sound."""
    assert measured.counts["cut_ins"].of == measured.counts["early_ends"].of == len(measured.turns)
    return measured.counts["cut_ins"].count, measured.counts["early_ends"].count


def test_an_end_of_turn_inside_a_turn_is_a_cut_in_once_heard_and_its_latency_is_not_counted() -> None:
    # sounds finished at frame 60, but the labels end the turn at 160
    result = play_track([Speech(10, 60, 0.9), Speech(90, 160, 0.9)], labels=truth((10, 160)))
    assert early(result.measured) == (1, 0)
    assert len(times(result, "end_of_turn")) == 2
    assert result.measured.times["eot_delay_ms"] == (224,)


def test_an_end_of_turn_reverted_in_silence_is_an_early_end_not_a_cut_in() -> None:
    track = [Speech(10, 60, 0.9), Speech(90, 160, 0.9)]
    silent: dict[str, object] = {"post_eot_pause_ms": 1500, "filler_style": "silent"}
    result = play_track(track, silent, labels=truth((10, 160)))
    assert early(result.measured) == (0, 1)
    assert result.measured.counts["wasted_generations"].count == 1
    assert early(play_track(track, silent, labels=truth((10, 60), (90, 160))).measured) == (0, 0)
    answered_before = [Speech(10, 60, 0.9), Speech(600, 650, 0.9), Speech(680, 750, 0.9)]
    assert early(play_track(answered_before, silent, labels=truth((10, 60), (600, 750))).measured) == (0, 1)


def test_a_late_end_of_one_turn_is_no_early_end_of_the_next() -> None:
    # the first turn ends at frame 107, just when the caller begins the next one
    measured = play_track(
        [Speech(10, 100, 0.9), Speech(107, 200, 0.9)], labels=truth((10, 100), (107, 200))
    ).measured
    assert early(measured) == (0, 0)


def test_within_a_tenth_of_a_second_of_the_end_is_not_early() -> None:
    # the end of turn is at frame 107, a filler at 109.5; the labels end the turn 96 ms or more later
    for end, expected in ((110, (0, 0)), (111, (0, 1)), (112, (0, 1)), (113, (1, 0))):
        assert early(play_track([Speech(10, 100)], labels=truth((10, end))).measured) == expected


def test_nothing_heard_for_five_seconds_leaves_the_caller_hanging() -> None:
    config: dict[str, object] = {"filler_style": "silent", "post_eot_pause_ms": 4700}
    labels = truth((10, 100))
    assert play_track([Speech(10, 100)], config, labels=labels).measured.counts["hanging_turns"].count == 0
    config["post_eot_pause_ms"] = 4800
    assert play_track([Speech(10, 100)], config, labels=labels).measured.counts["hanging_turns"].count == 1
    # never silent for longer than 4 s after the first turn: the caller continues
    track = [Speech(10, 100), Speech(225, 300)]
    counted = play_track(track, config, labels=truth((10, 100), (225, 300))).measured.counts["hanging_turns"]
    assert (counted.count, counted.of) == (1, 2)


def test_an_end_by_the_timeout_is_forced() -> None:
    track = [Speech(10, 100, 0.9), Speech(600, 700, 0.0), Speech(1200, 1300, 0.9)]
    forced = play_track(track, {"eot_timeout_ms": 900}).measured.counts["forced_ends"]
    assert (forced.count, forced.of) == (1, 3)


def test_a_filler_after_a_filler_is_repeated_unless_an_answer_came_between() -> None:
    # the caller continues in the silence after the first filler, and another one follows
    gone_on = play_track([Speech(10, 100, 0.9), Speech(119, 240, 0.9)]).measured.counts
    assert (gone_on["repeated_fillers"].count, gone_on["repeated_fillers"].of) == (1, gone_on["fillers"].count)
    two_turns = play_track([Speech(10, 100, 0.9), Speech(600, 700, 0.9)]).measured.counts
    assert (two_turns["repeated_fillers"].count, two_turns["repeated_fillers"].of) == (0, 2)


def test_a_turn_without_a_detected_end_is_missed() -> None:
    track = [Speech(10, 60, 0.0), Speech(75, 120, 0.9)]
    result = play_track(track, labels=truth((10, 60), (75, 120)))
    assert result.measured.counts["missed_turns"].count == 1
    assert [turn.missed for turn in result.measured.turns] == [True, False]


def test_a_backchannel_that_stops_the_agent_is_a_false_barge_in_and_an_interruption_is_not() -> None:
    track = [Speech(10, 100, 0.9), Speech(160, 200, 0.9)]
    event = {"type": "backchannel", "start_s": 160 * 0.032, "end_s": 200 * 0.032, "should_barge_in": False}
    false = play_track(track, labels=truth((10, 100), events=[event])).measured
    assert (false.counts["false_barge_ins"].count, false.counts["missed_barge_ins"].of) == (1, 0)
    assert false.counts["false_barge_ins"].of == 1
    unmoved = play_track(track, {"barge_in_min_speech_s": 3.0}, labels=truth((10, 100), events=[event])).measured
    assert (unmoved.counts["false_barge_ins"].count, unmoved.counts["false_barge_ins"].of) == (0, 1)
    unlabelled = play_track(track, labels=truth((10, 100))).measured
    assert (unlabelled.counts["false_barge_ins"].count, unlabelled.counts["false_barge_ins"].of) == (1, 1)
    true = play_track(track, labels=truth((10, 100), (160, 200))).measured
    assert (true.counts["false_barge_ins"].count, true.counts["missed_barge_ins"].of) == (0, 1)
    assert true.times["barge_in_stop_ms"] == (25 * 32 + 60,)


def test_an_interruption_the_agent_talks_through_is_missed() -> None:
    track = [Speech(10, 100, 0.9), Speech(160, 200, 0.9)]
    config: dict[str, object] = {"barge_in_min_speech_s": 3.0}
    measured = play_track(track, config, labels=truth((10, 100), (160, 200))).measured
    assert (measured.counts["missed_barge_ins"].count, measured.counts["missed_barge_ins"].of) == (1, 1)
    assert measured.seconds["talk_over_s"] == pytest.approx(40 * 0.032)


def test_dead_air_is_the_silence_beyond_a_second() -> None:
    config: dict[str, object] = {"filler_style": "silent"}
    measured = play_track([Speech(10, 100, 0.0)], config, labels=truth((10, 100))).measured
    (first_ms,) = measured.times["first_sound_ms"]
    assert first_ms > 1000
    assert measured.seconds["dead_air_s"] == pytest.approx((first_ms - 1000) / 1000)
    assert play_track([Speech(10, 100)], labels=truth((10, 100))).measured.seconds["dead_air_s"] == 0


def test_percentiles_interpolate_and_are_none_without_values() -> None:
    spread = Spread.of([10, 20, 30, 40])
    assert (spread.p50, spread.p90, spread.max, spread.n) == (25.0, 37.0, 40.0, 4)
    assert Spread.of([]) == Spread(None, None, None, None, 0)


def test_readouts_over_several_runs_pool_turns_and_add_counts() -> None:
    runs = [play_track([Speech(10, 100)], labels=truth((10, end))).measured for end in (100, 95, 90)]
    shown = readouts_json(runs)
    assert shown["eot_delay_ms"] == {"p50": 384.0, "p90": 512.0, "p95": 528.0, "max": 544.0, "n": 3}
    # Wilson's interval for 0 of 3: z² / (n + z²) with z = 1.96
    assert shown["cut_ins"] == {"count": 0, "of": 3, "upper95": 0.5615}
    assert Count(0, 13).upper95 == pytest.approx(0.228, abs=0.001)
    assert (Count(1, 13).upper95, Count(0, 0).upper95) == (None, None)


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
        " soonest with no other sure loss: stored or defaults.\n"
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
            "None is best in all: a answers soonest; soonest with no other sure loss: b.",
        ),
        (
            {"response_ms": (900, 950, 990), "cut_ins": (9, 0, 0), "talk_over_s": (1, 2, 1)},
            "None is best in all: a answers soonest; soonest with no other sure loss: c.",
        ),
        (
            {"response_ms": (900, 950, 990), "cut_ins": (9, 0, 1), "talk_over_s": (3, 2, 1)},
            "None is best in all: a answers soonest, b has the fewest cut-ins, c has the least talk-over.",
        ),
        ({"response_ms": (900, 950, 990), "fillers": (9, 0, 0)}, "Quickest without a sure loss: a."),
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
    named = said.removeprefix("Quickest without a sure loss: ")
    for place, name in enumerate(("first", "second", "third")):
        if named != said and name in named:
            assert all(harm[place] == min(harm) for harm in harms), said
            assert response[place] == min(response)


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


def test_unlabelled_arms_pair_the_same_stretches_of_the_recording() -> None:
    # the patient arm hears one turn, the hasty one two
    track = [Speech(10, 60, 0.0), Speech(100, 150, 0.9), Speech(700, 760, 0.9)]
    hasty = play_track(track, {"eot_timeout_ms": 300}).measured
    patient = play_track(track).measured
    ends = {turn.turn.index: turn.turn.end_ms for turn in patient.turns}
    assert len(hasty.turns) > len(patient.turns)
    for turn in hasty.turns:
        assert ends.get(turn.turn.index, turn.turn.end_ms) == turn.turn.end_ms


def test_unlabelled_a_turn_begun_under_the_agents_last_words_counts() -> None:
    track = [Speech(10, 100, 0.9), Speech(160, 2000, 0.9)]
    measured = play_track(track, {"barge_in_min_speech_s": 100.0}).measured
    assert [turn.turn.start_ms for turn in measured.turns] == [10 * 32, 160 * 32]


def test_stages_hold_even_if_the_caller_murmurs_before_the_answer() -> None:
    track = [Speech(10, 100, 0.9), Speech(110, 116, 0.9)]
    slow = fixed_profile(engage_words_per_s=2)
    result = play_track(track, {"max_buffer_delay_ms": 1000}, profile=slow)
    (response,) = [event for event in result.played.events if event.type == "response_start"]
    assert response.facts()["stages_ms"]["end_of_turn"] == 224
    assert sum(response.facts()["stages_ms"].values()) == response.t_ms - 100 * 32


def test_the_documentation_has_a_row_for_every_readout_and_word() -> None:
    documented = (Path(__file__).parents[2] / "docs" / "readouts.md").read_text(encoding="utf-8")
    rows = {readout.name: readout for readout in READOUTS}
    found = {line.split("`")[1]: line for line in documented.splitlines() if line.startswith("| ") and "`" in line}
    assert found.keys() == rows.keys()
    for name, line in found.items():
        assert rows[name].title in line
        assert rows[name].meaning in line
    for word, meaning in {**WORDS, **SERVICES_WORDS}.items():
        assert f"| {word} | {meaning} |" in documented
