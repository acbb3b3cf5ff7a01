"""Recordings of live calls: failures while one is made, finished, or found again."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import soundfile as sf

from simulator.labels.audacity import from_track, json_of_track, track_and_losses
from simulator.labels.document import LabelDocument, open_label_file
from simulator.live_recording import (
    GUARD_CLOSED,
    RecordingJournal,
    finish_recording,
    provisional_labels,
    recover_recordings,
)
from simulator.recording import open_recording
from simulator.session import Notice, SessionMessage
from simulator.session.commands import Record
from simulator.session.recorder import Recorder
from tests.array_cards import ArrayCards
from tests.full_disk import most_bytes_of_a_file
from tests.simulator.live_calls import notices, running, talk
from tests.virtual_audio import wait_for

FRAME = np.full(512, 0.25, np.float32)


def left_behind(folder: Path, events: list[dict[str, Any]], *, seconds: float = 1.0) -> Path:
    """Return the samples of a recording whose process was killed."""
    journal = RecordingJournal(folder, "live", {"title": "Live"})
    journal.write(np.full(round(16_000 * seconds), 0.25, np.float32))
    for event in events:
        journal.write_event(event)
    journal.close()
    return journal.path


def test_a_recording_never_takes_the_place_of_one_begun_in_the_same_second(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path, lambda _text: None)
    for height in (0.25, 0.5):
        recorder.start("live-20261122-101500", 0, {})
        for _ in range(20):
            recorder.write(np.full(512, height, np.float32), FRAME, closed=False)
        recorder.finish()
        recorder.wait()
    first, second = sorted(tmp_path.glob("*.flac"), key=lambda path: len(path.name))
    assert sf.read(first)[0].max() == 0.25
    assert sf.read(second)[0].max() == 0.5
    assert second.with_suffix(".json").is_file()


def test_a_full_disk_ends_the_recording_and_not_the_call(tmp_path: Path) -> None:
    cards = ArrayCards()
    with running(cards, tmp_path) as session:
        session.send(Record(True))
        wait_for(lambda: session.snapshot().recording, "the recording")
        talk(session, cards, np.tile(FRAME, 40))
        full = os.open("/dev/full", os.O_WRONLY)
        for handle in files_open_in(tmp_path):
            os.dup2(full, handle)
        os.close(full)
        talk(session, cards, np.tile(FRAME, 40))
        wait_for(lambda: session.snapshot().recording is None, "the end of the recording")
        wait_for(lambda: session.snapshot().now_ms > 2000 and list(tmp_path.glob("*.flac")), "the recording")
        assert session.snapshot().phase == "running"
        said = notices(session.take())
    assert said.count("the recording ends here") == 1
    assert "no space left on device" in said
    (path,) = tmp_path.glob("*.flac")
    assert sf.info(path).duration > 0.5


def files_open_in(folder: Path) -> list[int]:
    return [
        int(handle.name)
        for handle in Path("/proc/self/fd").iterdir()
        if handle.is_symlink() and handle.readlink().is_relative_to(folder)
    ]


class Slow(dict[str, Any]):
    """A slow item to write, during which something else happens."""

    def __init__(self, meanwhile: Callable[[], object]) -> None:
        super().__init__(slow=True)
        self._meanwhile = meanwhile

    def items(self) -> Any:
        self._meanwhile()
        return super().items()


def test_a_recording_is_not_closed_under_what_is_still_being_written(tmp_path: Path) -> None:
    """Notices also come from the devices' thread. A closed file's number may belong to another file by then."""
    said: list[str] = []
    recorder = Recorder(tmp_path, said.append)

    def finish() -> None:
        recorder.finish()
        recorder.wait()

    finishing = threading.Thread(target=finish)

    def finish_meanwhile() -> None:
        finishing.start()
        finishing.join(0.5)

    recorder.start("live", 0, {})
    for _ in range(10):
        recorder.write(FRAME, FRAME, closed=False)
    told = Notice("device", 0, "the microphone is gone")
    slow = SimpleNamespace(to_json=lambda: {**told.to_json(), "more": Slow(finish_meanwhile)})
    recorder.write_event(cast(SessionMessage, slow))
    finishing.join()
    assert not [text for text in said if "ends here" in text]
    labels = json.loads((tmp_path / "live.json").read_text())
    assert [one["text"] for one in labels["live"]] == [told.text]


def test_a_recording_that_was_whole_when_its_process_died_keeps_its_labels(tmp_path: Path) -> None:
    samples = left_behind(tmp_path, [])
    content = samples.read_bytes()
    path = finish_recording(samples)
    assert path is not None
    path.with_suffix(".json").write_text('{"turns": [{"start_s": 0.1, "end_s": 0.5}]}')
    samples.write_bytes(content)  # killed just before this was deleted
    assert recover_recordings(tmp_path) == ([], [])
    assert "0.1" in path.with_suffix(".json").read_text()
    assert not samples.exists()


def test_corrected_labels_still_say_which_channel_is_the_callers_and_what_the_guard_kept_out(
    tmp_path: Path,
) -> None:
    journal = RecordingJournal(
        tmp_path, "live", {"caller_channel": 1, "recorded": {"channels": ["agent", "caller"]}}
    )
    journal.write(np.tile(np.array([0.5, 0.25], np.float32), (16_000, 1)))
    journal.write_event({"type": GUARD_CLOSED, "t": 0.5})
    journal.close()
    path = finish_recording(journal.path)
    assert path is not None
    file = open_label_file(path, 1.0)
    document = LabelDocument(file.raw, 1000)
    document.add("turn", 100, 400)
    track, _ = track_and_losses(document.labels)
    for raw in (document.raw, json_of_track(from_track(track, "a track"), dict(document.raw), "Audacity")[0]):
        file = file.write(raw)
        found = open_recording(path)
        assert (found.source.caller_channel, found.source.guessed_channel) == (1, False)
        assert found.source.samples()[[7999, 8000]].tolist() == [0.25, 0.0]


def test_an_invalid_journal_does_not_prevent_a_start(tmp_path: Path) -> None:
    odd = left_behind(tmp_path, [{"type": "end_of_turn"}])
    good = left_behind(tmp_path, [{"type": "speech_start", "t": 0.2, "start": 0.1, "span": 0}])
    found, faults = recover_recordings(tmp_path)
    assert found == [good.with_suffix(".flac")]
    (fault,) = faults
    assert str(odd) in fault
    assert odd.is_file()
    assert "\n" not in fault


def test_a_recording_that_cannot_begin_leaves_nothing_behind(tmp_path: Path) -> None:
    said: list[str] = []
    recorder = Recorder(tmp_path, said.append)
    before = len(list(Path("/proc/self/fd").iterdir()))
    with most_bytes_of_a_file(0):
        recorder.start("live", 0, {})
    assert "nothing is recorded" in said[0]
    assert list(tmp_path.iterdir()) == []
    assert len(list(Path("/proc/self/fd").iterdir())) == before
    recorder.start("live", 0, {})
    assert recorder.state is not None
    recorder.finish()
    recorder.wait()


def test_speech_that_was_held_back_and_then_interrupted_is_one_interruption() -> None:
    told = [
        {"type": "speech_start", "t": 0.03, "start": -0.02, "span": 4},
        {"type": "barge_in_suppressed", "t": 0.5, "reason": "cooldown", "span": 4},
        {"type": "barge_in", "t": 1.0, "span": 4},
        {"type": "speech_end", "t": 2.2, "end": 2.0, "span": 4},
    ]
    labels = provisional_labels(told, 3.0)
    assert json.loads(json.dumps(labels["events"])) == [
        {"start_s": 0.0, "end_s": 2.0, "type": "interruption", "should_barge_in": True}
    ]
