"""The embedded platform's agents and context graphs with their versions, in the Platform dialect."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from services.embedded.seed import demo_id
from tests.services.conftest import Wire, service_path

IDENTITY = {"name": "Ada", "role": "Nurse", "developed_by": "A clinic", "default_spoken_language": "eng"}
KINDS = ("agents", "context-graphs")


def _graph(**more: Any) -> dict[str, Any]:
    action = {
        "type": "action",
        "name": "talk",
        "objective": "Talk",
        "actions": [{"description": "Talk", "filler_hint": "Let me see"}],
        "intra_state_navigation_guidelines": [],
        "action_guidelines": [],
        "boundary_constraints": [],
        "exit_conditions": [{"description": "Done", "next_state": "collect"}],
        "turn_policy": {"greeting_shield_s": 1.5, "stt_eot_threshold": 0.7, "future": True},
    }
    field = {"key": "dob", "type": "date", "label": "Date of birth"}
    collect = {
        "type": "data_collection",
        "name": "collect",
        "objective": "Ask",
        "fields": [field],
        "on_complete": "talk",
    }
    names = dict.fromkeys(("new_user_initial_state", "returning_user_initial_state", "terminal_state"), "talk")
    return {"states": [action, collect], **names, **more}


CONTENT: dict[str, dict[str, Any]] = {
    "agents": {"name": "Ada", "identity": IDENTITY, "behaviors": ["Listens"], "voice_config": {"voice_id": "v1"}},
    "context-graphs": _graph(),
}


async def _make(wire: Wire, kind: str, name: str = "New") -> Any:
    answer = await wire.http.post(f"{wire.base}/{kind}", json={"name": name})
    assert answer.status_code == 201, answer.text
    return answer.json()


@pytest.mark.parametrize("kind", KINDS)
async def test_from_creation_to_deletion(wire: Wire, kind: str) -> None:
    made = await _make(wire, kind)
    assert (made["name"], made["description"], made["latest_version"]) == ("New", "", 0)
    path = f"/{kind}/{made['id']}"
    assert (await wire.http.post(f"{wire.base}/{kind}", json={"name": "New"})).status_code == 409
    renamed = (await wire.put(path, {"name": "Newer", "description": None})).json()
    assert (renamed["name"], renamed["description"]) == ("Newer", "")
    assert (await wire.get(path)).json() == renamed
    assert (await wire.get(f"/{kind}", search="newer")).json()["items"] == [renamed]
    assert (await wire.http.delete(wire.base + path)).status_code == 204
    assert (await wire.get(path)).status_code == 404
    assert (await wire.get(f"/{kind}", search="newer")).json()["total"] == 0
    await _make(wire, kind, "Newer")


@pytest.mark.parametrize("kind", KINDS)
async def test_versions_are_numbered_one_after_the_other(wire: Wire, kind: str) -> None:
    path = f"/{kind}/{(await _make(wire, kind))['id']}"
    missing = await wire.get(f"{path}/versions/latest")
    assert (missing.status_code, missing.json()["message"]) == (
        404,
        "Version latest does not exist; there is none yet.",
    )
    made = []
    for _ in range(3):
        answer = await wire.http.post(f"{wire.base}{path}/versions", json=CONTENT[kind])
        assert answer.status_code == 201, answer.text
        made.append(answer.json())
    assert [one["version"] for one in made] == [1, 2, 3]
    assert (await wire.get(path)).json()["latest_version"] == 3
    assert (await wire.get(f"{path}/versions/latest")).json() == made[2]
    assert (await wire.get(f"{path}/versions/1")).json() == made[0]
    beyond = await wire.get(f"{path}/versions/9")
    assert (beyond.status_code, "the newest is 3" in beyond.text) == (404, True)
    assert (await wire.get(f"{path}/versions/newest")).status_code == 422
    assert (await wire.get(f"{path}/versions/{10**30}")).status_code == 404
    page = (await wire.get(f"{path}/versions", limit=2, sort_by="version")).json()
    assert (page["items"], page["continuation_token"], page["total"]) == (made[:2], 2, 3)
    assert [one["version"] for one in (await wire.get(f"{path}/versions")).json()["items"]] == [3, 2, 1]
    assert (await wire.get(f"{path}/versions", sort_by="name")).status_code == 422


async def test_a_context_graph_keeps_its_states(wire: Wire) -> None:
    graph = await _make(wire, "context-graphs")
    made = await wire.http.post(f"{wire.base}/context-graphs/{graph['id']}/versions", json=_graph())
    states = made.json()["states"]
    assert states[0]["turn_policy"]["greeting_shield_s"] == 1.5
    assert states[0]["turn_policy"]["future"] is True
    assert states[0]["actions"] == [{"description": "Talk", "filler_hint": "Let me see"}]
    assert states[1]["fields"][0]["required"] is True
    assert (await wire.get(f"/context-graphs/{graph['id']}")).json()["state_count"] == 2


def _twice() -> dict[str, Any]:
    graph = _graph()
    graph["states"].append(copy.deepcopy(graph["states"][0]))
    return graph


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (_graph(terminal_state="nowhere"), "there is no state 'nowhere'"),
        (_graph(states=[_graph()["states"][0]]), "leads to 'collect', which is not a state"),
        (_twice(), "two states are called 'talk'"),
        (_graph(states=[{"type": "surprise", "name": "x"}]), "surprise"),
        (_graph(states={}), "list"),
    ],
)
async def test_a_context_graph_with_unknown_states_is_refused(wire: Wire, content: Any, said: str) -> None:
    path = f"/context-graphs/{demo_id('context_graph', 'After hours')}"
    before = (await wire.get(path)).json()
    refused = await wire.http.post(f"{wire.base}{path}/versions", json=content)
    assert refused.status_code == 422
    assert said in refused.text
    assert (await wire.get(path)).json() == before


async def test_a_deleted_agent_still_runs_but_cannot_be_chosen(wire: Wire) -> None:
    agent = demo_id("agent", "Noor, nurse line")
    assert (await wire.http.delete(f"{wire.base}/agents/{agent}")).status_code == 204
    triage = service_path("Nurse Triage")
    pinned = {"version_set": {"agent_version_number": 2}}
    assert (await wire.get(triage)).json()["agent_name"] == "Noor, nurse line"
    assert (await wire.put(f"{triage}/version-sets/test", pinned)).status_code == 204
    chosen = await wire.put(service_path("Billing"), {"agent_id": agent})
    assert (chosen.status_code, chosen.json()["detail"][0]["loc"]) == (422, ["body", "agent_id"])


async def test_nothing_can_be_pinned_before_the_first_version(wire: Wire) -> None:
    agent = (await _make(wire, "agents"))["id"]
    made = {"name": "Line", "agent_id": agent, "context_graph_id": demo_id("context_graph", "After hours")}
    service = (await wire.http.post(f"{wire.base}/services", json=made)).json()
    refused = await wire.put(
        f"/services/{service['id']}/version-sets/test", {"version_set": {"agent_version_number": 1}}
    )
    assert refused.status_code == 422
    assert "agent version 1 does not exist; it has none yet" in refused.text
