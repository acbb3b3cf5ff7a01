"""The agent's own audio leaking back: its effects, and their limits."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf

from presets.config import parse
from presets.library import preset
from simulator.activity.analyzer import analyze
from simulator.activity.end_of_turn import SilenceOnly
from simulator.activity.model import FRAME_MS, Activity
from simulator.audio.what_if import WhatIf
from simulator.echo.play import Echo, EchoPath
from simulator.engine.profile import default_profile
from simulator.engine.sound import AgentSound, Piece
from simulator.recording import Recording, bundled_folder, open_recording
from simulator.replay import ReplayMode
from simulator.study import Arm, EchoStudy, Run, run

UNHEARD_DB = 300.0
"""So quiet that no sample changes."""


@cache
def analysed(name: str) -> tuple[Recording, Activity]:
    recording = open_recording(bundled_folder() / f"{name}.flac")
    return recording, analyze(recording.source, SilenceOnly())


def simulated(
    name: str, loss_db: float | None, mode: ReplayMode | None = None, delay_ms: int = 100, config: str = "balanced"
) -> Run:
    recording, activity = analysed(name)
    echo = None if loss_db is None else EchoStudy(Echo(loss_db, delay_ms), SilenceOnly())
    return run(
        recording, activity, Arm(config, preset(config).config), default_profile(), mode=mode, echo=echo, seed=5
    )


def told(result: Run) -> list[tuple[str, int]]:
    return [(event.type, event.t_ms) for event in result.played.events]


@pytest.mark.parametrize(
    ("name", "mode"), [pytest.param("interruptions", "rigid", marks=pytest.mark.slow), ("backchannels", "scripted")]
)
def test_an_inaudible_echo_changes_nothing(name: str, mode: ReplayMode) -> None:
    without, unheard = simulated(name, None, mode), simulated(name, UNHEARD_DB, mode)
    assert [event.to_json() for event in unheard.played.events] == [
        event.to_json() for event in without.played.events
    ]
    assert (unheard.played.duration_ms, unheard.played.placements) == (
        without.played.duration_ms,
        without.played.placements,
    )
    assert unheard.measured == without.measured


@pytest.mark.slow
@pytest.mark.parametrize("name", ["interruptions", "booking"])
def test_an_unheard_echo_leaves_an_elastic_call_as_it_is_to_within_a_few_frames(name: str) -> None:
    without, unheard = told(simulated(name, None)), told(simulated(name, UNHEARD_DB))
    assert [kind for kind, _ in unheard] == [kind for kind, _ in without]
    # moves start a few frames earlier or later, and the detector hears room tone where it heard other moves
    assert all(abs(a - b) <= 40 * FRAME_MS for (_, a), (_, b) in zip(unheard, without, strict=True))


def test_a_loud_echo_makes_the_agent_interrupt_itself_and_a_quiet_one_does_not() -> None:
    quiet, loud = (simulated("thinking", loss_db, "scripted") for loss_db in (40.0, 6.0))
    assert quiet.measured.counts["false_barge_ins"].count == 0
    assert loud.measured.counts["false_barge_ins"].count == len(analysed("thinking")[0].labels.agent)  # type: ignore[union-attr]
    first = next(event for event in loud.played.events if event.type == "barge_in")
    start_s = analysed("thinking")[0].labels.agent[0][0]  # type: ignore[union-attr]
    assert first.t_ms / 1000 > start_s + 0.1 + 0.8 - FRAME_MS / 1000  # the delay, and the speech the rule wants


@pytest.mark.slow
def test_an_agent_that_answers_its_own_echo_comes_to_an_end() -> None:
    result = simulated("coughs", 0.0)
    waits = [event.facts()["waited_s"] for event in result.played.events if event.type == "missed_response"]
    assert waits
    assert max(waits) < 30.1
    moves = analysed("coughs")[0].labels.moves  # type: ignore[union-attr]
    assert len(result.played.placements) == len(moves)
    starts = [place.start_ms + place.shift_ms for place in result.played.placements]
    ends = [place.end_ms + place.shift_ms for place in result.played.placements]
    assert all(end <= start for end, start in zip(ends, starts[1:], strict=False))


@pytest.mark.slow
def test_a_call_with_echo_repeats_and_arms_do_not_touch_each_other() -> None:
    first = simulated("backchannels", 15.0, "scripted")
    simulated("backchannels", 15.0, "scripted", config="quality")
    assert told(simulated("backchannels", 15.0, "scripted")) == told(first)


@pytest.mark.slow
def test_nothing_is_known_of_audio_to_come(tmp_path: Path) -> None:
    recording, activity = analysed("backchannels")
    samples, rate = sf.read(recording.source.path, dtype="float32")
    cut_ms = 20_000
    sf.write(tmp_path / "cut.flac", samples[: cut_ms * rate // 1000], rate)
    short = open_recording(tmp_path / "cut.flac")
    short = replace(short, id=recording.id, scenario=recording.scenario)
    whole = replace(recording, labels=None)
    arm, echo = Arm("arm", parse({"barge_in_min_speech_s": 0.3})), EchoStudy(Echo(12.0), SilenceOnly())
    found = [
        [(event.type, event.t_ms) for event in run(one, seen, arm, default_profile(), echo=echo).played.events]
        for one, seen in ((whole, activity), (short, analyze(short.source, SilenceOnly())))
    ]
    before = [[event for event in events if event[1] < cut_ms - 100] for events in found]
    assert before[0] == before[1]
    assert any(kind == "barge_in" for kind, _ in before[0])


def sound(start_ms: int, end_ms: int) -> AgentSound:
    return AgentSound("response", [Piece(start_ms, end_ms, ("Hello", "there"), start_ms)], 0, 0)


def heard(leak: EchoPath, from_ms: int, to_ms: int, noted: AgentSound, stop_ms: int | None = None) -> np.ndarray:
    frames = []
    for now_ms in range(0, to_ms, FRAME_MS):
        if stop_ms is not None and now_ms >= stop_ms and not noted.stopped:
            noted.stop(stop_ms)
        leak.note(noted if noted.start_ms < now_ms + FRAME_MS and now_ms < noted.end_ms else None)
        frames.append(leak.frame(now_ms))
    return np.concatenate(frames)[from_ms * 16 :]


@pytest.mark.parametrize("delay_ms", [0, 37, 100, 1500])
def test_the_echo_is_the_agent_with_loss_and_delay(delay_ms: int) -> None:
    recording, _ = analysed("coughs")
    back = heard(EchoPath(Echo(20.0, delay_ms), recording), 0, 12_000, sound(1013, 9000))
    loud = np.flatnonzero(np.abs(back) > 1e-4)
    assert 1013 + delay_ms <= loud[0] / 16 <= 1013 + delay_ms + 30
    assert 9000 + delay_ms - 500 <= loud[-1] / 16 <= 9000 + delay_ms
    spoken = back[(1013 + delay_ms) * 16 : (9000 + delay_ms) * 16]
    frames = np.mean(spoken[: len(spoken) // 512 * 512].reshape(-1, 512) ** 2, axis=1)
    active = 10 * np.log10(frames[frames > frames.max() / 1000].mean())
    assert active == pytest.approx(-26.0 - 20.0, abs=1.5)
    straight = heard(EchoPath(Echo(0.0, 0), recording), 0, 12_000, sound(1013, 9000))
    shifted = np.concatenate([np.zeros(delay_ms * 16, np.float32), straight])[: len(back)]
    assert np.allclose(back, shifted * np.float32(0.1), atol=1e-7)


def test_a_stopped_sound_has_no_further_echo() -> None:
    recording, _ = analysed("coughs")
    back = heard(EchoPath(Echo(6.0, 200), recording), 0, 8000, sound(1000, 7000), stop_ms=3000)
    assert np.abs(back[2500 * 16 : 3200 * 16]).max() > 1e-3
    assert not back[3200 * 16 :].any()


def test_over_a_telephone_the_echo_is_narrow_too() -> None:
    recording, _ = analysed("coughs")
    phone = replace(recording, source=replace(recording.source, what_if=WhatIf(telephone=True)))
    wide, narrow = (heard(EchoPath(Echo(0.0, 0), one), 0, 8000, sound(0, 8000)) for one in (recording, phone))

    def high(samples: np.ndarray) -> float:
        power = np.abs(np.fft.rfft(samples)) ** 2
        return float(power[len(power) // 2 :].sum() / power.sum())

    assert high(wide) > 20 * high(narrow)
