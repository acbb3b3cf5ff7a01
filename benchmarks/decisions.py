"""How long stages 2 and 3 take: ``uv run python -m benchmarks.decisions``.

Times are CPU times, which other programs hardly affect.
"""

from __future__ import annotations

import statistics
import time
from dataclasses import replace

from presets.config import VoiceConfig
from presets.library import builtin_presets
from simulator.activity.cache import cached_analysis
from simulator.activity.end_of_turn import end_of_turn_model
from simulator.activity.model import Activity, Laughter, Observation, SpeechEnd
from simulator.engine.profile import default_profile
from simulator.measures.comparison import compare
from simulator.recording import Recording, bundled_folder, find_audio, open_recording
from simulator.replay import play
from simulator.study import Arm, run

ROUNDS = 50
POINTS = 1000


def bundled_analysed() -> list[tuple[Recording, Activity]]:
    """Return the bundled recordings with their analyses."""
    model = end_of_turn_model()
    opened = [open_recording(path) for path in find_audio([bundled_folder()])]
    return [(recording, cached_analysis(recording.source, model)) for recording in opened]


def main() -> None:
    """Print the figures."""
    analysed = bundled_analysed()
    arms = [Arm(name, preset.config) for name, preset in builtin_presets().items()]
    _one_arm(analysed, arms)
    _sweep(*max(analysed, key=lambda pair: pair[1].duration_ms))
    _growth(*analysed[0])
    _comparison(analysed, arms)


def _one_arm(analysed: list[tuple[Recording, Activity]], arms: list[Arm]) -> None:
    profile = default_profile()
    decide, all_of_it = [], []
    for recording, activity in analysed:
        per_minute = 60_000 / activity.duration_ms
        for arm in arms:
            run(recording, activity, arm, profile)
            for _ in range(ROUNDS):
                started = time.process_time()
                play(recording, activity, arm.resolved, profile)
                decided = time.process_time()
                run(recording, activity, arm, profile)
                decide.append((decided - started) * per_minute)
                all_of_it.append((time.process_time() - decided) * per_minute)
    print(f"decisions, 60 s of call, one arm          {_ms(decide)}")
    print(f"decisions and readouts, same              {_ms(all_of_it)}")


def _sweep(recording: Recording, activity: Activity) -> None:
    """Time a thousand different configurations."""
    profile = default_profile()
    arms = [
        Arm(
            str(point),
            VoiceConfig(
                max_buffer_delay_ms=200 + point % 25 * 30,
                eager_eot_threshold=round(point // 25 / 40, 3),
                backchannel_delay_ms=200 + point,
                eot_timeout_ms=2000 + 3 * point,
            ),
        ).resolved
        for point in range(POINTS)
    ]
    started = time.process_time()
    for config in arms:
        play(recording, activity, config, profile)
    took = (time.process_time() - started) * 60_000 / activity.duration_ms
    print(f"sweep of {POINTS:,} configurations over 60 s      {took:.2f} s")


def _growth(recording: Recording, activity: Activity) -> None:
    """Time a call and sixty repetitions of it: the time per event should stay the same."""
    rigid = replace(recording, labels=None)
    spans = len(activity.spans)
    config, profile = Arm("balanced", VoiceConfig()).resolved, default_profile()
    for times in (1, 60):
        seen: list[Observation] = []
        for repeat in range(times):
            moved = (shifted(one, repeat * activity.duration_ms) for one in activity.observations)
            seen += [replace(one, span=one.span + repeat * spans) for one in moved]
        longer = replace(activity, observations=tuple(seen), duration_ms=times * activity.duration_ms)
        rounds = []
        for _ in range(5):
            started = time.process_time()
            events = len(play(rigid, longer, config, profile).events)
            rounds.append((time.process_time() - started) / events)
        print(f"rigid, {events:>6,} events                     {min(rounds) * 1e6:.1f} µs an event")


def _comparison(analysed: list[tuple[Recording, Activity]], arms: list[Arm]) -> None:
    runs = {
        (recording.id, arm.name): run(recording, activity, arm, default_profile()).measured
        for recording, activity in analysed
        for arm in arms
    }
    names, ids = [arm.name for arm in arms], [recording.id for recording, _ in analysed]
    compare(runs, ids, names, names[0])
    took = []
    for _ in range(ROUNDS):
        started = time.process_time()
        compare(runs, ids, names, names[0])
        took.append(time.process_time() - started)
    print(f"comparison of {len(names)} arms over {len(ids)} recordings    {_ms(took)}")


def _ms(seconds: list[float]) -> str:
    ranked = sorted(seconds)
    return (
        f"median {statistics.median(ranked) * 1000:6.2f} ms, p95 {ranked[int(0.95 * len(ranked))] * 1000:6.2f} ms"
    )


def shifted(seen: Observation, shift_ms: int) -> Observation:
    """Return an observation shifted ``shift_ms`` later."""
    if not shift_ms:
        return seen
    known_ms = seen.known_ms + shift_ms
    if isinstance(seen, SpeechEnd):
        return SpeechEnd(known_ms, seen.end_ms + shift_ms, seen.span, seen.completeness, seen.evidence)
    if isinstance(seen, Laughter):
        return Laughter(known_ms, seen.start_ms + shift_ms, seen.span, seen.score_db)
    return type(seen)(known_ms, seen.start_ms + shift_ms, seen.span)


if __name__ == "__main__":
    main()
