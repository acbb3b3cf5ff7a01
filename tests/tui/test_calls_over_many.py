"""The Calls screen over many calls: changes of settings with before and after, and the worst turns."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any, cast

import pytest
from textual.app import App
from textual.pilot import Pilot
from textual.widgets import DataTable, Static

from services.calls.folders import CallFolders
from services.calls.overview import overview
from tests.tui.conftest import CompareSizes, settle
from tests.tui.controller_host import QuietHost
from tests.tui.pace import until
from tests.tui.test_calls_screen import HEARD, SMALL, USUAL, Compare, drawn, keep, on_calls, said
from tui.app import TurnlabApp
from tui.calls.comparing import CompareController
from tui.calls.periods import SettingsChange, two_days
from tui.calls.stored_calls import CallsShown, KeptController
from tui.calls.story import call_story, story_before
from tui.calls.worst import Worst, WorstTurn, worst_turns
from tui.calls.worst_dialog import WorstDialog
from tui.dialogs.dialog import Dialog, TextDialog
from tui.host import AskingHost
from tui.widgets.key_line import KeyLine


def heard(folder: Path, cut_ins: int, response_ms: int) -> None:
    """Store measurements of a call: a turn, and six that could be cut in on."""
    found = json.loads(json.dumps(HEARD))
    found["values"] = {"response_ms": [response_ms], "cut_ins": [cut_ins, 6]}
    found["turns"][0] |= {"response_ms": response_ms, "first_sound_ms": response_ms}
    if not cut_ins:
        found["events"] = []
    (folder / "heard.json").write_text(json.dumps(found))


def before_and_after(each: int = 6) -> None:
    """Store calls of a service whose settings changed half-way; some earlier ones were cut in on."""
    for number in range(2 * each):
        settings = {"max_buffer_delay_ms": 300 if number < each else 600}
        folder = keep(number, voice_config=settings)
        heard(folder, number % 3 == 0 and number < each, 1000 + 20 * (number % 3) + 40 * (number >= each))


class Answering(QuietHost):
    """A host whose user answers dialogs."""

    answer: Any = None
    asked: list[Dialog[Any]]

    async def ask(self, dialog: Dialog[Any]) -> Any:
        self.asked = [*getattr(self, "asked", []), dialog]
        return self.answer

    def complain(self, text: str, *, title: str) -> None:
        self.notices.append(f"{title}: {text}")


async def test_periods_are_compared_around_a_change_and_around_days() -> None:
    before_and_after()
    keep(20, service="other", name="Other", voice_config={"max_buffer_delay_ms": 100})
    host, shown, words = Answering(), [CallsShown()], [""]
    kept = KeptController(host, CallFolders(), shown.append)
    kept.read()
    host.run()
    changes = [line for line in shown[-1].lines if isinstance(line, SettingsChange)]
    assert [change.words() for change in changes] == ["max_buffer_delay_ms 300 → 600"]
    offered: list[str] = []

    async def pick(_: str, choices: Sequence[tuple[str, str]]) -> str | None:
        offered[:] = [name for name, _ in choices]
        return choices[-1][0]

    async def times() -> list[Any]:
        return [changes[0].newer.started_at - timedelta(minutes=3)] if changes[0].newer.started_at else []

    line: list[Any] = [changes[0]]
    comparing = CompareController(
        cast(AskingHost, host),
        lambda: shown[-1].lines,
        lambda: line[0],
        said=words.append,
        times=times,
        pick=pick,
    )
    comparing.start()
    host.run()
    await host.finish()
    assert "cut-ins 5.6 % → 0.0 %" in words[-1]
    assert "response after turn +40 ms" in words[-1]
    assert isinstance(host.asked[-1], TextDialog)
    line[0], host.answer = None, two_days("2026-11-20 2026-11-22")
    comparing.start()
    await host.finish()
    host.run()
    made = changes[0].newer.started_at
    assert made is not None
    assert offered[0].startswith((made - timedelta(minutes=3)).astimezone().strftime("%Y-%m-%d %H:%M")), (
        "of History"
    )
    assert "Before 2026-11-20 and from 2026-11-22" not in words[-1], "no call lies before that day"
    assert any("no service has measured calls in both periods" in one for one in host.notices)
    with pytest.raises(ValueError, match="lies before the first"):
        two_days("2026-11-22 2026-11-20")
    with pytest.raises(ValueError, match="one day or two"):
        two_days("yesterday")


async def test_the_line_of_a_change_says_before_and_after_and_worst_turns_lead_to_their_call(
    app: TurnlabApp,
) -> None:
    before_and_after()
    answer = {
        "speaker": "agent",
        "from_s": 5.2,
        "to_s": 8.0,
        "reported": {"navigation_ms": 900.0, "render_ms": 1100.0},
    }
    tool = {"name": "find_{calls.tune}[b]", "ms": 2420.0}
    slow = keep(12, voice_config={"max_buffer_delay_ms": 600}, turns=[{**answer, "tools": [tool]}])
    heard(slow, 1, 4321)
    (slow / "checked.json").write_text(json.dumps({"profile": "default", "simulated_ms": {"0": 4000}}))
    async with app.run_test(size=SMALL) as pilot:
        screen = await on_calls(pilot)
        await pilot.press(*"jjjjjjj")
        await until(pilot, lambda: "Intake Line: 6 calls before, 7 after" in said(screen, "#call-story"), "both")
        assert "max_buffer_delay_ms 300 → 600" in said(screen, "#call-story")
        shown = screen.query_one(KeyLine).render().plain
        assert shown.index("w Worst") < shown.index("b Before"), "what comes next fits into 80 columns"
        await pilot.press("w")
        await until(pilot, lambda: isinstance(app.screen, WorstDialog), "the worst turns")
        dialog = app.screen
        table = dialog.query_one(DataTable)
        first = [str(cell) for cell in table.get_row_at(0)]
        assert first[2] == "4,321 ms"
        assert "4,000 ms" not in first, "the words need its room"
        assert "tool call find_{calls.tune}[b] 2,420 ms" in first, "what took the time"
        assert str(table.get_row_at(1)[-1]).endswith("…"), "words that are cut say so"
        await pilot.press("o")
        assert table.row_count == 1, "the others were not checked"
        assert [str(cell) for cell in table.get_row_at(0)][2:5] == ["4,321 ms", "4,000 ms", "−321"]
        await pilot.press("o")
        faults = [[str(cell) for cell in table.get_row_at(number)] for number in range(2)]
        assert faults[0][2] == "cut in at 0:02.4", "no response that contradicts it"
        await pilot.press("enter")
        await until(pilot, lambda: app.screen is screen and drawn(screen), "the call")
        assert screen.rows.highlighted is not None
        assert screen.rows.highlighted.folder == slow
        assert screen.pane == "call"
        assert "The call says what took the time · t opens its caller in Tune" in screen.progress
        await until(pilot, lambda: "0:02.4 cut in" in said(screen, "#call-why"), "its moment")
        assert "▲ cut in" in story_before(said(screen, "#call-story"), 2400).splitlines()[-1]
        await pilot.press("w")
        await until(pilot, lambda: isinstance(app.screen, WorstDialog), "the worst turns again")
        await pilot.press("o", "enter")
        await until(pilot, lambda: app.screen is screen, "the slowest turn")
        assert screen.progress == (
            "Of its 4,321 ms: tool call find_{calls.tune}[b] 2,420 ms, render 1,100 ms"
            " · t opens its caller in Tune, where f1 says what helps"
        ), "navigation took less than a quarter"


async def test_an_order_without_turns_leaves_the_next_one_to_the_keyboard() -> None:
    answer = {"speaker": "agent", "from_s": 5.2, "to_s": 8.0, "text": "Monday at ten."}
    tool = {"name": "find_times", "ms": 3420.0}
    story = call_story(CallFolders(), keep(2, turns=[{**answer, "tools": [tool]}]))
    assert "Monday at ten. [tool call find_times took 3,420 ms]" in story
    call = overview(keep(1))
    assert call is not None
    turn = WorstTurn(call=call, turn=0, at_ms=0, heard_ms=900.0)
    dialog = WorstDialog(Worst({"response": (turn,), "error": (), "fault": (turn,)}, 1), "response")
    went: list[WorstTurn | None] = []
    app: App[None] = App()
    async with app.run_test(size=SMALL) as pilot:
        await app.push_screen(dialog, went.append)
        await pilot.pause()
        shown = [str(one.label) for one in dialog.query_one(DataTable).columns.values()]
        assert shown == ["call", "turn", "heard", "words"], "no column of nothing but dashes"
        title = str(dialog.query_one(".dialog-title", Static).content)
        assert title.startswith("The slowest heard responses · worst turns of 1 measured calls · none checked: c ")
        await pilot.press("o", "o", "enter")
        await until(pilot, lambda: bool(went), "the turn")
    assert went == [turn]
    folder = keep(3)
    measured = {"turns": [], "events": [{"type": "stop_for_nothing", "t": 2.4, "evidence": ""}]}
    (folder / "heard.json").write_text(json.dumps(HEARD | measured))
    stopped = overview(folder)
    assert stopped is not None
    found = worst_turns([stopped], lambda _: None, lambda: False)
    assert found is not None
    (nothing,) = found.turns["fault"]
    assert (nothing.at_ms, nothing.words[:8]) == (2400, "I'd like"), "what it stopped for"


@pytest.mark.slow
async def test_look_of_a_change(snap_sizes: CompareSizes, app: TurnlabApp) -> None:
    before_and_after(5)

    async def show(pilot: Pilot[None]) -> None:
        screen = await on_calls(pilot)
        await pilot.press(*"jjjjj")
        await until(pilot, lambda: "5 calls before, 5 after" in said(screen, "#call-story"), "both")
        await pilot.press("tab")
        await settle(pilot)

    await snap_sizes(app, [SMALL, USUAL], show)


@pytest.mark.slow
def test_look_of_the_worst_turns(snap_compare: Compare, app: TurnlabApp) -> None:
    before_and_after(5)

    async def show(pilot: Pilot[None]) -> None:
        await on_calls(pilot)
        await pilot.press("w")
        await until(pilot, lambda: isinstance(app.screen, WorstDialog), "the worst turns")
        table = app.screen.query_one(DataTable)
        await until(pilot, lambda: table.row_count == 10 and table.has_focus, "its rows")
        await pilot.pause()

    assert snap_compare(app, terminal_size=SMALL, run_before=show)
