"""Which platform the dashboard opens, and how it says so."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.services.serving import Served, served
from tests.tui.conftest import make_app, settle
from tui.services.list_pane import ServiceList, ServiceNotice
from tui.widgets.status_line import StatusLine


@pytest.fixture
def platform(tmp_path: Path) -> Iterator[Served]:
    with served(tmp_path / "served" / "workspace.db") as there:
        yield there


@pytest.fixture(autouse=True)
def no_other_connections(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TURNLAB_CONFIG_DIR", str(tmp_path / "config"))
    monkeypatch.chdir(tmp_path)


@pytest.mark.usefixtures("workspace_file")
async def test_an_incomplete_environment_is_not_used_and_reported(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PLATFORM_API_KEY", "key-nobody-sees-71")
    app = make_app(None)
    async with app.run_test(size=(120, 40)) as pilot:
        await settle(pilot)
        assert app.screen.query_one(StatusLine).render().plain.startswith("embedded")
        (note,) = [each.message for each in app._notifications]
        assert "PLATFORM_API_URL, PLATFORM_WORKSPACE_ID are not set" in note
        assert "key-nobody-sees" not in note


async def test_a_complete_environment_is_opened(platform: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLATFORM_API_URL", platform.url)
    monkeypatch.setenv("PLATFORM_WORKSPACE_ID", platform.access.workspace_id)
    monkeypatch.setenv("PLATFORM_API_KEY", platform.access.token)
    app = make_app(None)
    async with app.run_test(size=(120, 40)) as pilot:
        await settle(pilot)
        assert app.screen.query_one(StatusLine).render().plain.startswith("environment (127.0.0.1)")
        assert app.screen.query_one(ServiceList).highlighted is not None


async def test_a_classic_platform_fills_the_same_screen(platform: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    there = platform.access
    monkeypatch.setenv("AMIGO_BASE_URL", platform.url)
    monkeypatch.setenv("AMIGO_ORGANIZATION_ID", there.organization_id)
    monkeypatch.setenv("AMIGO_API_KEY", there.token)
    monkeypatch.setenv("AMIGO_API_KEY_ID", there.api_key_id)
    monkeypatch.setenv("AMIGO_USER_ID", there.user_id)
    app = make_app(None)
    async with app.run_test(size=(120, 40)) as pilot:
        await settle(pilot)
        assert app.screen.query_one(StatusLine).render().plain.startswith("environment-classic (127.0.0.1)")
        await pilot.press("slash", *"lab res")
        await settle(pilot)
        highlighted = app.services_screen.highlighted
        assert highlighted is not None
        assert highlighted.name == "Lab Results Callback"


async def test_an_unknown_connection_lists_the_known_ones() -> None:
    app = make_app(None, connection="stagin")
    async with app.run_test(size=(120, 40)) as pilot:
        await settle(pilot)
        assert "no connection is called 'stagin'" in app.problem
        assert "stagin" in app.screen.query_one(ServiceNotice).text
