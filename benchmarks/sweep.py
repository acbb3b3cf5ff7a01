"""How long sweeps take, and whether they find the known best setting: ``python -m benchmarks.sweep``.

``speed CALLS SETTINGS [WORKERS]`` sweeps over copies of the bundled recordings, each with its own latencies and
caller. ``truth [SEEDS]`` enumerates a grid of 84 settings on 84 such calls, sweeps over 42 others with a third of
the grid as its budget, and compares the choice with the best of the grid on the confirming callers.
"""

from __future__ import annotations

import resource
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from itertools import product

import numpy as np

from benchmarks.decisions import bundled_analysed
from presets.config import VoiceConfig
from presets.library import builtin_presets
from simulator.engine.profile import load_profile
from simulator.executors import open_executor
from simulator.sweep.batches import Workers
from simulator.sweep.facts import Resampled, points, readouts_of
from simulator.sweep.goals import goal_of, load_goal
from simulator.sweep.plan import SweepCall, SweepPlan, plan_of, sweep_call
from simulator.sweep.run import run
from simulator.sweep.space import parse_range

GRID = {
    "eager_eot_threshold": (None, 0.1, 0.25, 0.4, 0.55, 0.7, 0.85),
    "max_buffer_delay_ms": (200, 350, 500, 800),
    "filler_style": ("backchannel", "phrase", "silent"),
}


def calls_of(count: int) -> list[SweepCall]:
    """Return ``count`` calls: the bundled recordings repeated, each copy with its own draws and caller."""
    analysed = bundled_analysed()
    found = []
    for number in range(count):
        recording, activity = analysed[number % len(analysed)]
        copy = replace(recording, id=f"call-{number:04d}")
        found.append(sweep_call(copy, replace(activity, sound=f"{activity.sound} {number}"), f"caller {number}"))
    return found


def speed(count: int, settings: int, workers: int) -> None:
    """Print how long a sweep over every field takes."""
    calls = calls_of(count)
    minutes = sum(call.activity.duration_ms for call in calls) / 60_000
    goal = load_goal("quick").with_limits(["cut_ins<=10%"])
    plan = plan_of(goal, [], VoiceConfig(), (), builtin_presets(), load_profile("default"), budget=settings)
    started_s, cpu_s = time.perf_counter(), time.process_time()
    with open_executor(workers) as executor:
        result = run(plan, calls, executor)
    whole_s, here_s = time.perf_counter() - started_s, time.process_time() - cpu_s
    dropped = sum(one.dropped for one in result.settings)
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"{count} calls, {minutes:.0f} min × {settings} settings, {workers} workers: {whole_s:.1f} s;"
        f" decisions {result.timing['decision_s']:.1f} s, this process {here_s:.1f} s of a core, {peak_mb:.0f} MB;"
        f" {dropped} of {len(result.settings)} dropped by racing"
    )
    print(result.verdict)


def truth(seeds: Sequence[int]) -> None:
    """Print how close the confirmed choice comes to the best of an enumerated grid."""
    every = calls_of(126)
    calls, others = every[:42], every[42:]
    for seed in seeds:
        plan = grid_plan(seed)
        with open_executor(1) as executor:
            result = run(plan, calls, executor)
            places = [number for number, call in enumerate(calls) if call.id in result.confirmed_on]
            names = [one.field.name for one in plan.space.dimensions]
            grid = [
                plan.space.config(dict(zip(names, values, strict=True)))
                for values in product(*(one.values for one in plan.space.dimensions))
            ]
            rows = Workers(plan, calls, executor, lambda: False).facts(grid, places)
            known = Workers(plan, others, executor, lambda: False).facts(grid, range(len(others)))
        resampled = Resampled([calls[place].caller for place in places])
        totals = [points(plan.goal.terms, readouts_of(row), len(row)) for row in known]
        best = int(np.argmin(totals))
        assert result.recommended is not None
        mine = grid.index(result.settings[result.recommended.index].config)
        apart = resampled.points(plan.goal.terms, rows[mine]) - resampled.points(plan.goal.terms, rows[best])
        low, high = np.quantile(apart, (0.025, 0.975))
        rank = sorted(totals).index(totals[mine]) + 1
        print(
            f"seed {seed}: {totals[mine]:.3f} points, best {totals[best]:.3f}, worst {max(totals):.3f};"
            f" apart [{low:.3f}, {high:.3f}], rank {rank} of {len(grid)}; {'within' if low <= 0 else 'NOT within'}"
        )


def grid_plan(seed: int) -> SweepPlan:
    """Return a plan on the grid, with a third of its settings as the budget."""
    ranges = [parse_range(name) for name in GRID]
    goal = goal_of(["response.p50", "cut_ins=0.05"])
    plan = plan_of(goal, ranges, VoiceConfig(), (), {}, load_profile("default"), budget=28, seed=seed)
    dimensions = tuple(replace(one, values=GRID[one.field.name]) for one in plan.space.dimensions)
    return replace(plan, space=replace(plan.space, dimensions=dimensions))


def main(given: Sequence[str]) -> None:
    """Run one of the two benchmarks."""
    if given[:1] == ["speed"]:
        count, settings, *workers = map(int, given[1:])
        speed(count, settings, workers[0] if workers else 2)
    else:
        truth(range(int(given[1]) if len(given) > 1 else 5))


if __name__ == "__main__":
    main(sys.argv[1:])
