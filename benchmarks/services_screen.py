"""The Services screen with 10,000 services: ``uv run python -m benchmarks.services_screen``.

The real dashboard runs over the embedded platform, without a terminal, at 120 by 40. Targets: the first page on
screen within 300 ms of the connection, a filter answered within 50 ms, no stall of the event loop while all pages
load, memory under 250 MB.
"""

from __future__ import annotations

import asyncio
import os
import resource
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from textual.pilot import Pilot
from textual.widgets import Input

from benchmarks.platform import SERVICES, fill
from services.embedded import open_embedded
from services.embedded.database import Database
from services.embedded.seed import seed
from tui.app import TurnlabApp
from tui.services.list_pane import ServiceList

FILTERS = ("line 0999", "tag:number=77", "channel:text", "active:no line", "env:sandbox", "nothing like it", "")
TIMEOUT_S = 60.0
KEYS = 200
HEARTBEAT_S = 0.002


async def main() -> None:
    """Print every figure."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "workspace.db"
        os.environ["TURNLAB_DATA_DIR"] = folder
        database = Database.open(file, fill=seed)
        fill(database)
        database.close()
        for _ in range(2):
            # The first start imports everything.
            await _first_page(file)
        print(f"first page after the connection stands  {await _first_page(file):6.0f} ms")
        app = TurnlabApp(open_client=lambda: open_embedded(file))
        async with app.run_test(size=(120, 40)) as pilot:
            rows = await _listed(app)
            await pilot.pause(1)
            print(f"filter, first page known                {await _filters(pilot)}")
            await _filter(pilot, "")
            print(f"paging all {SERVICES:,} in                   {await _to_the_end(pilot, rows)}")
            print(f"filter, everything known                {await _filters(pilot)}")
            await _filter(pilot, "")
            print(f"one step down, {KEYS} times              {await _steps(pilot)}")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"peak memory                             {peak:6.0f} MB")


async def _first_page(file: Path) -> float:
    """Return the time from the connection to the first rows on screen, ms."""
    app = TurnlabApp(open_client=lambda: open_embedded(file))
    async with app.run_test(size=(120, 40)) as pilot:
        await _until(lambda: app.client is not None)
        started = time.perf_counter()
        await _listed(app)
        took = time.perf_counter() - started
        await pilot.pause(0.5)
    return took * 1000


async def _listed(app: TurnlabApp) -> ServiceList:
    rows = app.services_screen.query_one(ServiceList)
    await _until(lambda: rows.highlighted is not None and bool(rows.render_line(0).text.strip()))
    return rows


async def _filters(pilot: Pilot[None]) -> str:
    took = {text: await _filter(pilot, text) for text in FILTERS}
    worst = max(took, key=lambda text: took[text])
    return f"median {statistics.median(took.values()):4.1f} ms, worst {took[worst]:5.1f} ms ({worst or 'none'})"


async def _filter(pilot: Pilot[None], text: str) -> float:
    """Return the time from a typed filter to its first rows in the list, ms, and wait for the rest."""
    screen = pilot.app.screen
    assert isinstance(pilot.app, TurnlabApp)
    services = pilot.app.services_screen
    started = time.perf_counter()
    screen.query_one("#services-filter", Input).value = text
    await asyncio.sleep(0)
    await _until(lambda: services.filtered_as_typed)
    took = (time.perf_counter() - started) * 1000
    await asyncio.sleep(0.2)
    await pilot.app.workers.wait_for_complete()
    return took


async def _to_the_end(pilot: Pilot[None], rows: ServiceList) -> str:
    stalls: list[float] = []
    beating = asyncio.create_task(_beat(stalls))
    started = time.perf_counter()
    await pilot.press("G")
    await _until(lambda: len(rows.services) == SERVICES)
    took = time.perf_counter() - started
    beating.cancel()
    return f"{took:6.1f} s, stalls: 99th percentile {_at(stalls, 0.99):.0f} ms, longest {max(stalls) * 1000:.0f} ms"


async def _steps(pilot: Pilot[None]) -> str:
    assert isinstance(pilot.app, TurnlabApp)
    rows = pilot.app.services_screen.query_one(ServiceList)
    rows.action_scroll_top()
    took = []
    for _ in range(KEYS):
        started = time.perf_counter()
        rows.action_cursor_down()
        await asyncio.sleep(0)
        took.append(time.perf_counter() - started)
    return f"median {statistics.median(took) * 1000:4.2f} ms, 95th percentile {_at(took, 0.95):.2f} ms"


async def _beat(stalls: list[float]) -> None:
    while True:
        started = time.perf_counter()
        await asyncio.sleep(HEARTBEAT_S)
        stalls.append(time.perf_counter() - started - HEARTBEAT_S)


def _at(seconds: list[float], part: float) -> float:
    return sorted(seconds)[int(len(seconds) * part)] * 1000


async def _until(condition: Callable[[], bool]) -> None:
    deadline = time.perf_counter() + TIMEOUT_S
    while not condition():
        if time.perf_counter() > deadline:
            raise SystemExit("it did not come about")
        await asyncio.sleep(0.001)


if __name__ == "__main__":
    asyncio.run(main())
