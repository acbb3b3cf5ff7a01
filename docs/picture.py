"""Makes the README's pictures, ``docs/*.svg``, with the app itself: ``uv run python docs/picture.py``.

Live is in a real call over a virtual microphone, which needs PulseAudio and PortAudio.
"""

from __future__ import annotations

import asyncio
import os
import tempfile
from pathlib import Path

from textual.pilot import Pilot

from simulator.recording import bundled_folder
from tests.virtual_audio import VirtualAudio
from tui.app import TurnlabApp
from tui.live.screen import LiveScreen
from tui.tune.screen import TuneScreen

SERVICE = "Intake Line"
TUNE_KEYS = (*["down"] * 4, "left", "a")
"""From the first field to filler_style, to a backchannel, and over all recordings."""
VOICE_CONFIG = ("right_square_bracket",) * 2
"""From the first tab of Services to the voice config."""
TALK_S = 14.0
"""Two turns of the bundled booking, and the answers."""


async def main() -> None:
    """Make each picture in a workspace of its own."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ["TURNLAB_DATA_DIR"] = folder
        await services_and_tune()
    audio = VirtualAudio()
    with tempfile.TemporaryDirectory() as folder:
        os.environ |= {"TURNLAB_DATA_DIR": folder, **audio.environment}
        audio.start()
        try:
            await live(audio)
        finally:
            audio.stop()


async def services_and_tune() -> None:
    """Find a service, open it in Tune, and change a setting."""
    app = TurnlabApp(clock=lambda: 0.0)
    async with app.run_test(size=(120, 44)) as pilot:
        await _settle(pilot)
        await pilot.press("slash", *SERVICE.lower().split()[0], "enter", "escape", *VOICE_CONFIG)
        await _settle(pilot)
        _keep(app, "services")
        await pilot.press("enter")
        await _settle(pilot)
        for key in TUNE_KEYS:
            await pilot.press(key)
            await _settle(pilot)
        _keep(app, "tune")


async def live(audio: VirtualAudio) -> None:
    """Talk to the agent of a service."""
    app = TurnlabApp()
    async with app.run_test(size=(120, 44)) as pilot:
        await _settle(pilot)
        await pilot.press("slash", *SERVICE.lower().split()[0], "enter", "3")
        while not isinstance(screen := app.screen, LiveScreen) or screen.call.shown.phase != "running":
            await pilot.pause(0.05)
        audio.speak(bundled_folder() / "booking.flac")
        await pilot.pause(TALK_S)
        _keep(app, "live")


def _keep(app: TurnlabApp, name: str) -> None:
    picture = Path(__file__).with_name(f"{name}.svg")
    picture.write_text(app.export_screenshot(title="Turnlab"), encoding="utf-8")


async def _settle(pilot: Pilot[None]) -> None:
    for _ in range(5):
        await pilot.app.workers.wait_for_complete()
        await pilot.pause()
    while isinstance(screen := pilot.app.screen, TuneScreen) and not screen.settled:
        await pilot.pause(0.05)


if __name__ == "__main__":
    asyncio.run(main())
