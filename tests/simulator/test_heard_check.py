"""Real calls replayed: labels and scenario from a measured call, and real turns against simulated ones."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest

from benchmarks.calls import configurations
from presets.config import VoiceConfig
from presets.layers import Layer, resolve
from simulator.activity.end_of_turn import SilenceOnly
from simulator.engine.profile import EngineProfile, default_profile
from simulator.heard.call_folder import read_call_folder
from simulator.heard.check import ReplayedCall, check, settings_of
from simulator.heard.measure import measure_call
from simulator.heard.platform_policy import readings, taken
from simulator.heard.replaying import (
    AUDIO,
    LABELS,
    SCENARIO,
    analysis_of,
    labels_of,
    open_replay,
    prepare,
    scenario_of,
)
from simulator.heard.waits import READINGS, policy_of, predicted_ms, role_evidence, waits_of
from simulator.labels import read_labels
from tests.simulator.test_heard import Line, folder_of, line, log_of

__all__ = ["line"]


@pytest.fixture(scope="module")
def replayed(tmp_path_factory: pytest.TempPathFactory, line: Line) -> ReplayedCall:
    settings = configurations()["balanced"].set_values()
    folder = folder_of(
        tmp_path_factory.mktemp("calls") / "one",
        line,
        turns=log_of(line),
        voice_config=settings,
        voice_config_from="changes",
    )
    call = read_call_folder(folder)
    heard = measure_call(call)
    recording = open_replay(prepare(call, heard))
    config, origin = settings_of(call.record, None)
    assert origin == "Turnlab's record of changes"
    return ReplayedCall(call.record, heard.to_json(), recording, analysis_of(recording, SilenceOnly()), config)


def slower(by_ms: int) -> EngineProfile:
    profile = default_profile()
    value = profile.values.transport_ms
    changed = value.model_copy(update={"value": value.value + by_ms})
    return profile.model_copy(update={"values": profile.values.model_copy(update={"transport_ms": changed})})


def test_a_simulated_call_is_simulated_as_it_was_heard(replayed: ReplayedCall) -> None:
    same, late = check([replayed], default_profile()), check([replayed], slower(300))
    assert len(same.turns) >= 6
    assert same.bias_ms is not None
    assert late.bias_ms is not None
    assert abs(same.bias_ms) <= 80
    assert 150 <= late.bias_ms - same.bias_ms <= 350
    assert (late.within(100) or 0) < (same.within(100) or 0)
    assert same.counts["false_barge_ins"] == (0, 0.0)


def test_turns_are_matched_by_time_where_a_person_corrected_the_labels(replayed: ReplayedCall) -> None:
    labels = replayed.recording.labels
    assert labels is not None
    whole = check([replayed], default_profile()).turns
    moved = labels.turns[1].model_copy(update={"end_s": labels.turns[1].end_s + 0.2})
    changed = labels.model_copy(update={"turns": (moved, *labels.turns[2:])})
    corrected = replace(replayed, recording=replace(replayed.recording, labels=changed))
    found = {turn.turn: turn.heard_ms for turn in check([corrected], default_profile()).turns}
    heard = {turn.turn: turn.heard_ms for turn in whole}
    assert 0 in heard
    assert 0 not in found
    assert found[1] == heard[1] - 200
    assert {turn: value for turn, value in found.items() if turn > 1} == {
        turn: value for turn, value in heard.items() if turn > 1
    }


@pytest.mark.parametrize("reading", READINGS)
def test_waits_show_the_role_of_the_sensitivity_or_that_they_cannot(replayed: ReplayedCall, reading: str) -> None:
    profile = default_profile()
    policy = replace(policy_of(profile), sensitivity=READINGS[reading])

    def call(setting: float | None) -> ReplayedCall:
        config = resolve(Layer("here", VoiceConfig(eager_eot_threshold=setting)))
        limits = policy.limits(config)
        turns = []
        for turn in replayed.heard["turns"]:
            told = {**turn, "reported": {"end_of_turn_ms": 0.0}}
            for wait in waits_of([replace(replayed, config=config, heard={"turns": [told]})], policy):
                told["reported"] = {"end_of_turn_ms": predicted_ms(wait, policy.doubt, limits.threshold) + 5.0}
            turns.append(told)
        return replace(replayed, config=config, heard={"turns": turns})

    settings = (0.1, 0.4, 0.9, None)
    evidence = role_evidence([call(one) for one in settings], profile, 6)
    assert evidence.supported == reading
    assert evidence.values()["eager_role"]["value"] == reading.partition(",")[0]
    assert f"{evidence.n} logged waits of 4 calls" in evidence.why
    # at 0.5625 both readings of the sensitivity give the same confidence
    for same in ((None, None), (0.3, 0.3), *([(0.5625, None)] if reading != "head_start" else [])):
        none = role_evidence([call(one) for one in same], profile, 6)
        assert none.supported is None
        assert none.why.startswith("cannot tell")
        assert none.values() == {}


def test_its_labels_are_provisional_and_corrected_ones_stay(replayed: ReplayedCall) -> None:
    folder = replayed.recording.source.path.parent
    labels = read_labels(folder / LABELS, replayed.recording.source.duration_s)
    assert labels.provisional
    assert [move.kind for move in labels.moves].count("interruption") == 3
    assert sum(event.should_barge_in for event in labels.events) == 3
    assert all(move.anchor.at is None for move in labels.moves[1:])
    raw = json.loads((folder / LABELS).read_text())
    corrected = json.dumps(raw | {"provisional": False})
    (folder / LABELS).write_text(corrected)
    call = read_call_folder(folder)
    heard = measure_call(call)
    prepare(call, heard)
    assert (folder / LABELS).read_text() == corrected
    (folder / LABELS).write_text(json.dumps(raw))
    turns = tuple(turn.model_copy(update={"text": "It is 555 010 0142."}) for turn in call.record.turns)
    heard = replace(heard, record=call.record.model_copy(update={"turns": turns}))
    for made in (labels_of(heard), scenario_of(heard)):
        assert "It is ••• ••• ••42." in json.dumps(made, ensure_ascii=False)
        assert "0142" not in json.dumps(made)


@pytest.mark.slow
def test_a_scenario_contains_no_answer_latencies(replayed: ReplayedCall) -> None:
    folder: Path = replayed.recording.source.path.parent
    assert (folder / AUDIO).exists()
    said = json.loads((folder / SCENARIO).read_text())
    assert len(said["turns"]) == len(replayed.heard["turns"])
    assert "640" not in json.dumps(said), "the platform's response_ms"
    # the log identifies fillers: without one, none was said
    record = replayed.record
    turns = tuple(
        turn.model_copy(update={"reported": {"navigation_ms": 90.0}})
        for turn in record.turns
        if turn.kind != "filler"
    )
    heard = replace(measure_call(read_call_folder(folder)), record=record.model_copy(update={"turns": turns}))
    assert {turn["navigation"] for turn in scenario_of(heard)["turns"]} == {"a0,0,friendly,"}


def test_settings_come_from_the_call_then_from_the_command(replayed: ReplayedCall) -> None:
    unknown = replayed.record.model_copy(update={"voice_config": None})
    assert asdict(settings_of(unknown, None)[0]) == asdict(resolve())
    given = configurations()["quality"]
    assert settings_of(unknown, given)[0].tts_model == "sonic-3"
    assert settings_of(replayed.record, given)[0].tts_model != "sonic-3"
    inherits = unknown.model_copy(update={"voice_config": {}, "inherited_voice_config": {"tts_model": "sonic-3"}})
    assert settings_of(inherits, None)[0].tts_model == "sonic-3"


@pytest.mark.parametrize(
    ("answers", "role", "direction", "threshold"),
    [
        (
            {0.8: {"stt_eot_threshold": 0.42}, None: {"turn": {"EOT_threshold": 0.7}}},
            "sensitivity",
            "documented",
            0.7,
        ),
        ({0.8: {"policy": {"end_of_turn_threshold": 0.8}}}, "sensitivity", "recogniser", None),
        ({0.8: {"eot_threshold": 0.7, "eager_threshold": 0.42}}, "head_start", "documented", 0.7),
        ({0.8: {"eot_threshold": 0.7, "stt_eager_eot_threshold": 0.8}}, "head_start", "recogniser", 0.7),
        ({0.8: {"stt_eot_threshold": 0.42}, 0.2: {"stt_eot_threshold": 0.42}}, None, None, None),
        ({0.8: {"stt_eot_threshold": "low", "later": [1]}, None: {"eot_threshold": 7}}, None, None, None),
    ],
)
def test_a_platforms_turn_policies_are_read_tolerantly(
    replayed: ReplayedCall,
    answers: dict[float | None, dict[str, Any]],
    role: str | None,
    direction: str | None,
    threshold: float | None,
) -> None:
    calls = []
    for setting, answer in answers.items():
        record = replayed.record.model_copy(update={"turn_policy": answer, "voice_config": {"a": setting}})
        config = resolve(Layer("here", VoiceConfig(eager_eot_threshold=setting)))
        calls += [replace(replayed, record=record, config=config)] * 2
    found = readings([*calls, replayed], default_profile())
    assert [one.calls for one in found] == [2] * len(answers)
    values = {name: value["value"] for name, value in taken(found).items()}
    told = {"eager_role": role, "eager_direction": direction, "eot_threshold": threshold}
    assert values == {name: value for name, value in told.items() if value is not None}
    assert "the platform says" in found[-1].words()
    assert found[-1].ours.threshold == pytest.approx(0.42)
