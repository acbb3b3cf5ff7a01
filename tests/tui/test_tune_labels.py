"""Labels corrected in Tune: figures follow, and no file is lost."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import Input, Static

from simulator.playing.speaker import NoSpeaker
from tests.tui.conftest import ScriptedClient, make_app
from tests.tui.pace import until
from tests.tui.tune_support import open_tune, own_call, rest, settle_on
from tui.dialogs.dialog import Confirm
from tui.dialogs.dialogs import PickOne
from tui.dialogs.form_dialog import FormDialog
from tui.labels.label_timeline import LabelTimeline
from tui.labels.saving import KeptLabels
from tui.labels.screen import LabelEditor
from tui.tune.evaluating import EvaluationDialog
from tui.tune.readout_table import ReadoutTable
from tui.tune.recording_list import RecordingList
from tui.tune.screen import TuneScreen


@pytest.fixture
def call(tmp_path: Path) -> Path:
    """A labelled recording of the user's own, played unchanged."""
    return own_call(tmp_path, channel="mix")


async def edit_labels(pilot: Pilot[None]) -> LabelEditor:
    await pilot.press("t")
    await settle_on(pilot, LabelEditor)
    await pilot.pause()
    editor = pilot.app.screen
    assert isinstance(editor, LabelEditor)
    return editor


def told(editor: LabelEditor, which: str) -> str:
    return str(editor.query_one(f"#labels-{which}", Static).render())


def first_turn(call: Path) -> tuple[float, float]:
    turn = json.loads(call.with_suffix(".json").read_text())["turns"][0]
    return turn["start_s"], turn["end_s"]


def response_ms(screen: TuneScreen) -> float:
    assert screen.trials.outcome is not None
    assert screen.trials.outcome.measurement is not None
    value = screen.trials.outcome.measurement.comparison.readouts["response_ms"].arms["B"]
    assert value is not None
    return value


async def test_labels_are_moved_added_deleted_and_saved_and_the_readouts_follow(call: Path) -> None:
    app = make_app(ScriptedClient().open)
    async with app.run_test(size=(120, 40)) as pilot:
        screen = await open_tune(pilot, recordings=call)
        before_ms, (start_s, end_s) = response_ms(screen), first_turn(call)
        title = str(screen.query_one("#timeline-title", Static).render())
        assert "is a mix of both sides; barge-in needs the caller's own channel" in title
        assert "both sides in it: no barge-in" in screen.query_one(ReadoutTable).lines[0]
        editor = await edit_labels(pilot)
        assert told(editor, "chosen").startswith("turn 1 of 7")
        for key in ("n", "n"):
            await pilot.press(key)
        assert editor.labels.place_ms > start_s * 1000, "an edge of the detected voice"
        await pilot.press("ctrl+right", "greater_than_sign")
        assert editor.labels.chosen is not None
        assert editor.labels.chosen.start_ms == round(start_s * 1000) + 220
        await pilot.press("u", "u")
        assert not editor.labels.document.changed
        assert editor.labels.chosen.start_ms == round(start_s * 1000), "undo leaves the label chosen"
        await pilot.press("n", "s", "u", "ctrl+y", "u", "n", "n", "e")
        assert editor.labels.chosen.end_ms == editor.labels.place_ms
        assert told(editor, "title").count("not saved") == 1
        await pilot.press("u")
        await a_label_is_typed_in_a_form(pilot, editor, start_s, end_s - 0.5)
        await pilot.press("b")
        assert "backchannel 1 of 1" in told(editor, "chosen")
        assert "the agent should talk on" in told(editor, "meaning")
        await the_chosen_label_is_heard(pilot, editor)
        await pilot.press("enter")
        await settle_on(pilot, FormDialog)
        await pilot.press("escape")
        await settle_on(pilot, LabelEditor)
        await pilot.press("t")
        assert "an interruption is a turn, too" in told(editor, "problem")
        rows = dict(editor.query_one(LabelTimeline).rows)
        assert "━" in rows["turns"]
        assert "[" in rows["does not"] or "▌" in rows["does not"], "the chosen one is marked by more than colour"
        await pilot.press("u")
        assert first_turn(call) == (start_s, end_s), "nothing is written before it is asked for"
        await pilot.press("ctrl+s")
        await pilot.pause()
        written = json.loads(call.with_suffix(".json").read_text())
        assert first_turn(call) == (start_s, round(end_s - 0.5, 3))
        assert written["ours"] == "stays"
        await labels_that_changed_meanwhile_are_never_overwritten_unasked(pilot, call)
        assert len(json.loads(call.with_suffix(".json").read_text())["turns"]) == 6
        assert screen.trials.outcome is not None
        assert len(screen.trials.outcome.scene.turns) == 6
        assert response_ms(screen) != before_ms
        assert screen.recordings.shown is not None
        row = screen.query_one(RecordingList).row(screen.recordings.shown.key)
        assert "s of detected speech carry no label" in row.note
        await edit_labels(pilot)
        await pilot.press("E")
        await settle_on(pilot, EvaluationDialog)


async def a_label_is_typed_in_a_form(pilot: Pilot[None], editor: LabelEditor, start_s: float, end_s: float) -> None:
    await pilot.press("enter")
    await settle_on(pilot, FormDialog)
    pilot.app.screen.query_one("#end", Input).value = "soon"
    await pilot.press("ctrl+s")
    await settle_on(pilot, FormDialog)
    assert "is not a time" in str(pilot.app.screen.query_one("#form-problem", Static).render())
    pilot.app.screen.query_one("#start", Input).value = str(start_s)
    pilot.app.screen.query_one("#end", Input).value = f"0:{end_s:.3f}"
    await pilot.press("ctrl+s")
    await settle_on(pilot, LabelEditor)
    assert told(editor, "chosen").startswith("turn 1 of 7")


async def the_chosen_label_is_heard(pilot: Pilot[None], editor: LabelEditor) -> None:
    editor.hearing._open_speaker = NoSpeaker
    await pilot.press("g")
    await until(pilot, lambda: editor.hearing.playing, "the label, heard")
    await pilot.press("space")
    await until(pilot, lambda: not editor.hearing.playing, "silence")


async def labels_that_changed_meanwhile_are_never_overwritten_unasked(pilot: Pilot[None], call: Path) -> None:
    call.with_suffix(".json").write_text(json.dumps({"turns": [{"start_s": 1, "end_s": 2, "text": "theirs"}]}))
    await pilot.press("full_stop", "x", "ctrl+s")
    await settle_on(pilot, Confirm)
    assert "s of detected speech carry no label" in str(pilot.app.screen.query_one(".dialog-text", Static).render())
    await pilot.press("enter")
    await settle_on(pilot, PickOne)
    await pilot.press("escape")
    await settle_on(pilot, LabelEditor)
    assert "theirs" in call.with_suffix(".json").read_text(), "never overwritten unasked"
    await pilot.press("escape")
    await settle_on(pilot, PickOne)
    assert "not saved" in str(pilot.app.screen.query(Static).first().render())
    await pilot.press("enter")
    await settle_on(pilot, Confirm)
    await pilot.press("enter")
    await settle_on(pilot, PickOne)
    await pilot.press("enter")
    await settle_on(pilot, TuneScreen)
    await rest(pilot)


def test_labels_that_a_running_turnlab_edits_are_not_offered_as_left_behind(tmp_path: Path) -> None:
    first, second = (KeptLabels(tmp_path / "call.wav") for _ in range(2))
    first.write({"turns": [], "notes": "mine"})
    assert second.read() is None
    first.close()
    assert second.read() == {"turns": [], "notes": "mine"}
    second.forget()
    assert second.read() is None
