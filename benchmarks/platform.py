"""The speed of the embedded platform with 10,000 services: ``uv run python -m benchmarks.platform``.

Requests go through the application in this process, like the dashboard's: the whole server side and its JSON,
without a network. The target is a page under 50 ms.
"""

from __future__ import annotations

import asyncio
import statistics
import tempfile
import time
from pathlib import Path

import httpx

from services.embedded import store
from services.embedded.access import access
from services.embedded.app import create_app
from services.embedded.database import Database
from services.embedded.in_process import open_embedded
from services.embedded.seed import demo_id, seed

SERVICES = 10_000
ROUNDS = 30
TARGET_MS = 50.0

QUERIES = {
    "first page by name": "limit=100",
    "middle page by name": "limit=100&continuation_token=5000",
    "last page by name": "limit=100&continuation_token=9900",
    "newest first": "limit=100&sort_by=-updated_at",
    "last of newest first": "limit=100&sort_by=-updated_at&continuation_token=9900",
    "only active": "limit=100&is_active=true",
    "only inactive": "limit=100&is_active=false",
    "search, many match": "limit=100&search=line",
    "search, one matches": "limit=100&search=line+09999",
    "search, none matches": "limit=100&search=nothing+like+it",
}


async def main() -> None:
    """Print every figure."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "workspace.db"
        database = Database.open(file, fill=seed)
        fill(database)
        known = access(database)
        door = httpx.ASGITransport(create_app(database))
        headers = {"Authorization": f"Bearer {known.token}"}
        async with httpx.AsyncClient(transport=door, base_url="http://here", headers=headers) as http:
            for what, query in QUERIES.items():
                print(f"{what:<22} {await _timed(http, f'/v1/{known.workspace_id}/services?{query}')}")
            signed_in = await http.post(
                f"/v1/{known.organization_id}/user/signin_with_api_key",
                headers={"x-api-key": known.token, "x-api-key-id": known.api_key_id, "x-user-id": known.user_id},
            )
            http.headers["Authorization"] = f"Bearer {signed_in.json()['id_token']}"
            classic = f"/v1/{known.organization_id}/service/"
            print(f"{'Classic, first page':<22} {await _timed(http, f'{classic}?limit=20', rounds=20)}")
            print(
                f"{'Classic, by tag':<22} {await _timed(http, f'{classic}?limit=20&tags=number:9999', rounds=20)}"
            )
        database.close()
        print(f"{'open and first page':<22} {await _opened(file)}")


def fill(database: Database) -> None:
    """Add services up to :data:`SERVICES`, each as large as the demo workspace's first."""
    with database.write() as db:
        template = store.find_service(db, demo_id("workspace", "Riverside Family Clinic"), _first())
        assert template is not None
        (there,) = db.execute("SELECT count(*) FROM services").fetchone()
        for number in range(there, SERVICES):
            name = f"Line {number:05}"
            tags = [*template["tags"], {"key": "number", "value": str(number)}]
            own = {"id": demo_id("service", name), "name": name, "tags": tags, "is_active": number % 10 != 0}
            store.save_service(db, template | own | {"updated_at": f"2025-11-{number % 28 + 1:02}T{number:08}"})


def _first() -> str:
    return demo_id("service", "Intake Line")


async def _timed(http: httpx.AsyncClient, path: str, rounds: int = ROUNDS) -> str:
    took = []
    for number in range(rounds + 1):
        started = time.perf_counter()
        (await http.get(path)).raise_for_status()
        if number:
            took.append((time.perf_counter() - started) * 1000)
    middle, worst = statistics.median(took), max(took)
    return f"median {middle:5.1f} ms, at most {worst:5.1f} ms{'' if middle < TARGET_MS else '  TOO SLOW'}"


async def _opened(file: Path) -> str:
    started = time.perf_counter()
    async with open_embedded(file) as client:
        await client.list_services()
        return f"{(time.perf_counter() - started) * 1000:5.1f} ms, the framework being imported already"


if __name__ == "__main__":
    asyncio.run(main())
