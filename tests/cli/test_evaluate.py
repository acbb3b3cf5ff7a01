"""``turnlab evaluate`` as people and scripts rely on it."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from simulator.recording import bundled_folder, find_audio
from tests.cli.conftest import Turnlab, turnlab_in

BALANCED, EAGER_TO_STOP = "balanced", '{"barge_in_min_speech_s": 0.1, "eot_timeout_ms": 800}'


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory, analyses: Path) -> Any:
    call = turnlab_in(tmp_path_factory.mktemp("home"), analyses, installed=True)
    return call("evaluate", bundled_folder(), "-c", BALANCED, "-c", EAGER_TO_STOP, "--json").json()


def _trade_off(report: Any, kind: str | None, arm: str) -> Any:
    (found,) = [one for one in report["end_of_turn"] if one["kind"] == kind and arm in one["arms"]]
    return found


def test_the_report_has_the_documented_shape(report: Any) -> None:
    assert report["schema"] == "turnlab.evaluation/1"
    assert [arm["name"] for arm in report["arms"]] == ["balanced", "inline"]
    assert [one["id"] for one in report["recordings"]] == [path.stem for path in find_audio([bundled_folder()])]
    assert (report["skipped"], report["failed"]) == ([], [])
    kinds = {one["kind"] for one in report["recordings"]}
    assert {one["kind"] for one in report["end_of_turn"]} == {*kinds, None}
    for found in report["end_of_turn"]:
        assert [at["budget"] for at in found["budgets"]] == [0.02, 0.05, 0.1, 0.2, 0.33, 0.4]
        for curve in found["curve"].values():
            assert curve["threshold"] == sorted(curve["threshold"])
            assert curve["cut_in_rate"] == sorted(curve["cut_in_rate"], reverse=True)
            assert curve["mean_ms"] == sorted(curve["mean_ms"])
    assert set(report["readouts"]) == {"balanced", "inline"}
    assert report["comparison"]["baseline"] == "balanced"


@pytest.mark.slow
def test_arms_are_on_the_curve_at_their_sensitivity(turnlab: Turnlab) -> None:
    arms = [
        option
        for text in ("{}", *(f'{{"eager_eot_threshold": {a}}}' for a in (0.1, 0.7)))
        for option in ("-c", text)
    ]
    report = turnlab("evaluate", bundled_folder(), *arms, "--json").json()
    found = _trade_off(report, None, "inline")
    profile, patient, hasty = ({**at, "arm": ""} for at in found["arm_thresholds"])
    assert profile == {**found["profile_threshold"], "arm": ""}
    assert (patient["threshold"], patient["eager_eot_threshold"]) == (0.84, 0.1)
    assert (hasty["threshold"], hasty["eager_eot_threshold"]) == (0.48, 0.7)
    # the complaint of the demo's callers, and its price
    cut_ins, waits = (
        [report["comparison"]["readouts"][name]["arms"][arm] for arm in ("inline-2", "inline", "inline-3")]
        for name in ("cut_ins", "response_ms")
    )
    assert cut_ins[0] <= cut_ins[1] <= cut_ins[2]
    assert cut_ins[0] < cut_ins[2]
    assert waits[0] > waits[1] > waits[2]
    assert patient["cut_in_rate"] < hasty["cut_in_rate"]
    drawn = turnlab("evaluate", bundled_folder(), *arms).out
    for letter in "ABC":
        assert re.search(rf" \|.*{letter}", drawn), f"{letter} is not on the curve"


def test_a_budget_is_kept_and_its_delay_is_on_the_curve(report: Any) -> None:
    found = _trade_off(report, None, "balanced")
    for at in found["budgets"]:
        for judge in ("judged", "silence"):
            point, curve = at[judge], found["curve"][judge]
            assert point["cut_in_rate"] <= at["budget"]
            place = curve["threshold"].index(point["threshold"])
            assert curve["mean_ms"][place] == point["delay_ms"]["mean"]
            assert place == 0 or curve["cut_in_rate"][place - 1] > at["budget"]


def test_a_short_timeout_cuts_in_on_long_pauses(report: Any) -> None:
    patient, hasty = (_trade_off(report, "hesitation", arm) for arm in ("balanced", "inline"))
    assert patient["curve"]["judged"]["cut_in_rate"][-1] == 0.0
    assert hasty["curve"]["judged"]["cut_in_rate"][-1] > 0.0
    assert hasty["budgets"][0]["judged"] is None


def test_barge_in_is_scored_by_kind_with_what_it_is_out_of(report: Any) -> None:
    scores = {(one["arm"], one["kind"]): one for one in report["barge_in"]}
    interruption = scores["balanced", "long interruption"]
    assert interruption["hits"] == interruption["labelled"] > 0
    assert interruption["misses"] == 0
    assert interruption["stop_ms"]["max"] < 1500
    for kind in ("backchannel", "cough", "other noise"):
        assert scores["balanced", kind]["false_alarms"] == 0
        assert scores["balanced", kind]["over_agent"] > 0
    assert scores["inline", "backchannel"]["false_alarms"] > 0


def test_voice_activity_is_scored_where_speech_is_labelled(report: Any) -> None:
    (score,) = report["voice_activity"]
    assert (score["group"], score["recordings"]) == ("composed", 7)
    assert score["f1"] > 0.9
    assert score["frames"]["both"] > 1000


def test_the_readouts_are_those_of_simulate(turnlab: Turnlab) -> None:
    path = bundled_folder() / "booking.flac"
    evaluated = turnlab("evaluate", path, "-c", "quality", "--json").json()["readouts"]["quality"]
    simulated = turnlab("simulate", path, "-c", "quality", "--json").json()["runs"][0]["readouts"]
    assert evaluated == simulated


def test_the_tables_use_plain_words_and_characters(turnlab: Turnlab) -> None:
    done = turnlab("evaluate", bundled_folder(), "-c", BALANCED, "-c", EAGER_TO_STOP)
    assert done.code == 0, done.err
    assert "End of turn by" in done.out
    assert "Barge-in" in done.out
    assert "Voice activity" in done.out
    assert "A fixed silence ends early, of 44 turns: " in done.out
    assert re.search(r"^ at most 5 % +\d+ of 44 turns +[\d,]+ ms ", done.out, re.MULTILINE)
    assert re.search(r"^ backchannel +should not +0 of \d+ ", done.out, re.MULTILINE)
    assert " |" in done.out
    tables = done.out.count(" by silence alone   model's wait against it ")
    assert tables == done.out.count("End of turn by") > 1, "all of them are parted, so that no header breaks"
    assert not any("\u2800" <= glyph <= "\u28ff" for glyph in done.out)
    assert "\x1b" not in done.out


@pytest.mark.slow
def test_silence_only_shows_no_second_curve(turnlab: Turnlab) -> None:
    done = turnlab("evaluate", bundled_folder(), "--eot", "silence", "--only", "booking,thinking")
    assert done.code == 0, done.err
    assert "End of turn by silence only" in done.out
    assert "silence alone" not in done.out
    assert "19 in 20 within   setting   confidence \n" in done.out


def test_only_the_named_recordings_are_scored(turnlab: Turnlab, tmp_path: Path) -> None:
    names = tmp_path / "names.txt"
    names.write_text("# held back\nbooking\n\nte*\n")
    report = turnlab("evaluate", bundled_folder(), "--only", f"@{names}", "--only", "cough?", "--json").json()
    assert [one["id"] for one in report["recordings"]] == ["booking", "coughs", "telephone"]
    assert "no recording is called nobody" in turnlab("evaluate", bundled_folder(), "--only", "nobody").one_line(2)
    assert "nowhere.txt" in turnlab("evaluate", bundled_folder(), "--only", "@nowhere.txt").one_line(2)


def test_a_folder_without_labels_has_nothing_to_score_against(turnlab: Turnlab, tmp_path: Path) -> None:
    shutil.copy(bundled_folder() / "coughs.flac", tmp_path / "call.flac")
    line = turnlab("evaluate", tmp_path).one_line(1)
    assert "none of 1 recording(s) is labelled" in line
    assert "NAME.json" in line


def test_provisional_labels_are_reported(turnlab: Turnlab, tmp_path: Path) -> None:
    _labelled(tmp_path, "live", provisional=True)
    line = turnlab("evaluate", tmp_path).one_line(1)
    assert "the labels of 1 of 1 recording(s) are provisional" in line
    assert "check them with t in Tune" in line
    assert "put a label file" not in line
    shutil.copy(bundled_folder() / "coughs.flac", tmp_path / "plain.flac")
    assert "provisional, the other 1 unlabelled" in turnlab("evaluate", tmp_path).one_line(1)
    _labelled(tmp_path, "good")
    assert "Skipped: live.flac, provisional labels; check them with t in Tune." in turnlab("evaluate", tmp_path).out


def test_an_unusable_recording_is_named_and_the_rest_is_scored(turnlab: Turnlab, tmp_path: Path) -> None:
    _labelled(tmp_path, "good")
    _labelled(tmp_path, "bad", turns=[{"start_s": 1.0, "end_s": 900.0}])
    _labelled(tmp_path, "mixed", channel="mix")
    shutil.copy(bundled_folder() / "coughs.flac", tmp_path / "plain.flac")
    done = turnlab("evaluate", tmp_path, "--json")
    assert done.code == 1
    (line,) = done.err.splitlines()
    assert "bad.json: names 900.00 s, but the audio ends at" in line
    report = json.loads(done.out)
    assert [one["id"] for one in report["recordings"]] == ["good"]
    assert [Path(one["path"]).stem for one in report["failed"]] == ["bad"]
    assert {Path(one["path"]).stem: one["why"] for one in report["skipped"]} == {
        "plain": "unlabelled",
        "mixed": "is a mix of both sides",
    }
    (tmp_path / "bad.json").unlink()
    told = turnlab("evaluate", tmp_path).out
    assert "Skipped: plain.flac, unlabelled." in told
    assert "Skipped: mixed.flac, is a mix of both sides." in told


def test_labels_of_speech_alone_score_voice_activity_alone(turnlab: Turnlab, tmp_path: Path) -> None:
    shutil.copy(bundled_folder() / "coughs.flac", tmp_path / "call.flac")
    labels = json.loads((bundled_folder() / "coughs.json").read_text())
    (tmp_path / "call.json").write_text(json.dumps({"speech": labels["speech"], "label_origin": "human (me)"}))
    report = turnlab("evaluate", tmp_path, "--json").json()
    assert [one["group"] for one in report["voice_activity"]] == ["labelled by people"]
    assert (report["end_of_turn"], report["barge_in"], report["comparison"]) == ([], [], None)
    assert turnlab("evaluate", tmp_path).code == 0


def _labelled(folder: Path, name: str, **changes: Any) -> None:
    shutil.copy(bundled_folder() / "coughs.flac", folder / f"{name}.flac")
    labels = json.loads((bundled_folder() / "coughs.json").read_text())
    (folder / f"{name}.json").write_text(json.dumps({**labels, **changes}))
