"""An end-of-turn model that fails on first use, with secrets in its variables and its error message."""

from __future__ import annotations

from base.samples import Samples
from simulator.activity.model import Judgement


class BrokenModel:
    """Replaces the model in the process that judges pauses, which imports it from here."""

    name = "broken"
    window_s = 8
    most_completeness = 1.0

    def judge(self, heard: Samples, silence_ms: int) -> Judgement:
        caller = "+1555" + "0100"
        proxy = "http://bob:hunter" + "2pw@proxy.test:3128"
        key = "not-a-real" + "-key-31c8"
        raise RuntimeError(f"no way through {proxy} for {caller} with {key} {len(heard)} {silence_ms}")
