"""Keys typed faster than screens open: nothing crashes, and each key acts on what the previous one opened."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence
from pathlib import Path
from time import monotonic

import pytest
from textual import events
from textual.command import CommandPalette
from textual.keys import key_to_character
from textual.widgets import Input

from services.embedded import open_embedded
from simulator.session.state import Snapshot
from tests.tui.conftest import make_app, settle
from tests.tui.live_support import StillCall
from tests.tui.pace import DEADLINE_S
from tui.app import TurnlabApp
from tui.commands.help_screen import HelpScreen
from tui.commands.place import Place
from tui.dialogs.dialog import WordsDialog
from tui.dialogs.dialogs import FindDialog
from tui.screens import commands_by_id
from tui.services.screen import ServicesScreen
from tui.widgets.panes import PaneScreen

PLACES: tuple[Sequence[str], ...] = (
    *((key,) for key in "123"),
    *(("1", key) for key in ("question_mark", "ctrl+p", "n", "e", "d", "E", "x", "R", "m")),
    *(("2", key) for key in ("p", "B", "y", "o", "w", "f1", "c", "slash", "t", "i", "X", "Y")),
    *(("2", "right", key) for key in ("ctrl+s", "q")),
    *(("3", key) for key in ("m", "slash", "d", "D")),
)
"""Keys that lead to each screen, and to most dialogs."""
KEYS = sorted(
    {key.strip() for command in commands_by_id().values() for key in command.key.split(",")}
    | {
        "enter",
        "escape",
        "tab",
        "space",
        "backspace",
        "up",
        "down",
        "left",
        "right",
        "pageup",
        "pagedown",
        "x",
        "5",
    }
)
OVER_ANYTHING = (CommandPalette, HelpScreen, WordsDialog)
SEEDS = [pytest.param(seed, marks=pytest.mark.slow) for seed in range(100)]


@pytest.fixture
def app(workspace_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> TurnlabApp:
    """The dashboard with exports to this test's folder and constant calls."""
    monkeypatch.chdir(tmp_path)
    return make_app(
        lambda: open_embedded(workspace_file), open_call=lambda _: StillCall(Snapshot(phase="running"), [])
    )


async def type_at_once(app: TurnlabApp, keys: Sequence[str]) -> None:
    """Send keys without waiting between them, then wait until the last one was handled."""
    for key in keys:
        app.post_message(events.Key(key, key if len(key) == 1 else key_to_character(key)))
    end_s = monotonic() + DEADLINE_S
    await asyncio.sleep(0.05)
    while app.is_running and app.typed_ahead.at_work and monotonic() < end_s:  # noqa: ASYNC110  (the app has no event)
        await asyncio.sleep(0.02)
    await asyncio.sleep(0.05)


def hold(app: TurnlabApp) -> None:
    """Check what holds between any two keys."""
    assert app.failure is None
    if not app.is_running or not app.screen_stack:
        return
    dialogs = [
        one
        for one in app.screen_stack
        if not isinstance(one, (Place, *OVER_ANYTHING)) and not getattr(one, "comes_late", False)
    ]
    assert len(dialogs) <= 1, f"a dialog opened over another: {app.screen_stack}"
    screen = app.screen
    if isinstance(screen, PaneScreen) and (focused := screen.focused) is not None:
        above = {widget.id for widget in focused.ancestors_with_self}
        for pane in screen.PANES:
            assert f"{pane}-pane" not in above or screen.has_class(f"-pane-{pane}"), "another pane is lit"
    if isinstance(screen, ServicesScreen) and screen.focused is not None:
        in_details = screen.detail is not None and screen.detail.has_focus_within
        assert screen.has_class("-detail-focused") == in_details, "another pane is lit"


@pytest.mark.parametrize("seed", SEEDS)
async def test_bursts_of_keys_crash_nothing(app: TurnlabApp, seed: int) -> None:
    draw = random.Random(seed)
    place = PLACES[(seed * 7) % len(PLACES)]
    async with app.run_test(size=draw.choice([(80, 24), (120, 40)])) as pilot:
        await settle(pilot)
        await type_at_once(app, place)
        hold(app)
        for _ in range(2):
            await type_at_once(app, draw.choices(KEYS, k=20))
            hold(app)
    assert app.failure is None


@pytest.mark.parametrize(
    ("before", "keys"),
    [
        (("2", "right"), ("ctrl+q", "k", "e")),
        pytest.param(("2",), ("q", "e"), marks=pytest.mark.slow),
        pytest.param(("2",), ("slash", "q"), marks=pytest.mark.slow),
    ],
)
async def test_keys_after_quitting_open_nothing(
    app: TurnlabApp, before: Sequence[str], keys: Sequence[str]
) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        await settle(pilot)
        await type_at_once(app, before)
        await type_at_once(app, keys)
        hold(app)
    assert app.failure is None


@pytest.mark.slow
async def test_keys_after_an_opening_key_go_into_its_dialog(app: TurnlabApp) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        await settle(pilot)
        await type_at_once(app, ("2", "slash", *"max"))
        assert isinstance(app.screen, FindDialog)
        assert app.screen.query_one(Input).value == "max"
