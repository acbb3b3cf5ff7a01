"""Scores labelled recordings: end of turn, barge-in and voice activity, separately by kind of recording."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from simulator.activity.model import FRAME_MS, Activity
from simulator.engine.end_of_turn import end_of_turn_policy
from simulator.engine.events import BargeIn, Event
from simulator.engine.profile import EngineProfile
from simulator.labels import AgentEvent, Labels, Span
from simulator.measures.judged_turns import JudgedTurn, judged_turns
from simulator.measures.readouts import Spread
from simulator.measures.tradeoff import Rule, TurnScore, score_turns
from simulator.measures.truth import Stretch, is_about
from simulator.measures.turns import STOP_WITHIN_MS, HeardSound, sounds_of

LONG_MS = 1000
"""Interruptions at least this long are counted separately: a second of speech cannot be a murmur."""

Fate = Literal["stopped", "missed", "ended", "let pass", "not over the agent"]


@dataclass(frozen=True, slots=True)
class ScoredEvent:
    """One labelled event, or a barge-in without a labelled cause, and the agent's reaction.

    ``fate``: the event "stopped" the agent (``stop_ms`` after its onset); the agent "missed" an interruption; its
    sound had "ended" by itself within 2 s of the onset; it correctly "let pass" an event that was no interruption;
    or it was silent, for instance because something had already stopped it.
    """

    kind: str
    start_ms: int
    end_ms: int
    fate: Fate
    stop_ms: int | None = None


def happened(events: tuple[Event, ...], labels: Labels) -> tuple[ScoredEvent, ...]:
    """Return every labelled event with its fate, then the barge-ins without a labelled cause."""
    sounds = sounds_of(events)
    barge_ins = [event for event in events if isinstance(event, BargeIn)]
    wanted = _interruptions(labels)
    distractors = [(_kind(event), *_bounds(event)) for event in labels.events if not event.should_barge_in]
    # the intent of a turn over the agent is known only from an interruption label
    said = sorted([*wanted, *((round(turn.start_s * 1000), round(turn.end_s * 1000)) for turn in labels.turns)])
    false = [event for event in barge_ins if not is_about(event, said)]
    found = [_interruption(stretch, sounds, barge_ins) for stretch in wanted]
    found += [_distractor(kind, (start, end), sounds, false) for kind, start, end in distractors]
    for event in false:
        if not is_about(event, [(start, end) for _, start, end in distractors]):
            found.append(ScoredEvent(UNLABELLED, event.speech_start_ms, event.t_ms, "stopped"))
    return tuple(found)


Replayed = Callable[[tuple[Span, ...]], tuple[Event, ...]]
"""Scripted replay over an agent who speaks in given windows, s; returns its events."""


def happened_alone(labels: Labels, replay: Replayed) -> tuple[ScoredEvent, ...]:
    """Return every labelled event with its fate over a separate agent, then the barge-ins without a labelled cause.

    For each event the agent begins to speak in the event's window after earlier events are over, so an earlier stop
    hides nothing. Barge-ins without a labelled cause come from one replay over all windows.
    """
    parts = [(True, "interruption", stretch) for stretch in _interruptions(labels)]
    parts += [(False, _kind(event), _bounds(event)) for event in labels.events if not event.should_barge_in]
    ends = [end_ms for _, _, (_, end_ms) in parts]
    found = []
    for wanted, kind, (start_ms, end_ms) in parts:
        over = [window for window in labels.agent if window[0] * 1000 < end_ms and start_ms < window[1] * 1000]
        events: tuple[Event, ...] = ()
        if over:
            before_ms = max((end for end in ends if end <= start_ms), default=0)
            events = replay(((max(over[0][0], min(before_ms, start_ms - 1) / 1000), over[0][1]),))
        sounds, barge_ins = sounds_of(events), [event for event in events if isinstance(event, BargeIn)]
        if wanted:
            found.append(_interruption((start_ms, end_ms), sounds, barge_ins))
        else:
            found.append(_distractor(kind, (start_ms, end_ms), sounds, barge_ins))
    unlabelled = [one for one in happened(replay(labels.agent), labels) if one.kind == UNLABELLED]
    return (*found, *unlabelled)


@dataclass(frozen=True, slots=True)
class KindScore:
    """Events of one kind: how many were over the agent, and how many stopped it (hits, or false alarms)."""

    kind: str
    wanted: bool
    labelled: int
    over_agent: int
    stopped: int
    missed: int
    ended: int
    stop_ms: Spread

    def to_json(self) -> dict[str, Any]:
        """Return the score as JSON values."""
        shown: dict[str, Any] = {"kind": self.kind, "labelled": self.labelled, "over_agent": self.over_agent}
        if not self.wanted:
            return {**shown, "false_alarms": self.stopped}
        spread = {name: getattr(self.stop_ms, name) for name in ("p50", "p90", "p95", "max", "n")}
        return {**shown, "hits": self.stopped, "misses": self.missed, "agent_ended": self.ended, "stop_ms": spread}


WANTED = ("long interruption", "short interruption")
UNLABELLED = "nothing labelled"
"""The kind of a barge-in without a labelled cause, such as the agent's echo."""

_ORDER = (*WANTED, "backchannel", "cough", "other noise")


def score_barge_in(found: Iterable[ScoredEvent]) -> tuple[KindScore, ...]:
    """Count events by kind, interruptions first."""
    by_kind: dict[str, list[ScoredEvent]] = {}
    for one in found:
        by_kind.setdefault(one.kind, []).append(one)
    kinds = [kind for kind in _ORDER if kind in by_kind] + sorted(set(by_kind) - set(_ORDER))
    return tuple(_score(kind, by_kind[kind]) for kind in kinds)


def _score(kind: str, found: list[ScoredEvent]) -> KindScore:
    fates = [one.fate for one in found]
    return KindScore(
        kind=kind,
        wanted=kind in WANTED,
        labelled=len(found) if kind != UNLABELLED else 0,
        over_agent=len(found) - fates.count("not over the agent"),
        stopped=fates.count("stopped"),
        missed=fates.count("missed"),
        ended=fates.count("ended"),
        stop_ms=Spread.of(one.stop_ms for one in found if one.stop_ms is not None),
    )


def _bounds(part: AgentEvent) -> Stretch:
    return round(part.start_s * 1000), round(part.end_s * 1000)


def _kind(event: AgentEvent) -> str:
    if event.type != "noise":
        return event.type
    return "cough" if "cough" in str((event.model_extra or {}).get("what", "")) else "other noise"


def _interruptions(labels: Labels) -> list[Stretch]:
    """Return the labelled interruptions."""
    return sorted(_bounds(event) for event in labels.events if event.should_barge_in)


def _interruption(stretch: Stretch, sounds: tuple[HeardSound, ...], barge_ins: list[BargeIn]) -> ScoredEvent:
    onset_ms, end_ms = stretch
    kind = WANTED[0] if end_ms - onset_ms >= LONG_MS else WANTED[1]
    under = next((sound for sound in sounds if sound.start_ms < onset_ms < sound.end_ms), None)
    if under is None or any(under.start_ms <= event.t_ms < onset_ms for event in barge_ins):
        return ScoredEvent(kind, onset_ms, end_ms, "not over the agent")
    if under.end_ms > onset_ms + STOP_WITHIN_MS:
        return ScoredEvent(kind, onset_ms, end_ms, "missed")
    if not under.interrupted:
        return ScoredEvent(kind, onset_ms, end_ms, "ended")
    return ScoredEvent(kind, onset_ms, end_ms, "stopped", under.end_ms - onset_ms)


def _distractor(kind: str, stretch: Stretch, sounds: tuple[HeardSound, ...], false: list[BargeIn]) -> ScoredEvent:
    start_ms, end_ms = stretch
    if any(is_about(event, [stretch]) for event in false):
        return ScoredEvent(kind, start_ms, end_ms, "stopped")
    over = any(sound.start_ms < end_ms and start_ms < sound.end_ms for sound in sounds)
    return ScoredEvent(kind, start_ms, end_ms, "let pass" if over else "not over the agent")


@dataclass(frozen=True, slots=True)
class FrameScore:
    """Frames of 32 ms: in both labelled and detected speech, only in detected, only in labelled."""

    both: int = 0
    only_detected: int = 0
    only_labelled: int = 0

    def __add__(self, other: FrameScore) -> FrameScore:
        return FrameScore(
            self.both + other.both,
            self.only_detected + other.only_detected,
            self.only_labelled + other.only_labelled,
        )

    @property
    def precision(self) -> float | None:
        """The share of detected frames that are labelled; ``None`` if nothing was detected."""
        return _share(self.both, self.both + self.only_detected)

    @property
    def recall(self) -> float | None:
        """The share of labelled frames that were detected; ``None`` if nothing is labelled."""
        return _share(self.both, self.both + self.only_labelled)

    @property
    def f1(self) -> float | None:
        """The harmonic mean of precision and recall, 0…1."""
        return _share(2 * self.both, 2 * self.both + self.only_detected + self.only_labelled)

    def to_json(self) -> dict[str, Any]:
        """Return the score as JSON values."""
        shares = {"precision": self.precision, "recall": self.recall, "f1": self.f1}
        return {
            **{name: None if share is None else round(share, 4) for name, share in shares.items()},
            "frames": {
                "both": self.both,
                "only_detected": self.only_detected,
                "only_labelled": self.only_labelled,
            },
        }


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def score_frames(
    detected_ms: Iterable[tuple[float, float]], labelled_s: Sequence[tuple[float, float]], frames: int
) -> FrameScore:
    """Compare detected spans, ms, with labelled ones, s, over ``frames`` frames; a frame counts by its middle."""
    ours = _marked(detected_ms, frames)
    truth = _marked(((start * 1000, end * 1000) for start, end in labelled_s), frames)
    return FrameScore(int((ours & truth).sum()), int((ours & ~truth).sum()), int((~ours & truth).sum()))


def _marked(spans_ms: Iterable[tuple[float, float]], frames: int) -> NDArray[np.bool_]:
    middles = (np.arange(frames) + 0.5) * FRAME_MS
    marked = np.zeros(frames, np.bool_)
    for start_ms, end_ms in spans_ms:
        marked |= (middles >= start_ms) & (middles < end_ms)
    return marked


UNNAMED_KIND = "other"


@dataclass(frozen=True, slots=True, order=True)
class Group:
    """Recordings scored together: those of one ``kind``, with ``hard`` ones (echo, loud noise) separate."""

    hard: bool
    kind: str

    @property
    def title(self) -> str:
        """The group's title."""
        return f"{self.kind}, hard" if self.hard else self.kind


@dataclass(frozen=True, slots=True)
class Scored:
    """One labelled recording's contribution to the scores. ``frames`` is ``None`` where speech is not labelled.

    ``happened`` is by arm, for arms with a scripted replay, which needs labelled agent windows.
    """

    group: Group
    human: bool
    turns: tuple[JudgedTurn, ...]
    frames: FrameScore | None
    happened: dict[str, tuple[ScoredEvent, ...]]


def group_of(labels: Labels) -> Group:
    """Return the group of a recording, by its labels' ``kind`` and ``condition.hard``."""
    fields = labels.model_dump(include={"kind", "condition"})
    kind, condition = fields.get("kind"), fields.get("condition")
    hard = isinstance(condition, dict) and condition.get("hard") is True
    return Group(hard, kind if isinstance(kind, str) and kind else UNNAMED_KIND)


def scores_anything(labels: Labels | None) -> bool:
    """Whether labels contain anything to score against. An empty list of speech means that there is no speech."""
    if labels is None or labels.provisional:
        return False
    return labels.has_truth or "speech" in labels.model_fields_set


def score_recording(recording: str, activity: Activity, labels: Labels, scripted: Mapping[str, Replayed]) -> Scored:
    """Score one recording against its labels; ``scripted`` makes its scripted replays by arm; may be empty."""
    frames = None
    if "speech" in labels.model_fields_set:
        detected = [(span.start_ms, span.end_ms) for span in activity.spans]
        frames = score_frames(detected, labels.speech, len(activity.probability))
    origin = (labels.model_extra or {}).get("label_origin")
    return Scored(
        group=group_of(labels),
        human=isinstance(origin, str) and origin.startswith("human"),
        turns=judged_turns(recording, activity, labels),
        frames=frames,
        happened={arm: happened_alone(labels, replay) for arm, replay in scripted.items()},
    )


def end_of_turn_scores(
    scored: Sequence[Scored], timeout_ms: int, profile: EngineProfile, arms: Mapping[str, float]
) -> dict[Group | None, TurnScore]:
    """Return the trade-off of each group with turns; ``None`` is the key of all but the hard groups, if several.

    ``arms`` are the thresholds of the arms with this timeout, by name.
    """
    rule = Rule(end_of_turn_policy(profile.values), timeout_ms)
    turns: dict[Group | None, list[JudgedTurn]] = {}
    for one in scored:
        turns.setdefault(one.group, []).extend(one.turns)
    easy = [group for group in turns if group is not None and not group.hard and turns[group]]
    if len(easy) > 1:
        turns[None] = [turn for group in easy for turn in turns[group]]
    threshold = profile.values.eot_threshold.value
    found = {group: score_turns(mine, rule, threshold, arms) for group, mine in sorted(turns.items(), key=_place)}
    return {group: score for group, score in found.items() if score is not None}


def barge_in_scores(scored: Iterable[Scored], arm: str) -> dict[bool, tuple[KindScore, ...]]:
    """Return an arm's barge-in scores by kind of event, for ordinary recordings and for hard ones (``True``)."""
    events: dict[bool, list[ScoredEvent]] = {}
    for one in scored:
        if arm in one.happened:
            events.setdefault(one.group.hard, []).extend(one.happened[arm])
    return {hard: score_barge_in(found) for hard, found in sorted(events.items()) if found}


def voice_scores(scored: Iterable[Scored]) -> dict[str, tuple[int, FrameScore]]:
    """Return recordings and frame score for those labelled by people, those composed, and the hard ones."""
    found: dict[str, tuple[int, FrameScore]] = {}
    for one in scored:
        if one.frames is not None:
            name = "hard" if one.group.hard else "labelled by people" if one.human else "composed"
            count, frames = found.get(name, (0, FrameScore()))
            found[name] = (count + 1, frames + one.frames)
    return dict(sorted(found.items(), key=lambda item: ("labelled by people", "composed", "hard").index(item[0])))


def _place(item: tuple[Group | None, Any]) -> tuple[bool, Group]:
    group = item[0]
    return group is None, group or Group(False, "")
