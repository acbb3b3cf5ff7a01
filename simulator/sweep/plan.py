"""The plan of a sweep, and its calls."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from importlib.metadata import version
from typing import Any

import numpy as np

from presets.config import VoiceConfig, of_values
from presets.layers import Layer, resolve
from presets.library import Preset, whole
from simulator.activity.model import Activity
from simulator.channel import both_sides, without_barge_in
from simulator.engine.end_of_turn import sensitivity_of
from simulator.engine.profile import EngineProfile
from simulator.errors import SimulatorError
from simulator.measures.limits import MEASURABLE, Figure
from simulator.measures.readout_table import BY_NAME
from simulator.recording import Recording
from simulator.sweep import BUDGET
from simulator.sweep.goals import Goal
from simulator.sweep.space import Range, Space, space_of, usual_fields


class SweepError(SimulatorError):
    """A sweep that cannot run; the reason is one sentence."""


@dataclass(frozen=True, slots=True, eq=False)
class SweepCall:
    """One call to try settings on. ``caller`` groups calls of one person: a hash.

    ``mixed``: the audio does not contain the caller alone, so barge-in is left out.
    """

    id: str
    caller: str
    recording: Recording
    activity: Activity
    mixed: bool = False

    @property
    def labelled(self) -> bool:
        """Whether labels, or the other channel, provide its truth."""
        return self.recording.labels is not None and self.recording.labels.has_truth

    def measures(self, figure: Figure) -> bool:
        """Return whether the figure can be measured on it."""
        readout = BY_NAME[figure.readout.name]
        greeted = self.recording.scenario.greeting is not None
        return not (
            (readout.needs_truth and not self.labelled)
            or (readout.by_barge_in and self.mixed)
            or (readout.needs_greeting and not greeted)
        )


def sweep_call(recording: Recording, activity: Activity, caller: str = "") -> SweepCall:
    """Return a call to try settings on. The default ``caller`` is the labels' speaker, else unique to the call."""
    mixed = both_sides(recording, activity) is not None
    heard = without_barge_in(recording) if mixed else recording
    # a copy of a call under another name has the same caller
    speaker = caller or _speaker(recording) or f"call {activity.sound or recording.id}"
    # workers get neither a number nor a caller's words, only a hash of who called, and times
    own = hashlib.sha256(speaker.encode()).hexdigest()[:12]
    return SweepCall(recording.id, own, _without_words(heard), _without_drawing(activity), mixed)


def _without_words(recording: Recording) -> Recording:
    labels = recording.labels
    if labels is None:
        return recording
    turns = tuple(one.model_copy(update={"text": ""}) for one in labels.turns)
    return replace(recording, labels=labels.model_copy(update={"turns": turns}))


def _speaker(recording: Recording) -> str:
    labels = recording.labels
    if labels is None:
        return ""
    only = (labels.model_extra or {}).get("speaker")
    speakers = {turn.speaker for turn in labels.caller_turns() if turn.speaker}
    return only if isinstance(only, str) else speakers.pop() if len(speakers) == 1 else ""


def _without_drawing(activity: Activity) -> Activity:
    """Return the part of an analysis that decisions and readouts need, about a quarter of it."""
    return replace(activity, level_db=np.zeros(0, np.float32), envelope=np.zeros((0, 2), np.float32))


@dataclass(frozen=True, slots=True)
class SweepPlan:
    """What to search for and where. ``presets`` are always tried too, under their own names.

    ``budget`` is the number of settings to try. The same plan on the same calls gives the same result.
    """

    goal: Goal
    space: Space
    profile: EngineProfile
    presets: Mapping[str, VoiceConfig] = field(default_factory=dict)
    budget: int = BUDGET
    seed: int = 0

    @property
    def axes(self) -> tuple[Figure, ...]:
        """The trade-off's figures: the goal's first, then cut-ins, or another figure of the goal or a limit."""
        first = self.goal.terms[0].figure
        others = [one for one in (CUT_INS, *self.goal.figures(), RESPONSE) if one != first]
        return first, others[0]

    def fingerprint(self, calls: tuple[SweepCall, ...]) -> str:
        """Return the sweep's identity: a hash of everything its result depends on."""
        space = self.space
        facts = {
            "goal": [[one.text, one.weight] for one in self.goal.terms],
            "limits": [one.text for one in self.goal.limits],
            "space": [[one.field.name, list(one.values), one.today] for one in space.dimensions],
            "today": space.today.set_values(),
            "inherited": [one.config.set_values() for one in space.inherited],
            "presets": {name: config.set_values() for name, config in self.presets.items()},
            "profile": self.profile.values.model_dump(mode="json"),
            "budget": self.budget,
            "seed": self.seed,
            "calls": [call_hash(one) for one in calls],
            "method": METHOD,
            "version": version("turnlab"),  # another version may decide differently
        }
        return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()[:16]


def plan_of(
    goal: Goal,
    ranges: Sequence[Range],
    today: VoiceConfig,
    inherited: Sequence[Layer],
    presets: Mapping[str, Preset],
    profile: EngineProfile,
    *,
    budget: int = BUDGET,
    seed: int = 0,
) -> SweepPlan:
    """Return the plan of a sweep around today's settings; without ``ranges`` every suitable field is varied.

    A preset means today's settings with the preset applied. Raises :class:`~simulator.sweep.space.SpaceError`.
    """
    values = today.set_values()
    applied = {name: of_values({**values, **whole(one, presets.values())}) for name, one in presets.items()}
    asked = ranges or [Range(one) for one in usual_fields()]
    own = profile.values
    like = {"min_tts_speed": own.tts_speed.value}
    if (sensitivity := sensitivity_of(own).equal_to(own.eot_threshold.value)) is not None:
        like["eager_eot_threshold"] = sensitivity
    space = space_of(asked, today, inherited, applied.values(), like)
    return SweepPlan(goal, space, profile, applied, budget, seed)


METHOD = 3
"""Increase this when the method changes, so that older journals are not continued."""

CUT_INS = next(Figure(one, share=True) for one in MEASURABLE if one.name == "cut_ins")
RESPONSE = next(Figure(one, "p50") for one in MEASURABLE if one.name == "response_ms")


def call_hash(call: SweepCall) -> str:
    """Return a call's identity: a hash of its sound, its labels and its agent's lines."""
    labels, activity = call.recording.labels, call.activity
    facts: list[Any] = [
        call.id,
        call.caller,
        activity.sound,
        activity.end_of_turn_model,
        [repr(one) for one in activity.observations],
        labels.model_dump(mode="json") if labels else None,
        call.recording.scenario.model_dump(mode="json"),
        call.mixed,
    ]
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()[:16]


def resolved(plan: SweepPlan, config: VoiceConfig) -> Any:
    """Return the effective settings of a configuration."""
    return resolve(Layer("tried", config), *plan.space.inherited)
