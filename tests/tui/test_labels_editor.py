"""The label editor without a screen: real labels of a real recording, changed, undone, stored and saved."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from simulator.engine.profile import read_profile
from simulator.evaluation import Evaluation, score
from simulator.labels.document import open_label_file
from simulator.labels.marks import Kind, Mark, detected_turns, edges
from simulator.labels.model import Labels
from simulator.measures.scoring import scores_anything
from simulator.playing.speaker import NoSpeaker
from simulator.recording import bundled_folder
from tests.tui.controller_host import Answers, QuietHost
from tests.tui.tune_support import analysed, own_call
from tui.evaluation import over_text
from tui.labels.editing import LabelsController, LabelsState, values_of, words_of
from tui.labels.playing import HearingController
from tui.labels.saving import KeptLabels, LabelFileController
from tui.tune.bench import AnalysedRecording

TURNS: tuple[Kind, ...] = ("turn",)
NOISES: tuple[Kind, ...] = ("noise",)


@pytest.fixture(scope="session")
def booking(analyses: Path) -> AnalysedRecording:
    return analysed("booking")


@pytest.fixture
def call(tmp_path: Path) -> Path:
    """A labelled recording of the user's own."""
    return own_call(tmp_path)


class Editor:
    """Both controllers of the editor on a recording, with what they published, reported and asked."""

    def __init__(self, one: AnalysedRecording, audio: Path, *, to: Path | None = None, **answers: Any) -> None:
        self.host, self.answers, self.states = QuietHost(), Answers(**answers), list[LabelsState]()
        read_only = bool(answers.pop("read_only", False))
        file = open_label_file(audio, one.recording.source.duration_s)
        self.left = False
        self.files = LabelFileController(
            self.host,
            lambda: self.labels,
            file,
            audio,
            one.recording.source.duration_s,
            self.answers,
            copies_to=to,
            read_only=read_only,
            leave=self._leave,
        )
        self.labels = LabelsController(
            self.host,
            file.raw,
            one.recording.duration_ms,
            one.activity,
            self.answers,
            publish=self.states.append,
            keep=self.files.keep,
            read_only=read_only,
        )
        self.labels.step(1)

    def _leave(self) -> None:
        self.left = True

    async def type_labels(self, *typed: dict[str, str]) -> list[str]:
        """Edit the chosen label, and type these values one after the other; return the problem shown each time."""
        self.answers = self.labels._questions = Answers(label=[*typed])
        self.labels.edit()
        await self.host.finish()
        return [question[3] for _, question, _ in self.answers.asked]

    @property
    def chosen(self) -> Mark:
        assert self.labels.chosen is not None
        return self.labels.chosen

    @property
    def marks(self) -> list[tuple[str, int, int]]:
        return [(mark.kind, mark.start_ms, mark.end_ms) for mark in self.states[-1].marks]


def written(call: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(call.with_suffix(".json").read_text())
    return content


async def test_stepping_selects_labels_and_stops_at_the_ends(booking: AnalysedRecording, call: Path) -> None:
    editor = Editor(booking, call)
    marks = editor.labels.document.marks
    assert (editor.chosen, editor.labels.place_ms) == (marks[0], marks[0].start_ms)
    editor.labels.step(-1)
    assert editor.chosen == marks[0]
    editor.labels.step(len(marks) + 3)
    assert editor.chosen == marks[-1]
    editor.labels.go_to(1e9)
    assert editor.labels.place_ms == booking.recording.duration_ms
    found = edges(booking.activity)
    editor.labels.step_edge(-1)
    assert editor.labels.place_ms == max(edge for edge in found if edge < booking.recording.duration_ms)
    editor.labels.go_to(0)
    editor.labels.step_edge(1)
    assert editor.labels.place_ms == min(edge for edge in found if edge > 0)
    editor.labels.point(marks[1].start_ms + 10, TURNS)
    assert editor.chosen == marks[1]
    editor.labels.point(marks[0].start_ms, NOISES)
    assert (editor.chosen, editor.labels.place_ms) == (marks[1], marks[0].start_ms)


async def test_moves_of_edges_and_labels_can_be_undone_and_redone(booking: AnalysedRecording, call: Path) -> None:
    editor = Editor(booking, call)
    first, before = editor.chosen, editor.marks
    editor.labels.move(200)
    assert (editor.chosen.start_ms, editor.chosen.end_ms) == (first.start_ms + 200, first.end_ms + 200)
    assert editor.labels.place_ms == first.start_ms + 200
    editor.labels.go_to(first.start_ms + 300)
    editor.labels.bound("start")
    editor.labels.go_to(first.end_ms - 100)
    editor.labels.bound("end")
    moved = editor.marks
    assert moved == [("turn", first.start_ms + 300, first.end_ms - 100), *before[1:]]
    for _ in range(3):
        editor.labels.undo()
    assert editor.marks == before
    assert not editor.states[-1].changed
    editor.labels.undo()
    assert editor.host.notices == [": Nothing to undo."]
    for _ in range(3):
        editor.labels.redo()
    assert editor.marks == moved
    assert editor.labels.place_ms == first.start_ms + 300, "what came back is in hand"


async def test_labels_are_added_over_the_voice_and_deleted(booking: AnalysedRecording, call: Path) -> None:
    editor = Editor(booking, call)
    before = editor.marks
    span = booking.activity.spans[0]
    editor.labels.go_to(span.start_ms + 5)
    editor.labels.add("backchannel")
    assert (editor.chosen.kind, editor.chosen.stretch) == ("backchannel", (span.start_ms, span.end_ms))
    editor.labels.add("turn")
    start, end = (f"0:{ms / 1000:04.1f}" for ms in editor.chosen.stretch)
    assert f"the one from {start} to {end} overlaps it; change an end or take one out" in editor.states[-1].problem
    editor.labels.delete()
    assert editor.marks == before
    assert editor.labels.chosen is None
    editor.labels.delete()
    assert editor.states[-1].problem == "No label is chosen: . goes to the next one."
    editor.labels.go_to(booking.recording.duration_ms)
    editor.labels.add("noise")
    length_ms = booking.activity.duration_ms
    assert editor.chosen.stretch == (length_ms - 1000, length_ms)


async def test_an_invalid_typed_label_is_asked_for_again(booking: AnalysedRecording, call: Path) -> None:
    editor = Editor(booking, call)
    good = values_of(editor.chosen) | {"words": "  hello   there "}
    problems = await editor.type_labels(good | {"start": "soon"}, good | {"end": "0"}, good)
    assert problems[0] == ""
    assert "is not a time" in problems[1]
    assert problems[2]
    assert editor.chosen.words == "hello there"


async def test_saving_replaces_the_file_in_one_step_and_keeps_what_is_not_a_label(
    booking: AnalysedRecording, call: Path
) -> None:
    editor = Editor(booking, call)
    first = editor.chosen
    editor.labels.move(20)
    await editor.host.finish()
    assert KeptLabels(call).read() is None, "this process holds it"
    editor.files.save()
    await editor.host.finish()
    assert written(call)["ours"] == "stays"
    assert written(call)["turns"][0]["start_s"] == pytest.approx((first.start_ms + 20) / 1000)
    assert call.with_suffix(".json").stat().st_mode & 0o077 == 0
    assert sorted(file.name for file in call.parent.iterdir()) == ["call.flac", "call.json"]
    assert editor.files.saved == call
    assert editor.host.notices == [f"Saved: {call.with_suffix('.json')}, readable by you alone."]
    editor.files.save()
    assert editor.host.notices[-1] == ": Nothing to save: the labels are as the file has them."


@pytest.mark.parametrize(("whose", "stands"), [("mine", "mine"), ("theirs", "theirs"), (None, "theirs")])
async def test_labels_changed_meanwhile_are_never_overwritten_unasked(
    booking: AnalysedRecording, call: Path, whose: str | None, stands: str
) -> None:
    editor = Editor(booking, call, whose=whose)
    editor.labels.move(20)
    mine = editor.marks
    theirs = {"turns": [{"start_s": 1, "end_s": 2, "text": "theirs"}]}
    call.with_suffix(".json").write_text(json.dumps(theirs))
    editor.files.save()
    await editor.host.finish()
    assert editor.answers.names == ["whose"]
    assert (written(call) == theirs) == (stands == "theirs")
    assert (editor.files.saved is None) == (whose is None)
    if whose == "theirs":
        assert editor.marks == [("turn", 1000, 2000)]
        editor.labels.undo()
    assert editor.marks == mine


async def test_unsaved_labels_are_offered_and_restored_after_a_crash(
    booking: AnalysedRecording, call: Path
) -> None:
    editor = Editor(booking, call)
    editor.labels.delete()
    await editor.host.finish()
    left = editor.marks
    editor.files.close()  # as an ending process does
    again = Editor(booking, call, take_up=True, leave=["keep", "drop"])
    again.files.look_for_kept()
    await again.host.finish()
    assert again.marks == left
    assert again.states[-1].changed
    for _ in range(2):
        again.files.leave()
        await again.host.finish()
    assert again.left
    again.files.close()
    third = Editor(booking, call)
    third.files.look_for_kept()
    await third.host.finish()
    assert third.answers.names == []


async def test_a_bundled_recording_is_copied_first_after_asking(
    booking: AnalysedRecording, call: Path, tmp_path: Path
) -> None:
    own, before = tmp_path / "own", call.with_suffix(".json").read_bytes()
    editor = Editor(booking, call, to=own, copy_first=[None, True], leave=None)
    editor.labels.move(20)
    editor.files.save()
    await editor.host.finish()
    assert not own.exists()
    editor.files.leave()
    await editor.host.finish()
    assert not editor.left, "not without an answer"
    editor.files.save()
    await editor.host.finish()
    assert editor.files.saved == own / "my-call.flac"
    assert (own / "my-call.json").exists()
    assert call.with_suffix(".json").read_bytes() == before


async def test_all_detected_turns_are_labelled_and_undone_in_one_step(
    booking: AnalysedRecording, tmp_path: Path
) -> None:
    call = own_call(tmp_path, turns=[], events=[], backchannels=[], noises=[], hesitations=[], moves=[])
    editor = Editor(booking, call)
    editor.labels.take_detected()
    detected = detected_turns(booking.activity)
    assert editor.marks == [("turn", *stretch) for stretch in detected]
    assert booking.recording.labels is not None
    true = booking.recording.labels.caller_turns()
    assert len(detected) == len(true)
    for turn, (start, end) in zip(true, detected, strict=True):
        assert abs(turn.start_s * 1000 - start) < 300
        assert abs(turn.end_s * 1000 - end) < 200
    said = editor.host.notices[-1]
    assert f"{len(detected)} turns taken · u takes them back" in said
    assert "Interruptions and backchannels are not taken: x, then i or b marks one" in said
    editor.labels.take_detected()
    assert editor.states[-1].problem == "All voice that was detected is labelled already."
    editor.labels.undo()
    assert editor.marks == []
    editor.labels.go_to(detected[1][0] + 10)
    editor.labels.add("noise")
    editor.labels.take_detected()
    turns = [mark for mark in editor.marks if mark[0] == "turn"]
    assert len(turns) == len(detected) - 1, "what has a label already is left"

    silent = {"kind": "turn", "start_s": 0.0, "end_s": 0.1, "anchor": {"at": 0.0}}
    file = call.with_suffix(".json")
    file.write_text(json.dumps(json.loads(file.read_text()) | {"moves": [silent]}))
    editor = Editor(booking, call)
    editor.labels.take_detected()
    assert editor.states[-1].problem == "The voice that was detected lies in no move: m adds one."
    assert not editor.host.notices, "u would take back something else"


async def test_turns_as_detected_are_provisional_until_a_person_says_they_are_right(
    booking: AnalysedRecording, tmp_path: Path
) -> None:
    call = own_call(tmp_path, turns=[], events=[], backchannels=[], noises=[], hesitations=[], moves=[])
    editor = Editor(booking, call, checked=[None, False, True])
    editor.labels.take_detected()
    editor.labels.step(1)
    editor.labels.move(20)  # one correction leaves the others unchanged
    found = []
    for _ in range(3):
        editor.files.save()
        await editor.host.finish()
        content = written(call)
        found.append((len(content["turns"]) > 0, scores_anything(Labels.model_validate(content))))
    assert found == [(False, False), (True, False), (True, True)]
    assert content["label_origin"].startswith("human")
    editor.files.save()
    assert editor.host.notices[-1] == ": Nothing to save: the labels are as the file has them."


async def test_turns_without_voice_and_voice_without_a_label_are_named_before_saving(
    booking: AnalysedRecording, tmp_path: Path
) -> None:
    call = own_call(tmp_path, turns=[], events=[], backchannels=[], noises=[], hesitations=[], moves=[])
    editor = Editor(booking, call, despite=[False, True])
    first, second, *_ = detected_turns(booking.activity)
    editor.labels.go_to(first[0] + 10)
    editor.labels.add("turn")
    assert editor.states[-1].problem == ""
    assert editor.chosen.stretch == first, "the whole turn, as T takes it"
    editor.labels.go_to(second[0] - 1000)
    editor.labels.add("turn")
    editor.labels.go_to(second[0])
    editor.labels.bound("end")
    assert editor.states[-1].problem.startswith("No voice was detected here"), "it ends where the voice begins"
    editor.labels.step(-1)
    assert editor.states[-1].problem == ""
    for _ in range(2):
        assert not written(call)["turns"], "not without an answer"
        editor.files.save()
        await editor.host.finish()
    (doubts,) = {question[0] for _, question, _ in editor.answers.asked}
    where = "–".join(f"{ms // 60_000}:{ms % 60_000 / 1000:04.1f}" for ms in (second[0] - 1000, second[0]))
    empty, left = doubts.splitlines()
    assert empty == f"1 turn holds no voice: {where}."
    assert left.endswith(" s of detected speech carry no label; readouts that need truth count it as noise.")
    spoken_s = sum(span.end_ms - span.start_ms for span in booking.activity.spans[1:]) / 1000
    assert 0.8 * spoken_s < float(left.split()[0]) <= spoken_s
    assert len(written(call)["turns"]) == 2
    half = replace(booking.recording, labels=Labels.model_validate(written(call)))
    evaluation = Evaluation([], "A", read_profile("default").profile, "no model")
    evaluation.add(half, score(half, booking.activity, [], evaluation.profile))
    noise = f"{left.split()[0]} s of detected speech in 1 recording carry no label and count as noise"
    assert over_text(evaluation, "one", ()).endswith(noise)


async def test_short_sounds_do_not_become_turns(analyses: Path, tmp_path: Path) -> None:
    agent = json.loads((bundled_folder() / "backchannels.json").read_text())["agent"]
    call = own_call(tmp_path, turns=[], agent=agent)
    one = analysed("backchannels")
    editor = Editor(one, call)
    editor.labels.take_detected()
    assert one.recording.labels is not None
    murmurs = [round(event.start_s * 1000) for event in one.recording.labels.events]
    turns = [mark for mark in editor.marks if mark[0] == "turn"]
    starts = [start_ms for _, start_ms, _ in turns]
    assert min(end_ms - start_ms for _, start_ms, end_ms in turns) >= 600
    taken = [murmur for murmur in murmurs if any(abs(murmur - start) < 100 for start in starts)]
    assert not taken, "what is said over the agent is not the beginning of the turn after it"
    windows = [(round(start * 1000), round(end * 1000)) for start, end in agent]
    left = len(detected_turns(one.activity, windows)) - len(starts)
    assert f"T again takes {left} short sounds as backchannels" in editor.host.notices[-1]
    before = len(editor.marks)
    editor.labels.take_detected()
    assert [kind for kind, *_ in editor.marks].count("backchannel") == left
    editor.labels.undo()
    assert len(editor.marks) == before, "one step back takes these back alone"


async def test_a_turn_is_parted_at_a_pause_and_joined_again(analyses: Path, tmp_path: Path) -> None:
    one = analysed("thinking")
    call = own_call(tmp_path, turns=[{"start_s": 8.371, "end_s": 14.603, "text": "the whole"}])
    editor = Editor(one, call)
    editor.labels.step(1)
    editor.labels.part()
    assert "is not inside the chosen turn" in editor.states[-1].problem
    before, after = next(
        (a, b) for a, b in pairwise(one.activity.spans) if a.start_ms > 8000 and b.start_ms - a.end_ms > 1000
    )
    editor.labels.go_to((before.end_ms + after.start_ms) / 2)
    editor.labels.part()
    parts = [("turn", 8371, before.end_ms), ("turn", after.start_ms, 14603)]
    assert editor.marks == parts
    assert editor.chosen.start_ms == after.start_ms
    editor.labels.join()
    assert editor.states[-1].problem == "Not done: no turn comes after this one."
    editor.labels.step(-1)
    editor.labels.join()
    assert [(*mark.stretch, mark.words) for mark in editor.labels.document.marks] == [(8371, 14603, "the whole")]
    editor.labels.undo()
    assert editor.marks == parts, "joining is one step"
    editor.labels.go_to(0)
    editor.labels.add("turn")
    assert editor.states[-1].problem.startswith("No voice was detected here: n goes to the next edge of voice; x")
    editor.labels.go_to(one.activity.spans[0].start_ms + 100)
    editor.labels.add("turn")
    assert editor.states[-1].problem == ""


async def test_agent_windows_and_moves_are_labels_like_any_other(
    booking: AnalysedRecording, tmp_path: Path
) -> None:
    call = own_call(tmp_path, moves=json.loads((bundled_folder() / "booking.json").read_text())["moves"])
    editor = Editor(booking, call)
    first = next(mark for mark in editor.labels.document.marks if mark.kind == "move")
    end_ms = booking.recording.duration_ms
    editor.labels.step(1)
    assert editor.chosen.anchor is None, "moves are stepped through on their own"
    editor.labels.go_to(first.start_ms)
    editor.labels.add("move")
    assert editor.chosen == first, "a move that is there is taken in hand"
    editor.labels.step(1)
    assert editor.chosen.kind == "move"
    editor.labels.step(-1)
    typed = values_of(editor.chosen)
    assert typed["waits"].startswith("at ")
    problems = await editor.type_labels(
        typed | {"waits": "sometime"}, typed | {"words": "song"}, typed | {"waits": "after agent 0.8"}
    )
    assert "is nothing to wait for" in problems[1]
    assert "A move holds one of turn, interruption" in problems[2]
    assert words_of(editor.chosen) == f"{first.words}, after agent 0.8 s"
    editor.labels.delete()
    assert "would lie in no move" in editor.states[-1].problem
    editor.labels.go_to(first.start_ms + 20)
    editor.labels.bound("end")
    assert "would lie in no move" in editor.states[-1].problem
    editor.labels.go_to(end_ms)
    editor.labels.add("agent")
    agent = editor.chosen
    assert agent.kind == "agent"
    editor.labels.move(-200)
    editor.files.save()
    await editor.host.finish()
    now = written(call)
    assert now["moves"][0]["anchor"] == {"after_agent": 0.8}
    assert [round(one[0] * 1000) for one in now["agent"]] == [agent.start_ms - 200]
    assert Labels.model_validate(now).moves[0].kind == first.words


async def test_playback_from_the_position_of_one_label_and_in_a_loop(
    booking: AnalysedRecording, call: Path
) -> None:
    editor = Editor(booking, call)
    span = booking.activity.spans[0]
    hearing = HearingController(editor.host, booking, editor.labels, NoSpeaker)

    async def hear(until: Callable[[], bool]) -> list[int]:
        """Return the position once a condition holds."""
        await editor.host.finish()
        seen = [editor.labels.place_ms]
        for _ in range(400):
            await asyncio.sleep(0.01)
            editor.host.pass_time()
            seen.append(editor.labels.place_ms)
            if until():
                return seen
        raise AssertionError(seen[-5:])

    editor.labels.go_to(span.start_ms)
    hearing.toggle()
    await hear(lambda: editor.labels.place_ms > span.start_ms + 60)
    editor.labels.show("Not done.")
    await hear(lambda: editor.labels.place_ms > span.start_ms + 120)
    assert editor.states[-1].problem == "Not done.", "what is heard does not take it away"
    editor.labels.go_to(span.start_ms + 3000)
    await hear(lambda: editor.labels.place_ms > span.start_ms + 3060)  # it continues at the new position
    hearing.toggle()
    await hear(lambda: not hearing.playing)

    editor.labels.go_to(booking.activity.duration_ms)
    editor.labels.add("noise")
    short = editor.chosen
    editor.labels.go_to(short.start_ms + 150)
    editor.labels.bound("end")
    short = editor.chosen
    hearing.play_label()
    await hear(lambda: not hearing.playing)
    assert editor.labels.place_ms == short.end_ms
    hearing.loop()
    await hear(lambda: editor.labels.place_ms > short.start_ms + 60)
    await hear(lambda: editor.labels.place_ms < short.start_ms + 60)  # it started again
    hearing.toggle()
    await hear(lambda: not hearing.playing)
    hearing.close()


async def test_read_only_changes_and_saves_nothing(booking: AnalysedRecording, call: Path) -> None:
    editor = Editor(booking, call, read_only=True)
    before = editor.marks
    for change in (editor.labels.delete, editor.files.save, lambda: editor.labels.add("noise")):
        change()
        assert "--read-only" in editor.states[-1].problem
    assert editor.marks == before
    assert not editor.host.tasks
