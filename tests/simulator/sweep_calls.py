"""Calls for tests of sweeps: callers with pauses to think, as a detector's observations."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Literal

from presets.config import VoiceConfig
from presets.library import builtin_presets
from simulator.activity.model import FRAME_MS
from simulator.labels import Labels
from simulator.sweep.goals import goal_of
from simulator.sweep.plan import SweepCall, SweepPlan, plan_of, sweep_call
from simulator.sweep.space import parse_range
from simulator.sweep.split import split_calls
from tests.simulator.tracks import Speech, activity_of, fixed_profile, observations, recording_of


def thinking_call(
    number: int, *, labelled: bool = True, caller: str = "", pauses: tuple[int, ...] = (0, 0, 1, 2)
) -> SweepCall:
    """Return a call of five turns, each with one of the given pauses, after which the caller continues."""
    rng = random.Random(number)
    track: list[Speech] = []
    turns = []
    at = 30
    for _ in range(5):
        start = at
        for _ in range(rng.choice(pauses)):
            track.append(Speech(at, at + rng.randint(25, 50), round(rng.uniform(0.1, 0.5), 2)))
            at = track[-1].end + rng.randint(12, 45)
        track.append(Speech(at, at + rng.randint(30, 60), round(rng.uniform(0.5, 0.95), 2)))
        at = track[-1].end
        turns.append({"start_s": start * FRAME_MS / 1000, "end_s": at * FRAME_MS / 1000})
        at += 330
    name = f"call-{number:03d}"
    labels = Labels.model_validate({"id": name, "turns": turns}) if labelled else None
    activity = replace(activity_of(observations(track), at * FRAME_MS), sound=name)
    return sweep_call(recording_of(labels, name=name), activity, caller)


def calls_that_differ(thinking: Literal["confirm", "choose"] = "confirm") -> list[SweepCall]:
    """Return calls in which only the callers that confirm a sweep, or only those that choose, pause to think."""
    (fold,) = split_calls([thinking_call(number) for number in range(20)], 0).folds
    pausing = getattr(fold, thinking)
    return [thinking_call(number, pauses=(2,) if number in pausing else (0,)) for number in range(20)]


def small_plan(
    *minimize: str,
    limits: tuple[str, ...] = (),
    budget: int = 40,
    seed: int = 0,
    today: VoiceConfig = VoiceConfig(),  # noqa: B008 it is frozen
) -> SweepPlan:
    """Return a plan of 5 × 3 × 2 settings."""
    ranges = [
        parse_range(text)
        for text in (
            "eager_eot_threshold=0.1..0.9",
            "max_buffer_delay_ms=200..500",
            "filler_style=silent,backchannel",
        )
    ]
    goal = goal_of(minimize or ("response.p50",)).with_limits(limits)
    plan = plan_of(goal, ranges, today, (), builtin_presets(), fixed_profile(), budget=budget, seed=seed)
    coarse = {"eager_eot_threshold": (None, 0.1, 0.3, 0.5, 0.7, 0.9), "max_buffer_delay_ms": (200, 350, 500)}
    dimensions = tuple(replace(one, values=coarse.get(one.field.name, one.values)) for one in plan.space.dimensions)
    return replace(plan, space=replace(plan.space, dimensions=dimensions))
