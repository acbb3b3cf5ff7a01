"""Readouts that can be checked by hand on short scripted calls."""

from __future__ import annotations

from pathlib import Path

import pytest

from simulator.measures.readout_table import READOUTS
from simulator.measures.readouts import Measured, Spread, readouts_json
from simulator.measures.turns import Count
from tests.simulator.tracks import Speech, fixed_profile, play_track, times, truth
from tui.readouts import WORDS
from tui.services.commands import WORDS as SERVICES_WORDS


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
