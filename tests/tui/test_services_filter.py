"""The syntax of the filter line, and what a listing under it fetches."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual.widgets import Input

from services.errors import BadResponseError
from services.model import Page, Service, Tag
from services.service_filter import ServiceFilter, parse_filter
from tests.tui.conftest import ScriptedClient, make_app, service, settle
from tui.connection import PAGE_SIZE
from tui.services.list_pane import ServiceList
from tui.services.listing import ServiceListing


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("", ServiceFilter()),
        ("  Nurse  LINE ", ServiceFilter(words=("nurse", "line"))),
        ('"Meet & Greet"', ServiceFilter(words=("meet & greet",))),
        ('"not closed', ServiceFilter(words=("not closed",))),
        ("tag:route=main-line", ServiceFilter(tags=(("route", "main-line"),))),
        ("tag:route:main-line", ServiceFilter(tags=(("route", "main-line"),))),
        ("tag:route", ServiceFilter(tags=(("route", None),))),
        ('tag:team="night shift"', ServiceFilter(tags=(("team", "night shift"),))),
        ("tag:", ServiceFilter()),
        ("active:yes", ServiceFilter(active=True)),
        ("active:NO", ServiceFilter(active=False)),
        ("active:t", ServiceFilter(active=True)),
        ("active:", ServiceFilter()),
        ("active:maybe", ServiceFilter(problem="active: takes yes or no")),
        ("channel:Voice env:sand", ServiceFilter(channel="voice", environment="sand")),
        ("environment:sandbox", ServiceFilter(environment="sandbox")),
        ("route:main-line", ServiceFilter(words=("route:main-line",), unknown=("route",))),
        ('"route:main-line"', ServiceFilter(words=("route:main-line",))),
    ],
)
def test_the_filter_syntax(typed: str, expected: ServiceFilter) -> None:
    assert parse_filter(typed) == expected


@given(st.text())
def test_the_filter_never_fails(typed: str) -> None:
    parsed = parse_filter(typed)
    parsed.matches(service(1, "Any", tags=(Tag("key"),)))
    assert parsed.search is None or 0 < len(parsed.search) <= 200


@pytest.mark.parametrize(
    ("typed", "search", "exact"),
    [
        ("nurse", "nurse", True),
        ("active:yes", None, True),
        ("a nurse", "nurse", False),
        ("tag:route=main-line", "main-line", False),
        ("tag:route", "route", False),
        ("tag:route=", "route", False),
        ("channel:voice", None, False),
    ],
)
def test_the_platform_searches_for_the_longest_word(typed: str, search: str | None, exact: bool) -> None:
    parsed = parse_filter(typed)
    assert (parsed.search, parsed.exact) == (search, exact)


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("tag:route=main", True),
        ("tag:ROUTE", True),
        ("tag:rout", True),
        ("tag:route=other", False),
        ("tag:rou=main-line", False),
        ("tag:main-line", False),
        ("channel:vo", True),
        ("channel:text", False),
        ("env:prod", True),
        ("env:sandbox", False),
        ("calls first", True),
        ("calls last", False),
    ],
)
def test_the_client_checks_the_other_conditions(typed: str, found: bool) -> None:
    known = service(1, "Intake", description="First calls", tags=(Tag("route", "main-line"),))
    assert parse_filter(typed).matches(known) is found


async def test_a_listing_fetches_no_further_than_is_wanted() -> None:
    client = ScriptedClient([service(number) for number in range(350)])
    listing = ServiceListing(client, ServiceFilter())
    await listing.fetch(1)
    assert (len(listing.services), listing.total, listing.complete) == (PAGE_SIZE, 350, False)
    await listing.fetch(150)
    assert len(client.asked) == 2
    await listing.fetch(10_000)
    assert (len(listing.services), listing.complete, len(client.asked)) == (350, True, 4)


async def test_a_listing_goes_on_until_enough_match_here() -> None:
    client = ScriptedClient([service(n, channel_type="text" if n % 100 == 99 else "voice") for n in range(400)])
    listing = ServiceListing(client, parse_filter("channel:text"))
    await listing.fetch(3)
    assert [found.id for found in listing.services] == ["id-99", "id-199", "id-299"]
    assert listing.total is None


async def test_a_service_on_two_pages_is_listed_once() -> None:
    twice = [service(number) for number in range(PAGE_SIZE)] + [service(PAGE_SIZE - 1), service(500)]
    listing = ServiceListing(ScriptedClient(twice), ServiceFilter())
    await listing.fetch(1_000)
    assert len({found.id for found in listing.services}) == len(listing.services) == PAGE_SIZE + 1


async def test_pages_that_do_not_advance_are_an_error() -> None:
    class Stuck(ScriptedClient):
        async def list_services(self, **query: Any) -> Page[Service]:
            return replace(await super().list_services(**query), continuation=0)

    client = Stuck([service(1)])
    listing = ServiceListing(client, ServiceFilter())
    with pytest.raises(BadResponseError, match="same page"):
        await listing.fetch(1_000)
    assert not listing.complete
    assert len(client.asked) == 1


async def test_classic_reports_a_channel_filter_as_unsupported() -> None:
    platform = ScriptedClient([service(1, "Intake Line", channel_type="", environment="")])
    platform.dialect = "classic"
    app = make_app(platform.open)
    async with app.run_test(size=(120, 40)) as pilot:
        await settle(pilot)
        app.services_screen.query_one("#services-filter", Input).value = "channel:voice"
        await settle(pilot)
        said = app.services_screen.listed.notice
        assert "the Classic API does not tell what channel: asks for, so it is not supported there" in said


def test_a_name_that_matches_ranks_before_what_only_mentions_the_word_and_the_rest_says_where_it_is() -> None:
    parsed = parse_filter("nurse")
    exact, begins, within = service(1, "Nurse"), service(2, "Nurse Triage"), service(3, "Night Nurse")
    tagged = service(4, "Billing", tags=(Tag("team", "nurse-line"),))
    mentioned = service(5, "Intake", description="First calls go to a nurse on duty")
    assert sorted([mentioned, tagged, within, begins, exact], key=parsed.rank)[:3] == [exact, begins, within]
    assert [parsed.why(one) for one in (begins, tagged, mentioned)] == ["", "team:nurse-line", "…nurse on duty"]


async def test_the_best_name_is_highlighted_while_one_types_and_enter_opens_nothing_out_of_view() -> None:
    others = [service(n, f"Clinic {n:03}", description="asks for the zebra line") for n in range(60)]
    app = make_app(ScriptedClient([*others, service(99, "Zebra Line")]).open)
    async with app.run_test(size=(120, 40)) as pilot:
        await settle(pilot)
        await pilot.press("slash", *"zebra")
        await settle(pilot)
        rows = app.services_screen.query_one(ServiceList)
        assert app.services_screen.highlighted is rows.services[0]
        assert rows.services[0].name == "Zebra Line"
        assert "· …zebra line" in rows.render_line(1).text
        await pilot.press("enter")
        rows.scroll_to(y=20, animate=False, force=True)
        await pilot.pause()
        await pilot.press("enter")
        await settle(pilot)
        assert app.screen is app.services_screen
        assert int(rows.scroll_y) == 0
