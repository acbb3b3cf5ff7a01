"""One arm over one recording in which the agent's own sound leaks back: frame by frame, as a call comes.

With echo, what is detected differs by arm. A span that begins with what is also heard without echo keeps the name
it has there, so its latencies are the same in every arm; one that begins with echo alone is named after the next.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from base.samples import SAMPLES_PER_MS, Samples
from presets.layers import ResolvedVoiceConfig
from simulator.activity.analyzer import Analyzer
from simulator.activity.end_of_turn import EndOfTurnModel
from simulator.activity.model import FRAME_SAMPLES, Activity, Observation, SpeechEnd, SpeechStart
from simulator.echo.caller import Caller, RigidCaller, caller_of
from simulator.engine.machine import TurnMachine
from simulator.engine.profile import EngineProfile
from simulator.engine.scripted import ScriptedMachine
from simulator.engine.sound import AgentSound
from simulator.labels import Labels
from simulator.live import LiveCall
from simulator.recording import Recording
from simulator.replay import Placement, Played, ReplayMode, default_mode, script_of, scripted_machine, turn_of_span
from simulator.voice.agent_renderer import AgentRenderer
from simulator.voice.voice import BundledVoice

USUAL_DELAY_MS = 100


@dataclass(frozen=True, slots=True)
class Echo:
    """The agent's sound, sent at -26 dBFS, comes back ``loss_db`` quieter, ``delay_ms`` later."""

    loss_db: float
    delay_ms: int = USUAL_DELAY_MS

    def words(self) -> str:
        """Return what leaks, for people."""
        return f"with echo −{self.loss_db:g} dB after {self.delay_ms} ms"

    def to_json(self) -> dict[str, Any]:
        """Return what leaks, for scripts."""
        return {"echo_db": self.loss_db, "echo_delay_ms": self.delay_ms}


class EchoPath:
    """Listens to what the agent plays and says what of it is heard on the caller's side.

    The agent speaks with the bundled voice, so that a readout does not depend on what is installed. Only sounds
    that were noted by then are heard: nothing is known of what the agent will do.
    """

    def __init__(self, echo: Echo, recording: Recording) -> None:
        self._delay_ms = echo.delay_ms
        self._gain = np.float32(10.0 ** (-echo.loss_db / 20))
        self._renderer = AgentRenderer(BundledVoice(telephone=recording.source.what_if.telephone))

    def note(self, sound: AgentSound | None) -> None:
        """Take note of the sound now being heard, which may yet be stopped."""
        self._renderer.note(sound)

    def frame(self, start_ms: int) -> Samples:
        """Return the echo in the frame that starts at ``start_ms``, float32 ``[512]``; frames come in order."""
        return self._renderer.render(None, (start_ms - self._delay_ms) * SAMPLES_PER_MS, FRAME_SAMPLES) * self._gain


ONSET_SLACK_MS = 100
"""How much sooner than without echo a span may begin and still be the same."""

_ECHO_NAMES = 1_000_000
_NAMES_APART = 1000


class SpanMatcher:
    """Names spans as they come. ``turn_of_span`` says which labelled turn a name belongs to, so far."""

    def __init__(self, clean: Activity, labels: Labels | None, placements: list[Placement]) -> None:
        self._spans = clean.spans
        self._ends = [span.end_ms for span in clean.spans]
        self._placements = placements
        self._turn_starts = [round(turn.start_s * 1000) for turn in labels.caller_turns()] if labels else []
        self.turn_of_span = turn_of_span(clean.spans, labels) if labels else {}
        self._taken: set[int] = set()
        self._name = 0

    def rename(self, seen: Observation) -> Observation:
        """Return an observation under its span's name; observations come in order."""
        if isinstance(seen, SpeechStart):
            self._name = self._choose(self._file_ms(seen.start_ms))
            self._taken.add(self._name)
        if self._name >= _ECHO_NAMES and self._turn_starts and isinstance(seen, SpeechStart | SpeechEnd):
            at_ms = self._file_ms(seen.start_ms if isinstance(seen, SpeechStart) else seen.end_ms)
            self.turn_of_span[self._name] = max(sum(start <= at_ms for start in self._turn_starts) - 1, 0)
        return replace(seen, span=self._name)

    def _choose(self, at_ms: int) -> int:
        following = bisect_left(self._ends, at_ms)
        free = following < len(self._spans) and following not in self._taken
        if free and self._spans[following].start_ms - ONSET_SLACK_MS <= at_ms:
            return following
        name = _ECHO_NAMES + following * _NAMES_APART
        while name in self._taken:
            name += 1
        return name

    def _file_ms(self, t_ms: int) -> int:
        """Return the place in the file that was played at ``t_ms``, or the last one before."""
        for place in reversed(self._placements):
            if t_ms >= place.start_ms + place.shift_ms:
                return min(t_ms - place.shift_ms, place.end_ms)
        return 0


LONGEST_TAIL_MS = 30_000
"""How long a call goes on after the caller's last sound, for an agent who answers its own echo for ever."""


class _Renaming:
    """A machine that hears spans under their names."""

    def __init__(self, machine: TurnMachine | ScriptedMachine, names: SpanMatcher) -> None:
        self._machine = machine
        self._names = names
        self.events = machine.events

    @property
    def config(self) -> ResolvedVoiceConfig:
        """The current settings."""
        return self._machine.config

    @config.setter
    def config(self, config: ResolvedVoiceConfig) -> None:
        self._machine.config = config

    @property
    def sound(self) -> AgentSound | None:
        """The agent's sound now being heard."""
        return self._machine.sound

    def observe(self, seen: Observation) -> None:
        """Take note of something that became known of the caller."""
        self._machine.observe(self._names.rename(seen))

    def run_before(self, t_ms: int) -> None:
        """Let everything happen that is due before ``t_ms``."""
        self._machine.run_before(t_ms)


def play_with_echo(
    recording: Recording,
    activity: Activity,
    model: EndOfTurnModel,
    config: ResolvedVoiceConfig,
    profile: EngineProfile,
    echo: Echo,
    *,
    mode: ReplayMode | None = None,
    seed: int = 0,
) -> Played:
    """Run stages 1 and 2 together for one arm.

    ``activity`` is the recording's without echo: it names spans, so that arms compare, and decides nothing. Speech
    is detected in what is played, so in elastic replay a weak sound may be heard where it was not without
    echo, or the other way round: hold arms with the same echo against each other, not a call with it against one
    without. Raises what :func:`simulator.replay.play` raises.
    """
    mode = mode or default_mode(recording)
    placements: list[Placement] = []
    names = SpanMatcher(activity, recording.labels, placements)
    moves = recording.labels.moves if recording.labels and mode == "elastic" else ()
    if mode == "scripted":
        machine: TurnMachine | ScriptedMachine = scripted_machine(recording, config, profile)
        caller: Caller = RigidCaller(recording.source, activity, placements)
    else:
        script = script_of(recording, activity)
        if script.turn_of_span is not None:
            script = replace(script, turn_of_span=names.turn_of_span)
        machine = TurnMachine(config, profile, script, recording=activity.sound, seed=seed)
        caller = caller_of(machine, recording.source, moves, activity, placements)
    _let_run(LiveCall(Analyzer(model), _Renaming(machine, names)), caller, machine, EchoPath(echo, recording))
    end_ms = placements[-1].end_ms + placements[-1].shift_ms
    return Played(
        events=tuple(machine.events),
        placements=tuple(placements),
        duration_ms=end_ms if isinstance(machine, ScriptedMachine) else max(end_ms, machine.now_ms),
        mode="rigid" if mode == "elastic" and not moves else mode,
        anchored=sum(move.anchor.at is None for move in moves),
        sounds=tuple(machine.sounds),
    )


def _let_run(call: LiveCall, caller: Caller, machine: TurnMachine | ScriptedMachine, leak: EchoPath) -> None:
    """Play the caller to the agent, and what the agent says back into the caller's channel, until both are done."""
    done_ms = 0
    while not caller.done or (not _quiet(machine) and call.now_ms < done_ms + LONGEST_TAIL_MS):
        frame = caller.frame(call.now_ms)
        leak.note(call.sound)
        call.push(np.clip(frame + leak.frame(call.now_ms), -1.0, 1.0))
        if not caller.done:
            done_ms = call.now_ms
    call.finish()


def _quiet(machine: TurnMachine | ScriptedMachine) -> bool:
    return isinstance(machine, ScriptedMachine) or machine.idle
