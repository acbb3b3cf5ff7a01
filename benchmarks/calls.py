"""Simulated calls measured from audio, against the simulation: ``uv run python -m benchmarks.calls [speed]``.

Each bundled recording is simulated under several presets, rendered to two channels with the other side 35 dB below,
sent through 8 kHz µ-law, and measured from that audio alone. ``benchmarks/calls.md`` has the figures.
"""

from __future__ import annotations

import resource
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import soundfile as sf
import soxr

from base.samples import AUDIBLE_DB, SAMPLE_RATE, SAMPLES_PER_MS, Samples, decibels
from presets.config import VoiceConfig, parse
from presets.library import builtin_presets
from simulator.activity.cache import cached_analysis
from simulator.activity.end_of_turn import EndOfTurnModel, end_of_turn_model
from simulator.audio.g711 import LINE_RATE
from simulator.engine.profile import default_profile
from simulator.heard.call_folder import lone_audio
from simulator.heard.measure import HeardCall, measure_call
from simulator.heard.sides import sides_of
from simulator.heard.tracks import WINDOW, WINDOW_MS, listen
from simulator.measures.readouts import Measured
from simulator.playing.call_mix import CallMix
from simulator.recording import bundled_folder, open_recording
from simulator.study import Arm, run
from simulator.voice.voice import BundledVoice

RECORDINGS = ("booking", "backchannels", "coughs", "fast-talker", "interruptions", "telephone", "thinking")
BLEED_DB = -35.0
WITHIN_MS, EQUAL_SHARE = 40, 0.95

BOLD: dict[str, dict[str, Any]] = {
    "quick to stop": {"barge_in_min_speech_s": 0.3, "eager_eot_threshold": 0.85},
    "quick to answer": {"barge_in_min_speech_s": 0.25, "eager_eot_threshold": 0.6},
    "patient": {"eager_eot_threshold": 0.2},
}
"""Settings besides the presets, under which agents cut in and stop for nothing."""

COUNTS = (
    "turns",
    "cut_ins",
    "interruptions",
    "missed_barge_ins",
    "false_barge_ins",
    "hanging_turns",
    "missed_turns",
)


@dataclass(frozen=True, slots=True)
class RenderedCall:
    """A simulated call as a file, and its truth; ``audible``: when each sound can first and last be heard."""

    name: str
    path: Path
    measured: Measured
    audible: dict[int, int]


def configurations() -> dict[str, VoiceConfig]:
    """Return the presets and the settings besides them."""
    presets = {name: preset.config for name, preset in builtin_presets().items()}
    return presets | {name: parse(one, source=name) for name, one in BOLD.items()}


def rendered(folder: Path, names: tuple[str, ...] = RECORDINGS, seeds: int = 3) -> Iterator[RenderedCall]:
    """Yield each recording under each configuration, rendered into the folder."""
    judge = end_of_turn_model()
    for name in names:
        for arm, config in configurations().items():
            for seed in range(seeds):
                yield render(folder, name, arm, config, seed, judge)


def render(
    folder: Path, name: str, arm: str, config: VoiceConfig, seed: int, judge: EndOfTurnModel
) -> RenderedCall:
    """Simulate one call and write it as a telephone recorder would: two channels, µ-law, 8 kHz."""
    recording = open_recording(bundled_folder() / f"{name}.flac")
    activity = cached_analysis(recording.source, judge)
    done = run(recording, activity, Arm(arm, config), default_profile(), seed=seed)
    clean = CallMix(recording, activity, done.played, BundledVoice()).read(
        0, done.played.duration_ms * SAMPLES_PER_MS
    )
    leak = np.float32(10 ** (BLEED_DB / 20))
    both = np.stack([clean[:, 0] + leak * clean[:, 1], clean[:, 1] + leak * clean[:, 0]], axis=1)
    path = folder / f"{name}-{arm.replace(' ', '-')}-{seed}.wav"
    line = np.clip(soxr.resample(both, SAMPLE_RATE, LINE_RATE), -1, 1)
    sf.write(path, line, LINE_RATE, format="WAV", subtype="ULAW")
    alone = soxr.resample(soxr.resample(clean[:, 1], SAMPLE_RATE, LINE_RATE), LINE_RATE, SAMPLE_RATE)
    return RenderedCall(path.stem, path, done.measured, _audible(done.measured, alone))


def _audible(measured: Measured, agent: Samples) -> dict[int, int]:
    """Return when each planned edge of a sound is audible.

    Clips may begin or end softly, or with an "s" that a telephone does not transmit.
    """
    found = {}
    for sound in measured.sounds:
        piece = agent[sound.start_ms * SAMPLES_PER_MS : sound.end_ms * SAMPLES_PER_MS]
        levels = decibels(np.mean(np.square(piece[: len(piece) // WINDOW * WINDOW].reshape(-1, WINDOW)), axis=1))
        loud = np.flatnonzero(levels >= AUDIBLE_DB)
        if len(loud):
            found[sound.start_ms] = sound.start_ms + int(loud[0]) * WINDOW_MS
            found[sound.end_ms] = sound.start_ms + int(loud[-1] + 1) * WINDOW_MS
    return found


def counts_of(truth: Measured, heard: HeardCall) -> dict[str, tuple[int, int]]:
    """Return each count, true and heard."""
    over, measured = truth.material.over, heard.measured
    assert measured is not None
    own = measured.material.over
    return {
        "turns": (len(truth.turns), len(heard.turns)),
        "cut_ins": (sum(t.cut_in for t in truth.turns), measured.counts["cut_ins"].count),
        "interruptions": (over.true, own.true),
        "missed_barge_ins": (over.missed, own.missed),
        "false_barge_ins": (over.false, own.false),
        "hanging_turns": (sum(t.hanging for t in truth.turns), measured.counts["hanging_turns"].count),
        "missed_turns": (sum(t.missed for t in truth.turns), measured.counts["missed_turns"].count),
    }


def times_of(call: RenderedCall, heard: HeardCall) -> dict[str, list[int]]:
    """Return the errors, ms, of turn ends, first sounds and stops, for a call whose turns were all found."""
    errors: dict[str, list[int]] = {"turn_end": [], "first_sound_ms": [], "barge_in_stop_ms": []}
    for true, found in zip(call.measured.turns, heard.turns, strict=True):
        errors["turn_end"].append(found.turn.end_ms - true.turn.end_ms)
        if true.first_sound_ms is not None and found.outcome.first_sound_ms is not None:
            planned_ms = true.turn.end_ms + true.first_sound_ms
            off = _off(found.turn.end_ms + found.outcome.first_sound_ms, planned_ms, call)
            errors["first_sound_ms"].append(off - errors["turn_end"][-1])
    assert heard.measured is not None
    ends = [sound.end_ms for sound in call.measured.sounds if sound.interrupted]
    for true, found in zip(call.measured.turns, heard.turns, strict=True):
        over = found.turn.interrupts
        stop = next((end for end in ends if true.turn.start_ms < end <= true.turn.start_ms + 2000), None)
        if over is not None and over.stopped_ms is not None and stop is not None:
            errors["barge_in_stop_ms"].append(
                _off(over.stopped_ms, stop, call) - over.start_ms + true.turn.start_ms
            )
    return errors


def _off(heard_ms: int, planned_ms: int, call: RenderedCall) -> int:
    """Return the error of a heard edge, ms; 0 between its planned and its audible time."""
    low, high = sorted((planned_ms, call.audible.get(planned_ms, planned_ms)))
    return heard_ms - min(max(heard_ms, low), high)


def main() -> None:
    """Print the accuracy and speed of the measures; ``speed`` only times a call of two hours."""
    if sys.argv[1:] == ["speed"]:
        _speed()
        return
    calls, equal = 0, 0
    errors: dict[str, list[int]] = {}
    with tempfile.TemporaryDirectory() as folder:
        for call in rendered(Path(folder)):
            calls += 1
            heard = measure_call(lone_audio(call.path, 0))
            counts = counts_of(call.measured, heard)
            differ = {name: pair for name, pair in counts.items() if pair[0] != pair[1]}
            equal += not differ
            if differ:
                print(f"{call.name}: " + ", ".join(f"{name} {a}, heard {b}" for name, (a, b) in differ.items()))
            if "turns" not in differ:
                for name, values in times_of(call, heard).items():
                    errors.setdefault(name, []).extend(values)
    print(
        f"{calls} calls; all {len(COUNTS)} counts equal in {equal}: {equal / calls:.1%} (target {EQUAL_SHARE:.0%})"
    )
    for name, values in errors.items():
        off = np.abs(values)
        print(
            f"{name}: n {len(values)}, median {np.median(values):+.0f} ms, p95 {np.percentile(off, 95):.0f}"
            f" ms, within {WITHIN_MS} ms {np.mean(off <= WITHIN_MS):.1%}, at most {off.max()} ms"
        )


def _speed() -> None:
    """Time calls of 10 minutes and of 2 hours, made of one call repeated."""
    with tempfile.TemporaryDirectory() as folder:
        call = next(rendered(Path(folder), ("telephone",), 1))
        once, rate = sf.read(call.path, dtype="int16")
        for minutes in (10, 120):
            path = Path(folder) / f"{minutes}.wav"
            with sf.SoundFile(path, "w", rate, 2, "ULAW", format="WAV") as file:
                for _ in range(round(minutes * 60 * rate / len(once))):
                    file.write(once)
            started = time.process_time()
            tracks = listen(sides_of(lone_audio(path, 0)))
            took = time.process_time() - started
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
            print(f"{minutes} min: {tracks.duration_ms / 1000 / took:.0f} times real time, peak {peak:.0f} MB")


if __name__ == "__main__":
    main()
