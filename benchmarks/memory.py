"""Memory for the analysis of a long recording: ``uv run python -m benchmarks.memory [HOURS]``.

Analyses a recording of two hours, plain and with every what-if setting on, each in a separate process.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import soundfile as sf

from base.samples import SAMPLE_RATE
from simulator.activity.analyzer import analyze
from simulator.activity.end_of_turn import SilenceOnly, end_of_turn_model
from simulator.audio.source import open_audio
from simulator.audio.what_if import WhatIf
from simulator.recording import bundled_folder, find_audio

HOURS = 2.0
MOST_MB = 500


def main() -> None:
    """Print the peak of each."""
    if len(sys.argv) > 2:
        _analyse(Path(sys.argv[1]), sys.argv[2])
        return
    print_peaks(float(sys.argv[1]) if len(sys.argv) > 1 else HOURS, ("plain", "smart-turn", "telephone and noise"))


def print_peaks(hours: float, kinds: tuple[str, ...]) -> None:
    """Print the peak memory for analysing a recording of some hours in these ways."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "long.flac"
        _write_long(path, hours)
        for what in kinds:
            started = time.perf_counter()
            peak_mb = _peak_mb(path, what)
            within = "met" if peak_mb < MOST_MB else "NOT met"
            took = time.perf_counter() - started
            print(
                f"peak memory, {hours:g} h, {what:20} {peak_mb:4.0f} MB (under {MOST_MB}: {within}; {took:.0f} s)"
            )


def _peak_mb(path: Path, what: str) -> float:
    command = [sys.executable, "-m", "benchmarks.memory", str(path), what]
    return float(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def _analyse(path: Path, what: str) -> None:
    knobs = WhatIf(telephone=True, noise_snr_db=10.0) if what.startswith("telephone") else WhatIf()
    analyze(open_audio(path, what_if=knobs), end_of_turn_model() if what == "smart-turn" else SilenceOnly())
    # kilobytes on Linux, bytes on macOS
    unit = 1 << 20 if sys.platform == "darwin" else 1 << 10
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit)


def _write_long(path: Path, hours: float) -> None:
    calls = [open_audio(one).samples() for one in find_audio([bundled_folder()])]
    left = round(hours * 3600 * SAMPLE_RATE)
    with sf.SoundFile(path, "w", SAMPLE_RATE, 1, "PCM_16") as file:
        while left > 0:
            for call in calls:
                file.write(call[:left])
                left -= min(left, len(call))


if __name__ == "__main__":
    main()
