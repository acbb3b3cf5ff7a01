"""A trial: the arms over the recordings in scope, simulated and measured again after every change."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from presets.layers import ResolvedVoiceConfig
from simulator.engine.profile import EngineProfile
from simulator.heard.happened import CallHappenings, happened
from simulator.measures.comparison import Comparison, compare
from simulator.measures.verdict import joint_verdict
from simulator.recording import Recording
from simulator.replay import Played
from simulator.study import Arm, Run, run
from tui.readouts import Readouts, readouts
from tui.tune.bench import AnalysedRecording, is_call, name_of
from tui.tune.scene import ARMS, HAPPENED, Scene, all_played, first_against, make_scene

MOST_RUNS = 512


@dataclass(frozen=True, slots=True)
class Trial:
    """What to try. ``revision`` counts changes of the settings, so that a result can be matched to its request."""

    revision: int
    arms: tuple[Arm, ...]
    """Two to four."""
    shown: AnalysedRecording
    scope: tuple[AnalysedRecording, ...]
    baseline: int = 1
    """The position of the baseline arm."""

    @property
    def arm_a(self) -> Arm:
        """The first arm."""
        return self.arms[0]


@dataclass(frozen=True, slots=True)
class Measurement:
    """A measured trial: every run by (recording's key, arm's letter), the comparison, and the lines to show."""

    scope: tuple[AnalysedRecording, ...]
    runs: Mapping[tuple[str, str], Run]
    comparison: Comparison
    readouts: Readouts

    @property
    def pair(self) -> tuple[str, str]:
        """The arm whose turns are compared one by one, and the baseline, by letter."""
        return first_against(self.comparison.baseline), self.comparison.baseline

    def verdict(self, names: Sequence[str], lead: str = "") -> str:
        """Return, in a sentence, how the arms differ from the baseline, first in the readout ``lead``.

        ``names`` are the arms' for people.
        """
        arms = next(found.arms for found in self.comparison.readouts.values())
        return joint_verdict(self.comparison, dict(zip(arms, names, strict=False)), lead)


@dataclass(frozen=True, slots=True)
class TrialOutcome:
    """The result of a trial: the shown recording to draw, and the figures over all in scope.

    ``measurement`` is ``None`` if newer settings arrived before all was tried.
    """

    revision: int
    shown: AnalysedRecording
    runs: tuple[Run, ...]
    scene: Scene
    measurement: Measurement | None
    happened: CallHappenings | None = None
    """The events of the recorded real call."""

    @property
    def played(self) -> tuple[Played, ...]:
        """What can be played: each arm in order, then the real call."""
        return all_played(self.runs, self.happened)

    def letter(self, place: int) -> str:
        """Return the letter of a part that can be played."""
        return ARMS[place] if place < len(self.runs) else HAPPENED

    @property
    def readouts(self) -> Readouts | None:
        """The lines to show, if everything was tried."""
        return self.measurement.readouts if self.measurement else None


def _never() -> bool:
    return False


class TrialRunner:
    """Runs trials, and caches the runs of earlier configurations: usually only one arm changes.

    ``try_out`` may run in any thread, and in several at once.
    """

    def __init__(self, profile: EngineProfile) -> None:
        self.profile = profile
        self._runs: OrderedDict[tuple[str, Recording, ResolvedVoiceConfig, str], Run] = OrderedDict()
        self._guard = threading.Lock()
        self._calls: dict[Path, CallHappenings | None] = {}

    def try_out(self, trial: Trial, superseded: Callable[[], bool] = _never) -> TrialOutcome:
        """Simulate and measure every arm over the recordings in scope.

        The shown recording comes first. Then ``superseded`` is called before every run, and stops the trial if it
        returns true.
        """
        shown = trial.shown
        runs = tuple(self.run(shown, arm) for arm in trial.arms)
        audio = shown.recording.source.path.absolute()
        really = self._happened(audio.parent) if is_call(audio) else None
        scene = make_scene(shown, runs, self.profile, trial.arm_a.resolved, trial.baseline, really)
        measured = self.measure(trial.scope, trial.arms, superseded, baseline=trial.baseline)
        return TrialOutcome(trial.revision, shown, runs, scene, measured, really)

    def measure(
        self,
        scope: tuple[AnalysedRecording, ...],
        arms: tuple[Arm, ...],
        superseded: Callable[[], bool] = _never,
        progress: Callable[[float], None] | None = None,
        *,
        baseline: int = 1,
    ) -> Measurement | None:
        """Measure arms over recordings against one of them. ``None`` if ``superseded`` returned true.

        ``progress`` gets the finished share, 0…1.
        """
        letters = list(ARMS[: len(arms)])
        runs: dict[tuple[str, str], Run] = {}
        for number, analysed in enumerate(scope):
            for letter, arm in zip(letters, arms, strict=True):
                if superseded():
                    return None
                runs[analysed.key, letter] = self.run(analysed, arm)
            if progress is not None:
                progress((number + 1) / len(scope))
        measured = {key: one.measured for key, one in runs.items()}
        comparison = compare(measured, [analysed.key for analysed in scope], letters, letters[baseline])
        names = [(analysed.key, name_of(analysed.recording)) for analysed in scope]
        mixed = sum(runs[analysed.key, letters[0]].mixed is not None for analysed in scope)
        others = sum(runs[analysed.key, letters[0]].second_voice is not None for analysed in scope)
        labels = [analysed.recording.labels for analysed in scope]
        unchecked = sum(one is not None and one.provisional for one in labels)
        shown = readouts(comparison, measured, names, self.profile, mixed, others, unchecked)
        return Measurement(scope, runs, comparison, shown)

    def _happened(self, folder: Path) -> CallHappenings | None:
        if folder not in self._calls:
            self._calls[folder] = happened(folder)
        return self._calls[folder]

    def take_profile(self, profile: EngineProfile) -> None:
        """Use another profile from the next trial on."""
        with self._guard:
            self.profile = profile
            self._runs.clear()

    def forget(self, key: str) -> None:
        """Forget the runs over a recording: its labels changed."""
        with self._guard:
            for known in [known for known in self._runs if known[0] == key]:
                del self._runs[known]

    def run(self, analysed: AnalysedRecording, arm: Arm) -> Run:
        """Return an arm's run over a recording. Its ``arm`` name may be that of an equal arm."""
        # Not only its name: a run in progress while the labels change must not count as a new one.
        profile = self.profile
        key = (analysed.key, analysed.recording, arm.resolved, profile.name)
        with self._guard:
            known = self._runs.get(key)
            if known is not None:
                self._runs.move_to_end(key)
                return known
        known = run(analysed.recording, analysed.activity, arm, profile)
        with self._guard:
            self._runs[key] = known
            if len(self._runs) > MOST_RUNS:
                self._runs.popitem(last=False)
        return known
