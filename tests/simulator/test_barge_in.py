"""When the caller stops the agent, and when not."""

from __future__ import annotations

from simulator.activity.model import Laughter, LaughterOver
from simulator.labels import Labels
from tests.simulator.tracks import Speech, fixed_profile, observations, play_track, scenario, times, types

ANSWERED = Speech(10, 100, 0.9)
OVER = 160
"""A frame well inside the long answer, which begins at about 4.0 s, frame 125."""


def over_agent(frames: int, lulls: tuple[tuple[int, int], ...] = ()) -> list[Speech]:
    return [ANSWERED, Speech(OVER, OVER + frames, 0.9, lulls)]


def test_speech_longer_than_the_minimum_stops_the_agent_and_shorter_does_not() -> None:
    long, short = play_track(over_agent(40)), play_track(over_agent(20))
    assert times(long, "barge_in") == [(OVER + 25) * 32]  # 0.8 s is 25 frames
    assert times(long, "response_end")[0] == (OVER + 25) * 32 + 60
    assert not times(short, "barge_in")
    (told,) = [event for event in short.played.events if event.type == "barge_in_suppressed"]
    assert told.facts()["reason"] == "too_short"
    assert told.why.text() == "the caller spoke 0.64 s of 0.80 s over the agent"
    assert told.why.margin == -0.16


def test_lowering_the_minimum_makes_a_barge_in_appear() -> None:
    speech = over_agent(20)
    assert not times(play_track(speech, {"barge_in_min_speech_s": 0.8}), "barge_in")
    assert times(play_track(speech, {"barge_in_min_speech_s": 0.6}), "barge_in") == [(OVER + 19) * 32]


def test_only_speech_while_the_agent_is_audible_counts() -> None:
    # earlier speech would reopen the turn; so let it begin during the filler
    early = [ANSWERED, Speech(110, 170, 0.9)]
    result = play_track(early, {"filler_style": "phrase"})
    began, *_ = times(result, "filler_start")
    assert times(result, "barge_in") == [-(-(max(110 * 32, began) + 800) // 32) * 32]


def test_a_lull_counts_once_it_is_known_to_be_one_and_a_stopped_caller_never_barges_in() -> None:
    # voiced for 15 frames, quiet for 5 (160 ms, no gap), voiced again: 0.8 s is complete inside the second part
    assert times(play_track(over_agent(40, ((OVER + 15, OVER + 20),))), "barge_in") == [(OVER + 25) * 32]
    # quiet when 0.8 s would be complete: decided when the voice is known to be back, not in the silence
    assert times(play_track(over_agent(40, ((OVER + 24, OVER + 29),))), "barge_in") == [(OVER + 30) * 32]


def test_the_cooldown_holds_a_second_barge_in_back_and_lets_it_happen_if_the_caller_goes_on() -> None:
    first = over_agent(40)
    again = [*first, Speech(OVER + 75, OVER + 160, 0.9)]
    free = play_track(again, {"barge_in_cooldown_s": 0.0})
    held = play_track(again, {"barge_in_cooldown_s": 3.2})
    assert len(times(free, "barge_in")) == len(times(held, "barge_in")) == 2
    assert times(free, "barge_in")[1] < times(held, "barge_in")[1] == times(held, "barge_in")[0] + 3200
    reasons = [event.facts()["reason"] for event in held.played.events if event.type == "barge_in_suppressed"]
    assert reasons == ["cooldown"]
    endless = play_track(again, {"barge_in_cooldown_s": 60.0})
    assert len(times(endless, "barge_in")) == 1


def test_a_barge_in_splits_the_words_into_heard_and_unheard() -> None:
    result = play_track(over_agent(40))
    (event,) = [event for event in result.played.events if event.type == "barge_in"]
    (response,) = [e for e in result.played.events if e.type == "response_start" and e.t_ms < event.t_ms]
    heard, unheard = event.facts()["interrupted_text"], " ".join(event.facts()["discarded_texts"])
    assert f"{heard} {unheard}" == response.facts()["text"]
    assert heard
    assert unheard
    assert event.facts()["speech_start"] == OVER * 32 / 1000
    assert times(result, "end_of_turn")[1] == (OVER + 40 + 7) * 32


def test_a_caller_still_talking_when_the_agent_ends_has_the_turn() -> None:
    result = play_track(over_agent(2000), {"barge_in_min_speech_s": 60.0})
    ended = times(result, "response_end")[0]
    assert times(result, "end_of_turn")[1] > ended
    assert "barge_in" not in types(result)


def test_scripted_replay_decides_barge_in_over_the_labelled_agent() -> None:
    turn = {"start_s": OVER * 0.032, "end_s": (OVER + 40) * 0.032}
    labels = Labels.model_validate({"agent": [[3.0, 12.0]], "turns": [turn]})
    stopped = play_track([Speech(OVER, OVER + 40)], labels=labels, mode="scripted")
    assert times(stopped, "barge_in") == [(OVER + 25) * 32]
    assert times(stopped, "response_end") == [(OVER + 25) * 32 + 60]
    assert set(types(stopped)) == {"speech_start", "response_start", "barge_in", "response_end", "speech_end"}
    assert set(stopped.measured.counts) == {"missed_barge_ins", "false_barge_ins", "stops_against_advice"}
    calm = play_track([Speech(OVER, OVER + 10)], labels=labels, mode="scripted")
    assert times(calm, "response_end") == [12_000]


def test_speech_across_the_seam_of_two_sentences_counts_as_a_whole() -> None:
    # the first sentence's audio ends inside the caller's speech, and the next follows without a gap
    agent = scenario("I can do that for you. Then we shall see what there is to be done about it all.")
    alone = play_track([ANSWERED], agent=agent)
    begun = times(alone, "response_start")[0]
    seam_frame = (begun + round(len("I can do that for you.") * 62)) // 32
    track = [ANSWERED, Speech(seam_frame - 12, seam_frame + 40, 0.9)]
    assert times(play_track(track, agent=agent), "barge_in") == [(seam_frame - 12 + 25) * 32]


def test_scripted_replay_waits_for_the_voice_to_be_known_back_and_joins_overlapping_windows() -> None:
    labels = Labels.model_validate({"agent": [[0.0, 8.0], [6.0, 12.0]]})
    speech = [Speech(OVER, OVER + 40, 0.9, ((OVER + 24, OVER + 29),))]
    result = play_track(speech, labels=labels, mode="scripted")
    assert times(result, "barge_in") == [(OVER + 30) * 32]
    stamps = [event.t_ms for event in result.played.events]
    assert stamps == sorted(stamps)
    assert types(result).count("response_start") == 1


def test_a_stop_on_the_first_millisecond_of_a_sound_works() -> None:
    labels = Labels.model_validate({"agent": [[OVER * 0.032 + 0.064, 12.0]]})
    instant = fixed_profile(stop_latency_ms=0)
    config: dict[str, object] = {"barge_in_min_speech_s": 0.0}
    result = play_track([Speech(OVER, OVER + 40)], config, labels=labels, mode="scripted", profile=instant)
    assert times(result, "response_end") == times(result, "barge_in")


def test_a_window_that_ends_within_the_stop_latency_is_decided_once() -> None:
    reached = (OVER + 25) * 32
    labels = Labels.model_validate({"agent": [[3.0, (reached + 20) / 1000]]})
    for cooldown_s in (1.5, 0.0):
        config: dict[str, object] = {"barge_in_cooldown_s": cooldown_s}
        result = play_track([Speech(OVER, OVER + 40)], config, labels=labels, mode="scripted")
        assert types(result) == ["response_start", "speech_start", "barge_in", "response_end", "speech_end"]
        assert times(result, "barge_in") == [reached]
        assert times(result, "response_end") == [reached + 20]
        assert not next(e for e in result.played.events if e.type == "response_end").facts()["interrupted"]


def test_speech_over_a_filler_that_ends_before_the_answer_is_too_short() -> None:
    # begun just after the filler, and known to have ended before the slow answer comes
    slow = fixed_profile(engage_words_per_s=2)
    result = play_track([ANSWERED, Speech(110, 116, 0.9)], {"max_buffer_delay_ms": 1000}, profile=slow)
    assert [e.facts()["reason"] for e in result.played.events if e.type == "barge_in_suppressed"] == ["too_short"]


def test_speech_that_sounds_like_laughter_waits_until_it_no_longer_does() -> None:
    speech = Speech(OVER, OVER + 60, 0.9)
    seen = [*observations([ANSWERED, speech])]
    known = [Laughter((OVER + frame) * 32, OVER * 32, 1, 3.0) for frame in range(25, 40)]
    both = sorted([*seen, *known, LaughterOver((OVER + 40) * 32, OVER * 32, 1)], key=lambda one: one.known_ms)
    result = play_track(tuple(both))
    assert times(result, "barge_in_suppressed") == [(OVER + 25) * 32]
    assert times(result, "barge_in") == [(OVER + 40) * 32]
    (struck,) = [event for event in result.played.events if event.type == "barge_in"]
    assert "no longer laughs" in struck.why.text()
    to_the_end = [one for one in both if not isinstance(one, LaughterOver)]
    laughed = play_track(tuple(to_the_end))
    assert not times(laughed, "barge_in")
    assert len(times(laughed, "barge_in_suppressed")) == 1
    assert times(play_track(tuple(both), profile=fixed_profile(laughter_limit_db=2)), "barge_in") == [
        (OVER + 25) * 32
    ]
