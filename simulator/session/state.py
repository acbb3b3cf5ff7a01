"""The reports of a live session: its current state, and what happened, in order.

All of it is plain frozen data, which can be stored, compared, and sent between processes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from base.samples import QUIETEST_DB
from presets.layers import ResolvedVoiceConfig
from simulator.engine.events import Event
from simulator.session.settings import EchoGuard

Phase = Literal["starting", "running", "paused", "no audio", "device lost", "failed", "stopped"]
"""``no audio``: the device is open and delivers nothing.

``device lost``: it is gone, and is being searched for by name. ``failed``: the microphone could not be opened; it
is retried, and another may be chosen.
"""

Unheard = Literal["muted", "push to talk", "half-duplex", "echo threshold"]
"""Why the agent does not hear the microphone now."""


@dataclass(frozen=True, slots=True)
class Level:
    """The microphone's level over the last frame (32 ms), dBFS, at least -100.

    ``clipped`` counts the samples at full scale since the session began; ``clipping``: there were some in the last
    half second.
    """

    peak_db: float = QUIETEST_DB
    rms_db: float = QUIETEST_DB
    clipped: int = 0
    clipping: bool = False


@dataclass(frozen=True, slots=True)
class Counters:
    """Losses since the session began; lost audio is not replaced. Samples are the device's own.

    ``dropped_samples``/``drops``: audio arrived while the session was too far behind to take it. ``overruns``: the
    sound system reported lost input of unknown length. ``underruns``: the speaker was served late and fell silent.
    ``late_frames``: deciding on a frame took longer than the frame lasts.
    """

    dropped_samples: int = 0
    drops: int = 0
    overruns: int = 0
    underruns: int = 0
    late_frames: int = 0


@dataclass(frozen=True, slots=True)
class DecisionTimes:
    """The time from the arrival of a frame's last sample to its decisions, ms, over the last minute's frames."""

    p50_ms: float = 0.0
    p99_ms: float = 0.0
    max_ms: float = 0.0
    frames: int = 0


@dataclass(frozen=True, slots=True)
class OpenedDevice:
    """An opened device. ``note`` describes anything unusual (resampled, one channel of two).

    ``latency_ms`` is the latency between the device and us, as the sound system reports it.
    """

    name: str
    rate: int
    channels: int
    latency_ms: float
    note: str = ""


@dataclass(frozen=True, slots=True)
class TurnLatency:
    """The agent's latencies after one caller turn, ms from the *detected* end of speech; ``None``: not (yet).

    They are on the samples' clock, as in every readout; the devices' own delay is in their ``latency_ms``.
    """

    turn: int
    arm: str
    end_of_turn_ms: int
    first_sound_ms: int | None = None
    response_ms: int | None = None


@dataclass(frozen=True, slots=True)
class RecordingState:
    """A recording in progress."""

    path: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The session's state. ``now_ms`` is the length of the audio heard, the call's only clock.

    ``standing`` is the current fault in one sentence ("" if there is none). ``turn_state`` is one of listening,
    caller, pause, thinking, speaking. ``turn_confidence`` is known only in a pause. ``eager_threshold`` is ``None``
    where eager end of turn is off. ``behind_ms`` is how much audio waits for a decision.
    """

    phase: Phase = "starting"
    standing: str = ""
    now_ms: int = 0
    level: Level = Level()
    voice_probability: float = 0.0
    unheard: Unheard | None = None
    turn_state: str = "listening"
    turn_confidence: float | None = None
    threshold: float = 0.0
    eager_threshold: float | None = None
    agent_sounding: bool = False
    agent_text: str = ""
    latencies: tuple[TurnLatency, ...] = ()
    """The last turns' latencies, oldest first, at most 50."""
    last_barge_in_silence_ms: float | None = None
    """From the last barge-in's decision to the last sample handed to the speaker, plus its latency, ms."""
    counters: Counters = Counters()
    input: OpenedDevice | None = None
    output: OpenedDevice | None = None
    arm: str = ""
    arms: tuple[str, ...] = ()
    config: ResolvedVoiceConfig | None = None
    """The current arm's settings."""
    echo_guard: EchoGuard = EchoGuard.CANCELLATION
    echo_threshold_db: float = 0.0
    """In dB below full scale."""
    hears_itself: bool = False
    """Whether the microphone hears the agent, and the guard lets that through."""
    muted: bool = False
    push_to_talk: bool = False
    talking: bool = False
    """Whether the push-to-talk key is held."""
    recording: RecordingState | None = None
    voice: str = ""
    """The agent's voice."""
    end_of_turn_model: str = ""
    behind_ms: int = 0
    decisions: DecisionTimes = DecisionTimes()


@dataclass(frozen=True, slots=True)
class Happened:
    """A decision of the agent, as in every timeline, with the current arm and this machine's clock.

    ``decided_s`` is ``time.monotonic()``, which on Linux is the same in every process.
    """

    event: Event
    arm: str
    decided_s: float = 0.0

    @property
    def t_ms(self) -> int:
        """When, ms on the call's clock."""
        return self.event.t_ms

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON values."""
        return {**self.event.to_json(), "arm": self.arm}


NoticeKind = Literal["call", "gap", "device", "setting", "recording", "voice", "fault"]


@dataclass(frozen=True, slots=True)
class Notice:
    """One sentence about the session itself: a gap in the audio, a device, a changed setting."""

    kind: NoticeKind
    t_ms: int
    text: str

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON values."""
        return {"type": f"notice_{self.kind}", "t": round(self.t_ms / 1000, 3), "text": self.text}


SessionMessage = Happened | Notice
