"""How a recorded caller, who cannot hear the simulated agent, is played to it.

* rigid: the audio unchanged;
* elastic: the labels' moves are anchored to the agent's actions, and the gaps between them stretch, filled with the
  recording's own room tone;
* scripted: the labels' agent windows are the agent's sound, and only barge-in is decided.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Literal, Protocol

from base.records import record
from presets.layers import ResolvedVoiceConfig
from simulator.activity.model import Activity, Laughter, LaughterOver, Observation, SpeechSpan, SpeechStart
from simulator.engine.events import Event
from simulator.engine.generation import GenerationPlanner
from simulator.engine.machine import TurnMachine
from simulator.engine.profile import EngineProfile
from simulator.engine.scenario import Script, TurnPolicy
from simulator.engine.scripted import ScriptedMachine
from simulator.engine.sound import AgentSound
from simulator.errors import LabelError
from simulator.labels import Labels, Move
from simulator.labels.model import Anchor
from simulator.recording import Recording

ReplayMode = Literal["elastic", "rigid", "scripted"]

REPLAY_WORDS: dict[str, str] = {
    "elastic": "Replay in which the caller's pauses stretch, so that the caller answers the agent as on the call.",
    "rigid": "Replay of the recording as it is, whatever the agent says.",
    "scripted": "Replay over the agent of the labels, in which barge-in alone is decided.",
}
"""A sentence about each replay mode."""

ANCHOR_TIMEOUT_MS = 10_000
"""How long a caller waits in silence for an anchor that never comes."""

_FOREVER_MS = 1 << 60


@record
class Placement:
    """Where a stretch of the recording was played: ``start_ms``…``end_ms`` of the file, ``shift_ms`` later."""

    start_ms: int
    end_ms: int
    shift_ms: int


@dataclass(frozen=True, slots=True)
class Played:
    """One run of one arm over one recording: the events, and where the caller's audio was played."""

    events: tuple[Event, ...]
    placements: tuple[Placement, ...]
    duration_ms: int
    mode: ReplayMode
    anchored: int = 0
    """How many moves waited for the agent."""
    sounds: tuple[AgentSound, ...] = ()
    """The agent's sounds in pieces, and where each was stopped."""


def default_mode(recording: Recording) -> ReplayMode:
    """Return elastic where the labels have moves, otherwise rigid."""
    return "elastic" if recording.labels and recording.labels.moves else "rigid"


def play(
    recording: Recording,
    activity: Activity,
    config: ResolvedVoiceConfig,
    profile: EngineProfile,
    *,
    mode: ReplayMode | None = None,
    seed: int = 0,
) -> Played:
    """Run stage 2 for one arm. Without moves, elastic means rigid.

    Raises :class:`~simulator.errors.LabelError` for scripted replay without labelled agent windows.
    """
    return Replay(recording, activity, profile, mode=mode, seed=seed).play(config)


class Replay:
    """A recording to play to an agent under several settings; the shared preparation happens once."""

    def __init__(
        self,
        recording: Recording,
        activity: Activity,
        profile: EngineProfile,
        *,
        mode: ReplayMode | None = None,
        seed: int = 0,
    ) -> None:
        labels = recording.labels
        moves = labels.moves if labels else ()
        mode = mode or default_mode(recording)
        self.mode: ReplayMode = "rigid" if mode == "elastic" and not moves else mode
        self._recording = recording
        self._activity = activity
        self._profile = profile
        self._seed = seed
        self._script = script_of(recording, activity)
        self._planner = GenerationPlanner(profile.values, self._script, (seed, activity.sound))
        elastic = self.mode == "elastic"
        self._moves = tuple(map(_Move.of, moves, _by_move(recording, activity))) if elastic else ()
        self._anchored = sum(move.wait is not None for move in self._moves)
        limit_db = profile.values.laughter_limit_db.value
        self._relevant = _relevant(activity.observations, limit_db)
        self._relevant_moves = tuple([replace(move, heard=_relevant(move.heard, limit_db)) for move in self._moves])

    def play(self, config: ResolvedVoiceConfig, *, brief: bool = False) -> Played:
        """Play it once; ``brief`` is that of :class:`~simulator.engine.machine.TurnMachine`.

        Raises :class:`~simulator.errors.LabelError` for scripted replay without labelled agent windows.
        """
        if self.mode == "scripted":
            return _scripted(self._recording, self._activity, config, self._profile)
        machine = TurnMachine(
            config,
            self._profile,
            self._script,
            recording=self._activity.sound,
            seed=self._seed,
            brief=brief,
            planner=self._planner,
        )
        if self.mode == "elastic":
            placements = _Elastic(machine).play(self._relevant_moves if brief else self._moves)
        else:
            placements = [Placement(0, self._activity.duration_ms, 0)]
            for seen in self._relevant if brief else self._activity.observations:
                machine.observe(seen)
        machine.run_before(_FOREVER_MS)
        last = placements[-1]
        duration_ms = max(last.end_ms + last.shift_ms, machine.now_ms)
        return Played(
            tuple(machine.events), tuple(placements), duration_ms, self.mode, self._anchored, tuple(machine.sounds)
        )


@lru_cache(maxsize=32)
def script_of(recording: Recording, activity: Activity) -> Script:
    """Return the recording's scenario applied to its detected speech, by its labels where it has any."""
    labels = recording.labels
    if not labels or not labels.has_truth:
        return Script(recording.scenario)
    turns = turn_of_span(activity.spans, labels) if labels.turns else None
    return Script(recording.scenario, turns, wordless(activity.spans, labels))


def turn_of_span(spans: tuple[SpeechSpan, ...], labels: Labels) -> dict[int, int]:
    """Return for each detected span the index of the labelled turn it overlaps, or that precedes it."""
    starts = [round(turn.start_s * 1000) for turn in labels.caller_turns()]
    found = {}
    for index, span in enumerate(spans):
        middle = (span.start_ms + span.end_ms) // 2
        found[index] = max(sum(start <= middle for start in starts) - 1, 0)
    return found


def wordless(spans: tuple[SpeechSpan, ...], labels: Labels) -> frozenset[int]:
    """Return the spans that overlap no labelled caller turn and no interruption."""
    meant = [(turn.start_s, turn.end_s) for turn in labels.caller_turns()]
    meant += [(event.start_s, event.end_s) for event in labels.events if event.should_barge_in]
    bounds = [(start_s * 1000, end_s * 1000) for start_s, end_s in meant]
    return frozenset(
        index
        for index, span in enumerate(spans)
        if not any(start < span.end_ms and span.start_ms < end for start, end in bounds)
    )


def scripted_machine(recording: Recording, config: ResolvedVoiceConfig, profile: EngineProfile) -> ScriptedMachine:
    """Return an agent that plays the labelled windows.

    Raises :class:`~simulator.errors.LabelError` if there are none.
    """
    windows = recording.labels.agent if recording.labels else ()
    if not windows:
        raise LabelError(
            f"{recording.place}: scripted replay needs labelled agent windows; "
            "add 'agent' to its label file or use --replay rigid"
        )
    policy = _greeting_policy(recording, min(start_s for start_s, _ in windows))
    return ScriptedMachine(config, profile, [(round(a * 1000), round(b * 1000)) for a, b in windows], policy)


def _greeting_policy(recording: Recording, first_s: float) -> TurnPolicy | None:
    """Return the greeting's turn policy if the window that begins at ``first_s`` is the greeting.

    It is the greeting if the scenario has one and no caller turn begins before that window.
    """
    scenario, labels = recording.scenario, recording.labels
    turns = labels.caller_turns() if labels else ()
    if scenario.greeting is None or (turns and turns[0].start_s < first_s):
        return None
    return scenario.state_before(0).turn_policy


def _scripted(
    recording: Recording, activity: Activity, config: ResolvedVoiceConfig, profile: EngineProfile
) -> Played:
    machine = scripted_machine(recording, config, profile)
    for seen in activity.observations:
        machine.observe(seen)
    machine.run_before(_FOREVER_MS)
    whole = Placement(0, activity.duration_ms, 0)
    return Played(tuple(machine.events), (whole,), activity.duration_ms, "scripted", sounds=tuple(machine.sounds))


class HeardAgent(Protocol):
    """What an elastic caller needs of an agent: its sound so far, all times in ms of the call."""

    now_ms: int

    @property
    def last_finished_response_ms(self) -> int | None:
        """When the agent last finished a response uninterrupted."""
        ...

    @property
    def idle(self) -> bool:
        """Whether the agent has nothing to say and the caller is not speaking."""
        ...

    @property
    def response_sounding_since_ms(self) -> int | None:
        """When the response now playing began, or ``None``."""
        ...

    @property
    def sounding_until_ms(self) -> int | None:
        """Until when the agent is heard, as far as is known, or ``None``."""
        ...

    def miss_response(self, anchor: str, waited_ms: int) -> None:
        """Note that the caller gave up waiting for the agent."""
        ...


@dataclass(frozen=True, slots=True)
class AnchorWait:
    """How a move waits for the agent: ``delay_ms`` after its anchor; ``awaited`` is what it waits for."""

    delay_ms: int
    awaited: Literal["to finish", "to answer"]

    def came_ms(self, agent: HeardAgent, last_start_ms: int, last_end_ms: int) -> int | None:
        """Return when the anchor came, ms, given the times of the last move; ``None`` if it has not come yet."""
        if self.awaited == "to answer":
            return agent.response_sounding_since_ms
        finished_ms = agent.last_finished_response_ms
        if finished_ms is None or finished_ms < last_start_ms or not agent.idle:
            return None
        return max(finished_ms, last_end_ms)


def anchor_wait(anchor: Anchor) -> AnchorWait | None:
    """Return how a move with this anchor waits for the agent; ``None`` for one at a fixed time."""
    if anchor.at is not None:
        return None
    if anchor.after_agent is not None:
        return AnchorWait(round(anchor.after_agent * 1000), "to finish")
    return AnchorWait(round((anchor.into_agent or 0.0) * 1000), "to answer")


@record
class _Move:
    """A labelled move, ms of the file, with its observations. Without a ``wait`` it starts at ``at_ms``."""

    start_ms: int
    end_ms: int
    wait: AnchorWait | None
    at_ms: int
    heard: tuple[Observation, ...]
    known_ms: int
    """When its last observation is known."""

    @classmethod
    def of(cls, move: Move, heard: tuple[Observation, ...]) -> _Move:
        """Return a labelled move with the observations in it."""
        start_ms, end_ms = round(move.start_s * 1000), round(move.end_s * 1000)
        at_ms, known_ms = round((move.anchor.at or 0.0) * 1000), heard[-1].known_ms if heard else 0
        return cls(start_ms, end_ms, anchor_wait(move.anchor), at_ms, heard, known_ms)


def _relevant(heard: tuple[Observation, ...], limit_db: float) -> tuple[Observation, ...]:
    """Return observations without laughter scores that do not change whether speech is laughter.

    Such scores appear only in reasons.
    """
    found, laughing = [], False
    for seen in heard:
        if isinstance(seen, (Laughter, LaughterOver)):
            before, laughing = laughing, isinstance(seen, Laughter) and seen.score_db < limit_db
            if laughing == before:
                continue
        elif isinstance(seen, SpeechStart):
            laughing = False
        found.append(seen)
    return tuple(found)


class _Elastic:
    """Places moves one after the other, each when its anchor comes."""

    def __init__(self, machine: TurnMachine) -> None:
        self._machine = machine
        self._last_start_ms = 0
        self._last_end_ms = 0

    def play(self, moves: tuple[_Move, ...]) -> list[Placement]:
        """Play all moves; return their placements."""
        placements = []
        observe = self._machine.observe
        for move in moves:
            wait = move.wait
            start_ms = move.at_ms if wait is None else self._wait(wait) + wait.delay_ms
            start_ms = max(start_ms, self._last_end_ms)
            shift_ms = start_ms - move.start_ms
            placements.append(Placement(move.start_ms, move.end_ms, shift_ms))
            self._last_end_ms = move.end_ms + shift_ms
            for seen in move.heard:
                observe(seen, shift_ms)
            if move.heard:
                self._last_start_ms = start_ms
                self._last_end_ms = max(self._last_end_ms, move.known_ms + shift_ms)
        return placements

    def _wait(self, wait: AnchorWait) -> int:
        """Run the machine until the anchor comes or the wait times out; return when that was, ms.

        Only silence counts toward the timeout: a caller does not give up while the agent speaks.
        """
        machine = self._machine
        machine.run_before(self._last_end_ms)
        quiet_since_ms = self._last_end_ms
        while (at_ms := wait.came_ms(machine, self._last_start_ms, self._last_end_ms)) is None:
            quiet_since_ms = max(quiet_since_ms, machine.sounding_until_ms or 0)
            deadline_ms = quiet_since_ms + ANCHOR_TIMEOUT_MS
            heard = machine.sound
            while machine.sound is heard:  # until that changes, the anchor cannot come
                if not machine.step_before(deadline_ms):
                    machine.now_ms = max(machine.now_ms, deadline_ms)
                    machine.miss_response(wait.awaited, deadline_ms - self._last_end_ms)
                    return deadline_ms
        return at_ms


@lru_cache(maxsize=32)
def _by_move(recording: Recording, activity: Activity) -> tuple[tuple[Observation, ...], ...]:
    """Group observations by the move that contains their span; those outside every move are not played."""
    moves = recording.labels.moves if recording.labels else ()
    bounds = [(round(move.start_s * 1000), round(move.end_s * 1000)) for move in moves]
    owner: dict[int, int] = {}
    for index, span in enumerate(activity.spans):
        shared = [max(0, min(span.end_ms, end) - max(span.start_ms, start)) for start, end in bounds]
        best = max(range(len(bounds)), key=shared.__getitem__)
        if shared[best]:
            owner[index] = best
    sorted_: list[list[Observation]] = [[] for _ in moves]
    for seen in activity.observations:
        if seen.span in owner:
            sorted_[owner[seen.span]].append(seen)
    return tuple(tuple(heard) for heard in sorted_)
