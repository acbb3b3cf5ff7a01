"""The agent speaks first: talk over the greeting, its shield, and a caller who stays silent."""

from __future__ import annotations

from typing import Any

import pytest

from simulator.engine.scenario import Scenario
from simulator.labels import Labels
from simulator.measures.readouts import readouts_json
from simulator.story import story
from simulator.study import Run
from tests.simulator.tracks import LONG_ANSWER, Speech, play_track, times, types

GREETING = "Thank you for calling the clinic on Pine Street. This call may be recorded. How can I help you today?"


def greeter(policy: dict[str, Any] | None = None) -> Scenario:
    return Scenario.model_validate(
        {
            "schema": "turnlab.scenario/1",
            "start": "welcome",
            "greeting": GREETING,
            "states": {"welcome": {"turn_policy": policy or {}}, "talk": {}},
            "turns": [{"state": "talk", "navigation": "a0,0,calm,", "response": LONG_ANSWER}],
        }
    )


def turn(speech: Speech) -> dict[str, float]:
    return {"start_s": speech.start * 0.032, "end_s": speech.end * 0.032}


def end_of_greeting(result: Run) -> int:
    return times(result, "response_end")[0]


def test_the_greeting_comes_first_and_the_turn_after_it_is_answered_as_ever() -> None:
    speech = [Speech(300, 390, 0.9)]
    greeted, plain = play_track(speech, agent=greeter()), play_track(speech)
    first = greeted.played.events[0].to_json()
    assert (first["type"], first["text"], first["turn"], first["generation"]) == (
        "response_start",
        GREETING,
        -1,
        -1,
    )
    assert first["greeting"] is True
    assert 0 < first["t"] * 1000 < 200
    assert times(greeted, "end_of_turn") == times(plain, "end_of_turn")
    counts = greeted.measured.counts
    assert (counts["wasted_generations"].count, counts["wasted_generations"].of) == (0, 1)
    assert len(greeted.measured.times["response_ms"]) == 1


def test_a_caller_stops_the_greeting_as_soon_as_its_shield_allows() -> None:
    over = Speech(20, 140, 0.9)
    labels = Labels.model_validate({"turns": [turn(over)]})
    free = play_track([over], agent=greeter(), labels=labels)
    assert times(free, "barge_in") == [(20 + 25) * 32]
    assert end_of_greeting(free) == (20 + 25) * 32 + 60
    assert len(times(free, "end_of_turn")) == 1
    shielded = play_track([over], agent=greeter({"greeting_shield_s": 2.0}), labels=labels)
    assert times(shielded, "barge_in_suppressed") == times(free, "barge_in")
    began = times(shielded, "response_start")[0]
    assert began + 2000 <= times(shielded, "barge_in")[0] < began + 2000 + 32
    assert shielded.measured.times["barge_in_stop_ms"][0] > free.measured.times["barge_in_stop_ms"][0]
    assert shielded.measured.seconds["talk_over_s"] > free.measured.seconds["talk_over_s"]


def test_scripted_replay_knows_the_first_window_as_the_greeting_and_shields_nothing_else() -> None:
    over = [Speech(20, 140, 0.9), Speech(400, 460, 0.9)]
    labels = Labels.model_validate({"turns": list(map(turn, over)), "agent": [[0.1, 6.0], [12.0, 16.0]]})
    result = play_track(over, agent=greeter({"greeting_shield_s": 2.5}), labels=labels, mode="scripted")
    first, second = times(result, "barge_in")
    assert 2600 <= first < 2632
    assert second == (400 + 25) * 32
    assert [event.facts().get("greeting") for event in result.played.events if event.type == "response_start"] == [
        True,
        None,
    ]
    late = Labels.model_validate({"turns": [turn(over[1])], "agent": [[13.0, 18.0]]})
    answered = play_track(over, agent=greeter({"barge_in_enabled": False}), labels=late, mode="scripted")
    assert len(times(answered, "barge_in")) == 1, "a window after the caller's first turn is no greeting"


def test_a_word_said_over_the_greeting_is_lost_and_the_wait_after_it_is_read_out() -> None:
    hello = Speech(60, 72, 0.9)
    labels = Labels.model_validate({"turns": [turn(hello)]})
    result = play_track([hello], agent=greeter(), labels=labels)
    assert types(result) == ["response_start", "speech_start", "speech_end", "barge_in_suppressed", "response_end"]
    assert result.measured.counts["missed_turns"].count == 1


@pytest.mark.parametrize("starts", [None, 400])
def test_silence_after_the_greeting_lasts_until_the_caller_speaks_or_the_call_ends(starts: int | None) -> None:
    track = [] if starts is None else [Speech(starts, starts + 60, 0.9)]
    result = play_track(track, agent=greeter())
    until = result.played.duration_ms if starts is None else starts * 32
    expected = (until - end_of_greeting(result)) / 1000
    assert readouts_json([result.measured])["silence_after_greeting_s"] == pytest.approx(expected)
    assert "silence_after_greeting_s" not in readouts_json([play_track(track).measured])
    (chapter, *_) = story(result, None)
    assert "The agent greets the caller" in chapter.moments[0].text
    if starts is None:
        assert chapter.verdict == "The caller is silent after the greeting."


def test_an_elastic_caller_waits_for_the_greeting_or_speaks_into_it() -> None:
    speech = Speech(40, 100, 0.9)
    for anchor, delay_ms in (("after_agent", 500), ("into_agent", 700)):
        move = {"start_s": 1.2, "end_s": 3.6, "anchor": {anchor: delay_ms / 1000}}
        labels = Labels.model_validate({"turns": [turn(speech)], "moves": [move]})
        result = play_track([speech], agent=greeter(), labels=labels)
        place = result.played.placements[0]
        came = end_of_greeting(result) if anchor == "after_agent" else times(result, "response_start")[0]
        assert place.start_ms + place.shift_ms == came + delay_ms
        assert bool(times(result, "barge_in")) is (anchor == "into_agent")
        assert result.measured.counts["missed_responses"].count == 0
