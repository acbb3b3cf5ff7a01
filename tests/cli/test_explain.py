"""``--explain``: one call, turn by turn."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

from simulator.recording import bundled_folder
from tests.cli.conftest import Turnlab

RECORDINGS = bundled_folder()


def test_explain_shows_each_turn_with_numbers_and_a_verdict(turnlab: Turnlab) -> None:
    done = turnlab("simulate", RECORDINGS / "interruptions.flac", "--eot", "silence", "--explain")
    assert done.code == 0
    told = " ".join(done.out.split())
    assert "Cutting the agent short, arm balanced, elastic replay" in told
    assert "Turn 1: “Hi. I want to see someone" in told
    assert re.search(
        r"End of turn: turn confidence 0\.\d+ reached 0\.\d+ \(the profile's eot_threshold\) after", told
    )
    assert re.search(r"The caller stops the agent after “.+?”: the caller spoke 0\.8\d s of 0\.80 s", told)
    assert "Never said: “" in told
    assert re.search(r"= Answered \d+ ms after the true end \(most of it: end of turn \d+", told)
    moments = re.findall(r"^ *(\d+):(\d\d\.\d\d)  ", done.out, re.MULTILINE)
    assert len(moments) > 40


def test_explain_shows_each_arm(turnlab: Turnlab) -> None:
    arms = ("-c", "balanced", "-c", '{"filler_style": "silent"}')
    told = turnlab("simulate", RECORDINGS / "booking.flac", "--eot", "silence", *arms, "--explain").out
    first, second = told.split("arm inline,")
    assert "The agent says" in first
    assert "The agent says" not in second
    assert "Tool find_times is done" in first


def test_explain_and_json_exclude_each_other(turnlab: Turnlab) -> None:
    done = turnlab("simulate", RECORDINGS / "booking.flac", "--explain", "--json")
    assert "--explain" in done.one_line(2)


def test_explain_of_scripted_replay_shows_only_its_decisions(turnlab: Turnlab) -> None:
    recording = RECORDINGS / "interruptions.flac"
    done = turnlab("simulate", recording, "--eot", "silence", "--replay", "scripted", "--explain")
    assert done.code == 0, done.err
    assert "missed barge-ins" in done.out
    assert "Response, median" not in done.out
    assert "The agent talks (from the labels)." in done.out
    assert "The caller stops the agent: " in done.out
    assert "“”" not in done.out
    assert not re.search(r"^= |Missed|[Aa]nswered", done.out, re.MULTILINE)


def test_explain_separates_unended_turns_from_unheard_ones(turnlab: Turnlab, tmp_path: Path) -> None:
    audio = tmp_path / "call.flac"
    shutil.copy(RECORDINGS / "booking.flac", audio)
    spoken, unspoken = (1.0, 1.5), (6.5, 7.0)  # the caller continues after a breath; nobody speaks
    turns = [{"start_s": start, "end_s": end} for start, end in (spoken, (1.8, 4.1), unspoken, (7.4, 9.6))]
    audio.with_suffix(".json").write_text(json.dumps({"turns": turns}))
    told = turnlab("simulate", audio, "--eot", "silence", "--explain").out
    verdicts = re.findall(r"^= (.+)$", told, re.MULTILINE)
    assert verdicts[0].startswith("Missed: no end of turn before the caller spoke again.")
    assert verdicts[2].startswith("Missed: nothing was heard of this turn.")


def test_explain_says_which_turns_were_not_heard(turnlab: Turnlab, tone: Path) -> None:
    turns = [{"start_s": start, "end_s": start + 0.2, "text": "too soft to hear"} for start in (0.1, 0.6)]
    tone.with_suffix(".json").write_text(json.dumps({"turns": turns}))
    told = turnlab("simulate", tone, "--eot", "silence", "--explain").out
    first, last = re.findall(r"^= (.+)$", told, re.MULTILINE)
    assert first.startswith("Missed: nothing was heard of this turn.")
    assert last.startswith("Missed: nothing was heard of this turn.")
