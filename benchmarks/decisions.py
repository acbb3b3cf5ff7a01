"""How long stages 2 and 3 take for one arm over 60 s of call: ``uv run python -m benchmarks.decisions``."""

from __future__ import annotations

import statistics
import time

from presets.library import builtin_presets
from simulator.activity.analyzer import completeness_model
from simulator.activity.cache import cached_analysis
from simulator.engine.profile_files import default_profile
from simulator.measures.comparison import compare
from simulator.recording import bundled_folder, find_audio, open_recording
from simulator.replay import play
from simulator.study import Arm, run

ROUNDS = 50


def main() -> None:
    """Print the figures."""
    model, profile = completeness_model(), default_profile()
    arms = [Arm(name, preset.config) for name, preset in builtin_presets().items()]
    opened = [open_recording(path) for path in find_audio([bundled_folder()])]
    analysed = [(recording, cached_analysis(recording.source, model)) for recording in opened]
    decide, all_of_it = [], []
    for recording, activity in analysed:
        per_minute = 60_000 / activity.duration_ms
        for arm in arms:
            run(recording, activity, arm, profile)
            for _ in range(ROUNDS):
                started = time.perf_counter()
                play(recording, activity, arm.resolved, profile)
                decided = time.perf_counter()
                run(recording, activity, arm, profile)
                decide.append((decided - started) * per_minute)
                all_of_it.append((time.perf_counter() - decided) * per_minute)
    print(f"decisions, 60 s of call, one arm        {_ms(decide)}")
    print(f"decisions and readouts, same            {_ms(all_of_it)}")
    runs = {
        (recording.id, arm.name): run(recording, activity, arm, profile).measured
        for recording, activity in analysed
        for arm in arms
    }
    names, ids = [arm.name for arm in arms], [recording.id for recording, _ in analysed]
    compare(runs, ids, names, names[0])
    took = []
    for _ in range(ROUNDS):
        started = time.perf_counter()
        compare(runs, ids, names, names[0])
        took.append(time.perf_counter() - started)
    print(f"comparison of 3 arms over {len(ids)} recordings  {_ms(took)}")


def _ms(seconds: list[float]) -> str:
    ranked = sorted(seconds)
    return (
        f"median {statistics.median(ranked) * 1000:6.2f} ms, p95 {ranked[int(0.95 * len(ranked))] * 1000:6.2f} ms"
    )


if __name__ == "__main__":
    main()
