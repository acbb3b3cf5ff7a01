"""An end-of-turn model that fails at its first use, with secrets in its variables and in the error's message."""

from __future__ import annotations

from base.samples import Samples
from simulator.activity.smart_turn import Sound


class BrokenModel:
    """Stands in for a model in the process that judges pauses, which imports it from here."""

    name = "broken"

    def hear(self, samples: Samples) -> Sound:
        caller = "+1555" + "0100"
        proxy = "http://bob:hunter" + "2pw@proxy.test:3128"
        raise RuntimeError(f"no way through {proxy} for {caller} with not-a-real" + f"-key-31c8 {len(samples)}")
