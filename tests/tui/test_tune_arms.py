"""Two to four arms: a draft, presets, copies, another service, a file; swapped, duplicated, locked."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import OptionList

from presets.config import VoiceConfig
from services.model import Service
from simulator.recording import bundled_folder
from tests.tui.tune_support import open_tune, rest, settle_on, slider
from tui.app import TurnlabApp
from tui.dialogs.dialogs import FindDialog, LineEntry, PickOne
from tui.tune.arm_header import ArmHeader
from tui.tune.arms import ArmError
from tui.tune.choosing_dialogs import ArmsDialog
from tui.tune.readout_columns import Columns
from tui.tune.readout_table import ReadoutTable
from tui.tune.screen import TuneScreen
from tui.tune.session import TuneSession

BOOKING = bundled_folder() / "booking.flac"
STORED = VoiceConfig(max_buffer_delay_ms=600)


def session() -> TuneSession:
    return TuneSession(Service(id="1", name="Line", voice_config=STORED))


def test_a_copy_of_the_draft_stays_as_it_was() -> None:
    here = session()
    here.draft.set_value("max_buffer_delay_ms", 300)
    here.arms.duplicate(0, here.config_of(0))
    here.draft.set_value("max_buffer_delay_ms", 400)
    assert here.config_of(0).max_buffer_delay_ms == 400
    assert here.config_of(2).max_buffer_delay_ms == 300
    assert here.arm_names()[2] == "draft copy"


def test_an_arm_has_one_name_also_without_a_service() -> None:
    here = TuneSession(None)
    assert [arm.name for arm in here.named_arms()] == here.arm_names() == ["built-in defaults", "balanced"]
    assert all(short in name for short, name in zip(here.short_arm_names(), here.arm_names(), strict=True))
    assert "callers get now" not in here.comparison_arms()[here.stored_name].description
    here.draft.set_value("max_buffer_delay_ms", 300)
    assert [arm.name for arm in here.named_arms()] == ["draft", "balanced"]


def test_a_locked_arm_does_not_follow_what_is_saved() -> None:
    here = session()
    here.arms.put(1, here.comparison_arms()[here.stored_name])
    here.arms.switch_lock(1, here.config_of(1))
    here.draft.set_value("max_buffer_delay_ms", 300)
    here.saved(here.draft.config, Service(id="1", name="Line", voice_config=here.draft.config))
    assert here.config_of(1) == STORED
    with pytest.raises(ArmError, match="unlock it first"):
        here.arms.remove(1)
    here.arms.switch_lock(1, here.config_of(1))
    here.draft.set_value("tts_model", "sonic-3")
    assert here.config_of(1).max_buffer_delay_ms == 300


def test_there_are_two_to_four_arms_and_always_a_draft() -> None:
    arms = session().arms
    with pytest.raises(ArmError, match="must be two arms"):
        arms.remove(1)
    with pytest.raises(ArmError, match="always the draft"):
        arms.remove(0)
    arms.duplicate(1, STORED)
    arms.duplicate(1, STORED)
    assert len({arm.name for arm in arms.all}) == 4
    with pytest.raises(ArmError, match="4 arms already"):
        arms.duplicate(1, STORED)
    assert arms.swap(0) == 1
    assert [arm.is_draft for arm in arms.all] == [False, True, False, False]
    with pytest.raises(ArmError, match="always the draft"):
        arms.put(1, arms[0])


def test_the_baseline_stays_what_it_is_while_arms_come_go_and_change_places() -> None:
    arms = session().arms
    arms.duplicate(1, STORED)
    arms.add(arms[2])
    assert [arm.name for arm in arms.all] == ["draft", "balanced", "balanced copy", "balanced copy 2"]
    arms.take_baseline()
    assert arms[arms.baseline].name == "balanced copy"
    assert arms.swap(2) == 1
    assert arms[arms.baseline].name == "balanced copy"
    arms.take_baseline(3)
    arms.remove(1)
    assert arms[arms.baseline].name == "balanced copy 2"
    arms.remove(2)
    assert arms[arms.baseline].name == "balanced"
    arms.take_baseline()
    assert arms[arms.baseline].is_draft


def test_an_arm_the_readouts_do_not_describe_says_so_in_its_name() -> None:
    here = session()
    here.draft.set_value("session_provider", "gpt_live")
    assert here.arm_names() == ["draft (not simulated)", "balanced"]


@pytest.mark.slow
async def test_three_arms_each_with_a_lane_and_a_column(app: TurnlabApp, tmp_path: Path) -> None:
    file = tmp_path / "slow.json"
    file.write_text(json.dumps({"max_buffer_delay_ms": 1000}))
    async with app.run_test(size=(120, 40)) as pilot:
        screen = await open_tune(pilot, "Intake Line", BOOKING)
        await an_arm_is_read_from_a_file(pilot, screen, file)
        assert "A draft   B service as stored   C slow" in screen.query_one(ArmHeader).text
        assert screen.trials.outcome is not None
        delays = [run.played for run in screen.trials.outcome.runs]
        assert len(delays) == 3
        table = screen.query_one(ReadoutTable)
        assert "slow" in "".join(table.lines[:4])
        await pilot.press("B")
        await settle_on(pilot, ArmsDialog)
        await pilot.press("home", "w", "escape")
        await rest(pilot)
        assert "A service as stored   B draft   C slow" in screen.query_one(ArmHeader).text
        assert screen.session.draft.changes() == {"max_buffer_delay_ms": 200}
        said = " ".join(table.lines)
        assert "alone, draft: " in said, "what the baseline is moves along"
        assert "B − A" in said
        assert "C − A" in said
        await pilot.press("d")
        await rest(pilot)
        said = " ".join(table.lines)
        assert re.search(r"alone, service as stored: [\d,]+ ms slower than draft\b.* slow: [\d,]+ ms quicker", said)
        assert "A − B" in said
        assert "C − B" in said
        response = next(line for line in table.lines if line.startswith("response after turn p50"))
        assert re.search(r" [\d,]+ ms +[\d,]+ ms +[\d,]+ ms ✓ +\+\d+ ✗ +−\d+ ✓ ", response)
        await the_readouts_are_ordered_and_explained(pilot, table)
        for said in ("", "All recordings off: the readouts are over booking alone. a switches it on again."):
            await pilot.press("a")
            await rest(pilot)
            assert [one.message for one in app._notifications if "All" in one.message] == [said] * bool(said)
        next(jump for jump in screen.jumps() if jump.name == "Baseline C slow").go()
        await rest(pilot)
        assert "B − C" in " ".join(table.lines)
        await names_and_readouts_stay_in_view_where_there_is_little_room(pilot, screen, table)
        await pilot.press("u")
        await rest(pilot)
        # as after a restart: another session with the same service
        again = await open_tune(pilot, "Intake Line", BOOKING)
        assert [(arm.name, arm.is_draft) for arm in again.session.arms.all] == [
            ("service as stored", False),
            ("draft", True),
            ("slow", False),
        ]
        assert again.session.config_of(2).max_buffer_delay_ms == 1000
        assert again.session.arms.baseline == 1
        assert again.findings.by_change
        other = await open_tune(pilot, "Nurse Triage", BOOKING)
        assert [arm.name for arm in other.session.arms.all] == ["draft", "balanced"]


async def an_arm_is_read_from_a_file(pilot: Pilot[None], screen: TuneScreen, file: Path) -> None:
    slider(screen, "max_buffer_delay_ms").focus()
    await pilot.press("home", "B")
    await settle_on(pilot, ArmsDialog)
    await pilot.press("a")
    await settle_on(pilot, PickOne)
    await pilot.press("end", "enter")
    await settle_on(pilot, LineEntry)
    await pilot.pause()
    await pilot.press(*str(file.parent / "none.json"), "enter")
    assert "no such file" in str(pilot.app.screen.query_one("#line-problem").render())
    await pilot.press("end", "ctrl+u", *str(file), "enter")
    await settle_on(pilot, ArmsDialog)
    assert pilot.app.screen.query_one(OptionList).highlighted == 2, "the cursor is on what was added"
    await pilot.press("escape")
    await rest(pilot)


async def names_and_readouts_stay_in_view_where_there_is_little_room(
    pilot: Pilot[None], screen: TuneScreen, table: ReadoutTable
) -> None:
    await pilot.press("d", "d")
    await rest(pilot)
    header = screen.query_one(ArmHeader)
    assert header.region.height == 1
    await pilot.resize_terminal(56, 24)
    assert header.region.height == 2, "no name is cut where there is little room"
    costs, praise = "but 45 % cut off", "; also better: 3.0 s of dead air instead of 9.9 s"
    said = f"fast: 224 ms quicker than service as stored; {costs} instead of 12 %{praise}"
    table.figures = replace(table.figures, verdict=f"{said}\nslow: as quick")
    assert table.lines[0] == f"fast: 224 ms quicker; {costs} … z: all"
    best = "None is best in all: fast answers soonest; slow is surely worse only in time"
    table.figures = replace(table.figures, verdict=f"{best}\n{said}\nslow: as quick")
    assert table.lines[0] == "fast answers soonest; slow is surely worse … z: all"
    assert table.size.height - table._fixed >= 3, "readouts stay in view"
    await pilot.resize_terminal(120, 40)
    await rest(pilot)


async def the_readouts_are_ordered_and_explained(pilot: Pilot[None], table: ReadoutTable) -> None:
    def rows() -> list[str]:
        first = next(at for at, line in enumerate(table.lines) if "A − B" in line) + 1
        return table.lines[first:]

    before = rows()
    await pilot.press("O")
    await rest(pilot)
    assert sorted(rows()) == sorted(before)
    assert any(line.startswith("by change ▾") for line in table.lines)
    assert rows() != before
    found = table.figures.readouts
    assert found is not None
    unclear = [
        replace(row, apart=tuple(one and replace(one, verdict="level") for one in row.apart)) for row in found.rows
    ]
    for rows_of, explained in ((found.rows, any("≈" in row for row in rows())), (unclear, True)):
        ((heading, _),) = Columns(found, list(rows_of), table.figures.names, 110).heading(by_change=True)
        assert ("≈ not distinguishable" in heading) == explained, "a sign that stands there is explained there"
    for width in range(100, 260, 5):
        ((heading, _),) = Columns(found, found.rows, table.figures.names, width).heading(by_change=False)
        assert heading.count(" spread") in (0, 1, len(found.arms)), "how turns lie: of every arm, or of the first"
    changed = [bool(re.search("[✓✗≈]", row)) for row in rows()]
    assert changed == sorted(changed, reverse=True), "what changed comes first"
    seen = table.region.height
    await pilot.press("z")
    await pilot.pause()
    assert table.has_focus
    assert table.region.height > seen + 5, "most of the screen"
    await pilot.press("end")
    await pilot.pause()
    gloss = pilot.app.screen.query_one("#readout-gloss")
    assert gloss.region.height
    await pilot.press("z")
    await pilot.pause()
    assert table.region.height < seen
    assert str(gloss.render()).startswith(re.split(r"  +", rows()[-1])[0])
    unseen = replace(
        found.rows[0], key="cut_ins", of="turns", values=("0 of 1", *["0 of 13"] * 2), limits=("", *["≤21%"] * 2)
    )
    assert unseen.value(0) == "0 of 1 turn"
    table.figures = replace(table.figures, readouts=replace(found, rows=(unseen,), over="2 turns, 1 labelled"))
    await pilot.pause()
    bound = "0 of 13 (the true rate may be up to 21 %)."
    assert f"Only labelled recordings count. {bound}" in str(gloss.render()), "what a figure means is said there"
    await pilot.press("escape")


@pytest.mark.slow
async def test_another_service_can_be_an_arm(app: TurnlabApp) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        screen = await open_tune(pilot, "Intake Line", BOOKING)
        await pilot.press("b")
        await settle_on(pilot, PickOne)
        await pilot.press("end", "up", "enter")
        await settle_on(pilot, FindDialog)
        assert app.screen.query_one("#find-options", OptionList).option_count == 12
        await pilot.press(*"triage", "enter")
        await rest(pilot)
        page = await app.client.list_services(search="triage", sort_by="name")  # type: ignore[union-attr]
        assert screen.session.comparison_arm.name == page.items[0].name
        assert screen.session.config_of(1) == page.items[0].voice_config

        await pilot.press("slash")
        await settle_on(pilot, FindDialog)
        await pilot.press(*"response words", "enter")
        await rest(pilot)
        assert screen.fields.control is not None
        assert screen.fields.control.state.spec.name == "max_response_words"
