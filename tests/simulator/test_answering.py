"""Fillers, buffer, speech synthesis and limits, with latencies that can be added by hand."""

from __future__ import annotations

from itertools import pairwise

import pytest

from simulator.engine.scenario import AgentAnswer, Scenario
from simulator.study import Run
from tests.simulator.tracks import TEN_WORDS, Speech, fixed_profile, play_track, scenario, times, types

TURN = [Speech(10, 100, 0.9)]
EOT_MS = 107 * 32
NAV_MS, FIRST_TOKEN_MS, TTS_MS, TRANSPORT_MS = 80, 120, 40, 30
TEN_WORDS_MS = 9 * 1000 // 30
"""The tenth word follows the first by nine thirtieths of a second."""


def test_the_answer_comes_when_its_stages_are_done() -> None:
    result = play_track(TURN, agent=scenario(TEN_WORDS))
    stages = NAV_MS + FIRST_TOKEN_MS + TEN_WORDS_MS + TTS_MS + TRANSPORT_MS
    assert times(result, "response_start") == [EOT_MS + stages]


def test_the_stage_split_names_where_the_wait_went() -> None:
    result = play_track(TURN, agent=scenario(TEN_WORDS))
    (response,) = [event for event in result.played.events if event.type == "response_start"]
    assert response.facts()["stages_ms"] == {
        "end_of_turn": 224,
        "navigation": NAV_MS,
        "tools": 0,
        "first_token": FIRST_TOKEN_MS,
        "buffer": TEN_WORDS_MS,
        "tts": TTS_MS + TRANSPORT_MS,
        "post_eot_pause": 0,
        "filler_queue": 0,
    }


def test_a_smaller_buffer_gains_at_most_its_difference_and_nothing_on_a_short_sentence() -> None:
    long_first = scenario(
        "This first sentence has so many words that it takes the model over half a second to write."
    )
    small = times(play_track(TURN, {"max_buffer_delay_ms": 200}, agent=long_first), "response_start")[0]
    large = times(play_track(TURN, {"max_buffer_delay_ms": 500}, agent=long_first), "response_start")[0]
    assert large - small == 300
    short_first = scenario("Of course we can. What is your name?")
    small = times(play_track(TURN, {"max_buffer_delay_ms": 200}, agent=short_first), "response_start")[0]
    large = times(play_track(TURN, {"max_buffer_delay_ms": 500}, agent=short_first), "response_start")[0]
    assert small == large


def test_quality_costs_fifty_milliseconds_of_voice_and_what_its_phrase_holds_up() -> None:
    balanced = play_track(TURN, {"max_buffer_delay_ms": 500})
    quality = play_track(TURN, {"tts_model": "sonic-3", "max_buffer_delay_ms": 500, "filler_style": "phrase"})
    (held_up,) = quality.measured.times["filler_overhang_ms"]
    assert held_up > 0
    difference = quality.measured.times["response_ms"][0] - balanced.measured.times["response_ms"][0]
    assert difference == 50 + held_up


def test_navigation_speaks_its_filler_as_soon_as_it_returns() -> None:
    result = play_track(TURN)
    assert times(result, "nav_decided") == times(result, "filler_start") == [EOT_MS + NAV_MS]
    order = [kind for kind in types(result) if kind in ("nav_decided", "emotion_applied", "filler_start")]
    assert order == ["nav_decided", "emotion_applied", "filler_start"]


def test_without_navigation_a_backchannel_follows_after_its_delay_unless_the_answer_is_there() -> None:
    slow = scenario("A long first sentence keeps the voice waiting until the buffer is flushed at last.", skip=True)
    result = play_track(TURN, {"backchannel_delay_ms": 250}, agent=slow)
    assert times(result, "filler_start") == [EOT_MS + 250]
    late = play_track(TURN, {"backchannel_delay_ms": 2000}, agent=slow)
    assert not times(late, "filler_start")


def test_silent_never_fills() -> None:
    assert not times(play_track(TURN, {"filler_style": "silent"}), "filler_start")
    assert not times(play_track(TURN, {"filler_style": "silent"}, agent=scenario(skip=True)), "filler_start")


def test_a_vocabulary_replaces_the_words_and_no_word_comes_twice_running() -> None:
    turns = [Speech(start, start + 40, 0.9) for start in range(10, 3000, 600)]
    result = play_track(turns, {"filler_vocabulary": ["Hm", "Aha"]})
    said = [event.facts()["text"] for event in result.played.events if event.type == "filler_start"]
    assert len(said) == len(turns)
    assert set(said) == {"Hm", "Aha"}
    assert all(one != other for one, other in pairwise(said))


def test_a_malformed_navigation_line_is_reported_and_the_call_continues() -> None:
    for line in ("", "a0", "a0,2,calm,Mm", "a0,0,furious,Mm", ",0,calm,Mm"):
        result = play_track(TURN, agent=scenario(navigation=line))
        assert "nav_malformed" in types(result)
        assert "filler_start" not in types(result)
        assert "response_end" in types(result)


def test_a_filler_may_hold_commas() -> None:
    agent = scenario(navigation="a0,0,calm,Let me see, one moment, please")
    result = play_track(TURN, {"filler_style": "phrase"}, agent=agent)
    said = [event.facts()["text"] for event in result.played.events if event.type == "filler_start"]
    assert said == ["Let me see, one moment, please"]


def test_caps_cut_whole_sentences_and_whole_words_and_know_abbreviations() -> None:
    agent = scenario("Dr. Lee has time at 8 a.m. on Monday. Take 2.5 mg now. Call us any time.")
    one = play_track(TURN, {"max_response_sentences": 1}, agent=agent)
    two = play_track(TURN, {"max_response_sentences": 2}, agent=agent)
    words = play_track(TURN, {"max_response_sentences": 2, "max_response_words": 11}, agent=agent)

    def said(result: Run) -> str:
        return str(next(e.facts()["text"] for e in result.played.events if e.type == "response_start"))

    assert said(one) == "Dr. Lee has time at 8 a.m. on Monday."
    assert said(two) == "Dr. Lee has time at 8 a.m. on Monday. Take 2.5 mg now."
    assert said(words) == "Dr. Lee has time at 8 a.m. on Monday. Take 2.5"
    assert words.measured.counts["truncated_words"].count == 6


@pytest.mark.parametrize(
    "first",
    [
        "Dr. Lee sees you at 8 a.m. on Monday.",
        "Take 2.5 mg b.i.d. with food.",
        "The dose is approx. 5 ml. q.d. for a week.",
        "See https://clinic.example.com/x?y=1.2 for more.",
        "Use 0.5 mL i.v. twice a day.",
        "We open at 8 a.m.",
        "Is it room No. 5?",
    ],
)
def test_abbreviations_decimals_and_addresses_end_no_sentence(first: str) -> None:
    result = play_track(TURN, {"max_response_sentences": 1}, agent=scenario(f"{first} Please come early."))
    (response,) = [event for event in result.played.events if event.type == "response_start"]
    assert response.facts()["text"] == first


def test_a_response_waits_for_the_pause_asked_for() -> None:
    result = play_track(TURN, {"post_eot_pause_ms": 1500, "filler_style": "silent"}, agent=scenario(TEN_WORDS))
    assert times(result, "response_start") == [EOT_MS + 1500]


def test_text_that_comes_too_slowly_underruns_and_a_scrap_of_text_starts_choppily() -> None:
    slow = fixed_profile(engage_words_per_s=1)
    result = play_track(TURN, {"max_buffer_delay_ms": 200}, agent=scenario(TEN_WORDS), profile=slow)
    assert result.measured.counts["underruns"].count > 0
    assert result.measured.counts["choppy_starts"].count == 1
    assert types(result).count("response_end") == 1


def test_the_buffer_holds_what_was_written_until_its_deadline() -> None:
    result = play_track(TURN, {"max_buffer_delay_ms": 200}, agent=scenario(TEN_WORDS))
    (response,) = [event for event in result.played.events if event.type == "response_start"]
    # thirty words per second from the first token: 0, 33 … 200 ms
    assert response.facts()["first_chunk_words"] == 7


def test_fillers_keep_their_cooldown() -> None:
    turns = [Speech(start, start + 40, 0.9) for start in range(10, 2000, 600)]
    often = times(play_track(turns, {"filler_cooldown_ms": 19_000}), "filler_start")
    seldom = times(play_track(turns, {"filler_cooldown_ms": 20_000}), "filler_start")
    assert len(often) == len(turns)
    assert len(seldom) == len(turns) / 2


def test_a_verbose_line_gives_the_longer_answer() -> None:
    line = AgentAnswer(navigation="a0,1,calm,", response="Short.", long_response="This one is a good deal longer.")
    agent = Scenario(schema="turnlab.scenario/1", turns=(line,))
    (response,) = [e for e in play_track(TURN, agent=agent).played.events if e.type == "response_start"]
    assert response.facts()["text"] == "This one is a good deal longer."


def test_empty_words_in_a_vocabulary_are_not_spoken() -> None:
    assert not times(play_track(TURN, {"filler_vocabulary": ["", " "]}), "filler_start")
    said = [
        e.facts()["text"]
        for e in play_track(TURN, {"filler_vocabulary": ["", "Hm"]}).played.events
        if "text" in e.facts()
    ]
    assert said[0] == "Hm"


def test_unusable_values_count_as_inherited() -> None:
    absurd = {
        "max_response_words": 0,
        "max_response_sentences": -3,
        "barge_in_min_speech_s": 1e300,
        "eager_eot_threshold": -1.0,
        "eot_timeout_ms": -5,
        "tts_model": "sonic-9",
        "filler_style": "opera",
    }
    assert types(play_track(TURN, absurd)) == types(play_track(TURN))
