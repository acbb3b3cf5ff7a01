"""What a live session is begun with, and what of it may change while talking."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from presets.layers import ResolvedVoiceConfig
from simulator.engine.profile import EngineProfile, default_profile
from simulator.engine.scenario import Scenario, default_scenario


class EchoGuard(StrEnum):
    """What keeps the agent from hearing itself through the speaker."""

    HEADPHONES = "headphones"
    """Nothing: the microphone is always heard, and barge-in is what it would be."""
    HALF_DUPLEX = "half-duplex"
    """The microphone is not heard while the agent sounds, so nothing can interrupt it."""
    THRESHOLD = "threshold"
    """While the agent sounds, what is quieter than the profile's ``echo_threshold_db`` is not heard."""

    @property
    def words(self) -> str:
        """What is in force, for people."""
        return _GUARDS[self]


_GUARDS = {
    EchoGuard.HEADPHONES: "headphones: the microphone is always heard",
    EchoGuard.HALF_DUPLEX: "half-duplex: not heard while the agent sounds, so no barge-in",
    EchoGuard.THRESHOLD: "echo threshold: only what is louder is heard while the agent sounds",
}


@dataclass(frozen=True, slots=True)
class LiveArm:
    """A configuration to talk to, under a name."""

    name: str
    config: ResolvedVoiceConfig


def check_arms(arms: tuple[LiveArm, ...]) -> None:
    """Raise :class:`ValueError` for no arms, or two of one name."""
    if not arms or len({arm.name for arm in arms}) != len(arms):
        raise ValueError("a session needs at least one arm, and every arm a name of its own")


@dataclass(frozen=True, slots=True)
class SessionSettings:
    """What a session begins with. Raises :class:`ValueError` for no arms, or two of one name.

    ``input`` and ``output`` are device names as :func:`simulator.devices.list_devices` gives them, ``None`` for the
    system's default; with ``speaker`` false nothing is played. ``arms`` has at least one; the first is in force.
    ``voice`` is one of :data:`simulator.voice.voice.VOICES`, ``None`` for the best there is.
    With ``silence_only`` no end-of-turn model is used even where it is installed. ``seed`` chooses the draw of the
    models' latencies.
    """

    arms: tuple[LiveArm, ...]
    input: str | None = None
    output: str | None = None
    speaker: bool = True
    profile: EngineProfile = field(default_factory=default_profile)
    scenario: Scenario = field(default_factory=default_scenario)
    echo_guard: EchoGuard = EchoGuard.HEADPHONES
    voice: str | None = None
    push_to_talk: bool = False
    muted: bool = False
    silence_only: bool = False
    seed: int = 0

    def __post_init__(self) -> None:
        check_arms(self.arms)
