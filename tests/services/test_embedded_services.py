"""Services and version sets of the embedded platform in the Platform dialect: changes, permissions, history."""

from __future__ import annotations

import copy
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from services.embedded.access import access
from services.embedded.seed import demo_id
from tests.services.conftest import Wire, service_path

INTAKE = service_path("Intake Line")
NEW = {
    "name": "New line",
    "agent_id": demo_id("agent", "Mara, front desk"),
    "context_graph_id": demo_id("context_graph", "Patient intake"),
}
LATEST: dict[str, Any] = {
    "agent_version_number": None,
    "context_graph_version_number": None,
    "llm_model_preferences": {},
    "turn_runtime": "native",
    "applied_behavior_ids": [],
}


async def _create(wire: Wire, **more: Any) -> httpx.Response:
    return await wire.http.post(f"{wire.base}/services", json={**NEW, **more})


async def _history(wire: Wire, **query: Any) -> list[dict[str, Any]]:
    answer = await wire.http.get(wire.base.replace("/v1/", "/turnlab/") + "/history", params=query)
    assert answer.status_code == 200, answer.text
    # without the demo workspace's own entries
    return [item for item in answer.json()["items"] if item["request_id"] != "demo"]


async def test_a_new_service_has_edge_and_release(wire: Wire) -> None:
    answer = await _create(wire, voice_config={"filler_style": "silent", "eot_timeout_ms": None, "future": [1]})
    assert answer.status_code == 201
    made = answer.json()
    assert made["version_sets"] == {"edge": LATEST, "release": LATEST}
    config = {name: value for name, value in made["voice_config"].items() if value is not None}
    unset = {"backchannel_delay_ms": 400, "forward_call_enabled": False}
    assert config == {"filler_style": "silent", "future": [1], **unset}
    assert "eot_timeout_ms" in made["voice_config"], "a field that is not set is null, as the schema has it"
    assert (made["tool_capacity"], made["safety_filters_enabled"], made["is_active"]) == (3, True, True)
    assert (await wire.get(f"/services/{made['id']}")).json() == made


async def test_a_new_service_may_have_version_sets_but_not_edge(wire: Wire) -> None:
    brought = {"release": {"agent_version_number": 3}, "test": {}, "edge": {}}
    made = (await _create(wire, version_sets=brought)).json()
    assert set(made["version_sets"]) == {"edge", "release", "test"}
    assert made["version_sets"]["release"]["agent_version_number"] == 3
    refused = await _create(wire, name="Other", version_sets={"edge": {"agent_version_number": 3}})
    assert (refused.status_code, refused.json()["detail"][0]["loc"]) == (422, ["body", "version_sets", "edge"])


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"agent_id": demo_id("agent", "nobody")}, ["body", "agent_id"]),
        ({"agent_id": "nonsense"}, ["body", "agent_id"]),
        ({"context_graph_id": demo_id("agent", "Mara, front desk")}, ["body", "context_graph_id"]),
        ({"name": ""}, ["body", "name"]),
        ({"name": None}, ["body", "name"]),
        ({"tags": {"key": "value"}}, ["body", "tags"]),
        ({"version_sets": {"release": {"context_graph_version_number": 13}}}, None),
        ({"version_sets": {"a b": {}}}, None),
        ({"voice_config": {"max_buffer_delay_ms": 5}}, ["body", "voice_config", "max_buffer_delay_ms"]),
    ],
)
async def test_an_invalid_service_is_refused_and_not_created(
    wire: Wire, change: Any, place: list[str] | None
) -> None:
    refused = await _create(wire, **change)
    assert refused.status_code == 422, refused.text
    if place:
        assert refused.json()["detail"][0]["loc"] == place
    assert (await wire.get("/services", limit=1)).json()["total"] == 12


async def test_a_name_is_taken_only_by_an_active_service(wire: Wire) -> None:
    assert (await _create(wire, name="Intake Line")).status_code == 409
    second = await _create(wire, name="Intake Line", is_active=False)
    assert second.status_code == 201
    assert (await wire.put(f"/services/{second.json()['id']}", {"is_active": True})).status_code == 409
    assert (await wire.put(INTAKE, {"is_active": False})).status_code == 200
    assert (await wire.put(f"/services/{second.json()['id']}", {"is_active": True})).status_code == 200


async def test_a_deleted_service_is_gone_and_its_name_free(wire: Wire) -> None:
    assert (await wire.http.delete(wire.base + INTAKE)).status_code == 204
    assert (await wire.get(INTAKE)).status_code == 404
    assert (await wire.http.delete(wire.base + INTAKE)).status_code == 404
    assert (await wire.get("/services", limit=1)).json()["total"] == 11
    assert (await _create(wire, name="Intake Line")).status_code == 201


async def test_one_version_set_is_replaced_and_the_others_stay(wire: Wire) -> None:
    before = (await wire.get(INTAKE)).json()["version_sets"]
    body = {"version_set": {"agent_version_number": 2, "future": {"kept": True}}}
    assert (await wire.put(f"{INTAKE}/version-sets/test", body)).status_code == 204
    assert (await wire.put(f"{INTAKE}/version-sets/mine", {"version_set": {}})).status_code == 204
    after = (await wire.get(INTAKE)).json()["version_sets"]
    assert after["test"] == {"agent_version_number": 2, "future": {"kept": True}, "turn_runtime": "native"}
    assert set(after) == {*before, "mine"}
    assert after["release"] == before["release"]


@pytest.mark.parametrize(
    ("name", "body", "said"),
    [
        ("edge", {"version_set": {}}, "always resolves to the latest"),
        ("test", {"version_set": {"agent_version_number": 8}}, "agent version 8 does not exist; the newest"),
        ("test", {"version_set": {"context_graph_version_number": 0}}, "context graph version 0 does not exist"),
        ("a b", {"version_set": {}}, "letters, digits"),
        ("x" * 41, {"version_set": {}}, "1 to 40 letters"),
        ("test", {}, "required"),
        ("test", {"version_set": None}, "dictionary"),
        ("test", [], "dictionary"),
        ("test", {"version_set": {"agent_version_number": "two"}}, "integer"),
    ],
)
async def test_an_invalid_version_set_is_refused(wire: Wire, name: str, body: Any, said: str) -> None:
    before = (await wire.get(INTAKE)).json()
    refused = await wire.put(f"{INTAKE}/version-sets/{name}", body)
    assert refused.status_code == 422
    assert said in refused.text
    assert (await wire.get(INTAKE)).json() == before


async def test_release_can_be_changed(wire: Wire) -> None:
    assert (await wire.put(f"{INTAKE}/version-sets/release", {"version_set": {}})).status_code == 204


@pytest.fixture
async def viewer(wire: Wire) -> AsyncIterator[Wire]:
    """The same platform with the read-only key."""
    token = access(wire.database, "viewer").token
    looking = copy.copy(wire)
    headers = {"Authorization": f"Bearer {token}"}
    async with httpx.AsyncClient(transport=wire.http._transport, base_url="http://test", headers=headers) as http:
        looking.http = http
        yield looking


async def test_a_viewer_cannot_change_anything(wire: Wire, viewer: Wire) -> None:
    before = (await wire.get("/services", limit=100)).json()
    assert (await viewer.get("/services", limit=100)).json() == before
    refused = [
        await viewer.put(INTAKE, {"name": "Mine"}),
        await viewer.put(f"{INTAKE}/version-sets/test", {"version_set": {}}),
        await viewer.put("/settings/voice", {"speed": 1.2}),
        await viewer.http.delete(viewer.base + INTAKE),
        await viewer.http.post(f"{viewer.base}/services", json=NEW),
        await viewer.http.post(f"{viewer.base}/services", content=b"not even JSON"),
        await viewer.http.post(f"{viewer.base}/agents", json={"name": "Mine"}),
    ]
    assert [answer.status_code for answer in refused] == [403] * 7
    assert refused[0].json()["error_code"] == "forbidden"
    assert (await wire.get("/services", limit=100)).json() == before
    assert await _history(wire) == []


async def test_nothing_is_revealed_without_a_valid_key(wire: Wire) -> None:
    del wire.http.headers["Authorization"]
    for body in (b"not JSON", b"\xff", b"[" * 100_000, b'{"name": 5}'):
        answer = await wire.http.post(f"{wire.base}/services", content=body)
        assert answer.status_code == 401


@pytest.mark.parametrize("body", [b"not JSON", b"\xff\xfe", b"[" * 100_000, b"", b"null", b'"text"', b"5"])
async def test_a_body_of_the_wrong_shape_is_refused(wire: Wire, body: bytes) -> None:
    headers = {"Content-Type": "application/json"}
    answer = await wire.http.put(wire.base + INTAKE, content=body, headers=headers)
    assert answer.status_code == 422
    (problem,) = answer.json()["detail"]
    assert problem["loc"][0] == "body"


@pytest.mark.parametrize(
    "name", ["[b]x[/b] <i>y</i>", "\x1b[2J\x07", "\u202eevil\u2066", "🩺👩🏽‍⚕️", "x" * 256, "' OR 1=1 --", "\x00"]
)
async def test_every_name_is_stored_unchanged(wire: Wire, name: str) -> None:
    made = (await _create(wire, name=name, tags=[{"key": name, "value": name}])).json()
    assert (made["name"], made["tags"]) == (name, [{"key": name, "value": name}])
    found = (await wire.get("/services", search=name[:200])).json()["items"]
    assert [one["id"] for one in found] == [made["id"]]


async def test_the_history_is_stored(wire: Wire) -> None:
    owner = access(wire.database).user_id
    before = (await wire.get(INTAKE)).json()
    change = {"description": "Mine", "voice_config": {"tts_model": None, "eot_timeout_ms": 900}}
    changed = await wire.put(INTAKE, change)
    await wire.put(INTAKE, {"description": "Mine"})  # changes nothing, so it leaves no entry
    await wire.put(f"{INTAKE}/version-sets/test", {"version_set": {"agent_version_number": 2}})
    await wire.put(INTAKE, {"tool_capacity": 11})  # refused
    await wire.http.delete(wire.base + INTAKE)
    deleted, upserted, updated = await _history(wire)
    assert [one["action"] for one in (updated, upserted, deleted)] == ["update", "upsert_version_set", "delete"]
    assert {one["user_id"] for one in (updated, upserted, deleted)} == {owner}
    assert {one["user_name"] for one in (updated, upserted, deleted)} == {"Workspace owner"}
    assert updated["request_id"] == changed.headers["X-Request-Id"]
    assert updated["at"] <= upserted["at"] <= deleted["at"]
    assert updated["changes"] == [
        {"path": ["description"], "before": before["description"], "after": "Mine"},
        {"path": ["voice_config", "tts_model"], "before": "sonic-3"},
        {"path": ["voice_config", "eot_timeout_ms"], "after": 900},
    ]
    paths = [entry["path"][:3] for entry in upserted["changes"]]
    assert ["version_sets", "test", "agent_version_number"] in paths
    assert all("after" not in entry for entry in deleted["changes"])


async def test_history_pages_and_asks_for_one_thing(wire: Wire) -> None:
    other = service_path("Billing")
    for number in range(5):
        await wire.put(INTAKE, {"description": f"{number}"})
        await wire.put(other, {"description": f"{number}"})
    only = await _history(wire, subject_id=demo_id("service", "Billing"), limit=2, continuation_token=2)
    assert [one["changes"][0]["after"] for one in only] == ["2", "1"]
    assert {one["subject_name"] for one in only} == {"Billing"}
    assert len(await _history(wire)) == 10
    await wire.put("/settings/voice", {"speed": 1.5})
    (newest, *_) = await _history(wire, limit=1)
    assert (newest["kind"], newest["changes"]) == (
        "voice_settings",
        [{"path": ["speed"], "before": 1.0, "after": 1.5}],
    )
