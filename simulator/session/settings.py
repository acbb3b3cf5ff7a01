"""What a live session begins with, and which configurations a person can talk to."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from enum import StrEnum
from typing import Any

from presets.layers import ResolvedVoiceConfig
from simulator.engine.profile import EngineProfile, default_profile
from simulator.engine.scenario import Scenario, default_scenario


class EchoGuard(StrEnum):
    """What keeps the agent from hearing itself through the speaker."""

    CANCELLATION = "cancellation"
    """The agent's sound is taken out of the microphone, so a caller can interrupt it on loudspeakers."""
    HEADPHONES = "headphones"
    """Nothing: the microphone is always heard, and barge-in is what it would be."""
    HALF_DUPLEX = "half-duplex"
    """The microphone is not heard while the agent sounds, so nothing can interrupt it."""
    THRESHOLD = "threshold"
    """While the agent sounds, what is quieter than the profile's ``echo_threshold_db`` is not heard."""

    @property
    def words(self) -> str:
        """The guard's effect, for people."""
        return _GUARDS[self]


_GUARDS = {
    EchoGuard.CANCELLATION: "cancellation: takes out the agent's echo",
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
    system's default; with ``speaker`` false nothing is played. ``arms`` has at least one; the first is current.
    ``echo_threshold_db`` is in dB below full scale, ``None`` for the profile's. ``round_trip_ms`` is how long a
    sound takes from the speaker to the microphone, where that was measured; ``None``: what the sound system says.
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
    echo_guard: EchoGuard = EchoGuard.CANCELLATION
    echo_threshold_db: float | None = None
    round_trip_ms: float | None = None
    voice: str | None = None
    push_to_talk: bool = False
    muted: bool = False
    silence_only: bool = False
    seed: int = 0

    def __post_init__(self) -> None:
        check_arms(self.arms)


_MOST_NAMED = 4


class Arms:
    """Never empty: :class:`SessionSettings` and :class:`UseArms` check what they are given."""

    def __init__(self, arms: tuple[LiveArm, ...]) -> None:
        self._arms = {arm.name: arm.config for arm in arms}
        self.name = arms[0].name

    @property
    def names(self) -> tuple[str, ...]:
        """All names, in order."""
        return tuple(self._arms)

    @property
    def config(self) -> ResolvedVoiceConfig:
        """The settings of the current arm."""
        return self._arms[self.name]

    def replace(self, arms: tuple[LiveArm, ...]) -> None:
        """Replace the arms; the current one stays current if its name is among them."""
        self._arms = {arm.name: arm.config for arm in arms}
        if self.name not in self._arms:
            self.name = arms[0].name

    def set_config(self, config: ResolvedVoiceConfig) -> None:
        """Change the current arm's settings."""
        self._arms[self.name] = config

    def switch(self, name: str) -> bool:
        """Make another arm the current one; return whether it is there."""
        if name not in self._arms:
            return False
        self.name = name
        return True

    def to_json(self) -> dict[str, Any]:
        """Return every arm's settings, for a recording's labels."""
        return {
            name: {field.name: getattr(config, field.name) for field in fields(config) if field.compare}
            for name, config in self._arms.items()
        }


def changed_fields(before: ResolvedVoiceConfig, after: ResolvedVoiceConfig) -> str:
    """Return which settings differ, for people; "" if none does."""
    differ = [
        f"{field.name} {_shown(getattr(before, field.name))} → {_shown(getattr(after, field.name))}"
        for field in fields(after)
        if field.compare and getattr(before, field.name) != getattr(after, field.name)
    ]
    more = f" and {len(differ) - _MOST_NAMED} more" if len(differ) > _MOST_NAMED else ""
    return ", ".join(differ[:_MOST_NAMED]) + more


def _shown(value: object) -> str:
    if value is None:
        return "off"
    return f"{value:g}" if isinstance(value, float) else str(value)
