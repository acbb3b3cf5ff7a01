"""A command is said once: its binding, footer, palette and help entry all come from it."""

from __future__ import annotations

import inspect
from types import ModuleType

import pytest
from textual.command import DiscoveryHit, Hit
from textual.events import AppBlur, AppFocus

from tests.tui.conftest import ScriptedClient, make_app, service, settle
from tui.app import TurnlabApp
from tui.commands import Command, everywhere, told
from tui.commands.everywhere import EVERYWHERE, ShowHelp
from tui.commands.palette import CommandsProvider
from tui.help_screen import HelpScreen
from tui.services import change_commands, commands, version_set_commands
from tui.services.change_commands import CHANGES
from tui.services.commands import HERE
from tui.services.screen import ServicesScreen
from tui.services.version_set_commands import VERSION_SETS
from tui.themes import CONTRAST, DARK, LIGHT, THEMES
from tui.widgets.key_line import KeyLine

ALL = (*HERE, *EVERYWHERE)


OWN = tuple(command for command in HERE if command not in (*CHANGES, *VERSION_SETS))


@pytest.mark.parametrize(
    ("module", "offered"),
    [(everywhere, EVERYWHERE), (commands, OWN), (change_commands, CHANGES), (version_set_commands, VERSION_SETS)],
)
def test_no_command_is_left_lying_about(module: ModuleType, offered: tuple[type[Command], ...]) -> None:
    written = [
        value for value in vars(module).values() if inspect.isclass(value) and value.__module__ == module.__name__
    ]
    assert set(written) == set(offered)


@pytest.mark.parametrize("command", ALL)
def test_a_command_describes_itself(command: type[Command]) -> None:
    assert command.description().endswith(".")
    assert command.binding().tooltip == command.description()


def test_ids_and_keys_are_told_apart() -> None:
    assert len({command.id for command in ALL}) == len(ALL)
    keys = [key for command in ALL for key in command.key.split(",")]
    assert len(set(keys)) == len(keys)


async def test_every_command_is_bound_and_in_the_palette_and_in_the_help(app: TurnlabApp) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        await settle(pilot)
        bound = {active.binding.id for active in app.screen.active_bindings.values()}
        assert {command.id for command in ALL} <= bound

        found = [hit async for hit in CommandsProvider(app.screen).discover()]
        texts = [told(command, app.services_screen) for command in ALL]
        helps = [hit.help for hit in found if isinstance(hit, DiscoveryHit)]
        assert helps == [*texts, *(f"Change to the {name} theme." for name in THEMES)]

        await pilot.press("question_mark")
        assert isinstance(app.screen, HelpScreen)
        listed = [line for _, lines in app.screen.sections for line in lines]
        assert [description for _, _, description in listed] == texts
        assert all(keys for keys, _, _ in listed)
        assert [title for title, _ in app.screen.sections] == ["Services", "Everywhere"]
        await pilot.press("escape")
        assert isinstance(app.screen, ServicesScreen)


@pytest.mark.parametrize("command", ALL)
async def test_the_action_of_every_command_exists(command: type[Command], app: TurnlabApp) -> None:
    name = command.action.partition("(")[0].removeprefix("app.")
    owner = app if command in EVERYWHERE else app.services_screen
    assert callable(getattr(owner, f"action_{name}"))


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


async def test_a_remapped_key_works_and_shows_in_help_and_footer() -> None:
    client = ScriptedClient([service(1)])
    app = make_app(client.open, keymap={"app.help": "f2", "services.refresh": "f6"})
    async with app.run_test(size=(120, 40)) as pilot:
        await settle(pilot)
        asked = len(client.asked)
        await pilot.press("f6")
        await settle(pilot)
        assert len(client.asked) == asked + 1
        assert "f2 Help" in app.screen.query_one(KeyLine).render().plain
        await pilot.press("f2")
        assert isinstance(app.screen, HelpScreen)
        keys = {description: keys for _, lines in app.screen.sections for keys, _, description in lines}
        assert keys[ShowHelp.description()] == "f2"


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
