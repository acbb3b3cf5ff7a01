"""The initial settings of a live session, and the arms a person can talk to."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from enum import StrEnum
from typing import Any

from presets.layers import ResolvedVoiceConfig
from simulator.engine.profile import EngineProfile, default_profile
from simulator.engine.scenario import Scenario, default_scenario


class EchoGuard(StrEnum):
    """Keeps the agent from hearing itself through the speaker."""

    CANCELLATION = "cancellation"
    """Removes the agent's sound from the microphone's, so a caller can interrupt it on loudspeakers."""
    HEADPHONES = "headphones"
    """Does nothing: the microphone is always heard."""
    HALF_DUPLEX = "half-duplex"
    """Mutes the microphone while the agent sounds, so nothing can interrupt the agent."""
    THRESHOLD = "threshold"
    """While the agent sounds, mutes everything quieter than the profile's ``echo_threshold_db``."""

    @property
    def words(self) -> str:
        """The guard's effect, in words."""
        return _GUARDS[self]


_GUARDS = {
    EchoGuard.CANCELLATION: "cancellation: takes out the agent's echo",
    EchoGuard.HEADPHONES: "headphones: the microphone is always heard",
    EchoGuard.HALF_DUPLEX: "half-duplex: not heard while the agent sounds, so no barge-in",
    EchoGuard.THRESHOLD: "echo threshold: only what is louder is heard while the agent sounds",
}


@dataclass(frozen=True, slots=True)
class LiveArm:
    """A named configuration to talk to."""

    name: str
    config: ResolvedVoiceConfig


def check_arms(arms: tuple[LiveArm, ...]) -> None:
    """Raise :class:`ValueError` for no arms, or for duplicate names."""
    if not arms or len({arm.name for arm in arms}) != len(arms):
        raise ValueError("a session needs at least one arm, and every arm a name of its own")


@dataclass(frozen=True, slots=True)
class SessionSettings:
    """A session's initial settings. Raises :class:`ValueError` for no arms, or for duplicate names.

    ``input`` and ``output`` are device names from :func:`simulator.devices.list_devices`, ``None`` for the system's
    default; with ``speaker`` false nothing is played. ``arms`` has at least one; the first is current.
    ``echo_threshold_db`` is in dB below full scale, ``None`` for the profile's. ``round_trip_ms`` is the measured
    time from the speaker to the microphone; ``None``: as the sound system reports it. ``voice`` is one of
    :data:`simulator.voice.voice.VOICES`, ``None`` for the best available. ``silence_only`` disables an installed
    end-of-turn model. ``seed`` seeds the draw of the models' latencies.
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


class LiveArms:
    """The arms, never empty: :class:`SessionSettings` and :class:`UseArms` check that."""

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
        """Make another arm the current one; return whether it exists."""
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
    """Return the settings that differ, in words; "" if none does."""
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
