"""The end-of-turn trade-off: examples to check by hand, and properties of any speech."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.activity.model import FRAME_MS, NO_MODEL_COMPLETENESS, Activity
from simulator.engine.end_of_turn import ConfidencePolicy, Doubt
from simulator.labels import Labels, Turn
from simulator.measures.judged_turns import JudgedTurn, by_silence, judged_turns
from simulator.measures.tradeoff import (
    BUDGETS,
    Curve,
    Rule,
    judge,
    judge_all,
    score_turns,
    sweep,
)
from tests.simulator.strategies import tracks
from tests.simulator.tracks import (
    END_KNOWN_AFTER_MS,
    Speech,
    activity_of,
    fixed_profile,
    observations,
    play_track,
    times,
)

POLICY = ConfidencePolicy(
    Doubt(half_life_s=0.8, ceiling_s=2.25, head_start_s=40, head_start_until_s=1.5), threshold=0.7
)
RULE = Rule(POLICY, timeout_ms=5000)


def _labels(*turns_ms: tuple[int, int]) -> Labels:
    return Labels(turns=tuple(Turn(start_s=start / 1000, end_s=end / 1000) for start, end in turns_ms))


def _turns(activity: Activity, *turns_ms: tuple[int, int]) -> tuple[JudgedTurn, ...]:
    return judged_turns("track", activity, _labels(*turns_ms))


def _one(track: list[Speech], start: int, end: int) -> JudgedTurn:
    (turn,) = _turns(activity_of(observations(track)), (start * FRAME_MS, end * FRAME_MS))
    return turn


def test_a_hesitation_that_is_long_enough_is_a_cut_in_and_the_delay_still_counts_from_the_end() -> None:
    # 0.96 s of pause; by silence alone, confidence 0.7 takes 0.2 + 0.8 * log2(0.7 / 0.3) = 1.178 s, and 0.6 0.846 s
    turn = _one([Speech(10, 40, 0.3), Speech(70, 100, 0.3)], 10, 100)
    patient, hasty = judge(turn, 0.7, RULE), judge(turn, 0.6, RULE)
    assert patient is not None
    assert hasty is not None
    assert (patient.cut, patient.delay_ms) == (False, 1178)
    assert (hasty.cut, hasty.delay_ms) == (True, 846)


def test_the_timeout_ends_a_pause_whatever_the_threshold() -> None:
    turn = _one([Speech(10, 40, 0.1), Speech(100, 130, 0.1)], 10, 130)
    verdict = judge(turn, 1.0, Rule(POLICY, timeout_ms=1500))
    assert verdict is not None
    assert (verdict.cut, verdict.delay_ms, verdict.missed) == (True, 1500, False)


@pytest.mark.parametrize(("late_ms", "cut"), [(100, False), (101, True)])
def test_up_to_a_tenth_of_a_second_early_is_no_cut_in(late_ms: int, cut: bool) -> None:
    # speech ends at frame 40; the rule fires as soon as that is known, 224 ms later
    (turn,) = _turns(activity_of(observations([Speech(10, 40, 1.0)])), (320, 40 * FRAME_MS + 224 + late_ms))
    verdict = judge(turn, 0.7, RULE)
    assert verdict is not None
    assert verdict.cut is cut
    assert verdict.delay_ms == -100


def test_a_turn_that_nothing_waits_for_counts_with_its_silence() -> None:
    activity = activity_of(observations([Speech(10, 40, 0.1), Speech(60, 90, 0.9)]))
    first, second = _turns(activity, (320, 40 * FRAME_MS), (60 * FRAME_MS, 90 * FRAME_MS))
    verdict = judge(first, 0.7, RULE)
    assert verdict is not None
    assert verdict.missed
    assert verdict.delay_ms == 62 * FRAME_MS - 40 * FRAME_MS
    assert len(second.pauses) == 1


def test_however_finished_the_caller_sounded_the_rule_waits_until_the_pause_is_known() -> None:
    turn = _one([Speech(10, 40, 0.95)], 10, 40)
    assert RULE.fires_ms(turn.pauses[0], 0.7) == 40 * FRAME_MS + END_KNOWN_AFTER_MS


def test_an_unheard_turn_is_counted_separately() -> None:
    activity = activity_of(observations([Speech(10, 40)]))
    curve = sweep(_turns(activity, (320, 1280), (20_000, 21_000)), RULE)
    assert (len(curve.turns), curve.undetected) == (1, 1)


@given(track=tracks(), joined=st.integers(1, 5))
def test_a_higher_threshold_never_cuts_in_more_nor_answers_sooner(track: list[Speech], joined: int) -> None:
    edges = [0, *(speech.end * FRAME_MS for speech in track[joined - 1 :: joined])]
    turns = _turns(activity_of(observations(track)), *((start + 1, end) for start, end in pairwise(edges)))
    curve = sweep(turns, RULE)
    assert (np.diff(curve.delay_ms, axis=1) >= 0).all()
    assert (np.diff(curve.cut.astype(int), axis=1) <= 0).all()


@given(track=tracks(), budget=st.sampled_from((*BUDGETS, 0.5)))
def test_no_threshold_between_those_swept_does_better_within_a_budget(track: list[Speech], budget: float) -> None:
    turn = _one(track, 0, track[-1].end)
    curve = sweep([turn], RULE)
    finer = judge_all([turn], RULE, np.linspace(0.003, 0.9997, 199).tolist())
    place, finest = curve.place(budget), finer.place(budget)
    if finest is not None:
        assert place is not None
        assert _mean(curve, place) <= _mean(finer, finest)


def _mean(curve: Curve, place: int) -> float:
    return float(curve.delay_ms[:, place].mean())


@given(
    speech=tracks().map(lambda track: track[0]), threshold=st.floats(0.05, 0.99), timeout_ms=st.integers(500, 9000)
)
def test_in_one_pause_the_rule_fires_when_the_machine_ends_the_turn(
    speech: Speech, threshold: float, timeout_ms: int
) -> None:
    doubt = {f"eot_{name}": value for name, value in POLICY.doubt._asdict().items()}
    profile = fixed_profile(eot_threshold=threshold, **doubt)
    run = play_track([speech], {"eot_timeout_ms": timeout_ms}, profile=profile)
    turn = _one([speech], speech.start, speech.end)
    assert Rule(POLICY, timeout_ms).fires_ms(turn.pauses[0], threshold) == times(run, "end_of_turn")[0]


def test_by_silence_nothing_but_the_silence_counts() -> None:
    track = [Speech(10, 40, 0.9), Speech(90, 120, 0.2)]
    (silent,) = by_silence([_one(track, 10, 120)])
    plain = _one([Speech(10, 40, NO_MODEL_COMPLETENESS), Speech(90, 120, NO_MODEL_COMPLETENESS)], 10, 120)
    assert silent.pauses == plain.pauses


def test_silence_only_differs_by_nothing_from_itself_and_a_fixed_silence_is_what_it_says() -> None:
    track = [Speech(10 + 200 * n, 60 + 200 * n, NO_MODEL_COMPLETENESS) for n in range(6)]
    activity = activity_of(observations(track))
    turns = [
        turn
        for name in ("a", "b", "c")
        for turn in judged_turns(name, activity, _labels(*((320 + 6400 * n, 1920 + 6400 * n) for n in range(6))))
    ]
    score = score_turns(turns, RULE, 0.7)
    assert score is not None
    assert (score.turns, score.recordings) == (18, 3)
    for at in score.budgets:
        assert at.difference_percent == 0.0
        assert (at.ci95, at.why_no_interval) == (None, "no resample shows a difference")
    assert {silence_s: point.median_ms for silence_s, point in score.fixed}[1.0] == 1000.0
    assert score.own.mean_ms == 1178.0


def test_too_few_recordings_give_no_interval() -> None:
    track = [Speech(10 + 200 * n, 60 + 200 * n, 0.9) for n in range(6)]
    labels = _labels(*((320 + 6400 * n, 1920 + 6400 * n) for n in range(6)))
    score = score_turns(judged_turns("a", activity_of(observations(track)), labels), RULE, 0.7)
    assert score is not None
    assert score.budgets[0].ci95 is None
    assert score.budgets[0].why_no_interval == "an interval needs 3 recordings (here: 1)"
