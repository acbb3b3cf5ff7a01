"""A trial: two arms over the recordings in scope, decided and measured anew after every change."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass

from presets.layers import ResolvedVoiceConfig
from simulator.engine.profile import EngineProfile
from simulator.measures.comparison import compare
from simulator.measures.readouts import Measured
from simulator.study import Arm, Run, run
from tui.tuning.bench import Specimen
from tui.tuning.readouts import A, B, Readouts, readouts
from tui.tuning.scene import Scene, make_scene

MOST_RUNS = 512


@dataclass(frozen=True, slots=True)
class Trial:
    """What to try. ``revision`` counts the settings up, so that an answer can be held against its question."""

    revision: int
    arm_a: Arm
    arm_b: Arm
    shown: Specimen
    scope: tuple[Specimen, ...]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a trial: the shown recording to draw, and the readouts over all in scope."""

    revision: int
    scene: Scene
    readouts: Readouts


class Laboratory:
    """Carries out trials, and remembers the runs of configurations it has met: one arm changes, the other rests.

    One trial at a time; ``try_out`` may run in any thread.
    """

    def __init__(self, profile: EngineProfile) -> None:
        self.profile = profile
        self._runs: OrderedDict[tuple[str, ResolvedVoiceConfig], Run] = OrderedDict()

    def try_out(self, trial: Trial) -> Outcome:
        """Decide and measure both arms over the recordings in scope."""
        measured: dict[tuple[str, str], Measured] = {}
        for specimen in trial.scope:
            for name, arm in ((A, trial.arm_a), (B, trial.arm_b)):
                measured[specimen.key, name] = self._run(specimen, arm).measured
        keys = [specimen.key for specimen in trial.scope]
        comparison = compare(measured, keys, [A, B], baseline=B)
        shown = trial.shown
        eager = trial.arm_a.resolved.eager_eot_threshold
        run_a, run_b = self._run(shown, trial.arm_a), self._run(shown, trial.arm_b)
        scene = make_scene(shown, run_a, run_b, self.profile, eager)
        table = readouts(comparison, measured, [(s.key, s.recording.id) for s in trial.scope], self.profile)
        return Outcome(trial.revision, scene, table)

    def _run(self, specimen: Specimen, arm: Arm) -> Run:
        key = (specimen.key, arm.resolved)
        known = self._runs.get(key)
        if known is None:
            known = run(specimen.recording, specimen.activity, arm, self.profile)
            self._runs[key] = known
            if len(self._runs) > MOST_RUNS:
                self._runs.popitem(last=False)
        else:
            self._runs.move_to_end(key)
        return known
