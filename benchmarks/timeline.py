"""How long it takes to draw the timeline of two hours: ``uv run python -m benchmarks.timeline``.

A bundled recording is repeated for two hours and decided in two arms. The benchmark draws all of it, then zooms in
step by step and pans a little each time: the widget's whole work, from the scene to strips of text. While a slider
is held, each step is a new scene; this is measured with a call of 40 minutes, drawn as it opens.
"""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import numpy as np
from textual.app import App, ComposeResult

from benchmarks.decisions import shifted
from presets.library import preset
from simulator.activity.cache import cached_analysis
from simulator.activity.end_of_turn import end_of_turn_model
from simulator.activity.model import Activity
from simulator.engine.profile import default_profile
from simulator.recording import bundled_folder, open_recording
from simulator.study import Arm, run
from tui.tune.bench import AnalysedRecording
from tui.tune.scene import Scene, make_scene
from tui.widgets.timeline import Timeline

HOURS = 2
SHORTER_HOURS = 2 / 3
CLOSER = 21
"""Zoom steps from all of it to the closest view."""
ROUNDS = 3
"""How often each view is panned."""
SIZES = (((120, 10), "120 x 40", 2.0), ((200, 20), "200 x 60", 5.0))
"""The timeline's size on a screen, the screen's size, and the budget in ms."""


class _TimelineApp(App[None]):
    def compose(self) -> ComposeResult:
        yield Timeline()


def main() -> None:
    """Print the figures."""
    scene = long_scene(HOURS)
    shorter = long_scene(SHORTER_HOURS)
    for size, screen, budget_ms in SIZES:
        for what, times in (
            (f"timeline of {HOURS} h redrawn", asyncio.run(_time(scene, size))),
            ("a new scene of 40 min", asyncio.run(_time_scenes(shorter, size))),
        ):
            median = statistics.median(times) * 1000
            p95 = sorted(times)[int(len(times) * 0.95)] * 1000
            met = "met" if median < budget_ms else "NOT met"
            print(f"{what}, {screen}: p50 {median:.2f} ms, p95 {p95:.2f} ms (under {budget_ms:g}: {met})")


def long_scene(hours: float) -> Scene:
    """Return a scene of some hours with two arms."""
    recording = open_recording(bundled_folder() / "thinking.flac")
    activity = cached_analysis(recording.source, end_of_turn_model())
    times = round(hours * 3_600_000 / activity.duration_ms)
    analysed = AnalysedRecording("long", replace(recording, labels=None), _repeated(activity, times))
    arms = (Arm("A", preset("ultra_low_latency").config), Arm("B", preset("balanced").config))
    profile = default_profile()
    return make_scene(
        analysed,
        [run(analysed.recording, analysed.activity, arm, profile) for arm in arms],
        profile,
        arms[0].resolved,
    )


def _repeated(activity: Activity, times: int) -> Activity:
    spans = len(activity.spans)
    observations = [
        replace(moved, span=moved.span + number * spans)
        for number in range(times)
        for moved in (shifted(seen, number * activity.duration_ms) for seen in activity.observations)
    ]
    return replace(
        activity,
        duration_ms=activity.duration_ms * times,
        observations=tuple(observations),
        probability=np.tile(activity.probability, times),
        level_db=np.tile(activity.level_db, times),
        envelope=np.tile(activity.envelope, (times, 1)),
    )


@asynccontextmanager
async def _shown(scene: Scene, size: tuple[int, int]) -> AsyncIterator[Timeline]:
    app = _TimelineApp()
    async with app.run_test(size=size):
        timeline = app.query_one(Timeline)
        timeline.styles.height = size[1]
        timeline.show(scene)
        yield timeline


async def _time(scene: Scene, size: tuple[int, int]) -> list[float]:
    times = []
    async with _shown(scene, size) as timeline:
        timeline.zoom(-CLOSER)
        for _ in range(CLOSER + 1):
            for _ in range(ROUNDS):
                started = time.process_time()
                timeline.pan(0.01)
                times.append(time.process_time() - started)
            timeline.zoom(1)
    return times


async def _time_scenes(scene: Scene, size: tuple[int, int]) -> list[float]:
    times = []
    async with _shown(scene, size) as timeline:
        for _ in range(20):
            new = replace(scene)
            started = time.process_time()
            timeline.show(new)
            times.append(time.process_time() - started)
    return times


if __name__ == "__main__":
    main()
