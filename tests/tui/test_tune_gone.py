"""Recordings that disappear while Tune shows them, and unreadable folders: reported, and Tune continues."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import Static

from simulator.recording import bundled_folder
from tests.tui.conftest import ScriptedClient, make_app
from tests.tui.pace import until
from tests.tui.test_tune_bench import Bench
from tests.tui.tune_support import bundled_in, open_tune, rest, settle_on, slider
from tui.app import TurnlabApp
from tui.dialogs.dialog import Confirm
from tui.dialogs.dialogs import PickOne
from tui.labels.screen import LabelEditor
from tui.tune.playback import Sight
from tui.tune.readout_table import ReadoutTable
from tui.tune.recording_list import RecordingList
from tui.tune.screen import TuneScreen

SIZE = (120, 40)
GONE = "no longer exists; was it moved or deleted?"


@pytest.fixture
def app(monkeypatch: pytest.MonkeyPatch) -> TurnlabApp:
    monkeypatch.setenv("PULSE_SERVER", "unix:/nowhere")
    return make_app(ScriptedClient().open)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder of two recordings, one of them labelled."""
    return bundled_in(tmp_path / "calls", "booking.flac", "booking.json", "thinking.flac")


def said(app: TurnlabApp) -> list[str]:
    """Return the notices' texts, and remove them."""
    notices = [f"{notice.title}: {notice.message}" for notice in app._notifications]
    app.clear_notifications()
    return notices


def move(folder: Path, to: Path) -> None:
    folder.rename(to)


def note(screen: TuneScreen, key: str) -> str:
    return screen.query_one(RecordingList).row(key).note


async def told(pilot: Pilot[None], words: str) -> None:
    """Wait for a notice that contains some words, and remove it."""
    await until(pilot, lambda: any(words in one.message for one in pilot.app._notifications), words)
    pilot.app.clear_notifications()


def sight(screen: TuneScreen) -> Sight | None:
    return screen.playback.sight


@pytest.mark.slow
async def test_a_deleted_recording_can_still_be_tuned_and_the_rest_says_why_not(
    app: TurnlabApp, folder: Path
) -> None:
    async with app.run_test(size=SIZE) as pilot:
        screen = await open_tune(pilot, recordings=folder)
        await pilot.press("s")
        await until(pilot, lambda: (seen := sight(screen)) is not None and seen.playing and seen.shared_ms > 200)
        (folder / "booking.flac").unlink()
        said(app)
        screen.playback.wind(20)
        await told(pilot, "stopped being readable (it no longer exists); was it moved or deleted?")
        await pilot.press("s")
        await told(pilot, "stopped being readable (it no longer exists)")

        before = screen.trials.outcome
        slider(screen, "max_buffer_delay_ms").step(-3)
        await rest(pilot)
        assert screen.trials.outcome is not before
        assert any("response after turn" in line for line in screen.query_one(ReadoutTable).lines)
        assert not said(app)

        await pilot.press("t")
        await told(pilot, f"booking.flac {GONE}")
        assert app.screen is screen
        assert note(screen, "booking.flac") == f"booking.flac {GONE} What is shown was analysed before."

        shutil.copy(bundled_folder() / "booking.flac", folder)
        await pilot.press("s")
        await until(pilot, lambda: (seen := sight(screen)) is not None and seen.playing and not seen.fault)


async def labels_changed(pilot: Pilot[None]) -> LabelEditor:
    await pilot.press("t")
    await settle_on(pilot, LabelEditor)
    await pilot.press("x")
    await pilot.pause()
    editor = pilot.app.screen
    assert isinstance(editor, LabelEditor)
    return editor


async def save_despite_unlabelled_voice(pilot: Pilot[None]) -> None:
    await pilot.press("ctrl+s")
    await settle_on(pilot, Confirm)
    await pilot.press("enter")


async def test_labels_of_a_recording_deleted_meanwhile_are_saved(app: TurnlabApp, folder: Path) -> None:
    async with app.run_test(size=SIZE) as pilot:
        screen = await open_tune(pilot, recordings=folder)
        editor = await labels_changed(pilot)
        before = (folder / "booking.json").read_bytes()
        (folder / "booking.flac").unlink()
        await save_despite_unlabelled_voice(pilot)
        problem = editor.query_one("#labels-problem", Static)
        await until(
            pilot, lambda: f"booking.flac {GONE} Its labels are used once it is back" in str(problem.render())
        )
        assert (folder / "booking.json").read_bytes() != before
        await pilot.press("escape")
        await told(pilot, f"booking.flac {GONE}")
        assert app.screen is screen
        await rest(pilot)


@pytest.mark.slow
async def test_labels_that_can_be_saved_nowhere_are_kept_aside_until_they_can(
    app: TurnlabApp, folder: Path
) -> None:
    aside = folder.with_name("moved")
    async with app.run_test(size=SIZE) as pilot:
        await open_tune(pilot, recordings=folder)
        editor = await labels_changed(pilot)
        count = len(editor.labels.document.marks)
        move(folder, aside)
        await save_despite_unlabelled_voice(pilot)
        problem = editor.query_one("#labels-problem", Static)
        await until(pilot, lambda: f"booking.flac {GONE}" in str(problem.render()))
        assert "nothing was saved" in str(problem.render())
        await pilot.press("escape")
        await settle_on(pilot, PickOne)
        await pilot.press("down", "enter")
        await settle_on(pilot, TuneScreen)
        move(aside, folder)
        await pilot.press("t")
        await settle_on(pilot, Confirm)
        await pilot.press("enter")
        await settle_on(pilot, LabelEditor)
        editor = app.screen  # type: ignore[assignment]
        await until(pilot, lambda: len(editor.labels.document.marks) == count)
        assert editor.labels.document.changed


def a_file(place: Path) -> None:
    place.write_text("not a folder")


def a_loop(place: Path) -> None:
    place.symlink_to(place)


def forbidden(place: Path) -> None:
    place.mkdir(mode=0o000)


@pytest.mark.parametrize(
    ("spoil", "why"),
    [
        (a_file, "not a directory"),
        (a_loop, "too many levels of symbolic links"),
        pytest.param(
            *(forbidden, "permission denied"),
            marks=pytest.mark.skipif(getattr(os, "geteuid", int)() == 0, reason="root may read everything"),
        ),
    ],
)
def test_an_unreadable_own_folder_hides_nothing_else(
    tmp_path: Path, spoil: Callable[[Path], None], why: str
) -> None:
    own = tmp_path / "data" / "recordings"
    own.parent.mkdir(exist_ok=True)
    spoil(own)
    bench = Bench(None)
    bench.host.run()
    assert bench.host.notices == [
        f"my recordings: {own}: {why}; your own recordings are not listed. Make it a readable folder."
    ]
    rows = bench.listed[-1].rows or ()
    assert [row.stage for row in rows] == ["done", *["waiting"] * 6, "failed"]
    assert rows[-1].title == "my recordings"

    own.rmdir() if own.is_dir() else own.unlink()
    own.mkdir()
    shutil.copy(bundled_folder() / "booking.flac", own / "mine.flac")
    bench.recordings.show(rows[-1].key)
    bench.host.run()
    assert "Your own recordings can be listed again." in bench.host.notices[-1]
    assert bench.stage("my/mine.flac") == "waiting"
