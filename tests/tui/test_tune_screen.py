"""Tune as a user uses it: real recordings, the real engine, keys and mouse."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
from textual import events
from textual.pilot import Pilot

from base.files import make_private_folder
from base.folders import calls_folder
from presets.config import load
from services.model import Service
from simulator.heard.checked import keep_check
from simulator.recording import bundled_folder
from tests.tui.conftest import ScriptedClient, make_app, settle
from tests.tui.tune_support import open_tune, rest, settle_on, show_tune, slider
from tui.app import TurnlabApp
from tui.dialogs.dialogs import PickOne, UnsavedChanges
from tui.services.screen import ServicesScreen
from tui.tune.arm_header import ArmHeader
from tui.tune.choosing_dialogs import PresetsDialog
from tui.tune.readout_table import ReadoutTable
from tui.tune.recording_list import RecordingList
from tui.tune.screen import TuneScreen
from tui.widgets.field_editor import EntryLine
from tui.widgets.field_panel import FieldPanel
from tui.widgets.timeline import Timeline

SIZE = (120, 40)
BOOKING = bundled_folder() / "booking.flac"
FIELD = "max_buffer_delay_ms"


@pytest.fixture
def app() -> TurnlabApp:
    """The dashboard on a platform without services: these tests tune a free draft."""
    return make_app(ScriptedClient().open)


def figures(screen: TuneScreen, label: str) -> tuple[int, int]:
    """Return a latency readout of A and B in ms."""
    line = next(line for line in screen.query_one(ReadoutTable).lines if line.startswith(label))
    a, b = re.findall(r"([\d,]+) ms", line)[:2]
    return int(a.replace(",", "")), int(b.replace(",", ""))


def facts(screen: TuneScreen, name: str) -> str:
    editor = screen.query_one(FieldPanel).editor(name)
    return str(editor.query_one(".field-facts").render())


async def opened(pilot: Pilot[None], recordings: Path = BOOKING) -> TuneScreen:
    return await open_tune(pilot, recordings=recordings)


@pytest.mark.slow
async def test_a_field_is_dragged_typed_and_put_back(app: TurnlabApp) -> None:
    async with app.run_test(size=SIZE) as pilot:
        screen = await opened(pilot)
        await keys_drag_arm_as_response_and_not_arm_bs(pilot, screen)
        await a_drag_of_the_mouse_is_one_step_of_undo(pilot, screen)
        await a_value_goes_back_to_inherit_by_undo_and_redo(pilot, screen)
        await a_typed_value_is_applied_by_enter(pilot, screen)
        for typed, said in (
            ("5000", "between 200 and 1000 ms"),
            ("3x", "a whole number of ms"),
            ("3.5", "a whole number"),
        ):
            await a_value_that_cannot_be_is_said_at_the_field_and_never_applied(pilot, screen, typed, said)
        await leaving_a_typed_value_by_moving_on_does_not_apply_it(pilot, screen)
        await keys_that_come_in_one_burst_reach_the_field_they_were_meant_for(pilot, screen)
        await the_help_of_the_sensitivity_says_where_turns_end(pilot, screen)
        await plain_drawing_has_a_legend_of_its_own(pilot, screen)


async def keys_drag_arm_as_response_and_not_arm_bs(pilot: Pilot[None], screen: TuneScreen) -> None:
    before = figures(screen, "response after turn p50")
    lanes = dict(screen.query_one(Timeline).rows)
    slider(screen, FIELD).focus()
    for _ in range(10):
        await pilot.press("left")
    await rest(pilot)
    after = figures(screen, "response after turn p50")
    assert screen.session.draft.changes() == {FIELD: 300}
    # the buffer is one of the stages of a response: 200 ms less of it saves at most 200 ms
    assert before[0] - 200 <= after[0] < before[0]
    assert after[1] == before[1]
    assert dict(screen.query_one(Timeline).rows)["A agent"] != lanes["A agent"]
    await pilot.press("backspace")
    await rest(pilot)
    assert screen.session.draft.changes() == {}


async def a_drag_of_the_mouse_is_one_step_of_undo(pilot: Pilot[None], screen: TuneScreen) -> None:
    control = slider(screen, FIELD)
    before = figures(screen, "response after turn p50")
    middle = control.size.width // 2
    await pilot.mouse_down(control, offset=(middle, 0))
    for x in range(middle, -1, -1):
        await pilot.hover(control, offset=(x, 0))
    await pilot.mouse_up(control, offset=(0, 0))
    await rest(pilot)
    assert screen.session.draft.changes() == {FIELD: 200}
    assert figures(screen, "response after turn p50")[0] < before[0]
    await pilot.press("u")
    await rest(pilot)
    assert screen.session.draft.changes() == {}
    assert figures(screen, "response after turn p50") == before


async def a_value_goes_back_to_inherit_by_undo_and_redo(pilot: Pilot[None], screen: TuneScreen) -> None:
    slider(screen, FIELD).focus()
    await pilot.press("right", "backspace")
    await rest(pilot)
    assert screen.session.draft.changes() == {}
    assert "○ inherit" in facts(screen, FIELD)
    await pilot.press("ctrl+z")
    await rest(pilot)
    assert "● set" in facts(screen, FIELD)
    assert "520 ms" in facts(screen, FIELD)
    assert "draft" in facts(screen, FIELD)
    await pilot.press("ctrl+y")
    await rest(pilot)
    assert screen.session.draft.changes() == {}


async def typed_into(pilot: Pilot[None], screen: TuneScreen, *keys: str) -> None:
    """Open the field's input and press keys in it."""
    slider(screen, FIELD).focus()
    await pilot.press("enter", *keys)
    await rest(pilot)


async def a_typed_value_is_applied_by_enter(pilot: Pilot[None], screen: TuneScreen) -> None:
    await typed_into(pilot, screen, *"360", "enter")
    assert screen.session.draft.changes() == {FIELD: 360}
    assert "360 ms" in facts(screen, FIELD)
    assert slider(screen, FIELD).has_focus
    await pilot.press("u")
    await rest(pilot)
    assert screen.session.draft.changes() == {}


async def a_value_that_cannot_be_is_said_at_the_field_and_never_applied(
    pilot: Pilot[None], screen: TuneScreen, typed: str, said: str
) -> None:
    await typed_into(pilot, screen, *typed, "enter")
    assert said in facts(screen, FIELD)
    assert screen.session.draft.changes() == {}
    await pilot.press("escape")
    await rest(pilot)
    assert not screen.query(EntryLine)
    assert screen.session.draft.changes() == {}
    assert slider(screen, FIELD).has_focus


async def leaving_a_typed_value_by_moving_on_does_not_apply_it(pilot: Pilot[None], screen: TuneScreen) -> None:
    await typed_into(pilot, screen, *"360", "down")
    assert screen.session.draft.changes() == {}
    assert slider(screen, "eager_eot_threshold").has_focus


async def keys_that_come_in_one_burst_reach_the_field_they_were_meant_for(
    pilot: Pilot[None], screen: TuneScreen
) -> None:
    screen.query_one(FieldPanel).focus_field("tts_model")
    await rest(pilot)
    for key in ("j", "left"):
        pilot.app.simulate_key(key)
    await rest(pilot)
    assert screen.session.draft.changes() == {FIELD: 480}
    await pilot.press("u")
    await rest(pilot)


async def the_help_of_the_sensitivity_says_where_turns_end(pilot: Pilot[None], screen: TuneScreen) -> None:
    slider(screen, "eager_eot_threshold").focus()
    await pilot.press("enter", *"0.3", "enter")
    await rest(pilot)
    assert "Turns end at confidence 0.72" in str(screen.query_one("#field-help").render())
    await pilot.press("enter", *"0.4", "enter")
    await rest(pilot)
    assert "Turns end at confidence 0.66" in str(screen.query_one("#field-help").render())


async def plain_drawing_has_a_legend_of_its_own(pilot: Pilot[None], screen: TuneScreen) -> None:
    await pilot.press("f9")
    await rest(pilot)
    legend = str(screen.query_one("#why").render())
    assert "# answer" in legend
    assert legend.endswith(", . say why")
    assert legend.isascii()


async def test_applying_a_preset_is_one_step_and_leaves_the_rest(app: TurnlabApp) -> None:
    async with app.run_test(size=SIZE) as pilot:
        screen = await opened(pilot)
        slider(screen, "eot_timeout_ms").focus()
        await pilot.press("right", "p")
        await settle_on(pilot, PresetsDialog)
        await pilot.press("end")
        told = str(app.screen.query_one("#preset-changes").render())
        assert "tts_model: inherited → sonic-3" in told
        await pilot.press("enter")
        await rest(pilot)
        assert screen.session.draft.changes() == {
            "eot_timeout_ms": 5100,
            "tts_model": "sonic-3",
            "max_buffer_delay_ms": 500,
            "filler_style": "phrase",
        }
        assert "draft, 4 changes" in screen.query_one(ArmHeader).text
        await pilot.press("u")
        await rest(pilot)
        assert screen.session.draft.changes() == {"eot_timeout_ms": 5100}


async def test_arm_b_is_what_is_stored_once_there_is_a_draft_until_another_is_chosen(app: TurnlabApp) -> None:
    async with app.run_test(size=SIZE) as pilot:
        screen = await opened(pilot)
        assert "B balanced" in screen.query_one(ArmHeader).text
        slider(screen, FIELD).focus()
        await pilot.press("home")
        await rest(pilot)
        assert "B built-in defaults" in screen.query_one(ArmHeader).text
        a, b = figures(screen, "response after turn p50")
        assert a < b
        assert f"{b - a:.0f} ms quicker than built-in defaults" in screen.query_one(ReadoutTable).lines[1]
        await pilot.press("u")
        await rest(pilot)
        assert "B balanced" in screen.query_one(ArmHeader).text
        await pilot.press("b")
        await settle_on(pilot, PickOne)
        await pilot.press("end", "up", "up", "enter")
        await rest(pilot)
        await pilot.press("home")
        await rest(pilot)
        assert "B quality" in screen.query_one(ArmHeader).text


async def test_all_recordings_are_compared_with_intervals_and_one_says_why_it_has_none(app: TurnlabApp) -> None:
    async with app.run_test(size=(120, 60)) as pilot:
        screen = await open_tune(pilot)
        table = screen.query_one(ReadoutTable)
        said = " ".join(table.lines)
        assert "an interval needs 3 recordings, or 16 turns (here: 6)" in said
        slider(screen, FIELD).focus()
        await pilot.press("home", "a")
        await rest(pilot)
        assert "7 recordings, 44 turns" in table.lines[0]
        assert " ms quicker than built-in defaults" in table.lines[1]
        line = next(line for line in table.lines if line.startswith("response after turn p50"))
        low, high = re.findall(r"−(\d+)", line)[1:3]
        assert int(low) >= int(high) > 0
        assert screen.trials.outcome is not None
        waited = screen.trials.outcome.readouts
        assert waited is not None
        (scale,) = (row.scale for row in waited.rows if row.key == "response_ms p50")
        assert line.endswith(f" {scale}"), "the bars have a scale"
        await pilot.press("a")
        await rest(pilot)
        assert "backchannels" in table.lines[0]


@pytest.mark.slow
async def test_a_truncated_file_gets_one_sentence(app: TurnlabApp, tmp_path: Path) -> None:
    whole = BOOKING.read_bytes()
    (tmp_path / "torn.flac").write_bytes(whole[: len(whole) // 3])
    async with app.run_test(size=SIZE) as pilot:
        await settle(pilot)
        screen = TuneScreen(None, None, recordings=tmp_path)
        await app.push_screen(screen)
        await settle(pilot)
        row = screen.query_one(RecordingList).row("torn.flac")
        assert row.stage == "failed"
        assert row.note
        assert (
            row.note in screen.query_one(Timeline).rows[0][1]
            or row.note[:60] in screen.query_one(Timeline).rows[0][1]
        )


async def test_an_unlabelled_recording_leaves_out_what_needs_truth(app: TurnlabApp, tmp_path: Path) -> None:
    shutil.copy(BOOKING, tmp_path / "mine.flac")
    make_private_folder(calls_folder())
    error = {"calls": 12, "turns": 40, "bias_ms": -1102.0, "abs_error_ms": {}}
    keep_check("default", "on your 12 calls the simulator is 1,102 ms early at the median", error)
    async with app.run_test(size=(120, 60)) as pilot:
        screen = await open_tune(pilot, recordings=tmp_path)
        lines = screen.query_one(ReadoutTable).lines
        title = " ".join(lines[:2])
        assert 0 < title.find("the simulator is 1,102 ms early") < title.find("unlabelled"), (
            "a large error comes first"
        )
        assert not any(line.startswith(("cut-ins", "false barge-ins", "talk-over")) for line in lines)
        assert any(line.startswith("response after turn") for line in lines)


@pytest.mark.slow
async def test_the_events_of_both_arms_say_why(app: TurnlabApp) -> None:
    async with app.run_test(size=SIZE) as pilot:
        screen = await opened(pilot)
        screen.query_one(Timeline).focus()
        await pilot.press("full_stop")
        await settle(pilot)
        why = screen.query_one("#why")
        assert re.match(r"A \d:\d\d\.\d end of turn, turn 1: turn confidence", str(why.render()))
        await pilot.press("down")
        await settle(pilot)
        assert re.match(r"B \d:\d\d\.\d end of turn", str(why.render()))
        ended = str(why.render())
        await pilot.press("full_stop")
        await settle(pilot)
        after = str(why.render())
        assert re.match(r"B \d:\d\d\.\d [a-z ]+, turn \d+: .+", after)
        assert after != ended


@pytest.mark.slow
async def test_panes_are_tabs_on_a_small_screen_and_figures_stay_in_view(app: TurnlabApp) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await opened(pilot)
        slider(screen, FIELD).focus()
        before = figures(screen, "response after turn p50")
        await pilot.press("home")
        await rest(pilot)
        assert figures(screen, "response after turn p50")[0] < before[0]
        for widget in (slider(screen, FIELD), screen.query_one(Timeline), screen.query_one(ReadoutTable)):
            assert screen.can_view_entire(widget)
        assert not screen.query_one(RecordingList).is_on_screen
        await pilot.press("shift+tab")
        await settle(pilot)
        assert screen.query_one(RecordingList).is_on_screen
        assert not slider(screen, FIELD).is_on_screen
        await pilot.press("tab", "tab", "tab")
        await settle(pilot)
        assert screen.query_one(ReadoutTable).size.height > 15


@pytest.mark.slow
async def test_the_title_of_the_pane_with_the_focus_stands_out_and_a_choice_at_its_end_stays(
    app: TurnlabApp,
) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        screen = await open_tune(pilot, recordings=bundled_folder() / "booking.flac")
        for pane in ("fields", "timeline", "recordings"):
            screen.go_to(pane)
            await settle(pilot)
            titles = {id: screen.query(f"#{id}-pane .pane-title") for id in screen.PANES}
            assert [id for id, found in titles.items() if any(one.styles.text_style.bold for one in found)] == [
                pane
            ]
        screen.drafts.set_value("filler_style", None)
        screen.fields.focus_field("filler_style")
        before = screen.session.draft.steps
        await pilot.press("home", "left")
        await settle(pilot)
        assert screen.session.draft.steps == before, "what is inherited is not set to the same"


async def test_quitting_with_changes_asks(app: TurnlabApp) -> None:
    async with app.run_test(size=SIZE) as pilot:
        screen = await opened(pilot)
        await pilot.press("down", "right", "q")
        await settle_on(pilot, UnsavedChanges)
        await pilot.press("escape")
        await rest(pilot)
        assert screen.platform.unsaved
        assert app.is_running
        await pilot.press("ctrl+q")
        await settle_on(pilot, UnsavedChanges)
        await pilot.press("d")
        await pilot.pause()
    assert app.return_code == 0


@pytest.mark.slow
async def test_quitting_from_elsewhere_asks_about_the_draft_left_behind(app: TurnlabApp) -> None:
    async with app.run_test(size=SIZE) as pilot:
        await settle(pilot)
        await pilot.press("2")
        await settle_on(pilot, TuneScreen)
        await rest(pilot)
        screen = app.screen
        assert isinstance(screen, TuneScreen)
        await pilot.press("down", "right", "1")
        await settle_on(pilot, ServicesScreen)
        await pilot.press("q")
        await settle_on(pilot, UnsavedChanges)
        assert screen.platform.unsaved
        await pilot.press("d")
        await pilot.pause()
    assert app.return_code == 0


async def test_a_stored_value_out_of_bounds_and_unknown_fields_are_shown(app: TurnlabApp) -> None:
    config, problems = load({"max_buffer_delay_ms": 1500, "tts_model": 3, "adaptive_pacing": {"mode": "[b]"}})
    service = Service(id="s", name="[red]Odd[/red]", voice_config=config, voice_problems=tuple(problems))
    async with app.run_test(size=SIZE) as pilot:
        screen = await show_tune(pilot, TuneScreen(None, service, recordings=BOOKING))
        assert "[red]Odd[/red]" in screen.query_one(ArmHeader).text
        panel = screen.query_one(FieldPanel)
        panel.focus_field(FIELD)
        await settle(pilot)
        help_line = screen.query_one("#field-help")
        assert "between 200 and 1000 ms, not 1500" in str(help_line.render())
        panel.focus_field("tts_model")
        await settle(pilot)
        assert "stored value is ignored" in str(help_line.render())
        assert "unknown to this version: adaptive_pacing." in str(screen.query_one("#field-rest").render())
        panel.focus_field(FIELD)
        await pilot.press("left")
        await settle(pilot)
        assert screen.session.draft.config.max_buffer_delay_ms == 1000, (
            "the first step brings it back within bounds"
        )


@pytest.mark.slow
async def test_header_and_focus_agree_however_quickly_the_keys_come(app: TurnlabApp) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await open_tune(pilot, recordings=bundled_folder() / "booking.flac")
        await pilot.press("tab", "tab")
        assert screen.pane == "readouts"
        for _ in range(2):
            app.post_message(events.Key("shift+tab", None))
        await rest(pilot)
        tabs = [str(tab.render()) for tab in screen.query("PaneTabs > *")]
        assert screen.focused is not None
        focused = next(pane.id for pane in screen.focused.ancestors if pane.has_class("pane"))
        assert (focused, tabs[1]) == ("fields-pane", "[Fields]")
