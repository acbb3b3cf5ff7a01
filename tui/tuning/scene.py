"""What the timeline draws of one recording under several arms, all on the shared clock, in whole ms."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simulator.activity.model import FRAME_MS
from simulator.engine.events import Event
from simulator.engine.patience import confidence
from simulator.engine.profile import EngineProfile
from simulator.measures.sounds import Sound
from simulator.replay import Played
from simulator.study import Run
from tui.tuning.bench import Specimen
from tui.tuning.clock import ArmClock, align

ARMS = "ABCD"
"""What arms are called, by their place."""

_DULL = frozenset(("speech_start", "speech_end", "emotion_applied", "filler_end", "response_end"))
"""Events nobody asks "why?" of: each follows at once from its neighbour."""


@dataclass(frozen=True, slots=True)
class Clip:
    """A stretch of caller audio from ``start_ms`` on; ``loudness`` 0…1, a value each 32 ms."""

    start_ms: int
    loudness: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Bar:
    """A stretch of agent sound. ``cut``: the caller stopped it."""

    kind: str
    start_ms: int
    end_ms: int
    text: str
    cut: bool


@dataclass(frozen=True, slots=True)
class Pause:
    """A pause in which the end of turn was weighed: confidence grows from ``completeness`` while it lasts."""

    start_ms: int
    from_ms: int
    until_ms: int
    completeness: float
    ended_turn: bool


@dataclass(frozen=True, slots=True)
class Mark:
    """An event a person can ask about; ``t_ms`` is shared, the event's own time is the arm's."""

    t_ms: int
    event: Event


@dataclass(frozen=True, slots=True)
class ArmLane:
    """One arm's agent; ``arm`` is its letter."""

    arm: str
    bars: tuple[Bar, ...]
    underruns: tuple[int, ...]
    waits: tuple[tuple[int, int], ...]
    marks: tuple[Mark, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Scene:
    """Everything there is to see. ``eager`` is the confidence that starts an answer ahead, if there is one."""

    name: str
    duration_ms: int
    ticks: ArmClock
    clips: tuple[Clip, ...]
    turns: tuple[tuple[int, int], ...]
    pauses: tuple[Pause, ...]
    threshold: float
    eager: float | None
    half_life_s: float
    lanes: tuple[ArmLane, ...]
    aligned: bool
    """Whether the arms' clocks differ, so that one waits for another."""

    def lane(self, arm: str) -> ArmLane:
        """Return an arm's lane; the first one if there is no such arm."""
        return next((lane for lane in self.lanes if lane.arm == arm), self.lanes[0])

    def confidence(self, pause: Pause, t_ms: float) -> float:
        """Return arm A's turn confidence at a moment of a pause."""
        return confidence(t_ms - pause.start_ms, pause.completeness, self.half_life_s)


def make_scene(
    specimen: Specimen, runs: Sequence[Run], profile: EngineProfile, eager_setting: float | None = None
) -> Scene:
    """Lay out the arms' runs over one recording, A first; ``eager_setting`` is its ``eager_eot_threshold``."""
    clocks, duration_ms = align(*(run.played for run in runs))
    values = profile.values
    a, clock_a = runs[0], clocks[0]
    measured = a.measured
    return Scene(
        name=specimen.recording.id,
        duration_ms=duration_ms,
        ticks=clock_a,
        clips=_clips(specimen, a.played, clock_a),
        turns=tuple((clock_a.at(turn.start_ms), clock_a.until(turn.end_ms)) for turn in measured.truth.turns)
        if measured.labelled
        else (),
        pauses=_pauses(a.played, measured.sounds, clock_a),
        threshold=values.eot_threshold.value,
        eager=eager_line(eager_setting, profile),
        half_life_s=values.eot_half_life_s.value,
        lanes=tuple(_lane(ARMS[place], run, clocks[place]) for place, run in enumerate(runs)),
        aligned=any(clock.waits() for clock in clocks),
    )


def _clips(specimen: Specimen, played: Played, clock: ArmClock) -> tuple[Clip, ...]:
    envelope = specimen.activity.envelope
    peak = np.maximum(-envelope[:, 0], envelope[:, 1])
    # The power brings quiet speech into sight beside loud; the loudest of the recording fills the row.
    shares = np.clip(peak / max(float(peak.max(initial=0.0)), 1e-6), 0.0, 1.0)
    loudness = np.power(shares, 0.7, dtype=np.float32)
    clips = []
    for place in played.placements:
        first, last = place.start_ms // FRAME_MS, -(-place.end_ms // FRAME_MS)
        clips.append(Clip(clock.at(place.start_ms + place.shift_ms), loudness[first:last]))
    return tuple(clips)


def _lane(arm: str, run: Run, clock: ArmClock) -> ArmLane:
    events = run.played.events
    return ArmLane(
        arm=arm,
        bars=tuple(_bar(sound, clock) for sound in run.measured.sounds),
        underruns=tuple(clock.at(event.t_ms) for event in events if event.type == "underrun"),
        waits=clock.waits(),
        marks=tuple(Mark(clock.at(event.t_ms), event) for event in events if event.type not in _DULL),
    )


def _bar(sound: Sound, clock: ArmClock) -> Bar:
    return Bar(sound.kind, clock.at(sound.start_ms), clock.until(sound.end_ms), sound.text, sound.interrupted)


def _pauses(played: Played, sounds: tuple[Sound, ...], clock: ArmClock) -> tuple[Pause, ...]:
    """Return the pauses in which the machine waited for the end of a turn: not those under the agent's voice."""
    ended = {event.data["span"]: event.t_ms for event in played.events if event.type == "end_of_turn"}
    found = []
    for index, event in enumerate(played.events):
        if event.type != "speech_end":
            continue
        end_ms = ended.get(event.data["span"])
        over_agent = any(sound.start_ms <= event.t_ms < sound.end_ms for sound in sounds)
        if end_ms is None and over_agent:
            continue
        until_ms = end_ms if end_ms is not None else _next_speech_ms(played.events[index:], played.duration_ms)
        start_ms = clock.at(round(event.data["end"] * 1000))
        found.append(
            Pause(
                start_ms=start_ms,
                from_ms=clock.at(event.t_ms),
                until_ms=max(clock.until(until_ms), clock.at(event.t_ms)),
                completeness=event.data["completeness"],
                ended_turn=end_ms is not None,
            )
        )
    return tuple(found)


def _next_speech_ms(events: tuple[Event, ...], otherwise_ms: int) -> int:
    return next((event.t_ms for event in events if event.type == "speech_start"), otherwise_ms)


def eager_line(setting: float | None, profile: EngineProfile) -> float | None:
    """Return the confidence at which an answer is begun ahead, or ``None`` where that never comes first."""
    if setting is None:
        return None
    line = profile.values.eager_confidence(setting)
    return line if line < profile.values.eot_threshold.value else None
