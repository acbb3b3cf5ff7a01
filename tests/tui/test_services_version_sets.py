"""Version sets on the Services screen: resolved, compared, promoted, rolled back, deleted, by keys."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import DataTable, Input, OptionList, Static

from services.embedded import open_embedded
from services.model import Service
from tests.tui.conftest import make_app, settle
from tests.tui.pace import until
from tui.app import TurnlabApp
from tui.dialogs.dialogs import NameDialog
from tui.dialogs.form_dialog import FormDialog
from tui.dialogs.plan_dialog import PlanDialog
from tui.services.commands import DELETE_VERSION_SET, PROMOTE, ROLLBACK, UPSERT_VERSION_SET
from tui.services.dialogs import DiffDialog, MovedPlans
from tui.services.screen import ServicesScreen
from tui.widgets.key_line import KeyLine

SETS = ["edge", "release", "preview", "test", "personal-dana"]


def screen(app: TurnlabApp) -> ServicesScreen:
    return app.services_screen


def texts(app: TurnlabApp) -> str:
    """Return all labels of the visible screen."""
    from rich.console import Console

    console = Console(width=100, file=open("/dev/null", "w"))  # noqa: SIM115, PTH123
    with console.capture() as captured:
        for label in app.screen.query(Static):
            console.print(label.render() if not hasattr(label.content, "columns") else label.content)
    return captured.get()


def notes(app: TurnlabApp) -> list[str]:
    return [f"{note.title}: {note.message}" for note in app._notifications]


async def on_set(pilot: Pilot[None], name: str, service: str = "Intake Line") -> None:
    """Go to the line of a service's version set."""
    app = pilot.app
    assert isinstance(app, TurnlabApp)
    await settle(pilot)
    screen(app).query_one("#services-filter", Input).value = f'"{service}"'
    await settle(pilot)
    detail = screen(app).detail
    assert detail is not None
    detail.open_version_sets()
    await settle(pilot)
    await until(pilot, lambda: "latest (" in str(app.screen.query_one(DataTable).get_row_at(0)[1]))
    app.screen.query_one("#version-set-rows", DataTable).move_cursor(row=SETS.index(name))
    await pilot.pause()


async def press(pilot: Pilot[None], key: str, then: type) -> Any:
    await pilot.press(key)
    await until(pilot, lambda: isinstance(pilot.app.screen, then))
    await pilot.pause()
    return pilot.app.screen


async def stored(file: Path, service: str = "Intake Line") -> Service:
    async with open_embedded(file) as client:
        return next(one for one in (await client.list_services()).items if one.name == service)


@pytest.mark.slow
async def test_edge_shows_its_versions_and_why_it_is_locked(app: TurnlabApp) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        await on_set(pilot, "edge")
        table = app.screen.query_one("#version-set-rows", DataTable)
        assert [str(cell) for cell in table.get_row_at(0)[:3]] == ["edge 🔒", "latest (7)", "latest (12)"]
        note = str(app.screen.query_one("#version-set-note", Static).content)
        assert "cannot be pinned, changed or deleted" in note
        assert "Differs from release in agent, context graph, 2 models, 3 behaviors" in note


@pytest.mark.slow
async def test_a_locked_version_set_says_why(app: TurnlabApp) -> None:
    async with app.run_test(size=(120, 40), notifications=True) as pilot:
        await on_set(pilot, "edge")
        assert "cannot be written" in screen(app).reason_against(ROLLBACK)
        await pilot.press("x")
        await pilot.pause()
        assert any("Not now: Delete" in note and "cannot be deleted" in note for note in notes(app))
        app.screen.query_one("#version-set-rows", DataTable).move_cursor(row=1)
        await pilot.pause()
        assert "what callers get" in screen(app).reason_against(DELETE_VERSION_SET)
        assert screen(app).reason_against(PROMOTE) == screen(app).reason_against(UPSERT_VERSION_SET) == ""


@pytest.mark.slow
async def test_two_sets_are_compared(app: TurnlabApp) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        await on_set(pilot, "preview")
        dialog = await press(pilot, "d", NameDialog)
        assert dialog.query_one(OptionList).option_count == 4
        await press(pilot, "enter", DiffDialog)
        shown = texts(app)
        assert "preview ↔ release" in shown
        assert "v6" in shown
        assert "claude-sonnet-4" in shown


async def test_promoting_to_release_asks_for_its_name_and_rolls_back(app: TurnlabApp, workspace_file: Path) -> None:
    before = await stored(workspace_file)
    async with app.run_test(size=(120, 40), notifications=True) as pilot:
        await on_set(pilot, "preview")
        await press(pilot, "p", NameDialog)
        dialog = await press(pilot, "enter", PlanDialog)
        reach = "release is the version set that callers of 'Intake Line' reach: the change is live at once."
        assert reach in [str(line.render()) for line in dialog.query(Static)]
        await pilot.press("enter")
        await pilot.pause()
        assert app.screen is dialog
        dialog.query_one(Input).value = "releas"
        await pilot.press("enter")
        assert app.screen is dialog
        assert (await stored(workspace_file)) == before
        dialog.query_one(Input).value = "release"
        await press(pilot, "enter", ServicesScreen)
        await settle(pilot)
        now = await stored(workspace_file)
        assert now.version_sets["release"] == before.version_sets["preview"]
        assert any("promoted" in note and "agent: v5 → v6" in note for note in notes(app))
        table = app.screen.query_one("#version-set-rows", DataTable)
        assert str(table.get_row_at(1)[1]) == "v6"

        table.move_cursor(row=1)
        await pilot.pause()
        dialog = await press(pilot, "R", PlanDialog)
        dialog.query_one(Input).value = "release"
        await press(pilot, "enter", ServicesScreen)
        await settle(pilot)
    assert (await stored(workspace_file)).version_sets == before.version_sets


@pytest.mark.slow
async def test_a_plan_changed_meanwhile_is_shown_and_asked_about(app: TurnlabApp, workspace_file: Path) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        await on_set(pilot, "test")
        await press(pilot, "p", NameDialog)
        dialog = await press(pilot, "enter", PlanDialog)
        assert "test → preview" in texts(app)
        async with open_embedded(workspace_file) as other:
            service = await stored(workspace_file)
            theirs = replace(service.version_sets["preview"], agent_version_number=1)
            await other.upsert_version_set(service.id, "preview", theirs)
        dialog = await press(pilot, "enter", MovedPlans)
        assert "preview was changed meanwhile" in texts(app)
        assert (await stored(workspace_file)).version_sets["preview"] == theirs
        dialog = await press(pilot, "enter", PlanDialog)
        assert "v1" in texts(app)
        assert isinstance(dialog, PlanDialog)
        await press(pilot, "enter", ServicesScreen)
        await settle(pilot)
    now = await stored(workspace_file)
    assert now.version_sets["preview"] == now.version_sets["test"]


@pytest.mark.slow
async def test_edge_is_copied_into_a_new_set_and_that_is_deleted_again(
    app: TurnlabApp, workspace_file: Path
) -> None:
    async with app.run_test(size=(120, 40), notifications=True) as pilot:
        await on_set(pilot, "edge")
        form = await press(pilot, "E", FormDialog)
        form.query_one("#name", Input).value = "not a name"
        await pilot.press("ctrl+s")
        await until(pilot, lambda: "letters, digits" in str(app.screen.query_one("#form-problem", Static).content))
        app.screen.query_one("#name", Input).value = "trial"
        await press(pilot, "ctrl+s", PlanDialog)
        await press(pilot, "enter", ServicesScreen)
        await settle(pilot)
        assert (await stored(workspace_file)).version_sets["trial"].agent_version_number is None
        table = app.screen.query_one("#version-set-rows", DataTable)
        table.move_cursor(row=table.row_count - 1)
        await pilot.pause()
        await press(pilot, "x", PlanDialog)
        await press(pilot, "enter", ServicesScreen)
        await settle(pilot)
        assert any("trial deleted" in note and "u takes it back" in note for note in notes(app))
        assert "trial" not in (await stored(workspace_file)).version_sets
        await press(pilot, "u", PlanDialog)
        await pilot.press("f2")
        assert '"version_set": {' in texts(app)
        await press(pilot, "enter", ServicesScreen)
        await settle(pilot)
        assert "trial" in (await stored(workspace_file)).version_sets
        await press(pilot, "u", PlanDialog)
        await press(pilot, "enter", ServicesScreen)
        await settle(pilot)
    assert "trial" not in (await stored(workspace_file)).version_sets


@pytest.mark.slow
async def test_read_only_dims_every_write_and_says_why(workspace_file: Path) -> None:
    app = make_app(lambda: open_embedded(workspace_file), read_only=True)
    async with app.run_test(size=(120, 40), notifications=True) as pilot:
        await on_set(pilot, "test")
        for command in (UPSERT_VERSION_SET, PROMOTE, ROLLBACK, DELETE_VERSION_SET):
            assert "--read-only" in screen(app).reason_against(command)
        keys = app.screen.query_one("#version-set-keys", KeyLine).render()
        assert "p Promote" in keys.plain
        assert "Edit" not in app.screen.query(KeyLine).last(KeyLine).render().plain
        await pilot.press("p")
        await pilot.pause()
        assert isinstance(app.screen, ServicesScreen)
        assert any("--read-only" in note for note in notes(app))


Steps = Callable[[Pilot[None]], Awaitable[None]]


@pytest.mark.slow
async def test_without_a_set_in_view_the_keys_lead_to_them(app: TurnlabApp) -> None:
    async with app.run_test(size=(120, 40), notifications=True) as pilot:
        await settle(pilot)
        for key in ("E", "R"):
            await pilot.press(key)
            await settle(pilot)
            detail = screen(app).detail
            assert detail is not None
            assert detail.tab == "version-sets"
            assert isinstance(app.screen, ServicesScreen)
            await pilot.press("escape", "p")  # they are visible without the focus
            await settle(pilot)
            assert isinstance(app.screen, ServicesScreen)
            assert any("Go to a version set's line" in note for note in notes(app))
            await pilot.press("escape", "left_square_bracket")
            assert detail.tab == "overview"
