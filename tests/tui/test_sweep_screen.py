"""The Sweep screen: its controllers without a screen, a sweep from Services to Tune and back, and how it looks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, cast

import pytest
from textual.pilot import Pilot
from textual.widgets import Input, Static

from base.folders import sweeps_folder
from presets.config import VoiceConfig
from services.embedded.seed import demo_id
from simulator.executors import open_executor
from simulator.measures.limits import parse_limits
from simulator.sweep.result import SweepProgress, SweepResult
from simulator.sweep.run import run
from tests.tui.conftest import settle
from tests.tui.controller_host import Answers, QuietHost, QuietJob
from tests.tui.pace import until
from tests.tui.sweep_support import TODAY_CONFIG, TWO, a_form, found, result, under_way
from tests.tui.tune_support import rest
from tui.app import TurnlabApp
from tui.sweep.chosen import ChoosingController, KeepingController
from tui.sweep.form import SetupForm, StartLine
from tui.sweep.last_sweep import KeepingForms, KeptSweep
from tui.sweep.running import SweepController, Sweeping, SweepStatus
from tui.sweep.screen import SweepScreen
from tui.sweep.shown import SweepFound
from tui.sweep.sources import Sources, Today
from tui.tune.readout_table import ReadoutTable
from tui.tune.screen import TuneScreen
from tui.user_presets import user_presets

Compare = Callable[..., bool]
SMALL, USUAL = (80, 24), (120, 40)


# ---- the form


# ---- the sweep


def run_sweep(
    budget: int, sources: Sources = TWO, sweep: Sweeping = run
) -> tuple[QuietHost, SweepController, list[SweepStatus], list[SweepFound]]:
    form, _ = a_form(sources)
    form.edit("budget", str(budget))
    host, said, taken = QuietHost(), list[SweepStatus](), list[SweepFound]()
    sweeping = SweepController(
        host, progress=said.append, found=taken.append, sweep=sweep, workers=partial(open_executor, 0)
    )
    assert form.setup.wanted is not None

    async def today() -> Today:
        return Today(VoiceConfig(max_buffer_delay_ms=600))

    sweeping.start(form.setup.wanted, sources, today)
    assert sweeping.running
    return host, sweeping, said, taken


@pytest.mark.slow
async def test_a_sweep_grows_a_front_and_ends_in_a_verdict() -> None:
    host, sweeping, said, taken = run_sweep(8)
    await host.finish()
    host.run()
    assert not sweeping.running
    assert said[-1] == SweepStatus()
    assert [one.said for one in said if one.said.startswith("Analysing the recordings: ")]
    tried = [one for one in said if one.said.startswith("Trying settings")]
    assert tried
    assert all(one.share is not None and 0 <= one.share <= 1 for one in said[1:-1])
    choosing = ChoosingController(lambda _: None)
    for one in taken:
        choosing.take(one)
        assert choosing.choice.row is not None
    front = choosing.choice.front
    assert front.verdict
    assert {row.name for row in front.rows} >= {"today", "balanced"}
    assert choosing.choice.row is not None
    assert choosing.choice.row.point.kind == "nearest", "two recordings cannot tell about every limit"


@pytest.mark.slow
@pytest.mark.parametrize("leaves", [False, True])
async def test_a_sweep_that_is_stopped_keeps_what_it_found_unless_turnlab_is_left(*, leaves: bool) -> None:
    held: list[SweepController] = []
    job = QuietJob()

    def stops(*work: Any, on_progress: Callable[[SweepProgress], None], **more: Any) -> SweepResult:
        def look(progress: SweepProgress) -> None:
            on_progress(progress)
            held[0].stop()
            job.cancelled = leaves and progress.confirming

        return run(*work, on_progress=look, **more)

    host, sweeping, said, taken = run_sweep(400, sweep=stops)
    held.append(sweeping)
    await host.finish()
    host.jobs.pop()(job)
    assert host.notices == []
    assert 0 < len(taken[-1].settings) < 400
    assert bool(taken[-1].verdict) is not leaves, "nothing is confirmed for a person who left"
    assert said[-1].said.startswith("Stopping; what was found stays" if leaves else "Stopped after ")


async def test_a_failed_sweep_is_reported_and_another_can_start() -> None:
    gone = Path("gone.flac")
    host, sweeping, said, _ = run_sweep(8, Sources(bundled=(gone, gone), said=""))
    await host.finish()
    host.run()
    assert len(host.notices) == 1
    assert host.notices[0].startswith("No sweep: gone.flac: ")
    assert said[-1] == SweepStatus()
    assert not sweeping.running


# ---- choosing


def test_a_chosen_setting_stays_chosen_while_the_front_grows() -> None:
    choosing = ChoosingController(lambda _: None)
    assert choosing.why_not
    choosing.take(under_way(4))
    assert choosing.choice.row is not None
    assert choosing.choice.row.point.kind == "confirmed", "the best so far, until a person chooses"
    choosing.choose(next(at for at, row in enumerate(choosing.choice.front.rows) if row.name == "today"))
    choosing.take(under_way(7))
    choosing.take(found(cut_ins=2))
    assert choosing.choice.row is not None
    assert choosing.choice.row.name == "today"
    figures = [row.point.x for row in choosing.choice.front.rows]
    assert figures == sorted(figures)
    assert figures.count(1240) == 1, "of settings with the same figures the one that changes fewest fields"
    assert choosing.choice.front.columns == ("response.p50", "confirmed", "cut_ins", "confirmed")
    choosing.hold_to(VoiceConfig(max_buffer_delay_ms=300))
    assert choosing.choice.front.verdict.startswith("Today's settings have changed since; r sweeps against")
    assert choosing.choice.row.name == "today"
    choosing.hold_to(TODAY_CONFIG)
    assert "changed since" not in choosing.choice.front.verdict
    choosing.switch_everything()
    assert len(choosing.choice.front.rows) == 19


def test_the_best_setting_states_what_was_luck_and_which_limit_it_breaks() -> None:
    choosing = ChoosingController(lambda _: None)
    choosing.take(found(cut_ins=2))
    choosing.switch_everything()
    choosing.choose_best()
    assert choosing.choice.row is not None
    text = "\n".join(choosing.choice.row.detail)
    assert (
        "◇ response.p50 1,290 ms, 250 ms less than today [−380, −120] · 1,010 ms on the calls it was"
        " chosen by, 280 ms better than on the others\n"
    ) in text
    assert (
        "cut_ins 2 of 40 (5.0 %), 2.5 points less than today [−10.0, +5.0] · 0.0 % on the calls it was"
        " chosen by, 5.0 points better than on the others\n"
    ) in text
    assert "Breaks where confirmed: cut_ins<=3%: cut-ins 2 of 40 turns (5 %), above 3 %" in text
    assert choosing.choice.row.note.startswith(
        "From the sweep, nearest to its limits but past one: Breaks where confirmed: cut_ins<=3%: cut-ins 2 of 40"
    )
    assert "1,290 ms, 250 ms less than today [−380, −120]" in choosing.choice.row.note
    balanced = next(row for row in choosing.choice.front.rows if row.name == "balanced")
    assert "Breaks where confirmed: cut_ins<=3%: cut-ins 3 of 40 turns (7.5 %), above 3 %" in balanced.detail
    assert balanced.detail[0].startswith("balanced over today's: response.p50"), "Tune's arm is the preset alone"
    assert "max_buffer_delay_ms is worth 200 ms" in text
    assert "max_buffer_delay_ms 600 ms → 300 ms, filler_style backchannel → silent" in choosing.choice.whole_text


def test_a_setting_is_recommended_only_if_every_limit_could_be_judged() -> None:
    choosing = ChoosingController(lambda _: None)
    choosing.take(found())
    assert choosing.choice.row is not None
    assert choosing.choice.row.detail[0].startswith("★ response.p50")
    assert choosing.choice.row.detail[2] == "Within every limit, where chosen and where confirmed."
    point = choosing.choice.row.point
    assert (point.x, point.y) == (1290, 2.5), "drawn where it was confirmed"
    assert [(one.x, one.y) for one in choosing.choice.front.before] == [(1010, 0)]
    few = (*found().limits, *parse_limits(["response.p95<=9s"]))
    short = replace(found(), limits=few, unjudged=("missed_barge_ins<=20%",))
    rare = {"cut_ins": {"count": 0, "of": 1}, "response_ms": {"p50": 900.0, "p95": 900.0, "n": 19}}
    assert short.recommended is not None
    choosing.take(replace(short, recommended=replace(short.recommended, confirmed=rare)))
    doubt = (
        "Could not be judged: cut_ins<=3% on 1 of the 34 turns that it takes · response.p95<=9s on 19 of the 20"
        " cases that it takes · missed_barge_ins<=20% on these calls."
    )
    assert choosing.choice.row.detail[2] == doubt
    # Tune shows it, and the question before a save.
    assert choosing.choice.row.note.startswith(f"From the sweep, not recommended: {doubt}")
    assert not any("Within every limit" in line for row in choosing.choice.front.rows for line in row.detail)


async def test_a_setting_is_kept_as_a_preset_unless_nothing_may_be_written() -> None:
    choosing = ChoosingController(lambda _: None)
    choosing.take(found())
    row = choosing.choice.row
    assert row is not None
    host = QuietHost()
    KeepingController(host, cast(Any, Answers()), read_only=lambda: True).keep(row)
    assert "read-only" in host.notices[-1]
    keeping = KeepingController(host, cast(Any, Answers(line=["Swift", "by a sweep"])), read_only=lambda: False)
    keeping.keep(row)
    await host.finish()
    assert user_presets()[0]["Swift"].config == row.config


async def test_the_last_sweep_of_a_service_is_there_after_a_restart() -> None:
    host = QuietHost()
    form, _ = a_form()
    form.edit("budget", "77")
    form.want("patient")
    form.edit("vary-tts_model", "")
    last = KeepingForms(host, read_only=lambda: False)
    last.begun("line-1", form.typed())
    host.run()
    kept: list[KeptSweep] = []
    last.read("line-1", kept.append)
    last.read("line-2", kept.append)
    host.run()
    assert [one.found for one in kept] == [None], "it was cut off, and there was none of the other service"
    again, shown = a_form()
    again.recall(kept[0].form)
    assert again.setup.wanted == form.setup.wanted
    assert again.setup.wanted is not None
    assert again.setup.wanted.budget == 77
    again.edit("budget", "5")
    again.recall(kept[0].form)
    assert "5 settings" in shown[-1].start, "what is typed is not replaced"
    last.over(form.typed(), result(), Today(TODAY_CONFIG, service_id="line-1"))
    host.run()
    last.read("line-1", kept.append)
    host.run()
    choosing = ChoosingController(lambda _: None)
    before = ChoosingController(lambda _: None)
    assert kept[1].found is not None
    choosing.take(kept[1].found)
    before.take(found())
    assert choosing.choice.whole_text == before.choice.whole_text
    (file,) = sweeps_folder().glob("last-*")
    assert file.stat().st_mode & 0o77 == 0
    written = file.read_text()
    assert '"response.p50"' in written
    for content in ("{}", written.replace('"response.p50"', '"a_readout_of_later.p50"')):
        file.write_text(content)
        last.read("line-1", kept.append)
        host.run()
    assert len(kept) == 2, "what cannot be read is as if it were not there"


# ---- the screen


async def on_sweep(pilot: Pilot[None], *, with_found: bool = False) -> SweepScreen:
    """Open Sweep for Intake Line. ``with_found`` shows a sweep that finished before this start."""
    if with_found:
        form, _ = a_form()
        form.edit("budget", "200")
        host = QuietHost()
        today = Today(TODAY_CONFIG, service_id=demo_id("service", "Intake Line"))
        KeepingForms(host, read_only=lambda: False).over(form.typed(), result(), today)
        host.run()
    await settle(pilot)
    await pilot.press("slash", *"Intake", "enter")
    await settle(pilot)
    await pilot.press("5")
    await until(pilot, lambda: isinstance(pilot.app.screen, SweepScreen) and pilot.app.screen.setup.start, "sweep")
    screen = pilot.app.screen
    assert isinstance(screen, SweepScreen)
    await until(pilot, lambda: screen.form.setup.wanted is not None, "recordings")
    if with_found:
        await until(pilot, lambda: screen.choice.row is not None, "the last sweep")
        assert "200 settings" in screen.setup.start
        screen.go_to("scatter")
    await settle(pilot)
    return screen


def drawn(screen: SweepScreen) -> str:
    return "\n".join(
        (*screen.scatter.lines, *screen.table.lines, str(screen.query_one("#sweep-detail", Static).content))
    )


@pytest.mark.slow
async def test_from_the_form_to_a_setting_in_tune_and_back(app: TurnlabApp) -> None:
    async with app.run_test(size=SMALL, notifications=True) as pilot:
        screen = await on_sweep(pilot)
        assert screen.service is not None
        assert screen.service.name == "Intake Line"
        screen._offer(TWO)
        await pilot.press("down", "down")
        line = app.focused
        assert isinstance(line, Input)
        await pilot.press(*"x5", "home", "up", "up", "enter")
        assert app.screen.query_one(SetupForm).query(".sweep-problem")[1].display, "said beside the line"
        assert not screen.sweeping.running, "it goes to the line instead"
        assert app.focused is line
        line.value = "cut_ins<=50%"
        await pilot.press("enter")
        assert isinstance(app.focused, StartLine), "enter or r begins there, and r is not typed into a line"
        assert screen.pane == "setup"
        screen.form.edit("budget", "6")
        await until(pilot, lambda: screen.form.setup.wanted is not None, "a form that can be")
        await pilot.press("escape", "ctrl+r")
        await until(pilot, lambda: bool(screen.choice.front.verdict), "the end of it")
        await settle(pilot)
        assert str(screen.query_one("#sweep-verdict", Static).content)
        assert "★" not in drawn(screen), "two recordings cannot tell about every limit"
        await pilot.press("right", "left", "tab", "G", "k")
        await settle(pilot)
        row = screen.choice.row
        assert row is not None
        assert screen.choice.at == len(screen.choice.front.rows) - 2
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, TuneScreen), "Tune")
        tune = app.screen
        assert isinstance(tune, TuneScreen)
        await until(pilot, lambda: tune.session.draft.config == row.config, "the draft")
        await rest(pilot)
        assert tune.session.comparison_arm.name == "service as stored" or not tune.session.draft.changes()
        assert tune.recordings.state.over_all
        if tune.session.draft.changes():
            verdict = tune.query_one(ReadoutTable).figures.verdict
            assert verdict.startswith(row.note)
        tune.drafts.undo()
        assert not tune.session.draft.changes(), "one step of undo"
        assert not tune.session.noted
        await pilot.press("5")
        await until(pilot, lambda: app.screen is screen, "back")
        assert screen.choice.row is row
        assert screen.pane == "settings"


@pytest.mark.slow
async def test_the_sweep_screen_handles_the_mouse_and_another_service(app: TurnlabApp) -> None:
    async with app.run_test(size=USUAL) as pilot:
        screen = await on_sweep(pilot, with_found=True)
        frame = screen.scatter.frame
        today = next(at for at, row in enumerate(screen.choice.front.rows) if row.name == "today")
        x, y = frame.cells[today]
        await pilot.click(screen.scatter, offset=(x, y))
        await pilot.pause()
        assert screen.choice.at == today
        assert "[T]" in drawn(screen)
        await pilot.click(screen.table, offset=(5, 1))
        await pilot.pause()
        assert screen.choice.at == 0
        await pilot.press("b")
        assert "[★]" in "\n".join(screen.scatter.lines)
        await pilot.press("f9")
        assert "[*]" in "\n".join(screen.scatter.lines)
        assert all(line.isascii() for line in screen.scatter.lines)
        await pilot.press("1")
        await settle(pilot)
        await pilot.press("slash", "ctrl+u", *"Nurse", "enter")
        await settle(pilot)
        await pilot.press("5")
        await until(pilot, lambda: app.screen is screen, "sweep")
        assert screen.service is not None
        assert screen.service.name == "Nurse Triage"
        assert not screen.choice.front.rows


@pytest.mark.slow
def test_look_of_the_form(snap_compare: Compare, app: TurnlabApp) -> None:
    async def show(pilot: Pilot[None]) -> None:
        screen = await on_sweep(pilot)
        await pilot.press("down", "down")
        screen.form.edit("limit-0", "cut_inz<=5%")
        await settle(pilot)

    assert snap_compare(app, terminal_size=SMALL, run_before=show)


@pytest.mark.parametrize(
    ("size", "theme"),
    [
        pytest.param(SMALL, "dark", id="80x24"),
        pytest.param(USUAL, "dark", id="120x40", marks=pytest.mark.slow),
        pytest.param(SMALL, "light", id="80x24-light", marks=pytest.mark.slow),
        pytest.param(USUAL, "light", id="120x40-light", marks=pytest.mark.slow),
    ],
)
def test_look(snap_compare: Compare, app: TurnlabApp, size: tuple[int, int], theme: str) -> None:
    async def show(pilot: Pilot[None]) -> None:
        app.action_choose_theme(theme)
        await on_sweep(pilot, with_found=True)

    assert snap_compare(app, terminal_size=size, run_before=show)
