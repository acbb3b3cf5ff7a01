"""How a recorded caller is played to an agent that it cannot hear."""

from __future__ import annotations

from typing import Any

from simulator.labels import Labels
from tests.simulator.tracks import LONG_ANSWER, Speech, fixed_profile, play_track, scenario, times, types


def labels(*anchors: dict[str, float], gap: int = 200) -> tuple[list[Speech], Labels]:
    """Return turns of 1.6 s, ``gap`` frames apart in the file, as one move each with the given anchors."""
    track = [Speech(20 + index * gap, 70 + index * gap, 0.9) for index in range(len(anchors))]
    moves = [
        {"start_s": s.start * 0.032 - 0.1, "end_s": s.end * 0.032 + 0.35, "anchor": anchor}
        for s, anchor in zip(track, anchors, strict=True)
    ]
    turns = [{"start_s": s.start * 0.032, "end_s": s.end * 0.032} for s in track]
    return track, Labels.model_validate({"turns": turns, "moves": moves})


def test_an_answering_turn_follows_the_agents_end_by_its_delay() -> None:
    track, truth = labels({"at": 0.54}, {"after_agent": 0.7})
    result = play_track(track, labels=truth)
    second = result.played.placements[1]
    assert second.start_ms + second.shift_ms == times(result, "response_end")[0] + 700
    assert not times(result, "barge_in")


def test_a_slower_arm_is_not_interrupted_by_an_answer_that_was_only_on_time() -> None:
    track, truth = labels({"at": 0.54}, {"after_agent": 0.7}, gap=100)
    slow = fixed_profile(engage_words_per_s=4)
    stretched = play_track(track, labels=truth, profile=slow)
    as_it_is = play_track(track, labels=truth, profile=slow, mode="rigid")
    assert len(times(stretched, "response_end")) == 2
    assert stretched.measured.seconds["talk_over_s"] == 0
    assert "turn_reopened" in types(as_it_is) or as_it_is.measured.seconds["talk_over_s"] > 0


def test_an_interruption_comes_into_the_agents_answer_by_its_delay() -> None:
    track, truth = labels({"at": 0.54}, {"into_agent": 1.2})
    result = play_track(track, labels=truth)
    second = result.played.placements[1]
    assert second.start_ms + second.shift_ms == times(result, "response_start")[0] + 1200
    assert len(times(result, "barge_in")) == 1
    (stop_ms,) = result.measured.times["barge_in_stop_ms"]
    onset_ms = 220 * 32 + second.shift_ms
    assert stop_ms == times(result, "response_end")[0] - onset_ms


def test_a_caller_waits_out_a_long_answer_but_not_ten_seconds_of_silence() -> None:
    track, truth = labels({"at": 0.54}, {"after_agent": 0.5})
    long_answer = scenario(" ".join([LONG_ANSWER] * 3))
    patient = play_track(track, labels=truth, agent=long_answer)
    assert times(patient, "response_end")[0] - times(patient, "response_start")[0] > 12_000
    assert "missed_response" not in types(patient)
    deaf: dict[str, Any] = {"eot_timeout_ms": 60_000}
    unanswered = play_track(
        [Speech(20, 70, 0.0), Speech(220, 270, 0.9)], deaf, labels=truth, profile=fixed_profile(eot_threshold=1.0)
    )
    assert times(unanswered, "missed_response") == [70 * 32 + 350 + 10_000]
    assert unanswered.measured.counts["missed_responses"].count == 1


def test_labels_move_with_their_audio() -> None:
    track, truth = labels({"at": 0.54}, {"after_agent": 0.7})
    result = play_track(track, labels=truth)
    for turn, place, speech in zip(result.measured.truth.turns, result.played.placements, track, strict=True):
        assert abs(turn.start_ms - (speech.start * 32 + place.shift_ms)) <= 1
    assert result.measured.times["eot_delay_ms"] == (224, 224)
