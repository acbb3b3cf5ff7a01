"""``turnlab version-set`` over a real socket, while another user changes the same workspace."""

from __future__ import annotations

import json
import os
import pty
import subprocess
from pathlib import Path
from typing import Any

import pytest
import stamina

from tests import forked
from tests.cli.conftest import Turnlab, turnlab_in
from tests.cli.platform_desk import (
    INTAKE,
    Desk,
    alone,
    classic,
    classic_environment,
    desk,
    expected,
    inside,
    platform_environment,
    serving,
)
from tests.interop.conftest import Served

__all__ = ["alone", "classic", "desk", "inside", "serving"]

LINE = "Intake Line"


def test_versions_are_resolved_and_compared(desk: Desk) -> None:
    listed = desk("version-set", "list", LINE, "--json").json()
    assert list(listed["version_sets"]) == ["edge", "personal-dana", "test", "preview", "release"]
    assert listed["latest"]["agent"] == {"name": "Mara, front desk", "latest_version": 7}
    assert listed["version_sets"]["edge"]["version_set"]["agent_version_number"] is None
    assert listed["version_sets"]["edge"]["resolved"]["context_graph_version_number"] == 12
    table = desk("version-set", "list", "intake line").out
    assert "latest (7)" in table
    assert "Mara, front desk, newest v7" in table
    one = desk("version-set", "get", INTAKE, "release", "--json").json()
    assert one["version_set"] == desk.stored("release")
    changes = desk("version-set", "diff", LINE, "edge", "release", "--json").json()["changes"]
    assert {"part": "agent", "name": "", "before": None, "after": 5, "same_today": False} in changes
    assert sum(change["part"] == "behavior" for change in changes) == 3
    assert "hold the same" in desk("version-set", "diff", LINE, "test", "test").out


def test_nothing_is_written_without_apply(desk: Desk) -> None:
    before = desk.service()
    shown = desk("version-set", "promote", LINE, "preview")
    assert "promote preview → release of Intake Line" in shown.out
    assert "Nothing was written" in shown.out
    for arguments in (
        ["promote", LINE, "edge", "test"],
        ["upsert", LINE, "x", "--body", "{}"],
        ["delete", LINE, "test"],
    ):
        plan = desk("version-set", *arguments, "--json").json()
        assert plan["applied"] is False
        assert plan["body"]
    assert desk.service() == before


def test_release_is_written_only_by_its_name(desk: Desk) -> None:
    release = desk.stored("release")
    asked = desk("version-set", "promote", LINE, "preview", "--apply")
    assert asked.code == 2
    assert (
        asked.err
        == "turnlab: release is the version set that callers of 'Intake Line' reach: the change is live at once;"
        " say that you mean it: --confirm release\n"
    )
    wrong = desk("version-set", "promote", LINE, "preview", "--apply", "--confirm", "relese")
    assert (wrong.code, desk.stored("release")) == (2, release)
    done = desk("version-set", "promote", LINE, "preview", "--apply", "--confirm", "release", "--json").json()
    assert (done["applied"], done["change"]) == (True, 1)
    assert done["stored"] == desk.stored("release") == desk.stored("preview")
    assert (done["before"], done["stored_otherwise"]) == (release, [])
    back = desk("version-set", "rollback", LINE, "release", "--apply", "--confirm", "release")
    assert back.code == 0, back.err
    assert "back to what release held before change 1 (promote by" in back.out
    assert desk.stored("release") == release


def test_the_printed_commands_for_apply_and_rollback_work(desk: Desk) -> None:
    release, plan = desk.stored("release"), ["version-set", "promote", LINE, "preview"]
    further = desk(*plan).out.split("repeat the command with: ")[1].split()
    done = desk(*plan, *further)
    assert done.code == 0, done.err
    promoted = desk.stored("release")
    assert promoted != release
    back = desk(*done.out.split("to go back: turnlab ")[1].split())
    assert back.code == 0, back.err
    assert desk.stored("release") == release
    again = desk(*back.out.split("to go back: turnlab ")[1].split())
    assert again.code == 0, again.err
    assert desk.stored("release") == promoted


@pytest.mark.slow
def test_the_name_can_be_typed_at_the_terminal(desk: Desk) -> None:
    release = desk.stored("release")
    assert "'yes' is not 'release'; nothing was sent" in _at_a_terminal(desk, "yes")
    assert desk.stored("release") == release
    assert "release of Intake Line is written" in _at_a_terminal(desk, "release")
    assert desk.stored("release") == desk.stored("preview")


def _at_a_terminal(desk: Desk, answer: str) -> str:
    ours, theirs = pty.openpty()
    command = [str(forked.TURNLAB), "version-set", "promote", LINE, "preview", "--apply"]
    process = subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs, env=os.environ)
    os.close(theirs)
    seen = ""
    answered = False
    while True:
        try:
            piece = os.read(ours, 4096).decode()
        except OSError:  # the terminal closes with the process
            break
        if not piece:
            break
        seen += piece
        if not answered and "Type release to agree:" in seen:
            os.write(ours, f"{answer}\n".encode())
            answered = True
    process.wait(timeout=30)
    os.close(ours)
    assert answered, seen
    return seen


@pytest.mark.parametrize("moved", ["preview", "test"])
def test_a_plan_that_is_out_of_date_is_shown_again_and_not_written(desk: Desk, moved: str) -> None:
    plan = expected(desk("version-set", "promote", LINE, "test", "preview"))
    theirs = desk.meanwhile(moved, agent_version_number=4)
    again = ("version-set", "promote", LINE, "test", "preview", "--apply", "--expect", plan)
    refused = desk(*again)
    assert refused.code == 1
    assert "As it was planned:" in refused.out
    assert "As it would be now:" in refused.out
    assert "v4" in refused.out.split("As it would be now:")[1]
    assert "nothing was written" in refused.err
    assert desk.stored(moved) == theirs
    told = desk(*again, "--json")
    assert told.code == 1
    both = json.loads(told.out)
    assert both["moved"] is True
    assert both["planned"]["plan"] == plan
    assert both["applied"] is False
    assert desk.stored("preview") == both["before"]
    assert desk(*again[:-1], both["plan"]).code == 0
    assert desk.stored("preview") == both["after"]


def test_a_fingerprint_of_another_plan_is_refused(desk: Desk) -> None:
    other = expected(desk("voice-config", LINE, "--preset", "quality"))
    for wrong in (other, "0123456789"):
        refused = desk("version-set", "promote", LINE, "test", "preview", "--apply", "--expect", wrong)
        assert refused.code == 1
        assert "As it was planned" not in refused.out
        assert "nothing was written" in refused.err


def test_a_rollback_does_not_overwrite_another_users_change(desk: Desk) -> None:
    first = desk.stored("test")
    assert desk("version-set", "promote", LINE, "preview", "test", "--apply").code == 0
    theirs = desk.meanwhile("test", agent_version_number=2)
    refused = desk("version-set", "rollback", LINE, "test", "--apply")
    assert refused.code == 1
    assert "change 1 left:" in refused.out
    assert json.loads(refused.out.split("what is there now: ")[1]) == theirs
    assert "--to 1" in refused.err
    assert desk.stored("test") == theirs
    assert desk("version-set", "rollback", LINE, "test", "--to", "1", "--apply").code == 0
    assert desk.stored("test") == first
    found = desk("version-set", "history", LINE, "test", "--json").json()
    assert [(one["action"], one["state"]) for one in found["from_here"]] == [
        ("rollback", "done"),
        ("promote", "done"),
    ]
    assert found["from_here"][0]["undoes"] == 1
    table = desk("version-set", "history", LINE).out
    assert "rollback of change 1" in table
    assert "promote from preview" in table


def test_a_deleted_set_comes_back(desk: Desk) -> None:
    test = desk.stored("test")
    assert desk("version-set", "delete", LINE, "test", "--apply").code == 0
    assert desk.stored("test") is None
    assert desk("version-set", "rollback", LINE, "test", "--apply").code == 0
    assert desk.stored("test") == test


def test_an_upsert_changes_only_what_it_names(desk: Desk) -> None:
    test = desk.stored("test")
    done = desk(
        *("version-set", "upsert", LINE, "test", "--agent-version", "5", "--context-graph-version", "latest"),
        *("--model", "navigation=new", "--model", "engagement=", "--body", '{"canary": {"share": 0.5}}', "--apply"),
    )
    assert done.code == 0, done.err
    assert "! canary is not a field Turnlab knows and is sent as it is" in done.out
    assert desk.stored("test") == {
        **test,
        "agent_version_number": 5,
        "context_graph_version_number": None,
        "llm_model_preferences": {"navigation": {"llm_name": "new"}},
        "canary": {"share": 0.5},
    }


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (["promote", LINE, "preview", "edge", "--apply"], 2, "edge always points at the latest versions"),
        (["promote", LINE, "release"], 2, "nothing comes after 'release' on the path"),
        (["promote", LINE, "nope"], 1, "no version set 'nope'"),
        (["delete", LINE, "release", "--apply"], 2, "release is what callers get and cannot be deleted"),
        (["delete", LINE, "nope", "--apply"], 1, "no version set 'nope'"),
        (["upsert", LINE, "a b", "--agent-version", "1", "--apply"], 2, "1 to 40 letters"),
        (["upsert", LINE, "\x1b[31mred", "--body", "{}", "--apply"], 2, "1 to 40 letters"),
        (["upsert", LINE, "test"], 2, "say what to change"),
        (["upsert", LINE, "test", "--agent-version", "99", "--apply"], 1, "the newest of 'Mara, front desk' is 7"),
        (["upsert", LINE, "test", "--agent-version", "-1"], 2, "a whole number or 'latest'"),
        (["upsert", LINE, "test", "--agent-version", "9" * 5000], 1, "does not exist"),
        (["upsert", LINE, "test", "--body", "[1]"], 2, "must be a JSON object"),
        (["upsert", LINE, "test", "--body", '{"agent_version": NaN}'], 2, "NaN is not JSON"),
        (["upsert", LINE, "test", "--body", "@nowhere.json"], 2, "nowhere.json: no such file"),
        (["upsert", LINE, "test", "--body", '{"agent_version": "7"}'], 2, "must be a whole number"),
        (["upsert", LINE, "test", "--model", "gpt"], 2, "USE=MODEL"),
        (["rollback", LINE, "test", "--apply"], 1, "nothing to roll back"),
        (["rollback", LINE, "test", "--to", "-3"], 2, "--to"),
        (["get", LINE, "nope"], 2, "there are edge"),
        (["list", "Intak"], 2, "did you mean 'Intake Line'?"),
        (["list", ""], 2, "cannot be empty"),
        (["list", "00000000-0000-0000-0000-000000000000"], 2, "no service with the id"),
        (["list", LINE, "--connection", "nope"], 2, "no connection is called 'nope'"),
    ],
)
def test_an_impossible_change_is_refused_in_one_line(
    alone: Turnlab, arguments: list[str], code: int, says: str
) -> None:
    line = alone("version-set", *arguments).one_line(code)
    assert says in line
    assert "\x1b" not in line


def test_an_unreachable_platform_gets_one_line(alone: Turnlab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLATFORM_API_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("PLATFORM_WORKSPACE_ID", "w")
    monkeypatch.setenv("PLATFORM_API_KEY", "k")
    stamina.set_active(False)
    try:
        assert "cannot be reached" in alone("version-set", "list", LINE).one_line(1)
    finally:
        stamina.set_active(True)


@pytest.mark.slow
def test_a_rollback_works_after_a_restart(serving: Served, desk: Desk, tmp_path: Path) -> None:
    turnlab, there = turnlab_in(tmp_path / "home", tmp_path, installed=True), platform_environment(serving)
    release = desk.stored("release")
    confirmed = ("--apply", "--confirm", "release")
    assert turnlab("version-set", "promote", LINE, "preview", *confirmed, environment=there).code == 0
    assert desk.stored("release") == desk.stored("preview")
    assert turnlab("version-set", "rollback", LINE, "release", *confirmed, environment=there).code == 0
    assert desk.stored("release") == release


def test_version_sets_work_in_the_classic_dialect(
    serving: Served, desk: Desk, inside: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in desk.environment:
        monkeypatch.delenv(name)
    environment = classic_environment(serving)
    desk = Desk(inside(environment), serving, environment)
    release = desk.stored("release")
    plan = desk("version-set", "promote", LINE, "preview", "--json").json()
    assert plan["body"]["version_set"]["service_hierarchical_state_machine_version_number"] == 11
    assert desk("version-set", "promote", LINE, "preview", "--apply", "--confirm", "release").code == 0
    assert _meaning(desk.stored("release")) == _meaning(desk.stored("preview"))
    assert desk("version-set", "delete", LINE, "test", "--apply").code == 0
    assert desk.stored("test") is None
    assert desk("version-set", "rollback", LINE, "release", "--apply", "--confirm", "release").code == 0
    assert _meaning(desk.stored("release")) == _meaning(release)
    found = desk("version-set", "history", LINE, "--json").json()
    assert len(found["from_here"]) == 3
    assert found["platform_untold"] == "the Classic API tells no history; only what was changed from here is known"


def test_a_model_set_through_classic_is_no_failure_and_an_odd_one_is_warned_of(classic: Turnlab) -> None:
    upsert = ("version-set", "upsert", LINE, "test", "--apply", "--json", "--model")
    done = classic(*upsert, "navigation=openai_gpt-4.1-2025-04-14").json()
    assert (done["stored_otherwise"], done["warnings"]) == ([], [])
    odd = classic(*upsert, "navigation=gpt-4.1-mini").json()
    (warning,) = odd["warnings"]
    assert "gpt-4.1-mini (navigation) is not a model that the Classic API lists" in warning
    assert "did you mean" in warning


def _meaning(value: Any) -> Any:
    """Return the value without empty parts, which Classic spells out."""
    if not isinstance(value, dict):
        return value
    return {name: _meaning(one) for name, one in value.items() if one not in (None, [], {})}


def test_the_embedded_platforms_history_is_shown(alone: Turnlab) -> None:
    assert alone("version-set", "promote", LINE, "preview", "test", "--apply").code == 0
    (change,) = alone("version-set", "history", LINE, "--json").json()["platform"]
    assert (change["target"], change["who"]) == ("test", "Workspace owner")
    assert {"path": ["agent_version_number"], "before": 7, "after": 6} in change["fields"]
    assert "upsert_version_set test" in alone("version-set", "history", LINE).out
