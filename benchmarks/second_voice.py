"""How often a second voice in the caller's room is noticed: ``uv run python -m benchmarks.second_voice CORPUS``.

Each recording of one person talking is analysed unchanged, and mixed with another person's speech 8, 12 and 16 dB
below (seed 0). Then every other recording of the corpus that seems to have a second voice is listed.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import soundfile as sf

from base.samples import SAMPLE_RATE, Samples
from simulator.activity.analyzer import analyze
from simulator.activity.end_of_turn import SilenceOnly
from simulator.channel import second_voice
from simulator.recording import open_recording

BELOW_DB = (8, 12, 16)


def main() -> None:
    """Print how many are noticed, and where."""
    if len(sys.argv) != 2 or not Path(sys.argv[1]).is_dir():
        sys.exit("name the folder of the corpus: python -m benchmarks.second_voice CORPUS")
    paths = sorted(Path(sys.argv[1]).glob("*.flac"))
    talking = [path for path in paths if path.stem.startswith("nat-")]
    who = {path: json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))["speaker"] for path in talking}
    samples = {path: open_recording(path).source.samples() for path in talking}
    print(f"one person talking: {sum(map(_noticed, talking))} of {len(talking)}")
    with TemporaryDirectory() as folder:
        for below_db in BELOW_DB:
            draw, found = np.random.default_rng(0), 0
            for path in talking:
                others = [one for one in talking if who[one] != who[path]]
                other = others[int(draw.integers(len(others)))]
                behind = np.roll(
                    np.resize(samples[other], len(samples[path])), int(draw.integers(SAMPLE_RATE * 60))
                )
                level = _loud(samples[path]) / _loud(behind) * 10 ** (-below_db / 20)
                mixed = Path(folder) / "mixed.wav"
                sf.write(mixed, samples[path] + behind * level, SAMPLE_RATE)
                found += _noticed(mixed)
            print(f"another {below_db} dB below: {found} of {len(talking)}")
    print("noticed elsewhere:", ", ".join(path.stem for path in paths if path not in who and _noticed(path)))


def _noticed(path: Path) -> bool:
    return second_voice(analyze(open_recording(path).source, SilenceOnly())) is not None


def _loud(samples: Samples) -> float:
    """Return the level of the loudest quarter, dBFS."""
    power = np.sort(np.square(samples, dtype=np.float64))[-len(samples) // 4 :]
    return float(np.sqrt(power.mean()))


if __name__ == "__main__":
    main()
