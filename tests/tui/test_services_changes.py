"""Services created, edited, activated, deleted and restored on the Services screen, by keys."""

from __future__ import annotations

import asyncio
import shlex
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import DataTable, Input, OptionList, Static, TabbedContent

from services.changes.change_record import KeptFields
from services.changes.fields import apply_fields, plan_fields
from services.changes.ledger import Backups
from services.embedded import open_embedded
from services.model import Service, Tag
from services.service_text import curl_line, service_json
from services.traffic import RateLimit, Waiting
from tests.tui.conftest import ScriptedClient, losing, make_app, settle
from tests.tui.pace import until
from tests.tui.test_services_version_sets import notes, press, stored, texts
from tui.app import TurnlabApp
from tui.commands.help_screen import HelpScreen
from tui.dialogs.dialog import Confirm, TextDialog
from tui.dialogs.form_dialog import FormDialog
from tui.dialogs.plan_dialog import PlanDialog
from tui.services.dialogs import MovedFields
from tui.services.forms import edited, service_values
from tui.services.history import ServiceHistoryTable
from tui.services.routing import RoutingScreen, routing
from tui.services.screen import ServicesScreen
from tui.widgets.status_line import StatusLine

HOSTILE = "[bold]x[/] \x1b[31mred \u202ertl 📞"


async def listed(file: Path) -> dict[str, Service]:
    async with open_embedded(file) as client:
        return {one.name: one for one in (await client.list_services()).items}


async def on_service(pilot: Pilot[None], name: str) -> None:
    await settle(pilot)
    pilot.app.screen.query_one("#services-filter", Input).value = f'"{name}"'
    await settle(pilot)


async def test_an_edit_sends_only_what_changed_and_is_undone(app: TurnlabApp, workspace_file: Path) -> None:
    before = await stored(workspace_file)
    async with app.run_test(size=(120, 40), notifications=True) as pilot:
        await on_service(pilot, "Intake Line")
        form = await press(pilot, "e", FormDialog)
        form.query_one("#tags", Input).value = "channel:phone, new"
        form.query_one("#tool_capacity", Input).value = "11"
        await pilot.press("ctrl+s")
        await until(pilot, lambda: "whole number from 1 to 10" in texts(app))
        assert await stored(workspace_file) == before
        app.screen.query_one("#tool_capacity", Input).value = "7"
        await press(pilot, "ctrl+s", PlanDialog)
        lines = [line.split() for line in texts(app).splitlines()]
        assert ["tool_capacity", "5", "7"] in lines
        assert "channel:phone, new" in texts(app)
        await press(pilot, "enter", ServicesScreen)
        await settle(pilot)
        now = await stored(workspace_file)
        assert (now.tags, now.tool_capacity) == ((Tag("channel", "phone"), Tag("new")), 7)
        assert now.keyterms == before.keyterms
        assert any("u takes it back" in note for note in notes(app))
        await press(pilot, "u", PlanDialog)
        await press(pilot, "enter", ServicesScreen)
        await settle(pilot)
        assert any("are put back" in note for note in notes(app))
    after = await stored(workspace_file)
    assert (after.tags, after.tool_capacity) == (before.tags, before.tool_capacity)


@pytest.mark.slow
async def test_both_values_are_shown_when_another_user_edited(app: TurnlabApp, workspace_file: Path) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        await on_service(pilot, "Intake Line")
        form = await press(pilot, "e", FormDialog)
        form.query_one("#description", Input).value = "mine"
        async with open_embedded(workspace_file) as other:
            theirs = await stored(workspace_file)
            await other.update_service(theirs.id, {"description": "theirs", "tool_capacity": 9})
        await press(pilot, "ctrl+s", MovedFields)
        shown = texts(app)
        assert "mine" in shown
        assert "theirs" in shown
        assert "tool_capacity" not in shown
        form = await press(pilot, "escape", FormDialog)
        assert form.query_one("#description", Input).value == "mine"
        assert (await stored(workspace_file)).description == "theirs"
        await press(pilot, "ctrl+s", MovedFields)
        await press(pilot, "o", PlanDialog)
        await press(pilot, "enter", ServicesScreen)
        await settle(pilot)
        now = await stored(workspace_file)
        assert (now.description, now.tool_capacity) == ("mine", 9)


async def test_a_form_is_not_left_by_a_slip(app: TurnlabApp) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        await on_service(pilot, "Intake Line")
        form = await press(pilot, "e", FormDialog)
        form.query_one("#name", Input).value = "typed"
        await pilot.press("escape")
        await pilot.pause()
        assert app.screen is form
        assert "esc again drops it" in texts(app)
        await press(pilot, "escape", ServicesScreen)
        await press(pilot, "e", FormDialog)
        await press(pilot, "escape", ServicesScreen)


async def test_deletion_needs_the_name_and_can_be_undone(app: TurnlabApp, workspace_file: Path) -> None:
    before = await stored(workspace_file)
    async with app.run_test(size=(120, 40)) as pilot:
        await on_service(pilot, "Intake Line")
        dialog = await press(pilot, "X", Confirm)
        await pilot.press("enter")
        await pilot.pause()
        assert app.screen is dialog
        dialog.query_one(Input).value = "Intake Line"
        await press(pilot, "enter", ServicesScreen)
        await settle(pilot)
        assert "Intake Line" not in await listed(workspace_file)
        assert app.services_screen.highlighted is None
        await press(pilot, "ctrl+z", Confirm)
        await press(pilot, "enter", ServicesScreen)
        await settle(pilot)
    again = await stored(workspace_file)
    assert again.id != before.id
    assert again.version_sets == before.version_sets
    assert (again.tags, again.voice_config, again.keyterms) == (before.tags, before.voice_config, before.keyterms)


async def test_ids_curl_and_json_hold_no_secret(app: TurnlabApp) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        await on_service(pilot, "Intake Line")
        service = app.services_screen.highlighted
        assert service is not None
        await pilot.press("y")
        assert app.clipboard == service.id
        await pilot.press("c")
        assert app.clipboard.startswith('curl -sS "$PLATFORM_API_URL"/v1/')
        assert '"Authorization: Bearer $PLATFORM_API_KEY"' in app.clipboard
        await press(pilot, "o", TextDialog)
        assert '"context_graph_version_number": 10' in texts(app)
        await press(pilot, "escape", ServicesScreen)


def test_a_curl_line_survives_a_shell() -> None:
    line, needs = curl_line("https://api.example/v1/o/service/?id='; rm -rf ~", "classic")
    assert shlex.split(line)[2] == "https://api.example/v1/o/service/?id='; rm -rf ~"
    assert "AMIGO_TOKEN" in line
    assert "sign in" in needs


def test_unknown_fields_are_in_the_json() -> None:
    assert '"novel": 1' in service_json(Service(id="a", extra={"novel": 1}))


async def test_routes_are_read_from_tags_and_lead_to_services(app: TurnlabApp) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        await settle(pilot)
        dialog = await press(pilot, "m", RoutingScreen)
        options = dialog.query_one(OptionList)
        lines = [str(options.get_option_at_index(at).prompt) for at in range(options.option_count)]
        at = next(at for at, line in enumerate(lines) if line.strip() == "Meet & Greet")
        assert lines[at + 1].strip() == "→ Adaptive Support"
        options.highlighted = at
        await press(pilot, "enter", ServicesScreen)
        await settle(pilot)
        assert app.services_screen.highlighted is not None
        assert app.services_screen.highlighted.name == "Meet & Greet"


def test_invalid_routes_are_reported() -> None:
    def tagged(name: str, *tags: str, active: bool = True) -> Service:
        return Service(id=name, name=name, is_active=active, tags=tuple(Tag(*tag.split(":")) for tag in tags))

    loop = [tagged("A", "route:in", "next:B"), tagged("B", "next:A")]
    assert [step.text for step in routing(loop)] == ["in", "A", "→ B", "→ A  … and round again"]
    lost = [tagged("A", "route:in", "next:nowhere", active=False)]
    assert [step.text for step in routing(lost) if step.odd] == [
        "no active service: callers on this route reach no service",
        "→ nowhere: no route and no service is called so",
    ]


@pytest.mark.parametrize("name", [HOSTILE, "x" * 256, "a, b\\, c"])
def test_a_form_that_is_not_touched_changes_nothing(name: str) -> None:
    service = Service(id="1", name=name, description=name, tags=(Tag(name, name),), keyterms=(name,))
    assert edited(service, service_values(service)) == service


def test_tags_with_commas_come_back_from_the_form() -> None:
    service = Service(id="1", name="n", tags=(Tag("a", "b, c"),), keyterms=("x,y",))
    values = service_values(service)
    changed = edited(service, values | {"tags": values["tags"] + ", d:e", "keyterms": values["keyterms"] + ", z"})
    assert changed.tags == (Tag("a", "b, c"), Tag("d", "e"))
    assert changed.keyterms == ("x,y", "z")


async def test_history_shows_who_changed_what(workspace_file: Path) -> None:
    async with open_embedded(workspace_file) as client:
        service = await stored(workspace_file)
        await client.update_service(service.id, {"tool_capacity": 9})
    app = make_app(lambda: open_embedded(workspace_file))
    async with app.run_test(size=(120, 40)) as pilot:
        await on_service(pilot, "Intake Line")
        await pilot.press("left_square_bracket")
        await settle(pilot)
        table = app.screen.query_one("#history-rows")
        assert [str(cell) for cell in table.get_row_at(0)[1:]] == ["Workspace owner", "update: tool_capacity"]  # type: ignore[attr-defined]
        assert "tool_capacity: 5 → 9" in str(app.screen.query_one("#history-note", Static).content)


async def test_the_status_line_shows_limits_and_waits() -> None:
    client = ScriptedClient([Service(id="1", name="one")])
    app = make_app(client.open)
    async with app.run_test(size=(120, 40)) as pilot:
        await settle(pilot)
        line = app.screen.query_one(StatusLine)
        client.traffic.note_limit("GET service", RateLimit(50, 40))
        assert "40 of 50 requests left" in line.render().plain
        client.traffic.note_limit("GET service", RateLimit(50, 3, 4_000_000_000.0))
        assert "GET service: 3 of 50 left until 07:06:40" in line.render().plain
        client.traffic.note_waiting(Waiting(7.0, "the limit of 50 requests is used up"))
        assert "waiting 7 s: the limit of 50 requests is used up" in line.render().plain


@pytest.mark.slow
async def test_a_late_dialog_does_not_cover_another_screen(app: TurnlabApp) -> None:
    async with app.run_test(size=(120, 40), notifications=True) as pilot:
        await on_service(pilot, "Intake Line")
        assert app.client is not None
        asked, go, ask = asyncio.Event(), asyncio.Event(), app.client.get_service

        async def slowly(service_id: str) -> Service:
            asked.set()
            await go.wait()
            return await ask(service_id)

        app.client.get_service = slowly  # type: ignore[method-assign]
        app.screen.query_one("ServiceList").focus()
        await pilot.press("X")
        await asked.wait()
        await press(pilot, "question_mark", HelpScreen)
        go.set()
        await until(pilot, lambda: any("Ask again" in note for note in notes(app)), "a word about it")
        assert isinstance(app.screen, HelpScreen)
        await press(pilot, "escape", ServicesScreen)
        await press(pilot, "X", Confirm)


@pytest.mark.slow
async def test_voice_settings_are_put_back_from_the_history(app: TurnlabApp, workspace_file: Path) -> None:
    before = await stored(workspace_file)
    async with app.run_test(size=(120, 40), notifications=True) as pilot:
        await on_service(pilot, "Intake Line")
        assert app.client is not None
        plan = plan_fields(before, "voice_config", {"max_buffer_delay_ms": 360}, source="mine")
        await apply_fields(app.client, plan, Backups(), who="dana")
        detail = app.services_screen.detail
        assert detail is not None
        detail.query_one(TabbedContent).active = "history"
        rows = detail.query_one("#history-rows", DataTable)
        await until(pilot, lambda: rows.row_count == 2, "each change once")
        kept = [isinstance(line.back, KeptFields) for line in detail.query_one(ServiceHistoryTable)._lines]
        rows.move_cursor(row=kept.index(True))
        await pilot.pause()
        app.services_screen.action_rollback()
        await until(pilot, lambda: isinstance(app.screen, PlanDialog), "the plan")
        assert "600 ms" in texts(app)
        await pilot.press("enter")
        assert isinstance(app.screen, PlanDialog), "release is what callers get: its name is typed first"
        await pilot.press(*"release", "enter")
        await until(pilot, lambda: any("are put back" in note for note in notes(app)), "a word")
        assert (await stored(workspace_file)).voice_config == before.voice_config

        # Other lines can be undone too: here one that only the platform has.
        await until(pilot, lambda: rows.row_count == 3, "the new change, once")
        await app.client.update_service(before.id, {"voice_config": {"max_buffer_delay_ms": 360}})
        await pilot.press("r")
        await until(pilot, lambda: rows.row_count == 4, "the change that was not made here")
        remembered = [line.who == "Workspace owner" for line in detail.query_one(ServiceHistoryTable)._lines]
        rows.move_cursor(row=remembered.index(True))
        await pilot.pause()
        await press(pilot, "R", PlanDialog)
        await pilot.press(*"release", "enter")
        await until(pilot, lambda: any("Intake Line is put back" in note for note in notes(app)), "a word")
    assert (await stored(workspace_file)).voice_config.max_buffer_delay_ms == 600


@pytest.mark.slow
async def test_a_change_with_a_lost_answer_is_reported_as_saved(app: TurnlabApp, workspace_file: Path) -> None:
    async with app.run_test(size=(120, 40), notifications=True) as pilot:
        await on_service(pilot, "Intake Line")
        losing(app.client)
        await press(pilot, "a", PlanDialog)
        await pilot.press(*"release", "enter")
        await until(pilot, lambda: any("Intake Line is saved" in note for note in notes(app)), "a word")
    assert not (await stored(workspace_file)).is_active


@pytest.mark.slow
async def test_a_second_change_does_not_end_one_that_is_being_made(app: TurnlabApp, workspace_file: Path) -> None:
    before = await stored(workspace_file)
    sent, answered = asyncio.Event(), asyncio.Event()

    async def slow() -> None:
        sent.set()
        await answered.wait()

    async with app.run_test(size=(120, 40), notifications=True) as pilot:
        await on_service(pilot, "Intake Line")
        app.services_screen._start_change(slow)
        await sent.wait()
        await pilot.press("a")
        await until(pilot, lambda: any("still being made" in note for note in notes(app)))
        assert not answered.is_set()
        assert [worker.is_cancelled for worker in app.services_screen.workers if worker.group == "changing"] == [
            False
        ]
        answered.set()
        await settle(pilot)
    assert await stored(workspace_file) == before
