"""Label files converted to Audacity and back, and Audacity label tracks as labels."""

from __future__ import annotations

import json
import shutil
import stat
from pathlib import Path
from typing import Any

import pytest

from simulator.recording import bundled_folder
from tests.cli.conftest import Turnlab
from tests.simulator.conftest import CORPUS

GROUPS = ("turns", "events", "agent", "backchannels", "noises", "hesitations", "speech")


def call_in(folder: Path, name: str = "interruptions", track: str | None = None) -> Path:
    """A bundled recording in its own folder, with its labels or with a label track."""
    audio = folder / "call.flac"
    shutil.copy(bundled_folder() / f"{name}.flac", audio)
    if track is None:
        shutil.copy(bundled_folder() / f"{name}.json", folder / "call.json")
    else:
        (folder / "call.txt").write_text(track)
    return audio


def times(labels: dict[str, Any]) -> dict[str, list[tuple[float, float]]]:
    """Return every time of a label file, to Audacity's microsecond."""
    found = {}
    for group in GROUPS:
        parts = [p if isinstance(p, list) else [p["start_s"], p["end_s"]] for p in labels.get(group, [])]
        found[group] = sorted((round(start, 6), round(end, 6)) for start, end, *_ in parts)
    return found


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.mark.parametrize("name", ["interruptions", "backchannels", "coughs", "thinking", "fast-talker"])
def test_labels_survive_audacity_to_the_microsecond(turnlab: Turnlab, tmp_path: Path, name: str) -> None:
    call_in(tmp_path, name)
    before = json.loads((tmp_path / "call.json").read_text())
    for part in (part for group in GROUPS for part in before[group]):
        part[0 if isinstance(part, list) else "start_s"] += 0.0001237
    (tmp_path / "call.json").write_text(json.dumps(before))
    assert turnlab("labels", "export", tmp_path / "call.flac").code == 0
    done = turnlab("labels", "import", tmp_path / "call.txt", "--output", tmp_path / "back.json")
    assert done.code == 0
    back = json.loads((tmp_path / "back.json").read_text())
    assert times(back) == times(before)
    assert [turn["text"] for turn in back["turns"]] == [turn["text"] for turn in before["turns"]]
    assert [event["should_barge_in"] for event in back.get("events", [])] == [
        event["should_barge_in"] for event in before["events"]
    ]


def test_several_speakers_survive_the_way_through_audacity(turnlab: Turnlab, tmp_path: Path) -> None:
    if not (CORPUS / "dev-056.json").is_file():
        pytest.skip("the corpus of real speech is not beside the project")
    track, back = tmp_path / "dev-056.txt", tmp_path / "dev-056.json"
    assert turnlab("labels", "export", CORPUS / "dev-056.json", "--output", track).code == 0
    assert turnlab("labels", "import", track).code == 0
    before = json.loads((CORPUS / "dev-056.json").read_text())
    assert times(json.loads(back.read_text())) == times(before)
    speakers = {turn["speaker"] for turn in before["turns"]}
    assert {turn["speaker"] for turn in json.loads(back.read_text())["turns"]} == speakers


def test_label_track_export_reports_losses_and_import_keeps_them(turnlab: Turnlab, tmp_path: Path) -> None:
    audio = call_in(tmp_path)
    moves = json.loads((tmp_path / "call.json").read_text())["moves"]
    said = turnlab("labels", "export", audio).err
    assert f"{len(moves)} moves" in said
    assert "title" in said
    kept = turnlab("labels", "import", tmp_path / "call.txt", "--force")
    assert "kept" in kept.err
    assert "dropped speech_0_8s_reached_s, synthetic of its turns and events" in kept.err
    assert json.loads((tmp_path / "call.json").read_text())["moves"] == moves


def test_labels_corrected_in_audacity_are_no_longer_provisional(turnlab: Turnlab, tmp_path: Path) -> None:
    audio = call_in(tmp_path)
    guess = json.loads((tmp_path / "call.json").read_text()) | {"provisional": True}
    (tmp_path / "call.json").write_text(json.dumps(guess))
    track = audio.with_suffix(".txt")
    assert turnlab("labels", "export", audio).code == 0
    assert turnlab("labels", "import", track, "--force").code == 0
    assert json.loads((tmp_path / "call.json").read_text())["provisional"], "nobody has changed anything"
    lines = track.read_text().splitlines()
    start, end, text = lines[-1].split("\t")
    track.write_text("\n".join([*lines[:-1], f"{start}\t{float(end) - 0.1:.6f}\t{text}"]) + "\n")
    assert turnlab("labels", "import", track, "--force").code == 0
    assert "provisional" not in json.loads((tmp_path / "call.json").read_text())


def test_labels_are_written_for_their_owner_only_and_never_over_a_file_unasked(
    turnlab: Turnlab, tmp_path: Path
) -> None:
    audio = call_in(tmp_path)
    before = (tmp_path / "call.json").read_bytes()
    assert turnlab("labels", "export", audio).code == 0
    assert mode(tmp_path / "call.txt") == 0o600
    assert "is there already" in turnlab("labels", "export", audio).one_line(2)
    assert "is there already" in turnlab("labels", "import", tmp_path / "call.txt").one_line(2)
    assert (tmp_path / "call.json").read_bytes() == before
    assert turnlab("labels", "import", tmp_path / "call.txt", "--force").code == 0
    assert mode(tmp_path / "call.json") == 0o600
    assert sorted(path.name for path in tmp_path.iterdir()) == ["call.flac", "call.json", "call.txt"]


def test_a_label_track_prints_to_standard_output(turnlab: Turnlab, tmp_path: Path) -> None:
    done = turnlab("labels", "export", call_in(tmp_path), "--output", "-")
    assert done.out.splitlines()[0] == "1.000000\t1.329000\tspeech"
    assert not (tmp_path / "call.txt").exists()


TRACK = (
    "1.000000\t4.213000\tturn: Hi. I want to see someone.\n\\\t100.0\t2000.0\n\n"
    "4.971000\t10.290000\tagent\r\n6.871000\t9.690000\tInterruption: Sorry but\n"
    "13.594000\t15.817000\tturn\n"
)


def test_a_label_track_beside_a_recording_is_its_labels(turnlab: Turnlab, tmp_path: Path) -> None:
    audio = call_in(tmp_path, track=TRACK)
    report = turnlab("simulate", audio, "--json").json()
    assert report["recordings"][0]["labelled"]
    # the interruption, which no turn overlaps, counts as a turn too
    assert report["runs"][0]["readouts"]["cut_ins"]["of"] == 3
    scripted = turnlab("simulate", audio, "--replay", "scripted", "--json").json()["runs"][0]
    assert any(event["type"] == "barge_in" and 6.8 < event["t"] < 8.5 for event in scripted["events"])


def test_json_labels_come_before_a_label_track(turnlab: Turnlab, tmp_path: Path) -> None:
    audio = call_in(tmp_path)
    (tmp_path / "call.txt").write_text("1.0\t2.0\tturn\n")
    assert turnlab("recordings", tmp_path, "--json").json()[0]["turns"] == 7
    assert turnlab("simulate", audio).code == 0


@pytest.mark.parametrize(
    ("track", "says"),
    [
        ("1.0\t2.0\tturn\n3.0\t4.0\thello\n", "line 2: 'hello' is not a label Turnlab knows; use turn, agent"),
        ("1.0\t2.0\tturn\n3.0\t4.0\n", "line 2: '' is not a label"),
        ("1.0\t2.0\tturn\n\nabout three\n", "line 3: is not 'start TAB end TAB text'"),
        ("1.0\t2.0\tturn\n3.0\t3.0\tcough\n", "line 2: cough ends at 3 s, not after its start"),
        ("1.0\t2.0\tturn\nsoon\t4.0\tturn\n", "line 2: 'soon' is not a time"),
        ("1.0\t2.0\tturn\n-3.0\t4.0\tturn\n", "line 2: -3.0 s is not in the recording"),
        ("1.0\t2.0\tturn\n1.0\t2.0\tagent: hello\n", "line 2: agent takes no words"),
        ("1.0\t2.0\tturn\n1.0\t2.0\tinterruption by Ann: wait\n", "line 2: interruption takes no speaker"),
        ("1.0\t2.0\tturn\n1.5\t3.0\tturn\n", "there is one from 0:01.0 to 0:02.0 already, and the one"),
        ("1.0\t900.0\tturn\n", "names 900.00 s, but the audio ends at"),
    ],
)
def test_a_mistake_in_a_label_track_is_named_by_line(
    turnlab: Turnlab, tmp_path: Path, track: str, says: str
) -> None:
    line = turnlab("simulate", call_in(tmp_path, track=track)).one_line(1)
    assert "call.txt" in line
    assert says in line
    assert says in turnlab("labels", "import", tmp_path / "call.txt").one_line(1)
    assert not (tmp_path / "call.json").exists()


def test_a_text_that_is_not_a_label_track_is_reported_and_unchanged(turnlab: Turnlab, tmp_path: Path) -> None:
    audio = call_in(tmp_path, track="Notes about this call: 3 turns, nice caller.\n")
    done = turnlab("simulate", audio, "--json")
    assert "call.txt: is not an Audacity label track" in done.err
    assert not done.json()["recordings"][0]["labelled"]


@pytest.mark.parametrize("coding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("lines", [["1.000000\t3.000000\tturn"], ["1,000000\t2,5\tturn", "3,25\t4\tturn"]])
def test_a_label_track_is_read_as_windows_and_other_languages_write_it(
    turnlab: Turnlab, tmp_path: Path, coding: str, lines: list[str]
) -> None:
    audio = call_in(tmp_path, track="")
    audio.with_suffix(".txt").write_bytes("\r\n".join(lines).encode(coding))
    done = turnlab("recordings", tmp_path, "--json")
    assert (done.json()[0]["turns"], done.err) == (len(lines), "")
    assert turnlab("labels", "import", audio.with_suffix(".txt")).code == 0
    back = json.loads(audio.with_suffix(".json").read_text())["turns"]
    assert [turn["start_s"] for turn in back] == [float(line.split("\t")[0].replace(",", ".")) for line in lines]


@pytest.mark.parametrize(
    ("labels", "says", "labelled"),
    [
        (
            {"transcript_object": [{"words": []}]},
            "holds no field Turnlab knows, so the recording is unlabelled",
            False,
        ),
        ({"id": "c1", "text": "hello", "segments": [], "language": "en"}, "holds no field Turnlab knows", False),
        ({"turn": [{"start_s": 1.0, "end_s": 3.0}]}, "did you mean turns where it says turn?", False),
        (
            {"turns": [], "Backchannel": []},
            "Backchannel is not a field of labels; did you mean backchannels?",
            True,
        ),
        (
            {
                "turns": [{"start_s": 1, "end_s": 3}],
                "events": [{"type": "x", "start_s": 1, "end_s": 2, "should_bargein": 1}],
            },
            "events.should_bargein is not a field of labels; did you mean should_barge_in?",
            True,
        ),
        ({"turns": [], "condition": {"echo-db": -20}}, "condition.echo-db is not a field of labels", True),
    ],
)
def test_an_unknown_label_field_gets_the_nearest_name(
    turnlab: Turnlab, tmp_path: Path, labels: dict[str, Any], says: str, labelled: bool
) -> None:
    audio = call_in(tmp_path)
    audio.with_suffix(".json").write_text(json.dumps(labels))
    listed = turnlab("recordings", tmp_path, "--json")
    assert listed.json()[0]["labelled"] == labelled
    for done in (listed, turnlab("simulate", audio)):
        (line,) = done.err.splitlines()
        assert f"call.json: {says}" in line or ("call.json: holds no field" in line and says in line)
    if not labelled:
        assert "call.json: holds no field Turnlab knows" in turnlab("evaluate", audio).err
        assert "call.json: holds no field Turnlab knows" in turnlab("labels", "export", audio).one_line(1)


def test_a_missing_label_field_names_its_misspelling(turnlab: Turnlab, tmp_path: Path) -> None:
    audio = call_in(tmp_path)
    audio.with_suffix(".json").write_text('{"turns": [{"start": 1.0, "end_s": 3.0}]}')
    assert "did you mean it where it says start?" in turnlab("simulate", audio).one_line(1)


def test_bundled_labels_have_no_warnings(turnlab: Turnlab) -> None:
    for folder in (bundled_folder(), CORPUS):
        if folder.is_dir():
            assert turnlab("recordings", folder).err == ""


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("export", "nowhere.flac"), "no such file"),
        (("import", "nowhere.txt"), "no such file"),
        (("export", "bare.flac"), "has no label file beside it"),
        (("import", "bare.flac"), "is not a .txt, .TextGrid, .rttm or .srt file"),
    ],
)
def test_a_wrong_labels_command_line_says_what_to_do(
    turnlab: Turnlab, tmp_path: Path, arguments: tuple[str, str], says: str
) -> None:
    (tmp_path / "bare.flac").write_bytes(b"fLaC")
    assert says in turnlab("labels", *arguments, cwd=tmp_path).one_line(2)


def test_a_read_only_folder_is_named(turnlab: Turnlab, tmp_path: Path) -> None:
    audio = call_in(tmp_path)
    assert "no such file" in turnlab("labels", "export", audio, "--output", tmp_path / "no" / "x.txt").one_line(1)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["call.flac", "call.json"]
