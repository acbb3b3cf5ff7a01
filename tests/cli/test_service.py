"""``turnlab service``: found by name or id, changes shown first, hostile names included."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Turnlab, turnlab_in
from tests.cli.platform_desk import INTAKE, Desk, alone, classic, desk, expected, inside, serving

__all__ = ["alone", "classic", "desk", "inside", "serving"]

LINE = "Intake Line"
OWNERS = ("--agent", "Mara, front desk", "--context-graph", "Patient intake")
HOSTILE = "\x1b[31m[red]\u202eevil\u2066 🩺\x9b2J" + "x" * 220


def test_services_are_listed_by_the_filter_of_the_screens(alone: Turnlab) -> None:
    everything = alone("service", "list", "--json").json()
    assert everything["complete"] is True
    names = [one["name"] for one in everything["services"]]
    assert names == sorted(names, key=str.casefold)
    assert LINE in names
    tagged = alone("service", "list", "tag:route=main-line", "--json").json()["services"]
    assert [one["name"] for one in tagged] == [LINE]
    some = alone("service", "list", "--limit", "2", "--sort", "-name", "--json").json()
    assert ([one["name"] for one in some["services"]], some["complete"]) == (names[:-3:-1], False)
    assert "there are more: raise --limit" in alone("service", "list", "--limit", "2").out
    assert "active: takes yes or no" in alone("service", "list", "active:maybe").one_line(2)
    refused = alone("service", "list", "foo:bar").one_line(2)
    assert "no foo: in a filter; there are tag:, active:, channel:, env:, environment:" in refused
    assert "0 services" in alone("service", "list", '"foo:bar"').out


@pytest.mark.parametrize("columns", ["60", "120"])
def test_the_columns_of_the_list_are_what_their_headers_say(
    alone: Turnlab, monkeypatch: pytest.MonkeyPatch, columns: str
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    rows = filter(str.strip, alone("service", "list").out.splitlines())
    everything = alone("service", "list", "--json").json()["services"]
    ids = {one["id"] for one in everything}
    assert [row.split()[0] for row in rows if row.split()[0] in ids] == [one["id"] for one in everything]
    monkeypatch.setenv("COLUMNS", "120")
    header = next(filter(str.strip, alone("service", "list").out.splitlines()))
    assert header.split() == ["id", "name", "active", "channel", "environment"]


def test_get_shows_the_whole_service(desk: Desk) -> None:
    shown = desk("service", "get", INTAKE.upper(), "--json").json()
    stored = desk.service()
    assert {name: shown[name] for name in ("name", "tags", "version_sets", "tool_capacity", "keyterms")} == {
        name: stored[name] for name in ("name", "tags", "version_sets", "tool_capacity", "keyterms")
    }
    out = desk("service", "get", LINE).out
    assert "route:main-line" in out
    assert "Mara, front desk" in out


def test_a_service_is_made_changed_and_deleted(alone: Turnlab) -> None:
    make = ("service", "create", "--name", "Night Line", *OWNERS, "--tag", "channel:phone", "--tool-capacity", "4")
    assert "Nothing was written" in alone(*make).out
    assert alone("service", "get", "Night Line").code == 2
    made = alone(*make, "--apply", "--json").json()
    service = alone("service", "get", made["id"], "--json").json()
    assert service["tags"] == [{"key": "channel", "value": "phone"}]
    assert set(service["version_sets"]) == {"edge", "release"}
    assert "is called 'Night Line' already" in alone(*make).out
    assert "An active service already has this name" in alone(*make, "--apply").one_line(1)

    change = (
        "service",
        "update",
        "Night Line",
        "--name",
        "Day Line",
        "--inactive",
        "--body",
        '{"keyterms": ["x"]}',
    )
    shown = alone(*change)
    assert "no caller reaches the service then" in shown.out
    apply = (*change, "--apply", "--expect", expected(shown))
    refused = alone(*apply)
    assert (
        refused.code,
        "release is the version set that callers of 'Night Line' reach: the change is live at once" in refused.err,
    ) == (2, True)
    assert alone(*apply, "--confirm", "release").code == 0
    after = alone("service", "get", "day line", "--json").json()
    assert (after["is_active"], after["keyterms"], after["tool_capacity"]) == (False, ["x"], 4)
    assert "nothing would change" in alone("service", "update", "Day Line", "--inactive", "--apply").out

    assert "Nothing was deleted" in alone("service", "delete", "Day Line").out
    assert alone("service", "delete", "Day Line", "--apply").code == 2
    assert alone("service", "delete", "Day Line", "--apply", "--confirm", "day line").code == 2
    assert alone("service", "delete", "Day Line", "--apply", "--confirm", "Day Line").code == 0
    assert "no service is called 'Day Line'" in alone("service", "get", "Day Line").one_line(2)


def test_a_service_begins_with_voice_settings_and_key_terms(alone: Turnlab, tmp_path: Path) -> None:
    make = ("service", "create", *OWNERS, "--apply", "--json", "--name")
    (tmp_path / "voice.json").write_text('{"eot_timeout_ms": 900, "filler_style": null}')
    one = alone(
        *make, "One", "--keyterm", "colonoscopy", "--keyterm", "co-pay", "--voice-config", "@voice.json"
    ).json()
    service = alone("service", "get", one["id"], "--json").json()
    assert (service["keyterms"], service["voice_config"]) == (["colonoscopy", "co-pay"], {"eot_timeout_ms": 900})
    two = alone(*make, "Two", "--preset", "quality").json()
    assert two["body"]["voice_config"]["tts_model"] == "sonic-3"
    assert "exclude each other" in alone(*make, "Three", "--preset", "quality", "--voice-config", "{}").err
    updated = alone("service", "update", "One", "--keyterm", "triage", "--apply")
    assert alone("service", "get", "One", "--json").json()["keyterms"] == ["triage"]
    back = updated.out.split("to go back: turnlab ")[1].split()
    assert back[:2] == ["service", "rollback"]
    assert alone(*back).code == 0
    assert alone("service", "get", "One", "--json").json()["keyterms"] == ["colonoscopy", "co-pay"]
    assert "nothing to roll back" in alone("service", "rollback", "One", "--apply").one_line(1)


def test_a_plan_that_is_out_of_date_is_not_written(desk: Desk) -> None:
    change = ("service", "update", LINE, "--tool-capacity", "7")
    plan = expected(desk(*change))
    desk.put(tool_capacity=2)
    line = desk(*change, "--apply", "--expect", plan).one_line(1)
    assert '{"tool_capacity": 5}' in line
    assert '{"tool_capacity": 2}' in line
    assert desk.service()["tool_capacity"] == 2


def test_an_ambiguous_name_lists_the_services(alone: Turnlab) -> None:
    make = ("service", "create", "--name", "Twin", *OWNERS, "--apply")
    first = alone(*make, "--json").json()["id"]
    assert alone("service", "update", first, "--inactive", "--apply", "--confirm", "release").code == 0
    second = alone(*make, "--json").json()["id"]
    line = alone("service", "get", "Twin").one_line(2)
    assert "'Twin' is the name of 2 services; give an id" in line
    assert f"{first} (not active)" in line
    assert f"{second} (active)" in line
    assert alone("service", "get", second).code == 0


def test_an_exact_name_takes_precedence_over_case(alone: Turnlab) -> None:
    for name in ("Echo", "ECHO"):
        assert alone("service", "create", "--name", name, *OWNERS, "--apply").code == 0
    assert alone("service", "get", "ECHO", "--json").json()["name"] == "ECHO"
    assert "is the name of 2 services" in alone("service", "get", "echo").one_line(2)


def test_a_hostile_name_is_only_text(alone: Turnlab) -> None:
    made = alone("service", "create", "--name", HOSTILE, *OWNERS, "--description", "[bold]b\x07", "--apply")
    assert made.code == 0, made.err
    outcomes = [
        made,
        alone("service", "list", "red"),
        alone("service", "get", HOSTILE),
        alone("version-set", "upsert", HOSTILE, "x", "--agent-version", "1", "--apply"),
        alone("version-set", "list", HOSTILE),
        alone("version-set", "history", HOSTILE),
        alone("service", "delete", HOSTILE, "--apply"),
        alone("service", "list", "red", "--json"),
    ]
    for outcome in outcomes:
        said = outcome.out + outcome.err
        assert all(line.isprintable() for line in said.splitlines()), repr(said)
        assert "evil" in said
    listed = json.loads(outcomes[-1].out)
    assert listed["services"][0]["name"] == HOSTILE


def test_the_installed_script_works(tmp_path: Any) -> None:
    turnlab = turnlab_in(tmp_path, tmp_path)
    assert turnlab("service", "get", LINE, "--json").json()["name"] == LINE
    assert "did you mean 'Intake Line'?" in turnlab("service", "get", "Intke Line").one_line(2)


def test_classic_says_what_it_cannot_do(classic: Turnlab, desk: Desk) -> None:
    assert "the Classic API cannot delete a service" in classic("service", "delete", LINE, "--apply").one_line(1)
    change = ("service", "update", LINE, "--tool-capacity", "3", "--apply")
    assert "the Classic API knows no tool_capacity" in classic(*change).one_line(1)
    assert "knows no tool_capacity" in classic(*change[:-1]).one_line(1), "nor is it planned"
    assert "does not tell what channel: asks for" in classic("service", "list", "channel:voice").one_line(1)
    assert "does not tell what env: asks for" in classic("service", "list", "env:sandbox active:yes").one_line(1)
    assert classic("service", "update", LINE, "--tag", "a:b", "--apply").code == 0
    assert desk.service()["tags"] == [{"key": "a", "value": "b"}]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["update", LINE], "say what to change"),
        (["update", LINE, "--tool-capacity", "11"], "tool-capacity"),
        (["update", LINE, "--body", '{"tool_capacity": true}'], "a whole number from 1 to 10"),
        (["update", LINE, "--body", '{"name": ""}'], "1 to 256 characters"),
        (["update", LINE, "--name", "x" * 257], "1 to 256 characters"),
        (["update", LINE, "--channel", "fax"], "voice or text"),
        (["update", LINE, "--tag", ":x"], "begins with its key"),
        (["update", LINE, "--name", "x", "--body", '{"name": "y"}'], "given twice"),
        (["update", LINE, "--body", '{"version_sets": {}}'], "use turnlab version-set"),
        (["update", LINE, "--body", '{"voice_config": {}}'], "use turnlab voice-config"),
        (["create", "--name", "x", "--agent", "Mara", "--context-graph", "y"], "did you mean 'Mara, front desk'?"),
        (["create", "--name", "x", "--agent", " ", "--context-graph", "y"], "cannot be empty"),
        (["create", "--name", "x"], "--agent"),
        (["list", "--sort", "colour"], "choose name, created_at"),
        (["list", "tag:"], "tag: has no value"),
        (["list", "line channel:"], "channel: has no value"),
    ],
)
def test_an_impossible_change_is_refused_in_one_line(alone: Turnlab, arguments: list[str], says: str) -> None:
    assert says in alone("service", *arguments).one_line(2)
