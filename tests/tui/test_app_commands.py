"""A command is defined once: its binding, footer, palette and help entries come from it."""

from __future__ import annotations

import pytest
from textual.color import Color
from textual.command import Hit
from textual.events import AppBlur, AppFocus
from textual.theme import Theme

from tests.tui.conftest import ScriptedClient, assert_refreshes, make_app, service, settle
from tests.tui.pace import until
from tui.app import TurnlabApp
from tui.commands.help_screen import HelpScreen
from tui.commands.place import CommandsProvider, Place
from tui.commands.shared import SHOW_HELP
from tui.themes import CONTRAST, DARK, LIGHT, THEMES
from tui.widgets.key_line import KeyLine


async def test_the_palette_finds_by_description_and_runs(app: TurnlabApp) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        await settle(pilot)
        hits = [hit async for hit in CommandsProvider(app.screen).search("is remembered") if isinstance(hit, Hit)]
        assert max(hits, key=lambda hit: hit.score).text == "Next theme"
        await pilot.press("ctrl+p", *"theme: light", "enter")
        await settle(pilot)
        assert app.theme == LIGHT.name
        assert make_app(None).theme == LIGHT.name, "it is remembered"
        await pilot.press("ctrl+t")
        assert app.theme == CONTRAST.name
        await pilot.press("ctrl+t")
        assert app.theme == DARK.name == make_app(None).theme


READ = ("foreground", "primary", "secondary", "accent", "success", "warning", "error", "footer-key-foreground")
READ_FAINT = ("text-muted", "text-disabled")


def luminance(colour: Color) -> float:
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in colour.normalized
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("theme", THEMES.values(), ids=THEMES)
def test_text_in_every_colour_has_the_contrast_that_reading_takes(theme: Theme) -> None:
    colours = theme.to_color_system().generate() | theme.variables
    for under in map(Color.parse, (colours["background"], colours["surface"], colours["panel"])):
        for name in (*READ, *READ_FAINT):
            found = colours[name]
            faint = found.removeprefix("auto ").removesuffix("%")
            text = (
                under.blend(under.get_contrast_text(1.0), int(faint) / 100)
                if faint != found
                else Color.parse(found)
            )
            low, high = sorted((luminance(under), luminance(text)))
            assert (high + 0.05) / (low + 0.05) >= 4.5, f"{name} on {under.hex}"
    assert colours["border"] != colours["border-blurred"], "the pane with the focus is the lit one"


async def test_a_remapped_key_works_and_shows_in_help_and_footer() -> None:
    client = ScriptedClient([service(1)])
    app = make_app(client.open, keymap={"app.help": "f2", "services.refresh": "f6"})
    async with app.run_test(size=(120, 40)) as pilot:
        await settle(pilot)
        await assert_refreshes(pilot, client, "f6")
        assert "f2 Help" in app.screen.query_one(KeyLine).render().plain
        await pilot.press("f2")
        assert isinstance(app.screen, HelpScreen)
        keys = {description: keys for _, lines in app.screen.sections for keys, _, description in lines}
        assert keys[SHOW_HELP.does] == "f2"
        assert "upsert" in app.screen.words


async def test_a_click_on_a_key_runs_it(app: TurnlabApp) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        await settle(pilot)
        at = app.screen.query_one(KeyLine).render().plain.index("? Help")
        await pilot.click(KeyLine, offset=(at, 0))
        await pilot.pause()
        assert isinstance(app.screen, HelpScreen)


async def test_the_footer_shows_only_what_would_do_something(app: TurnlabApp) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        await settle(pilot)
        assert "esc" not in app.screen.query_one(KeyLine).render().plain
        await pilot.press("slash")
        await settle(pilot)
        line = app.screen.query_one(KeyLine).render().plain
        assert "esc Back" in line
        assert "Tune" not in line
        await pilot.press("escape", "right_square_bracket")
        await settle(pilot)
        await pilot.resize_terminal(60, 24)
        await pilot.pause()
        assert "esc Back" in app.screen.query_one(KeyLine).render().plain, "the way back fits at any width"
        await pilot.press("escape")
        await pilot.resize_terminal(120, 40)
        await pilot.pause()
        below = app.screen.query_one(KeyLine)
        for opens in ("question_mark", "ctrl+p"):
            await pilot.press(opens)
            await until(pilot, lambda: app.screen.is_modal)
            assert below.render().plain == "", "what is under a dialog has no keys that work"
            await pilot.press("escape")
            await until(pilot, lambda: not app.screen.is_modal)
        assert "Tune" in below.render().plain


@pytest.mark.slow
async def test_a_dialog_takes_the_notices_of_its_screen_away_and_no_others(app: TurnlabApp) -> None:
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await settle(pilot)
        app.services_screen.notify("of the list", timeout=60)
        await app.push_screen(Place())
        app.screen.notify("of another screen", timeout=60)
        await app.pop_screen()
        app.tell("of all", "Connection", timeout=60)
        await pilot.press("n")
        await until(pilot, lambda: app.screen.is_modal)
        assert sorted(note.message for note in app._notifications) == ["of all", "of another screen"]
        await pilot.press("escape")
        await until(pilot, lambda: not app.screen.is_modal)


@pytest.mark.slow
async def test_esc_is_not_offered_while_nothing_has_the_focus(app: TurnlabApp) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        await settle(pilot)
        line = app.screen.query_one(KeyLine)
        app.post_message(AppBlur())  # another window, or another part of the page in a browser
        await pilot.pause()
        assert app.screen.focused is None
        assert "esc" not in line.render().plain
        app.post_message(AppFocus())
        await pilot.press("slash", "n")
        await settle(pilot)
        assert "esc Back" in line.render().plain
        app.post_message(AppBlur())
        await pilot.pause()
        assert "esc Back" in line.render().plain, "it clears the filter"


async def test_the_palette_shows_keys_begins_with_the_footer_and_goes_to_what_is_named(app: TurnlabApp) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        await settle(pilot)
        hits = [hit async for hit in CommandsProvider(app.screen).discover()]
        assert str(hits[0].prompt) == "Tune  ⏎"
        found = [hit async for hit in CommandsProvider(app.screen).search("nursetri") if isinstance(hit, Hit)]
        best = max(found, key=lambda hit: hit.score)
        assert best.text == "Nurse Triage"
        best.command()
        await settle(pilot)
        highlighted = app.services_screen.highlighted
        assert highlighted is not None
        assert highlighted.name == "Nurse Triage"
