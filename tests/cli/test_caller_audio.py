"""Recordings of every kind: telephone, noise, mixed sides, the wrong channel, broken files, invalid samples."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile as sf
from numpy.typing import NDArray

from simulator.audio.injecting import Injection
from simulator.recording import bundled_folder, open_recording, with_injections
from tests.cli.conftest import Turnlab

Audio = NDArray[np.float32]


def samples_of(name: str, seconds: int | None = None) -> Audio:
    frames = -1 if seconds is None else seconds * 16_000
    return np.asarray(sf.read(bundled_folder() / f"{name}.flac", frames, dtype="float32")[0])


def two_sides() -> tuple[Audio, Audio]:
    """A caller's channel with labelled agent windows, and an agent that speaks through all of them."""
    caller, voice = samples_of("interruptions"), samples_of("booking")
    agent = np.zeros_like(caller)
    speech = json.loads((bundled_folder() / "booking.json").read_text())["speech"]
    spoken = np.concatenate([voice[round(a * 16_000) : round(b * 16_000)] for a, b in speech])
    for start_s, end_s in json.loads((bundled_folder() / "interruptions.json").read_text())["agent"]:
        start, end = round(start_s * 16_000), round(end_s * 16_000)
        agent[start:end] = np.resize(spoken, end - start)
    return caller, agent


def call_in(folder: Path, audio: Audio | None, name: str = "interruptions", **labels: Any) -> Path:
    """A call with the labels of a bundled recording, and its audio unless another is given."""
    path = folder / "call.flac"
    if audio is None:
        shutil.copy(bundled_folder() / f"{name}.flac", path)
    else:
        sf.write(path, audio, 16_000)
    told = json.loads((bundled_folder() / f"{name}.json").read_text()) | labels
    (folder / "call.json").write_text(json.dumps(told))
    return path


BARGE_IN = {"barge_in_stop_ms", "missed_barge_ins", "false_barge_ins", "talk_over_s"}


@pytest.mark.slow
def test_the_report_names_the_what_if_options(turnlab: Turnlab, tmp_path: Path) -> None:
    path = tmp_path / "call.flac"
    sf.write(path, samples_of("booking", 12), 16_000)
    knobs = ("--telephone", "--noise-snr", "5", "--seed", "7")
    report = turnlab("simulate", path, *knobs, "--json").json()
    assert report["what_if"] == {"telephone": True, "noise_snr_db": 5.0, "noise_seed": 7}
    assert "over a telephone line, with room noise at 5 dB SNR" in turnlab("simulate", path, *knobs).out
    assert "over a telephone line, with room noise at 5 dB SNR" in turnlab("analyze", path, *knobs).out
    plain = turnlab("simulate", path, "--json").json()
    assert plain["what_if"] == {}
    noisy = turnlab("analyze", path, *knobs, "--json").json()
    assert noisy["what_if"] == report["what_if"]
    assert noisy["probability"] != turnlab("analyze", path, "--json").json()["probability"]
    assert report["runs"][0]["readouts"]["response_ms"]["n"] > 0


def test_injected_sounds_are_heard_reported_and_counted_by_kind(turnlab: Turnlab, tmp_path: Path) -> None:
    plain = ("simulate", "booking", "--eot", "silence")
    sounds = ("--inject", "television@5", "--inject", "mm-hm@24")
    report = turnlab(*plain, *sounds, "--json").json()
    assert report["what_if"]["injected"][1] == {"sound": "mm-hm", "start_s": 24.0, "end_s": 24.335}
    assert report["runs"][0]["readouts"]["false_barge_ins"]["count"] == 1
    assert report["runs"][0]["readouts"]["false_barge_ins"]["of"] == 2
    told = " ".join(turnlab(*plain, *sounds, "--explain").out.split())
    assert "What if: the caller with a television at 5 s, with an “mm-hm” at 24 s" in told
    assert "Put in: a television, which should not stop the agent." in told
    assert turnlab(*plain, "--json").json()["runs"][0]["readouts"]["false_barge_ins"]["of"] == 0
    alone = tmp_path / "alone.flac"
    shutil.copy(bundled_folder() / "booking.flac", alone)
    unlabelled = turnlab("simulate", alone, "--eot", "silence", "--inject", "cough@3")
    assert "unlabelled, so no false barge-in is counted" in unlabelled.err


def test_advice_separates_backchannels_from_interruptions_and_counts_stops_against_it(
    turnlab: Turnlab,
) -> None:
    hasty = ("-c", '{"barge_in_min_speech_s": 0.2}')
    calls = {name: ("simulate", name, "--eot", "silence") for name in ("interruptions", "backchannels")}
    (clear,) = turnlab(*calls["interruptions"], "--json").json()["runs"]
    assert [one["stopped"] for one in clear["overlaps"]] == [True] * 3
    assert all(one["wants_floor"] > 0.8 for one in clear["overlaps"])
    assert clear["readouts"]["stops_against_advice"]["count"] == 0
    (murmured,) = turnlab(*calls["backchannels"], *hasty, "--json").json()["runs"]
    stops = [event["t"] for event in murmured["events"] if event["type"] == "barge_in"]
    assert [one["t"] for one in murmured["overlaps"] if one["stopped"]] == stops
    against = sum(one["wants_floor"] < 0.5 for one in murmured["overlaps"] if one["stopped"])
    assert murmured["readouts"]["stops_against_advice"] == {"count": against, "of": len(stops)}
    assert against > 0
    told = " ".join(turnlab(*calls["backchannels"], *hasty, "--explain").out.split())
    assert "Advice, which the rule cannot follow: it is a backchannel or a noise (score 0.0" in told


def test_elastic_replay_keeps_the_place_of_an_injected_sound() -> None:
    """Into the agent's answer if its labels place it there, else with the caller's previous words."""
    plain = open_recording(bundled_folder() / "booking.flac").labels
    assert plain is not None
    into_s, after_s = plain.agent[1][0] + 0.5, plain.moves[2].end_s + 0.1
    injections = (Injection(round(into_s * 1000), "mm-hm"), Injection(round(after_s * 1000), "yeah"))
    labels = with_injections(plain, injections)
    assert len(labels.moves) == len(plain.moves) + 1
    (murmur,) = [move for move in labels.moves if move.kind == "backchannel"]
    assert murmur.anchor.into_agent == pytest.approx(0.5, abs=0.001)
    longer = next(move for move in labels.moves if move.start_s == plain.moves[2].start_s)
    assert longer.end_s == injections[1].end_ms / 1000
    assert [event.should_barge_in for event in labels.events] == [False, False]
    assert len(labels.backchannels) == 2


@pytest.mark.parametrize(
    ("wish", "said"),
    [
        ("coug@3", "did you mean cough?"),
        ("trumpet@3", "there are cough, coughs, throat-clear, laugh"),
        ("cough", "cough: give SOUND@SECONDS, such as cough@12.4"),
        ("cough@-3", "give SOUND@SECONDS"),
        ("cough@999", "booking.flac is only 43.7 s long"),
    ],
)
def test_a_sound_that_cannot_be_injected_gets_one_sentence(turnlab: Turnlab, wish: str, said: str) -> None:
    assert said in turnlab("simulate", "booking", "--eot", "silence", "--inject", wish).one_line(2)


def test_an_implausible_noise_level_exits_with_2(turnlab: Turnlab, tone: Path) -> None:
    assert "--noise-snr" in turnlab("analyze", tone, "--noise-snr", "300").one_line(2)


@pytest.mark.slow
def test_a_declared_mix_keeps_all_but_barge_in(turnlab: Turnlab, tmp_path: Path) -> None:
    caller, agent = two_sides()
    declared = call_in(tmp_path, caller + agent, channel="mix")
    for arguments in ((declared,), (bundled_folder() / "interruptions.flac", "--mono-mix")):
        done = turnlab("simulate", *arguments, "--json")
        (run,) = done.json()["runs"]
        assert "is a mix of both sides; barge-in needs the caller's own channel" in done.err
        assert run["barge_in_left_out"] == "is a mix of both sides"
        assert not BARGE_IN & set(run["readouts"])
        assert not any(event["type"] == "barge_in" for event in run["events"])
        assert run["readouts"]["response_ms"]["n"] > 0
        refused = turnlab("simulate", *arguments, "--replay", "scripted").one_line(1)
        assert "barge-in needs the caller's own channel" in refused


@pytest.mark.slow
def test_a_second_voice_makes_the_figures_unreliable(turnlab: Turnlab, tmp_path: Path) -> None:
    caller, other = samples_of("booking"), samples_of("thinking")
    behind = np.roll(other[: len(caller)], 3 * 16_000) * 0.2
    path = call_in(tmp_path, caller + behind, "booking")
    done = turnlab("simulate", path, "--json")
    (run,) = done.json()["runs"]
    assert run["second_voice"].startswith("a second voice seems to be in it: ")
    assert "its figures are not to be trusted" in done.err
    assert "its figures are not to be trusted" in turnlab("evaluate", path).err


def test_no_bundled_recording_seems_to_have_a_second_voice(turnlab: Turnlab) -> None:
    done = turnlab("simulate", bundled_folder(), "--json")
    assert {run["second_voice"] for run in done.json()["runs"]} == {None}
    assert "second voice" not in done.err


def test_an_undeclared_mix_is_noticed(turnlab: Turnlab, tmp_path: Path) -> None:
    caller, agent = two_sides()
    done = turnlab("simulate", call_in(tmp_path, caller + agent), "--json")
    assert "in which its labels have the agent alone (is it a mix of both sides? " in done.err
    assert 'If not, put "channel": "caller" into its labels' in done.err
    assert not BARGE_IN & set(done.json()["runs"][0]["readouts"])


def test_a_channel_in_the_labels_overrides_the_guess(turnlab: Turnlab, tmp_path: Path) -> None:
    caller, agent = two_sides()
    done = turnlab("simulate", call_in(tmp_path, caller + agent, channel="caller"), "--json")
    assert done.err == ""
    assert set(done.json()["runs"][0]["readouts"]) >= BARGE_IN


@pytest.mark.slow
def test_a_known_echo_does_not_count_as_a_mix(turnlab: Turnlab, tmp_path: Path) -> None:
    caller, agent = two_sides()
    path = call_in(tmp_path, caller + 0.05 * agent, condition={"echo_db": -26})
    assert set(turnlab("simulate", path, "--json").json()["runs"][0]["readouts"]) >= BARGE_IN


@pytest.mark.parametrize("channel", [None, *(pytest.param(channel, marks=pytest.mark.slow) for channel in "12")])
def test_a_guessed_channel_is_reported_and_the_agents_channel_detected(
    turnlab: Turnlab, tmp_path: Path, channel: str | None
) -> None:
    path = call_in(tmp_path, np.stack(two_sides(), axis=1))
    chosen = () if channel is None else ("--caller-channel", channel)
    done = turnlab("simulate", path, *chosen, "--json")
    assert ("has 2 channels; took the first as the caller" in done.err) == (channel is None)
    assert ("is it the agent's channel? " in done.err) == (channel == "2")
    assert (set(done.json()["runs"][0]["readouts"]) >= BARGE_IN) == (channel != "2")


@pytest.mark.slow
def test_the_corpus_is_not_mistaken_for_mixes(turnlab: Turnlab) -> None:
    from tests.simulator.conftest import CORPUS

    if not (CORPUS / "dev-001.flac").is_file():
        pytest.skip("the corpus of real speech is not beside the project")
    for name in ("dev-028", "dev-039", "dev-045", "dev-049", "dev-056"):
        done = turnlab("simulate", CORPUS / f"{name}.flac", "--eot", "silence", "--json")
        assert done.code == 0
        assert "both sides" not in done.err


def test_samples_that_are_not_numbers_are_counted_and_reported(turnlab: Turnlab, tmp_path: Path) -> None:
    hurt = samples_of("coughs", 4)
    hurt[1000:1600] = np.nan
    hurt[5000] = -np.inf
    sf.write(tmp_path / "hurt.wav", hurt, 16_000, subtype="FLOAT")
    sf.write(tmp_path / "well.wav", np.nan_to_num(hurt), 16_000, subtype="FLOAT")
    for command in ("simulate", "analyze"):
        done = turnlab(command, tmp_path / "hurt.wav")
        assert done.code == 0
        assert "hurt.wav: 601 samples are not finite numbers; heard as silence or clipped" in done.err
        assert turnlab(command, tmp_path / "well.wav").err == ""


@pytest.mark.parametrize("keep", [0.6, *(pytest.param(keep, marks=pytest.mark.slow) for keep in (0.3, 0.999))])
@pytest.mark.parametrize("command", ["simulate", pytest.param("analyze", marks=pytest.mark.slow)])
def test_a_truncated_ogg_file_is_named(turnlab: Turnlab, tmp_path: Path, command: str, keep: float) -> None:
    sf.write(tmp_path / "whole.ogg", samples_of("coughs", 6), 16_000)
    whole = (tmp_path / "whole.ogg").read_bytes()
    (tmp_path / "cut.ogg").write_bytes(whole[: round(len(whole) * keep)])
    assert "cut.ogg: breaks off before its last page" in turnlab(command, tmp_path / "cut.ogg").one_line(1)
    assert turnlab(command, tmp_path / "whole.ogg").code == 0


def test_overlapping_turns_of_one_caller_are_named(turnlab: Turnlab, tmp_path: Path) -> None:
    turns = [{"start_s": 1.0, "end_s": 4.0}, {"start_s": 3.0, "end_s": 6.0}]
    path = call_in(tmp_path, None, turns=turns, moves=[])
    assert "call.json: turns: there is one from 0:01.0 to 0:04.0 already, and the one from 0:03.0 to" in turnlab(
        "simulate", path
    ).one_line(1)
    apart = [turn | {"speaker": who} for turn, who in zip(turns, ("Ann", "Ben"), strict=True)]
    both = call_in(tmp_path, None, turns=apart, moves=[])
    assert turnlab("simulate", both).code == 0
    same = call_in(tmp_path, None, turns=[turn | {"speaker": "Ann"} for turn in turns])
    assert "callers who talk at once need a 'speaker' each" in turnlab("simulate", same).one_line(1)


def test_a_missing_anchor_times_out_after_ten_seconds_of_silence(turnlab: Turnlab, tmp_path: Path) -> None:
    shutil.copy(bundled_folder() / "coughs.flac", tmp_path / "call.flac")
    moves = [
        {"start_s": 0.0, "end_s": 0.5, "anchor": {"at": 0.0}},
        {"start_s": 0.5, "end_s": 0.9, "anchor": {"after_agent": 0.5}},
        {"start_s": 0.9, "end_s": 6.0, "anchor": {"into_agent": 0.5}},
    ]
    (tmp_path / "call.json").write_text(json.dumps({"moves": moves}))
    (run,) = turnlab("simulate", tmp_path / "call.flac", "--json").json()["runs"]
    missed = [event for event in run["events"] if event["type"] == "missed_response"]
    assert [event["waited_s"] for event in missed] == [10.0, 10.0]
    assert run["readouts"]["missed_responses"] == {"count": 2, "of": 2}
