"""The Services screen as a user uses it, by keys."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from textual.color import Color
from textual.dom import DOMNode
from textual.pilot import Pilot
from textual.screen import Screen
from textual.widgets import DataTable, Input, TabbedContent

from presets.config import load
from services.errors import StorageError, UnreachableError
from services.model import Page, Service, VersionSet, WorkspaceVoiceSettings
from tests.tui.conftest import ScriptedClient, make_app, service, settle
from tests.tui.pace import mind_no_threads, until
from tui.app import TurnlabApp
from tui.commands.place import CommandsProvider
from tui.services.detail import voice_rows, warnings
from tui.services.list_pane import ServiceList, ServiceNotice
from tui.services.screen import ServicesScreen
from tui.services.version_set_table import ordered
from tui.themes import LIGHT, RememberedStyles
from tui.tune.screen import TuneScreen
from tui.tune.symptom_guide import SymptomGuide
from tui.widgets.field_editor import FieldEditor

HOSTILE = [
    "[bold]x[/]",
    "[@click=app.quit]leave[/]",
    "\x1b[31mred\x1b[0m",
    "\u202eright to left\u2066",
    "x" * 256,
    "📞👩‍👩‍👧 emoji",
    "\ud83d",
    "line\nbreak",
    "",
]


def screen(pilot: Pilot[None]) -> ServicesScreen:
    found = pilot.app.screen
    assert isinstance(found, ServicesScreen)
    return found


def rows(pilot: Pilot[None]) -> list[str]:
    """Return the visible rows as drawn."""
    listed = screen(pilot).query_one(ServiceList)
    return [listed.render_line(y).text for y in range(listed.size.height)]


def names(pilot: Pilot[None]) -> list[str]:
    return [row[2:].rsplit("voice", 1)[0].strip() for row in rows(pilot) if row.strip()]


def notice(pilot: Pilot[None]) -> str:
    shown = screen(pilot).query_one(ServiceNotice)
    return shown.text if shown.display else ""


def count(pilot: Pilot[None]) -> str:
    return screen(pilot).query_one("#services-pane").border_subtitle or ""


def highlighted(pilot: Pilot[None]) -> str:
    found = screen(pilot).highlighted
    assert found is not None
    return found.name


def assert_styled_by_the_rules(app: TurnlabApp) -> None:
    """The remembered styles of widgets equal those from matching all rules."""

    def styles(node: DOMNode) -> list[Any]:
        parts = sorted(node._component_styles.items())
        return [dict(node.styles.base._rules), [(name, dict(part.base._rules)) for name, part in parts]]

    sheet = app.stylesheet
    assert isinstance(sheet, RememberedStyles)
    for node in app.screen.walk_children(with_self=True):
        remembered = styles(node)
        sheet._looks.clear()
        sheet.apply(node)
        assert styles(node) == remembered, node


async def type_filter(pilot: Pilot[None], text: str) -> None:
    screen(pilot).query_one(Input).value = text
    await settle(pilot)


@pytest.mark.slow
async def test_the_layout_follows_a_terminal_that_was_resized_while_another_screen_was_in_view() -> None:
    async with make_app(ScriptedClient([service(1)]).open).run_test(size=(120, 40)) as pilot:
        await settle(pilot)
        services = pilot.app.screen
        await pilot.resize_terminal(70, 24)
        await until(pilot, lambda: services.has_class("-narrow"))
        pilot.app.add_mode("elsewhere", Screen)
        await pilot.app.switch_mode("elsewhere")
        await pilot.resize_terminal(120, 40)
        pilot.app.switch_mode("services")
        await settle(pilot)
        assert services.has_class("-normal")
        assert not services.has_class("-narrow")


async def test_the_filter_narrows_the_list_and_esc_brings_it_back(app: TurnlabApp) -> None:
    async with app.run_test() as pilot:
        await settle(pilot)
        assert count(pilot) == "12 of 12"
        await pilot.press("slash", *"nurse")
        await settle(pilot)
        # The agent's name is not searched; the description is.
        assert names(pilot)[0] == "Nurse Triage"
        assert count(pilot).endswith("of 12 · nurse")
        await pilot.press("escape")
        await settle(pilot)
        assert count(pilot) == "12 of 12"
        assert isinstance(pilot.app.focused, ServiceList)


async def test_the_filter_understands_what_the_table_of_filters_says(app: TurnlabApp) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        await settle(pilot)
        for typed, expected in {
            "active:no": ["Billing (old)"],
            "channel:text": ["Patient Chat             text"],
            "tag:escalation=on-call-nurse": ["Nurse Triage"],
            '"Meet & Greet"': ["Meet & Greet"],
        }.items():
            await type_filter(pilot, typed)
            assert names(pilot) == expected
        await type_filter(pilot, "active:maybe")
        assert count(pilot) == "12 of 12 · active: takes yes or no"


async def test_services_without_an_id_are_reported() -> None:
    class Odd(ScriptedClient):
        async def list_services(self, **query: Any) -> Page[Service]:
            self.traffic.note_unreadable("GET services", query["continuation"], 2)
            return replace(await super().list_services(**query), unreadable=2)

    async with make_app(Odd().open).run_test() as pilot:
        await settle(pilot)
        assert notice(pilot).startswith("The services that came have no id")
        toasts = [toast.message for toast in pilot.app._notifications]
        assert len(toasts) == 1
        assert toasts[0].startswith("the platform's listing of services holds 2 entries that have no id")
        await pilot.press("r")
        await settle(pilot)
        assert len(pilot.app._notifications) == 1


async def test_the_highlighted_service_opens_in_tune(app: TurnlabApp) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        await settle(pilot)
        await pilot.press("j")
        tunes = []
        for way, name in (("enter", "After Hours"), ("2", "After Hours"), ("click", "Appointment Reminders")):
            if way == "click":
                await pilot.click(ServiceList, offset=(4, 2), times=2)
            else:
                await pilot.press(way)
            await settle(pilot)
            tune = pilot.app.screen
            assert isinstance(tune, TuneScreen)
            assert tune.session.service is not None
            assert tune.session.service.name == name
            tunes.append(tune)
            app.action_choose_theme("light")
            await pilot.press("1")
            await settle(pilot)
            assert highlighted(pilot) == name
            assert screen(pilot).styles.background == Color.parse(str(LIGHT.background)), "as the theme is by now"
        screen(pilot).query_one(Input).focus()
        await settle(pilot)
        screen(pilot).query_one(ServiceList).focus()
        await settle(pilot)
        assert_styled_by_the_rules(app)
        assert tunes[0] is tunes[1] is not tunes[2]
        await pilot.press("2")
        await settle(pilot)
        one, other, *_ = pilot.app.screen.query(FieldEditor)
        for field in (one, other, one):
            field.control.focus()
            await settle(pilot)
        assert_styled_by_the_rules(app)
        await pilot.press("4")
        await until(pilot, lambda: app.calls is not None and app.screen is app.calls, "the calls")
        assert app.calls is not None
        assert app.calls.kept.service == tunes[2].session.service, "of the service that Tune has open"


async def test_tune_and_the_list_show_each_others_changes(app: TurnlabApp) -> None:
    async with app.run_test(size=(120, 40), notifications=True) as pilot:
        await settle(pilot)
        before = screen(pilot).highlighted
        assert before is not None
        await pilot.press("enter")
        await settle(pilot)
        pilot.app.screen.post_message(TuneScreen.ServiceSaved(replace(before, name="Renamed meanwhile")))
        await pilot.pause()
        pilot.app.screen.notify("only Tune's")
        app.tell("everybody's", "Keys", timeout=60)
        await pilot.pause()
        await pilot.press("1")
        await settle(pilot)
        assert highlighted(pilot) == "Renamed meanwhile"
        assert [toast.message for toast in app._notifications] == ["everybody's"], "notices leave with their screen"

        assert app.client is not None
        await app.client.update_voice_config(before.id, {"eager_eot_threshold": 0.25})
        await pilot.press("2")
        await settle(pilot)
        tune = pilot.app.screen
        assert isinstance(tune, TuneScreen)
        await until(pilot, lambda: tune.session.draft.stored.eager_eot_threshold == 0.25, "what others stored")


async def test_a_failing_platform_is_reported_once_and_r_retries() -> None:
    client = ScriptedClient([service(1, "Back again")])
    client.failure = UnreachableError("example.test cannot be reached: no [bold]route[/]; check the network")
    async with make_app(client.open).run_test() as pilot:
        await settle(pilot)
        assert notice(pilot).startswith("example.test cannot be reached: no [bold]route[/]")
        assert notice(pilot).endswith("Press r to try again.")
        assert pilot.app.status.last is not None  # type: ignore[attr-defined]
        assert pilot.app.status.last.failed  # type: ignore[attr-defined]
        client.failure = None
        await pilot.press("r")
        await settle(pilot)
        assert notice(pilot) == ""
        assert names(pilot) == ["Back again"]


async def test_a_workspace_that_cannot_be_opened_is_tried_again() -> None:
    client = ScriptedClient([service(1, "Opened")])
    client.open_failure = StorageError("the workspace file is damaged; move it away")
    app = make_app(client.open)
    async with app.run_test() as pilot:
        await settle(pilot)
        assert notice(pilot) == "the workspace file is damaged; move it away\nPress r to try again."
        assert app.status.connection == "not connected"
        await pilot.press("r")
        await settle(pilot)
        assert notice(pilot).startswith("the workspace file is damaged")
        client.open_failure = None
        await pilot.press("r")
        await settle(pilot)
        assert names(pilot) == ["Opened"]


async def test_refresh_keeps_the_cursor_on_its_service() -> None:
    client = ScriptedClient([service(number) for number in range(5)])
    async with make_app(client.open).run_test() as pilot:
        await settle(pilot)
        await pilot.press("j", "j")
        client.services.insert(0, service(99, "New on top"))
        del client.services[1]
        client.services.insert(0, service(98, "Newer still"))
        await pilot.press("r")
        await settle(pilot)
        assert names(pilot)[:2] == ["Newer still", "New on top"]
        assert highlighted(pilot) == "Service 00002"


async def test_ten_thousand_services_are_loaded_as_far_as_scrolled() -> None:
    client = ScriptedClient([service(number) for number in range(10_000)])
    async with make_app(client.open).run_test(size=(120, 40)) as pilot:
        await settle(pilot)
        assert len(client.asked) == 1
        assert count(pilot) == "10,000 of 10,000"
        for _ in range(3):
            await pilot.press("pagedown", "pagedown", "pagedown")
            await settle(pilot)
        assert 2 <= len(client.asked) < 6
        await pilot.press("G")
        await settle(pilot)
        assert highlighted(pilot) == "Service 09999"
        assert len(client.asked) == 100
        await pilot.press("g")
        assert highlighted(pilot) == "Service 00000"


async def test_a_filter_typed_while_pages_come_is_not_lost() -> None:
    client = ScriptedClient([service(number) for number in range(2_000)] + [service(9_999, "Needle")])
    async with make_app(client.open).run_test() as pilot:
        await settle(pilot)
        await pilot.press("G", "slash", *"needle")
        await settle(pilot)
        assert names(pilot) == ["Needle"]
        assert count(pilot) == "1 of 2,001 · needle"


def hostile(name: str) -> Service:
    field = name if name and name != "\ud83d" else "field"
    config, problems = load({"tts_model": name, field: name, "filler_vocabulary": [name]})
    return Service(
        id=f"id{name}",
        name=name,
        description=name,
        agent_name=name,
        channel_type=name,
        environment=name,
        keyterms=(name,),
        voice_config=config,
        voice_problems=tuple(problems),
        version_sets={name: VersionSet(llm_model_preferences={name: {"llm_name": name}})},
    )


@pytest.mark.parametrize(("size", "tabs"), [((80, 24), 1), pytest.param((120, 40), 5, marks=pytest.mark.slow)])
async def test_hostile_text_is_only_shown(size: tuple[int, int], tabs: int) -> None:
    async with make_app(ScriptedClient(list(map(hostile, HOSTILE))).open).run_test(size=size) as pilot:
        await settle(pilot)
        assert rows(pilot)[0].startswith("● [bold]x[/] ")
        for name in HOSTILE:
            assert highlighted(pilot) == name
            for _ in range(tabs):
                drawn = pilot.app.export_screenshot()
                assert "\x1b" not in drawn
                assert "\u202e" not in drawn
                if tabs > 1:
                    await pilot.press("right_square_bracket")
                    await settle(pilot)
            assert all(len(row) <= size[0] for row in rows(pilot))
            await pilot.press("escape", "j")
            await settle(pilot)
        found = [str(hit.prompt) async for hit in CommandsProvider(screen(pilot)).search("leave")]
        assert "[@click=app.quit]leave[/]  service" in found


@pytest.mark.slow
async def test_the_tabs_turn_in_both_directions(app: TurnlabApp) -> None:
    async with app.run_test() as pilot:
        await settle(pilot)
        seen = []
        for key in (*["right_square_bracket"] * 5, "left_square_bracket"):
            await pilot.press(key)
            await settle(pilot)
            seen.append(screen(pilot).query_one(TabbedContent).active)
        assert seen == ["version-sets", "voice-config", "behaviors", "history", "overview", "history"]


@pytest.mark.slow
async def test_the_cursor_stays_in_view_when_the_details_take_the_room(app: TurnlabApp) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await pilot.press(*"jjjjj", "right_square_bracket")
        await settle(pilot)
        assert screen(pilot).query_one(ServiceList).size.height == 3
        assert highlighted(pilot) in names(pilot)


@pytest.mark.slow
async def test_j_and_k_move_in_what_has_the_focus(app: TurnlabApp) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        await settle(pilot)
        # The focus moves into the visible tab, and escape leads back with the filter kept.
        await pilot.press("right_square_bracket", "j", "j", "right")
        await settle(pilot)
        assert screen(pilot).query_one("#version-set-rows", DataTable).cursor_row == 2
        table = screen(pilot).query_one("#voice-rows", DataTable)
        await pilot.press("j", "j", "k")
        assert table.cursor_row == 1
        assert highlighted(pilot) == "Adaptive Support"
        await pilot.press("escape", "j", "k")
        assert (table.cursor_row, highlighted(pilot)) == (1, "Adaptive Support")
        await pilot.press("right", "left", "left")
        table = screen(pilot).query_one("#version-set-rows", DataTable)
        assert (table.has_focus, table.cursor_row) == (True, 2)
        await pilot.press("right")
        await pilot.press("enter")
        await settle(pilot)
        assert isinstance(pilot.app.screen, TuneScreen)


def test_every_field_shows_the_source_of_its_value() -> None:
    config, problems = load({"max_buffer_delay_ms": 1500, "tts_model": "sonic-3", "adaptive_pacing": {"on": True}})
    inherited, _ = load({"tts_provider": "cartesia", "tts_model": "sonic-turbo"})
    own = service(1, voice_config=config, voice_problems=tuple(problems))
    found = {row.field: row for row in voice_rows(own, WorkspaceVoiceSettings(values={}, voice_config=inherited))}
    facts = {name: (row.own, row.in_force, row.origin) for name, row in found.items()}
    assert facts["tts_model"] == ("● sonic-3", "sonic-3", "service")
    assert facts["max_buffer_delay_ms"] == ("⚠ 1,500 ms", "1,500 ms", "service")
    assert facts["tts_provider"] == ("○ inherit", "cartesia", "workspace")
    assert facts["eot_timeout_ms"] == ("○ inherit", "5,000 ms", "built-in *")
    assert facts["backchannel_delay_ms"] == ("○ inherit", "400 ms", "built-in")
    assert facts["realtime_voice"] == ("○ inherit", "—", "built-in *")
    assert facts["adaptive_pacing"] == ('⚠ {"on": true}', "?", "service")
    assert "must be between 200 and 1000 ms" in found["max_buffer_delay_ms"].note
    assert warnings(own) == [
        "max_buffer_delay_ms: must be between 200 and 1000 ms, not 1500",
        "adaptive_pacing: unknown to this version of Turnlab; kept as it is, and not simulated",
    ]


def test_unknown_workspace_settings_are_not_guessed() -> None:
    found = {row.field: row for row in voice_rows(service(1, voice_config=load({"tts_model": "sonic-3"})[0]), None)}
    assert (found["tts_model"].in_force, found["tts_model"].origin) == ("sonic-3", "service")
    assert (found["tts_provider"].in_force, found["tts_provider"].origin) == ("?", "?")


def test_edge_and_release_come_first() -> None:
    own = service(1, version_sets={name: VersionSet() for name in ("zeta", "release", "alpha", "edge")})
    assert [name for name, _ in ordered(own)] == ["edge", "release", "zeta", "alpha"]


@pytest.mark.slow
async def test_enter_waits_for_the_rows_of_the_filter_that_was_typed_and_symptoms_are_about_the_service(
    app: TurnlabApp,
) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        await settle(pilot)
        await pilot.press("slash", *"intake", "enter")
        await app.screen.run_action("tune_service")
        await until(pilot, lambda: isinstance(app.screen, TuneScreen))
        assert isinstance(app.screen, TuneScreen)
        assert app.screen.session.title == "Intake Line"
        await pilot.press("1")
        await until(pilot, lambda: app.screen is app.services_screen)
        await pilot.press("escape", "g")
        await settle(pilot)
        mind_no_threads()
        await pilot.press("f1")
        await until(pilot, lambda: isinstance(app.screen, SymptomGuide))
        tune = app.screen_stack[0]
        assert isinstance(tune, TuneScreen)
        assert tune.session.title == "Adaptive Support"
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is tune, "esc leaves the guide: Services leads on to Tune")
