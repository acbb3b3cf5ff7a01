"""Seconds of audio that stage 1 analyses per second of one core: ``uv run python -m benchmarks.analysis [FILE]``.

Without a file, the bundled recordings are joined into ten minutes of calls.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import soundfile as sf

from base.samples import SAMPLE_RATE
from benchmarks.memory import HOURS, print_peaks
from simulator.activity.analyzer import analyze
from simulator.activity.end_of_turn import EndOfTurnModel, SilenceOnly
from simulator.activity.model import FRAME_SAMPLES
from simulator.activity.silero import FrameSilero, SequenceSilero, VoiceModel
from simulator.activity.smart_turn import WINDOW_SECONDS, SmartTurn, installed_smart_turn, log_mel
from simulator.audio.source import AudioSource, open_audio
from simulator.recording import bundled_folder, find_audio


def main() -> None:
    """Print the figures."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(sys.argv[1]) if len(sys.argv) > 1 else bundled_calls(Path(folder))
        source = open_audio(path)
        print(f"{source.duration_s:.0f} s of audio, median of 3")
        print(f"voice activity alone         {rate(source, SilenceOnly()):6.0f} x real time")
        model = installed_smart_turn()
        if model is None:
            print("Smart Turn is not installed")
        else:
            pauses = len(analyze(source, model).spans)
            print(f"with Smart Turn, {pauses:3} pauses  {rate(source, model):6.0f} x real time")
            _print_a_pause(source, model)
        samples = source.samples()
        frames = samples[: len(samples) // FRAME_SAMPLES * FRAME_SAMPLES].reshape(-1, FRAME_SAMPLES)
        for name, detector in (("one frame a call", FrameSilero()), ("many frames a call", SequenceSilero())):
            print(f"the network, {name:18} {_network_rate(detector, frames):5.0f} x real time")
    print_peaks(HOURS, ("plain",))


def rate(source: AudioSource, model: EndOfTurnModel) -> float:
    """Return how many seconds of audio one core analyses per second, the median of three runs."""
    return source.duration_s / statistics.median(_timed(lambda: analyze(source, model)) for _ in range(3))


def _print_a_pause(source: AudioSource, model: SmartTurn) -> None:
    heard = source.samples()[: WINDOW_SECONDS * SAMPLE_RATE]
    whole_s = statistics.median(_timed(lambda: model.judge(heard, 200)) for _ in range(20))
    ready_s = statistics.median(_timed(lambda: log_mel(heard)) for _ in range(20))
    print(f"a pause                      {1000 * whole_s:6.1f} ms, of which {1000 * ready_s:.1f} ms make it ready")


def _network_rate(detector: VoiceModel, frames: np.ndarray[tuple[int, int], np.dtype[np.float32]]) -> float:
    def run() -> None:
        for at in range(0, len(frames), 125):
            detector.push(frames[at : at + 125])

    seconds = len(frames) * FRAME_SAMPLES / SAMPLE_RATE
    return seconds / statistics.median(_timed(run) for _ in range(3))


def _timed(work: object) -> float:
    assert callable(work)
    started = time.process_time()  # of all threads: a wait that spins counts
    work()
    return time.process_time() - started


def bundled_calls(folder: Path, seconds: int = 600) -> Path:
    """Write ``seconds`` of the bundled recordings, in sequence, to a file in a folder; return its path."""
    calls = [open_audio(path).samples() for path in find_audio([bundled_folder()])]
    joined = np.concatenate(calls * (seconds * SAMPLE_RATE // sum(len(call) for call in calls) + 1))
    path = folder / "calls.flac"
    sf.write(path, joined[: seconds * SAMPLE_RATE], SAMPLE_RATE)
    return path


if __name__ == "__main__":
    main()
