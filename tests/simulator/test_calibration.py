"""How finished the caller sounds: the evidence, and what is made of it."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from base.samples import Samples
from simulator.activity.analyzer import analyze
from simulator.activity.cache import from_bytes, to_bytes
from simulator.activity.model import Activity
from simulator.activity.models import open_session, smart_turn_path
from simulator.activity.smart_turn import (
    MOST_S,
    SmartTurn,
    TurnSound,
    installed_smart_turn,
    late_pitch,
    log_mel,
    smart_turn_calibration,
)
from simulator.audio.source import open_audio
from simulator.engine.end_of_turn import confidence
from simulator.engine.profile import default_profile
from simulator.recording import Recording

HELD_BACK = ("dev-069", "dev-072", "dev-084")
"""Some of the recordings that the calibration was not fitted on (benchmarks/calibration/FIGURES.md)."""


def _voice(hz: NDArray[np.float64], noise: float = 0.001) -> Samples:
    """Return a voice-like sound: harmonics of a pitch given for every sample."""
    phase = 2 * np.pi * np.cumsum(hz) / 16_000
    sound = sum(np.sin(k * phase) / k for k in range(1, 12)) * 0.1
    return (sound + np.random.default_rng(0).normal(0, noise, len(hz))).astype(np.float32)


@pytest.mark.parametrize("octaves", [-0.4, -0.2, 0.0, 0.3])
@pytest.mark.parametrize("hz", [95.0, 150.0, 210.0])
def test_the_pitch_before_the_end_is_measured_in_octaves_from_the_turns_own(hz: float, octaves: float) -> None:
    ending = np.where(np.arange(48_000) < 42_000, hz, hz * 2**octaves)
    assert late_pitch(_voice(ending)) == pytest.approx(octaves, abs=0.03)


def test_noise_and_hardly_any_voice_have_no_pitch() -> None:
    hiss = np.random.default_rng(1).normal(0, 0.1, 32_000).astype(np.float32)
    assert late_pitch(hiss) is None
    assert late_pitch(np.concatenate([hiss[:16_000] * 0.01, _voice(np.full(3_000, 120.0))])) is None
    for few in (0, 1, 799, 800, 801):
        assert late_pitch(hiss[:few]) is None


@given(st.floats(0, 1), st.floats(-5, 5), st.none() | st.floats(-0.6, 0.6))
def test_completeness_is_worth_its_head_start_in_silence(
    model: float, ending_s: float, pitch: float | None
) -> None:
    calibration = smart_turn_calibration()
    evidence = TurnSound(model, ending_s, pitch)
    completeness, head_start_s = calibration.completeness(evidence), calibration.head_start_s(evidence)
    assert 0.0 <= completeness < 1.0
    assert 0.0 <= head_start_s <= MOST_S
    sooner = confidence(2000 - head_start_s * 1000, completeness, calibration.half_life_s)
    assert sooner == pytest.approx(confidence(2000, 0.0, calibration.half_life_s))
    higher = replace(evidence, late_pitch=0.6)
    assert calibration.completeness(higher) <= calibration.completeness(replace(higher, late_pitch=-0.6))


def test_the_default_profile_has_the_half_life_that_completeness_was_fitted_for() -> None:
    half_life = default_profile().values.eot_half_life_s
    assert half_life.value == smart_turn_calibration().half_life_s
    assert half_life.origin == "fitted from calls"


def test_an_inner_output_changes_nothing_in_what_the_model_says() -> None:
    path = smart_turn_path()
    if path is None:
        pytest.skip("the Smart Turn model is not installed")
    samples = _voice(np.linspace(200, 120, 40_000))
    (plain,) = open_session(path).run(None, {"input_features": log_mel(samples)[None]})
    sound = SmartTurn(path).hear(samples)
    assert sound.completeness == float(plain[0, 0])
    assert sound.ending.shape == smart_turn_calibration().ending.shape


def test_the_evidence_is_kept_with_the_analysis(bundled: list[tuple[Recording, Activity]]) -> None:
    for _, activity in bundled:
        assert activity.silence_only or all(span.evidence for span in activity.spans)
        kept = from_bytes(to_bytes(activity))
        assert kept is not None
        assert kept.observations == activity.observations


def test_completeness_tells_ends_from_hesitations_of_people_it_was_not_fitted_on(corpus: Path) -> None:
    model = installed_smart_turn()
    if model is None:
        pytest.skip("the Smart Turn model is not installed")
    ends, stops = list[float](), list[float]()
    for name in HELD_BACK:
        path = corpus / f"{name}.flac"
        labels = json.loads(path.with_suffix(".json").read_text())
        spans = analyze(open_audio(path), model).spans
        for found, wanted in (
            (ends, [turn["end_s"] for turn in labels["turns"]]),
            (stops, [start_s for start_s, _ in labels["hesitations"]]),
        ):
            near = [span for span in spans if any(abs(span.end_ms - at_s * 1000) < 250 for at_s in wanted)]
            found += [span.completeness for span in near]
    calibrated = np.mean([[end > stop for end in ends] for stop in stops])
    assert calibrated > 0.7
