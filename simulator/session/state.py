"""What a live session tells: how it stands now, and what happened, in order.

All of it is plain frozen data: it may be kept, compared, and sent between processes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from base.samples import QUIETEST_DB
from presets.layers import ResolvedVoiceConfig
from simulator.engine.events import Event
from simulator.session.settings import EchoGuard

Phase = Literal["starting", "running", "paused", "no audio", "device lost", "failed", "stopped"]
"""``no audio``: the device is open and delivers nothing. ``device lost``: it is gone, and looked for by name.
``failed``: the microphone could not be opened; choose another, or wait: it is tried again."""

Unheard = Literal["muted", "push to talk", "half-duplex", "echo threshold"]
"""Why the agent does not hear the microphone at this moment."""


@dataclass(frozen=True, slots=True)
class Level:
    """The microphone's level over the last frame (32 ms), dBFS, at least -100.

    ``clipped`` counts the samples at full scale since the session began, ``clipping`` says that some were in the
    last half second.
    """

    peak_db: float = QUIETEST_DB
    rms_db: float = QUIETEST_DB
    clipped: int = 0
    clipping: bool = False


@dataclass(frozen=True, slots=True)
class Counters:
    """What was lost, since the session began; nothing of it is made up again. Samples are the device's own.

    ``dropped_samples``/``drops``: arrived, but the session was too far behind to take them. ``overruns``: the
    sound system says that it lost input; how much, it does not say. ``underruns``: the speaker was not served in
    time, and was silent meanwhile. ``late_frames``: deciding on a frame took longer than it lasts.
    """

    dropped_samples: int = 0
    drops: int = 0
    overruns: int = 0
    underruns: int = 0
    late_frames: int = 0


@dataclass(frozen=True, slots=True)
class DecisionTimes:
    """From a frame's last sample arriving to its decisions being known, ms, over the last minute's frames."""

    p50_ms: float = 0.0
    p99_ms: float = 0.0
    max_ms: float = 0.0
    frames: int = 0


@dataclass(frozen=True, slots=True)
class DeviceInForce:
    """A device as it was opened. ``note`` says what is out of the ordinary (resampled, one channel of two).

    ``latency_ms`` is what the sound system says passes between the device and us.
    """

    name: str
    rate: int
    channels: int
    latency_ms: float
    note: str = ""


@dataclass(frozen=True, slots=True)
class TurnLatency:
    """How long the agent took after one caller turn, ms from the *detected* end of speech; ``None``: not (yet).

    On the samples' clock, as in every readout: what the devices add to it is in their ``latency_ms``.
    """

    turn: int
    arm: str
    end_of_turn_ms: int
    first_sound_ms: int | None = None
    response_ms: int | None = None


@dataclass(frozen=True, slots=True)
class RecordingState:
    """A recording under way."""

    path: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Snapshot:
    """How the session stands. ``now_ms`` is the count of samples heard, as time: the call's only clock.

    ``standing`` is what is wrong right now in one sentence ("" if nothing is). ``turn_state`` is one of listening,
    caller, pause, thinking, speaking; ``turn_confidence`` is known only in a pause; ``eager_threshold`` is ``None``
    where eager end of turn is off. ``behind_ms`` is how much audio waits to be decided on.
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
    """From the last barge-in's decision to the last sample handed to the speaker, plus the speaker's latency."""
    counters: Counters = Counters()
    input: DeviceInForce | None = None
    output: DeviceInForce | None = None
    arm: str = ""
    arms: tuple[str, ...] = ()
    config: ResolvedVoiceConfig | None = None
    """The settings of this arm."""
    echo_guard: EchoGuard = EchoGuard.CANCELLATION
    echo_threshold_db: float = 0.0
    """Below full scale."""
    hears_itself: bool = False
    """Whether the microphone hears the agent, and the guard lets that through."""
    muted: bool = False
    push_to_talk: bool = False
    talking: bool = False
    """Whether the push-to-talk key is held."""
    recording: RecordingState | None = None
    voice: str = ""
    """What speaks for the agent."""
    end_of_turn_model: str = ""
    behind_ms: int = 0
    decisions: DecisionTimes = DecisionTimes()


@dataclass(frozen=True, slots=True)
class Happened:
    """A decision of the agent's, as in every timeline, the current arm, and the time by this machine's clock.

    ``decided_s`` is ``time.monotonic()``, which on Linux is the same in every process.
    """

    event: Event
    arm: str
    decided_s: float = 0.0

    @property
    def t_ms(self) -> int:
        """When, on the call's clock."""
        return self.event.t_ms

    def to_json(self) -> dict[str, Any]:
        """Return it for scripts."""
        return {**self.event.to_json(), "arm": self.arm}


NoticeKind = Literal["call", "gap", "device", "setting", "recording", "voice", "fault"]


@dataclass(frozen=True, slots=True)
class Notice:
    """Something about the session itself, in one sentence: a gap in the audio, a device, a changed setting."""

    kind: NoticeKind
    t_ms: int
    text: str

    def to_json(self) -> dict[str, Any]:
        """Return it for scripts."""
        return {"type": f"notice_{self.kind}", "t": round(self.t_ms / 1000, 3), "text": self.text}


SessionMessage = Happened | Notice
