"""Stage 1 on real audio: causal, equal live and in batch, and consistent with the labels."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from base.samples import SAMPLE_RATE, Samples
from presets.config import VoiceConfig
from simulator.activity.analyzer import Analyzer, analyze
from simulator.activity.cache import cached_analysis
from simulator.activity.end_of_turn import SilenceOnly, end_of_turn_model
from simulator.activity.model import FRAME_SAMPLES, Activity, Observation
from simulator.activity.silero import FrameSilero, SequenceSilero
from simulator.activity.smart_turn import installed_smart_turn, log_mel
from simulator.audio.source import open_audio
from simulator.recording import Recording, bundled_folder, open_recording
from simulator.study import Arm, run
from tests.simulator.tracks import fixed_profile

SLOW = settings(
    max_examples=settings().max_examples // 6, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@pytest.mark.slow
@SLOW
@given(st.data())
def test_no_event_before_a_cut_depends_on_audio_after_it(
    bundled: list[tuple[Recording, Activity]], tmp_path: Path, data: st.DataObject
) -> None:
    # 16-bit audio at 16 kHz can be cut without changing a sample
    exact = [(recording, whole) for recording, whole in bundled if recording.source.sample_rate == SAMPLE_RATE]
    recording, whole = data.draw(st.sampled_from(exact), "recording")
    frame = data.draw(st.integers(1, 400), "cut after frame")
    path = tmp_path / "cut.flac"
    sf.write(path, recording.source.samples()[: frame * FRAME_SAMPLES], SAMPLE_RATE, subtype="PCM_16")
    cut = analyze(open_audio(path), end_of_turn_model())
    arm, profile, cut_ms = Arm("arm", VoiceConfig()), fixed_profile(), frame * 32
    found = [
        [event.to_json() for event in one.played.events if event.t_ms <= cut_ms]
        for one in (run(recording, activity, arm, profile, mode="rigid") for activity in (cut, whole))
    ]
    assert found[0] == found[1]


@SLOW
@given(st.data())
def test_a_stream_in_pieces_of_any_size_reveals_what_the_whole_file_does(
    bundled: list[tuple[Recording, Activity]], data: st.DataObject
) -> None:
    recording, batch = data.draw(st.sampled_from(bundled), "recording")
    samples = recording.source.samples()[: 300 * FRAME_SAMPLES]
    frames = samples.reshape(-1, FRAME_SAMPLES)
    analyzer = Analyzer(end_of_turn_model())
    revealed: list[Observation] = []
    at = 0
    while at < len(frames):
        size = data.draw(st.integers(1, 200), "frames")
        revealed += analyzer.push(frames[at : at + size])[1]
        at += size
    assert revealed == [seen for seen in batch.observations if seen.known_ms <= len(frames) * 32]


def test_both_exports_of_the_voice_network_say_the_same() -> None:
    samples = open_recording(bundled_folder() / "booking.flac").source.samples()[: 400 * FRAME_SAMPLES]
    frames = samples[: len(samples) // FRAME_SAMPLES * FRAME_SAMPLES].reshape(-1, FRAME_SAMPLES)
    assert np.abs(SequenceSilero().push(frames) - FrameSilero().push(frames)).max() < 1e-5


def test_detected_speech_lies_where_the_labels_say(bundled: list[tuple[Recording, Activity]]) -> None:
    for recording, activity in bundled:
        assert recording.labels is not None
        for turn in recording.labels.turns:
            near = [s for s in activity.spans if s.start_ms < turn.end_s * 1000 and s.end_ms > turn.start_s * 1000]
            assert near, f"{recording.id}: nothing heard of the turn at {turn.start_s} s"
            assert abs(near[0].start_ms - turn.start_s * 1000) < 200
            assert abs(near[-1].end_ms - turn.end_s * 1000) < 350


def test_short_audio_is_padded_on_the_left() -> None:
    features = log_mel(np.random.default_rng(0).normal(0, 0.1, 16_000).astype(np.float32))
    assert features.shape == (80, 800)
    assert np.ptp(features[:, :690], axis=1).max() < 1e-6
    assert np.ptp(features[:, 710:], axis=1).min() > 0.1


@pytest.mark.slow
def test_cut_sentences_of_real_people_sound_less_finished_than_their_ends(corpus: Path) -> None:
    """With padding on the wrong side, almost every cut sentence counts as complete."""
    model = installed_smart_turn()
    if model is None:
        pytest.skip("the Smart Turn model is not installed")
    cut, ends = [], []
    for number in range(60, 63):
        path = corpus / f"dev-{number:03}.flac"
        labels = json.loads(path.with_suffix(".json").read_text())
        samples = open_audio(path).samples()
        heard = [_heard(samples, turn["start_s"], turn["end_s"]) for turn in labels["turns"]]
        ends += [model.output(turn) for turn in heard]
        for start_s, _ in labels["hesitations"]:
            begun = max(turn["start_s"] for turn in labels["turns"] if turn["start_s"] < start_s)
            cut.append(model.output(_heard(samples, begun, start_s)))
    ranked = np.mean([[c < e for e in ends] for c in cut])
    assert ranked > 0.7
    assert np.mean(np.array(cut) > 0.5) < 0.6


def _heard(samples: Samples, start_s: float, end_s: float) -> Samples:
    return samples[round(start_s * 16_000) : round((end_s + 0.2) * 16_000)]


def test_an_analysis_is_kept_and_a_broken_one_is_made_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TURNLAB_CACHE_DIR", str(tmp_path / "kept"))
    samples = open_audio(bundled_folder() / "coughs.flac").samples()[: 5 * SAMPLE_RATE]
    sf.write(tmp_path / "call.flac", samples, SAMPLE_RATE)
    source = open_audio(tmp_path / "call.flac")
    told: list[float] = []
    first = cached_analysis(source, SilenceOnly(), told.append)
    assert told[-1] == 1.0
    told.clear()
    second = cached_analysis(source, SilenceOnly(), told.append)
    assert not told
    assert second.observations == first.observations
    assert np.array_equal(second.probability, first.probability)
    assert second.silence_only
    (kept,) = (tmp_path / "kept" / "analyses").iterdir()
    kept.write_bytes(kept.read_bytes()[:1000])
    third = cached_analysis(source, SilenceOnly(), told.append)
    assert told
    assert third.observations == first.observations
