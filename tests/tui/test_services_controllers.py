"""The controllers of the Services screen alone, without a screen or keys."""

from __future__ import annotations

from collections.abc import Awaitable
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from textual.app import App
from textual.widgets import Select, Static

from services.changes import guarded
from services.changes.fields import FieldsPlan
from services.embedded import open_embedded
from services.embedded.access import access
from services.embedded.database import Database
from services.errors import UnreachableError
from services.model import Service, Tag, VersionSet
from services.platform import PlatformClient
from tests.tui.conftest import named
from tests.tui.controller_host import ScriptedHost
from tui.dialogs.dialog import Confirm
from tui.dialogs.dialogs import NameDialog
from tui.dialogs.form_dialog import FormDialog, FormField
from tui.dialogs.plan_dialog import PlanDialog, fields_plan_dialog
from tui.services.changes import ChangesController, ServiceGone, ServiceMade, ServiceSaved, TakeBack
from tui.services.dialogs import MovedFields, MovedPlans
from tui.services.list_pane import ServiceList
from tui.services.version_sets import VersionSetsController

HOSTILE = "[bold]x[/] \x1b[31mred \u202ertl 📞"


pytestmark = pytest.mark.usefixtures("at_once")


async def test_an_edit_asks_before_it_replaces_another_users_value(workspace_file: Path) -> None:
    async with open_embedded(workspace_file) as client, open_embedded(workspace_file) as other:
        before = await named(client)

        def mine(form: FormDialog) -> dict[str, str]:
            return dict(form.typed) | {"description": "mine", "tool_capacity": "11"}

        def mended(form: FormDialog) -> dict[str, str]:
            assert "whole number from 1 to 10" in form.problem
            return dict(form.typed) | {"tool_capacity": str(before.tool_capacity)}

        def unchanged(form: FormDialog) -> dict[str, str]:
            return dict(form.typed)

        host = ScriptedHost(mine, mended, lambda _: False, unchanged, lambda _: True, lambda _: True)
        changes = ChangesController(host)
        await other.update_service(before.id, {"description": "theirs"})
        real, client.get_service = client.get_service, _stale_once(client.get_service, before)  # type: ignore[method-assign]
        await changes.edit(client, before)
        client.get_service = real  # type: ignore[method-assign]
        forms = [FormDialog, FormDialog, MovedFields, FormDialog, MovedFields]
        assert [type(one) for one in host.asked] == [*forms, PlanDialog]
        assert isinstance(host.posted[-1], ServiceSaved)
        assert (await named(client)).description == "mine"
        assert changes.undo_label == "edit of Intake Line"
        assert "u takes it back" in host.said[-1]

        await other.update_service(before.id, {"description": "theirs again"})
        host.answers = [lambda _: False, lambda _: True]
        await changes.undo(client)
        assert (await named(client)).description == "theirs again", "it was shown, and not agreed to"
        await changes.undo(client)
        shown = host.asked[-1]
        assert isinstance(shown, PlanDialog)
        assert isinstance(shown.plan, FieldsPlan)
        assert (shown.plan.before, shown.plan.after) == ({"description": "theirs again"}, {"description": "theirs"})
        assert "description was changed again since" in shown.plan.warnings[0]
        assert (await named(client)).description == "theirs"
        assert changes.undo_label == ""

        host.answers = [lambda form: dict(form.typed) | {"description": "mine"}, lambda _: True]
        await changes.edit(client, await named(client))
        await other.update_service(before.id, {"description": "theirs"})
        await changes.undo(client)
        assert host.said[-1] == "Nothing to take back: Intake Line holds that already."
        assert changes.undo_label == "", "what was written before it comes next"


def _stale_once(real: Any, stale: Service) -> Any:
    answers = [stale]

    async def get_service(service_id: str) -> Service:
        return answers.pop() if answers else await real(service_id)

    return get_service


async def test_a_service_is_created_deactivated_deleted_and_restored(workspace_file: Path) -> None:
    async with open_embedded(workspace_file) as client:
        like = await named(client)
        owners = {"agent_id": like.agent_id or "", "context_graph_id": like.context_graph_id or ""}
        empty = {"description": "", "tags": "a:b, c", "keyterms": "one", "agent_id": "", "context_graph_id": ""}
        host = ScriptedHost(
            lambda form: form.typed | empty | {"name": like.name},
            lambda form: form.typed | owners,
            lambda form: form.typed | {"name": HOSTILE},
        )
        changes = ChangesController(host)
        await changes.make(client)
        problems = [form.problem for form in host.asked if isinstance(form, FormDialog)]
        assert problems[1] == "choose an agent"
        assert "already has this name" in problems[2]
        assert isinstance(host.posted[-1], ServiceMade)
        (made,) = [one for one in (await client.list_services()).items if one.name.startswith("[bold]")]
        assert host.posted[-1].service_id == made.id, "the list goes to it"
        assert (made.tags, made.keyterms, made.tool_capacity) == ((Tag("a", "b"), Tag("c")), ("one",), 3)
        assert set(made.version_sets) == {"edge", "release"}

        host.answers = [lambda _: False, lambda _: True]
        await changes.switch_active(client, made)
        assert (await client.get_service(made.id)).is_active, "it was asked about, and left"
        assert host.asked[-1].plan.confirmation == "release"  # type: ignore[attr-defined]
        await changes.switch_active(client, made)
        off = await client.get_service(made.id)
        assert not off.is_active
        await changes.switch_active(client, made)
        assert any("Another user made it inactive" in said for said in host.said), "made was read before"
        await changes.switch_active(client, off)
        assert (await client.get_service(made.id)).is_active, "activating is not asked about"

        host.answers = [lambda dialog: isinstance(dialog, Confirm)] * 2
        await changes.delete(client, await client.get_service(made.id))
        assert isinstance(host.posted[-1], ServiceGone)
        await changes.undo(client)
        (again,) = [one for one in (await client.list_services()).items if one.name.startswith("[bold]")]
        assert (again.id != made.id, again.tags, again.is_active) == (True, made.tags, True)

        # Changes to the deleted service cannot be undone, and it says so.
        for label in ("activation", "deactivation", "making"):
            assert label in changes.undo_label
            await changes.undo(client)
            assert "cannot be taken back" in host.said[-1]
        assert changes.undo_label == ""

        soon_gone = empty | owners | {"name": "Soon gone"}
        host.answers = [lambda form: form.typed | soon_gone, lambda _: True]
        await changes.make(client)
        await changes.undo(client)
        assert "Soon gone is deleted" in host.said[-1]
        assert "Soon gone" not in [one.name for one in (await client.list_services()).items]


class FailsLater(httpx.AsyncBaseTransport):
    """Lets a number of changes pass, then loses every one on its way."""

    def __init__(self, inner: httpx.AsyncBaseTransport, passes: int) -> None:
        self.inner, self.passes = inner, passes

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if request.method != "GET":
            if not self.passes:
                raise httpx.ConnectError("no route")
            self.passes -= 1
        return await self.inner.handle_async_request(request)


async def test_a_partly_restored_service_is_reported_and_never_created_twice(
    workspace_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guarded, "pause", _no_pause)
    async with open_embedded(workspace_file) as client:
        assert isinstance(client, PlatformClient)
        lost = await named(client)
        host = ScriptedHost(lambda _: True, lambda _: True, lambda _: True)
        changes = ChangesController(host)
        await changes.delete(client, lost)
        http = client._transport._http
        line = http._transport = FailsLater(http._transport, passes=2)
        await changes.undo(client)
        assert "Intake Line is there again, not all of it: " in host.said[-1]
        assert "without test, personal-dana: " in host.said[-1]
        part = await named(client)
        assert set(part.version_sets) == {"edge", "release", "preview"}
        assert changes.undo_label == "deletion of Intake Line"
        line.passes = 9
        await changes.undo(client)
        assert "Intake Line is made again" in host.said[-1]
        whole = await named(client)
        assert (whole.id, whole.version_sets, whole.voice_config) == (part.id, lost.version_sets, lost.voice_config)
        assert len([one for one in (await client.list_services()).items if one.name == "Intake Line"]) == 1
        assert changes.undo_label == ""


async def test_a_missing_service_is_reported_without_a_question(workspace_file: Path) -> None:
    async with open_embedded(workspace_file) as client:
        gone = await named(client)
        await client.delete_service(gone.id)
        host = ScriptedHost()
        changes = ChangesController(host)
        for change in (changes.edit, changes.switch_active, changes.delete):
            await change(client, gone)
            assert "not found" in host.said[-1].lower() or "no such" in host.said[-1].lower()
        assert not host.asked
        assert not host.posted


async def test_a_promotion_is_undone_and_asks_again_after_other_changes(workspace_file: Path) -> None:
    async with open_embedded(workspace_file) as client, open_embedded(workspace_file) as other:
        one = await named(client)
        before = one.version_sets["preview"]
        ways_back: list[TakeBack] = []

        async def preview() -> VersionSet:
            return (await client.get_service(one.id)).version_sets["preview"]

        async def agree_late(_: object) -> bool:
            await other.upsert_version_set(
                one.id, "test", replace(one.version_sets["test"], agent_version_number=3)
            )
            return True

        host = ScriptedHost(lambda _: "preview", lambda _: None)
        sets = VersionSetsController(host, ways_back.append)
        await sets.promote(client, one, "test")
        assert [type(dialog) for dialog in host.asked] == [NameDialog, PlanDialog]
        assert await preview() == before, "the plan was left"
        host.answers = [lambda _: "preview", lambda _: True]
        await sets.promote(client, one, "test")
        assert await preview() == one.version_sets["test"]
        assert "test → preview promoted" in host.said[-1]
        host.answers = [lambda _: True] * 3
        await sets.roll_back(client, one, "preview")
        assert await preview() == before
        labels = [written.label for written in ways_back]
        assert labels == ["promotion of preview of Intake Line", "rollback of preview of Intake Line"]
        assert await ways_back.pop().run(client)
        assert await preview() == one.version_sets["test"], "the rollback is taken back"
        await sets.roll_back(client, one, "preview")
        assert await preview() == before, "and so the promotion can be rolled back again"

        host.answers, host.asked = [lambda _: "preview", agree_late, lambda _: False], []
        await sets.promote(client, one, "test")
        assert [type(dialog) for dialog in host.asked] == [NameDialog, PlanDialog, MovedPlans]
        assert await preview() == before


async def test_undo_over_another_users_change_asks(workspace_file: Path) -> None:
    async with open_embedded(workspace_file) as client, open_embedded(workspace_file) as other:
        one = await named(client)
        host = ScriptedHost(lambda _: "preview", lambda _: True, lambda _: True)
        sets = VersionSetsController(host, lambda _: None)
        await sets.promote(client, one, "test")
        await other.upsert_version_set(one.id, "preview", VersionSet(agent_version_number=2))
        await sets.roll_back(client, one, "preview")
        assert isinstance(host.asked[-1], PlanDialog)
        assert "preview was changed elsewhere" in host.asked[-1].aside[0]
        assert (await client.get_service(one.id)).version_sets["preview"] == one.version_sets["preview"]


async def test_a_version_that_does_not_exist_is_refused_in_the_form(workspace_file: Path) -> None:
    async with open_embedded(workspace_file) as client:
        one = await named(client)
        host = ScriptedHost(
            lambda form: form.typed | {"agent": "99"},
            lambda form: form.typed | {"agent": "6", "models": "navigation=gpt-4.1"},
            lambda _: True,
        )
        await VersionSetsController(host, lambda _: None).upsert(client, one, "test")
        first, second = host.asked[:2]
        assert isinstance(first, FormDialog)
        assert isinstance(second, FormDialog)
        assert "does not exist" in second.problem
        assert second.typed["agent"] == "99"
        now = (await client.get_service(one.id)).version_sets["test"]
        assert (now.agent_version_number, now.models()) == (6, {"navigation": "gpt-4.1"})
        assert now.applied_behavior_ids == one.version_sets["test"].applied_behavior_ids


async def test_a_key_without_permission_is_reported_and_writes_nothing(workspace_file: Path) -> None:
    async with open_embedded(workspace_file) as client:
        assert isinstance(client, PlatformClient)
        one = await named(client)
        database = Database.open(workspace_file, fill=lambda _: None)
        viewing = access(database, "viewer")
        http = client._transport._http
        viewer = PlatformClient(http, workspace_id=viewing.workspace_id, token=viewing.token, label="viewer")
        host = ScriptedHost(lambda _: "preview", lambda _: True)
        await VersionSetsController(host, lambda _: None).promote(viewer, one, "test")
        assert any("preview was not changed" in said and "may only read" in said for said in host.said)
        assert (await client.get_service(one.id)).version_sets == one.version_sets
        database.close()


async def test_a_lost_answer_is_reported_with_its_real_outcome(
    workspace_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_embedded(workspace_file) as client:
        one = await named(client)

        async def lose(*_: object) -> None:
            raise UnreachableError("it broke off [bold]here[/]")

        monkeypatch.setattr(client, "upsert_version_set", lose)
        monkeypatch.setattr(guarded, "pause", _no_pause)
        host = ScriptedHost(lambda _: "preview", lambda _: True)
        await VersionSetsController(host, lambda _: None).promote(client, one, "test")
        assert any("preview was not changed" in said and "[bold]here[/]" in said for said in host.said), host.said


class GoesSilent(httpx.AsyncBaseTransport):
    """Answers nothing from the first change on (``arrives``: whether it is stored), until it ``answers`` again."""

    def __init__(self, inner: httpx.AsyncBaseTransport, *, arrives: bool) -> None:
        self.inner, self.arrives, self.answers = inner, arrives, True

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if self.answers and request.method != "GET":
            self.answers = False
            if self.arrives:
                await self.inner.handle_async_request(request)
        if not self.answers:
            raise httpx.ReadTimeout("no answer")
        return await self.inner.handle_async_request(request)


@pytest.mark.parametrize("arrives", [True, pytest.param(False, marks=pytest.mark.slow)])
async def test_a_possibly_stored_change_can_be_undone_later(
    workspace_file: Path, monkeypatch: pytest.MonkeyPatch, arrives: bool
) -> None:
    monkeypatch.setattr(guarded, "pause", _no_pause)
    async with open_embedded(workspace_file) as client:
        assert isinstance(client, PlatformClient)
        one, http = await named(client), client._transport._http
        answering = http._transport
        host = ScriptedHost(*[lambda dialog: "preview" if isinstance(dialog, NameDialog) else True] * 9)
        changes = ChangesController(host)
        version_sets = VersionSetsController(host, changes.note)

        async def without_an_answer(change: Awaitable[None]) -> None:
            http._transport = GoesSilent(answering, arrives=arrives)
            await change
            http._transport = answering
            assert any("Not known whether it is" in said for said in host.said[-2:]), host.said

        await without_an_answer(changes.switch_active(client, one))
        assert (await named(client)).is_active != arrives
        await changes.undo(client)
        await without_an_answer(version_sets.promote(client, one, "test"))
        assert (await named(client)).version_sets != one.version_sets or not arrives
        await changes.undo(client)
        back = await named(client)
        assert (back.is_active, back.version_sets) == (one.is_active, one.version_sets)

        await without_an_answer(changes.delete(client, one))
        await changes.undo(client)
        assert ((await named(client)).id != one.id) == arrives
        assert changes.undo_label == ""
        assert len([found for found in (await client.list_services()).items if found.name == one.name]) == 1


async def _no_pause(_: float) -> None:
    """Do not wait."""


async def test_a_new_service_is_highlighted_and_an_error_leaves_once_a_choice_is_changed() -> None:
    old, new = (Service(id=one, name=one, version_sets={}) for one in ("old", "new"))
    app: App[None] = App()
    rows = ServiceList()
    agents = [FormField(name="agent_id", label="Agent", choices=[("a", "Ann"), ("b", "Bea")])]
    form = FormDialog("New service", agents, {}, problem="choose an agent")
    async with app.run_test() as pilot:
        await app.mount(rows)
        rows.services = [old]
        rows.sought = "new"
        rows.services = [old, new]
        assert rows.highlighted == new
        rows.services = [new, old]
        assert rows.highlighted == new, "and stays so"
        await app.push_screen(form)
        await pilot.pause()
        problem = form.query_one("#form-problem", Static)
        assert str(problem.render()) == "choose an agent"
        form.query_one(Select).value = "b"
        await pilot.pause()
        assert str(problem.render()) == ""
        form.dismiss(None)
        nothing = FieldsPlan(
            subject="service", action="update", service=old, before={}, after={}, warnings=("changed again",)
        )
        dialog = fields_plan_dialog("Undo?", nothing, ["it was changed since: going back replaces that"], "")
        await app.push_screen(dialog)
        await pilot.pause()
        shown = "\n".join(str(one.render()) for one in dialog.query(Static))
        assert "Nothing would change" in shown
        assert "⚠" not in shown, "there is nothing to warn of"
