"""How Tune looks. Accept a change with ``pytest --snapshot-update`` after looking at it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from textual.pilot import Pilot

from simulator.recording import bundled_folder
from tests.tui.conftest import CompareSizes
from tests.tui.tune_support import bundled_in, open_tune, rest, settle_on, slider
from tui.app import TurnlabApp
from tui.dialogs.plan_dialog import PlanDialog
from tui.tune.recording_list import RecordingList

Compare = Callable[..., bool]
Steps = Callable[[Pilot[None]], Awaitable[None]]
SMALL, USUAL, LARGE = (80, 24), (120, 40), (200, 60)
INTERRUPTIONS = "interruptions.flac"


def tuned(*keys: str) -> Steps:
    """Open a service with a chosen recording, step a slider, and press keys."""

    async def press(pilot: Pilot[None]) -> None:
        screen = await open_tune(pilot, "Intake Line")
        screen.recordings.show(INTERRUPTIONS)
        await rest(pilot)
        slider(screen, "max_buffer_delay_ms").focus()
        for key in ("shift+right", "right", *keys):
            await pilot.press(key)
            await rest(pilot)

    return press


@pytest.mark.slow
async def test_a_draft(snap_sizes: CompareSizes, app: TurnlabApp) -> None:
    await snap_sizes(app, [SMALL, USUAL, LARGE], tuned())


@pytest.mark.slow
def test_all_recordings(snap_compare: Compare, app: TurnlabApp) -> None:
    assert snap_compare(app, terminal_size=USUAL, run_before=tuned("a"))


@pytest.mark.slow
def test_a_value_that_cannot_be(snap_compare: Compare, app: TurnlabApp) -> None:
    assert snap_compare(app, terminal_size=SMALL, run_before=tuned("enter", *"5000", "enter"))


@pytest.mark.slow
def test_an_event_says_why_in_the_large_timeline(snap_compare: Compare, app: TurnlabApp) -> None:
    assert snap_compare(app, terminal_size=SMALL, run_before=tuned("tab", "full_stop", "full_stop", "plus", "plus"))


@pytest.mark.slow
def test_the_body_that_would_be_sent(snap_compare: Compare, app: TurnlabApp) -> None:
    async def save(pilot: Pilot[None]) -> None:
        await tuned()(pilot)
        await pilot.press("ctrl+s")
        await settle_on(pilot, PlanDialog)

    assert bundled_folder().is_dir()
    assert snap_compare(app, terminal_size=SMALL, run_before=save)


def test_recordings_that_cannot_be_used_or_have_no_labels(
    snap_compare: Compare, app: TurnlabApp, tmp_path: Path
) -> None:
    folder = bundled_in(tmp_path / "calls", "booking.flac")
    (folder / "broken.wav").write_bytes(b"no audio at all")
    (folder / "empty.flac").write_bytes(b"")

    async def look(pilot: Pilot[None]) -> None:
        screen = await open_tune(pilot, recordings=folder)
        screen.query_one(RecordingList).highlight("broken.wav")
        await rest(pilot)

    assert snap_compare(app, terminal_size=(100, 32), run_before=look)
