"""``--read-only``: every write is refused before it is sent, and the screens say so."""

from __future__ import annotations

import inspect
from pathlib import Path

import pytest

from services.client import ServicesClient
from services.embedded import open_embedded
from services.errors import UnsupportedError
from services.model import VersionSet
from tests.tui.conftest import make_app, settle
from tui.connection import WHY, read_only, reads
from tui.widgets.status_line import StatusLine

METHODS = [name for name, member in vars(ServicesClient).items() if inspect.iscoroutinefunction(member)]
WRITING = ("create_", "update_", "delete_", "upsert_")


def test_every_method_that_writes_is_unsupported(workspace_file: Path) -> None:
    class Anything:
        unsupported = {"list_behavior_sets": "not here"}  # noqa: RUF012

    shut = read_only(Anything()).unsupported  # type: ignore[arg-type]
    assert {name for name in METHODS if name.startswith(WRITING)} == set(shut) - {"list_behavior_sets"}
    assert shut["delete_service"] == WHY
    assert shut["list_behavior_sets"] == "not here"
    assert not reads("something_nobody_thought_of")


async def test_nothing_is_written_whatever_is_asked(workspace_file: Path) -> None:
    async with open_embedded(workspace_file) as client:
        shut = read_only(client)
        first = (await shut.list_services(limit=1)).items[0]
        for attempt in (
            shut.update_service(first.id, {"name": "x"}),
            shut.delete_service(first.id),
            shut.upsert_version_set(first.id, "test", VersionSet()),
        ):
            with pytest.raises(UnsupportedError, match="nothing was sent"):
                await attempt
        assert await client.get_service(first.id) == first


async def test_the_dashboard_says_that_it_is_read_only(workspace_file: Path) -> None:
    app = make_app(lambda: open_embedded(workspace_file), read_only=True)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        assert "read-only" in app.screen.query_one(StatusLine).render().plain
