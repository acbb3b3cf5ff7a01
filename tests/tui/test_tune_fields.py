"""The editor: every field has a row, the rarer ones are folded, and long values have a window."""

from __future__ import annotations

import pytest
from textual.pilot import Pilot
from textual.widgets import TextArea

from presets.config import load
from presets.fields import FIELDS
from services.model import Service
from simulator.recording import bundled_folder
from tests.tui.conftest import ScriptedClient, make_app, settle
from tests.tui.tune_support import open_tune, rest, settle_on, show_tune
from tui.app import TurnlabApp
from tui.dialogs.dialogs import PickOne
from tui.tune.choosing_dialogs import TextEntry
from tui.tune.screen import TuneScreen
from tui.widgets.field_panel import FieldPanel

BOOKING = bundled_folder() / "booking.flac"
RARE = {spec.name for spec in FIELDS if spec.advanced}


@pytest.fixture
def app() -> TurnlabApp:
    """The dashboard on a platform without services."""
    return make_app(ScriptedClient().open)


def in_view(screen: TuneScreen) -> set[str]:
    panel = screen.query_one(FieldPanel)
    return {spec.name for spec in FIELDS if panel.editor(spec.name).display}


async def test_every_kind_of_field_is_found_and_typed(app: TurnlabApp) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await open_tune(pilot, recordings=BOOKING)
        await the_rarer_fields_are_folded_until_asked_for(pilot, screen)
        for name, step in {
            "filler_vocabulary": words_are_typed_as_a_list_and_may_hold_commas,
            "forwarding": an_object_that_is_not_right_never_leaves_its_window,
            "realtime_voice": many_values_are_offered_as_a_list_and_few_are_taken_in_turn,
        }.items():
            screen.query_one(FieldPanel).focus_field(name)
            await settle(pilot)
            await step(pilot, screen)
            while screen.session.draft.changes():
                await pilot.press("u")
                await rest(pilot)


async def the_rarer_fields_are_folded_until_asked_for(pilot: Pilot[None], screen: TuneScreen) -> None:
    assert in_view(screen) == {spec.name for spec in FIELDS} - RARE
    headings = [str(line.render()) for line in screen.query(".field-group")]
    assert headings[-1] == "VOICE  ▸ 6 more: f"
    await pilot.press("f")
    await settle(pilot)
    assert in_view(screen) == {spec.name for spec in FIELDS}
    await pilot.press("f")
    await settle(pilot)
    await pilot.click(screen.query(".field-group").first())
    await settle(pilot)
    assert in_view(screen) == {spec.name for spec in FIELDS}


async def words_are_typed_as_a_list_and_may_hold_commas(pilot: Pilot[None], screen: TuneScreen) -> None:
    await pilot.press("enter")
    await settle_on(pilot, TextEntry)
    await pilot.press(*"Mm", "enter", *"Well, [b]ah", "ctrl+s")
    await rest(pilot)
    assert screen.session.draft.changes() == {"filler_vocabulary": ["Mm", "Well, [b]ah"]}
    assert "[b]ah" in screen.query_one(FieldPanel).editor("filler_vocabulary").control.render_line(0).text
    await pilot.press("enter")
    await settle_on(pilot, TextEntry)
    assert pilot.app.screen.query_one(TextArea).text == "Mm\nWell, [b]ah"
    await pilot.press("escape")
    await rest(pilot)
    assert isinstance(pilot.app.screen, TuneScreen)


async def an_object_that_is_not_right_never_leaves_its_window(pilot: Pilot[None], screen: TuneScreen) -> None:
    await pilot.press("enter")
    await settle_on(pilot, TextEntry)
    await pilot.press(*'{"to": 5', "ctrl+s")
    await pilot.pause()
    problem = pilot.app.screen.query_one("#entry-problem")
    assert "is not valid JSON (line 1, column 9" in str(problem.render())
    assert screen.session.draft.changes() == {}
    await pilot.press("escape")
    await pilot.pause()
    assert "not set yet" in str(problem.render())
    await pilot.press(*"}", "ctrl+s")
    await rest(pilot)
    assert screen.session.draft.changes() == {"forwarding": {"to": 5}}
    await pilot.press("u")
    await rest(pilot)
    assert screen.session.draft.changes() == {}


async def many_values_are_offered_as_a_list_and_few_are_taken_in_turn(
    pilot: Pilot[None], screen: TuneScreen
) -> None:
    await pilot.press("enter")
    await settle_on(pilot, PickOne)
    await pilot.press("end", "enter")
    await rest(pilot)
    assert screen.session.draft.changes() == {"realtime_voice": "cedar"}
    screen.query_one(FieldPanel).focus_field("tts_provider")
    await pilot.press("enter", "enter")
    await rest(pilot)
    assert screen.session.draft.changes()["tts_provider"] == "elevenlabs"


@pytest.mark.slow
async def test_a_rare_field_that_is_set_or_odd_stays_in_view(app: TurnlabApp) -> None:
    config, problems = load({"tts_config": {"speed": 1.2}, "realtime_voice": 3})
    service = Service(id="s", name="Odd", voice_config=config, voice_problems=tuple(problems))
    async with app.run_test(size=(120, 40)) as pilot:
        screen = await show_tune(pilot, TuneScreen(None, service, recordings=BOOKING))
        assert in_view(screen) & RARE == {"tts_config", "realtime_voice"}
        screen.query_one(FieldPanel).focus_field("tts_config")
        await pilot.press("backspace")
        await settle(pilot)
        assert screen.session.draft.changes() == {"tts_config": None}
        await pilot.press("up", "up")
        await settle(pilot)
        assert "tts_config" in in_view(screen)
