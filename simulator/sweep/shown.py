"""Settings for display: their changes, and the front among them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from simulator.sweep.plan import SweepPlan
from simulator.sweep.result import TriedSetting
from simulator.sweep.search import Tried


def shown_settings(
    plan: SweepPlan, tried: Sequence[Tried], known: dict[str, TriedSetting] | None = None
) -> tuple[TriedSetting, ...]:
    """Return settings for screen and JSON; ``known`` are those already converted, by key."""
    front = on_front(tried)
    before = {} if known is None else known
    for one in tried:
        if one.key not in before:
            before[one.key] = _shown(plan, one)
    return tuple(replace(before[one.key], on_front=True) if one.key in front else before[one.key] for one in tried)


def _shown(plan: SweepPlan, one: Tried) -> TriedSetting:
    return TriedSetting(
        config=one.config,
        name=one.name,
        changes={name: after for name, (_, after) in plan.space.changes(one.config).items()},
        points=round(one.points, 4) if math.isfinite(one.points) else None,
        meets_limits=one.meets_limits,
        chosen=one.readouts,
        dropped=one.dropped,
    )


def on_front(tried: Sequence[Tried]) -> set[str]:
    """Return the keys of settings within the limits that no other beats in both points and the second axis."""
    able = [one for one in tried if one.meets_limits and not one.dropped and math.isfinite(one.points)]
    found: set[str] = set()
    least = math.inf
    # among equals, the one that sets the fewest fields comes first
    for one in sorted(able, key=lambda one: (one.objectives, len(one.config.set_values()), one.key)):
        if one.objectives[1] < least:
            found.add(one.key)
            least = one.objectives[1]
    return found
