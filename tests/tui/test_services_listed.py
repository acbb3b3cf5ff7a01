"""What Services lists and loads, without a screen: filters, pages, failures, and the tab in view."""

from __future__ import annotations

from pathlib import Path

import pytest

from services.embedded import open_embedded
from services.errors import UnreachableError
from services.model import Service
from tests.tui.conftest import ScriptedClient, named, service
from tests.tui.controller_host import ScriptedHost
from tui.services.facts import FactsController, ServiceFacts
from tui.services.listing import Listed, ListingController

pytestmark = pytest.mark.usefixtures("at_once")


def names(shown: Listed) -> list[str]:
    return [one.name for one in shown.rows]


class Watched:
    """A listing, and what it showed."""

    def __init__(self, *found: Service) -> None:
        self.client = ScriptedClient(found)
        self.host = ScriptedHost()
        self.states: list[Listed] = []
        self.listing = ListingController(self.host, self.states.append)
        self.listing.room = 40

    @property
    def shown(self) -> Listed:
        return self.states[-1]

    async def connect(self) -> None:
        self.listing.connect(self.client)
        await self.host.settle()

    async def type(self, text: str) -> None:
        self.listing.type(text)
        await self.host.settle()


async def test_a_filter_is_answered_from_what_is_listed_then_by_the_platform() -> None:
    watched = Watched(*(service(number) for number in range(250)), service(999, "Needle"))
    await watched.connect()
    assert watched.states[0].notice == "Loading services…"
    assert watched.states[0].waiting
    assert len(watched.shown.rows) == 100
    assert watched.shown.counted == "251 of 251"
    watched.listing.type("00042")
    assert names(watched.shown) == ["Service 00042"], "at once"
    assert "searching…" in watched.shown.counted
    await watched.type("needle")
    assert names(watched.shown) == ["Needle"]
    assert watched.shown.counted == "1 of 251 · needle"
    assert watched.listing.shows("needle")
    await watched.type("zebra foo:bar")
    assert watched.shown.notice == "No service matches the filter.\nPress esc to clear it."
    await watched.type("tags:x")
    assert "did you mean tag: ?" in watched.shown.notice


async def test_pages_are_loaded_as_far_as_scrolled_or_to_the_end() -> None:
    watched = Watched(*(service(number) for number in range(1_050)))
    await watched.connect()
    assert len(watched.client.asked) == 1
    watched.listing.want(130)
    await watched.host.settle()
    assert (len(watched.client.asked), len(watched.shown.rows)) == (2, 200)
    watched.listing.go_to_the_end()
    await watched.host.settle()
    assert len(watched.shown.rows) == 1_050
    assert watched.shown.at_end
    watched.listing.stay()
    watched.listing.start()
    await watched.host.settle()
    assert not watched.shown.at_end


async def test_a_failure_is_shown_without_removing_rows() -> None:
    watched = Watched(service(1, "Still here"))
    watched.client.failure = UnreachableError("no route")
    await watched.connect()
    assert watched.shown.notice == "no route\nPress r to try again."
    watched.client.failure = None
    watched.listing.start()
    await watched.host.settle()
    assert (names(watched.shown), watched.shown.notice) == (["Still here"], "")
    watched.client.failure = UnreachableError("gone")
    watched.listing.start()
    await watched.host.settle()
    assert names(watched.shown) == ["Still here"]
    assert watched.host.said == ["Services: gone"]
    watched.listing.fail("the file is damaged")
    assert watched.shown.notice == "the file is damaged\nPress r to try again."


async def test_saved_and_deleted_services_change_in_place() -> None:
    watched = Watched(service(1, "One"), service(2, "Two"))
    await watched.connect()
    watched.listing.show_saved(service(2, "Renamed"))
    assert names(watched.shown) == ["One", "Renamed"]
    watched.listing.show_gone("id-1")
    assert names(watched.shown) == ["Renamed"]
    await watched.type("renamed")
    watched.listing.show_gone("id-2")
    assert watched.shown.notice.startswith("No service matches")


async def test_only_the_visible_tabs_data_is_loaded(workspace_file: Path) -> None:
    shown: list[ServiceFacts | None] = []
    async with open_embedded(workspace_file) as client:
        host = ScriptedHost()
        facts = FactsController(host, shown.append)
        facts.connect(client)
        facts.list_came()
        one = await named(client)
        await client.update_service(one.id, {"tool_capacity": 9})
        facts.highlight(one)
        await host.settle()
        assert shown[-1] is not None
        assert shown[-1].workspace is not None
        facts.learn("overview")
        await host.settle()
        assert shown[-1].background.newest is None
        for tab in ("version-sets", "behaviors", "history"):
            facts.learn(tab)
            await host.settle()
        known = shown[-1].background
        assert known.newest is not None
        assert "no dynamic behavior sets" in known.behaviors_unknown
        assert known.history is not None
        assert known.history[0].what == "update: tool_capacity"
        facts.highlight(None)
        assert shown[-1] is None
