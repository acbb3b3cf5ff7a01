"""Every command of every screen: bound, in the palette, in the help, and harmless on a plain screen."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from textual.actions import parse
from textual.command import DiscoveryHit
from textual.pilot import Pilot
from textual.screen import Screen

from services.embedded import open_embedded
from simulator.session.state import Snapshot
from tests.tui.conftest import make_app, settle
from tests.tui.live_support import StillCall
from tests.tui.pace import until
from tests.tui.tune_support import rest
from tui.app import TurnlabApp
from tui.commands.command import Command
from tui.commands.help_screen import sections
from tui.commands.place import CommandsProvider, Place, binding_of, help_text
from tui.commands.shared import EVERYWHERE
from tui.screens import SCREENS, ScreenRow, commands_by_id
from tui.sweep.screen import SweepScreen

TURNS = 20
"""The turns of the event loop that each command gets."""

ROWS = pytest.mark.parametrize("row", SCREENS.values(), ids=list(SCREENS))


@pytest.fixture
def app(workspace_file: Path) -> TurnlabApp:
    """The dashboard on the demo workspace, with a silent microphone."""
    return make_app(
        lambda: open_embedded(workspace_file), open_call=lambda _: StillCall(Snapshot(phase="running"), [])
    )


async def go_to(pilot: Pilot[None], row: ScreenRow) -> Screen[Any]:
    """Open a screen by its keys. Labels are edited from Tune."""
    await settle(pilot)
    if not row.key:
        await go_to(pilot, SCREENS["tune"])
        await rest(pilot)
    await pilot.press(row.key or "t")
    await until(pilot, lambda: type(pilot.app.screen).__module__ == f"tui.{row.id}.screen", row.id)
    await pilot.pause()
    return pilot.app.screen


def method_of(command: Command, screen: Screen[Any]) -> object:
    if command.method == "action_part":
        _, _, (part, method, *_) = parse(command.action)
        return getattr(getattr(screen, str(part)), str(method), None)
    return getattr(screen.app if command.action.startswith("app.") else screen, command.method, None)


def test_commands_describe_themselves_and_share_no_id() -> None:
    rows = SCREENS.values()
    everything = [command for row in rows for command in row.commands() if command not in EVERYWHERE]
    assert len({command.id for command in everything}) == len(everything) == len(commands_by_id()) - len(EVERYWHERE)
    for command in commands_by_id().values():
        assert command.does.endswith(".")
        assert binding_of(command).tooltip == command.does


@ROWS
def test_no_key_has_two_meanings_on_a_screen(row: ScreenRow) -> None:
    keys = [key for command in row.all_commands() for key in command.key.split(",")]
    assert not {key for key in keys if keys.count(key) > 1}


@pytest.mark.slow
@ROWS
async def test_every_command_is_offered_everywhere_and_does_something_or_says_why_not(
    row: ScreenRow, app: TurnlabApp
) -> None:
    async with app.run_test(size=(120, 40), notifications=True) as pilot:
        screen = await go_to(pilot, row)
        if isinstance(screen, SweepScreen):
            screen.form.edit("budget", "4")  # the form saves it after a delay
        commands = row.all_commands()
        bound = {binding.id for bindings in screen._bindings.key_to_bindings.values() for binding in bindings}
        bound |= {binding.id for bindings in app._bindings.key_to_bindings.values() for binding in bindings}
        assert {command.id for command in commands} <= bound
        for command in commands:
            assert callable(method_of(command, screen)), command.id

        hits = [hit async for hit in CommandsProvider(screen).discover() if isinstance(hit, DiscoveryHit)]
        texts = [help_text(command, screen) for command in commands]
        idle = {help_text(command, screen) for command in commands if "Not now: " in help_text(command, screen)}
        first = sorted(commands, key=lambda one: (help_text(one, screen) in idle, not one.in_footer))
        offered = [hit.text for hit in hits if hit.help in texts]
        assert offered == list(dict.fromkeys(command.name for command in first)), "each name once"
        listed = [description for _, lines in sections(screen) for _, _, description in lines]
        assert listed[: len(texts)] == texts
        assert all(keys for _, lines in sections(screen) for keys, _, _ in lines)

        for command in row.commands():
            if command not in EVERYWHERE:
                screen = app.screen if app.screen is screen else await go_to(pilot, row)
                await run(command, screen, pilot)


async def run(command: Command, screen: Screen[Any], pilot: Pilot[None]) -> None:
    """Run a command, and close what it opened. A reason against it must be its help_text."""
    app = screen.app
    reason = screen.reason_against(command) if isinstance(screen, Place) else ""
    depth, before = len(app.screen_stack), set(app.workers)
    await screen.run_action(command.action)
    for _ in range(TURNS):
        await asyncio.sleep(0)
    if reason:
        assert any(reason in note.message for note in app._notifications), command.id
    while True:
        while app.screen is not screen and len(app.screen_stack) > depth:
            await until(pilot, lambda: app.screen.is_mounted)
            await app.screen.dismiss(None)
        if not any(worker.is_running for worker in set(app.workers) - before):
            break
        await asyncio.sleep(0.001)
