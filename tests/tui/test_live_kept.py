"""A free draft started in Live survives the process even if Tune was never open: a real kill, and a restart."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
from collections.abc import Callable

import pytest
from textual.pilot import Pilot

from base.folders import own_recordings_folder
from tests.tui.conftest import ScriptedClient, make_app
from tests.tui.live_support import ArrayCards, array_call
from tests.tui.pace import until
from tests.tui.tune_support import rest, settle_on
from tui.app import TurnlabApp
from tui.live.call_pane import LiveHeader
from tui.live.screen import LiveScreen
from tui.tune.journal import DraftJournal
from tui.tune.saving_dialogs import KeptDialog
from tui.tune.screen import TuneScreen
from tui.widgets.field_panel import FieldPanel

SIZE = (80, 24)
CHANGED = {"max_buffer_delay_ms": 520}
KILLED = """
import asyncio, os, signal
from tests.tui.test_live_kept import change_in_live

asyncio.run(change_in_live(lambda: os.kill(os.getpid(), signal.SIGKILL)))
"""


def dashboard() -> TurnlabApp:
    """Return a dashboard with a microphone made of an array."""
    return make_app(ScriptedClient().open, open_call=array_call(ArrayCards(), []))


async def live(pilot: Pilot[None]) -> LiveScreen:
    """Open Live first."""
    await pilot.pause()
    await pilot.press("3")
    await until(pilot, lambda: isinstance(pilot.app.screen_stack[0], LiveScreen), "Live")
    screen = pilot.app.screen_stack[0]
    assert isinstance(screen, LiveScreen)
    return screen


async def change_in_live(then: Callable[[], None]) -> None:
    """Change a field in Live, and continue once that is on disk."""
    folder = own_recordings_folder().parent / "drafts"
    async with dashboard().run_test(size=SIZE) as pilot:
        screen = await live(pilot)
        screen.query_one(FieldPanel).focus_field("max_buffer_delay_ms")
        await pilot.press("right")
        await until(pilot, lambda: list(folder.glob("*.json")), "the kept draft")
        then()


async def taken_up(pilot: Pilot[None]) -> TuneScreen:
    """Restore the offered draft in Live, and look at it in Tune."""
    screen = await live(pilot)
    await settle_on(pilot, KeptDialog)
    await pilot.press("enter")
    await until(pilot, lambda: screen.session.draft.changes() == CHANGED, "the draft")
    await until(pilot, lambda: "draft, 1 change" in str(screen.query_one(LiveHeader).content), "the header")
    await pilot.press("2")
    await until(pilot, lambda: isinstance(pilot.app.screen, TuneScreen), "Tune, which offers nothing a second time")
    tune = pilot.app.screen
    assert isinstance(tune, TuneScreen)
    await rest(pilot)
    return tune


@pytest.mark.slow
async def test_a_draft_started_in_live_survives_a_kill() -> None:
    done = await asyncio.to_thread(
        subprocess.run, [sys.executable, "-c", KILLED], check=False, timeout=120, capture_output=True
    )
    assert done.returncode == -signal.SIGKILL, done.stderr.decode()
    async with dashboard().run_test(size=SIZE) as pilot:
        tune = await taken_up(pilot)
        assert tune.session.draft.changes() == CHANGED
        await pilot.press("u")
        await until(pilot, lambda: not tune.session.draft.changes(), "the draft taken back")
    found, bad = DraftJournal("", "").left_behind()
    assert (found, bad) == ((), ()), "it was taken up, and taken back"


@pytest.mark.slow
async def test_a_draft_started_in_live_is_offered_after_a_restart() -> None:
    await change_in_live(lambda: None)
    async with dashboard().run_test(size=SIZE) as pilot:
        screen = await live(pilot)
        await settle_on(pilot, KeptDialog)
        await pilot.press("escape")
        await until(pilot, lambda: pilot.app.screen is screen, "Live")
        await pilot.press("1", "3")
        await until(pilot, lambda: pilot.app.screen is screen, "Live, which offers nothing a second time")
        assert not screen.session.draft.changes()
    async with dashboard().run_test(size=SIZE) as pilot:
        await taken_up(pilot)
