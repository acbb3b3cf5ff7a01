"""A call with the agent in the dashboard, through sound cards made of arrays."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf
from textual.pilot import Pilot
from textual.widgets import OptionList, Static

from base.folders import own_recordings_folder
from services.embedded import open_embedded
from simulator.labels import read_labels
from simulator.recording import bundled_folder
from simulator.session.child import LiveSession
from simulator.session.settings import EchoGuard
from simulator.session.state import Notice, Snapshot
from tests.tui.conftest import make_app, settle
from tests.tui.live_support import RATE, ArrayCards, StillCall, array_call
from tests.tui.pace import until
from tests.tui.tune_support import rest, settle_on
from tui.dialogs.dialog import TextDialog
from tui.dialogs.dialogs import PickOne
from tui.live.call import remembered_state
from tui.live.call_pane import LiveHeader
from tui.live.device_dialog import DeviceDialog
from tui.live.log_pane import LiveLog
from tui.live.meters import LatencyFigure
from tui.live.screen import LiveScreen
from tui.tune.recording_list import RecordingList
from tui.tune.screen import TuneScreen
from tui.widgets.field_panel import FieldPanel
from tui.widgets.key_line import KeyLine

SPOKEN_S = 5.2
"""In the bundled booking: one turn of the caller."""


class Looking:
    """The Live screen as a user sees it."""

    def __init__(self, pilot: Pilot[None]) -> None:
        self.pilot = pilot

    @property
    def screen(self) -> LiveScreen:
        """The screen, even if something covers it."""
        screen = self.pilot.app.screen_stack[0]
        assert isinstance(screen, LiveScreen)
        return screen

    def text(self, where: str) -> str:
        """Return the text of a place, joined across lines; "" if it is not shown."""
        widget = self.screen.query_one(where, Static)
        return " ".join(str(widget.content).split()) if widget.display else ""

    def log(self) -> list[str]:
        """Return the lines of the log."""
        log = self.screen.query_one(LiveLog)
        return [str(log.get_option_at_index(index).prompt) for index in range(log.option_count)]

    def logged(self, words: str) -> str:
        """Return the last line of the log that contains some words."""
        return next((line for line in reversed(self.log()) if words in line), "")

    async def until(self, where: str, words: str) -> None:
        """Wait until a line contains some words."""
        await until(self.pilot, lambda: words in self.text(where), f"{words!r} in {where}")

    async def until_logged(self, words: str) -> str:
        """Wait until the log contains some words. Return the line."""
        return await until(self.pilot, lambda: self.logged(words), f"{words!r} in the log")


@pytest.mark.realtime
async def test_a_call_from_no_microphone_to_a_recording_in_tune(workspace_file: Path) -> None:
    cards = ArrayCards()
    calls: list[LiveSession] = []
    app = make_app(lambda: open_embedded(workspace_file), open_call=array_call(cards, calls))
    async with app.run_test(size=(120, 40), notifications=True) as pilot:
        await settle(pilot)
        await pilot.press("2")
        await until(pilot, lambda: isinstance(app.screen, TuneScreen), "Tune")
        await rest(pilot)
        await pilot.press("3")
        await until(pilot, lambda: isinstance(app.screen, LiveScreen), "Live")
        live = Looking(pilot)
        live.screen.devices.look = cards.look
        await a_missing_microphone_is_said_and_one_is_chosen(live, cards)
        await a_turn_is_heard_and_explained(live, cards, calls[-1])
        await settings_change_while_talking(live, calls[-1])
        await arms_switch_and_the_person_is_heard_or_not(live, calls[-1])
        await the_recording_is_in_tune(live, calls)


async def a_missing_microphone_is_said_and_one_is_chosen(live: Looking, cards: ArrayCards) -> None:
    pilot = live.pilot
    await live.until(
        "#trouble", "There is no microphone; plug one in and try again. It is tried again every second"
    )
    assert live.text("#state") == "no microphone"
    assert "r Record" not in live.screen.query_one(KeyLine).render().plain
    await pilot.press("r")
    assert any("there is no microphone" in note.message for note in pilot.app._notifications)
    assert not live.text("#recording-sign")
    cards.plug_in("built-in", "headset")
    await pilot.press("i")
    options = await until(pilot, lambda: offered(pilot), "the devices")
    assert [str(options.get_option_at_index(at).prompt).split()[0] for at in range(3)] == [
        "system",
        "built-in",
        "headset",
    ]
    await pilot.press("down", "down", "enter")
    await until(pilot, lambda: cards.opened and cards.opened[-1] == "headset", "the chosen microphone")
    in_force = pilot.app.screen.query_one("#device-said", Static)
    await until(pilot, lambda: "In use: headset" in str(in_force.content), "what is in force")
    await pilot.press("escape")
    await live.until("#facts", "headset, 16 kHz, 10 ms")
    await until(pilot, lambda: remembered_state().input == "headset", "the device remembered")


def offered(pilot: Pilot[None]) -> OptionList | None:
    """Return the list of devices once it has entries."""
    if not isinstance(pilot.app.screen, DeviceDialog):
        return None
    options = pilot.app.screen.query_one(OptionList)
    return options if options.option_count == 3 else None


async def a_turn_is_heard_and_explained(live: Looking, cards: ArrayCards, call: LiveSession) -> None:
    """The screen's text about a turn is the session's decision, with its reason."""
    pilot = live.pilot
    assert not live.text("#recording-sign")
    await pilot.press("r")
    await live.until("#recording-sign", "● RECORDING 0:00")
    booking, _ = sf.read(bundled_folder() / "booking.flac", dtype="float32")
    spoken = np.concatenate([booking[: round(SPOKEN_S * RATE)], np.zeros(round(6 * RATE), np.float32)])
    await asyncio.to_thread(cards.speak, call, spoken)
    line = await live.until_logged("response start")
    (turn,) = call.snapshot().latencies
    assert f"{turn.response_ms:,} ms" in line
    assert " A " in line
    figures = [str(figure._value.value) for figure in live.screen.query(LatencyFigure)]
    assert figures == [f"{ms:,}" for ms in (turn.end_of_turn_ms, turn.first_sound_ms, turn.response_ms)]
    assert "▶ “" in live.text("#agent")
    await until(pilot, lambda: "█" in dict(live.screen.drawing.rows)["A agent"], "the answer drawn")
    drawn = dict(live.screen.drawing.rows)
    assert "┤" in drawn["turn end"]
    assert drawn["turns"].index("━") <= drawn["turn end"].index("┤") <= drawn["A agent"].index("█")
    loud = [x for x, char in enumerate(drawn["caller"]) if char not in " ⣀"]
    assert drawn["turns"].rindex("━") >= loud[0] >= drawn["turns"].index("━") - 1
    assert "drop" not in live.text("#facts"), "nothing is said to be lost that was not"
    for _ in range(20):
        if "end of turn" in live.text("#live-why"):
            break
        await pilot.press("comma")
    assert re.search(r"end of turn, [\d,]+ ms after the end of speech: ", live.text("#live-why"))
    await pilot.press("w")
    assert isinstance(pilot.app.screen, TextDialog)
    told = str(pilot.app.screen.query_one("#dialog-long-text", Static).content)
    assert f"after the end of speech   {turn.end_of_turn_ms:,} ms" in told
    assert "confidence" in told
    await pilot.press("escape")


async def settings_change_while_talking(live: Looking, call: LiveSession) -> None:
    """Steps of a slider apply in the call, make one line in the log, and change Tune's draft."""
    pilot = live.pilot
    live.screen.query_one(FieldPanel).focus_field("barge_in_min_speech_s")
    before = live.screen.session.draft.config.barge_in_min_speech_s
    await pilot.press("right", "right")
    line = await live.until_logged("barge_in_min_speech_s 0.8 → 0.9")
    assert "changed" in line
    assert before is None
    await until(
        pilot,
        lambda: (used := call.snapshot().config) and used.barge_in_min_speech_s == 0.9,
        "the setting in force",
    )
    assert "draft, 1 change" in str(live.screen.query_one(LiveHeader).content)


async def arms_switch_and_the_person_is_heard_or_not(live: Looking, call: LiveSession) -> None:
    pilot = live.pilot
    await pilot.press("escape", "v")
    line = await live.until_logged("now talking to B: ")
    assert "barge_in_min_speech_s 0.9 → 0.8" in line
    await until(pilot, lambda: "▸B" in str(live.screen.query_one(LiveHeader).content), "the mark on B")
    assert "you talk to B" in live.text("#fields-title")
    await pilot.press("m", "t")
    await until(pilot, lambda: call.snapshot().muted and call.snapshot().push_to_talk, "muted")
    assert "hold the mouse here" in live.text("#talk-pad")
    assert "MUTED  TALK ○" in str(live.screen.query_one(LiveHeader).content)
    await pilot.press("space")
    await live.until("#talk-pad", "you are heard")
    await pilot.press("m", "t", "e")
    await settle_on(pilot, PickOne)
    guards = pilot.app.screen.query_one(OptionList)
    await until(pilot, lambda: guards.has_focus and guards.highlighted == 0, "the echo guards")
    await pilot.press("down", "down", "enter")
    await live.until("#facts", "half-duplex: not heard while the agent sounds")
    assert call.snapshot().echo_guard is EchoGuard.HALF_DUPLEX
    await pilot.press("p")
    await live.until("#state", "paused")
    await pilot.press("p")


async def the_recording_is_in_tune(live: Looking, calls: list[LiveSession]) -> None:
    """Leaving Live closes the microphone and finishes the recording. Tune lists it and has the draft."""
    pilot, screen = live.pilot, live.screen
    await pilot.press("2")
    tune = await until(pilot, lambda: pilot.app.screen, "Tune")
    assert isinstance(tune, TuneScreen)
    assert tune.session is screen.session
    await until(pilot, lambda: calls[-1].snapshot().phase == "stopped", "the closed microphone")
    (audio,) = own_recordings_folder().glob("*.flac")
    key = f"my/{audio.name}"
    await until(
        pilot,
        lambda: any(row.key == key for row in tune.query_one(RecordingList).listed.rows or ()),
        "the recording in the list",
    )
    assert read_labels(audio.with_suffix(".json"), sf.info(audio).duration).provisional
    await rest(pilot)
    await pilot.press("3")
    await until(pilot, lambda: len(calls) == 2 and calls[-1].snapshot().phase != "starting", "a new call")
    assert calls[-1].snapshot().echo_guard is EchoGuard.HALF_DUPLEX


@pytest.mark.slow
async def test_a_scrolled_log_counts_newer_lines_until_a_new_call(workspace_file: Path) -> None:
    notes = [Notice("device", at, f"note {at}") for at in range(4)]
    call = StillCall(Snapshot(phase="running", arm="A", arms=("A", "B")), [*notes[:2]])
    app = make_app(lambda: open_embedded(workspace_file), open_call=lambda _: call)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await pilot.press("3")
        live = Looking(pilot)
        await until(pilot, lambda: isinstance(app.screen, LiveScreen), "Live")
        await live.until_logged("note 1")
        await pilot.press("comma")
        await live.until("#log-title", "Log · 1 newer")
        call._told = [notes[2]]
        await live.until("#log-title", "Log · 2 newer · end follows")
        await pilot.press("end")
        await until(pilot, lambda: not live.text("#log-title"), "a log that follows")
        await pilot.press("comma")
        call._told = [Notice("call", 0, "a new call begins"), notes[3]]
        await until(pilot, lambda: not live.text("#log-title"), "a log that follows again")
        assert live.log()[-2].startswith("── new call")
        log = live.screen.query_one(LiveLog)
        assert log.highlighted == log.option_count - 1
