"""The time from a slider's step to the new readouts and timeline.

Run ``uv run python -m benchmarks.slider``. The whole dashboard runs headless at 120 x 40 with a recording of over a
minute on the simulator's clock, and two arms. A step is a key sent to the focused slider; it ends when the screen
has painted the new figures. Decisions alone are measured without a screen.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from presets.config import VoiceConfig, of_values
from presets.library import preset
from services.embedded import open_embedded
from simulator.engine.profile import default_profile
from simulator.recording import bundled_folder
from simulator.study import Arm, run
from tui.app import TurnlabApp
from tui.tune.bench import AnalysedRecording, Analyst, find_recordings
from tui.tune.screen import TuneScreen
from tui.tune.trials import TrialState

RECORDING = "thinking.flac"
FIELD = "max_buffer_delay_ms"


class WatchedTuneScreen(TuneScreen):
    """A Tune screen that reports when the figures of its current settings have been painted."""

    def __init__(self) -> None:
        super().__init__(None, None, recordings=bundled_folder() / RECORDING)
        self.painted = asyncio.Event()

    def watch_tried(self, before: TrialState, now: TrialState) -> None:
        """Draw, and report after the painting."""
        super().watch_tried(before, now)
        if now.measured is not None and now.measured is not before.measured:
            self.call_after_refresh(self.painted.set)


async def time_steps(steps: int) -> list[float]:
    """Return the times from key to paint, s, for ``steps`` steps, back and forth over the whole slider."""
    with tempfile.TemporaryDirectory() as folder:
        # A stored draft would be offered first, and take the keys.
        os.environ["TURNLAB_DATA_DIR"] = folder
        app = TurnlabApp(open_client=lambda: open_embedded(Path(folder) / "workspace.db"))
        async with app.run_test(size=(120, 40)) as pilot:
            screen = WatchedTuneScreen()
            await app.push_screen(screen)
            await asyncio.wait_for(screen.painted.wait(), 60)
            screen.query_one("#fields").query_one(f"#field-{FIELD}").query("Slider").first().focus()
            await pilot.pause()
            times = []
            for number in range(steps):
                screen.painted.clear()
                begun = time.perf_counter()
                app.simulate_key("right" if number // 15 % 2 == 0 else "left")
                await asyncio.wait_for(screen.painted.wait(), 10)
                times.append(time.perf_counter() - begun)
                # The next step starts from rest, like a person's next key.
                await asyncio.sleep(0.02)
            return times


def time_decisions(analysed: AnalysedRecording, rounds: int) -> list[float]:
    """Return the times of one arm's decisions and measures, s, each with another configuration."""
    profile, times = default_profile(), []
    for number in range(rounds):
        config = of_values(preset("balanced").config.set_values() | {FIELD: 200 + number * 700 // rounds})
        begun = time.perf_counter()
        run(analysed.recording, analysed.activity, Arm("A", config), profile)
        times.append(time.perf_counter() - begun)
    return times


def _report(what: str, times: list[float]) -> None:
    ranked = sorted(times)
    p95 = ranked[int(len(ranked) * 0.95)]
    print(f"{what}: p50 {statistics.median(ranked) * 1000:.1f} ms, p95 {p95 * 1000:.1f} ms (n {len(ranked)})")


def main(show: Callable[[str, list[float]], None] = _report) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="Time from a slider's step to the new picture.")
    parser.add_argument("--steps", type=int, default=200)
    steps = parser.parse_args().steps
    (found,) = find_recordings(bundled_folder() / RECORDING)
    analysed = Analyst().analyse(found, lambda _: None)
    played = run(analysed.recording, analysed.activity, Arm("A", VoiceConfig()), default_profile()).played
    print(f"{found.title}: {played.duration_ms / 1000:.1f} s on the simulator's clock, two arms, 120 x 40")
    show("decisions and measures, one arm", time_decisions(analysed, steps))
    show("slider step to readouts and timeline painted", asyncio.run(time_steps(steps)))


if __name__ == "__main__":
    main()
