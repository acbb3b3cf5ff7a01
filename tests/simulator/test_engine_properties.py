"""What holds for every caller and every configuration."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from presets.config import parse
from simulator.activity.model import Activity
from simulator.recording import Recording
from simulator.study import Arm, Run, run
from tests.simulator.tracks import Speech, fixed_profile, observations, play_track, scenario, times

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
        "post_eot_pause_ms": st.integers(0, 1500),
        "max_response_sentences": st.integers(1, 3),
        "max_response_words": st.integers(1, 40),
        "barge_in_min_speech_s": st.floats(0, 2),
        "barge_in_cooldown_s": st.floats(0, 5),
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
        speeches.append(Speech(at, at + length, draw(st.floats(0, 1)), lulls))
        at += length + draw(st.integers(7, 300))
    return speeches


@given(tracks(), configs, st.integers(0, 20_000))
def test_nothing_is_decided_on_what_came_later(track: list[Speech], config: dict[str, Any], cut_ms: int) -> None:
    seen = observations(track)
    whole = play_track(seen, config)
    known = tuple(one for one in seen if one.known_ms <= cut_ms)
    cut = play_track(known, config)
    assert _until(whole, cut_ms) == _until(cut, cut_ms)


def _until(result: Run, t_ms: int) -> list[dict[str, Any]]:
    """Return what happened up to a moment; how long a sound was *planned* to last may change later."""
    return [event.to_json() for event in result.played.events if event.t_ms <= t_ms]


@given(tracks(), configs)
def test_the_agent_never_overlaps_itself_and_never_speaks_uncalled(
    track: list[Speech], config: dict[str, Any]
) -> None:
    result = play_track(track, config)
    sounds = result.measured.sounds
    assert all(before.end_ms <= after.start_ms for before, after in pairwise(sounds))
    confirmed = times(result, "end_of_turn")
    for sound in sounds:
        assert any(t_ms <= sound.start_ms for t_ms in confirmed)
    assert not sounds or confirmed[0] <= sounds[0].start_ms


@given(tracks(), configs)
def test_the_stage_split_adds_up_to_the_millisecond(track: list[Speech], config: dict[str, Any]) -> None:
    result = play_track(track, config, profile=None)
    for outcome in result.measured.turns:
        if outcome.response_ms is not None:
            assert outcome.stages_ms is not None
            assert sum(outcome.stages_ms.values()) == outcome.response_ms
            assert all(part >= 0 for part in outcome.stages_ms.values())


@given(tracks(), configs)
def test_every_answer_begun_is_heard_discarded_or_under_way_and_one_at_a_time(
    track: list[Speech], config: dict[str, Any]
) -> None:
    events = play_track(track, config).played.events
    alive: int | None = None
    for event in events:
        number = event.data.get("generation")
        if event.type in ("eager_end_of_turn", "end_of_turn"):
            assert alive in (None, number)
            alive = number
        if event.data.get("discarded") is not None:
            assert event.data["discarded"] == alive
            alive = None
        if event.type == "response_start":
            assert number == alive
            alive = None
    assert alive is None


@given(tracks(), configs)
def test_events_come_in_order_and_no_speech_is_lost(track: list[Speech], config: dict[str, Any]) -> None:
    result = play_track(track, config)
    stamps = [event.t_ms for event in result.played.events]
    assert stamps == sorted(stamps)
    spoken = [event.data["span"] for event in result.played.events if event.type == "speech_start"]
    ended = [event.data["span"] for event in result.played.events if event.type == "speech_end"]
    assert spoken == ended == list(range(len(track)))


@given(tracks(), st.integers(200, 1000), st.integers(0, 800))
def test_a_smaller_buffer_never_delays_the_first_answer(track: list[Speech], large: int, less: int) -> None:
    small = max(200, large - less)
    quick = times(play_track(track, {"max_buffer_delay_ms": small}), "response_start")
    slow = times(play_track(track, {"max_buffer_delay_ms": large}), "response_start")
    assert not slow or quick[0] <= slow[0]


@given(tracks(), configs)
def test_silent_never_fills_whatever_else_is_set(track: list[Speech], config: dict[str, Any]) -> None:
    for agent in (scenario(), scenario(skip=True)):
        assert not times(play_track(track, {**config, "filler_style": "silent"}, agent=agent), "filler_start")


@settings(max_examples=25)
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
