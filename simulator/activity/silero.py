"""Voice activity: Silero's network (MIT), one speech probability for each 32 ms.

Two exports of the network give the same probabilities. The sequence export takes many frames a call and is about
twice as fast. The one-frame export comes with a lighter package and is the fallback.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from base.samples import SAMPLE_RATE
from simulator.activity.model import FRAME_SAMPLES
from simulator.activity.model_files import open_session, silero_frame_path, silero_sequence_path

CONTEXT_SAMPLES = 64
"""Samples of the previous frame that the network needs before each frame at 16 kHz."""

VOICE_MODEL = "silero-vad v6"

Frames = NDArray[np.float32]


class VoiceModel(Protocol):
    """A voice-activity detector with memory. Push the frames of one stream in order."""

    def push(self, frames: Frames) -> NDArray[np.float32]:
        """Return the speech probabilities 0…1, float32 ``[n]``, of frames float32 ``[n, 512]`` at 16 kHz."""
        ...


def voice_model() -> VoiceModel:
    """Return a new detector. Raises :class:`~simulator.errors.ModelError` if none is installed."""
    return SequenceSilero() if silero_sequence_path() else FrameSilero()


@cache
def _session(path: Path | None) -> Any:
    """Return the network, opened once for all streams. Each call passes the stream's state in and out."""
    return open_session(path)


def _with_context(frames: Frames, before: NDArray[np.float32]) -> Frames:
    joined = np.empty((len(frames), CONTEXT_SAMPLES + FRAME_SAMPLES), np.float32)
    joined[:, CONTEXT_SAMPLES:] = frames
    joined[0, :CONTEXT_SAMPLES] = before
    joined[1:, :CONTEXT_SAMPLES] = frames[:-1, -CONTEXT_SAMPLES:]
    return joined


class SequenceSilero:
    """Silero's sequence export: many frames a call."""

    def __init__(self) -> None:
        self._session = _session(silero_sequence_path())
        self._h = np.zeros((1, 1, 128), np.float32)
        self._c = np.zeros((1, 1, 128), np.float32)
        self._before = np.zeros(CONTEXT_SAMPLES, np.float32)

    def push(self, frames: Frames) -> NDArray[np.float32]:
        """Return the speech probabilities 0…1, float32 ``[n]``, of frames float32 ``[n, 512]`` at 16 kHz."""
        feed = {"input": _with_context(frames, self._before), "h": self._h, "c": self._c}
        found, self._h, self._c = self._session.run(None, feed)
        self._before = frames[-1, -CONTEXT_SAMPLES:].copy()
        return np.asarray(found, np.float32)


class FrameSilero:
    """Silero's ordinary export: one frame a call."""

    def __init__(self) -> None:
        self._session = _session(silero_frame_path())
        self._rate = np.array(SAMPLE_RATE, np.int64)
        self._state = np.zeros((2, 1, 128), np.float32)
        self._before = np.zeros(CONTEXT_SAMPLES, np.float32)

    def push(self, frames: Frames) -> NDArray[np.float32]:
        """Return the speech probabilities 0…1, float32 ``[n]``, of frames float32 ``[n, 512]`` at 16 kHz."""
        found = np.empty(len(frames), np.float32)
        for index, samples in enumerate(_with_context(frames, self._before)):
            feed = {"input": samples[None], "state": self._state, "sr": self._rate}
            probability, self._state = self._session.run(None, feed)
            found[index] = probability[0, 0]
        self._before = frames[-1, -CONTEXT_SAMPLES:].copy()
        return found
