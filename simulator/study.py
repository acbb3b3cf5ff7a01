"""Arms over recordings: the one call behind ``turnlab simulate`` and the Tune screen."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

from presets.config import VoiceConfig
from presets.layers import Layer, ResolvedVoiceConfig, resolve
from simulator.activity.model import Activity
from simulator.engine.profile import EngineProfile
from simulator.measures.readouts import Measured, measure
from simulator.recording import Recording
from simulator.replay import Played, ReplayMode, play


@dataclass(frozen=True)
class Arm:
    """A configuration under test: its own layer, and the layers it inherits from, most specific first."""

    name: str
    config: VoiceConfig
    inherited: tuple[Layer, ...] = field(default=())

    @cached_property
    def resolved(self) -> ResolvedVoiceConfig:
        """What is in force in this arm."""
        return resolve(Layer(self.name, self.config), *self.inherited)


@dataclass(frozen=True, slots=True)
class Run:
    """One arm over one recording: what happened, and how it measures."""

    recording: str
    arm: str
    played: Played
    measured: Measured


def run(
    recording: Recording,
    activity: Activity,
    arm: Arm,
    profile: EngineProfile,
    *,
    mode: ReplayMode | None = None,
    seed: int = 0,
) -> Run:
    """Decide and measure one arm over one analysed recording."""
    played = play(recording, activity, arm.resolved, profile, mode=mode, seed=seed)
    return Run(recording.id, arm.name, played, measure(played, activity, recording.labels))
