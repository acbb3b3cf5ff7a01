"""How the Services screen looks. Accept a change with ``pytest --snapshot-update`` after looking at it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from textual.pilot import Pilot

from services.embedded import open_embedded
from services.errors import UnreachableError
from tests.tui.conftest import CompareSizes, ScriptedClient, make_app, settle, steps
from tests.tui.test_services_version_sets import on_set
from tui.app import TurnlabApp
from tui.services.list_pane import ServiceNotice

Compare = Callable[..., bool]
SMALL, USUAL, LARGE = (80, 24), (120, 40), (200, 60)
NEXT = "right_square_bracket"


async def test_overview(snap_sizes: CompareSizes, app: TurnlabApp) -> None:
    await snap_sizes(app, [SMALL, USUAL, LARGE], steps())


@pytest.mark.slow
async def test_voice_config_with_a_value_out_of_range(snap_sizes: CompareSizes, app: TurnlabApp) -> None:
    await snap_sizes(app, [SMALL, USUAL], steps(NEXT, NEXT, "tab", "tab", "down", "down"))


@pytest.mark.slow
def test_a_filter_in_force(snap_compare: Compare, app: TurnlabApp) -> None:
    assert snap_compare(app, terminal_size=USUAL, run_before=steps("slash", *"tag:escalation", "enter"))


@pytest.mark.slow
def test_nothing_matches(snap_compare: Compare, app: TurnlabApp) -> None:
    assert snap_compare(app, terminal_size=SMALL, run_before=steps("slash", *"zebra"))


def test_the_platform_cannot_be_reached(snap_compare: Compare) -> None:
    client = ScriptedClient()
    client.failure = UnreachableError("embedded-platform cannot be reached: no route; check the network")
    assert snap_compare(make_app(client.open), terminal_size=SMALL, run_before=steps())


@pytest.mark.slow
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
        # The spinner depends on the time.
        pilot.app.screen.query_one(ServiceNotice).waiting = False
        await pilot.pause()

    assert snap_compare(app, terminal_size=SMALL, run_before=stop_turning)
