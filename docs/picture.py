"""Makes ``docs/tune.svg``, the README's picture, with the app itself: ``uv run python docs/picture.py``."""

from __future__ import annotations

import asyncio
import os
import tempfile
from pathlib import Path

from textual.pilot import Pilot

from tui.app import TurnlabApp
from tui.tune.screen import TuneScreen

PICTURE = Path(__file__).with_name("tune.svg")
SERVICE = "Intake Line"
KEYS = (*["down"] * 4, "left", "a")
"""From the first field to filler_style, to a backchannel, and over all recordings."""


async def main() -> None:
    """Open a service in Tune, change a setting, and keep what the screen shows."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ["TURNLAB_DATA_DIR"] = folder
        app = TurnlabApp(clock=lambda: 0.0)
        async with app.run_test(size=(120, 44)) as pilot:
            await _settle(pilot)
            await pilot.press("slash", *SERVICE.lower().replace(" ", "_").split("_")[0], "enter", "enter")
            await _settle(pilot)
            for key in KEYS:
                await pilot.press(key)
                await _settle(pilot)
            PICTURE.write_text(app.export_screenshot(title="Turnlab"), encoding="utf-8")


async def _settle(pilot: Pilot[None]) -> None:
    for _ in range(5):
        await pilot.app.workers.wait_for_complete()
        await pilot.pause()
    while isinstance(screen := pilot.app.screen, TuneScreen) and not screen.settled:
        await pilot.pause(0.05)


if __name__ == "__main__":
    asyncio.run(main())
