"""Scores labelled recordings under several arms, for ``turnlab evaluate`` and Tune's *Evaluate*."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from simulator.activity.model import SILENCE_ONLY, Activity
from simulator.channel import both_sides, second_voice
from simulator.engine.end_of_turn import end_of_turn_policy
from simulator.engine.events import Event
from simulator.engine.profile import EngineProfile
from simulator.labels import Labels, Span
from simulator.labels.marks import unlabelled_speech_ms
from simulator.measures.comparison import Comparison, compare
from simulator.measures.scoring import (
    Group,
    Replayed,
    Scored,
    end_of_turn_scores,
    score_recording,
    scores_anything,
)
from simulator.measures.tradeoff import TurnScore
from simulator.recording import Recording
from simulator.replay import play
from simulator.study import Arm, Run, run

if TYPE_CHECKING:
    from simulator.executors.urls import Place


@dataclass(frozen=True, slots=True)
class RecordingScore:
    """One recording's results.

    ``mixed`` is why nothing was scored: the audio contains both sides, and no detector separates them. ``note`` is
    why there seems to be another voice in the caller's room. ``unlabelled_ms`` is detected speech without a label.
    """

    mixed: str | None = None
    note: str | None = None
    scored: Scored | None = None
    runs: tuple[Run, ...] = ()
    unlabelled_ms: int = 0


@dataclass(slots=True)
class Evaluation:
    """An evaluation's results. ``scored`` is parallel to ``recordings``; ``skipped`` are paths with reasons."""

    arms: list[Arm]
    baseline: str
    profile: EngineProfile
    judge: str
    skipped: list[tuple[Place, str]] = field(default_factory=list)
    recordings: list[Recording] = field(default_factory=list)
    scored: list[Scored] = field(default_factory=list)
    runs: list[Run] = field(default_factory=list)
    unlabelled_ms: list[int] = field(default_factory=list)
    """Detected speech without a label, by recording."""

    @property
    def silence_only(self) -> bool:
        """Whether there is no end-of-turn model to compare with silence alone."""
        return self.judge == SILENCE_ONLY

    @property
    def names(self) -> list[str]:
        """The names of the arms."""
        return [arm.name for arm in self.arms]

    def add(self, recording: Recording, one: RecordingScore) -> None:
        """Add a recording's results."""
        if one.scored is None:
            self.skipped.append((recording.place, one.mixed or ""))
            return
        self.scored.append(one.scored)
        self.recordings.append(recording)
        self.runs += one.runs
        self.unlabelled_ms.append(one.unlabelled_ms)

    def end_of_turn(self) -> dict[tuple[str, ...], dict[Group | None, TurnScore]]:
        """Return the trade-offs by the arms they apply to.

        Of ``voice_config``, the timeout changes the curve, and the sensitivity selects an arm's point on it.
        """
        by_timeout: dict[int, dict[str, float]] = {}
        policy = end_of_turn_policy(self.profile.values)
        for arm in self.arms:
            limits = policy.limits(arm.resolved)
            by_timeout.setdefault(limits.timeout_ms, {})[arm.name] = limits.threshold
        return {
            tuple(arms): end_of_turn_scores(self.scored, timeout_ms, self.profile, arms)
            for timeout_ms, arms in by_timeout.items()
        }

    def comparison(self) -> Comparison:
        """Return the comparison of the arms' readouts."""
        measured = {(one.recording, one.arm): one.measured for one in self.runs}
        return compare(measured, list(dict.fromkeys(one.recording for one in self.runs)), self.names, self.baseline)


def score(
    recording: Recording, activity: Activity, arms: list[Arm], profile: EngineProfile, *, seed: int = 0
) -> RecordingScore:
    """Score one labelled recording under every arm."""
    labels = recording.labels
    assert labels is not None
    mixed = both_sides(recording, activity)
    if mixed is not None:
        return RecordingScore(mixed)
    runs = [run(recording, activity, arm, profile, seed=seed) for arm in arms] if labels.has_truth else []
    scripted = {arm.name: _replays(recording, labels, activity, arm, profile) for arm in arms if labels.agent}
    scored = score_recording(recording.id, activity, labels, scripted)
    left_ms = unlabelled_speech_ms(labels, activity) if labels.has_truth else 0
    return RecordingScore(None, second_voice(activity), scored, tuple(runs), left_ms)


def _replays(
    recording: Recording, labels: Labels, activity: Activity, arm: Arm, profile: EngineProfile
) -> Replayed:
    """Return the scripted replays of a recording over an agent who speaks in given windows."""

    def replay(windows: tuple[Span, ...]) -> tuple[Event, ...]:
        heard = replace(recording, labels=labels.model_copy(update={"agent": windows}))
        return play(heard, activity, arm.resolved, profile, mode="scripted").events

    return replay


def why_not_scored(recording: Recording) -> str:
    """Return why a recording cannot be scored; "" if it can."""
    if scores_anything(recording.labels):
        return ""
    return "provisional labels; check them with t in Tune" if has_unchecked_labels(recording) else "unlabelled"


def has_unchecked_labels(recording: Recording) -> bool:
    """Return whether a recording's labels are machine-made and unchecked by a person."""
    return recording.labels is not None and recording.labels.provisional
