"""When the agent takes the caller to have finished. Times follow from the formula by hand."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.engine.end_of_turn import Doubt, Sensitivity
from simulator.engine.profile import default_profile
from tests.simulator.tracks import Speech, fixed_profile, play_track, times, types

END_MS = 100 * 32
KNOWN_MS = END_MS + 7 * 32
HALF_LIFE_S = default_profile().values.eot_half_life_s.value
HEAD_START = fixed_profile(eager_role="head_start")


def test_a_finished_sentence_ends_the_turn_as_soon_as_its_end_is_known() -> None:
    result = play_track([Speech(10, 100, completeness=0.9)])
    assert times(result, "end_of_turn") == [KNOWN_MS]
    (event,) = [event for event in result.played.events if event.type == "end_of_turn"]
    assert event.facts()["reason"] == "confidence"


@pytest.mark.parametrize(
    ("completeness", "silence_ms"),
    [
        # 0.2 s and log2(0.7 / 0.4) halvings of 1 s: the ending says nothing
        (0.3, 1008),
        # two thirds of that and a third of the ceiling of 2.5 s; finally the ceiling
        *((0.2, 1505), (0.0, 2500)),
        # half of the head start of 0.6 s, and all of it, less as the wait nears its end at 1.4 s
        *((0.65, 924), (1.0, 840)),
    ],
)
def test_unfinished_speech_waits_longer_and_finished_speech_less(completeness: float, silence_ms: int) -> None:
    profile = fixed_profile(
        eot_threshold=0.6, eot_half_life_s=1, eot_ceiling_s=2.5, eot_head_start_s=0.6, eot_head_start_until_s=1.4
    )
    result = play_track([Speech(10, 100, completeness)], profile=profile)
    assert times(result, "end_of_turn") == [END_MS + silence_ms]


@pytest.mark.parametrize(("threshold", "waits_ms"), [(0.3, 2250), (0.6, 2250), (0.9, 2250), (0.95, 2485)])
def test_clearly_unfinished_speech_waits_equally_long_at_lower_thresholds(threshold: float, waits_ms: int) -> None:
    result = play_track([Speech(10, 100, 0.0)], profile=fixed_profile(eot_threshold=threshold))
    assert times(result, "end_of_turn") == [END_MS + waits_ms]


@given(
    completeness=st.floats(0, 1),
    more=st.floats(0, 1),
    silence_ms=st.integers(0, 6000),
    longer_ms=st.integers(0, 6000),
    threshold=st.floats(0.01, 0.999),
    doubt=st.builds(Doubt, st.floats(0.1, 3), st.floats(0, 4), st.floats(0, 40), st.floats(0.1, 3)),
)
def test_confidence_rises_with_silence_and_with_completeness_and_is_reached_when_it_says(
    completeness: float, more: float, silence_ms: int, longer_ms: int, threshold: float, doubt: Doubt
) -> None:
    now = doubt.confidence(silence_ms, completeness)
    assert now <= doubt.confidence(silence_ms + longer_ms, completeness) + 1e-9
    assert now <= doubt.confidence(silence_ms, max(completeness, more)) + 1e-9
    needed_ms = doubt.needed_ms(threshold, completeness)
    assert needed_ms is not None
    assert doubt.confidence(needed_ms, completeness) >= threshold - 1e-6 or needed_ms == 0
    if needed_ms > 0:
        assert doubt.confidence(needed_ms - 1, completeness) < threshold + 1e-6


def test_the_timeout_ends_a_turn_that_never_sounds_finished() -> None:
    result = play_track([Speech(10, 100, completeness=0.0)], {"eot_timeout_ms": 900})
    assert times(result, "end_of_turn") == [END_MS + 900]
    (event,) = [event for event in result.played.events if event.type == "end_of_turn"]
    assert event.facts()["reason"] == "timeout"


def test_the_timeout_comes_first_when_both_fall_on_the_same_instant() -> None:
    result = play_track([Speech(10, 100, completeness=0.9)], {"eot_timeout_ms": 224})
    (event,) = [event for event in result.played.events if event.type == "end_of_turn"]
    assert (event.t_ms, event.facts()["reason"]) == (KNOWN_MS, "timeout")


def test_speech_known_in_the_very_instant_of_the_end_of_turn_wins() -> None:
    # the second span is known at frame 132 + 2 = 4288 ms, exactly when the silence would suffice
    wait_ms = (132 + 2) * 32 - END_MS
    result = play_track([Speech(10, 100, 0.0), Speech(132, 160, 0.9)], {"eot_timeout_ms": wait_ms})
    assert times(result, "end_of_turn") == [160 * 32 + 224]


def test_going_on_in_a_pause_keeps_the_turn() -> None:
    result = play_track([Speech(10, 50, 0.1), Speech(70, 100, 0.9)])
    (event,) = [event for event in result.played.events if event.type == "end_of_turn"]
    assert (event.turn, event.t_ms) == (0, KNOWN_MS)
    assert "turn_resumed" not in types(result)


def test_eager_starts_the_answer_early_and_never_speaks_before_the_end_of_turn() -> None:
    settings: dict[str, object] = {"eager_eot_threshold": 0.9, "filler_style": "silent"}
    eager = play_track([Speech(10, 100, 0.3)], settings, profile=HEAD_START)
    patient = play_track([Speech(10, 100, 0.3)], {"filler_style": "silent"})
    (begun,) = times(eager, "eager_end_of_turn")
    (confirmed,) = times(eager, "end_of_turn")
    assert begun < confirmed == times(patient, "end_of_turn")[0]
    (answered,) = times(eager, "response_start")
    head_start = confirmed - begun
    assert confirmed <= answered == max(confirmed, times(patient, "response_start")[0] - head_start)


def test_eager_below_a_third_never_fires_before_the_end_of_turn_itself() -> None:
    result = play_track([Speech(10, 100, 0.3)], {"eager_eot_threshold": 0.33}, profile=HEAD_START)
    assert "eager_end_of_turn" not in types(result)


def test_the_recognisers_direction_turns_a_head_start_round() -> None:
    profile = fixed_profile(eager_role="head_start", eager_direction="recogniser")
    low = play_track([Speech(10, 100, 0.3)], {"eager_eot_threshold": 0.4}, profile=profile)
    high = play_track([Speech(10, 100, 0.3)], {"eager_eot_threshold": 0.9}, profile=profile)
    assert times(low, "eager_end_of_turn")
    assert not times(high, "eager_end_of_turn")


def test_going_on_after_eager_wastes_the_generation_and_at_most_three_are_tried() -> None:
    pauses = [Speech(start, start + 20, 0.3) for start in range(10, 160, 38)]
    result = play_track(pauses, {"eager_eot_threshold": 1.0}, profile=HEAD_START)
    assert len(times(result, "eager_end_of_turn")) == 3
    assert len(times(result, "turn_resumed")) == 3
    assert result.measured.counts["wasted_generations"].count == 3


def test_going_on_before_the_agent_is_heard_reopens_the_turn() -> None:
    result = play_track([Speech(10, 100, 0.9), Speech(106, 150, 0.9)], {"filler_style": "silent"})
    assert types(result).count("turn_reopened") == 1
    assert {event.turn for event in result.played.events if event.type == "end_of_turn"} == {0}
    assert times(result, "response_start")[0] > 150 * 32


def test_every_decision_says_why_with_the_numbers_that_decided() -> None:
    result = play_track([Speech(10, 100, 0.3)])
    (event,) = [event.to_json() for event in result.played.events if event.type == "end_of_turn"]
    assert event["why"]["rule"] == "confidence"
    assert "0.70 reached 0.70 (the profile's eot_threshold)" in event["why"]["text"]
    assert 0 <= event["why"]["margin"] < 0.01
    told = play_track([Speech(10, 100, 0.3)], {"eager_eot_threshold": 0.2}).played.events
    (sooner,) = [event.to_json() for event in told if event.type == "end_of_turn"]
    assert "0.78 reached 0.78 (eager_eot_threshold 0.2 sets 0.9 − 0.6 × 0.2)" in sooner["why"]["text"]


@pytest.mark.parametrize(
    ("setting", "recogniser", "ends_at"),
    [
        (0.0, False, 0.9),
        (0.25, False, 0.75),
        (1.0, False, 0.3),
        (0.0, True, 0.3),
        (0.6, True, 0.6),
        (1.0, True, 0.95),
    ],
)
def test_the_setting_is_the_confidence_that_ends_the_turn(setting: float, recogniser: bool, ends_at: float) -> None:
    profile = fixed_profile(eager_direction="recogniser" if recogniser else "documented", eot_threshold=0.5)
    result = play_track([Speech(10, 100, 0.3)], {"eager_eot_threshold": setting}, profile=profile)
    silence_s = 0.2 + HALF_LIFE_S * math.log2((1 - 0.3) / (1 - ends_at))
    assert times(result, "end_of_turn") == [max(KNOWN_MS, math.ceil(END_MS + 1000 * silence_s - 1e-6))]
    assert "eager_end_of_turn" not in types(result)


@pytest.mark.parametrize(
    ("threshold", "recogniser", "equal"),
    [
        *((0.7, False, 1 / 3), (0.9, False, 0.0), (0.3, False, 1.0), (0.91, False, None), (0.2, False, None)),
        *((0.7, True, 0.7), (0.95, True, 0.95), (0.96, True, None)),
    ],
)
def test_the_setting_that_equals_a_threshold_ends_turns_there(
    threshold: float, recogniser: bool, equal: float | None
) -> None:
    sensitivity = Sensitivity(recogniser=recogniser)
    assert sensitivity.equal_to(threshold) == (None if equal is None else pytest.approx(equal))
    if equal is not None:
        assert sensitivity.ends_at(equal) == pytest.approx(threshold)


def test_eager_fires_at_the_confidence_its_setting_asks_for() -> None:
    # 0.9 - 0.6 x 0.9 = 0.36
    result = play_track([Speech(10, 100, 0.3)], {"eager_eot_threshold": 0.9}, profile=HEAD_START)
    silence_s = 0.2 + HALF_LIFE_S * math.log2((1 - 0.3) / (1 - 0.36))
    assert times(result, "eager_end_of_turn") == [math.ceil(END_MS + 1000 * silence_s)]


def test_a_caller_who_goes_on_after_a_filler_is_heard_and_never_talked_over() -> None:
    # the filler is audible 80 ms after the end of turn; the caller continues in the silence after it
    result = play_track([Speech(10, 100, 0.9), Speech(119, 240, 0.9)])
    (reopened,) = times(result, "turn_reopened")
    assert times(result, "filler_end")[0] < reopened == (119 + 2) * 32
    assert len(times(result, "end_of_turn")) == 2
    assert times(result, "response_start")[0] > 240 * 32


def test_a_caller_still_talking_when_a_filler_ends_has_the_floor() -> None:
    # known to speak during the filler
    result = play_track([Speech(10, 100, 0.9), Speech(112, 240, 0.9)])
    (reopened,) = times(result, "turn_reopened")
    assert reopened == times(result, "filler_end")[0]
    assert "when only a filler had been said" in next(
        event.why.text() for event in result.played.events if event.type == "turn_reopened"
    )
    assert times(result, "response_start")[0] > 240 * 32
