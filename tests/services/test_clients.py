"""Both dialects of the client against the real platform over a real socket."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import pytest

from services.classic import ClassicClient
from services.client import ServicesClient
from services.errors import InvalidError, NotFoundError, RefusedError, UnsupportedError
from services.model import NewService, Service, Tag, VersionSet
from services.paging import iter_services
from services.platform import PlatformClient
from services.writing import service_changes
from tests.services.faulty_proxy import FaultyProxy, answer
from tests.services.serving import Served


@pytest.fixture(params=["platform", "classic"])
def either(request: pytest.FixtureRequest) -> ServicesClient:
    """Each dialect in turn."""
    found: ServicesClient = request.getfixturevalue(request.param)
    return found


async def _first(client: ServicesClient, name: str) -> Service:
    return next(iter([found async for found in iter_services(client) if found.name == name]))


async def _made(client: ServicesClient, name: str, **fields: Any) -> str:
    model = await _first(client, "Nurse Triage")
    assert model.agent_id
    assert model.context_graph_id
    new = NewService(name=name, description="made by a test", agent_id=model.agent_id,
                     context_graph_id=model.context_graph_id, is_active=False, **fields)  # fmt: skip
    return await client.create_service(new)


async def test_both_dialects_list_the_same_services(platform: PlatformClient, classic: ClassicClient) -> None:
    named = [{found.name async for found in iter_services(client, page_size=5)} for client in (platform, classic)]
    assert "Intake Line" in named[0]
    assert named[0] == named[1]


async def test_a_version_set_says_the_same_in_both(platform: PlatformClient, classic: ClassicClient) -> None:
    sets = [(await _first(client, "Intake Line")).version_sets["release"] for client in (platform, classic)]
    pins = [(each.agent_version_number, each.context_graph_version_number, each.models()) for each in sets]
    assert pins[0] == pins[1]
    assert pins[0][:2] != (None, None)


async def test_classic_services_have_no_channel(classic: ClassicClient) -> None:
    found = await _first(classic, "Patient Chat")
    assert (found.channel_type, found.environment, found.tool_capacity) == ("", "", None)


async def test_a_service_is_made_read_and_changed(either: ServicesClient) -> None:
    made = await _made(either, f"Made {either.dialect}", tags=(Tag("team", "night"), Tag("trial")))
    service = await either.get_service(made)
    assert (service.is_active, set(service.tags)) == (False, {Tag("team", "night"), Tag("trial")})
    assert {"edge", "release"} <= set(await either.list_version_sets(made))
    edited = replace(service, description="changed", tags=(Tag("team", "day"),), keyterms=("triage",))
    after = await either.update_service(made, service_changes(service, edited))
    assert (after.description, after.tags, after.keyterms) == ("changed", (Tag("team", "day"),), ("triage",))
    assert after.name == service.name


async def test_only_what_was_edited_is_sent(platform: PlatformClient, proxy: FaultyProxy) -> None:
    service = await _first(platform, "Billing")
    await platform.update_service(service.id, service_changes(service, replace(service, description="other")))
    assert json.loads(proxy.bodies[-1]) == {"description": "other"}
    odd = replace(service, extra={"new_field": [1]})
    assert service_changes(odd, replace(odd, name="x", extra={})) == {"name": "x", "new_field": None}


async def test_a_version_set_is_written_read_and_deleted(either: ServicesClient) -> None:
    made = await _made(either, f"Sets {either.dialect}")
    written = VersionSet(
        agent_version_number=1,
        llm_model_preferences={"navigation": {"llm_name": "gpt-4.1", "params": {"top_p": 0.5}}},
        extra={"future_field": {"kept": [1, None]}},
    )
    await either.upsert_version_set(made, "mine", written)
    stored = await either.get_version_set(made, "mine")
    assert (stored.agent_version_number, stored.context_graph_version_number) == (1, None)
    assert stored.llm_model_preferences == written.llm_model_preferences
    assert stored.extra == written.extra
    # and again, from what was read
    await either.upsert_version_set(made, "mine", replace(stored, agent_version_number=2))
    assert (await either.get_version_set(made, "mine")).extra == written.extra
    await either.delete_version_set(made, "mine")
    assert set(await either.list_version_sets(made)) == {"edge", "release"}
    with pytest.raises(NotFoundError):
        await either.get_version_set(made, "mine")


async def test_deleting_one_version_set_leaves_the_others_as_they_were(
    platform: PlatformClient, proxy: FaultyProxy
) -> None:
    made = await _made(platform, "Three sets")
    for name in ("one", "two"):
        await platform.upsert_version_set(
            made, name, VersionSet(agent_version_number=1, extra={"odd": {"n": None}})
        )
    before = (await platform.get_service(made)).version_sets
    await platform.delete_version_set(made, "one")
    after = (await platform.get_service(made)).version_sets
    assert after == {name: each for name, each in before.items() if name != "one"}
    assert proxy.count("DELETE") == 0
    with pytest.raises(NotFoundError, match="nothing was deleted"):
        await platform.delete_version_set(made, "one")


async def test_rules_are_checked_before_anything_is_sent(either: ServicesClient, proxy: FaultyProxy) -> None:
    nothing = VersionSet()
    calls: list[tuple[Callable[[], Awaitable[Any]], str]] = [
        (lambda: either.upsert_version_set("x", "edge", nothing), "edge always points at the latest"),
        (lambda: either.delete_version_set("x", "edge"), "edge always points at the latest"),
        (lambda: either.delete_version_set("x", "release"), "release is what callers get"),
        (lambda: either.upsert_version_set("x", "a b", nothing), "letters, digits"),
        (lambda: either.upsert_version_set("x", "x" * 41, nothing), "1 to 40"),
    ]
    for call, says in calls:
        with pytest.raises(RefusedError, match=says):
            await call()
    assert proxy.requests == []


async def test_unsupported_methods_raise_without_a_request(
    platform: PlatformClient, classic: ClassicClient, proxy: FaultyProxy
) -> None:
    new = NewService(name="x", agent_id="a", context_graph_id="b", tool_capacity=3, voice_config={})
    calls: list[tuple[Callable[[], Awaitable[Any]], str]] = [
        (lambda: platform.list_behavior_sets(), "no dynamic behavior sets"),
        (lambda: classic.delete_service("x"), "deactivate it instead"),
        (lambda: classic.update_voice_config("x", {"eot_timeout_ms": 1}), "no voice_config"),
        (lambda: classic.workspace_voice_settings(), "no voice settings"),
        (lambda: classic.update_workspace_voice_settings({}), "no voice settings"),
        (lambda: classic.update_service("x", {"tool_capacity": 5}), "no tool_capacity"),
        (lambda: classic.update_service("x", {"description": None}), "ignores null"),
        (lambda: classic.create_service(new), "no tool_capacity, voice_config"),
        (lambda: classic.list_services(sort_by="-updated_at"), "name or is_active, not by updated_at"),
    ]
    for call, says in calls:
        with pytest.raises(UnsupportedError, match=says):
            await call()
    with pytest.raises(InvalidError, match="comes twice"):
        await classic.update_service("x", {"tags": [{"key": "a", "value": "1"}, {"key": "a", "value": "2"}]})
    with pytest.raises(UnsupportedError, match="no calls"):
        _ = classic.calls
    assert proxy.requests == []
    told = {
        "calls",
        "delete_service",
        "update_voice_config",
        "workspace_voice_settings",
        "update_workspace_voice_settings",
    }
    assert told <= set(classic.unsupported)
    assert "list_behavior_sets" in platform.unsupported


async def test_a_filter_means_the_same_in_both(either: ServicesClient) -> None:
    async def names(**query: Any) -> set[str]:
        return {found.name async for found in iter_services(either, page_size=4, **query)}

    everyone = [found async for found in iter_services(either)]
    tagged = {found.name for found in everyone if Tag("channel", "phone") in found.tags}
    assert tagged
    assert await names(tags=[Tag("channel", "phone")]) == tagged
    assert await names(tags=[Tag("channel")]) == {s.name for s in everyone if "channel" in {t.key for t in s.tags}}
    assert await names(search="lab results") == {"Lab Results Callback"}
    assert "Billing (old)" not in await names(is_active=True)
    assert await names(ids=[everyone[0].id, everyone[3].id]) == {everyone[0].name, everyone[3].name}


async def test_services_that_the_client_filters_out_are_not_counted(classic: ClassicClient) -> None:
    page = await classic.list_services(search="lab results")
    assert len(page.items) + len(page.left_out) > len(page.items)
    assert page.total is None


async def test_agents_and_context_graphs_with_their_versions(either: ServicesClient) -> None:
    agent = next(iter((await either.list_agents(search="noor")).items))
    assert (await either.get_agent(agent.id)).latest_version == agent.latest_version
    versions = (await either.list_agent_versions(agent.id, limit=2)).items
    assert [each.number for each in versions] == [agent.latest_version, (agent.latest_version or 0) - 1]
    assert (await either.get_agent_version(agent.id)).number == agent.latest_version
    assert "identity" in (await either.get_agent_version(agent.id, 1)).content
    with pytest.raises(NotFoundError):
        await either.get_agent_version(agent.id, 999)
    graph = next(iter((await either.list_context_graphs(search="after")).items))
    assert (await either.get_context_graph(graph.id)).name == graph.name
    newest = await either.get_context_graph_version(graph.id)
    assert newest.number == graph.latest_version
    assert newest.content["states"]
    assert (await either.list_context_graph_versions(graph.id)).items[0].number == newest.number


async def test_behavior_sets_of_one_service(classic: ClassicClient) -> None:
    everywhere = (await classic.list_behavior_sets()).items
    wanted = everywhere[0].applied_to_services[0]
    here = (await classic.list_behavior_sets(service_id=wanted)).items
    assert 0 < len(here) < len(everywhere)
    assert all(wanted in each.applied_to_services for each in here)


async def test_a_platform_service_can_be_deleted(platform: PlatformClient) -> None:
    made = await _made(platform, "Short-lived")
    await platform.delete_service(made)
    with pytest.raises(NotFoundError):
        await platform.get_service(made)


async def test_unknown_ids_are_not_found(either: ServicesClient) -> None:
    nobody = "0" * 24 if either.dialect == "classic" else "00000000-0000-4000-8000-000000000000"
    for call in (either.get_service, either.get_agent, either.get_context_graph, either.list_version_sets):
        with pytest.raises(NotFoundError):
            await call(nobody)


async def test_a_pinned_version_that_does_not_exist_is_named(either: ServicesClient) -> None:
    made = await _made(either, f"Pinned {either.dialect}")
    with pytest.raises(InvalidError, match="999"):
        await either.upsert_version_set(made, "test", VersionSet(agent_version_number=999))


@pytest.mark.parametrize("status", ["404 Not Found", "405 Method Not Allowed"])
async def test_a_classic_platform_without_the_call_for_one_version_set(
    classic: ClassicClient, proxy: FaultyProxy, status: str
) -> None:
    service = await _first(classic, "Intake Line")
    expected = await classic.get_version_set(service.id, "release")
    proxy.faults = [answer(status, {"detail": "no such path"})]
    assert await classic.get_version_set(service.id, "release") == expected
    assert proxy.requests[-2].endswith("/version_sets/release/")
    assert "/service/?id=" in proxy.requests[-1]


async def test_the_seeds_form_of_a_version_set_is_accepted(classic: ClassicClient, proxy: FaultyProxy) -> None:
    service = await _first(classic, "Intake Line")
    proxy.faults = [answer("200 OK", {"agent_id": "a", "agent_version": 4, "context_graph_version": 6, "new": 1})]
    found = await classic.get_version_set(service.id, "release")
    assert (found.agent_version_number, found.context_graph_version_number) == (4, 6)
    assert found.extra == {"new": 1}


async def test_whoami_says_who_answered(
    platform: PlatformClient, classic: ClassicClient, platform_server: Served
) -> None:
    assert platform_server.access.workspace_id in await platform.whoami()
    assert platform_server.access.organization_id in await classic.whoami()
