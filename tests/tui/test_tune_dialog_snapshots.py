"""How everything over and around Tune looks. One opening of the dashboard for many pictures, to be quick."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest
from syrupy.assertion import SnapshotAssertion
from textual.pilot import Pilot
from textual.screen import Screen

from presets.config import load
from simulator.recording import bundled_folder
from tests.tui.conftest import SnapshotFiles
from tests.tui.pace import until
from tests.tui.tune_support import open_tune, rest, settle_on
from tui.app import TurnlabApp
from tui.dialogs.dialogs import PickOne, PickRows, UnsavedChanges
from tui.dialogs.find_dialog import FindDialog
from tui.labels.screen import LabelEditor
from tui.tune.choosing_dialogs import ArmsDialog, PresetsDialog
from tui.tune.draft import conflicts
from tui.tune.journal import KeptDraft
from tui.tune.recording_list import RecordingList
from tui.tune.saving_dialogs import KeptDialog, MergeDialog
from tui.tune.sensitivity import SensitivityDialog
from tui.tune.symptom_guide import SymptomGuide
from tui.tune.worst_turns import WorstTurns

DIALOGS = (
    ("p", PresetsDialog),
    ("B", ArmsDialog),
    ("y", PickOne),
    ("o", PickRows),
    ("w", WorstTurns),
    ("f1", SymptomGuide),
    ("c", SensitivityDialog),
    ("slash", FindDialog),
    ("t", LabelEditor),
)
"""The key that opens each, and what it opens."""


@pytest.fixture
def pictures(snapshot: SnapshotAssertion) -> SnapshotAssertion:
    return snapshot.use_extension(SnapshotFiles)


def picture(app: TurnlabApp) -> str:
    return app.export_screenshot(title="Turnlab")


async def come_to_rest(pilot: Pilot[None]) -> None:
    """Wait for the dialogs that go on working after they have opened."""
    screen = pilot.app.screen
    if isinstance(screen, SensitivityDialog):
        await until(pilot, lambda: "ended early" in str(screen.query_one("#curve-legend").render()))
        await pilot.press("left")
    if isinstance(screen, SymptomGuide):
        await until(pilot, lambda: "Nothing here helps" in str(screen.query_one("#offers-said").render()))
    await pilot.pause()


async def test_what_lies_over_tune_and_each_theme(
    app: TurnlabApp, pictures: SnapshotAssertion, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tui.tune.labelling.own_folder", lambda: Path("data/recordings"))  # the same everywhere
    async with app.run_test(size=(100, 32)) as pilot:
        screen = await open_tune(pilot, "Intake Line", bundled_folder() / "interruptions.flac")
        screen.drafts.set_value("post_eot_pause_ms", 1500)
        await rest(pilot)
        for key, kind in DIALOGS:
            await pilot.press(key)
            await settle_on(pilot, kind)
            await come_to_rest(pilot)
            assert picture(app) == pictures(name=kind.__name__)
            await pilot.press("escape")
            await settle_on(pilot, type(screen))
        began, mine, theirs = (
            load(raw)[0]
            for raw in (
                {"max_buffer_delay_ms": 500, "filler_style": "phrase"},
                {"max_buffer_delay_ms": 300, "filler_style": "silent"},
                {"max_buffer_delay_ms": 700, "filler_style": "backchannel"},
            )
        )
        kept = KeptDraft(Path("draft.json"), began, mine, datetime(2025, 11, 20, 18, 27, tzinfo=UTC))
        others: tuple[Screen[object], ...] = (
            KeptDialog("draft of Intake Line", kept),  # type: ignore[assignment]
            MergeDialog("Intake Line was changed by another user meanwhile", conflicts(began, mine, theirs)),
            UnsavedChanges("Intake Line", 2, can_save=True),
        )
        for dialog in others:
            await app.push_screen(dialog)
            await pilot.pause()
            assert picture(app) == pictures(name=type(dialog).__name__)
            await pilot.press("escape")
        for name in ("high contrast", "light"):
            app.action_choose_theme(name)
            await rest(pilot)
            assert picture(app) == pictures(name=f"theme {name}")


async def test_recordings_that_cannot_be_used_or_have_no_labels(
    app: TurnlabApp, pictures: SnapshotAssertion, tmp_path: Path
) -> None:
    folder = tmp_path / "calls"
    folder.mkdir()
    shutil.copy(bundled_folder() / "booking.flac", folder)
    (folder / "broken.wav").write_bytes(b"no audio at all")
    (folder / "empty.flac").write_bytes(b"")
    async with app.run_test(size=(100, 32)) as pilot:
        screen = await open_tune(pilot, recordings=folder)
        screen.query_one(RecordingList).highlight("broken.wav")
        await rest(pilot)
        assert picture(app) == pictures(name="unlabelled, with broken ones")
