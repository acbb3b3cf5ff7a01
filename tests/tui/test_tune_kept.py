"""Unsaved drafts survive the process: a real kill, a broken folder, invalid drafts, a second Turnlab."""

from __future__ import annotations

import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from textual.pilot import Pilot

from presets.config import VoiceConfig
from simulator.recording import bundled_folder
from tests.tui.conftest import ScriptedClient, make_app, service, settle
from tests.tui.tune_support import rest, settle_on, slider
from tui.app import TurnlabApp
from tui.dialogs.dialogs import UnsavedChanges
from tui.tune.journal import DraftJournal
from tui.tune.saving_dialogs import KeptDialog
from tui.tune.screen import TuneScreen

BOOKING = bundled_folder() / "booking.flac"
SIZE = (80, 24)
BEGAN, DRAFT = VoiceConfig(max_buffer_delay_ms=600), VoiceConfig(max_buffer_delay_ms=300, tts_model="sonic-3")
KILLED = """
import os, signal
from presets.config import VoiceConfig
from tui.tune.journal import DraftJournal
journal = DraftJournal("embedded", "id-1")
journal.write(VoiceConfig(max_buffer_delay_ms=600), VoiceConfig(max_buffer_delay_ms=300, tts_model="sonic-3"))
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture
def drafts(tmp_path: Path) -> Path:
    return tmp_path / "data" / "drafts"


def files(drafts: Path, pattern: str = "*.json") -> list[Path]:
    return sorted(drafts.glob(pattern))


def in_the_way(folder: Path) -> None:
    folder.parent.mkdir()
    folder.write_text("a file where the folder should be")


def mode(file: Path) -> int:
    return stat.S_IMODE(file.stat().st_mode)


def platform(stored: VoiceConfig = BEGAN) -> ScriptedClient:
    return ScriptedClient([service(1, "Intake Line", voice_config=stored)])


async def tune(pilot: Pilot[None], client: ScriptedClient) -> TuneScreen:
    app = pilot.app
    assert isinstance(app, TurnlabApp)
    await settle(pilot)
    screen = TuneScreen(app.client, client.services[0], recordings=BOOKING)
    await app.push_screen(screen)
    return screen


def killed() -> None:
    """Start a process that stores a draft, and kill it with SIGKILL."""
    done = subprocess.run([sys.executable, "-c", KILLED], check=False, timeout=60)
    assert done.returncode == -signal.SIGKILL


async def test_a_killed_processs_draft_is_offered_and_taken_up(drafts: Path) -> None:
    killed()
    (kept,) = files(drafts)
    assert mode(kept) == 0o600
    client = platform()
    async with make_app(client.open).run_test(size=SIZE) as pilot:
        screen = await tune(pilot, client)
        await settle_on(pilot, KeptDialog)
        await pilot.press("enter")
        await rest(pilot)
        assert screen.session.draft.changes() == {"max_buffer_delay_ms": 300, "tts_model": "sonic-3"}
        assert kept not in files(drafts)
        assert len(files(drafts)) == 1
        await pilot.press("u")
        await rest(pilot)
        assert screen.session.draft.changes() == {}


@pytest.mark.parametrize(("key", "left"), [("k", 1)])
async def test_leaving_keeps_the_draft_only_if_asked_to(drafts: Path, key: str, left: int) -> None:
    client = platform()
    app = make_app(client.open)
    async with app.run_test(size=SIZE) as pilot:
        screen = await tune(pilot, client)
        await rest(pilot)
        slider(screen, "max_buffer_delay_ms").focus()
        await pilot.press("left", "q")
        await settle_on(pilot, UnsavedChanges)
        await pilot.press(key)
        await pilot.pause()
    assert app.return_code == 0
    found, _ = DraftJournal("embedded", "id-1").left_behind()
    assert len(found) == left
    assert [kept.config.max_buffer_delay_ms for kept in found] == [580] * left


def test_drafts_are_separate_by_connection_and_service_and_bad_files_named(drafts: Path) -> None:
    journal = DraftJournal("embedded", "id-1")
    journal.write(BEGAN, DRAFT)
    journal.close()
    assert DraftJournal("staging", "id-1").left_behind()[0] == ()
    assert DraftJournal("embedded", "id-2").left_behind()[0] == ()
    (file,) = drafts.glob("*.json")
    file.write_text('{"began": 3')
    assert DraftJournal("embedded", "id-1").left_behind() == ((), (file,))


def test_an_older_write_never_replaces_a_newer_one(drafts: Path) -> None:
    journal = DraftJournal("embedded", "id-1")
    journal.write(BEGAN, DRAFT, 2)
    journal.write(BEGAN, BEGAN, 1)
    journal.close()
    (kept,) = DraftJournal("embedded", "id-1").left_behind()[0]
    assert (kept.began, kept.config) == (BEGAN, DRAFT)
