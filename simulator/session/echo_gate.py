"""Which of the microphone's frames the agent hears: muted, push to talk, or kept from hearing itself."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from base.samples import Samples
from simulator.activity.model import FRAME_MS, FRAME_SAMPLES
from simulator.session.settings import EchoGuard
from simulator.session.state import Unheard

TAIL_MS = 250
"""How long a room and a speaker's buffers ring on after the agent has stopped."""

OPEN_MS = 300
"""How long a voice that was louder than the echo is heard on, so that its quiet sounds are not cut out."""

SILENCE = np.zeros(FRAME_SAMPLES, np.float32)


@dataclass(slots=True)
class CallControls:
    """What was asked for; any thread may change it, and each frame is dealt with by one state of it."""

    echo: EchoGuard
    muted: bool = False
    push_to_talk: bool = False
    talking: bool = False


class EchoGate:
    """Decides frame by frame. ``threshold_db`` is in dB below full scale."""

    def __init__(self, wishes: CallControls, threshold_db: float) -> None:
        self.wishes = wishes
        self._threshold = -threshold_db
        self._tail_ms = self._open_ms = 0
        self._by_hand: Unheard | None = None

    def heard(self, frame: Samples, rms_db: float, *, agent_sounds: bool) -> tuple[Samples, Unheard | None]:
        """Return what the agent hears of a frame, the frame or silence, and why it hears nothing."""
        self._tail_ms = TAIL_MS if agent_sounds else max(0, self._tail_ms - FRAME_MS)
        self._by_hand = self._closed_by_hand()
        why = self._by_hand or self._closed_for_echo(rms_db)
        return (frame if why is None else SILENCE), why

    def kept(self, frame: Samples) -> Samples:
        """Return what a recording holds of the frame last heard: the microphone, unless its owner had closed it."""
        return frame if self._by_hand is None else SILENCE

    def _closed_by_hand(self) -> Unheard | None:
        if self.wishes.muted:
            return "muted"
        if self.wishes.push_to_talk and not self.wishes.talking:
            return "push to talk"
        return None

    def _closed_for_echo(self, rms_db: float) -> Unheard | None:
        if not self._tail_ms or self.wishes.echo is EchoGuard.HEADPHONES:
            self._open_ms = 0
            return None
        if self.wishes.echo is EchoGuard.HALF_DUPLEX:
            return "half-duplex"
        self._open_ms = OPEN_MS if rms_db >= self._threshold else max(0, self._open_ms - FRAME_MS)
        return None if self._open_ms else "echo threshold"
