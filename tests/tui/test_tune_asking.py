"""Uses of the readouts in Tune: which to show, over what, what got worse, the curve, and export."""

from __future__ import annotations

import csv
import re
from dataclasses import replace
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import DataTable, Input, SelectionList

from presets.config import VoiceConfig
from simulator.engine.profile import default_profile
from simulator.recording import bundled_folder
from simulator.study import Arm
from tests.simulator.tracks import fixed_profile
from tests.tui.conftest import ScriptedClient, make_app
from tests.tui.pace import until
from tests.tui.tune_support import analysed, lines, open_tune, rest, settle_on, slow_draft, three_calls_in
from tui.app import TurnlabApp
from tui.dialogs.dialog import Confirm
from tui.dialogs.dialogs import PickOne, PickRows
from tui.tune.recording_list import RecordingList
from tui.tune.saving_dialogs import ExportTo
from tui.tune.screen import TuneScreen
from tui.tune.sensitivity import SensitivityDialog, why_no_curve
from tui.tune.trial import TrialRunner
from tui.tune.worst_turns import WorstTurns, worse_turns
from tui.widgets.timeline import Timeline

SIZE = (120, 40)


@pytest.fixture
def app() -> TurnlabApp:
    return make_app(ScriptedClient().open)


@pytest.fixture
def calls(tmp_path: Path) -> Path:
    return three_calls_in(tmp_path / "calls")


async def test_space_selects_what_is_compared_over(app: TurnlabApp, calls: Path) -> None:
    async with app.run_test(size=SIZE) as pilot:
        screen = await open_tune(pilot, recordings=calls)
        one = lines(screen)[0]
        screen.query_one(RecordingList).focus()
        screen.query_one(RecordingList).highlight("booking.flac")
        await pilot.press("space", "down", "space")
        await rest(pilot)
        assert one.startswith("Readouts over booking,")
        assert lines(screen)[0].startswith("Readouts over 2 recordings,")
        await pilot.press("space", "up")  # the recording under the cursor is shown a moment later
        await until(pilot, lambda: lines(screen)[0] == one, "the readouts of the one that is left")


@pytest.mark.slow
async def test_only_the_picked_readouts_are_shown(app: TurnlabApp) -> None:
    async with app.run_test(size=SIZE) as pilot:
        screen = await open_tune(pilot, recordings=bundled_folder() / "booking.flac")
        await pilot.press("o")
        await settle_on(pilot, PickRows)
        listing = app.screen.query_one(SelectionList)
        listing.deselect_all()
        await pilot.press("enter")
        await pilot.pause()
        assert isinstance(app.screen, PickRows), "nothing is no choice"
        listing.select("dead_air_s").select("response_ms p90")
        await pilot.press("enter")
        await rest(pilot)
        heading = next(at for at, line in enumerate(lines(screen)) if "A − B" in line)
        shown = [line.split("  ")[0] for line in lines(screen)[heading + 1 :]]
        assert shown == ["response after turn p90", "dead air"]


@pytest.mark.slow
async def test_the_worst_turn_comes_first_and_enter_goes_to_it(app: TurnlabApp, calls: Path) -> None:
    async with app.run_test(size=SIZE) as pilot:
        screen = await slow_draft(pilot, calls)
        await pilot.press("a")
        await rest(pilot)
        assert screen.trials.outcome is not None
        assert screen.trials.outcome.measurement is not None
        turns = worse_turns(screen.trials.outcome.measurement)
        deltas = [turn.delta_ms or 0 for turn in turns if not turn.why]
        assert deltas == sorted(deltas, reverse=True)
        assert deltas[0] > 0
        there = next(place for place, turn in enumerate(turns) if turn.key == "coughs.flac")
        await pilot.press("w")
        await settle_on(pilot, WorstTurns)
        app.screen.query_one(DataTable).move_cursor(row=there)
        await pilot.press("enter")
        await rest(pilot)
        timeline = screen.query_one(Timeline)
        assert timeline.scene is not None
        assert timeline.scene.name == "coughs"
        assert lines(screen)[0].startswith("Readouts over 3 recordings")
        assert timeline.chosen is not None
        at = timeline.scene.ticks.at(turns[there].own_ms)
        assert timeline.view.start_ms <= at <= timeline.view.end_ms
        nearest = min(abs(mark.t_ms - at) for mark in timeline.scene.lane("A").marks)
        assert abs(timeline.chosen.t_ms - at) == nearest


async def test_differences_are_marked_and_gone_through(app: TurnlabApp) -> None:
    async with app.run_test(size=SIZE) as pilot:
        screen = await slow_draft(pilot, bundled_folder() / "booking.flac")
        timeline = screen.query_one(Timeline)
        assert timeline.scene is not None
        marked = dict(timeline.rows)["A − B ms"]
        texts = [found.text for found in timeline.scene.differing]
        assert len(texts) > 1
        assert marked.split() == " ".join(texts).split()
        await pilot.press("n")
        assert timeline.chosen is not None
        first = timeline.chosen.t_ms
        await pilot.press("n")
        assert timeline.chosen.t_ms > first
        await pilot.press("N")
        assert timeline.chosen.t_ms == first


async def open_curve(pilot: Pilot[None]) -> None:
    """Open the trade-off curve and wait until it is drawn."""
    await pilot.press("c")
    await settle_on(pilot, SensitivityDialog)
    await until(pilot, lambda: "ended early" in str(pilot.app.screen.query_one("#curve-legend").render()))


@pytest.mark.slow
async def test_the_curve_shows_where_the_arms_stand_and_takes_the_draft_along(app: TurnlabApp) -> None:
    async with app.run_test(size=SIZE) as pilot:
        screen = await open_tune(pilot, recordings=bundled_folder() / "thinking.flac")

        def figure_of(row: str, arm: int = 0) -> float:
            line = next(line for line in lines(screen) if line.startswith(row))
            return float(line.removeprefix(row).split()[2 * arm].replace(",", ""))

        waited, cut_in = figure_of("response after turn p50"), figure_of("cut-ins, of turns")
        await open_curve(pilot)
        await pilot.press("enter")
        await settle_on(pilot, TuneScreen)
        assert screen.session.draft.changes() == {}, "nothing was moved to"
        await open_curve(pilot)
        await pilot.press(*["left"] * 5)
        await pilot.pause()
        shown = str(app.screen.query_one("#curve-stands").render())
        stands = re.findall(r"^(\S+).*? ([\d.]+): .* (\d+) of \d+ turns.* wait ([\d.]+) s$", shown, re.MULTILINE)
        (moved, setting, early, wait), (a, _, early_a, wait_a) = stands[:2]
        assert (moved, a) == ("●", "A")
        assert int(early) <= int(early_a)
        assert float(wait) > float(wait_a)
        drawn = str(app.screen.query_one("#curve-drawing").render())
        assert "●" in drawn
        assert "A" in drawn
        await pilot.press("enter")
        await rest(pilot)
        assert screen.session.draft.config.eager_eot_threshold == float(setting)
        assert figure_of("response after turn p50") > waited
        assert figure_of("cut-ins, of turns") <= cut_in


def test_there_is_no_curve_of_a_head_start_nor_without_labels(analyses: Path) -> None:
    profile = fixed_profile(eager_role="head_start")
    found = analysed("booking")
    arms = (Arm("A", VoiceConfig()), Arm("B", VoiceConfig()))
    measurement = TrialRunner(profile).measure((found,), arms)
    assert measurement is not None
    assert "is a head start" in why_no_curve(measurement, profile)
    assert why_no_curve(measurement, default_profile()) == ""
    unlabelled = replace(found, recording=replace(found.recording, labels=None))
    measurement = TrialRunner(default_profile()).measure((unlabelled,), arms)
    assert measurement is not None
    assert "needs labelled turns" in why_no_curve(measurement, default_profile())


@pytest.mark.slow
async def test_readouts_are_exported_as_they_are_and_nothing_is_replaced_unasked(
    app: TurnlabApp, tmp_path: Path
) -> None:
    target = tmp_path / "out.csv"
    target.write_text("mine")
    async with app.run_test(size=SIZE) as pilot:
        screen = await open_tune(pilot, recordings=bundled_folder() / "booking.flac")
        await pilot.press("e")
        await settle_on(pilot, PickOne)
        await pilot.press("enter")
        await settle_on(pilot, ExportTo)
        app.screen.query_one(Input).value = str(tmp_path / "no" / "out.csv")
        await pilot.press("enter")
        assert "There is no folder" in str(app.screen.query_one("#export-problem").render())
        app.screen.query_one(Input).value = str(target)
        await pilot.press("enter")
        await settle_on(pilot, Confirm)
        assert target.read_text() == "mine"
        await pilot.press("enter")
        await rest(pilot)
        assert screen.trials.outcome is not None
        assert screen.trials.outcome.measurement is not None
        compared = screen.trials.outcome.measurement.comparison.readouts["response_ms"]
    rows = list(csv.DictReader(target.open()))
    mine = next(row for row in rows if (row["readout"], row["figure"], row["arm"]) == ("response_ms", "p50", "A"))
    assert float(mine["value"]) == compared.arms["A"]
    assert float(mine["difference"]) == compared.delta["A"]
    assert mine["against"] == "B"
