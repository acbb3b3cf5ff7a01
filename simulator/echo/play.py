"""One arm over one recording in which the agent's own sound leaks back: frame by frame, as a call comes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from presets.layers import ResolvedVoiceConfig
from simulator.activity.analyzer import Analyzer, Completeness
from simulator.activity.model import Activity, Observation
from simulator.echo.caller import Caller, RigidCaller, caller_of
from simulator.echo.echo_path import Echo, EchoPath
from simulator.echo.span_matcher import SpanMatcher
from simulator.engine.machine import TurnMachine
from simulator.engine.profile import EngineProfile
from simulator.engine.scripted import ScriptedMachine
from simulator.engine.sound import AgentSound
from simulator.live import LiveCall
from simulator.recording import Recording
from simulator.replay import Placement, Played, ReplayMode, default_mode, script_of, scripted_machine

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
        """The settings in force."""
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
    model: Completeness | None,
    config: ResolvedVoiceConfig,
    profile: EngineProfile,
    echo: Echo,
    *,
    mode: ReplayMode | None = None,
    seed: int = 0,
) -> Played:
    """Run stages 1 and 2 together for one arm.

    ``activity`` is the recording's without echo: it names spans, so that arms compare, and decides nothing. Speech
    is detected anew in what is played, so in elastic replay a weak sound may be heard where it was not without
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
        machine = TurnMachine(config, profile, script, recording=recording.id, seed=seed)
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
