"""Makes the dashboard look the same on every machine, and provides a workspace or a misbehaving platform."""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_textual_snapshot
from pydantic import JsonValue
from syrupy.assertion import SnapshotAssertion
from textual.css.model import RuleSet
from textual.css.stylesheet import Stylesheet
from textual.css.types import CSSLocation
from textual.pilot import Pilot
from textual.widgets import Input

from services.client import PAGE_SIZE, ServicesClient
from services.embedded import open_embedded
from services.errors import ServiceError, UnsupportedError
from services.model import Page, Service, WorkspaceVoiceSettings
from services.traffic import Traffic
from tests.tui.pace import keep_pace
from tui.app import TurnlabApp
from tui.connection import OpenClient
from tui.themes import RememberedStyles

SNAPSHOTS = Path(__file__).parent.parent / "snapshots"


class SnapshotFiles(pytest_textual_snapshot.SVGImageExtension):  # type: ignore[misc]  # (the plugin has no types)
    """Stores all pictures in one folder beside the tests."""

    @classmethod
    def dirname(cls, *, test_location: Any) -> str:
        return str(SNAPSHOTS / test_location.basename)


# The plugin's fixture takes its extension from this name.
pytest_textual_snapshot.SVGImageExtension = SnapshotFiles


Steps = Callable[[Pilot[None]], Awaitable[None]]
CompareSizes = Callable[..., Awaitable[None]]


@pytest.fixture
def snap_sizes(snapshot: SnapshotAssertion, tmp_path: Path) -> CompareSizes:
    """Return a function that compares pictures of one app at each size in turn.

    A differing picture stays in the test's folder.
    """
    pictures = snapshot.use_extension(SnapshotFiles)

    async def compare(app: TurnlabApp, sizes: Sequence[tuple[int, int]], show: Steps) -> None:
        taken = {}
        async with app.run_test(size=sizes[0], tooltips=True, notifications=True) as pilot:
            await show(pilot)
            for width, height in sizes:
                await pilot.resize_terminal(width, height)
                await pilot.pause()
                taken[f"{width}x{height}"] = app.export_screenshot(title=app.title, simplify=True)
        differ = [tmp_path / f"{size}.svg" for size, svg in taken.items() if pictures(name=size) != svg]
        for path in differ:
            path.write_text(taken[path.stem])
        assert not differ

    return compare


_parse = Stylesheet._parse_rules
_parsed: dict[object, list[RuleSet]] = {}


def parse_once(sheet: Stylesheet, css: str, read_from: CSSLocation, *given: Any, **named: Any) -> list[RuleSet]:
    """Return the rules of a style sheet that an app of this process has already parsed: all take 0.1 s.

    Textual 8.2.8 keeps parsed rules for each app alone.
    """
    key = (css, read_from, given, tuple(named.items()), tuple(sheet._variables.items()))
    if key not in _parsed:
        _parsed[key] = _parse(sheet, css, read_from, *given, **named)
    return _parsed[key]


_looks: dict[Any, Any] = {}
"""The styles that earlier apps of this process found, by the rules that ``_parsed`` keeps."""


@pytest.fixture(autouse=True)
def same_everywhere(analyses: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    for name in list(os.environ):
        ours = name.startswith(("TEXTUAL", "TURNLAB", "AMIGO_", "PLATFORM_")) and name != "TEXTUAL_SNAPSHOT_TEMPDIR"
        if ours or name in ("NO_COLOR", "COLORTERM", "COLUMNS", "LINES"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("TURNLAB_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("TURNLAB_CONFIG_DIR", str(tmp_path / "config"))
    monkeypatch.setenv("TURNLAB_CACHE_DIR", str(analyses))
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    keep_pace(monkeypatch)
    # The status line names the last request, and on a busy machine a picture would show this one.
    monkeypatch.setattr("tui.tune.platform.LOOK_EVERY_S", 3600.0)
    monkeypatch.setattr(Stylesheet, "_parse_rules", parse_once)
    monkeypatch.setattr(RememberedStyles, "no_looks", lambda _: _looks)
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.fixture
def workspace_file(seeded_workspace: Path, tmp_path: Path) -> Path:
    """A demo workspace for this test."""
    path = tmp_path / "data" / "workspace.db"
    path.parent.mkdir(exist_ok=True)
    shutil.copy(seeded_workspace, path)
    return path


@pytest.fixture
def app(workspace_file: Path) -> TurnlabApp:
    """The dashboard on the demo workspace. Every request takes 12 ms by its clock."""
    return make_app(lambda: open_embedded(workspace_file))


class Ticking:
    """A clock that advances by 12 ms at every reading."""

    def __init__(self) -> None:
        self._looks = 0

    def __call__(self) -> float:
        self._looks += 1
        return self._looks * 0.012


def make_app(open_client: OpenClient | None, **options: Any) -> TurnlabApp:
    """Return a dashboard that looks the same every time."""
    app = TurnlabApp(open_client=open_client, clock=Ticking(), **options)
    app.animation_level = "none"
    return app


AnyClient: Any = object


async def assert_refreshes(pilot: Pilot[None], client: ScriptedClient, key: str) -> None:
    """Assert that a key requests the platform again."""
    asked = len(client.asked)
    await pilot.press(key)
    await settle(pilot)
    assert len(client.asked) == asked + 1


class ScriptedClient(AnyClient):  # type: ignore[misc]  # (has only the methods that the screens in its tests ask)
    """A platform with given services, which fails and waits as the test requests."""

    label = "embedded"
    dialect = "platform"
    unsupported: Mapping[str, str] = {"service_history": "no history here", "list_behavior_sets": "no names here"}

    def __init__(self, services: Sequence[Service] = ()) -> None:
        self.services = list(services)
        self.failure: ServiceError | None = None
        self.open_failure: ServiceError | None = None
        self.settings = WorkspaceVoiceSettings(values={})
        self.asked: list[dict[str, Any]] = []
        self.closed = False
        self.traffic = Traffic()

    async def list_services(
        self,
        *,
        search: str | None = None,
        is_active: bool | None = None,
        sort_by: str | None = None,
        limit: int = PAGE_SIZE,
        continuation: int | None = None,
    ) -> Page[Service]:
        assert sort_by == "name"
        self.asked.append({"search": search, "is_active": is_active, "continuation": continuation})
        if self.failure:
            raise self.failure
        found = [
            service
            for service in self.services
            if (search is None or search in f"{service.name} {service.description} {service.tags}".casefold())
            and (is_active is None or service.is_active == is_active)
        ]
        start = continuation or 0
        page = found[start : start + limit]
        end = start + len(page)
        return Page(items=tuple(page), continuation=end if end < len(found) else None, total=len(found))

    async def unheard_of(self, *_: object, **__: object) -> object:
        raise UnsupportedError("not on this platform")

    get_agent = get_context_graph = list_behavior_sets = service_history = unheard_of

    def service_address(self, service_id: str) -> str:
        return f"http://embedded-platform/v1/w/services/{service_id}"

    async def get_service(self, service_id: str) -> Service:
        return next(service for service in self.services if service.id == service_id)

    async def update_voice_config(self, service_id: str, changes: Mapping[str, JsonValue]) -> Service:
        raise NotImplementedError

    async def workspace_voice_settings(self) -> WorkspaceVoiceSettings:
        if self.failure:
            raise self.failure
        return self.settings

    @asynccontextmanager
    async def open(self) -> AsyncIterator[ServicesClient]:
        """Open it, as the app does."""
        if self.open_failure:
            raise self.open_failure
        try:
            yield self
        finally:
            self.closed = True


class Losing(httpx.AsyncBaseTransport):
    """Loses the answer to a change. If set, ``meanwhile`` happens instead of the change."""

    def __init__(self, inner: httpx.AsyncBaseTransport) -> None:
        self.inner, self.lost = inner, 1
        self.meanwhile: dict[str, JsonValue] = {}

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if request.method == "PUT" and self.lost:
            self.lost -= 1
            if self.meanwhile:
                content = json.dumps({"voice_config": self.meanwhile}).encode()
                headers = {name: value for name, value in request.headers.items() if name != "content-length"}
                request = httpx.Request("PUT", request.url, headers=headers, content=content)
            await (await self.inner.handle_async_request(request)).aread()
            raise httpx.ReadError("connection reset")
        return await self.inner.handle_async_request(request)


def losing(client: ServicesClient | None) -> Losing:
    """Let a client's next change lose its answer."""
    http: httpx.AsyncClient = client._transport._http  # type: ignore[union-attr]
    line = Losing(http._transport)
    http._transport = line
    return line


def service(number: int, name: str = "", **fields: Any) -> Service:
    """Return a service with an id and a name."""
    return Service(id=f"id-{number}", name=name or f"Service {number:05}", **fields)


async def settle(pilot: Pilot[None]) -> None:
    """Wait until all started work is finished."""
    await pilot.pause()
    while any(not worker.is_finished for worker in pilot.app.workers):
        await pilot.app.workers.wait_for_complete()
        await pilot.pause()
    if isinstance(field := pilot.app.focused, Input):
        field.cursor_blink = False
    await pilot.pause()


def steps(*keys: str) -> Steps:
    """Return a function that presses keys, each after the effect of the last."""

    async def press(pilot: Pilot[None]) -> None:
        await settle(pilot)
        for key in keys:
            await pilot.press(key)
            await settle(pilot)

    return press


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait for no further keys."""
    monkeypatch.setattr("tui.services.listing.TYPING_PAUSE", 0)
    monkeypatch.setattr("tui.services.facts.SCROLLING_PAUSE", 0)


async def named(client: Any, name: str = "Intake Line") -> Service:
    page = await client.list_services(search=name.casefold(), sort_by="name")
    return await client.get_service(next(one.id for one in page.items if one.name == name))  # type: ignore[no-any-return]
