"""The Classic dialect of the embedded platform, beyond what the SDK and curl tests cover."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from jsonschema import Draft202012Validator, FormatChecker

from services.embedded.access import Authenticator, access
from services.embedded.app import create_app
from services.embedded.rate_limits import RateLimits
from services.embedded.seed import demo_id
from tests.services.conftest import Wire

CONTRACT = Path(__file__).parents[2] / ".." / "shared" / "contract" / "classic.openapi.json"


def short(kind: str, name: str) -> str:
    """Return the Classic id of an object in the demo workspace."""
    return demo_id(kind, name).replace("-", "")[:24]


INTAKE = f"/service/{short('service', 'Intake Line')}/"


@dataclass
class Classic:
    """The platform as a client of the Classic dialect."""

    http: httpx.AsyncClient
    base: str
    wire: Wire

    async def get(self, path: str, **query: Any) -> Any:
        answer = await self.http.get(self.base + path, params=query or None)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def send(self, method: str, path: str, body: Any = None) -> httpx.Response:
        return await self.http.request(method, self.base + path, json=body)

    async def service(self, name: str = "Intake Line") -> Any:
        (found,) = (await self.get("/service/", id=short("service", name)))["services"]
        return found


@pytest.fixture
async def classic(wire: Wire) -> AsyncIterator[Classic]:
    known = access(wire.database)
    transport = httpx.ASGITransport(create_app(wire.database, limits=RateLimits(0)), raise_app_exceptions=False)
    base = f"/v1/{known.organization_id}"
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as http:
        headers = {"x-api-key": known.token, "x-api-key-id": known.api_key_id, "x-user-id": known.user_id}
        signed_in = await http.post(f"{base}/user/signin_with_api_key", headers=headers)
        http.headers["Authorization"] = f"Bearer {signed_in.json()['id_token']}"
        yield Classic(http, base, wire)


@pytest.mark.parametrize(
    ("header", "value", "status"),
    [
        ("x-api-key", "wrong", 401),
        ("x-api-key-id", "0" * 24, 401),
        ("x-user-id", "0" * 24, 401),
        ("x-api-key", None, 422),
        ("organization", "elsewhere", 404),
    ],
)
async def test_signing_in_takes_all_that_belongs_together(wire: Wire, header: str, value: Any, status: int) -> None:
    known = access(wire.database)
    given = {
        "organization": known.organization_id,
        "x-api-key": known.token,
        "x-api-key-id": known.api_key_id,
        "x-user-id": known.user_id,
    }
    given = {name: given_value for name, given_value in {**given, header: value}.items() if given_value is not None}
    path = f"/v1/{given.pop('organization')}/user/signin_with_api_key"
    refused = await wire.http.post(path, headers=given)
    assert refused.status_code == status
    assert known.token not in refused.text


async def test_a_key_signs_in_only_its_own_user(wire: Wire) -> None:
    owner, viewer = access(wire.database), access(wire.database, "viewer")
    headers = {"x-api-key": viewer.token, "x-api-key-id": viewer.api_key_id, "x-user-id": owner.user_id}
    path = f"/v1/{owner.organization_id}/user/signin_with_api_key"
    assert (await wire.http.post(path, headers=headers)).status_code == 401


async def test_api_keys_and_classic_tokens_are_not_interchangeable(classic: Classic) -> None:
    wire = classic.wire
    assert (await wire.http.get(f"{classic.base}/service/")).status_code == 401
    token = classic.http.headers["Authorization"]
    assert (await wire.http.get(f"{wire.base}/services", headers={"Authorization": token})).status_code == 401
    assert (await classic.http.get("/v1/elsewhere/service/")).status_code == 404


async def test_an_expired_token_is_refused(wire: Wire) -> None:
    known = access(wire.database)
    key = (known.organization_id, known.api_key_id, known.token, known.user_id)
    for lifetime, status in ((timedelta(seconds=-1), 401), (timedelta(minutes=1), 200)):
        with wire.database.write() as db:
            signed_in = Authenticator(token_lifetime=lifetime).sign_in(db, *key)
        assert signed_in is not None
        headers = {"Authorization": f"Bearer {signed_in[0]}"}
        answer = await wire.http.get(f"/v1/{known.organization_id}/service/", headers=headers)
        assert answer.status_code == status


async def test_tokens_are_stored_as_hashes(classic: Classic) -> None:
    token = classic.http.headers["Authorization"].removeprefix("Bearer ")
    with classic.wire.database.read() as db:
        rows = db.execute("SELECT token_hash FROM sessions").fetchall()
    assert [row[0] == token for row in rows] == [False]


@pytest.mark.skipif(not CONTRACT.exists(), reason="the contract's OpenAPI document is not here")
@pytest.mark.parametrize(
    ("path", "schema"),
    [
        ("/service/?limit=20", "src__app__endpoints__service__get_services__Response"),
        ("/organization/agent", "src__app__endpoints__organization__get_agents__Response"),
        (
            f"/organization/agent/{short('agent', 'Mara, front desk')}/version",
            "src__app__endpoints__organization__get_agent_versions__Response",
        ),
        (
            "/organization/service_hierarchical_state_machine",
            "src__app__endpoints__organization__get_service_hierarchical_state_machines__Response",
        ),
        (
            "/organization/service_hierarchical_state_machine/"
            f"{short('context_graph', 'Patient intake')}/version?version=latest",
            "src__app__endpoints__organization__get_service_hierarchical_state_machine_versions__Response",
        ),
        (
            "/dynamic_behavior_set/",
            "src__app__endpoints__dynamic_behavior_set__get_dynamic_behavior_sets__Response",
        ),
    ],
)
async def test_read_answers_match_the_schema(classic: Classic, path: str, schema: str) -> None:
    document = json.loads(CONTRACT.read_text(encoding="utf-8"))
    reference = {"$ref": f"#/components/schemas/{schema}", "components": document["components"]}
    Draft202012Validator(reference, format_checker=FormatChecker()).validate(await classic.get(path))


async def test_both_dialects_show_the_same_service(classic: Classic) -> None:
    platform = (await classic.wire.get(f"/services/{demo_id('service', 'Intake Line')}")).json()
    mine = await classic.service()
    assert (mine["name"], mine["is_active"], mine["keyterms"]) == (
        platform["name"],
        platform["is_active"],
        platform["keyterms"],
    )
    assert mine["tags"] == platform["tags"]
    assert mine["agent_id"] == platform["agent_id"].replace("-", "")[:24]
    for name, version_set in mine["version_sets"].items():
        other = platform["version_sets"][name]
        assert version_set["agent_version_number"] == other["agent_version_number"]
        assert (
            version_set["service_hierarchical_state_machine_version_number"]
            == other["context_graph_version_number"]
        )
        assert version_set["applied_behavior_ids"] == [
            one.replace("-", "")[:24] for one in other["applied_behavior_ids"]
        ]


async def test_a_classic_upsert_keeps_fields_it_cannot_express(classic: Classic) -> None:
    platform = f"/services/{demo_id('service', 'Intake Line')}"
    body = {"version_set": {"agent_version_number": 7, "turn_runtime": "openai-agents", "future": {"kept": 1}}}
    body["version_set"]["applied_behavior_ids"] = [demo_id("behavior", "Intake Line/0")]
    assert (await classic.wire.put(f"{platform}/version-sets/test", body)).status_code == 204
    sent = {"version_set": {"agent_version_number": 6, "service_hierarchical_state_machine_version_number": 11}}
    answer = await classic.send("PUT", f"{INTAKE}version_sets/test/", sent)
    assert (answer.status_code, answer.content) == (204, b"")
    after = (await classic.wire.get(platform)).json()["version_sets"]["test"]
    assert after == {
        **body["version_set"],
        "agent_version_number": 6,
        "context_graph_version_number": 11,
        "llm_model_preferences": {},
    }


async def test_a_flat_upsert_keeps_the_models(classic: Classic) -> None:
    preferred = {"navigation": {"llm_name": "openai_gpt-4.1-2025-04-14", "params": {}}}
    body = {"version_set": {"agent_version_number": 7, "llm_model_preferences": preferred}}
    assert (await classic.send("PUT", f"{INTAKE}version_sets/test/", body)).status_code == 204
    service = await classic.service()
    flat = {"agent_id": service["agent_id"], "agent_version": 6}
    assert (await classic.send("PUT", f"{INTAKE}version_sets/test/", flat)).status_code == 204
    after = (await classic.service())["version_sets"]["test"]
    assert (after["agent_version_number"], after["llm_model_preferences"]) == (6, preferred)


async def test_behaviors_are_accepted_by_either_id(classic: Classic) -> None:
    behavior = (await classic.get("/dynamic_behavior_set/", limit=1))["dynamic_behavior_sets"][0]
    sent = {"version_set": {"applied_behavior_ids": [behavior["id"], "of-some-other-place"]}}
    assert (await classic.send("PUT", f"{INTAKE}version_sets/mine/", sent)).status_code == 204
    assert (await classic.service())["version_sets"]["mine"]["applied_behavior_ids"] == [
        behavior["id"],
        "of-some-other-place",
    ]
    applied = await classic.get("/dynamic_behavior_set/", id=behavior["id"])
    assert short("service", "Intake Line") in applied["dynamic_behavior_sets"][0]["applied_to_services"]
    stored = (await classic.wire.get(f"/services/{demo_id('service', 'Intake Line')}")).json()
    assert len(stored["version_sets"]["mine"]["applied_behavior_ids"][0]) == 36


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "said"),
    [
        ("PUT", f"{INTAKE}version_sets/edge/", {"version_set": {}}, 400, "cannot be changed"),
        ("DELETE", f"{INTAKE}version_sets/edge/", None, 400, "cannot be deleted"),
        ("DELETE", f"{INTAKE}version_sets/release/", None, 400, "cannot be deleted"),
        ("DELETE", f"{INTAKE}version_sets/nowhere/", None, 404, "version set"),
        ("GET", f"{INTAKE}version_sets/nowhere/", None, 404, "version set"),
        ("PUT", f"{INTAKE}version_sets/a%20b/", {"version_set": {}}, 422, "letters, digits"),
        ("PUT", f"{INTAKE}version_sets/test/", {}, 422, "version_set is required"),
        (
            "PUT",
            f"{INTAKE}version_sets/test/",
            {"agent_version": 8},
            400,
            "agent version 8 does not exist; the newest",
        ),
        ("PUT", f"{INTAKE}version_sets/test/", {"agent_id": "0" * 24}, 400, "not the one of this service"),
        ("POST", INTAKE, {"agent_id": "0" * 24}, 400, "there is no agent"),
        ("POST", INTAKE, {"agent_id": short("agent", "Ines, care companion")}, 400, "does not exist; the newest"),
        ("POST", INTAKE, {"name": "Nurse Triage"}, 409, "already has this name"),
        ("POST", INTAKE, {"name": "  "}, 422, "at least 1"),
        ("POST", INTAKE, {"tags": {"a:b": "c"}}, 422, "match pattern"),
        ("POST", INTAKE, {"keyterms": ["Dr. Ramirez"]}, 422, "match pattern"),
        ("POST", f"/service/{'0' * 24}/", {}, 404, "service does not exist"),
        ("POST", "/service/not-an-id/", {}, 422, "match pattern"),
    ],
)
async def test_refusals_give_the_reason(
    classic: Classic, method: str, path: str, body: Any, status: int, said: str
) -> None:
    before = await classic.service()
    refused = await classic.send(method, path, body)
    assert (refused.status_code, said in refused.text) == (status, True), refused.text
    if status != 422:
        assert refused.json()["request_id"] == refused.headers["X-Request-Id"]
    assert await classic.service() == before


async def test_a_new_service_needs_an_existing_agent_and_graph(classic: Classic) -> None:
    body = {
        "agent_id": short("agent", "Mara, front desk"),
        "service_hierarchical_state_machine_id": short("context_graph", "Patient intake"),
        "name": " New line ",
        "description": "New",
        "is_active": True,
        "tags": {"route": "new", "bare": None},
    }
    release = {"release_version_set": {"agent_version_number": 2, "llm_model_preferences": {}}}
    made = await classic.send("POST", "/service/", body | release)
    assert made.status_code == 201
    (found,) = (await classic.get("/service/", id=made.json()["id"]))["services"]
    assert (found["name"], found["version_sets"]["release"]["agent_version_number"]) == ("New line", 2)
    assert found["version_sets"]["edge"]["agent_version_number"] is None
    assert found["tags"] == [{"key": "route", "value": "new"}, {"key": "bare", "value": None}]
    assert (await classic.send("POST", "/service/", body)).status_code == 409
    unknown = await classic.send("POST", "/service/", body | {"agent_id": "0" * 24, "name": "Other"})
    assert (unknown.status_code, "agent does not exist" in unknown.text) == (404, True)
    pinned = {"release_version_set": {"agent_version_number": 99}, "name": "Other"}
    assert (await classic.send("POST", "/service/", body | pinned)).status_code == 400


async def test_a_service_cannot_use_a_deprecated_agent(classic: Classic) -> None:
    agent = demo_id("agent", "Mara, front desk")
    assert (await classic.wire.http.delete(f"{classic.wire.base}/agents/{agent}")).status_code == 204
    old = f"/service/{short('service', 'Billing (old)')}/"
    refused = await classic.send("POST", old, {"is_active": True, "name": "Billing again"})
    assert (refused.status_code, "deprecated" in refused.text) == (400, True)
    listed = await classic.get("/organization/agent", deprecated=True)
    assert [one["name"] for one in listed["agents"]] == ["Mara, front desk"]
    assert len((await classic.get("/organization/agent", deprecated=False))["agents"]) == 4
    assert len((await classic.get("/organization/agent"))["agents"]) == 5


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("tags=route:billing", ["Billing", "Billing (old)"]),
        ("tags=route:billing&is_active=false", ["Billing (old)"]),
        ("tags=route:billing&tags=channel:nothing", []),
        ("tags=escalation:*", ["Nurse Triage"]),
        ("tags=escalation:", []),
        ("sort_by=-name&limit=1", ["Prescription Refill"]),
        ("sort_by=%2Bis_active&sort_by=-name&limit=1", ["Billing (old)"]),
        ("sort_by=+name&limit=1", ["Adaptive Support"]),
        (f"id={short('service', 'Billing')}&id={short('service', 'Intake Line')}", ["Billing", "Intake Line"]),
    ],
)
async def test_services_are_filtered_and_sorted(classic: Classic, query: str, names: list[str]) -> None:
    found = (await classic.get(f"/service/?{query}"))["services"]
    assert [one["name"] for one in found][: len(names) or None] == names


@pytest.mark.parametrize(
    "query",
    ["limit=0", "limit=21", "tags=nothing", "sort_by=description", "sort_by=--name", "id=x", "is_active=maybe"],
)
async def test_an_invalid_listing_is_refused(classic: Classic, query: str) -> None:
    assert (await classic.send("GET", f"/service/?{query}")).status_code == 422


@pytest.mark.parametrize(
    ("asked", "numbers"),
    [
        ("version=latest", [7]),
        ("version=3", [3]),
        ("version=2-4", [2, 3, 4]),
        ("version=6-latest", [6, 7]),
        ("version=9", []),
        ("sort_by=-version&limit=2", [7, 6]),
        ("limit=2&continuation_token=2", [3, 4]),
    ],
)
async def test_versions_can_be_filtered(classic: Classic, asked: str, numbers: list[int]) -> None:
    path = f"/organization/agent/{short('agent', 'Mara, front desk')}/version?{asked}"
    assert [one["version"] for one in (await classic.get(path))["agent_versions"]] == numbers


@pytest.mark.parametrize("asked", ["version=x", "version=1-", "version=-1", "sort_by=name", "limit=11"])
async def test_invalid_version_filters_are_refused(classic: Classic, asked: str) -> None:
    path = f"/organization/agent/{short('agent', 'Mara, front desk')}/version?{asked}"
    assert (await classic.send("GET", path)).status_code == 422


async def test_pages_say_where_the_next_one_starts_and_filters_come_first(classic: Classic) -> None:
    first = await classic.get("/service/", limit=8)
    assert (len(first["services"]), first["has_more"], first["continuation_token"]) == (8, True, 8)
    assert {"channel", "route"} <= set(first["filter_values"]["tags"])
    second = await classic.get("/service/", limit=8, continuation_token=8)
    assert (len(second["services"]), second["has_more"], second["continuation_token"]) == (4, False, None)
    assert second["filter_values"] is None


async def test_the_keys_to_filter_by_follow_the_services(classic: Classic) -> None:
    async def keys() -> list[str]:
        found: list[str] = (await classic.get("/service/", limit=1))["filter_values"]["tags"]
        return found

    before = await keys()
    assert before == sorted(set(before))
    await classic.send("POST", INTAKE, {"tags": {"only here": "x", "channel": None}})
    assert "only here" in await keys()
    assert (
        await classic.wire.http.delete(f"{classic.wire.base}/services/{demo_id('service', 'Intake Line')}")
    ).is_success
    assert await keys() == before
