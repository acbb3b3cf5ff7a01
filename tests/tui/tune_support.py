"""Shared by the tests of Tune: a session's analyses, opening the screen, and waiting for its rest."""

from __future__ import annotations

import asyncio
import json
import shutil
from pathlib import Path
from time import monotonic

from textual.pilot import Pilot

from services.model import Service
from simulator.recording import bundled_folder
from tests.tui.conftest import settle
from tests.tui.pace import DEADLINE_S, until
from tui.app import TurnlabApp
from tui.tune.bench import AnalysedRecording, Analyst, find_recordings
from tui.tune.readout_table import ReadoutTable
from tui.tune.screen import TuneScreen
from tui.widgets.field_panel import FieldPanel
from tui.widgets.slider import Slider


def analysed(name: str) -> AnalysedRecording:
    """Analyse a bundled recording."""
    (found,) = find_recordings(bundled_folder() / f"{name}.flac")
    return Analyst().analyse(found, lambda _: None)


def bundled_in(folder: Path, *names: str) -> Path:
    """Return a new folder with copies of the named bundled recordings."""
    folder.mkdir()
    for name in names:
        shutil.copy(bundled_folder() / name, folder / name)
    return folder


def three_calls_in(folder: Path) -> Path:
    """Return a new folder with three bundled recordings, their labels and scenarios."""
    names, suffixes = ("booking", "coughs", "interruptions"), (".flac", ".json", ".scenario.json")
    return bundled_in(folder, *(name + suffix for name in names for suffix in suffixes))


async def rest(pilot: Pilot[None]) -> None:
    """Wait until the Tune screen matches its settings."""
    end_s = monotonic() + DEADLINE_S
    while monotonic() < end_s:
        await settle(pilot)
        screen = pilot.app.screen
        if not isinstance(screen, TuneScreen) or screen.settled:
            return
        await asyncio.sleep(0.02)
    raise AssertionError("the Tune screen did not come to rest")


async def open_tune(pilot: Pilot[None], service: str | None = None, recordings: Path | None = None) -> TuneScreen:
    """Open Tune for a service of the demo workspace (or a free draft) and wait for it."""
    return await show_tune(pilot, await tune_screen(pilot, service, recordings))


async def tune_screen(pilot: Pilot[None], service: str | None, recordings: Path | None = None) -> TuneScreen:
    """Return a Tune screen, not shown yet, for a service of the demo workspace (or a free draft)."""
    app = pilot.app
    assert isinstance(app, TurnlabApp)
    await settle(pilot)
    assert app.client is not None
    chosen: Service | None = None
    if service is not None:
        page = await app.client.list_services(sort_by="name")
        chosen = next(found for found in page.items if found.name == service)
    return TuneScreen(app.client, chosen, recordings=recordings)


async def show_tune(pilot: Pilot[None], screen: TuneScreen) -> TuneScreen:
    """Show a Tune screen and wait for it."""
    await settle(pilot)
    await pilot.app.push_screen(screen)
    await rest(pilot)
    return screen


async def open_drafted(pilot: Pilot[None]) -> TuneScreen:
    """Open Tune for Intake Line, and set one field."""
    screen = await open_tune(pilot, "Intake Line", bundled_folder() / "booking.flac")
    slider(screen, "max_buffer_delay_ms").focus()
    await pilot.press("enter", *"360", "enter")
    await rest(pilot)
    return screen


def slider(screen: TuneScreen, name: str) -> Slider:
    """Return the slider of a field, visible even if the field was folded."""
    screen.query_one(FieldPanel).fold(False)
    control = screen.query_one(FieldPanel).editor(name).control
    assert isinstance(control, Slider)
    return control


async def settle_on(pilot: Pilot[None], kind: type) -> None:
    """Wait for a dialog to open. Its worker still waits for the answer."""
    await until(pilot, lambda: isinstance(pilot.app.screen, kind))
    await pilot.pause()


def own_call(folder: Path, **more: object) -> Path:
    """Make a labelled recording of the user's own. Return its audio. ``more`` goes into its label file too."""
    audio = folder / "calls" / "call.flac"
    audio.parent.mkdir()
    shutil.copy(bundled_folder() / "booking.flac", audio)
    raw = json.loads((bundled_folder() / "booking.json").read_text())
    audio.with_suffix(".json").write_text(json.dumps({"turns": raw["turns"], "ours": "stays"} | more))
    return audio


async def slow_draft(pilot: Pilot[None], recordings: Path) -> TuneScreen:
    """Open Tune with a draft that answers later than its baseline."""
    screen = await open_tune(pilot, recordings=recordings)
    screen.drafts.set_value("post_eot_pause_ms", 1500)
    await rest(pilot)
    return screen


def lines(screen: TuneScreen) -> list[str]:
    return screen.query_one(ReadoutTable).lines
