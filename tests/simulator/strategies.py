"""Callers, configurations and agents of every kind, for properties that always hold."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from simulator.engine.profile import EngineProfile
from simulator.engine.scenario import Scenario
from simulator.labels import Labels
from tests.simulator.tracks import LONG_ANSWER, TEN_WORDS, Speech, fixed_profile

configs = st.fixed_dictionaries(
    {},
    optional={
        "tts_model": st.sampled_from(["sonic-turbo", "sonic-3"]),
        "max_buffer_delay_ms": st.integers(200, 1000),
        "eager_eot_threshold": st.floats(0, 1),
        "eot_timeout_ms": st.integers(1, 6000),
        "filler_style": st.sampled_from(["backchannel", "phrase", "silent"]),
        "backchannel_delay_ms": st.integers(0, 1500),
        "filler_cooldown_ms": st.integers(0, 8000),
        "progress_interval_ms": st.integers(1, 4000),
        "transition_deadline_ms": st.integers(0, 3000),
        "empathy_hold_ms": st.integers(0, 3000),
        "post_eot_pause_ms": st.integers(0, 1500),
        "max_response_sentences": st.integers(1, 3),
        "max_response_words": st.integers(1, 40),
        "barge_in_min_speech_s": st.floats(0, 2),
        "barge_in_cooldown_s": st.floats(0, 5),
        "forward_call_enabled": st.booleans(),
        "min_tts_speed": st.floats(0, 3),
    },
)


@st.composite
def tracks(draw: st.DrawFn) -> list[Speech]:
    """A caller who speaks up to eight times, with pauses and lulls of any length."""
    at, speeches = draw(st.integers(0, 40)), []
    for _ in range(draw(st.integers(1, 8))):
        length = draw(st.integers(2, 120))
        lulls: tuple[tuple[int, int], ...] = ()
        if length > 12 and draw(st.booleans()):
            begins = at + draw(st.integers(3, length - 8))
            lulls = ((begins, begins + draw(st.integers(1, 5))),)
        pause = draw(st.integers(7, 300))
        speeches.append(Speech(at, at + length, draw(st.floats(0, 1)), lulls))
        at += length + pause
    return speeches


_POLICIES = st.fixed_dictionaries(
    {},
    optional={
        "barge_in_enabled": st.booleans(),
        "greeting_shield_s": st.floats(0, 4),
        "stt_eot_threshold": st.floats(0.05, 1),
        "stt_eager_eot_threshold": st.floats(0, 1),
        "stt_eot_timeout_ms": st.integers(1, 6000),
    },
)
_TOOLS = st.lists(
    st.builds(
        lambda name, ms: {"name": name, "duration_ms": ms},
        st.sampled_from(["find", "book", "forward_call"]),
        st.integers(1, 9000),
    ),
    max_size=5,
)
_LINES = st.sampled_from(
    ["a0,0,calm,Mm", "a0,1,sympathetic,Let me see, one moment", "e0,0,friendly,", "a9,0,calm,", "nonsense", ""]
)


@st.composite
def agents(draw: st.DrawFn) -> Scenario:
    """An agent with two states, tools, hints, well-formed and malformed navigation."""
    states: dict[str, Any] = {
        name: {
            "skip_navigation": draw(st.booleans()),
            "actions": [{"filler_hint": draw(st.sampled_from([None, "Let me check"]))}],
            "exit_conditions": [{"next_state": other}],
            "turn_policy": draw(_POLICIES),
        }
        for name, other in (("one", "two"), ("two", "one"))
    }
    lines, state = [], "one"
    for _ in range(draw(st.integers(1, 4))):
        navigation = draw(_LINES)
        if navigation.startswith("e0"):
            state = "two" if state == "one" else "one"
        response = draw(st.sampled_from([LONG_ANSWER, TEN_WORDS, "Yes."]))
        lines.append({"state": state, "navigation": navigation, "tools": draw(_TOOLS), "response": response})
    greeting = draw(st.sampled_from([None, TEN_WORDS]))
    raw = {
        "schema": "turnlab.scenario/1",
        "start": "one",
        "greeting": greeting,
        "states": states,
        "turns": lines,
    }
    return Scenario.model_validate(raw)


@st.composite
def calls(draw: st.DrawFn) -> tuple[list[Speech], Labels | None]:
    """A caller with labels for part of the speech and the rest a noise, or without labels."""
    track = draw(tracks())
    if draw(st.booleans()):
        return track, None
    meant = [draw(st.booleans()) for _ in track]
    stretches = [{"start_s": speech.start * 0.032, "end_s": speech.end * 0.032} for speech in track]
    turns = [stretch for stretch, is_turn in zip(stretches, meant, strict=True) if is_turn]
    noises = [
        {**stretch, "type": "noise"} for stretch, is_turn in zip(stretches, meant, strict=True) if not is_turn
    ]
    return track, Labels.model_validate({"turns": turns, "events": noises})


APART_S = 40.0
"""Longer than any silence that ends a turn, its answer and a filler's cooldown together."""


@st.composite
def turns_far_apart(draw: st.DrawFn) -> tuple[list[Speech], Labels | None]:
    """A caller whose labelled turns, each with its pauses, begin long after everything before is over."""
    at, speeches, turns = 10, list[Speech](), []
    for track in draw(st.lists(tracks(), min_size=1, max_size=3)):
        moved = [Speech(at + one.start, at + one.end, one.completeness, ()) for one in track]
        turns.append({"start_s": moved[0].start * 0.032, "end_s": moved[-1].end * 0.032})
        speeches += moved
        at = moved[-1].end + round(APART_S / 0.032)
    return speeches, Labels.model_validate({"turns": turns})


profiles: st.SearchStrategy[EngineProfile] = st.builds(
    lambda resume, capacity, role, direction: fixed_profile(
        resume_false_interruption=resume, tool_capacity=capacity, eager_role=role, eager_direction=direction
    ),
    st.booleans(),
    st.integers(1, 4),
    st.sampled_from(["sensitivity", "head_start"]),
    st.sampled_from(["documented", "recogniser"]),
)
