"""Runs arms over recordings, for ``turnlab simulate`` and the Tune screen."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from presets.config import VoiceConfig
from presets.layers import Layer, ResolvedVoiceConfig, resolve
from simulator.activity.end_of_turn import EndOfTurnModel
from simulator.activity.model import Activity
from simulator.channel import NEEDS_CALLER, both_sides, second_voice, without_barge_in
from simulator.echo.play import Echo, play_with_echo
from simulator.engine.profile import EngineProfile
from simulator.errors import LabelError
from simulator.measures.readouts import Measured, measure, readouts_json
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
        """The settings of this arm."""
        return resolve(Layer(self.name, self.config), *self.inherited)


@dataclass(frozen=True, slots=True)
class Run:
    """One arm over one recording: its events and measures.

    ``mixed`` is why barge-in was left out, where the audio does not contain the caller alone. ``second_voice`` is
    why there seems to be another voice in the caller's room.
    """

    recording: str
    arm: str
    played: Played
    measured: Measured
    mixed: str | None = None
    second_voice: str | None = None


def readouts_of_arms(arms: Iterable[Arm], runs: Collection[Run]) -> dict[str, dict[str, Any]]:
    """Return each arm's readouts over all its runs as JSON values."""
    return {arm.name: readouts_json([one.measured for one in runs if one.arm == arm.name]) for arm in arms}


@dataclass(frozen=True, slots=True)
class EchoStudy:
    """The agent's echo, and the end-of-turn model for the audio with echo."""

    echo: Echo
    judge: EndOfTurnModel


def run(
    recording: Recording,
    activity: Activity,
    arm: Arm,
    profile: EngineProfile,
    *,
    mode: ReplayMode | None = None,
    seed: int = 0,
    echo: EchoStudy | None = None,
) -> Run:
    """Decide and measure one arm over one analysed recording, with echo if given.

    Where the audio does not contain the caller alone, nothing interrupts the agent, and the readouts of barge-in
    are left out. Raises :class:`~simulator.errors.LabelError` for scripted replay of such a recording, or without
    labelled agent windows.
    """
    mixed = both_sides(recording, activity)
    if mixed is not None and mode == "scripted":
        raise LabelError(f"{recording.place}: {mixed}; {NEEDS_CALLER}, so there is nothing to replay scripted")
    heard = recording if mixed is None else without_barge_in(recording)
    config = arm.resolved
    if echo is None:
        played = play(heard, activity, config, profile, mode=mode, seed=seed)
    else:
        played = play_with_echo(heard, activity, echo.judge, config, profile, echo.echo, mode=mode, seed=seed)
    measured = measure(played, activity, recording.labels, barge_in=mixed is None)
    other = None if mixed else second_voice(activity)
    return Run(recording.id, arm.name, played, measured, mixed, other)
