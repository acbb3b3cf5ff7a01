"""States of the context graph: their turn policies, their hints, and the effects of a change of state."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest

from simulator.engine.scenario import Scenario
from simulator.labels import Labels, Turn
from simulator.study import Run
from tests.simulator.tracks import LONG_ANSWER, TEN_WORDS, Speech, fixed_profile, play_track, times, types

TURN = [Speech(10, 100, 0.9)]
EOT_MS = 107 * 32
NAV_MS = 80
OVER = 160


def agent(
    state: dict[str, Any] | None = None, navigation: str = "a0,0,calm,Mm", *, response: str = LONG_ANSWER
) -> Scenario:
    """Return a scenario with one state that always gives the same line."""
    line = {"state": "talk", "navigation": navigation, "response": response}
    return Scenario.model_validate(
        {"schema": "turnlab.scenario/1", "states": {"talk": state or {}}, "turns": [line]}
    )


def moving(navigation: str = "e0,0,calm,", hint: str | None = None) -> Scenario:
    """Return a scenario whose first answer leaves the state in which the caller was heard."""
    leave = {"next_state": "booked", "filler_hint": hint}
    line = {"state": "booked", "navigation": navigation, "response": LONG_ANSWER}
    return Scenario.model_validate(
        {
            "schema": "turnlab.scenario/1",
            "start": "talk",
            "states": {"talk": {"exit_conditions": [leave]}, "booked": {}},
            "turns": [line],
        }
    )


def fillers(result: Run) -> list[str]:
    return [event.facts()["text"] for event in result.played.events if event.type == "filler_start"]


# ---- turn policies


def test_a_state_decides_how_sure_the_end_of_a_turn_must_be() -> None:
    wary = agent({"turn_policy": {"stt_eot_threshold": 0.99}})
    assert times(play_track(TURN), "end_of_turn") == [EOT_MS]
    # 0.3 to 0.99 is log2(70) halvings of 0.4 s, after 0.2 s; such a long wait has no head start
    assert times(play_track(TURN, agent=wary, profile=fixed_profile(eot_half_life_s=0.4)), "end_of_turn") == [
        100 * 32 + 2652
    ]


def test_a_state_decides_its_timeout_before_the_service_does() -> None:
    hasty = agent({"turn_policy": {"stt_eot_timeout_ms": 600}})
    unsure = [Speech(10, 100, 0.0)]
    profile = fixed_profile(eot_half_life_s=50)
    assert times(play_track(unsure, {"eot_timeout_ms": 2000}, profile=profile), "end_of_turn") == [5200]
    assert times(play_track(unsure, {"eot_timeout_ms": 2000}, agent=hasty, profile=profile), "end_of_turn") == [
        3800
    ]


def test_a_states_eager_threshold_is_the_confidence_itself_beside_any_sensitivity() -> None:
    eager = agent({"turn_policy": {"stt_eager_eot_threshold": 0.4}})
    result = play_track([Speech(10, 100, 0.5)], {"eager_eot_threshold": 0.1}, agent=eager)
    (told,) = [event for event in result.played.events if event.type == "eager_end_of_turn"]
    assert told.why.numbers["threshold"] == 0.4
    assert "stt_eager_eot_threshold 0.4" in told.why.text()


def test_a_turn_belongs_to_the_state_of_the_previous_answer() -> None:
    raw = {
        "schema": "turnlab.scenario/1",
        "states": {"open": {}, "dob": {"turn_policy": {"stt_eot_timeout_ms": 400}}},
        "turns": [
            {"state": "dob", "navigation": "a0,0,calm,", "response": "When were you born?"},
            {"state": "open", "navigation": "a0,0,calm,", "response": "Thank you."},
        ],
        "start": "open",
    }
    unsure = [Speech(10, 100, 0.0), Speech(500, 600, 0.0)]
    result = play_track(unsure, agent=Scenario.model_validate(raw), profile=fixed_profile(eot_half_life_s=50))
    assert times(result, "end_of_turn") == [100 * 32 + 5000, 600 * 32 + 400]


def test_a_shielded_greeting_holds_a_barge_in_back_until_the_shield_is_over() -> None:
    speech = [Speech(10, 100, 0.9), Speech(OVER, OVER + 90, 0.9)]
    free = play_track(speech, agent=agent())
    shielded = play_track(speech, agent=agent({"turn_policy": {"greeting_shield_s": 3}}))
    first_sound = times(shielded, "filler_start")[0]
    (told,) = [e for e in shielded.played.events if e.type == "barge_in_suppressed"]
    assert (told.facts()["reason"], told.t_ms) == ("shield", times(free, "barge_in")[0])
    assert "greeting_shield_s 3" in told.why.text()
    assert first_sound + 3000 <= times(shielded, "barge_in")[0] < first_sound + 3000 + 32


def test_a_state_without_barge_in_is_never_stopped_and_says_so_once() -> None:
    speech = [Speech(10, 100, 0.9), Speech(OVER, OVER + 90, 0.9)]
    result = play_track(speech, agent=agent({"turn_policy": {"barge_in_enabled": False}}))
    assert "barge_in" not in types(result)
    assert [e.facts()["reason"] for e in result.played.events if e.type == "barge_in_suppressed"] == ["shield"]


# ---- hints


def test_a_hint_is_a_direction_and_is_never_spoken_as_it_stands() -> None:
    hint = "Let me check what's available..."
    state = {"actions": [{"filler_hint": hint}]}
    for style in ("phrase", "backchannel"):
        for given in ("", "let me check what's available", "Mm"):
            said = fillers(play_track(TURN, {"filler_style": style}, agent=agent(state, f"a0,0,calm,{given}")))
            assert len(said) == 1
            assert "available" not in said[0]
    assert not fillers(play_track(TURN, {"filler_style": "silent"}, agent=agent(state, "a0,0,calm,")))


def test_a_hint_shapes_what_kind_of_filler_is_said() -> None:
    waiting = fillers(play_track(TURN, {"filler_style": "phrase"}, agent=moving(hint="Let me look that up")))
    settled = fillers(
        play_track(TURN, {"filler_style": "phrase"}, agent=moving(hint="Great, I've got that booked."))
    )
    assert waiting != settled
    assert any(word in settled[0] for word in ("settled", "Great", "Good"))


def test_a_code_that_picks_nothing_is_a_malformed_line_and_the_call_goes_on() -> None:
    result = play_track(TURN, agent=agent({"actions": [{"description": "ask"}]}, "a7,0,calm,Mm"))
    (told,) = [event for event in result.played.events if event.type == "nav_malformed"]
    assert "'a7' picks none of 1 actions" in told.why.text()
    assert "filler_start" not in types(result)
    assert "response_end" in types(result)


# ---- holds and deadlines


def test_sympathy_waits_before_filler_and_answer_and_other_emotions_do_not() -> None:
    sorry, calm = agent(navigation="a0,0,sympathetic,Mm"), agent(navigation="a0,0,calm,Mm")
    held = play_track(TURN, {"empathy_hold_ms": 1500}, agent=sorry)
    assert min(times(held, "filler_start") + times(held, "response_start")) == EOT_MS + 1500
    assert times(held, "emotion_applied") == [EOT_MS + NAV_MS]
    plain = play_track(TURN, {"empathy_hold_ms": 1500}, agent=calm)
    assert times(plain, "filler_start") == [EOT_MS + NAV_MS]


def test_after_a_change_of_state_a_filler_breaks_a_silence_that_lasts() -> None:
    profile = fixed_profile(transport_ms=2000)
    config: dict[str, object] = {"transition_deadline_ms": 700}
    assert times(play_track(TURN, config, agent=moving(), profile=profile), "filler_start") == [EOT_MS + 700]
    assert not times(play_track(TURN, agent=moving(), profile=profile), "filler_start")
    # no change of state, earlier words, or an available answer: nothing more is said
    stays = agent(navigation="a0,0,calm,")
    assert not times(play_track(TURN, config, agent=stays, profile=profile), "filler_start")
    filled = play_track(TURN, config, agent=moving("e0,0,calm,Mm"), profile=profile)
    assert times(filled, "filler_start") == [EOT_MS + NAV_MS]
    assert not times(play_track(TURN, {"transition_deadline_ms": 3000}, agent=moving()), "filler_start")
    silent = play_track(TURN, {**config, "filler_style": "silent"}, agent=moving(), profile=profile)
    assert not times(silent, "filler_start")


def test_a_faster_voice_shortens_every_sound_and_a_slower_floor_changes_nothing() -> None:
    plain = play_track(TURN)
    quick = play_track(TURN, {"min_tts_speed": 1.25})

    def lasted(result: Run) -> list[int]:
        return [sound.end_ms - sound.start_ms for sound in result.measured.sounds]

    assert all(abs(new - old / 1.25) <= 3 for new, old in zip(lasted(quick), lasted(plain), strict=True))
    assert types(play_track(TURN, {"min_tts_speed": 0.8})) == types(plain)
    assert lasted(play_track(TURN, {"min_tts_speed": 0.8})) == lasted(plain)


# ---- a barge-in without words


def cough_at(frame: int) -> tuple[Labels, list[Speech]]:
    """Return a caller who coughs for 31 frames over the agent and speaks again much later."""
    start_s = frame * 0.032
    labels = {
        "turns": [{"start_s": 0.3, "end_s": 3.2}, {"start_s": 24, "end_s": 27}],
        "events": [{"type": "noise", "start_s": start_s, "end_s": start_s + 1, "should_barge_in": False}],
    }
    track = [Speech(10, 100, 0.9), Speech(frame, frame + 31, 0.9), Speech(750, 844, 0.9)]
    return Labels.model_validate(labels), track


COUGH, COUGHING = cough_at(OVER)


def test_a_false_barge_in_leaves_the_agent_silent_until_the_caller_speaks() -> None:
    result = play_track(COUGHING, labels=COUGH)
    assert len(times(result, "barge_in")) == 1
    assert result.measured.counts["false_barge_ins"].count == 1
    between = [e.type for e in result.played.events if times(result, "barge_in")[0] < e.t_ms < 750 * 32]
    assert between == ["response_end", "speech_end"]
    assert len(times(result, "end_of_turn")) == 2


@pytest.mark.parametrize(("frame", "taken_up"), [(OVER, LONG_ANSWER), (210, LONG_ANSWER[len(TEN_WORDS) + 1 :])])
def test_a_profile_can_resume_the_sentence(frame: int, taken_up: str) -> None:
    profile = fixed_profile(resume_false_interruption=True, resume_after_ms=900)
    labels, coughing = cough_at(frame)
    result = play_track(coughing, labels=labels, profile=profile)
    (barge_in,) = [event for event in result.played.events if event.type == "barge_in"]
    resumed = next(e for e in result.played.events if e.type == "response_start" and e.facts().get("resumed"))
    assert resumed.t_ms == (frame + 31) * 32 + 900 + 70
    heard, unheard = barge_in.facts()["interrupted_text"], " ".join(barge_in.facts()["discarded_texts"])
    assert f"{heard} {unheard}" == LONG_ANSWER
    assert resumed.facts()["text"] == taken_up
    assert types(result).count("response_start") == 3


def test_a_caller_who_speaks_first_is_listened_to_instead() -> None:
    profile = fixed_profile(resume_false_interruption=True, resume_after_ms=900)
    goes_on = [*COUGHING[:2], Speech(OVER + 45, OVER + 100, 0.9)]
    turn = Turn(start_s=(OVER + 45) * 0.032, end_s=(OVER + 100) * 0.032)
    labels = COUGH.model_copy(update={"turns": (COUGH.turns[0], turn)})
    result = play_track(goes_on, labels=labels, profile=profile)
    assert not any(event.facts().get("resumed") for event in result.played.events)


def test_a_second_cough_only_delays_the_resumed_sentence() -> None:
    profile = fixed_profile(resume_false_interruption=True, resume_after_ms=900)
    twice = [*COUGHING[:2], Speech(OVER + 45, OVER + 55, 0.9)]
    result = play_track(twice, labels=COUGH, profile=profile)
    (resumed,) = [event for event in result.played.events if event.facts().get("resumed")]
    assert resumed.t_ms == (OVER + 55) * 32 + 900 + 70
    assert len(times(result, "end_of_turn")) == 1
    assert len(times(play_track(twice, labels=COUGH), "end_of_turn")) == 1


def test_a_sentence_resumes_only_after_the_stopped_one_is_silent() -> None:
    profile = fixed_profile(resume_false_interruption=True, resume_after_ms=0, stop_latency_ms=1500)
    sounds = play_track(COUGHING[:2], labels=COUGH, profile=profile).measured.sounds
    assert len(sounds) == 3
    assert all(before.end_ms <= after.start_ms for before, after in pairwise(sounds))


def test_an_answer_with_a_cancelled_tool_is_not_resumed() -> None:
    raw = {
        "schema": "turnlab.scenario/1",
        "turns": [
            {
                "navigation": "a0,0,calm,Let me look that up for you right now if I may",
                "tools": [{"name": "find", "duration_ms": 8000}],
                "response": "I found your record.",
            }
        ],
    }
    labels, coughing = cough_at(113)
    profile = fixed_profile(resume_false_interruption=True)
    config: dict[str, object] = {"filler_style": "phrase"}
    result = play_track(coughing[:2], config, labels=labels, agent=Scenario.model_validate(raw), profile=profile)
    assert "barge_in" in types(result)
    assert "response_start" not in types(result)


def test_a_shield_counts_from_the_answers_first_sound_even_when_it_is_taken_up_again() -> None:
    labels, coughing = cough_at(230)
    track = [*coughing[:2], Speech(290, 420, 0.9)]
    turn = Turn(start_s=290 * 0.032, end_s=420 * 0.032)
    labels = labels.model_copy(update={"turns": (labels.turns[0], turn)})
    profile = fixed_profile(resume_false_interruption=True, resume_after_ms=200)
    result = play_track(
        track, labels=labels, agent=agent({"turn_policy": {"greeting_shield_s": 2}}), profile=profile
    )
    assert len(times(result, "barge_in")) == 2
    assert "barge_in_suppressed" not in types(result)


def test_a_true_interruption_is_answered_as_ever() -> None:
    labels = Labels.model_validate(
        {"turns": [{"start_s": 0.3, "end_s": 3.2}, {"start_s": OVER * 0.032, "end_s": OVER * 0.032 + 1}]}
    )
    result = play_track(COUGHING[:2], labels=labels, profile=fixed_profile(resume_false_interruption=True))
    assert len(times(result, "end_of_turn")) == 2


# ---- scenarios that contradict themselves


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"start": "nowhere"}, "start names the state 'nowhere'"),
        ({"turns": [{"state": "nowhere", "response": "Hi."}]}, "turns.0 names the state 'nowhere'"),
        ({"states": {"talk": {"exit_conditions": [{"next_state": "gone"}]}}}, "leads to the state 'gone'"),
        (
            {
                "states": {"talk": {"exit_conditions": [{"next_state": "end"}]}, "end": {}},
                "turns": [{"state": "talk", "navigation": "e0,0,calm,", "response": "Hi."}],
            },
            "leaves 'talk' for 'end'",
        ),
        ({"states": {"talk": {"turn_policy": {"greeting_shield_s": -1}}}}, "greeting_shield_s"),
        ({"turns": []}, "turns"),
        ({"greeting": " "}, "greeting has no word"),
    ],
)
def test_a_scenario_that_contradicts_itself_is_named_and_refused(change: dict[str, Any], said: str) -> None:
    raw = {
        "schema": "turnlab.scenario/1",
        "states": {"talk": {}},
        "turns": [{"state": "talk", "response": "Hi."}],
    }
    with pytest.raises(ValueError, match=said):
        Scenario.model_validate(raw | change)


def test_states_may_form_cycles() -> None:
    raw = {
        "schema": "turnlab.scenario/1",
        "states": {
            "a": {"exit_conditions": [{"next_state": "b"}]},
            "b": {"exit_conditions": [{"next_state": "a"}]},
        },
        "start": "a",
        "turns": [
            {"state": "b", "navigation": "e0,0,calm,", "response": "On to b."},
            {"state": "a", "navigation": "e0,0,calm,", "response": "Back to a."},
        ],
    }
    turns = [Speech(start, start + 60, 0.9) for start in range(10, 3000, 300)]
    result = play_track(turns, agent=Scenario.model_validate(raw))
    assert len(times(result, "response_end")) == len(turns)
