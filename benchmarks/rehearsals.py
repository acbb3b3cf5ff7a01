"""The cost of a search through settings: ``uv run python -m benchmarks.rehearsals``.

Times are CPU times, which other programs hardly affect. Settings are drawn at random without repetition; calls are
the bundled recordings.
"""

from __future__ import annotations

import os
import pickle
import random
import resource
import time
from collections.abc import Callable
from functools import partial

from base.samples import SAMPLE_RATE
from benchmarks.processes import cpu_with_children_s
from presets.config import VoiceConfig
from presets.layers import Layer, ResolvedVoiceConfig, resolve
from simulator.activity.cache import cached_analysis
from simulator.activity.end_of_turn import end_of_turn_model
from simulator.engine.profile import default_profile
from simulator.executors import Shared, in_order, open_executor, share
from simulator.recording import bundled_folder, find_audio, open_recording
from simulator.replay import Replay
from simulator.sweep.plan import SweepCall, sweep_call
from simulator.sweep.rehearsal import Rehearsal

SETTINGS = 200
SEARCHED = frozenset({"response_ms", "cut_ins", "false_barge_ins", "dead_air_s"})
"""The readouts of a common goal with its limits."""

CALLS, CALL_MIN, TRIED = 100, 3, 1000
"""A sweep of common size: calls, minutes per call, and settings."""


def main() -> None:
    """Print the figures."""
    calls = [
        sweep_call(recording, cached_analysis(recording.source, end_of_turn_model()))
        for recording in map(open_recording, find_audio([bundled_folder()]))
    ]
    minutes = sum(call.activity.duration_ms for call in calls) / 60_000
    settings = _settings(SETTINGS)
    profile = default_profile()
    replays = [Replay(call.recording, call.activity, profile) for call in calls]
    _cost("decisions", minutes, lambda config: [one.play(config, brief=True) for one in replays], settings)
    for what, names in (("with four readouts", SEARCHED), ("with all readouts", None)):
        rehearsals = [Rehearsal(call.recording, call.activity, profile, names=names) for call in calls]
        ms = _cost(what, minutes, partial(_values, rehearsals), settings)
        whole_s = ms / 1000 * CALLS * CALL_MIN * TRIED
        print(f"  {CALLS} calls of {CALL_MIN} min, {TRIED:,} settings: {whole_s:.0f} s of the processor")
    _memory(rehearsals)
    _shared(calls, minutes)


def _settings(count: int) -> list[ResolvedVoiceConfig]:
    drawn = random.Random(1)
    return [
        resolve(
            Layer(
                str(number),
                VoiceConfig(
                    max_buffer_delay_ms=drawn.randrange(200, 1000),
                    eager_eot_threshold=round(drawn.random(), 3),
                    eot_timeout_ms=drawn.randrange(1000, 8000),
                    backchannel_delay_ms=drawn.randrange(100, 2000),
                    filler_cooldown_ms=drawn.randrange(0, 8000),
                    post_eot_pause_ms=drawn.randrange(0, 800),
                    barge_in_min_speech_s=round(drawn.uniform(0.1, 1.5), 2),
                    barge_in_cooldown_s=round(drawn.uniform(0, 5), 2),
                ),
            )
        )
        for number in range(count)
    ]


def _values(rehearsals: list[Rehearsal], config: ResolvedVoiceConfig) -> list[object]:
    return [one.values(config) for one in rehearsals]


def _cost(
    what: str, minutes: float, work: Callable[[ResolvedVoiceConfig], object], settings: list[ResolvedVoiceConfig]
) -> float:
    work(settings[0])
    started = time.process_time()
    for config in settings:
        work(config)
    ms = (time.process_time() - started) * 1000 / (minutes * len(settings))
    print(f"{what:<24} {ms:.3f} ms a minute of call and setting")
    return ms


def _memory(rehearsals: list[Rehearsal]) -> None:
    for count in (200, 2000):
        for config in _settings(count):
            _values(rehearsals, config)
        print(
            f"peak after {count:>5,} settings  {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB"
        )


def _batch(given: Shared[list[SweepCall]], settings: list[ResolvedVoiceConfig]) -> list[list[object]]:
    profile = default_profile()
    rehearsals = [Rehearsal(call.recording, call.activity, profile, names=SEARCHED) for call in given.value]
    return [_values(rehearsals, config) for config in settings]


def _shared(calls: list[SweepCall], minutes: float) -> None:
    """Measure the overhead of sharing the work, in CPU time of all processes and in bytes."""
    settings = _settings(1200)
    batches = [settings[first : first + 300] for first in range(0, len(settings), 300)]
    spent: dict[int, float] = {}
    for workers in (1, 2):
        with open_executor(workers) as executor:
            given = share(executor, calls)
            list(
                in_order(executor, partial(_batch, given), [settings[:2]] * workers * 2)
            )  # the workers have started
            before, started = cpu_with_children_s(os.getpid()), time.perf_counter()
            for call in in_order(executor, partial(_batch, given), batches):
                call.result()
            spent[workers] = cpu_with_children_s(os.getpid()) - before
            took_s = time.perf_counter() - started
        print(f"workers: {workers}  {spent[workers]:.2f} s of all processors, {took_s:.2f} s of the clock")
    print(f"efficiency at 2 workers  {spent[1] / spent[2]:.0%} (processor time alone over shared)")
    a_call = len(pickle.dumps(calls)) / minutes * CALL_MIN
    task = len(pickle.dumps(batches[0]))
    result = len(pickle.dumps(_batch(Shared(calls), batches[0][:20]))) / 20 / len(calls)
    audio = CALL_MIN * 60 * SAMPLE_RATE * 2
    print(
        f"a call of {CALL_MIN} min: {a_call / 1000:.0f} kB to each worker, once; its audio has {audio / 1e6:.1f} MB"
    )
    print(f"a batch of 300 settings  {task / 1000:.0f} kB there, {result:.0f} bytes a call and setting back")


if __name__ == "__main__":
    main()
