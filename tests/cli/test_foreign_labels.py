"""Recordings with label files of other programs: Praat, speaker diarisation, subtitles."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from simulator.recording import bundled_folder
from tests.cli.conftest import Turnlab

LENGTH_S = 33.0
"""A little less than the recording lasts."""

Tier = tuple[str, list[tuple[float, float, str]]]


def call_in(folder: Path, ending: str, content: str | bytes) -> Path:
    """A bundled recording in its own folder, with a label file of another program."""
    shutil.copy(bundled_folder() / "interruptions.flac", folder / "call.flac")
    (folder / f"call{ending}").write_bytes(content if isinstance(content, bytes) else content.encode())
    return folder / f"call{ending}"


def textgrid(*tiers: Tier, short: bool = False) -> str:
    """A TextGrid as Praat saves it: every tier from start to end, with empty intervals between labels."""
    lines = ['File type = "ooTextFile"', 'Object class = "TextGrid"', ""]
    ends = ["0", f"{LENGTH_S}"]
    lines += [*ends, "<exists>"] if short else ["xmin = 0 ", f"xmax = {LENGTH_S} ", "tiers? <exists> "]
    lines += [f"{len(tiers)}"] if short else [f"size = {len(tiers)} ", "item []: "]
    for number, (name, labels) in enumerate(tiers, start=1):
        filled, at_s = [], 0.0
        for start_s, end_s, text in [*labels, (LENGTH_S, LENGTH_S, "")]:
            filled += [(at_s, start_s, "")] if start_s > at_s else []
            filled += [(start_s, end_s, text.replace('"', '""'))] if end_s > start_s else []
            at_s = end_s
        if short:
            lines += ['"IntervalTier"', f'"{name}"', *ends, f"{len(filled)}"]
            lines += [line for one in filled for line in (f"{one[0]}", f"{one[1]}", f'"{one[2]}"')]
            continue
        lines += [f"    item [{number}]:", '        class = "IntervalTier" ', f'        name = "{name}" ']
        lines += ["        xmin = 0 ", f"        xmax = {LENGTH_S} ", f"        intervals: size = {len(filled)} "]
        for place, (start_s, end_s, text) in enumerate(filled, start=1):
            lines += [f"        intervals [{place}]:", f"            xmin = {start_s} "]
            lines += [f"            xmax = {end_s} ", f'            text = "{text}" ']
    return "\n".join(lines) + "\n"


def imported(turnlab: Turnlab, path: Path, *options: str) -> dict[str, Any]:
    assert turnlab("labels", "import", path, *options).code == 0
    found: dict[str, Any] = json.loads((path.parent / "call.json").read_text())
    return found


CALLER: Tier = ("Ann", [(1.0, 2.0, 'I said "now"'), (3.5, 4.2, "or never"), (13.6, 15.8, "yes")])
AGENT: Tier = ("Agent", [(4.9, 10.3, "please hold"), (16.0, 18.0, "done")])
MURMUR: Tier = ("backchannels", [(6.9, 7.3, "mm-hm")])


@pytest.mark.parametrize("short", [False, True])
@pytest.mark.parametrize("coding", ["utf-8", "utf-16"])
def test_a_textgrid_beside_a_recording_says_who_talks_when(
    turnlab: Turnlab, tmp_path: Path, short: bool, coding: str
) -> None:
    path = call_in(tmp_path, ".TextGrid", textgrid(CALLER, AGENT, MURMUR, short=short).encode(coding))
    listed = turnlab("recordings", tmp_path, "--json")
    assert (listed.json()[0]["turns"], listed.err) == (2, "")
    labels = imported(turnlab, path)
    assert labels["label_origin"] == "Praat TextGrid call.TextGrid"
    assert [(one["start_s"], one["end_s"], one["text"]) for one in labels["turns"]] == [
        (1.0, 4.2, 'I said "now" or never'),  # with a pause of 1.5 s inside
        (13.6, 15.8, "yes"),
    ]
    assert labels["agent"] == [[4.9, 10.3], [16.0, 18.0]]
    assert labels["backchannels"] == [[6.9, 7.3]]
    assert [(one["type"], one["should_barge_in"]) for one in labels["events"]] == [("backchannel", False)]


def test_words_of_an_aligner_are_turns_where_no_tier_has_whole_utterances(turnlab: Turnlab, tmp_path: Path) -> None:
    words: Tier = ("words", [(1.0, 1.4, "we"), (1.4, 2.0, "wait"), (2.1, 2.5, "sil"), (2.6, 3.0, "here")])
    phones: Tier = ("phones", [(1.0, 1.2, "W"), (1.2, 1.4, "IY")])
    labels = imported(turnlab, call_in(tmp_path, ".TextGrid", textgrid(words, phones)))
    assert [(one["start_s"], one["end_s"], one["text"]) for one in labels["turns"]] == [(1.0, 3.0, "we wait here")]
    assert labels["speech"] == [[1.0, 2.0], [2.6, 3.0]]
    path = call_in(tmp_path, ".TextGrid", textgrid(CALLER, words))
    assert len(imported(turnlab, path, "--force")["turns"]) == 2


RTTM = (
    ";; made by a machine\nSPKR-INFO call 1 <NA> <NA> <NA> unknown S0 <NA>\n"
    "SPEAKER call 1 1.00 1.00 <NA> <NA> S0 <NA> <NA>\nSPEAKER call 1 2,05 0,95 <NA> <NA> S0 <NA> <NA>\n"
    "SPEAKER other 1 9.00 1.00 <NA> <NA> S9 <NA> <NA>\n"
    "SPEAKER call 1 3.2 1.2 <NA> <NA> S1 <NA> <NA>\nSPEAKER call 1 4.6 0.9 <NA> <NA> S0 <NA> <NA>\n"
)


def test_rttm_is_turns_of_its_speakers_and_one_of_them_may_be_the_agent(turnlab: Turnlab, tmp_path: Path) -> None:
    path = call_in(tmp_path, ".rttm", RTTM)
    assert turnlab("recordings", tmp_path, "--json").json()[0]["turns"] == 3
    labels = imported(turnlab, path)
    assert [(one["start_s"], one["end_s"], one["speaker"]) for one in labels["turns"]] == [
        (1.0, 3.0, "S0"),
        (3.2, 4.4, "S1"),
        (4.6, 5.5, "S0"),
    ]
    assert "agent" not in labels
    labels = imported(turnlab, path, "--agent", "S1", "--force")
    assert [(one["start_s"], one["end_s"]) for one in labels["turns"]] == [(1.0, 3.0), (4.6, 5.5)]
    assert labels["agent"] == [[3.2, 4.4]]
    assert labels["speech"] == [[1.0, 3.0], [4.6, 5.5]]


SRT = (
    "1\r\n00:00:01,000 --> 00:00:02,500\r\nCaller: I want\r\nto <i>see</i> someone\r\n\r\n"
    "2\r\n00:00:05,000 --> 00:00:09,000\r\nAgent: Which day?\r\n\r\n"
    "3\r\n00:00:09,250 --> 00:00:10,750\r\nCaller: Today\r\n"
)


def test_subtitles_are_turns_and_the_agent_where_every_cue_says_who_speaks(
    turnlab: Turnlab, tmp_path: Path
) -> None:
    labels = imported(turnlab, call_in(tmp_path, ".srt", SRT))
    assert [(one["start_s"], one["end_s"], one["text"]) for one in labels["turns"]] == [
        (1.0, 2.5, "I want to see someone"),
        (9.25, 10.75, "Today"),
    ]
    assert labels["agent"] == [[5.0, 9.0]]
    plain = SRT.replace("Caller: I", "I")
    labels = imported(turnlab, call_in(tmp_path, ".srt", plain), "--force")
    assert [one["text"] for one in labels["turns"]] == ["I want to see someone", "Agent: Which day? Caller: Today"]


def test_the_projects_own_labels_come_before_those_of_other_programs(turnlab: Turnlab, tmp_path: Path) -> None:
    call_in(tmp_path, ".rttm", RTTM)
    (tmp_path / "call.txt").write_text("1.0\t2.0\tturn\n")
    assert turnlab("recordings", tmp_path, "--json").json()[0]["turns"] == 1
    shutil.copy(bundled_folder() / "interruptions.json", tmp_path / "call.json")
    assert turnlab("recordings", tmp_path, "--json").json()[0]["turns"] == 7


@pytest.mark.parametrize(
    ("ending", "content", "says"),
    [
        (".TextGrid", "hello", "is not a complete Praat TextGrid"),
        (".TextGrid", textgrid(CALLER, AGENT)[:-200], "is not a complete Praat TextGrid"),
        (".TextGrid", textgrid(CALLER, AGENT, short=True)[:-40], "breaks off in tier Agent"),
        (".TextGrid", textgrid(CALLER, AGENT, short=True).partition('"IntervalTier"\n"Agent"')[0], "breaks off"),
        (".TextGrid", textgrid(("Ann", [(1.0, 90.0, "x")])), "but the audio ends at"),
        (
            ".TextGrid",
            textgrid(("turns", [(2.0, 3.0, "x")]), ("turn", [(2.5, 4.0, "y")])),
            "turns: there is one from",
        ),
        (".rttm", "SPEAKER call 1 soon 1.0 <NA> <NA> S0 <NA> <NA>", "line 1: 'soon 1.0' is not a start and length"),
        (".rttm", "SPEAKER call 1 2.0 0.0 <NA> <NA> S0 <NA> <NA>", "S0 runs from 2 to 2 s"),
        (".rttm", "SPEAKER call 1 2.0", "line 1: is not 'SPEAKER file channel"),
        (".rttm", RTTM.replace("call", "else"), "has 2 recordings, none of them call"),
        (".rttm", "", "has no line SPEAKER"),
        (".srt", "nonsense", "is not a complete SRT file"),
        (".srt", SRT.replace("00:00:05,000", "soon"), "is not a complete SRT file"),
        (".srt", SRT.replace("00:00:02,500", "00:00:00,500"), "Caller runs from 1 to 0.5 s"),
    ],
    ids=str.split(
        "foreign torn short-torn tier-missing too-long two-turns time empty-span line others none no cue back"
    ),
)
def test_a_file_that_cannot_be_used_is_one_sentence_and_hides_no_other(
    turnlab: Turnlab, tmp_path: Path, ending: str, content: str, says: str
) -> None:
    path = call_in(tmp_path, ending, content)
    shutil.copy(bundled_folder() / "coughs.flac", tmp_path)
    assert says in turnlab("labels", "import", path).one_line(1)
    done = turnlab("recordings", tmp_path, "--json")
    assert done.code == 1
    (line,) = done.err.splitlines()
    assert says in line
    assert path.name in line
    assert [one["id"] for one in json.loads(done.out)] == ["coughs"]


def test_an_unknown_agent_name_lists_the_speakers(turnlab: Turnlab, tmp_path: Path) -> None:
    path = call_in(tmp_path, ".rttm", RTTM)
    assert "no speaker or tier Bob; it has S0, S1" in turnlab("labels", "import", path, "--agent", "Bob").one_line(
        1
    )
    track = call_in(tmp_path, ".txt", "1.0\t2.0\tturn\n")
    assert "has no speakers" in turnlab("labels", "import", track, "--agent", "Bob").one_line(2)
