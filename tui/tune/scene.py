"""The content of the timeline: one recording under several arms on the shared clock, in whole ms."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from presets.layers import ResolvedVoiceConfig
from simulator.activity.model import FRAME_MS, SpeechEnd
from simulator.engine.end_of_turn import EndOfTurnPolicy, end_of_turn_policy
from simulator.engine.events import (
    BargeIn,
    EmotionApplied,
    EndOfTurn,
    Event,
    FillerEnded,
    ResponseEnded,
    SpeechEnded,
    SpeechStarted,
    Underrun,
)
from simulator.engine.profile import EngineProfile
from simulator.heard.happened import CallHappenings, Noted
from simulator.measures.readouts import Measured
from simulator.measures.truth import false_barge_ins
from simulator.measures.turns import HeardSound, TurnOutcome, talk_over
from simulator.replay import Placement, Played
from simulator.study import Run
from tui.figures import signed
from tui.tune.bench import AnalysedRecording, name_of
from tui.tune.caller_audio import ArmClock, Speech, Waveform, align, speech_of, waveform

WORTH_MARKING_MS = 20
"""A smaller difference in latency is inaudible and counts as none."""


@dataclass(frozen=True, slots=True)
class Difference:
    """A difference at one turn, in the response or else the first sound.

    ``own_ms`` is the turn's end on the arm's own clock. ``verdict`` is what the difference means for a caller.
    """

    own_ms: int
    text: str
    verdict: Literal["better", "worse"]


def differences(mine: Measured, theirs: Measured) -> tuple[Difference, ...]:
    """Return the turns that one arm (``mine``) treats differently from another, in order."""
    others = {outcome.turn.index: outcome for outcome in theirs.turns}
    found = []
    for outcome in mine.turns:
        other = others.get(outcome.turn.index)
        differs = None if other is None else _difference(outcome, other)
        if differs is not None:
            found.append(differs)
    return tuple(found)


def _difference(mine: TurnOutcome, other: TurnOutcome) -> Difference | None:
    end_ms = mine.turn.end_ms
    for word, one, two in (("cut-in", mine.cut_in, other.cut_in), ("missed", mine.missed, other.missed)):
        if one != two:
            return Difference(end_ms, word if one else f"no {word}", "worse" if one else "better")
    heard, heard_there = mine.response_ms, other.response_ms
    if heard is None or heard_there is None:
        if heard == heard_there:
            return _later(end_ms, mine.first_sound_ms, other.first_sound_ms, " first")
        return Difference(
            end_ms, "no answer" if heard is None else "answers", "worse" if heard is None else "better"
        )
    by_response = _later(end_ms, heard, heard_there)
    return by_response or _later(end_ms, mine.first_sound_ms, other.first_sound_ms, " first")


def _later(end_ms: int, mine: int | None, theirs: int | None, what: str = "") -> Difference | None:
    if mine is None or theirs is None or abs(mine - theirs) < WORTH_MARKING_MS:
        return None
    return Difference(end_ms, signed(mine - theirs) + what, "better" if mine < theirs else "worse")


ARMS = "ABCD"
"""The arms' letters by position."""

HAPPENED = "H"
"""The letter of a real call's own agent, beside the arms."""

_DULL = (SpeechStarted, SpeechEnded, EmotionApplied, FillerEnded, ResponseEnded)
"""Events that need no "why?": each directly follows from its neighbour."""


@dataclass(frozen=True, slots=True)
class WaveClip:
    """A stretch of caller audio from ``start_ms``: the waveform's frames from ``first`` to before ``last``."""

    start_ms: int
    first: int
    last: int


HappeningKind = Literal["cut-in", "barge-in", "false barge-in"]


class Happening(NamedTuple):
    """What a caller notices of an arm: the agent cuts in, or stops for the caller, rightly or not."""

    t_ms: int
    kind: HappeningKind


class Differing(NamedTuple):
    """What an arm does differently from the baseline at the turn that ends at ``t_ms``."""

    t_ms: int
    text: str
    verdict: str

    @property
    def start_ms(self) -> int:
        """When the turn ends. It has no duration."""
        return self.t_ms

    @property
    def end_ms(self) -> int:
        """As :attr:`start_ms`."""
        return self.t_ms


@dataclass(frozen=True, slots=True)
class Bar:
    """A stretch of agent audio. ``cut``: the caller stopped it."""

    kind: str
    start_ms: int
    end_ms: int
    text: str
    cut: bool


@dataclass(frozen=True, slots=True)
class ScenePause:
    """A pause in which the end of turn was judged. Confidence grows from ``completeness`` during the pause."""

    start_ms: int
    from_ms: int
    until_ms: int
    completeness: float
    ended_turn: bool

    @property
    def end_ms(self) -> int:
        """The end of the pause."""
        return self.until_ms


@dataclass(frozen=True, slots=True)
class SceneMark:
    """An event that the user can select. ``t_ms`` is on the shared clock, the event's own time on the arm's."""

    t_ms: int
    event: Event | Noted


@dataclass(frozen=True, slots=True, eq=False)
class ArmLane:
    """One arm's agent. ``arm`` is its letter."""

    arm: str
    bars: tuple[Bar, ...]
    cuts: tuple[int, ...]
    underruns: tuple[int, ...]
    waits: tuple[tuple[int, int], ...]
    marks: tuple[SceneMark, ...]
    over: tuple[tuple[int, int], ...] = ()
    """Where it talks over the caller's turn."""
    happenings: tuple[Happening, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Scene:
    """The whole content. ``eager`` is the confidence for a head start, if there is one.

    Without a ``policy`` nothing judged the turns: it is a real call.

    ``turns`` are the caller's turns and interruptions, ``asides`` the backchannels and noises, each in order: from
    the labels if there are any, else as detected.
    """

    name: str
    duration_ms: int
    ticks: ArmClock
    wave: Waveform
    clips: tuple[WaveClip, ...]
    turns: tuple[Speech, ...]
    asides: tuple[Speech, ...]
    pauses: tuple[ScenePause, ...]
    threshold: float
    eager: float | None
    policy: EndOfTurnPolicy | None
    lanes: tuple[ArmLane, ...]
    differing: tuple[Differing, ...]
    aligned: bool
    """Whether the arms' clocks differ, so that one waits for another."""
    compared: tuple[str, str] = ("A", "B")
    """The arm whose turns differ, and the one that it is compared with."""
    happened: ArmLane | None = None
    """The real agent of the recorded call, and the place of that call's times."""
    really: ArmClock | None = None

    @property
    def agents(self) -> tuple[ArmLane, ...]:
        """The agents in the order of drawing: the real one, then the arms."""
        return self.lanes if self.happened is None else (self.happened, *self.lanes)

    def lane(self, arm: str) -> ArmLane:
        """Return an agent's lane. If there is no such agent, return the first arm's."""
        return next((lane for lane in self.agents if lane.arm == arm), self.lanes[0])

    def confidence(self, pause: ScenePause, t_ms: float) -> float:
        """Return arm A's turn confidence at a moment of a pause."""
        assert self.policy is not None
        return self.policy.confidence(SpeechEnd(pause.from_ms, pause.start_ms, 0, pause.completeness), t_ms)


def make_scene(
    analysed: AnalysedRecording,
    runs: Sequence[Run],
    profile: EngineProfile,
    config: ResolvedVoiceConfig,
    baseline: int = 1,
    really: CallHappenings | None = None,
) -> Scene:
    """Lay out the arms' runs over one recording, A first. ``config`` is arm A's.

    The marked differences are between the first arm that is not the ``baseline`` and the baseline. ``really`` are
    the events of the recorded call.
    """
    clocks, duration_ms = align(*all_played(runs, really))
    policy = end_of_turn_policy(profile.values)
    limits = policy.limits(config)
    a, clock_a = runs[0], clocks[0]
    compared = first_against(ARMS[baseline]), ARMS[baseline]
    measured = a.measured
    turns, asides = speech_of(analysed, a, clock_a)
    return Scene(
        name=name_of(analysed.recording),
        duration_ms=duration_ms,
        ticks=clock_a,
        wave=waveform(analysed.activity),
        clips=_clips(a.played, clock_a),
        turns=turns,
        asides=asides,
        pauses=pauses_of(a.played, measured.sounds, clock_a),
        threshold=limits.threshold,
        eager=limits.eager if limits.eager is not None and limits.eager < limits.threshold else None,
        policy=policy,
        lanes=tuple(arm_lane(ARMS[place], run, clocks[place]) for place, run in enumerate(runs)),
        differing=_differing(runs, clocks, compared) if len(runs) > 1 else (),
        aligned=any(clock.waits() for clock in clocks),
        compared=compared,
        happened=None if really is None else happened_lane(really, clocks[len(runs)]),
        really=None if really is None else clocks[len(runs)],
    )


def all_played(runs: Sequence[Run], really: CallHappenings | None) -> tuple[Played, ...]:
    """Return what shares one clock: every arm's run, then the real call if known.

    Caller stretches that an arm repeats are placed in the real call where they were recorded.
    """
    arms = tuple(run.played for run in runs)
    return arms if really is None else (*arms, played_really(really, arms[0]))


def played_really(really: CallHappenings, like: Played | None = None) -> Played:
    """Return a real call in the form of a played one: each caller stretch where it is on the recording."""
    places = like.placements if like is not None else (Placement(0, really.duration_ms, 0),)
    found = tuple(Placement(place.start_ms, place.end_ms, 0) for place in places)
    return Played((), found, really.duration_ms, like.mode if like is not None else "rigid")


_NOTICED: dict[str, HappeningKind] = {
    "cut_in": "cut-in",
    "interruption": "barge-in",
    "stop_for_nothing": "false barge-in",
}
"""The measured events that a caller notices, by type."""

_PLAIN = frozenset({"greeting", "end", "first_sound"})
"""The measured events that need no "why?"."""


def happened_lane(really: CallHappenings, clock: ArmClock) -> ArmLane:
    """Return the drawing of a real call's agent. ``clock`` places its times."""
    noticed = [Happening(clock.at(one.t_ms), _NOTICED[one.type]) for one in really.noted if one.type in _NOTICED]
    bars = tuple(
        Bar(
            "filler" if one.kind == "filler" else "response",
            clock.at(one.start_ms),
            clock.until(one.end_ms),
            one.text,
            one.cut,
        )
        for one in really.sounds
    )
    return ArmLane(
        arm=HAPPENED,
        bars=bars,
        cuts=tuple(bar.end_ms for bar in bars if bar.cut),
        underruns=(),
        waits=clock.waits(),
        marks=tuple(SceneMark(clock.at(one.t_ms), one) for one in really.noted if one.type not in _PLAIN),
        over=tuple((clock.at(at), clock.until(until)) for at, until in really.over),
        happenings=tuple(sorted(noticed)),
    )


def _clips(played: Played, clock: ArmClock) -> tuple[WaveClip, ...]:
    return tuple(
        WaveClip(
            clock.at(place.start_ms + place.shift_ms), place.start_ms // FRAME_MS, -(-place.end_ms // FRAME_MS)
        )
        for place in played.placements
    )


def first_against(baseline: str) -> str:
    """Return the first arm that is not the baseline, by letter."""
    return next(arm for arm in ARMS if arm != baseline)


def _differing(runs: Sequence[Run], clocks: Sequence[ArmClock], compared: tuple[str, str]) -> tuple[Differing, ...]:
    mine, baseline = map(ARMS.index, compared)
    found = differences(runs[mine].measured, runs[baseline].measured)
    return tuple(Differing(clocks[mine].until(one.own_ms), one.text, one.verdict) for one in found)


def arm_lane(arm: str, run: Run, clock: ArmClock) -> ArmLane:
    """Return the drawing of one arm's agent. ``clock`` places its times."""
    events, measured = run.played.events, run.measured
    bars = tuple(_bar(sound, clock) for sound in measured.sounds)
    return ArmLane(
        arm=arm,
        bars=bars,
        cuts=tuple(bar.end_ms for bar in bars if bar.cut),
        underruns=tuple(clock.at(event.t_ms) for event in events if isinstance(event, Underrun)),
        waits=clock.waits(),
        marks=tuple(SceneMark(clock.at(event.t_ms), event) for event in events if not isinstance(event, _DULL)),
        over=tuple((clock.at(at), clock.until(until)) for at, until in talk_over(measured.sounds, measured.truth)),
        happenings=_happenings(run, clock),
    )


def _happenings(run: Run, clock: ArmClock) -> tuple[Happening, ...]:
    """Return what a caller notices, in order. Without labels, no barge-in can be called false."""
    events, measured = run.played.events, run.measured
    false = {event.t_ms for event in false_barge_ins(events, measured.truth)} if measured.labelled else set()
    found = [Happening(clock.at(turn.cut_in_ms), "cut-in") for turn in measured.turns if turn.cut_in_ms is not None]
    found += [
        Happening(clock.at(event.t_ms), "false barge-in" if event.t_ms in false else "barge-in")
        for event in events
        if isinstance(event, BargeIn)
    ]
    return tuple(sorted(found))


def _bar(sound: HeardSound, clock: ArmClock) -> Bar:
    return Bar(sound.kind, clock.at(sound.start_ms), clock.until(sound.end_ms), sound.text, sound.interrupted)


def pauses_of(played: Played, sounds: tuple[HeardSound, ...], clock: ArmClock) -> tuple[ScenePause, ...]:
    """Return the pauses in which the engine waited for the end of a turn, except those under the agent's voice."""
    ended = {event.span: event.t_ms for event in played.events if isinstance(event, EndOfTurn)}
    found = []
    for index, event in enumerate(played.events):
        if not isinstance(event, SpeechEnded):
            continue
        end_ms = ended.get(event.span)
        over_agent = any(sound.start_ms <= event.t_ms < sound.end_ms for sound in sounds)
        if end_ms is None and over_agent:
            continue
        until_ms = end_ms if end_ms is not None else _next_speech_ms(played.events[index:], played.duration_ms)
        start_ms = clock.at(event.end_ms)
        found.append(
            ScenePause(
                start_ms=start_ms,
                from_ms=clock.at(event.t_ms),
                until_ms=max(clock.until(until_ms), clock.at(event.t_ms)),
                completeness=event.completeness,
                ended_turn=end_ms is not None,
            )
        )
    return tuple(found)


def _next_speech_ms(events: tuple[Event, ...], otherwise_ms: int) -> int:
    return next((event.t_ms for event in events if isinstance(event, SpeechStarted)), otherwise_ms)
