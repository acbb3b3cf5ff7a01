"""How the Services screen looks. A change is accepted with ``pytest --snapshot-update``, after looking at it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from services.errors import UnreachableError
from tests.tui.conftest import ScriptedClient, make_app, steps
from tui.app import TurnlabApp

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
