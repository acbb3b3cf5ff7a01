"""Label files edited mark by mark: what changes, what stays, and what is refused."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.errors import LabelError, SimulatorError
from simulator.labels import read_labels
from simulator.labels.document import ORIGIN, LabelDocument, LabelsChangedError, open_label_file
from simulator.labels.marks import KINDS, Kind, Mark, marks
from simulator.labels.model import Labels
from simulator.recording import bundled_folder, copy_recording, open_recording
from tests.full_disk import most_bytes_of_a_file

INTERRUPTIONS = json.loads((bundled_folder() / "interruptions.json").read_text())
COUGHS = json.loads((bundled_folder() / "coughs.json").read_text())
DURATION_MS = 43_396


def test_a_duplicate_label_is_one_mark() -> None:
    assert [mark.kind for mark in marks(INTERRUPTIONS)].count("interruption") == 3
    assert [mark.kind for mark in marks(INTERRUPTIONS)].count("turn") == 4
    noises = [mark for mark in marks(COUGHS) if mark.kind == "noise"]
    assert len(noises) == len(COUGHS["noises"])
    assert all(len(mark.places) == 2 for mark in noises), "each is a noise and an event"


def interruption() -> tuple[LabelDocument, Mark]:
    """Return a document, and the interruption in it."""
    sheet = LabelDocument(INTERRUPTIONS, DURATION_MS)
    return sheet, next(one for one in sheet.marks if one.kind == "interruption")


def test_a_moved_interruption_is_moved_as_turn_and_as_event_with_its_move_and_the_rest_stays() -> None:
    sheet, mark = interruption()
    late = sheet.alter(mark, replace(mark, start_ms=mark.start_ms - 200, end_ms=mark.end_ms + 300))
    raw = sheet.raw
    turn, event, move = raw["turns"][1], raw["events"][0], raw["moves"][1]
    assert (turn["start_s"], turn["end_s"]) == (event["start_s"], event["end_s"]) == (6.671, 9.99)
    assert turn["text"] == event["text"] == late.words == INTERRUPTIONS["turns"][1]["text"]
    assert event["synthetic"] is True
    assert "speech_0_8s_reached_s" not in event, "it was measured from the old start"
    assert move["start_s"] <= 6.621
    assert move["end_s"] >= 10.29, "elastic replay plays only moves"
    earlier = INTERRUPTIONS["moves"][1]["start_s"] - move["start_s"]
    assert move["anchor"]["into_agent"] == pytest.approx(1.8 - earlier), "so its sound stays at its place"
    untouched = ("id", "title", "speech", "agent", "condition", "notes", "licence")
    assert {name: raw[name] for name in untouched} == {name: INTERRUPTIONS[name] for name in untouched}
    assert raw["label_origin"] == f"{ORIGIN}, before: construction"
    assert sheet.undo()
    assert sheet.raw == INTERRUPTIONS
    assert not sheet.changed


def test_another_kind_keeps_what_the_kinds_share() -> None:
    sheet, mark = interruption()
    sheet.alter(mark, replace(mark, kind="turn"))
    assert len(sheet.raw["events"]) == 2
    assert sheet.raw["turns"][1] == INTERRUPTIONS["turns"][1]


def test_numbers_and_truth_written_as_text_are_read_as_the_simulator_reads_them() -> None:
    event = {"type": "noise", "start_s": "2.5", "end_s": "3", "should_barge_in": "false"}
    move = {"start_s": "0.9", "end_s": "4", "anchor": {"at": "0.9"}}
    sheet = LabelDocument({"turns": [], "events": [event], "moves": [move]}, DURATION_MS)
    mark = next(one for one in sheet.marks if one.kind == "noise")
    assert (mark.kind, mark.stretch) == ("noise", (2500, 3000))
    sheet.alter(mark, replace(mark, start_ms=700))
    assert sheet.labels.events[0].start_s == 0.7
    assert sheet.labels.moves[0].anchor.at == pytest.approx(0.65)


@pytest.mark.parametrize(
    ("stretch", "why"),
    [
        ((8000, 14_000), "there is one from 0:06.9 to 0:09.7 already"),
        ((9000, 8000), "end before it starts"),
        ((42_000, 44_000), "goes from 0 to 43.396"),
        ((11_000, 12_000), "no move"),
    ],
)
def test_an_impossible_edit_is_reported_and_changes_nothing(stretch: tuple[int, int], why: str) -> None:
    sheet = LabelDocument(INTERRUPTIONS, DURATION_MS)
    with pytest.raises(LabelError, match=why):
        sheet.add("turn", *stretch)
    assert sheet.raw == INTERRUPTIONS
    assert not sheet.undo()


_CHANGES = st.lists(
    st.tuples(
        st.sampled_from(("add", "delete", "alter")),
        st.integers(0, 9),
        st.sampled_from(KINDS),
        st.integers(-500, 43_000),
        st.integers(-10, 4000),
    ),
    max_size=8,
)


@given(changes=_CHANGES, moves=st.booleans())
def test_any_edits_keep_the_file_valid_and_undo_restores_it(
    changes: list[tuple[str, int, Kind, int, int]], moves: bool
) -> None:
    began = INTERRUPTIONS if moves else {name: value for name, value in INTERRUPTIONS.items() if name != "moves"}
    sheet = LabelDocument(began, DURATION_MS)
    done = 0
    for what, which, kind, start_ms, length_ms in changes:
        there = sheet.marks
        mark = there[which % len(there)] if there else None
        try:
            if what == "add":
                found = sheet.add(kind, start_ms, start_ms + length_ms, "word")
                assert found.stretch == (start_ms, start_ms + length_ms)
            elif mark is not None and what == "delete":
                sheet.delete(mark)
                assert len(sheet.marks) == len(there) - 1
            elif mark is not None:
                new = sheet.alter(mark, replace(mark, kind=kind, start_ms=start_ms, end_ms=start_ms + length_ms))
                assert (new.kind, new.stretch) == (kind, (start_ms, start_ms + length_ms))
        except LabelError:
            assert sheet.marks == there
        else:
            done += 1
        Labels.model_validate(sheet.raw)
        assert sheet.labels.last_time_s() <= DURATION_MS / 1000 + 0.1
    after = sheet.raw
    while sheet.undo():
        pass
    assert sheet.raw == began
    while sheet.redo():
        pass
    assert sheet.raw == after


@pytest.fixture
def call(tmp_path: Path) -> Path:
    audio = tmp_path / "call.flac"
    shutil.copy(bundled_folder() / "interruptions.flac", audio)
    return audio


def test_labels_of_an_unlabelled_recording_are_private(call: Path) -> None:
    file = open_label_file(call, 43.396)
    sheet = LabelDocument(file.raw, DURATION_MS)
    sheet.add("turn", 1000, 4213, "Hi.")
    written = file.write(sheet.raw)
    assert written.path.stat().st_mode & 0o77 == 0
    assert open_recording(call).labels == sheet.labels
    assert sheet.raw["label_origin"] == ORIGIN


def test_a_file_changed_meanwhile_is_not_overwritten_unasked(call: Path) -> None:
    file = open_label_file(call, 43.396)
    call.with_suffix(".json").write_text('{"turns": []}')
    with pytest.raises(LabelsChangedError, match="changed by something else"):
        file.write({"turns": [], "notes": "mine"})
    assert call.with_suffix(".json").read_text() == '{"turns": []}'
    again = file.write({"turns": [], "notes": "mine"}, replace_changed=True)
    assert again.write({"turns": [], "notes": "later"}).before is not None


def test_half_a_character_in_a_label_is_saved_as_it_was_read(call: Path) -> None:
    labels = call.with_suffix(".json")
    labels.write_text('{"turns": [], "notes": "\\ud83d é"}', encoding="utf-8")
    file = open_label_file(call, 2.0)
    file.write(file.raw)
    assert json.loads(labels.read_text(encoding="utf-8")) == {"turns": [], "notes": "\ud83d é"}


def test_a_label_track_becomes_json_beside_it_and_stays(call: Path) -> None:
    track = call.with_suffix(".txt")
    track.write_text("1.000000\t4.200000\tturn: Hi\n")
    file = open_label_file(call, 43.396)
    assert "call.txt" in file.note
    file.write(file.raw)
    assert track.is_file()
    assert read_labels(call.with_suffix(".json"), 43.396).turns[0].text == "Hi"


def test_a_copy_is_complete_and_never_takes_the_name_of_another(tmp_path: Path) -> None:
    audio = bundled_folder() / "booking.flac"
    first, second = (copy_recording(audio, tmp_path / "own") for _ in range(2))
    assert (first.name, second.name) == ("my-booking.flac", "my-booking-2.flac")
    assert open_recording(second).labels == open_recording(audio).labels
    assert open_recording(second).scenario == open_recording(audio).scenario
    assert all(file.stat().st_mode & 0o77 == 0 for file in first.parent.iterdir())


def test_a_recording_with_a_dot_in_its_name_is_copied_as_often_as_wanted(tmp_path: Path) -> None:
    audio = tmp_path / "call.with.dots.flac"
    shutil.copy(bundled_folder() / "booking.flac", audio)
    made = [copy_recording(audio, tmp_path / "own").name for _ in range(3)]
    assert made == ["my-call.with.dots.flac", "my-call.with.dots-2.flac", "my-call.with.dots-3.flac"]


def test_a_copy_that_fails_leaves_nothing_behind_and_says_where_the_fault_is(tmp_path: Path) -> None:
    own = tmp_path / "data" / "recordings"
    audio = tmp_path / "call.flac"
    for suffix in ("flac", "json", "scenario.json"):
        shutil.copy(bundled_folder() / f"booking.{suffix}", tmp_path / f"call.{suffix}")
    with most_bytes_of_a_file(50_000), pytest.raises(SimulatorError, match=r"file too large.*make room") as full:
        copy_recording(audio, own)
    assert str(full.value).startswith(str(own))
    assert list(own.iterdir()) == []
    assert own.parent.stat().st_mode & 0o77 == 0
    audio.unlink()
    with pytest.raises(SimulatorError) as gone:
        copy_recording(audio, own)
    assert str(gone.value).startswith(str(audio))
    assert list(own.iterdir()) == []


def test_a_turn_at_an_interruption_is_one_mark_with_it() -> None:
    told = {"start_s": 1.0, "end_s": 2.0, "type": "interruption", "should_barge_in": True}
    sheet = LabelDocument({"events": [told]}, DURATION_MS)
    mark = sheet.add("turn", 1003, 2000, "Wait.")
    assert (mark.kind, mark.words) == ("interruption", "Wait.")
    assert sheet.marks == (mark,)
