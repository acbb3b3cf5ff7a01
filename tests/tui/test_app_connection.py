"""The app's one connection: opened after the first paint, shown in the status line, closed at the end."""

from __future__ import annotations

import asyncio
import json
import os
import pty
import re
import select
import subprocess
import sys
import termios
import time
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from services.errors import UnreachableError
from tests.tui.conftest import ScriptedClient, make_app, service, settle
from tui.app import TurnlabApp
from tui.connection import ObservedClient, ObservedRequest
from tui.tune.screen import TuneScreen
from tui.widgets.status_line import StatusLine

OURS = {"base", "presets", "recordings", "services", "simulator", "tui"}
EARLY = {
    *("base", "base.folders", "base.json_text", "base.os_errors", "base.unexpected"),
    *("services", "services.service_filter", "tui", "tui.app", "tui.commands", "tui.commands.command"),
    *("tui.commands.place", "tui.commands.shared", "tui.connection", "tui.host", "tui.launch", "tui.preferences"),
    *("tui.screens", "tui.services", "tui.services.changes", "tui.services.commands", "tui.services.facts"),
    *("tui.services.list_pane", "tui.services.listing", "tui.services.screen", "tui.services.version_sets"),
    *("tui.streams", "tui.terminal_text", "tui.themes", "tui.tune", "tui.tune.modes", "tui.typed_ahead"),
    *("tui.widgets", "tui.widgets.key_line", "tui.widgets.status_line"),
}
"""All of Turnlab that may be imported before the first paint. Import other modules where they are first needed."""
TEXTUAL_AND_WHAT_IT_IMPORTS = {"textual", "rich", "platformdirs", "typing_extensions"}
LATE = {"sqlite3", "http", "email", "xml", "multiprocessing", "tomllib", "argparse", "importlib.metadata"}
LATE |= {f"textual.widgets._{name}" for name in ("data_table", "markdown", "tabbed_content", "tabs", "text_area")}
"""Modules of Python and of Textual that the first screen does not show."""
_AT_EVERY_START = {"sitecustomize", "usercustomize"}
TIMEOUT_S = 30


async def test_the_connection_is_kept_and_closed_at_the_end() -> None:
    client = ScriptedClient([service(1)])
    async with make_app(client.open).run_test() as pilot:
        await settle(pilot)
        assert not client.closed
    assert client.closed


@pytest.mark.slow
async def test_tune_as_the_first_screen_is_connected_too() -> None:
    client = ScriptedClient([service(1)])
    app = make_app(client.open, initial_screen="tune")
    async with app.run_test(size=(120, 40)) as pilot:
        await settle(pilot)
        assert isinstance(app.screen, TuneScreen)
        assert app.client is not None
        await pilot.press("1")
        await settle(pilot)
        assert app.services_screen.highlighted == client.services[0]


async def test_painted_means_that_every_part_has_its_place(monkeypatch: pytest.MonkeyPatch) -> None:
    app = make_app(ScriptedClient().open)
    places: list[int] = []

    def look() -> None:
        places.extend(part.region.area for part in app.screen.query("Input, ServiceNotice, ServiceList, KeyLine"))

    monkeypatch.setattr("tui.app.report_first_paint", look)
    async with app.run_test() as pilot:
        await settle(pilot)
    assert len(places) == 4
    assert all(places)


async def test_leaving_before_the_connection_stands_closes_it_too() -> None:
    client = ScriptedClient()
    app = make_app(client.open)
    async with app.run_test():
        pass
    assert client.closed or app.client is None


async def test_the_status_line_shows_the_last_request(app: TurnlabApp) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await pilot.press("slash", "x")
        await settle(pilot)
        line = app.screen.query_one(StatusLine).render().plain
        assert line.startswith("embedded")
        assert line.endswith("list services 12 ms")
        assert len(line) == 78


async def test_a_failed_request_is_reported() -> None:
    client = ScriptedClient()
    client.failure = UnreachableError("gone")
    told: list[ObservedRequest] = []
    looks = iter([1.0, 13.5])
    observed = ObservedClient(client, lambda: next(looks), told.append)
    with pytest.raises(UnreachableError):
        await observed.list_services(sort_by="name")
    assert told == [ObservedRequest("list services", 12.5, failed=True)]


@pytest.mark.slow
def test_later_screens_are_imported_after_the_first_paint(workspace_file: Path, tmp_path: Path) -> None:
    report = tmp_path / "first-paint.json"
    ours, theirs = pty.openpty()
    termios.tcsetwinsize(theirs, (40, 120))
    environment = os.environ | {
        "TURNLAB_DATA_DIR": str(workspace_file.parent),
        "TURNLAB_REPORT_FIRST_PAINT": str(report),
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "tui"], stdin=theirs, stdout=theirs, stderr=theirs, env=environment
    )
    os.close(theirs)
    shown, found = _read_until(ours, report, "painted")
    _, later = _read_until(ours, report, "imported")
    os.write(ours, b"\x11")
    process.wait(_drain(ours))
    os.close(ours)
    for part in ("Services", "filter", "Opening the workspace"):
        assert part in shown
    modules = set(found["modules"])
    assert {name for name in modules if name.split(".")[0] in OURS} - {"tui.__main__"} <= EARLY
    foreign = {name.split(".")[0] for name in modules} - sys.stdlib_module_names - OURS
    # Names with an underscore belong to the installation of this environment.
    assert {name for name in foreign if not name.startswith("_")} <= TEXTUAL_AND_WHAT_IT_IMPORTS | _AT_EVERY_START
    assert modules & LATE == set()
    assert not found["collecting"]
    assert found["seconds_since_process_start"] > 0
    # The modules of the next screens are imported before they are needed.
    assert "tui.tune.screen" in later["modules"]
    assert later["collecting"]


def test_no_module_before_the_first_paint_compiles_dataclasses_or_patterns() -> None:
    slow = [
        f"{name}.{key}"
        for name in EARLY
        for key, value in vars(import_module(name)).items()
        if isinstance(value, re.Pattern)
        or (isinstance(value, type) and value.__module__ == name and "__dataclass_fields__" in vars(value))
    ]
    assert slow == []


def _read_until(terminal: int, report: Path, stage: str) -> tuple[str, dict[str, Any]]:
    """Return the program's output until the report of a stage was written, and the report."""
    shown, found, deadline = b"", {"stage": ""}, time.monotonic() + TIMEOUT_S
    while True:
        if found["stage"] != stage and report.exists():
            with suppress(ValueError):  # half written
                found = json.loads(report.read_text())
        if select.select([terminal], [], [], 0.05)[0]:
            shown += os.read(terminal, 65536)
        elif found["stage"] == stage:
            return shown.decode(errors="replace"), found
        assert time.monotonic() < deadline, shown[-2000:]


def _drain(terminal: int) -> float:
    """Read until the program releases the terminal, so that it does not block. Returns a timeout."""
    deadline = time.monotonic() + TIMEOUT_S
    while time.monotonic() < deadline:
        if select.select([terminal], [], [], 1)[0]:
            try:
                if not os.read(terminal, 65536):
                    break
            except OSError:
                break
    return TIMEOUT_S


def test_the_clock_of_a_request_is_not_the_event_loop() -> None:
    async def slow() -> float:
        told: list[ObservedRequest] = []
        observed = ObservedClient(ScriptedClient(), iter([0.0, 0.25]).__next__, told.append)
        await observed.workspace_voice_settings()
        return told[0].seconds

    assert asyncio.run(slow()) == 0.25
