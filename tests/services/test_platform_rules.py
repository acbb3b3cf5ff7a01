"""The embedded platform's rules over plain HTTP."""

from __future__ import annotations

import copy
import logging
import sqlite3
from typing import Any

import httpx
import pytest

from services.embedded import rules, store
from services.embedded.seed import demo_id
from tests.services.conftest import Wire, service_path

INTAKE = service_path("Intake Line")


async def _version_sets(wire: Wire) -> dict[str, Any]:
    sets: dict[str, Any] = (await wire.get(INTAKE)).json()["version_sets"]
    return sets


def _places(response: Any) -> list[list[str | int]]:
    assert response.status_code == 422, response.text
    for item in response.json()["detail"]:
        assert set(item) == {"loc", "msg", "type"}
    return [item["loc"] for item in response.json()["detail"]]


@pytest.mark.parametrize(
    "header", [None, "Bearer wrong", "Bearer ", "Basic {token}", "Bearer {token}x", "Bearer é"]
)
async def test_a_wrong_token_is_refused_before_anything_else(wire: Wire, header: str | None) -> None:
    del wire.http.headers["Authorization"]
    if header is not None:
        wire.http.headers = httpx.Headers([(b"authorization", header.format(token=wire.token).encode())])
    for path in ("/services", "/services/not-a-uuid", "/settings/voice", "/agents?limit=0"):
        response = await wire.get(path)
        assert response.status_code == 401, path
    body = response.json()
    assert body.keys() == {"error_code", "message", "detail", "request_id"}
    assert body["request_id"] == response.headers["X-Request-Id"]


async def test_another_workspace_is_not_found(wire: Wire) -> None:
    response = await wire.http.get(f"/v1/{demo_id('workspace', 'other')}/services")
    assert (response.status_code, response.json()["error_code"]) == (404, "not_found")
    assert _places(await wire.http.get("/v1/nonsense/services")) == [["path", "workspace_id"]]


async def test_every_response_carries_its_own_request_id(wire: Wire) -> None:
    paths = ("/services", "/services/nonsense", "/nowhere", service_path("nobody"))
    ids = [(await wire.get(path)).headers["X-Request-Id"] for path in paths]
    assert len(set(ids)) == len(ids)


async def test_absent_and_null_fields_stay(wire: Wire) -> None:
    before = (await wire.get(INTAKE)).json()
    nothing = dict.fromkeys(["name", "tags", "version_sets", "voice_config", "tool_capacity", "keyterms"])
    after = (await wire.put(INTAKE, nothing)).json()
    assert {**after, "updated_at": ""} == {**before, "updated_at": ""}


async def test_the_other_fields_can_be_changed(wire: Wire) -> None:
    change = {
        "description": "",
        "tool_capacity": 10,
        "safety_filters_enabled": False,
        "environment": "sandbox",
        "channel_type": "text",
        "keyterms": [],
        "tags": [{"key": "only", "value": None}],
        "agent_id": demo_id("agent", "Mara, front desk"),
    }
    after = (await wire.put(INTAKE, change)).json()
    assert change.items() <= after.items()


@pytest.mark.parametrize(
    ("body", "place"),
    [
        ({"tool_capacity": 0}, ["body", "tool_capacity"]),
        ({"tool_capacity": 11}, ["body", "tool_capacity"]),
        ({"name": ""}, ["body", "name"]),
        ({"name": "x" * 257}, ["body", "name"]),
        ({"keyterms": [""]}, ["body", "keyterms", 0]),
        ({"environment": "moon"}, ["body", "environment"]),
        ({"agent_id": demo_id("agent", "nobody")}, ["body", "agent_id"]),
        ({"voice_config": []}, ["body", "voice_config"]),
    ],
)
async def test_a_field_that_breaks_a_rule_is_named(wire: Wire, body: Any, place: list[str]) -> None:
    assert _places(await wire.put(INTAKE, body)) == [place]


async def test_text_no_file_can_hold_is_refused(wire: Wire) -> None:
    half_pairs: list[tuple[bytes, list[str | int]]] = [
        (b'{"name": "\\ud800"}', ["body", "name"]),
        (b'{"tags": [{"key": "\\udfff"}]}', ["body", "tags", 0, "key"]),
    ]
    for body, place in half_pairs:
        response = await wire.http.put(
            wire.base + INTAKE, content=body, headers={"Content-Type": "application/json"}
        )
        assert _places(response) == [place]


async def test_numbers_json_does_not_have_are_refused(wire: Wire) -> None:
    before = (await wire.get(INTAKE)).json()
    for body in (
        b'{"voice_config": {"unknown": NaN}}',
        b'{"version_sets": {"edge": {}, "release": {"x": NaN}}}',
        b'{"voice_config": {"eager_eot_threshold": Infinity}}',
    ):
        response = await wire.http.put(
            wire.base + INTAKE, content=body, headers={"Content-Type": "application/json"}
        )
        assert response.status_code == 422
    assert (await wire.get(INTAKE)).json() == before


async def test_an_active_name_is_taken_once(wire: Wire) -> None:
    response = await wire.put(INTAKE, {"name": "Nurse Triage"})
    assert (response.status_code, response.json()["error_code"]) == (409, "conflict")
    assert (await wire.put(service_path("Billing (old)"), {"name": "Billing"})).status_code == 200
    assert (await wire.put(service_path("Billing (old)"), {"is_active": True})).status_code == 409
    assert (await wire.get(INTAKE)).json()["name"] == "Intake Line"


async def test_version_sets_are_replaced_as_a_whole(wire: Wire) -> None:
    sets = await _version_sets(wire)
    del sets["test"]
    sets["preview"] = {"agent_version_number": 7, "future_field": {"kept": True}}
    after = (await wire.put(INTAKE, {"version_sets": sets})).json()["version_sets"]
    assert set(after) == {"edge", "release", "preview", "personal-dana"}
    assert after["preview"]["future_field"] == {"kept": True}
    assert after["release"] == sets["release"]


@pytest.mark.parametrize("name", ["edge", "release"])
async def test_edge_and_release_cannot_leave(wire: Wire, name: str) -> None:
    sets = await _version_sets(wire)
    del sets[name]
    assert _places(await wire.put(INTAKE, {"version_sets": sets})) == [["body", "version_sets", name]]


async def test_edge_cannot_be_changed_but_an_equal_one_may_be_sent(wire: Wire) -> None:
    sets = await _version_sets(wire)
    changed = copy.deepcopy(sets)
    changed["edge"]["agent_version_number"] = 1
    assert _places(await wire.put(INTAKE, {"version_sets": changed})) == [["body", "version_sets", "edge"]]
    sets["edge"] = {"applied_behavior_ids": []}
    assert (await wire.put(INTAKE, {"version_sets": sets})).status_code == 200


@pytest.mark.parametrize(("number", "allowed"), [(7, True), (8, False), (0, False), (10**30, False)])
async def test_pinned_versions_must_exist(wire: Wire, number: int, allowed: bool) -> None:
    sets = await _version_sets(wire)
    sets["release"]["agent_version_number"] = number
    response = await wire.put(INTAKE, {"version_sets": sets})
    if allowed:
        assert response.status_code == 200
    else:
        assert _places(response) == [["body", "version_sets", "release", "agent_version_number"]]
        assert f"version {number} " in response.text
        assert "is 7" in response.text


async def test_changing_the_agent_checks_the_pins_that_stay(wire: Wire) -> None:
    response = await wire.put(INTAKE, {"agent_id": demo_id("agent", "Bill, patient accounts")})
    assert _places(response)[0][-1] == "agent_version_number"


@pytest.mark.parametrize("name", ["", "a b", "release\n", "x" * 41, "é"])
async def test_a_version_set_name_follows_the_rule(wire: Wire, name: str) -> None:
    sets = await _version_sets(wire)
    assert _places(await wire.put(INTAKE, {"version_sets": {**sets, name: {}}}))


async def test_voice_settings_keep_reset_and_refuse(wire: Wire) -> None:
    after = (await wire.put("/settings/voice", {"speed": 1.5, "tone": None})).json()
    assert (after["speed"], after["tone"], after["language"]) == (1.5, None, "en")
    assert after["keyterms"] == ["Riverside Family Clinic", "HIPAA"]
    assert (await wire.put("/settings/voice", {"keyterms": None})).json()["keyterms"] == []
    assert (await wire.get("/settings/voice")).json()["speed"] == 1.5
    assert _places(await wire.put("/settings/voice", {"speed": 3})) == [["body", "speed"]]


async def test_agents_and_context_graphs_know_their_newest_version(wire: Wire) -> None:
    listed = (await wire.get("/agents", search="front", sort_by="-name")).json()
    assert [(agent["name"], agent["latest_version"]) for agent in listed["items"]] == [("Mara, front desk", 7)]
    first = (await wire.get("/context-graphs", limit=4)).json()
    assert (len(first["items"]), first["total"], first["has_more"], first["continuation_token"]) == (4, 10, True, 4)
    graph = (await wire.get(f"/context-graphs/{demo_id('context_graph', 'Patient intake')}")).json()
    assert graph["latest_version"] == 12
    assert (await wire.get(f"/agents/{graph['id']}")).status_code == 404


async def test_an_internal_error_is_an_envelope_too(
    wire: Wire, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("a fault")

    monkeypatch.setattr(store, "find_service", fail)
    with caplog.at_level(logging.DEBUG):
        response = await wire.get(INTAKE)
    assert (response.status_code, response.json()["error_code"]) == (500, "internal_error")
    assert response.json()["request_id"] == response.headers["X-Request-Id"]
    assert wire.token not in caplog.text
    assert response.headers["X-Request-Id"] in caplog.text


async def test_a_failing_disk_gets_a_clear_message(wire: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    before = (await wire.get(INTAKE)).json()
    monkeypatch.setattr(rules, "update_service", fail)
    response = await wire.put(INTAKE, {"name": "Other"})
    assert response.status_code == 503
    assert "disk is full" in response.json()["message"]
    monkeypatch.undo()
    assert (await wire.get(INTAKE)).json() == before
