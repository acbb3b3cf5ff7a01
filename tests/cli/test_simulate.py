"""``turnlab simulate`` as scripts rely on it."""

from __future__ import annotations

import json
import os
import re
import shutil
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import soundfile as sf

from simulator.recording import bundled_folder, find_audio
from tests.cli.conftest import Turnlab, events_by_arm, turnlab_in
from tests.simulator.conftest import CORPUS

CONTRACT = Path(__file__).parents[2].parent / "shared" / "contract" / "platform.openapi.json"


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory, analyses: Path) -> Any:
    call = turnlab_in(tmp_path_factory.mktemp("home"), analyses, installed=True)
    return call(
        "simulate", bundled_folder(), "--config", "ultra_low_latency", "--config", "quality", "--json"
    ).json()


def test_the_report_has_the_documented_shape(report: Any) -> None:
    assert report["schema"] == "turnlab.simulation/1"
    assert [arm["name"] for arm in report["arms"]] == ["ultra_low_latency", "quality"]
    assert report["arms"][1]["voice_config"]["tts_model"] == "sonic-3"
    ids = [recording["id"] for recording in report["recordings"]]
    assert ids == [path.stem for path in find_audio([bundled_folder()])]
    assert {(run["recording"], run["arm"]) for run in report["runs"]} == {
        (one, arm) for one in ids for arm in ("ultra_low_latency", "quality")
    }
    assert all(set(one) >= {"id", "path", "duration_s", "labelled"} for one in report["recordings"])
    assert set(report["timing"]) == {"analysis_s", "decision_s"}
    comparison = report["comparison"]
    assert comparison["baseline"] == "ultra_low_latency"
    for found in comparison["readouts"].values():
        assert set(found["arms"]) == {"ultra_low_latency", "quality"}
        assert set(found["delta"]) == set(found["ci95"]) == {"quality"}
        assert isinstance(found["n"], int)
    assert comparison["interval_over"] == "recordings"
    assert " ms slower than ultra_low_latency (95 % sure between " in comparison["verdicts"]["quality"]
    low, high = comparison["readouts"]["response_ms"]["ci95"]["quality"]
    assert low <= comparison["readouts"]["response_ms"]["delta"]["quality"] <= high


def test_ultra_low_latency_answers_sooner_on_every_recording(report: Any) -> None:
    medians = {(run["recording"], run["arm"]): run["readouts"]["response_ms"]["p50"] for run in report["runs"]}
    for recording in report["recordings"]:
        name = recording["id"]
        assert medians[name, "ultra_low_latency"] < medians[name, "quality"]


def test_events_are_in_order_with_three_decimals_and_a_reason(report: Any) -> None:
    for run in report["runs"]:
        stamps = [event["t"] for event in run["events"]]
        assert stamps == sorted(stamps)
        for event in run["events"]:
            assert round(event["t"], 3) == event["t"]
            assert event["why"]["text"]


def test_the_stage_means_add_up_to_the_mean_response(report: Any) -> None:
    for run in report["runs"]:
        gaps = run["timeline"]["avg_processing_gap_ms"]
        assert sum(run["readouts"]["stages_ms"].values()) == pytest.approx(gaps, abs=0.5)


def test_the_timeline_is_the_vendors_playback_timeline(report: Any) -> None:
    if not CONTRACT.is_file():
        pytest.skip("the vendor's OpenAPI document is not beside the project")
    components = json.loads(CONTRACT.read_text())["components"]
    schema = {"$ref": "#/components/schemas/PlaybackTimeline", "components": components}
    for run in report["runs"]:
        jsonschema.validate(run["timeline"], schema)
        turns = {turn["turn_index"] for turn in run["timeline"]["turns"]}
        assert {segment["turn_index"] for segment in run["timeline"]["segments"]} <= turns
        lanes = {lane["id"] for lane in run["timeline"]["lanes"]}
        assert {segment["lane_id"] for segment in run["timeline"]["segments"]} <= lanes


def test_a_minimum_below_the_speech_over_the_agent_makes_a_barge_in_appear(turnlab: Turnlab) -> None:
    path = bundled_folder() / "backchannels.flac"
    report = turnlab(
        *("simulate", path, "--json", "-c", '{"barge_in_min_speech_s": 0.8}'),
        *(
            "-c",
            '{"barge_in_min_speech_s": 0.1, "forwarding": {"number": "+15550100142", "auth": "x", "name": "y"}}',
        ),
    ).json()
    # numbers and secrets of a configuration are private
    shown = report["arms"][1]["voice_config"]["forwarding"]
    assert shown == {"number": "+•••••••••42", "auth": "•", "name": "y"}
    counts = [sum(e["type"] == "barge_in" for e in run["events"]) for run in report["runs"]]
    assert counts[0] == 0
    assert counts[1] > 0
    assert report["runs"][1]["readouts"]["false_barge_ins"]["count"] > 0


@pytest.mark.slow
def test_the_same_seed_repeats_and_the_order_of_arms_changes_nothing(turnlab: Turnlab, installed: Turnlab) -> None:
    path = bundled_folder() / "booking.flac"
    forth = installed("simulate", path, "-c", "balanced", "-c", "quality", "--seed", "3", "--json").json()
    back = turnlab("simulate", path, "-c", "quality", "-c", "balanced", "--seed", "3", "--json").json()
    assert events_by_arm(forth) == events_by_arm(back)


@pytest.mark.slow
def test_real_speech_works_the_same_with_its_own_labels(turnlab: Turnlab) -> None:
    if not (CORPUS / "dev-001.flac").is_file():
        pytest.skip("the corpus of real speech is not beside the project")
    report = turnlab(
        "simulate", CORPUS / "dev-001.flac", "-c", "ultra_low_latency", "-c", "quality", "--json"
    ).json()
    assert report["recordings"][0]["labelled"]
    first, second = (run["readouts"]["response_ms"]["p50"] for run in report["runs"])
    assert first < second


def test_without_labels_what_needs_truth_is_left_out(turnlab: Turnlab, tmp_path: Path) -> None:
    shutil.copy(bundled_folder() / "booking.flac", tmp_path / "call.flac")
    report = turnlab("simulate", tmp_path / "call.flac", "--json").json()
    readouts = report["runs"][0]["readouts"]
    assert not readouts["labelled"]
    assert "cut_ins" not in readouts
    assert readouts["response_ms"]["n"] > 0
    assert not report["recordings"][0]["labelled"]


def test_silence_only_is_said(turnlab: Turnlab) -> None:
    path = bundled_folder() / "booking.flac"
    report = turnlab("simulate", path, "--eot", "silence", "--json").json()
    assert report["runs"][0]["readouts"]["silence_only"]
    assert "silence only" in turnlab("simulate", path, "--eot", "silence").out


def test_files_of_the_same_name_get_unique_ids(turnlab: Turnlab, tmp_path: Path) -> None:
    for name in ("a/call", "b/call", "b/call-2"):
        path = tmp_path / f"{name}.flac"
        path.parent.mkdir(exist_ok=True)
        shutil.copy(bundled_folder() / "coughs.flac", path)
    report = turnlab("simulate", tmp_path / "a", tmp_path / "b", "--json").json()
    assert [one["id"] for one in report["recordings"]] == ["call", "call-2", "call-3"]
    assert len(report["runs"]) == 3


@pytest.mark.slow
def test_a_recording_that_is_renamed_or_converted_gives_the_same_figures(turnlab: Turnlab, tmp_path: Path) -> None:
    """The whole report except name, path and timing. Other audio gets other latencies."""
    samples, rate = sf.read(bundled_folder() / "telephone.flac", dtype="int32")
    for name in ("one-call.flac", "same-call.wav", "other-call.wav"):
        path = tmp_path / name
        changed = samples // 65536 * 65000 if name == "other-call.wav" else samples
        sf.write(path, changed, rate, subtype="PCM_24" if path.suffix == ".wav" else "PCM_16")
        for ending in (".json", ".scenario.json"):
            shutil.copy(bundled_folder() / f"telephone{ending}", path.with_suffix(ending))

    def report(name: str, *options: str) -> str:
        found = turnlab("simulate", name, "--eot", "silence", *options, "--json", cwd=tmp_path).json()
        return json.dumps(found | {"timing": None}).replace(name, "PATH").replace(Path(name).stem, "NAME")

    for options in ((), ("--telephone", "--echo-db", "30")):
        assert report("one-call.flac", *options) == report("same-call.wav", *options)
    events = [
        json.loads(report(name, "--replay", "rigid"))["runs"][0]["events"]
        for name in ("one-call.flac", "other-call.wav")
    ]
    heard, decided = ([[one["t"] for one in told if one["type"] == kind] for told in events] for kind in KINDS)
    assert heard[0] == heard[1]
    assert decided[0] != decided[1]


KINDS = ("end_of_turn", "nav_decided")


def test_a_file_with_an_undecodable_name_is_processed(turnlab: Turnlab, tmp_path: Path) -> None:
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/call\xff.flac"))
    shutil.copy(bundled_folder() / "coughs.flac", path)
    assert len(turnlab("simulate", path, "--json").json()["runs"]) == 1
    assert turnlab("simulate", path).code == 0
    assert turnlab("recordings", tmp_path).code == 0


def test_a_name_with_markup_and_escapes_stays_text(turnlab: Turnlab, tmp_path: Path) -> None:
    path = tmp_path / "[bold]\x1b[31mcall.flac"
    shutil.copy(bundled_folder() / "coughs.flac", path)
    done = turnlab("simulate", path)
    assert done.code == 0
    assert "[bold]" in done.out
    assert "\x1b" not in done.out + done.err


NAMES = ["balanced", '{"eot_timeout_ms": 800}', '{"filler_style": "phrase"}']


@pytest.mark.parametrize(("columns", "tables", "of"), [("64", 3, ", of sounds"), ("180", 1, "")])
def test_three_configurations_are_compared_with_any_baseline_without_broken_words(
    turnlab: Turnlab, columns: str, tables: int, of: str
) -> None:
    options = [word for name in NAMES for word in ("--config", name)]
    call = ("simulate", bundled_folder() / "booking.flac", *options, "--baseline")
    out = turnlab(*call, "inline-2", environment={"COLUMNS": columns}).out
    lines = out.splitlines()
    assert max(map(len, lines)) <= int(columns)
    for readout in ("end-of-turn delay p50", f"false barge-ins{of}"):
        assert sum(line.startswith(f" {readout} ") for line in lines) == tables
    assert ("balanced against inline-2" in lines) == (tables > 1)
    said = " ".join(out.split())
    assert re.search(r"alone, balanced: [\d,]+ ms quicker than inline-2 inline: [\d,]+ ms quicker", said)
    (response,) = [line for line in lines if line.startswith(" response after turn p50 ")][:1]
    assert response.count("✓") >= 1
    if tables > 1:
        assert "A balanced · B inline · C inline-2" in lines
    assert 'inline is {"eot_timeout_ms": 800}' in lines
    assert 'inline-2 is {"filler_style": "phrase"}' in lines


def test_a_baseline_is_one_of_the_configurations(turnlab: Turnlab) -> None:
    call = ("simulate", bundled_folder() / "booking.flac", "-c", "balanced", "-c", "quality", "--baseline")
    found = turnlab(*call, "quality", "--json").json()["comparison"]
    assert found["baseline"] == "quality"
    assert found["readouts"]["response_ms"]["delta"]["balanced"] < 0
    done = turnlab(*call, "best")
    assert done.code == 2
    assert "no configuration here is called 'best'; there are balanced, quality" in done.err
