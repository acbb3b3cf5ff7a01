"""How long it takes to list a workspace of 10,000 services: ``uv run python -m benchmarks.listing [SERVICES]``.

It uses a real socket to ``turnlab serve`` in a separate process, in both dialects, without rate limits. Memory is
that of the client's process: streamed, where each service is forgotten at once, and kept, as in the dashboard.
"""

from __future__ import annotations

import asyncio
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx

from services.classic import ClassicClient
from services.client import ServicesClient
from services.embedded import store
from services.embedded.database import Database
from services.embedded.seed import seed
from services.model import Service
from services.paging import Pages
from services.platform import PlatformClient
from services.sign_in import ClassicKey

SERVICES = 10_000
FIRST_PAGE_MS = 300.0
MOST_MB = 250.0


def main() -> None:
    """Print the figures."""
    if len(sys.argv) > 2:
        asyncio.run(_list(json.load(sys.stdin), sys.argv[1], keep=sys.argv[2] == "kept"))
        return
    count = int(sys.argv[1]) if len(sys.argv) > 1 else SERVICES
    with tempfile.TemporaryDirectory() as folder:
        _fill(Path(folder) / "workspace.db", count)
        with _served(Path(folder)) as where:
            for dialect in ("platform", "classic"):
                for memory in ("streamed", "kept"):
                    command = [sys.executable, "-m", "benchmarks.listing", dialect, memory]
                    subprocess.run(command, check=True, text=True, input=json.dumps(where))


def _fill(path: Path, count: int) -> None:
    database = Database.open(path, fill=seed)
    with database.read() as db:
        workspace = db.execute("SELECT id FROM workspaces").fetchone()["id"]
        models, have = store.find_services(
            db, workspace, store.ServiceQuery(), ordering=store.order("name") or "", limit=100, offset=0
        )
    with database.write() as db:
        for number in range(count - have):
            copy = {**models[number % have], "id": str(uuid4()), "name": f"Service {number:05}"}
            copy.pop("classic_id", None)
            store.save_service(db, copy)
    database.close()


@contextmanager
def _served(folder: Path) -> Iterator[dict[str, Any]]:
    options = ["--port", "0", "--json", "--rate-window", "0", "--data", str(folder)]
    process = subprocess.Popen([sys.executable, "-m", "tui", "serve", *options], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        yield json.loads(process.stdout.readline())
    finally:
        process.terminate()
        process.wait(30)


async def _list(where: dict[str, Any], dialect: str, *, keep: bool) -> None:
    async with httpx.AsyncClient(base_url=where["url"], trust_env=False) as http:
        client = _client(http, where, dialect)
        await client.whoami()
        pages = Pages(lambda at: client.list_services(sort_by="name", continuation=at))
        kept: list[Service] = []
        times, count, before = [], 0, _peak_mb()
        while not pages.complete:
            started = time.perf_counter()
            found = await pages.more()
            times.append((time.perf_counter() - started) * 1000)
            count += len(found)
            if keep:
                kept += found
    met = "met" if times[0] < FIRST_PAGE_MS and _peak_mb() < MOST_MB else "NOT met"
    slowest = statistics.quantiles(times, n=20)[-1]
    print(
        f"{dialect:8} {'kept' if keep else 'streamed':8} {count:6,} services, {len(times):3} pages:"
        f" first {times[0]:4.0f} ms (under {FIRST_PAGE_MS:.0f}), median {statistics.median(times):3.0f} ms,"
        f" p95 {slowest:3.0f} ms, all {sum(times) / 1000:4.1f} s;"
        f" peak {_peak_mb():3.0f} MB (under {MOST_MB:.0f}, {_peak_mb() - before:+.0f} by listing): {met}"
    )


def _client(http: httpx.AsyncClient, where: dict[str, Any], dialect: str) -> ServicesClient:
    if dialect == "platform":
        return PlatformClient(http, workspace_id=where["workspace_id"], token=where["api_key"])
    key = ClassicKey.of(where["api_key"], where["api_key_id"], where["user_id"])
    return ClassicClient(http, organization=where["organization_id"], key=key)


def _peak_mb() -> float:
    # kilobytes on Linux, bytes on macOS
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1 << 20 if sys.platform == "darwin" else 1 << 10)


if __name__ == "__main__":
    main()
