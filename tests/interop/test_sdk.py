"""The vendor's Python SDK against ``turnlab serve``: every method for services, sync and async."""

from __future__ import annotations

import asyncio
import inspect
import sqlite3
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import httpx
import pytest
from amigo_sdk import AmigoClient, AsyncAmigoClient
from amigo_sdk.errors import (
    BadRequestError,
    ConflictError,
    ForbiddenError,
    NotFoundError,
    RateLimitError,
    ValidationError,
)
from amigo_sdk.generated.model import (
    GetAgentVersionsParametersQuery,
    GetServicesParametersQuery,
    OrganizationCreateAgentRequest,
    OrganizationCreateServiceHierarchicalStateMachineRequest,
    ServiceCreateServiceRequest,
    ServiceUpdateServiceRequest,
    ServiceUpsertServiceVersionSetRequest,
)
from amigo_sdk.resources.service import AsyncServiceResource, ServiceResource

from tests.interop.conftest import Serve, Served

METHODS = {"get_services", "create_service", "update_service", "upsert_version_set", "delete_version_set"}
ALIASES = {"list", "create"}


class Blocking:
    """The synchronous SDK with the asynchronous one's awaitable interface."""

    def __init__(self, resource: object) -> None:
        self._resource = resource

    def __getattr__(self, name: str) -> Callable[..., Awaitable[Any]]:
        method = getattr(self._resource, name)

        async def call(*arguments: Any) -> Any:
            return await asyncio.to_thread(method, *arguments)

        return call


@pytest.fixture(params=["sync", pytest.param("async", marks=pytest.mark.slow)])
def sdk(request: pytest.FixtureRequest) -> Callable[[Served], Any]:
    """Open a client of either kind. ``services``, ``agents`` and ``context_graphs`` are awaitable in both."""

    @asynccontextmanager
    async def open_client(served: Served) -> Any:
        if request.param == "async":
            async with AsyncAmigoClient(**served.credentials()) as client:
                yield client
        else:
            with AmigoClient(**served.credentials()) as blocking:
                names = ("services", "agents", "context_graphs")
                found = type("Client", (), {name: Blocking(getattr(blocking, name)) for name in names})()
                found._http = blocking._http
                yield found

    return open_client


def _new(name: str, served: Served, **more: Any) -> ServiceCreateServiceRequest:
    """A service that can be created, with the agent and graph of the first demo service."""
    headers = {"Authorization": f"Bearer {served.sign_in()}"}
    first = httpx.get(f"{served.classic}/service/", headers=headers).json()["services"][0]
    return ServiceCreateServiceRequest.model_validate(
        {
            "service_hierarchical_state_machine_id": first["service_hierarchical_state_machine_id"],
            "agent_id": first["agent_id"],
            "name": name,
            "description": "Made by the SDK",
            "is_active": True,
            "keyterms": ["date of birth"],
            "tags": {},  # the SDK's own model cannot hold any: its key type is not hashable
            **more,
        }
    )


def _pins(agent: int | None, machine: int | None = None) -> ServiceUpsertServiceVersionSetRequest:
    return ServiceUpsertServiceVersionSetRequest.model_validate(
        {
            "version_set": {
                "agent_version_number": agent,
                "service_hierarchical_state_machine_version_number": machine,
                "llm_model_preferences": {"engagement": {"llm_name": "openai_gpt-5.2-2025-12-11", "params": {}}},
            }
        }
    )


def test_every_sdk_method_is_tested() -> None:
    for resource in (ServiceResource, AsyncServiceResource):
        found = {name for name, _ in inspect.getmembers(resource, inspect.isfunction) if not name.startswith("_")}
        assert found == METHODS | ALIASES


async def test_a_service_from_creation_to_its_last_version_set(
    sdk: Callable[[Served], Any], served: Served, request: pytest.FixtureRequest
) -> None:
    name = f"Made [{request.node.callspec.id}] <b>bold</b> 🩺"
    async with sdk(served) as client:
        created = await client.services.create_service(_new(name, served))
        with pytest.raises(ConflictError):
            await client.services.create(_new(name, served))
        only = GetServicesParametersQuery.model_validate({"id": [created.id]})
        (service,) = (await client.services.get_services(only)).services
        assert (service.id, service.name, service.is_active) == (created.id, name, True)
        assert set(service.version_sets) == {"edge", "release"}
        assert service.creator.user_id == served.user_id

        await client.services.upsert_version_set(created.id, "staging", _pins(2, 1))
        (service,) = (await client.services.list(only)).services
        staging = service.version_sets["staging"]
        assert staging.agent_version_number == 2
        assert staging.llm_model_preferences["engagement"].llm_name == "openai_gpt-5.2-2025-12-11"
        await client.services.delete_version_set(created.id, "staging")
        with pytest.raises(NotFoundError):
            await client.services.delete_version_set(created.id, "staging")

        change = ServiceUpdateServiceRequest.model_validate({"is_active": False, "description": "Put away"})
        await client.services.update_service(created.id, change)
        (service,) = (await client.services.get_services(only)).services
        assert (service.is_active, service.description, service.name) == (False, "Put away", name)


async def test_listing_filters_sorts_and_pages(sdk: Callable[[Served], Any], serve: Serve) -> None:
    served = serve("--rate-window", "0")
    async with sdk(served) as client:
        seen: list[str] = []
        query = GetServicesParametersQuery.model_validate({"limit": 5, "sort_by": ["-is_active", "+name"]})
        page = await client.services.get_services(query)
        assert page.filter_values is not None
        assert "channel" in page.filter_values.tags
        while True:
            seen += [service.name for service in page.services]
            if not page.has_more:
                break
            query = query.model_copy(update={"continuation_token": page.continuation_token})
            page = await client.services.get_services(query)
        assert len(seen) == len(set(seen)) == 12
        assert seen[-1] == "Billing (old)"
        assert seen[:-1] == sorted(seen[:-1], key=str.casefold)
        billing = {"tags": ["route:billing", "channel:*"], "is_active": True}
        found = await client.services.get_services(GetServicesParametersQuery.model_validate(billing))
        assert [service.name for service in found.services] == ["Billing"]


async def test_the_sdk_gets_the_rules_errors(sdk: Callable[[Served], Any], served: Served) -> None:
    async with sdk(served) as client:
        (service, *_) = (await client.services.get_services()).services
        for name in ("edge", "release"):
            with pytest.raises(BadRequestError, match="cannot be deleted"):
                await client.services.delete_version_set(service.id, name)
        with pytest.raises(BadRequestError, match="cannot be changed"):
            await client.services.upsert_version_set(service.id, "edge", _pins(1))
        with pytest.raises(BadRequestError, match=r"version 99 does not exist; the newest of .* is \d"):
            await client.services.upsert_version_set(service.id, "test", _pins(99))
        with pytest.raises(ValidationError):
            await client.services.upsert_version_set(service.id, "x" * 41, _pins(1))
        with pytest.raises(ValidationError):
            await client.services.delete_version_set("not-an-id", "test")
        with pytest.raises(NotFoundError):
            await client.services.delete_version_set("0" * 24, "test")


async def test_agents_and_context_graphs(sdk: Callable[[Served], Any], served: Served) -> None:
    async with sdk(served) as client:
        (agent, *_) = (await client.agents.get_agents()).agents
        latest = GetAgentVersionsParametersQuery.model_validate({"version": "latest"})
        (version,) = (await client.agents.get_agent_versions(agent.id, latest)).agent_versions
        assert version.version == agent.latest_version
        (graph, *_) = (await client.context_graphs.get_context_graphs()).service_hierarchical_state_machines
        versions = (await client.context_graphs.get_context_graph_versions(graph.id)).state_machine_versions
        assert [one.version for one in versions] == list(range(1, graph.latest_version + 1))[:10]
        name = f"Made by {type(client.agents).__name__}"
        created = await client.agents.create_agent(
            OrganizationCreateAgentRequest.model_validate({"agent_name": name})
        )
        assert (await client.agents.get_agent_versions(created.id)).agent_versions == []
        body = OrganizationCreateServiceHierarchicalStateMachineRequest.model_validate({"state_machine_name": name})
        assert (await client.context_graphs.create_context_graph(body)).id
        with pytest.raises(BadRequestError, match="no version yet"):
            await client.services.create_service(_new("Never", served, agent_id=created.id))


async def test_the_sdk_reports_a_limit_on_changes(sdk: Callable[[Served], Any], serve: Serve) -> None:
    served = serve()
    async with sdk(served) as client:
        (service, *_) = (await client.services.get_services()).services
        for _ in range(30):
            await client.services.upsert_version_set(service.id, "busy", _pins(1))
        # the SDK does not retry changes, so it raises
        with pytest.raises(RateLimitError, match="limit of 30") as caught:
            await client.services.upsert_version_set(service.id, "busy", _pins(1))
        assert (caught.value.status_code, caught.value.error_code) == (429, "rate_limited")


@pytest.mark.slow
async def test_the_sdk_waits_for_a_limit_on_reading(serve: Serve) -> None:
    served = serve("--rate-window", "3")
    statuses: list[int] = []

    async def note(response: httpx.Response) -> None:
        statuses.append(response.status_code)

    async with AsyncAmigoClient(**served.credentials(), event_hooks={"response": [note]}) as client:
        while 429 not in statuses:
            found = await asyncio.gather(*(client.services.get_services() for _ in range(60)))
            assert {len(page.services) for page in found} == {10}
            assert len(statuses) < 2000


async def test_a_token_is_refreshed(sdk: Callable[[Served], Any], serve: Serve) -> None:
    served = serve("--token-lifetime", "301")  # the SDK refreshes five minutes before the expiry
    async with sdk(served) as client:
        started = time.monotonic()
        await client.services.get_services()
        first = client._http._token.id_token
        await client.services.get_services()
        # on a machine so busy that this took a second, it may have been refreshed already
        assert client._http._token.id_token == first or time.monotonic() - started > 1
        deadline = time.monotonic() + 30
        while client._http._token.id_token == first and time.monotonic() < deadline:
            await asyncio.sleep(0.3)
            await client.services.get_services()
        second = client._http._token.id_token
        assert second != first
        with _file(served) as db:
            db.execute("DELETE FROM sessions")
        # the token has become unknown: the SDK gets 401, signs in once, and continues
        await client.services.get_services()
        assert client._http._token.id_token not in (first, second)


async def test_a_viewer_may_not_change_anything(sdk: Callable[[Served], Any], serve: Serve) -> None:
    served = serve("--read-only")
    async with sdk(served) as client:
        (service, *_) = (await client.services.get_services()).services
        with pytest.raises(ForbiddenError, match="may only read"):
            await client.services.update_service(
                service.id, ServiceUpdateServiceRequest.model_validate({"name": "Mine"})
            )


@contextmanager
def _file(served: Served) -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(served.folder / "workspace.db", timeout=10)
    try:
        with connection:
            yield connection
    finally:
        connection.close()
