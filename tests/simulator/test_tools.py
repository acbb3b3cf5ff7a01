"""Tools: how many run at once, what is said meanwhile, and what is not allowed."""

from __future__ import annotations

from typing import Any

import pytest

from simulator.engine.scenario import Scenario
from simulator.study import Run
from tests.simulator.tracks import TEN_WORDS, Speech, fixed_profile, play_track, times, types

TURN = [Speech(10, 100, 0.9)]
EOT_MS = 107 * 32
NAV_MS, FIRST_TOKEN_MS, TEN_WORDS_MS, TO_EAR_MS = 80, 120, 300, 70
ASKED_MS = EOT_MS + NAV_MS


def with_tools(*tools: dict[str, Any], navigation: str = "a0,0,calm,") -> Scenario:
    line = {"state": "talk", "navigation": navigation, "tools": tools, "response": TEN_WORDS}
    return Scenario.model_validate({"schema": "turnlab.scenario/1", "states": {"talk": {}}, "turns": [line]})


def tool(name: str, duration_ms: int) -> dict[str, Any]:
    return {"name": name, "duration_ms": duration_ms}


def what_tools_did(result: Run) -> list[tuple[str, str, int]]:
    return [(e.type, e.facts()["tool"], e.t_ms) for e in result.played.events if e.type.startswith("tool_")]


def test_an_answer_waits_for_its_tools_and_the_split_says_so() -> None:
    result = play_track(TURN, agent=with_tools(tool("find_slots", 900)))
    assert what_tools_did(result) == [
        ("tool_start", "find_slots", ASKED_MS),
        ("tool_end", "find_slots", ASKED_MS + 900),
    ]
    (response,) = [event for event in result.played.events if event.type == "response_start"]
    assert response.t_ms == ASKED_MS + 900 + FIRST_TOKEN_MS + TEN_WORDS_MS + TO_EAR_MS
    assert response.facts()["stages_ms"]["tools"] == 900
    assert sum(response.facts()["stages_ms"].values()) == response.t_ms - 100 * 32


def test_tools_beyond_the_capacity_wait_their_turn() -> None:
    tools = [tool("a", 300), tool("b", 500), tool("c", 700), tool("d", 100)]
    two = play_track(TURN, agent=with_tools(*tools), profile=fixed_profile(tool_capacity=2))
    starts = {name: at - ASKED_MS for kind, name, at in what_tools_did(two) if kind == "tool_start"}
    assert starts == {"a": 0, "b": 0, "c": 300, "d": 500}
    queued = {e.facts()["tool"]: e.facts()["queued_ms"] for e in two.played.events if e.type == "tool_start"}
    assert queued == {"a": 0, "b": 0, "c": 300, "d": 500}
    running, most = 0, 0
    for kind, _, _ in what_tools_did(play_track(TURN, agent=with_tools(*tools))):
        running += 1 if kind == "tool_start" else -1
        most = max(most, running)
    assert most == 3  # the documented default


def test_forwarding_a_call_must_be_switched_on() -> None:
    agent = with_tools(tool("forward_call", 2000), tool("note", 100))
    denied = play_track(TURN, agent=agent)
    assert ("tool_denied", "forward_call", ASKED_MS) in what_tools_did(denied)
    assert ("tool_start", "forward_call", ASKED_MS) not in what_tools_did(denied)
    allowed = play_track(TURN, {"forward_call_enabled": True}, agent=agent)
    assert "tool_denied" not in types(allowed)
    assert times(allowed, "response_start")[0] - times(denied, "response_start")[0] == 1900


def test_progress_is_spoken_at_each_interval_of_a_long_tool_call() -> None:
    long, short = with_tools(tool("slow", 7000)), with_tools(tool("quick", 1900))
    config: dict[str, object] = {"progress_interval_ms": 2000, "progress_vocabulary": ["One", "Two"]}
    result = play_track(TURN, config, agent=long)
    assert times(result, "filler_start") == [ASKED_MS + 2000, ASKED_MS + 4000, ASKED_MS + 6000]
    said = [event.facts()["text"] for event in result.played.events if event.type == "filler_start"]
    assert said in (["One", "Two", "One"], ["Two", "One", "Two"])
    assert not times(play_track(TURN, config, agent=short), "filler_start")
    assert not times(play_track(TURN, agent=long), "filler_start")
    assert not times(play_track(TURN, {**config, "filler_style": "silent"}, agent=long), "filler_start")


def test_progress_keeps_the_cooldown_of_all_fillers() -> None:
    agent = with_tools(tool("slow", 7000))
    config: dict[str, object] = {"progress_interval_ms": 1000, "filler_cooldown_ms": 2500}
    result = play_track(TURN, config, agent=agent)
    starts = times(result, "filler_start")
    assert starts == [ASKED_MS + 1000, ASKED_MS + 3500, ASKED_MS + 6000]


def test_short_tool_calls_get_no_progress_phrases() -> None:
    three = with_tools(*(tool(name, 800) for name in "abc"))
    result = play_track(TURN, {"progress_interval_ms": 1000}, agent=three, profile=fixed_profile(tool_capacity=1))
    assert not times(result, "filler_start")


def test_progress_keeps_the_quiet_before_sympathy() -> None:
    sorry = with_tools(tool("slow", 6000), navigation="a0,0,sympathetic,Mm")
    config: dict[str, object] = {"empathy_hold_ms": 4000, "progress_interval_ms": 1000}
    result = play_track(TURN, config, agent=sorry)
    starts = times(result, "filler_start")
    assert starts[0] == EOT_MS + 4000
    assert starts == sorted(set(starts))


def test_tools_never_run_during_a_head_start() -> None:
    hesitating = [Speech(10, 100, 0.3), Speech(112, 180, 0.9)]
    config: dict[str, object] = {"eager_eot_threshold": 0.9}
    profile = fixed_profile(eager_role="head_start")
    result = play_track(hesitating, config, agent=with_tools(tool("book", 500)), profile=profile)
    assert "eager_end_of_turn" in types(result)
    assert "turn_resumed" in types(result)
    (confirmed,) = times(result, "end_of_turn")
    assert [at >= confirmed for _, _, at in what_tools_did(result)] == [True, True]


def test_a_caller_who_goes_on_cancels_the_tools() -> None:
    going_on = [Speech(10, 100, 0.9), Speech(120, 180, 0.9)]
    result = play_track(going_on, agent=with_tools(tool("slow", 5000), tool("other", 100)))
    reopened = times(result, "turn_reopened")[0]
    cancelled = [e for e in result.played.events if e.type == "tool_end" and e.facts()["cancelled"]]
    assert [(event.facts()["tool"], event.t_ms) for event in cancelled] == [("slow", reopened)]


def test_durations_that_vary_meet_the_same_draw_in_every_arm() -> None:
    agent = with_tools({"name": "slow", "duration_ms": 800, "duration_p95_ms": 3000})
    configs: list[dict[str, object]] = [{}, {"tts_model": "sonic-3"}, {"max_buffer_delay_ms": 200}]
    lasted = {
        next(
            e.facts()["duration_ms"]
            for e in play_track(TURN, config, agent=agent, seed=7).played.events
            if e.type == "tool_end"
        )
        for config in configs
    }
    assert len(lasted) == 1
    assert lasted != {800}


@pytest.mark.parametrize("bad", [{"name": "x", "duration_ms": -1}, {"name": "", "duration_ms": 5}])
def test_a_tool_without_name_or_with_negative_time_is_refused(bad: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"duration_ms|name"):
        with_tools(bad)
