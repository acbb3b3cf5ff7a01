"""Tune's recordings and trials without a screen: the real engine, and threads that tests run."""

from __future__ import annotations

import asyncio
import json
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile as sf

from simulator.audio.injecting import SOUNDS
from simulator.labels.document import LabelFile
from simulator.recording import bundled_folder
from tests.tui.controller_host import Answers, QuietHost
from tests.tui.tune_support import bundled_in
from tui.tune.bench import ALL, AnalysedRecording, RecordingsState
from tui.tune.drafts import DraftController
from tui.tune.findings import FindingsController
from tui.tune.labelling import LabellingController
from tui.tune.playback import PlaybackController, PlaybackShown
from tui.tune.recordings import RecordingsController
from tui.tune.session import TuneSession
from tui.tune.symptom_trials import SymptomsController, TrialInput
from tui.tune.symptoms import SYMPTOMS, Advice, Offer, try_offer
from tui.tune.trial import Trial, TrialOutcome
from tui.tune.trials import TrialController, TrialState

GONE = "no longer exists; was it moved or deleted?"


class Bench:
    """A session with recordings and trials, as the Tune screen has them."""

    def __init__(self, folder: Path | None) -> None:
        self.host, self.session = QuietHost(), TuneSession(None)
        self.listed, self.tried, self.heard = list[RecordingsState](), list[TrialState](), list[PlaybackShown]()
        self.arrived: list[int] = []
        self.recordings = RecordingsController(
            self.host,
            folder,
            publish=self.listed.append,
            wait=lambda text, share: self.trials.wait(text, share),
            moved=self._moved,
        )
        self.trials = TrialController(
            self.host,
            self.session.trial_runner,
            self._trial,
            publish=self.tried.append,
            arrive=self.arrived.append,
        )
        self.playback = PlaybackController(
            self.host, lambda: self.trials.outcome, start=lambda: 100, event=lambda: 200, publish=self.heard.append
        )
        self.recordings.look()

    def _trial(self) -> Trial | None:
        return self.session.trial(self.recordings.shown, self.recordings.scope())

    def _moved(self) -> None:
        self.session.revision += 1
        self.trials.try_out()

    def set(self, name: str, value: object) -> None:
        self.session.draft.set_value(name, value)
        self._moved()

    def stage(self, key: str) -> str:
        return next(row.stage for row in self.listed[-1].rows or () if row.key == key)

    def note(self, key: str) -> str:
        return next(row.note for row in self.listed[-1].rows or () if row.key == key)

    @property
    def over(self) -> str:
        measured = self.tried[-1].measured
        assert measured is not None
        assert measured.readouts is not None
        return measured.readouts.over


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three labelled recordings."""
    names = ("booking", "coughs", "thinking")
    return bundled_in(tmp_path / "calls", *(name + suffix for name in names for suffix in (".flac", ".json")))


def test_the_first_recording_is_analysed_and_tried_and_says_so_meanwhile(folder: Path) -> None:
    bench = Bench(folder)
    assert bench.listed[-1].rows is None
    assert bench.tried[-1].waiting == "Looking for recordings…"
    assert bench.tried[-1].then == "The readouts come with the timeline."
    bench.host.run()
    waiting = [state.waiting for state in bench.tried if state.waiting]
    assert "Analysing booking, once: the result is kept." in waiting
    assert [bench.stage(f"{name}.flac") for name in ("booking", "coughs", "thinking")] == ["done"] + ["waiting"] * 2
    assert bench.over.startswith("booking, ")
    assert bench.trials.settled


def test_the_compared_recordings_follow_the_selection(folder: Path) -> None:
    bench = Bench(folder)
    bench.host.run()
    for key, over in (("coughs.flac", "coughs,"), ("thinking.flac", "2 recordings,")):
        bench.recordings.toggle(key)
        bench.host.run()
        assert bench.over.startswith(over)
    bench.recordings.show(ALL)
    bench.host.run()
    assert bench.over.startswith("3 recordings,")
    bench.recordings.show("thinking.flac")
    bench.host.run()
    assert bench.listed[-1].picked == {"coughs.flac", "thinking.flac"}
    assert bench.over.startswith("2 recordings,")
    bench.recordings.toggle("coughs.flac")
    bench.host.run()
    assert bench.over.startswith("thinking,")
    bench.recordings.show("booking.flac")
    bench.host.run()
    assert bench.over.startswith("booking,"), "what the timeline shows, not the one that is picked"


def test_figures_of_older_settings_are_taken_away_and_the_newest_follow(folder: Path) -> None:
    bench = Bench(folder / "booking.flac")
    bench.host.run()
    before = bench.tried[-1].measured
    bench.set("max_buffer_delay_ms", 200)
    assert not bench.trials.settled
    bench.host.pass_time()
    assert (bench.tried[-1].stale, bench.tried[-1].measured) == (True, before)
    bench.set("max_buffer_delay_ms", 900)
    assert len(bench.host.jobs) == 1, "one trial at a time"
    bench.host.jobs.pop(0)(_Job())
    assert bench.tried[-1].stale, "the drawing follows, the figures do not"
    assert bench.tried[-1].measured is before
    assert bench.tried[-1].drawn is not before
    bench.host.run()
    assert bench.trials.settled
    assert bench.trials.outcome is bench.tried[-1].measured
    bench.host.pass_time()
    assert not bench.tried[-1].stale, "a timer that comes late takes nothing away"


class _Job:
    cancelled = False

    def report(self, deliver: Callable[[], None], topic: object = None) -> None:  # noqa: ARG002
        deliver()


def test_a_failed_simulation_is_reported_and_the_next_one_runs(folder: Path) -> None:
    bench = Bench(folder / "booking.flac")
    bench.host.run()
    try_out = bench.session.trial_runner.try_out

    def fail(trial: Trial, superseded: object = None) -> TrialOutcome:
        raise ZeroDivisionError(f"{trial} {superseded}")

    bench.session.trial_runner.try_out = fail  # type: ignore[method-assign]
    bench.set("max_buffer_delay_ms", 200)
    bench.host.run()
    assert bench.host.notices[-1].startswith(": These settings cannot be simulated (")
    assert bench.trials.settled_measurement() is None
    bench.session.trial_runner.try_out = try_out  # type: ignore[method-assign]
    bench.set("max_buffer_delay_ms", 300)
    bench.host.run()
    assert bench.trials.settled


def test_a_recording_deleted_before_analysis_is_reported_and_used_once_it_returns(folder: Path) -> None:
    bench = Bench(folder)
    bench.host.run()
    aside = folder.parent / "thinking.flac"
    (folder / "thinking.flac").rename(aside)
    bench.recordings.show("thinking.flac")
    bench.host.run()
    assert bench.stage("thinking.flac") == "failed"
    assert bench.note("thinking.flac") == f"thinking.flac {GONE}"
    bench.recordings.show(ALL)
    bench.host.run()
    assert bench.over.startswith("2 recordings,"), "it takes no other along"
    assert bench.listed[-1].shown == "booking.flac"
    bench.recordings.show("thinking.flac")
    bench.host.run()
    assert bench.host.notices[-1] == f"thinking: thinking.flac {GONE}"
    aside.rename(folder / "thinking.flac")
    bench.recordings.toggle("thinking.flac")
    bench.host.run()
    assert bench.stage("thinking.flac") == "done"
    assert bench.listed[-1].shown == "thinking.flac"


def test_a_broken_file_and_an_empty_folder_get_one_sentence(folder: Path, tmp_path: Path) -> None:
    (folder / "aaa[red].wav").write_bytes(b"RIFF this is not audio at all")
    bench = Bench(folder)
    bench.host.run()
    assert bench.stage("aaa[red].wav") == "failed"
    assert "not audio Turnlab can read" in bench.note("aaa[red].wav")
    assert bench.over.startswith("booking,")
    (tmp_path / "none").mkdir()
    empty = Bench(tmp_path / "none")
    empty.host.run()
    assert "holds no audio" in empty.tried[-1].waiting
    assert empty.tried[-1].then == empty.tried[-1].waiting == empty.listed[-1].said


def test_recordings_that_came_since_are_listed_and_the_others_stay(folder: Path) -> None:
    bench = Bench(folder)
    bench.host.run()
    shutil.copy(bundled_folder() / "telephone.flac", folder / "zoo.flac")
    bench.recordings.look_for_new()
    bench.host.run()
    assert [row.key for row in bench.listed[-1].rows or ()][-1] == "zoo.flac"
    assert bench.stage("booking.flac") == "done"
    assert "unlabelled" in bench.note("zoo.flac")


def test_a_moment_is_arrived_at_once_its_recording_is_drawn(folder: Path) -> None:
    bench = Bench(folder)
    bench.host.run()
    outcome = bench.trials.outcome
    assert outcome is not None
    assert bench.trials.go_to("booking.flac", 1500)
    assert bench.arrived == [outcome.scene.ticks.at(1500)]
    assert not bench.trials.go_to("coughs.flac", 2000)
    bench.recordings.show_over_all("coughs.flac")
    bench.host.run()
    assert len(bench.arrived) == 2
    assert bench.over.startswith("3 recordings,")


def test_the_playhead_can_be_moved_before_playback(folder: Path) -> None:
    bench = Bench(folder / "booking.flac")
    bench.playback.wind(5)
    assert bench.heard[-1].wants_ms == 0, "nothing is there yet"
    bench.host.run()
    outcome = bench.trials.outcome
    assert outcome is not None
    bench.playback.wind(5)
    bench.playback.wind(5)
    assert (bench.heard[-1].wants_ms, bench.heard[-1].follow) == (10_000, True)
    bench.playback.seek(10**9)
    assert bench.heard[-1].wants_ms == outcome.scene.duration_ms - 1
    bench.playback.stop()
    assert bench.heard[-1].wants_ms is None
    assert bench.playback.sight is None


def labelling_on(bench: Bench, edit: Any, pick: Any) -> LabellingController:
    trials, heard = bench.trials, bench.heard
    return LabellingController(
        bench.host,
        bench.recordings,
        bench.session.trial_runner,
        edit,
        outcome=lambda: trials.outcome,
        at=lambda: heard[-1].wants_ms or 0,
        pick=pick,
    )


@pytest.mark.slow
async def test_a_sound_is_injected_at_the_playhead_shown_counted_and_removed(folder: Path) -> None:
    bench = Bench(folder / "booking.flac")
    bench.host.run()
    outcome = bench.trials.outcome
    assert outcome is not None
    answer = next(bar for bar in outcome.scene.lanes[0].bars if bar.kind == "response")
    bench.playback.seek(answer.start_ms + 600)
    choices: list[list[str]] = []

    async def pick(question: str, offered: Sequence[tuple[str, str]]) -> str | None:
        choices.append([name for name, _ in offered])
        return "television" if len(choices) == 1 else offered[0][0]

    async def edit(*_: object) -> None:
        raise AssertionError("no labels are edited")

    labelling = labelling_on(bench, edit, pick)
    seen: list[tuple[list[str], int]] = []
    for _ in range(2):
        labelling.inject()
        await bench.host.finish()
        bench.host.run()
        found = bench.trials.outcome
        assert found is not None
        put_in = [one for one in (*found.scene.turns, *found.scene.asides) if one.text.startswith("+ ")]
        seen.append(([one.text for one in put_in], found.runs[0].measured.counts["false_barge_ins"].count))
        assert all(abs(one.start_ms - answer.start_ms - 600) <= 1 for one in put_in)
    assert seen == [(["+ television"], 1), ([], 0)]
    assert choices[0] == list(SOUNDS)
    assert choices[1][1:] == list(SOUNDS)


@pytest.mark.parametrize("there", [True, False])
async def test_list_timeline_and_readouts_follow_saved_labels(folder: Path, there: bool) -> None:
    bench = Bench(folder / "booking.flac")
    bench.host.run()
    asked: list[Path | None] = []

    async def edit(analysed: AnalysedRecording, file: LabelFile, copies_to: Path | None) -> Path:
        asked.append(copies_to)
        file.write({"turns": [{"start_s": 1, "end_s": 2, "text": "mine"}]})
        if not there:
            analysed.recording.source.path.unlink()
        return analysed.recording.source.path

    labelling = labelling_on(bench, edit, lambda *_: asyncio.sleep(0))
    labelling.edit()
    await bench.host.finish()
    bench.host.run()
    assert asked == [None]
    outcome = bench.trials.outcome
    assert outcome is not None
    assert bench.trials.settled
    if there:
        assert [turn.text for turn in outcome.scene.turns] == ["mine"]
    else:
        assert bench.host.notices == [f"The readouts keep the labels of before: booking.flac {GONE}"]
        assert bench.note("booking.flac") == f"booking.flac {GONE} What is shown was analysed before."
        labelling.edit()
        await bench.host.finish()
        assert bench.host.notices[-1] == f"No labels to edit: Booking a visit: booking.flac {GONE}"
        assert len(asked) == 1


class Asking:
    """The findings of a bench, with what was asked."""

    def __init__(self, bench: Bench, **answers: object) -> None:
        self.answers, self.went_to = Answers(**answers), list[tuple[str, int]]()
        self.drafts = DraftController(
            bench.host, bench.session, self.answers, label=str, changed=bench.trials.try_out, go_to=lambda _: None
        )
        self.bench, self.shown = bench, 0
        self.findings = FindingsController(
            bench.host,
            self.drafts,
            bench.trials,
            self.answers,
            trial=bench._trial,
            changed=self._note,
            go_to=lambda key, own_ms: self.went_to.append((key, own_ms)),
        )

    def _note(self) -> None:
        self.shown += 1

    async def ask(self, what: Callable[[], None]) -> None:
        what()
        await self.bench.host.finish()
        self.bench.host.run()


async def test_the_worst_turns_are_those_whose_first_sound_is_later_too(folder: Path) -> None:
    bench = Bench(folder / "booking.flac")
    asking = Asking(bench, worst_turn=lambda turns, *_: turns[0])
    await asking.ask(asking.findings.worst_turns)
    assert bench.host.notices == [": Wait until the readouts are there."]
    bench.set("filler_style", "silent")
    bench.host.run()
    await asking.ask(asking.findings.worst_turns)
    ((_, (turns, over, arms), _),) = asking.answers.asked
    by_first_sound = [turn for turn in turns if turn.readout == "first_sound_ms"]
    assert by_first_sound
    assert all((turn.delta_ms or 0) > 0 for turn in by_first_sound)
    assert (over, arms) == (bench.over, ("A draft", "B balanced"))
    assert asking.went_to == [(turns[0].key, turns[0].own_ms)]


async def test_silence_has_no_turns_that_got_worse(tmp_path: Path) -> None:
    sf.write(tmp_path / "quiet.wav", np.zeros(32_000, np.float32), 16_000)
    bench = Bench(tmp_path / "quiet.wav")
    bench.host.run()
    asking = Asking(bench)
    await asking.ask(asking.findings.worst_turns)
    assert bench.host.notices == [": There is no turn of a caller in quiet, 0 turns, so nothing to compare."]


async def test_rows_are_picked_and_the_curve_wants_the_draft_as_arm_a(folder: Path) -> None:
    bench = Bench(folder / "booking.flac")
    bench.host.run()
    dead_air = frozenset(("dead_air_s",))
    asking = Asking(bench, rows=[None, dead_air])
    for _ in range(2):
        await asking.ask(asking.findings.pick_rows)
    assert (asking.shown, asking.findings.rows) == (1, dead_air)
    bench.set("post_eot_pause_ms", 300)
    bench.session.arms.swap(1)
    bench._moved()
    bench.host.run()
    await asking.ask(asking.findings.sensitivity)
    assert bench.host.notices[-1] == ": The curve changes the draft: make it arm A first."


async def test_advice_is_about_all_recordings_and_played_where_it_helps_most(folder: Path) -> None:
    bench = Bench(folder)
    bench.host.run()
    bench.set("eager_eot_threshold", 0.8)
    bench.host.run()
    runner, symptom, said, heard = bench.session.trial_runner, SYMPTOMS[0], list[str](), list[int]()
    offer, looked = Offer("eager_eot_threshold", 0.8, 0.0), list[TrialInput | str]()

    async def use(look: Callable[[], TrialInput | str]) -> tuple[Advice, str] | None:
        looked.append(look())
        bench.host.run()
        material = look()
        assert isinstance(material, TrialInput)
        looked.append(material)
        found = try_offer(symptom, offer, material.scope, material.draft, runner, lambda: False)
        assert found is not None
        return None if len(looked) == 2 else (found, "hear")

    asking = Asking(bench, symptom=[lambda look: use(look)] * 2)
    controller = SymptomsController(
        bench.host,
        asking.drafts,
        bench.recordings,
        asking.answers,
        settled=lambda: bench.trials.settled,
        publish=said.append,
        go_to=lambda key, own_ms: asking.went_to.append((key, own_ms)),
        hear=lambda: heard.append(len(asking.went_to)),
    )
    await asking.ask(controller.ask)
    first, whole = looked[:2]
    assert isinstance(first, TrialInput)
    assert isinstance(whole, TrialInput)
    assert (len(first.scope), first.expected) == (1, 3)
    assert (len(whole.scope), whole.expected) == (3, 0)
    assert bench.over.startswith("booking"), "without an answer, what is compared over is as it was"
    assert (said, bench.session.draft.config.eager_eot_threshold) == ([], 0.8)
    await asking.ask(controller.ask)
    bench.host.pass_time()
    bench.host.pass_time()
    assert bench.over.startswith("3 recordings")
    assert (bench.session.draft.config.eager_eot_threshold, controller.on_trial is not None) == (0.0, True)
    assert said[-1].startswith("On trial (u takes it back")
    assert [key for key, _ in asking.went_to] == ["thinking.flac"], "there the caller was cut off"
    assert heard == [1]
    shown = asking.findings.figures(bench.trials.state).readouts
    assert shown is not None
    assert shown.rows[0].name == "cut_ins", "what is complained of stays in view where there is little room"
    asking.drafts.undo()
    controller.follow()
    assert (said[-1], controller.on_trial, bench.session.draft.config.eager_eot_threshold) == ("", None, 0.8)


async def test_the_setting_chosen_on_the_curve_goes_into_the_draft_or_a_reason_is_given(folder: Path) -> None:
    bench = Bench(folder / "booking.flac")
    bench.host.run()
    asking = Asking(bench, sensitivity=["there is no curve", Offer("eager_eot_threshold", None, 0.2), None])
    await asking.ask(asking.findings.sensitivity)
    assert (bench.host.notices[-1], bench.session.draft.changes()) == (": there is no curve", {})
    for _ in range(2):
        await asking.ask(asking.findings.sensitivity)
        assert bench.session.draft.changes() == {"eager_eot_threshold": 0.2}


async def test_an_export_replaces_nothing_unasked_and_says_where_it_cannot_be_written(
    folder: Path, tmp_path: Path
) -> None:
    bench = Bench(folder / "booking.flac")
    bench.host.run()
    target, nowhere = tmp_path / "b.json", tmp_path / "none" / "b.json"
    what = "timeline of arm B"
    asking = Asking(bench, pick=[what] * 4, export_to=[target, target, target, nowhere], confirm=[None, True])
    for _ in range(4):
        await asking.ask(asking.findings.export)
        if target.read_text() != "theirs":
            timeline = json.loads(target.read_text())
            target.write_text("theirs")
    outcome = bench.trials.outcome
    assert outcome is not None
    heard = [sound.text for sound in outcome.runs[1].measured.sounds]
    assert [part["label"] for part in timeline["segments"] if part["lane"] == "agent"] == heard
    assert target.stat().st_mode & 0o077 == 0
    assert [told.partition(" ")[2] for told in bench.host.notices] == [
        *[f"Wrote {target}, readable by you alone."] * 2,
        f"{nowhere}: no such file or directory; choose another place.",
    ]
    assert asking.answers.names.count("confirm") == 2
