"""Settings as people see them: with what they change, and the front among them."""

from __future__ import annotations

import math
from collections.abc import Sequence

from simulator.sweep.plan import SweepPlan
from simulator.sweep.result import TriedSetting
from simulator.sweep.search import Tried


def shown_settings(plan: SweepPlan, tried: Sequence[Tried]) -> tuple[TriedSetting, ...]:
    """Return settings as the screen and scripts see them."""
    front = on_front(plan, tried)
    return tuple(
        TriedSetting(
            config=one.config,
            name=one.name,
            changes={name: after for name, (_, after) in plan.space.changes(one.config).items()},
            points=round(one.points, 4) if math.isfinite(one.points) else None,
            meets_limits=one.meets_limits,
            chosen=one.readouts,
            on_front=one.key in front,
            dropped=one.dropped,
        )
        for one in tried
    )


def on_front(plan: SweepPlan, tried: Sequence[Tried]) -> set[str]:
    """Return the keys of settings within the limits that none beats in both points and the second axis."""
    able = [one for one in tried if one.meets_limits and not one.dropped and math.isfinite(one.points)]
    found: set[str] = set()
    least = math.inf
    # of equals, the one that changes least comes first
    for one in sorted(able, key=lambda one: (one.told, len(plan.space.changes(one.config)), one.key)):
        if one.told[1] < least:
            found.add(one.key)
            least = one.told[1]
    return found
