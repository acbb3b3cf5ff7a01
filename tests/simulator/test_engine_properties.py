"""Properties that hold for every caller, every configuration and every agent."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from presets.config import parse
from simulator.activity.model import FRAME_MS, Activity, Laughter, LaughterOver, Observation
from simulator.engine.profile import EngineProfile
from simulator.engine.scenario import Scenario
from simulator.labels import Labels
from simulator.recording import Recording
from simulator.study import Arm, Run, run
from simulator.sweep.rehearsal import Rehearsal
from tests.simulator.strategies import APART_S, agents, calls, configs, profiles, tracks, turns_far_apart
from tests.simulator.tracks import (
    Speech,
    activity_of,
    fixed_profile,
    observations,
    play_track,
    recording_of,
    scenario,
    times,
)

Call = tuple[list[Speech], Labels | None]

SENSITIVITY = "eager_eot_threshold"


@given(calls(), configs, agents(), profiles, st.integers(0, 20_000))
def test_nothing_is_decided_on_what_came_later(
    call: Call, config: dict[str, Any], agent: Scenario, profile: EngineProfile, cut_ms: int
) -> None:
    track, labels = call
    seen = observations(track)
    whole = play_track(seen, config, agent=agent, labels=labels, profile=profile)
    known = tuple(one for one in seen if one.known_ms <= cut_ms)
    cut = play_track(known, config, agent=agent, labels=labels, profile=profile)
    assert _until(whole, cut_ms) == _until(cut, cut_ms)


def _until(result: Run, t_ms: int) -> list[dict[str, Any]]:
    """Return the events up to a time. The *planned* length of a sound may change later."""
    return [event.to_json() for event in result.played.events if event.t_ms <= t_ms]


@given(calls(), configs, agents(), profiles)
def test_the_agent_never_overlaps_itself_and_never_speaks_uncalled(
    call: Call, config: dict[str, Any], agent: Scenario, profile: EngineProfile
) -> None:
    result = play_track(call[0], config, agent=agent, labels=call[1], profile=profile)
    sounds = result.measured.sounds
    assert all(before.end_ms <= after.start_ms for before, after in pairwise(sounds))
    called = False
    for event in result.played.events:
        called = called or event.type == "end_of_turn" or event.facts().get("greeting") is True
        if event.type in ("filler_start", "response_start"):
            assert called, "the agent spoke before any end of turn"


@given(calls(), configs, agents(), profiles)
def test_the_stage_split_adds_up_to_the_millisecond(
    call: Call, config: dict[str, Any], agent: Scenario, profile: EngineProfile
) -> None:
    result = play_track(call[0], config, agent=agent, labels=call[1], profile=profile)
    for event in result.played.events:
        if event.type == "response_start" and event.facts().get("stages_ms") is not None:
            closing = [e for e in result.played.events if e.type == "end_of_turn" and e.t_ms <= event.t_ms][-1]
            split = event.facts()["stages_ms"]
            assert sum(split.values()) == event.t_ms - round(closing.facts()["speech_end"] * 1000)
            assert all(part >= 0 for part in split.values())


@given(calls(), configs, agents(), profiles)
def test_every_answer_begun_is_heard_discarded_or_under_way_and_one_at_a_time(
    call: Call, config: dict[str, Any], agent: Scenario, profile: EngineProfile
) -> None:
    events = play_track(call[0], config, agent=agent, labels=call[1], profile=profile).played.events
    alive: int | None = None
    for event in events:
        number = event.facts().get("generation")
        if event.type in ("eager_end_of_turn", "end_of_turn"):
            assert alive in (None, number)
            alive = number
        if event.facts().get("discarded") is not None:
            assert event.facts()["discarded"] == alive
            alive = None
        if event.type == "response_start" and event.facts().get("stages_ms") is not None:
            assert number == alive
            alive = None
    assert alive is None


@given(calls(), configs, agents(), profiles)
def test_events_come_in_order_and_no_speech_is_lost(
    call: Call, config: dict[str, Any], agent: Scenario, profile: EngineProfile
) -> None:
    result = play_track(call[0], config, agent=agent, labels=call[1], profile=profile)
    stamps = [event.t_ms for event in result.played.events]
    assert stamps == sorted(stamps)
    spoken = [event.facts()["span"] for event in result.played.events if event.type == "speech_start"]
    ended = [event.facts()["span"] for event in result.played.events if event.type == "speech_end"]
    assert spoken == ended == list(range(len(call[0])))


@given(calls(), configs, agents(), profiles)
def test_every_tool_that_starts_ends_once_and_no_more_run_than_may(
    call: Call, config: dict[str, Any], agent: Scenario, profile: EngineProfile
) -> None:
    running = 0
    for event in play_track(call[0], config, agent=agent, labels=call[1], profile=profile).played.events:
        running += {"tool_start": 1, "tool_end": -1}.get(event.type, 0)
        assert 0 <= running <= profile.values.tool_capacity.value
        if event.type == "tool_start":
            assert event.facts()["tool"] != "forward_call" or config.get("forward_call_enabled")
    assert running == 0


@given(tracks(), st.integers(200, 1000), st.integers(0, 800))
def test_a_smaller_buffer_never_delays_the_first_answer(track: list[Speech], large: int, less: int) -> None:
    small = max(200, large - less)
    quick = times(play_track(track, {"max_buffer_delay_ms": small}), "response_start")
    slow = times(play_track(track, {"max_buffer_delay_ms": large}), "response_start")
    assert not slow or quick[0] <= slow[0]


@given(calls() | turns_far_apart(), configs, agents(), profiles)
def test_every_turn_ended_early_is_a_cut_in_or_an_early_end(
    call: Call, config: dict[str, Any], agent: Scenario, profile: EngineProfile
) -> None:
    track, labels = call
    result = play_track(track, config, agent=agent, labels=labels, profile=profile)
    if not result.measured.labelled:
        return
    outcomes = result.measured.turns
    limits = [later.turn.start_ms for later in outcomes[1:]] + [10**9]
    ends = [
        (one.t_ms, one.facts()["speech_end"] * 1000) for one in result.played.events if one.type == "end_of_turn"
    ]
    ended_early = [
        any(one.turn.start_ms < spoken and at < min(one.turn.end_ms - 100, limit) for at, spoken in ends)
        for one, limit in zip(outcomes, limits, strict=False)
    ]
    assert [one.cut_in + one.early_end for one in outcomes] == ended_early
    counts = result.measured.counts
    assert counts["cut_ins"].count + counts["early_ends"].count == sum(ended_early)


@given(turns_far_apart(), configs, st.tuples(st.floats(0, 1), st.floats(0, 1)))
def test_less_sensitivity_never_ends_a_turn_sooner_and_never_adds_a_cut_in(
    call: Call, config: dict[str, Any], pair: tuple[float, float]
) -> None:
    # an agent that talks over one turn affects the next: here each begins in silence
    track, labels = call
    patient, sensitive = (
        play_track(track, {**config, SENSITIVITY: setting}, labels=labels, mode="rigid") for setting in sorted(pair)
    )
    assert labels is not None
    for turn in labels.caller_turns():
        begins, ends = turn.start_s * 1000, (turn.end_s + APART_S - 1) * 1000
        sooner, later = (
            next((at for at in times(result, "end_of_turn") if begins <= at < ends), ends)
            for result in (sensitive, patient)
        )
        assert sooner <= later
    for quick, slow in zip(sensitive.measured.turns, patient.measured.turns, strict=True):
        assert quick.cut_in or not slow.cut_in


@given(tracks(), configs, agents())
def test_silent_never_fills_whatever_else_is_set(
    track: list[Speech], config: dict[str, Any], agent: Scenario
) -> None:
    for said in (agent, scenario(skip=True)):
        assert not times(play_track(track, {**config, "filler_style": "silent"}, agent=said), "filler_start")


@settings(max_examples=settings().max_examples // 2)
@given(configs, st.integers(0, 5))
def test_bundled_calls_repeat_bit_for_bit_and_hold_the_same_invariants(
    bundled: list[tuple[Recording, Activity]], config: dict[str, Any], seed: int
) -> None:
    arm = Arm("arm", parse(config))
    profile = fixed_profile()
    for recording, activity in bundled:
        first = run(recording, activity, arm, profile, seed=seed)
        again = run(recording, activity, arm, profile, seed=seed)
        assert [event.to_json() for event in first.played.events] == [
            event.to_json() for event in again.played.events
        ]
        assert all(b.end_ms <= a.start_ms for b, a in pairwise(first.measured.sounds))
        places = first.played.placements
        assert all(
            before.end_ms + before.shift_ms <= after.start_ms + after.shift_ms for before, after in pairwise(places)
        )
        for outcome in first.measured.turns:
            if outcome.stages_ms:
                assert sum(outcome.stages_ms.values()) == outcome.response_ms


@given(tracks(), st.lists(st.tuples(st.integers(0, 900), st.integers(1, 300)), min_size=1, max_size=4), st.data())
def test_a_higher_minimum_never_adds_a_barge_in_in_scripted_replay(
    track: list[Speech], windows: list[tuple[int, int]], data: st.DataObject
) -> None:
    low = data.draw(st.floats(0, 2))
    high = data.draw(st.floats(low, 3))
    cooldown_s = data.draw(st.sampled_from([0.0, 1.5, 4.0]))
    spoken = [(start * 0.032, (start + length) * 0.032) for start, length in windows]
    labels = Labels.model_validate({"agent": spoken})

    def struck(minimum_s: float) -> list[int]:
        """Return the windows with a barge-in."""
        config: dict[str, object] = {"barge_in_min_speech_s": minimum_s, "barge_in_cooldown_s": cooldown_s}
        events = play_track(track, config, labels=labels, mode="scripted").played.events
        found = [event.turn for event in events if event.type == "barge_in"]
        assert len(found) == len(set(found)), "two barge-ins into one window"
        return found

    few, many = struck(high), struck(low)
    assert len(few) <= len(many)
    if not cooldown_s:
        assert set(few) <= set(many)


laughs = st.lists(st.lists(st.tuples(st.integers(3, 30), st.sampled_from([-9.0, 9.0, None]))), min_size=1)
"""Laughter scores of consecutive spans, each with its frames after the start. ``None``: it is over."""


def _with_laughter(track: list[Speech], scores: list[list[tuple[int, float | None]]]) -> tuple[Observation, ...]:
    seen = list(observations(track))
    for span, speech in enumerate(track):
        for after, score_db in scores[span % len(scores)]:
            if speech.start + after < speech.end:
                about = ((speech.start + after) * FRAME_MS, speech.start * FRAME_MS, span)
                seen.append(LaughterOver(*about) if score_db is None else Laughter(*about, score_db))
    return tuple(sorted(seen, key=lambda one: one.known_ms))


@given(calls(), laughs, configs, configs, agents(), profiles, st.booleans())
def test_a_rehearsal_under_many_settings_measures_what_single_runs_do(
    call: Call,
    scores: list[list[tuple[int, float | None]]],
    one: dict[str, Any],
    other: dict[str, Any],
    agent: Scenario,
    profile: EngineProfile,
    by_name: bool,
) -> None:
    recording, activity = recording_of(call[1], agent), activity_of(_with_laughter(call[0], scores))
    names = {"response_ms", "cut_ins", "dead_air_s", "stops_against_advice"} if by_name else None
    rehearsal = Rehearsal(recording, activity, profile, names=names)
    for config in (one, other, one):
        arm = Arm("arm", parse(config))
        measured = run(recording, activity, arm, profile).measured
        every = {**measured.times, **measured.counts, **measured.seconds}
        assert rehearsal.values(arm.resolved) == {
            name: value for name, value in every.items() if names is None or name in names
        }
