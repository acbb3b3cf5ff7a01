"""Names, tags and fields of a megabyte: every screen still draws its columns, each line within the terminal."""

from __future__ import annotations

from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import DataTable, Static, TabbedContent

from presets.config import parse
from services.model import Tag, VersionSet
from tests.tui.conftest import ScriptedClient, make_app, service, settle
from tests.tui.tune_support import settle_on
from tui.terminal_text import NAME_WIDTH, screen_text
from tui.tune.screen import TuneScreen
from tui.widgets.field_panel import FieldPanel

HUGE = "m" * 1_000_000
WIDTH = 100


def drawn(pilot: Pilot[None], selector: str) -> int:
    """Return how many characters of a text are on the screen."""
    return len(str(pilot.app.screen.query_one(selector, Static).content))


def widths(pilot: Pilot[None], selector: str) -> list[int]:
    """Return the widths of a table's columns."""
    table: DataTable[Any] = pilot.app.screen.query_one(selector, DataTable)
    return [column.get_render_width(table) for column in table.ordered_columns]


@pytest.mark.slow
async def test_names_of_a_megabyte_leave_every_column_on_the_screen() -> None:
    sets = {name: VersionSet(applied_behavior_ids=(HUGE,)) for name in ("edge", "release", HUGE)}
    long = service(
        1,
        HUGE,
        description=HUGE,
        tags=(Tag(HUGE, HUGE), Tag("route", "front")),
        keyterms=(HUGE,),
        channel_type=HUGE,
        voice_config=parse({HUGE: HUGE}, source="test"),
        version_sets=sets,
    )
    app = make_app(ScriptedClient([long, service(2, "Beside")]).open)
    async with app.run_test(size=(WIDTH, 40)) as pilot:
        await settle(pilot)
        for tab, table, columns in (
            ("voice-config", "#voice-rows", 4),
            ("version-sets", "#version-set-rows", 5),
            ("behaviors", "#behavior-rows", 4),
        ):
            pilot.app.screen.query_one(TabbedContent).active = tab
            await settle(pilot)
            found = widths(pilot, table)
            assert len(found) == columns
            assert max(found) <= NAME_WIDTH + 2, table
        assert drawn(pilot, "#voice-note") < 25_000
        assert "Beside" in "".join(strip.text for strip in pilot.app.screen._compositor.render_strips())
        await pilot.press("enter")
        await settle_on(pilot, TuneScreen)
        rest = pilot.app.screen.query_one(FieldPanel).query(Static).last()
        assert len(str(rest.content)) < 5_000


def test_a_line_is_cut_after_as_many_cells_as_fit_and_characters_without_width_do_not_hide_that() -> None:
    assert screen_text("ab\nc" + HUGE, 5, lines=True) == "ab\ncmmm…"
    assert screen_text("e" + "\u0301" * 1_000_000, 5).endswith("…")
    assert len(screen_text("e" + "\u0301" * 1_000_000, 5)) < 60
    assert screen_text("漢字漢字", 5) == "漢字…"
