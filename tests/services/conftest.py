"""A workspace of its own for every test: the real application over a real file."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from services.client import ServicesClient
from services.embedded import open_embedded
from services.embedded.app import create_app
from services.embedded.database import Database
from services.embedded.seed import access, demo_id, seed


@dataclass
class Wire:
    """The platform as any HTTP client sees it, for what the dashboard's own client does not ask."""

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
async def client(workspace: Path) -> AsyncIterator[ServicesClient]:
    async with open_embedded(workspace) as opened:
        yield opened


@pytest.fixture
async def wire(workspace: Path) -> AsyncIterator[Wire]:
    database = Database.open(workspace, fill=seed)
    known = access(database)
    transport = httpx.ASGITransport(create_app(database), raise_app_exceptions=False)
    headers = {"Authorization": f"Bearer {known.token}"}
    async with httpx.AsyncClient(transport=transport, base_url="http://test", headers=headers) as http:
        yield Wire(http, f"/v1/{known.workspace_id}", known.token, database)
    database.close()
