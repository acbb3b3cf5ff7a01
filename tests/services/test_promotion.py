"""Promotions on the real platform in a file, with changes by a second client."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from pydantic import JsonValue

from services.changes import history, ledger
from services.changes.change_record import holds
from services.changes.differences import ORDER, canonical, change_texts, differences, newest_versions
from services.changes.errors import MovedError, NoBackupError
from services.changes.history import FieldsBack, version_set_history, way_back
from services.changes.requests import STAGES, ChangedSinceError, Delete, Promote, Rollback, Upsert, next_stage
from services.embedded import open_embedded
from services.model import FieldChange, HistoryEntry, Page, VersionSet
from tests.services.promotion_workspace import INTAKE, Desk


async def test_a_promotion_copies_the_tested_content(desk: Desk) -> None:
    preview, release = await desk.stored("preview"), await desk.stored("release")
    plan = await desk.plan(Promote("preview", "release"))
    assert (plan.before, plan.after) == (release, preview)
    assert await desk.stored("release") == release, "a plan writes nothing"
    assert plan.needs_confirmation
    told = [change_texts(change, plan.newest) for change in plan.changes]
    assert told[:3] == [
        ("agent", "v5", "v6"),
        ("context graph", "v10", "v11"),
        ("model engagement", "gpt-4.1", "claude-sonnet-4"),
    ]
    assert (told[3][0].split()[0], *told[3][1:]) == ("behavior", "—", "applied")
    applied = await desk.apply(plan)
    assert applied.stored == preview == await desk.stored("release")
    assert applied.otherwise == ()
    assert (await desk.plan(Promote("preview", "release"))).nothing_to_do


async def test_a_promotion_pins_the_latest_versions(desk: Desk) -> None:
    plan = await desk.plan(Promote("edge", "test"))
    assert plan.after is not None
    assert (plan.after.agent_version_number, plan.after.context_graph_version_number) == (7, 12)
    assert "edge always points at the latest agent: v7 today, which test then stays at" in plan.notes
    assert "4 dynamic behaviors no longer work in test" in plan.warnings


async def test_a_promotion_copies_unknown_fields(desk: Desk) -> None:
    await desk.change("preview", extra={"canary": {"share": 0.1}})
    applied = await desk.do(Promote("preview", "release"))
    assert applied.stored is not None
    assert applied.stored.extra == {"canary": {"share": 0.1}}
    assert "canary is not a field Turnlab knows; it goes along as it is" in applied.plan.warnings


@pytest.mark.parametrize("moved", ["release", "preview"])
async def test_a_promotion_never_overwrites_another_users_change(desk: Desk, other: Desk, moved: str) -> None:
    plan = await desk.plan(Promote("preview", "release"))
    theirs = await other.change(moved, agent_version_number=3)
    with pytest.raises(MovedError, match=f"{moved} was changed meanwhile") as refused:
        await desk.apply(plan)
    planned, now = refused.value.planned, refused.value.now
    assert planned == plan
    assert (now.before if moved == "release" else now.after) == theirs
    assert canonical(await desk.stored("release")) == canonical(now.before), "nothing was written"
    assert await desk.kept() == ()
    assert (await desk.apply(now)).stored == now.after, "the new plan can be carried out once it was looked at"


async def test_of_two_at_one_moment_only_one_writes(desk: Desk, workspace: Path, tmp_path: Path) -> None:
    async with open_embedded(workspace) as opened:
        second = Desk(opened, tmp_path / "backups", who="sam")
        plans = [await desk.plan(Promote("preview", "release")), await second.plan(Promote("test", "release"))]
        outcomes = await asyncio.gather(desk.apply(plans[0]), second.apply(plans[1]), return_exceptions=True)
    assert sorted(type(one).__name__ for one in outcomes) == ["Applied", "MovedError"]
    (kept,) = await desk.kept()
    assert kept.after == await desk.stored("release")


async def test_a_newer_version_moves_what_points_at_the_latest(desk: Desk, workspace: Path) -> None:
    plan = await desk.plan(Promote("edge", "test"))
    with sqlite3.connect(workspace) as db:
        columns = [row[1] for row in db.execute("PRAGMA table_info(agent_versions)")]
        taken = ", ".join("8" if name == "version" else name for name in columns)
        db.execute(
            f"INSERT INTO agent_versions ({', '.join(columns)}) SELECT {taken} FROM agent_versions"
            " WHERE owner_id = ? AND version = 7",
            (plan.service.agent_id,),
        )
    with pytest.raises(MovedError, match="edge was changed meanwhile, or points at newer versions"):
        await desk.apply(plan)


async def test_rollback_goes_back_step_by_step(desk: Desk) -> None:
    first = await desk.stored("release")
    await desk.do(Promote("preview", "release"))
    second = await desk.stored("release")
    await desk.do(Promote("test", "release"))
    assert (await desk.do(Rollback("release"))).stored == second
    assert (await desk.do(Rollback("release"))).stored == first
    with pytest.raises(NoBackupError, match="nothing to roll back"):
        await desk.plan(Rollback("release"))
    again = await desk.do(Rollback("release", to=(await desk.kept())[0].id))
    assert again.stored == second, "a rollback can be taken back by its number"


async def test_every_kind_of_history_entry_can_be_undone(desk: Desk) -> None:
    """Every kind of change: undoing the newest entry of the history restores the previous state."""
    before = await desk.client.get_service(INTAKE)
    preview = before.version_sets["preview"]
    fewer = replace(preview, agent_version_number=2, applied_behavior_ids=(), llm_model_preferences={})
    for name, change in (
        ("preview", fewer),
        ("preview", replace(preview, llm_model_preferences={"navigation": {"llm_name": "gpt-4.1"}})),
        ("made", preview),
        ("test", None),
    ):
        if change is None:
            await desk.client.delete_version_set(INTAKE, name)
        else:
            await desk.client.upsert_version_set(INTAKE, name, change)
        entry = (await desk.client.service_history(INTAKE)).items[0]
        back = way_back(entry)
        assert isinstance(back, Upsert | Delete)
        await desk.apply(await desk.plan(back))
        assert (await desk.client.get_service(INTAKE)).version_sets == before.version_sets
    await desk.client.update_service(INTAKE, {"tool_capacity": 9})
    back = way_back((await desk.client.service_history(INTAKE)).items[0])
    assert back == FieldsBack(subject="service", before={"tool_capacity": before.tool_capacity})
    mixed = HistoryEntry(
        id="1", changes=(FieldChange(("name",), "a", "b"), FieldChange(("voice_config", "tts_model"), None, "x"))
    )
    assert way_back(mixed) == "it changed several things at once; put them back one by one"
    assert "novel cannot be restored" in str(way_back(HistoryEntry(id="2", changes=(FieldChange(("novel",)),))))


async def test_rollback_asks_before_it_overwrites_another_users_change(desk: Desk, other: Desk) -> None:
    first = await desk.stored("release")
    done = await desk.do(Promote("preview", "release"))
    theirs = await other.change("release", agent_version_number=4)
    with pytest.raises(ChangedSinceError, match=f"--to {done.change}") as refused:
        await desk.plan(Rollback("release"))
    assert refused.value.now == theirs
    assert refused.value.entry.after == done.stored
    assert done.change is not None
    assert (await desk.do(Rollback("release", to=done.change))).stored == first


async def test_a_deleted_set_comes_back_and_a_new_one_goes(desk: Desk) -> None:
    test = await desk.stored("test")
    assert (await desk.do(Delete("test"))).stored is None
    assert (await desk.do(Rollback("test"))).stored == test
    await desk.do(Upsert("fresh", {"agent_version": 3}))
    assert (await desk.do(Rollback("fresh"))).stored is None
    assert await desk.stored("fresh") is None


async def test_backups_outlive_the_process_and_are_private(desk: Desk, workspace: Path, tmp_path: Path) -> None:
    before = await desk.stored("release")
    await desk.do(Promote("preview", "release"))
    async with open_embedded(workspace) as reopened:
        later = Desk(reopened, tmp_path / "backups")
        assert [(one.who, one.action, one.source, one.state) for one in await later.kept()] == [
            ("dana", "promote", "preview", "done")
        ]
        assert (await later.do(Rollback("release"))).stored == before
    assert {file.stat().st_mode & 0o777 for file in (tmp_path / "backups").iterdir()} == {0o600}


async def test_each_connection_has_its_own_backups(desk: Desk, tmp_path: Path, workspace: Path) -> None:
    await desk.do(Promote("preview", "release"))
    async with open_embedded(workspace) as opened:
        opened.label = "staging"  # type: ignore[misc]
        with pytest.raises(NoBackupError):
            await Desk(opened, tmp_path / "backups").plan(Rollback("release"))


async def test_the_store_is_bounded(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ledger, "KEPT_PER_SET", 3)
    for number in (1, 2, 3, 4, 5):
        await desk.do(Upsert("test", {"agent_version": number}))
    await desk.do(Upsert("mine", {"agent_version": 1}))
    assert [(one.id, one.target) for one in await desk.kept()] == [
        (6, "mine"),
        (5, "test"),
        (4, "test"),
        (3, "test"),
    ]


async def test_an_upsert_changes_only_what_it_names(desk: Desk) -> None:
    release = await desk.stored("release")
    assert release is not None
    body = {"service_hierarchical_state_machine_version": 9, "turn_runtime": None}
    after = (await desk.do(Upsert("release", body, {"navigation": "new-model", "engagement": None}))).stored
    assert after is not None
    assert after.context_graph_version_number == 9
    assert after.agent_version_number == release.agent_version_number
    assert after.applied_behavior_ids == release.applied_behavior_ids
    assert json.loads(json.dumps(after.llm_model_preferences)) == {"navigation": {"llm_name": "new-model"}}
    floating = await desk.plan(Upsert("release", {"agent_version": None}))
    assert any("callers get each new version" in warning for warning in floating.warnings)


@pytest.mark.parametrize(
    ("source", "target", "warns"),
    [
        ("personal-dana", "test", ""),
        ("personal-dana", "release", "skips test and preview"),
        ("release", "test", "is not the way of the path"),
        ("edge", "test", "edge → test leaves the path (personal → test → preview → release)"),
        ("edge", "release", "edge → release leaves the path"),
        ("test", "somewhere", "somewhere does not exist yet and is made"),
    ],
)
async def test_leaving_the_promotion_path_is_reported(desk: Desk, source: str, target: str, warns: str) -> None:
    warnings = (await desk.plan(Promote(source, target))).warnings
    way = [one for one in warnings if "skips" in one or "path" in one or "made" in one]
    assert bool(way) == bool(warns)
    assert all(warns in one for one in way)


async def test_backups_of_an_older_turnlab_still_read_and_roll_back(desk: Desk) -> None:
    first = await desk.stored("release")
    await desk.do(Promote("preview", "release"))
    with sqlite3.connect(desk.backups.file) as db:
        db.execute("ALTER TABLE changes DROP COLUMN kind")
        db.execute("PRAGMA user_version = 1")
    db.close()
    (kept,) = await desk.kept()
    assert kept.before == first
    assert (await desk.do(Rollback("release"))).stored == first
    assert [one.action for one in await desk.kept()] == ["rollback", "promote"]


async def test_a_history_that_is_cut_says_so_where_more_was_asked_for(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    for agent in (1, 2, 3):
        await desk.apply(await desk.plan(Upsert("preview", {"agent_version_number": agent})))
    client, service = desk.client, await desk.client.get_service(INTAKE)
    monkeypatch.setattr(client, "service_history", partial(client.service_history, limit=2))
    monkeypatch.setattr(history, "PAGES", 1)
    for name, limit, found, untold in (
        ("preview", 20, 2, "older changes were not looked through"),
        ("preview", 2, 2, ""),
        ("preview", 1, 1, ""),
        ("test", 1, 0, "older changes were not looked through"),
    ):
        told = await version_set_history(client, service, desk.backups, name=name, limit=limit)
        assert (len(told.platform), told.untold) == (found, untold)
        assert len(told.here) == min(3 if name == "preview" else 0, limit)


async def test_a_plan_shows_exactly_the_differences(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """The order of behaviors differs, a default written out does not, and a pin below the latest is a step back."""
    first, second = (VersionSet(applied_behavior_ids=ids) for ids in (("a", "b"), ("b", "a")))
    assert [(one.part, one.name) for one in differences(first, second)] == [("behavior", ORDER)]
    short: dict[str, JsonValue] = {"llm_name": "gpt-4.1"}
    long: dict[str, JsonValue] = {**short, "params": {}, "temperature": None}
    plain, written_out = (
        VersionSet(llm_model_preferences={"engagement": one, "odd": "gpt-4.1"}) for one in (short, long)
    )
    assert differences(plain, written_out) == ()
    await desk.apply(await desk.plan(Upsert("mine", {"agent_version_number": None})))
    latest = (await desk.plan(Upsert("mine", {}))).newest.agent.number
    plan = await desk.plan(Upsert("mine", {"agent_version_number": 1}, {"engagement": "gpt-4.1"}))
    assert f"the agent goes back, from v{latest} to v1" in plan.warnings
    assert plan.after is not None
    assert plan.after.models() == {"engagement": "gpt-4.1"}
    await desk.apply(plan)
    plan = await desk.plan(Upsert("mine", {}, {"navigation": "gpt-4.1"}))
    assert plan.after is not None
    assert plan.after.models() == {"engagement": "gpt-4.1", "navigation": "gpt-4.1"}, "the others stay"
    of_all = HistoryEntry(id="1", changes=(FieldChange(path=("version_sets",)),))

    async def told(*_: object, **__: object) -> Page[HistoryEntry]:
        return Page(items=(of_all,))

    monkeypatch.setattr(desk.client, "service_history", told)
    service = await desk.client.get_service(INTAKE)
    assert (await version_set_history(desk.client, service, desk.backups)).platform == ()


async def test_a_set_that_pins_nothing_is_resolved_to_the_newest_versions(desk: Desk) -> None:
    service = await desk.client.get_service(INTAKE)
    newest = await newest_versions(desk.client, service)
    agent, graph = newest.agent.number, newest.context_graph.number
    assert None not in (agent, graph)
    assert newest.resolved(VersionSet()) == VersionSet(
        agent_version_number=agent, context_graph_version_number=graph
    )
    assert newest.resolved(VersionSet(agent_version_number=1)).agent_version_number == 1


def test_the_stored_set_is_compared_with_the_sent_one() -> None:
    sent = VersionSet(agent_version_number=1, context_graph_version_number=2, extra={"colour": "red", "size": None})
    more = replace(sent, extra={"colour": "red", "shape": "round"})
    assert holds(None, None)
    assert holds(more, sent), "a platform may add fields"
    for stored in (
        None,
        replace(sent, agent_version_number=3),
        replace(sent, agent_version_number=None),
        replace(sent, context_graph_version_number=None),
        replace(sent, extra={"colour": "blue"}),
    ):
        assert not holds(stored, sent)
        assert not holds(sent, stored)


def test_the_path_of_a_promotion_ends_at_release() -> None:
    assert [next_stage(name) for name in ("personal-dana", *STAGES, "beside")] == [
        "test",
        *STAGES[1:],
        None,
        None,
    ]
