"""A live call: the same events as the whole recording, and settings that change during the call."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from presets.config import VoiceConfig, parse
from presets.layers import ResolvedVoiceConfig
from presets.library import builtin_presets
from simulator.activity.analyzer import Analyzer, analyze
from simulator.activity.cache import from_bytes, to_bytes
from simulator.activity.end_of_turn import SilenceOnly, end_of_turn_model
from simulator.activity.model import FRAME_SAMPLES, Activity, SpeechStart
from simulator.audio.injecting import Injection
from simulator.audio.what_if import WhatIf
from simulator.engine.events import Event
from simulator.engine.machine import TurnMachine
from simulator.engine.profile import default_profile
from simulator.live_call import LiveCall
from simulator.recording import Recording, bundled_folder, find_audio, open_recording
from simulator.replay import play, script_of, scripted_machine
from simulator.study import Arm
from tests.simulator.tracks import Speech, activity_of, fixed_profile, observations, recording_of

RECORDINGS = find_audio([bundled_folder()])
FIRST_FRAMES = 400


def resolved(config: VoiceConfig) -> ResolvedVoiceConfig:
    return Arm("arm", config).resolved


def frames_of(recording: Recording) -> NDArray[np.float32]:
    """Return the whole recording as frames, the last padded with silence."""
    samples = recording.source.samples()
    return np.pad(samples, (0, -len(samples) % FRAME_SAMPLES)).reshape(-1, FRAME_SAMPLES)


@pytest.mark.parametrize(
    "number",
    [
        pytest.param(number, id=path.stem, marks=[] if path.stem == "booking" else pytest.mark.slow)
        for number, path in enumerate(RECORDINGS)
    ],
)
def test_frames_as_they_come_give_the_events_of_the_whole_recording(
    number: int, bundled: list[tuple[Recording, Activity]]
) -> None:
    """One recording to its end, the others only their beginning."""
    recording, activity = bundled[number]
    to_the_end = recording.id == "fast-talker"
    config = resolved(builtin_presets()["ultra_low_latency"].config)
    machine = TurnMachine(
        config, default_profile(), script_of(recording, activity), recording=activity.sound, seed=3
    )
    call = LiveCall(Analyzer(end_of_turn_model()), machine)
    told: list[Event] = []
    for frame in frames_of(recording)[: None if to_the_end else FIRST_FRAMES]:
        told += call.push(frame)
    if to_the_end:
        told += call.finish()
    whole = play(recording, activity, config, default_profile(), mode="rigid", seed=3).events
    assert [event.to_json() for event in told] == [event.to_json() for event in whole[: len(told)]]
    assert all(event.t_ms >= call.now_ms for event in whole[len(told) :])
    assert not to_the_end or len(told) == len(whole)
    assert sum(event.type == "end_of_turn" for event in told) > 0


@pytest.mark.slow
def test_a_laugh_is_known_alike_frame_by_frame_and_stops_nothing_unless_the_profile_has_it_so() -> None:
    laugh = WhatIf(injections=(Injection(5000, "laugh"),))
    recording = open_recording(bundled_folder() / "booking.flac", what_if=laugh)
    activity = from_bytes(to_bytes(analyze(recording.source, SilenceOnly())))
    assert activity is not None
    config = resolved(VoiceConfig())
    whole = play(recording, activity, config, default_profile(), mode="scripted").events
    machine = scripted_machine(recording, config, default_profile())
    call = LiveCall(Analyzer(SilenceOnly()), machine)
    told = [event for frame in frames_of(recording) for event in call.push(frame)] + call.finish()
    assert [event.to_json() for event in told] == [event.to_json() for event in whole]
    (held,) = [event for event in whole if event.type == "barge_in_suppressed"]
    assert held.facts()["reason"] == "laughter"
    assert "it sounds like laughter" in held.why.text()
    as_speech = play(recording, activity, config, fixed_profile(laughter_limit_db=0), mode="scripted").events
    assert [event.t_ms for event in as_speech if event.type == "barge_in"] == [held.t_ms]


def test_reported_events_never_change_later() -> None:
    recording = open_recording(RECORDINGS[0])
    machine = TurnMachine(
        resolved(VoiceConfig()), default_profile(), script_of(recording, activity_of(())), recording="call"
    )
    call = LiveCall(Analyzer(SilenceOnly()), machine)
    reported = 0
    for frame in frames_of(recording)[:800]:
        before = call.now_ms
        events = call.push(frame)
        assert all(before <= event.t_ms < call.now_ms + 32 for event in events)
        reported += len(events)
    assert reported


def test_a_changed_setting_holds_from_the_next_frame() -> None:
    track = observations([Speech(10, 100, 0.0), Speech(1000, 1100, 0.0)])
    recording = recording_of()
    slow, quick = resolved(parse({"eot_timeout_ms": 4000})), resolved(parse({"eot_timeout_ms": 500}))
    machine = TurnMachine(
        slow, fixed_profile(eot_half_life_s=50), script_of(recording, activity_of(track)), recording="call"
    )
    for seen in track:
        machine.observe(seen)
        if isinstance(seen, SpeechStart) and seen.span == 1:
            machine.config = quick
    machine.run_before(60_000)
    ends = [event for event in machine.events if event.type == "end_of_turn"]
    assert ends[0].t_ms == 100 * 32 + 4000
    assert ends[1].t_ms == 1100 * 32 + 500


def test_an_event_made_overdue_by_a_setting_happens_now() -> None:
    track = observations([Speech(10, 100, 0.0)])
    machine = TurnMachine(
        resolved(parse({"eot_timeout_ms": 4000})),
        fixed_profile(eot_half_life_s=50),
        script_of(recording_of(), activity_of(track)),
        recording="call",
    )
    for seen in track:
        machine.observe(seen)
    changed_ms = 100 * 32 + 1500
    machine.run_before(changed_ms)
    machine.config = resolved(parse({"eot_timeout_ms": 500}))
    machine.run_before(changed_ms + 32)
    (end,) = (event for event in machine.events if event.type == "end_of_turn")
    assert end.t_ms == changed_ms


def test_a_frame_of_another_length_is_refused() -> None:
    machine = TurnMachine(
        resolved(VoiceConfig()), default_profile(), script_of(recording_of(), activity_of(())), recording="call"
    )
    with pytest.raises(ValueError, match="512"):
        LiveCall(Analyzer(SilenceOnly()), machine).push(np.zeros(160, np.float32))
