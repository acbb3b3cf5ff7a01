"""A live call whose pauses are judged elsewhere: equal events for any judging time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Executor, Future
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from base.samples import Samples
from presets.config import parse
from presets.layers import ResolvedVoiceConfig
from simulator.activity.analyzer import Analyzer
from simulator.activity.model import FRAME_MS, FRAME_SAMPLES, Judgement
from simulator.engine.events import Event
from simulator.engine.machine import TurnMachine
from simulator.engine.profile import default_profile
from simulator.engine.scenario import Script, default_scenario
from simulator.live_call import AsyncLiveCall, LiveCall
from simulator.study import Arm
from tests.simulator.tracks import fixed_profile

HEARD = {"end_of_turn", "filler_start", "filler_end", "response_start", "response_end", "barge_in"}

CONFIGS: Sequence[dict[str, Any]] = (
    {},
    {"eager_eot_threshold": 0.9},
    {"eager_eot_threshold": 0.5, "eot_timeout_ms": 500},
    {"barge_in_min_speech_s": 0.1, "barge_in_cooldown_s": 0.0, "filler_style": "backchannel"},
)


class WrittenVoice:
    """Uses a frame's first sample as the probability of speech."""

    def push(self, frames: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the probabilities, float32 ``[n]``."""
        return frames[:, 0].copy()


class WrittenEnding:
    """Uses a frame's second sample as the completeness of the ending."""

    name = "written"
    window_s = 8
    most_completeness = 1.0

    def judge(self, heard: Samples, silence_ms: int) -> Judgement:
        """Return the completeness of the last frame."""
        assert silence_ms > 0
        return Judgement(float(heard[1 - FRAME_SAMPLES]))


class SlowWorkers(Executor):
    """Workers that finish each job only after a given number of checks."""

    def __init__(self, patience: Sequence[int]) -> None:
        self._patience = list(patience)
        self.waited_for = 0

    def submit(self, job: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Return a job's outcome, which is available at once to a caller that waits."""
        workers, left = self, self._patience.pop(0) if self._patience else 0

        class Slow(Future[Any]):
            def done(self) -> bool:
                nonlocal left
                left -= 1
                return left < 0

            def result(self, timeout: float | None = None) -> Any:
                assert timeout is None
                workers.waited_for += left >= 0
                return job(*args, **kwargs)

        return Slow()


def frames_of(spans: Sequence[tuple[int, int, float]]) -> NDArray[np.float32]:
    """Return frames for spans of speech and silence, in frames, with the speech's completeness."""
    frames: list[NDArray[np.float32]] = []
    for spoken, silent, finished in spans:
        for number in range(spoken + silent):
            frame = np.zeros(FRAME_SAMPLES, np.float32)
            frame[0], frame[1] = (1.0 if number < spoken else 0.0), finished
            frames.append(frame)
    return np.array(frames, np.float32)


def resolved(fields: dict[str, Any]) -> ResolvedVoiceConfig:
    return Arm("arm", parse(fields)).resolved


def machine_of(fields: dict[str, Any], role: str = "sensitivity") -> TurnMachine:
    profile = default_profile() if role == "sensitivity" else fixed_profile(eager_role=role, eot_head_start_s=0.7)
    return TurnMachine(resolved(fields), profile, Script(default_scenario()), recording="call", seed=1)


def analyzer() -> Analyzer:
    return Analyzer(WrittenEnding(), voice=WrittenVoice())


def told_of(call: LiveCall, frames: NDArray[np.float32], change: tuple[int, dict[str, Any]]) -> list[Event]:
    """Push frames, with other settings from one of them on. Return all events, which arrive in time."""
    told: list[Event] = []
    for number, frame in enumerate(frames):
        if number == change[0]:
            call.config = resolved(change[1])
        from_ms = call.now_ms + FRAME_MS
        fresh = call.push(frame)
        assert all(event.t_ms >= from_ms for event in fresh if event.type in HEARD)
        told += fresh
    return told + call.finish()


spoken = st.tuples(
    st.integers(2, 8) | st.integers(2, 60),
    st.integers(7, 20) | st.integers(7, 120),
    st.sampled_from((0.0, 0.15, 0.3, 0.65, 1.0)),
)


@given(
    st.lists(spoken, min_size=3, max_size=10),
    st.sampled_from(CONFIGS),
    st.tuples(st.integers(0, 800), st.sampled_from(CONFIGS)),
    st.lists(st.sampled_from((0, 2, 40)), min_size=10, max_size=10),
    st.sampled_from(("sensitivity", "head_start")),
)
def test_events_do_not_depend_on_judging_time(
    spans: list[tuple[int, int, float]],
    fields: dict[str, Any],
    change: tuple[int, dict[str, Any]],
    patience: list[int],
    role: str,
) -> None:
    frames = frames_of(spans)
    at_once = told_of(LiveCall(analyzer(), machine_of(fields, role)), frames, change)
    aside = told_of(AsyncLiveCall(analyzer(), machine_of(fields, role), SlowWorkers(patience)), frames, change)
    assert [event.to_json() for event in aside] == [event.to_json() for event in at_once]


@pytest.mark.parametrize("finished", [0.0, 0.3, 1.0])
def test_frames_continue_while_a_pause_is_judged(finished: float) -> None:
    workers = SlowWorkers([6])
    call = AsyncLiveCall(analyzer(), machine_of({"eager_eot_threshold": 0.9}, "head_start"), workers)
    for frame in frames_of([(30, 13, finished)]):
        told = call.push(frame)
    assert workers.waited_for == 0
    assert [event.type for event in told][:1] == ["speech_end"]
    assert told[0].t_ms == 30 * 32 + 7 * 32


def test_a_turn_that_could_end_at_once_is_waited_for() -> None:
    workers = SlowWorkers([1_000])
    call = AsyncLiveCall(analyzer(), machine_of({"eager_eot_threshold": 0.8}), workers)
    told = [event for frame in frames_of([(30, 40, 1.0)]) for event in call.push(frame)]
    assert workers.waited_for == 1
    (ended,) = (event for event in told if event.type == "end_of_turn")
    assert ended.t_ms < 30 * 32 + 500


def test_an_error_of_the_model_ends_the_call() -> None:
    class Broken(WrittenEnding):
        def judge(self, heard: Samples, silence_ms: int) -> Judgement:
            raise RuntimeError(f"the model is broken, {len(heard)} samples, {silence_ms} ms")

    call = AsyncLiveCall(Analyzer(Broken(), voice=WrittenVoice()), machine_of({}), SlowWorkers([2]))
    with pytest.raises(RuntimeError, match="broken"):
        told_of(call, frames_of([(30, 40, 1.0)]), (0, {}))


def test_a_long_call_keeps_no_reported_events() -> None:
    machine = machine_of({"eot_timeout_ms": 500})
    call = AsyncLiveCall(analyzer(), machine, None)
    told = told_of(call, frames_of([(30, 200, 1.0)] * 5), (0, {}))
    assert sum(event.type == "response_start" for event in told) >= 3
    assert machine.events == []
    assert len(machine.sounds) <= 1
