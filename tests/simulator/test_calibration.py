"""The caller's completeness: the model's output, and its interpretation."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from base.samples import Samples
from benchmarks.placement import at_threshold, labelled_speech, mean_first_sound_ms
from simulator.activity.analyzer import Analyzer, analyze
from simulator.activity.cache import from_bytes, to_bytes
from simulator.activity.model import FRAME_SAMPLES, Activity, Judgement
from simulator.activity.smart_turn import completeness, installed_smart_turn
from simulator.audio.source import open_audio
from simulator.engine.profile import default_profile
from simulator.recording import Recording

TALKING = ("nat-002", "nat-006", "nat-009", "nat-015", "nat-019")
"""Recordings of people talking: three minutes with a dozen ends of turn, without any splices."""


@pytest.mark.parametrize(
    ("output", "finished"),
    [(0.0, 0.0), (0.0066, 0.0), (0.019, 0.3), (0.26, 0.3), (0.622, 0.65), (0.882, 1.0), (1.0, 1.0)],
)
def test_an_uninformative_model_equals_silence_alone(output: float, finished: float) -> None:
    assert completeness(output) == pytest.approx(finished, abs=0.01)


@given(st.floats(0, 1), st.floats(0, 1))
def test_a_higher_model_output_means_more_finished(output: float, other: float) -> None:
    low, high = sorted((output, other))
    assert 0.0 <= completeness(low) <= completeness(high) <= 1.0


class _Voice:
    def push(self, frames: NDArray[np.float32]) -> NDArray[np.float32]:
        return frames[:, 0].copy()


class _Ear:
    name, window_s, most_completeness = "ear", 8, 1.0

    def __init__(self) -> None:
        self.heard: list[Samples] = []

    def judge(self, heard: Samples, silence_ms: int) -> Judgement:
        assert silence_ms > 0
        self.heard.append(heard)
        return Judgement(0.5)


def test_a_turn_is_heard_with_what_comes_before_it() -> None:
    """Without it, the first words of a turn count as a whole short answer."""
    frames = np.zeros((400, FRAME_SAMPLES), np.float32)
    frames[:, 1] = np.arange(400)
    frames[20:60, 0] = frames[200:220, 0] = frames[350:390, 0] = 1.0
    ear = _Ear()
    Analyzer(ear, _Voice()).push(frames)
    first, second, third = ear.heard
    assert first[1] == 0
    # earlier turns are heard too, but at most 8 s in all
    assert second[1] == 0
    assert len(second) == 227 * FRAME_SAMPLES
    assert len(third) == 8 * 16_000
    assert third[-FRAME_SAMPLES + 1] == 396


def test_the_evidence_is_kept_with_the_analysis(bundled: list[tuple[Recording, Activity]]) -> None:
    for _, activity in bundled:
        assert activity.silence_only or all(span.evidence for span in activity.spans)
        kept = from_bytes(to_bytes(activity))
        assert kept is not None
        assert kept.observations == activity.observations


@pytest.mark.slow
def test_completeness_separates_ends_from_pauses_of_real_speech(corpus: Path) -> None:
    model = installed_smart_turn()
    if model is None:
        pytest.skip("the Smart Turn model is not installed")
    ends, stops = list[float](), list[float]()
    for name in TALKING:
        path = corpus / f"{name}.flac"
        labels = json.loads(path.with_suffix(".json").read_text())
        spans = analyze(open_audio(path), model).spans
        for found, wanted in (
            (ends, [turn["end_s"] for turn in labels["turns"]]),
            (stops, [start_s for start_s, _ in labels["hesitations"]]),
        ):
            near = [span for span in spans if any(abs(span.end_ms - at_s * 1000) < 250 for at_s in wanted)]
            found += [span.completeness for span in near]
    assert min(len(ends), len(stops)) > 9
    ranked = np.mean([[end > stop or 0.5 * (end == stop) for end in ends] for stop in stops])
    assert ranked > 0.8


@pytest.mark.slow
def test_the_default_threshold_stands_where_the_first_sound_takes_as_long_as_the_vendor_documents(
    corpus: Path,
) -> None:
    if installed_smart_turn() is None:
        pytest.skip("the Smart Turn model is not installed")
    threshold = default_profile().values.eot_threshold
    (talking,) = labelled_speech(corpus.glob("nat-*.flac"))
    assert threshold.origin == "documented"
    assert mean_first_sound_ms(talking.outcomes(default_profile())) == pytest.approx(900, abs=30)
    assert mean_first_sound_ms(talking.outcomes(at_threshold(threshold.value + 0.02))) > 930
