"""How Tune looks while it waits for its recordings, and for an analysis.

Accept a change with ``pytest --snapshot-update`` after looking at it.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.worker import get_current_worker

from tests.tui.conftest import CompareSizes
from tests.tui.pace import mind_no_threads, until
from tests.tui.test_tune_snapshots import SMALL, USUAL, Compare
from tests.tui.tune_support import tune_screen
from tui.app import TurnlabApp
from tui.tune import recordings as recordings_module
from tui.tune.bench import AnalysedRecording, Analyst, FoundRecording, find_recordings
from tui.tune.recording_list import RecordingList
from tui.tune.screen import TuneScreen
from tui.widgets.field_panel import FieldPanel

HELD_FROM = 0.4
"""An analysis is held after this share of the recording."""

FIRST = "backchannels.flac"
"""The first recording in the list, which is analysed automatically."""


class HeldAnalyst(Analyst):
    """Analyses a recording as usual, but stops at a share of it until the screen is left."""

    def analyse(self, found: FoundRecording, progress: Callable[[float], None]) -> AnalysedRecording:
        def hold(share: float) -> None:
            progress(share)
            while share >= HELD_FROM:
                time.sleep(0.05)
                progress(share)

        return super().analyse(found, hold)


@pytest.fixture
def held_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    """Reading the folder of recordings blocks until the screen is left."""
    look = find_recordings

    def slow(path: Path | None) -> tuple[FoundRecording, ...]:
        worker = get_current_worker()
        while not worker.is_cancelled:
            time.sleep(0.05)
        return look(path)

    monkeypatch.setattr(recordings_module, "find_recordings", slow)


async def open_held(pilot: Pilot[None]) -> TuneScreen:
    """Open a service in Tune whose analyses are held, and wait for what does not depend on them."""
    app = pilot.app
    assert isinstance(app, TurnlabApp)
    screen = await tune_screen(pilot, "Intake Line")
    screen.recordings._analyst = HeldAnalyst()
    mind_no_threads()
    await app.push_screen(screen)
    await until(
        pilot, lambda: (last := app.status.last) and last.what == "voice settings", "the workspace's settings"
    )
    return screen


@pytest.mark.usefixtures("held_folder")
@pytest.mark.slow
async def test_while_recordings_are_looked_for(snap_sizes: CompareSizes, app: TurnlabApp) -> None:
    async def look(pilot: Pilot[None]) -> None:
        screen = await open_held(pilot)
        await until(pilot, lambda: screen.query_one(FieldPanel).has_focus_within, "the fields")

    await snap_sizes(app, [SMALL, USUAL], look)


async def analyse(pilot: Pilot[None]) -> TuneScreen:
    """Open a service in Tune, and wait until the first analysis reaches its hold."""
    screen = await open_held(pilot)
    listing = screen.query_one(RecordingList)
    await until(pilot, lambda: listing.listed.rows and listing.row(FIRST).share >= HELD_FROM, "the share")
    return screen


@pytest.fixture
def nothing_known(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No recording was analysed before."""
    monkeypatch.setenv("TURNLAB_CACHE_DIR", str(tmp_path / "cache"))


@pytest.mark.slow
@pytest.mark.usefixtures("nothing_known")
async def test_while_a_recording_is_analysed(snap_sizes: CompareSizes, app: TurnlabApp) -> None:
    async def look(pilot: Pilot[None]) -> None:
        (await analyse(pilot)).go_to("fields")
        await pilot.pause()

    await snap_sizes(app, [SMALL, USUAL], look)


@pytest.mark.slow
@pytest.mark.usefixtures("nothing_known")
def test_the_recordings_while_one_is_analysed(snap_compare: Compare, app: TurnlabApp) -> None:
    async def look(pilot: Pilot[None]) -> None:
        (await analyse(pilot)).go_to("recordings")
        await pilot.pause()

    assert snap_compare(app, terminal_size=SMALL, run_before=look)
