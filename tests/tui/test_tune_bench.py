"""Tune's recordings and trials without a screen: the real engine, and threads that tests run."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from simulator.audio.injecting import SOUNDS
from simulator.labels.document import LabelFile
from simulator.recording import bundled_folder
from tests.tui.controller_host import QuietHost
from tests.tui.tune_support import bundled_in
from tui.tune.bench import ALL, AnalysedRecording, RecordingsState
from tui.tune.labelling import LabellingController
from tui.tune.playback import PlaybackController, PlaybackShown
from tui.tune.recordings import RecordingsController
from tui.tune.session import TuneSession
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


def labelled_calls(tmp_path: Path) -> Path:
    """Return a folder with three labelled recordings."""
    names = ("booking", "coughs", "thinking")
    return bundled_in(tmp_path / "calls", *(name + suffix for name in names for suffix in (".flac", ".json")))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return labelled_calls(tmp_path)


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
