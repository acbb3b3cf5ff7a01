"""How the Services screen looks. A change is accepted with ``pytest --snapshot-update``, after looking at it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from services.embedded import open_embedded
from services.errors import UnreachableError
from tests.tui.conftest import ScriptedClient, Steps, make_app, settle, steps
from tests.tui.pace import until
from tests.tui.test_services_version_sets import on_set, press
from tui.app import TurnlabApp
from tui.dialogs.dialog import Dialog
from tui.services.list_pane import ServiceNotice

Compare = Callable[..., bool]
SMALL, USUAL, LARGE = (80, 24), (120, 40), (200, 60)
NEXT = "right_square_bracket"


@pytest.mark.parametrize("size", [SMALL, USUAL, LARGE], ids=lambda size: f"{size[0]}x{size[1]}")
def test_overview(snap_compare: Compare, app: TurnlabApp, size: tuple[int, int]) -> None:
    assert snap_compare(app, terminal_size=size, run_before=steps())


@pytest.mark.parametrize("size", [SMALL, USUAL], ids=lambda size: f"{size[0]}x{size[1]}")
def test_version_sets(snap_compare: Compare, app: TurnlabApp, size: tuple[int, int]) -> None:
    assert snap_compare(app, terminal_size=size, run_before=steps(*"jjjjj", NEXT))


@pytest.mark.parametrize("size", [SMALL, USUAL], ids=lambda size: f"{size[0]}x{size[1]}")
def test_voice_config_with_a_value_out_of_range(
    snap_compare: Compare, app: TurnlabApp, size: tuple[int, int]
) -> None:
    assert snap_compare(app, terminal_size=size, run_before=steps(NEXT, NEXT, "tab", "tab", "down", "down"))


def test_light_theme(snap_compare: Compare, app: TurnlabApp) -> None:
    assert snap_compare(app, terminal_size=USUAL, run_before=steps("ctrl+t", "j"))


def test_a_filter_in_force(snap_compare: Compare, app: TurnlabApp) -> None:
    assert snap_compare(app, terminal_size=USUAL, run_before=steps("slash", *"tag:escalation", "enter"))


def test_nothing_matches(snap_compare: Compare, app: TurnlabApp) -> None:
    assert snap_compare(app, terminal_size=SMALL, run_before=steps("slash", *"zebra"))


def test_help(snap_compare: Compare, app: TurnlabApp) -> None:
    assert snap_compare(app, terminal_size=USUAL, run_before=steps("question_mark"))


def test_palette(snap_compare: Compare, app: TurnlabApp) -> None:
    assert snap_compare(app, terminal_size=SMALL, run_before=steps("ctrl+p"))


def test_the_platform_cannot_be_reached(snap_compare: Compare) -> None:
    client = ScriptedClient()
    client.failure = UnreachableError("embedded-platform cannot be reached: no route; check the network")
    assert snap_compare(make_app(client.open), terminal_size=SMALL, run_before=steps())


def asking(version_set: str, *keys: str) -> Steps:
    """Return what presses keys on the line of a version set, each of which opens a dialog."""

    async def ask(pilot: Pilot[None]) -> None:
        await on_set(pilot, version_set)
        for key in keys:
            before = pilot.app.screen
            await press(pilot, key, Dialog)
            await until(pilot, lambda before=before: pilot.app.screen is not before)  # type: ignore[misc]
        for line in pilot.app.screen.query(Input):
            line.cursor_blink = False
        await pilot.pause()

    return ask


@pytest.mark.parametrize("size", [SMALL, USUAL], ids=lambda size: f"{size[0]}x{size[1]}")
def test_promoting_to_release(snap_compare: Compare, app: TurnlabApp, size: tuple[int, int]) -> None:
    assert snap_compare(app, terminal_size=size, run_before=asking("preview", "p", "enter"))


def test_choosing_where_to_promote(snap_compare: Compare, app: TurnlabApp) -> None:
    assert snap_compare(app, terminal_size=USUAL, run_before=asking("test", "p"))


def test_a_diff(snap_compare: Compare, app: TurnlabApp) -> None:
    assert snap_compare(app, terminal_size=USUAL, run_before=asking("edge", "d", "enter"))


@pytest.mark.parametrize("size", [SMALL, USUAL], ids=lambda size: f"{size[0]}x{size[1]}")
def test_editing_a_service(snap_compare: Compare, app: TurnlabApp, size: tuple[int, int]) -> None:
    assert snap_compare(app, terminal_size=size, run_before=asking("edge", "e"))


def test_behaviors(snap_compare: Compare, app: TurnlabApp) -> None:
    assert snap_compare(app, terminal_size=USUAL, run_before=steps(*"jjjjj", NEXT, NEXT, NEXT))


def test_routing(snap_compare: Compare, app: TurnlabApp) -> None:
    async def open_routing(pilot: Pilot[None]) -> None:
        await settle(pilot)
        await press(pilot, "m", Dialog)

    assert snap_compare(app, terminal_size=USUAL, run_before=open_routing)


def test_read_only(snap_compare: Compare, workspace_file: Path) -> None:
    app = make_app(lambda: open_embedded(workspace_file), read_only=True)

    async def look(pilot: Pilot[None]) -> None:
        await on_set(pilot, "test")
        await settle(pilot)

    assert snap_compare(app, terminal_size=USUAL, run_before=look)


def test_an_empty_workspace(snap_compare: Compare) -> None:
    assert snap_compare(make_app(ScriptedClient().open), terminal_size=SMALL, run_before=steps())


def test_loading(snap_compare: Compare, monkeypatch: pytest.MonkeyPatch) -> None:
    app = make_app(ScriptedClient().open)
    monkeypatch.setattr(app, "connect", lambda: None)

    async def stop_turning(pilot: Pilot[None]) -> None:
        await settle(pilot)
        # The mark before the words turns with the time of day.
        pilot.app.screen.query_one(ServiceNotice).waiting = False
        await pilot.pause()

    assert snap_compare(app, terminal_size=SMALL, run_before=stop_turning)
