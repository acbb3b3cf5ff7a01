"""A workspace for every test: the real application over a real file."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
import stamina

from services import traffic
from services.classic import ClassicClient
from services.client import ServicesClient
from services.embedded import open_embedded
from services.embedded.app import create_app
from services.embedded.database import Database
from services.embedded.seed import access, demo_id, seed
from services.platform import PlatformClient
from tests.services.faulty_proxy import FaultyProxy
from tests.services.promotion_workspace import Desk
from tests.services.serving import Served, classic_client, served


@dataclass
class Wire:
    """The platform as an HTTP client, for requests that the dashboard's own client does not make."""

    http: httpx.AsyncClient
    base: str
    token: str
    database: Database

    async def get(self, path: str, **query: Any) -> httpx.Response:
        return await self.http.get(self.base + path, params=query or None)

    async def put(self, path: str, body: Any) -> httpx.Response:
        return await self.http.put(self.base + path, json=body)


def service_path(name: str) -> str:
    return f"/services/{demo_id('service', name)}"


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    return tmp_path / "data" / "workspace.db"


@pytest.fixture
async def client(workspace: Path, seeded_workspace: Path) -> AsyncIterator[ServicesClient]:
    workspace.parent.mkdir(exist_ok=True)
    shutil.copy(seeded_workspace, workspace)
    async with open_embedded(workspace) as opened:
        yield opened


@pytest.fixture
def desk(client: ServicesClient, tmp_path: Path) -> Desk:
    return Desk(client, tmp_path / "backups")


@pytest.fixture
async def other(workspace: Path, client: ServicesClient, tmp_path: Path) -> AsyncIterator[Desk]:
    """Another user at another computer."""
    async with open_embedded(workspace) as opened:
        yield Desk(opened, tmp_path / "elsewhere", who="sam")


@pytest.fixture
async def wire(workspace: Path, seeded_workspace: Path) -> AsyncIterator[Wire]:
    workspace.parent.mkdir(exist_ok=True)
    shutil.copy(seeded_workspace, workspace)
    database = Database.open(workspace, fill=seed)
    known = access(database)
    transport = httpx.ASGITransport(create_app(database), raise_app_exceptions=False)
    headers = {"Authorization": f"Bearer {known.token}"}
    async with httpx.AsyncClient(transport=transport, base_url="http://test", headers=headers) as http:
        yield Wire(http, f"/v1/{known.workspace_id}", known.token, database)
    database.close()


@pytest.fixture
def no_waiting() -> Iterator[None]:
    """Retry requests as often as usual, without the pauses."""
    with stamina.set_testing(True, attempts=traffic.ATTEMPTS):
        yield


@pytest.fixture(scope="module")
def platform_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The embedded platform on a socket, without rate limits, shared by a module's tests."""
    with served(tmp_path_factory.mktemp("served") / "workspace.db") as there:
        yield there


@pytest.fixture
async def proxy(platform_server: Served) -> AsyncIterator[FaultyProxy]:
    """A network between a client and that platform, faultless unless a test adds faults."""
    async with FaultyProxy.before(platform_server.url) as between:
        yield between


@pytest.fixture
async def http(proxy: FaultyProxy) -> AsyncIterator[httpx.AsyncClient]:
    """The transport of a client's requests."""
    async with httpx.AsyncClient(base_url=proxy.url, trust_env=False) as through:
        yield through


@pytest.fixture
def platform(platform_server: Served, http: httpx.AsyncClient) -> PlatformClient:
    """The Platform dialect over that network."""
    known = platform_server.access
    return PlatformClient(http, workspace_id=known.workspace_id, token=known.token)


@pytest.fixture
def classic(platform_server: Served, http: httpx.AsyncClient) -> ClassicClient:
    """The Classic dialect over that network."""
    return classic_client(platform_server, http)
