"""One run over one recording with echo: the agent's own sound leaks back, frame by frame, as in a call.

With echo, the detected speech differs by run. A span that begins with sound also heard without echo keeps its
number, so its latencies are the same in every run. A span that begins with echo alone takes the next number.
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
from simulator.live_call import LiveCall
from simulator.recording import Recording
from simulator.replay import Placement, Played, ReplayMode, default_mode, script_of, scripted_machine, turn_of_span
from simulator.voice.agent_renderer import AgentRenderer
from simulator.voice.voice import BundledVoice

USUAL_DELAY_MS = 100


@dataclass(frozen=True, slots=True)
class Echo:
    """The agent's sound, sent at -26 dBFS, returns ``loss_db`` quieter and ``delay_ms`` later."""

    loss_db: float
    delay_ms: int = USUAL_DELAY_MS

    def words(self) -> str:
        """Return the echo in words."""
        return f"with echo −{self.loss_db:g} dB after {self.delay_ms} ms"

    def to_json(self) -> dict[str, Any]:
        """Return the echo as JSON values."""
        return {"echo_db": self.loss_db, "echo_delay_ms": self.delay_ms}


class EchoPath:
    """Renders what the caller's side hears of the agent's sound.

    The agent speaks with the bundled voice, so a readout does not depend on the installed voices. Only sounds noted
    so far are rendered: future sounds are unknown.
    """

    def __init__(self, echo: Echo, recording: Recording) -> None:
        self._delay_ms = echo.delay_ms
        self._gain = np.float32(10.0 ** (-echo.loss_db / 20))
        self._renderer = AgentRenderer(BundledVoice(telephone=recording.source.what_if.telephone))

    def note(self, sound: AgentSound | None) -> None:
        """Note the sound now playing, which may still be stopped."""
        self._renderer.note(sound)

    def frame(self, start_ms: int) -> Samples:
        """Return the echo in the frame that starts at ``start_ms``, float32 ``[512]``; frames come in order."""
        return self._renderer.render(None, (start_ms - self._delay_ms) * SAMPLES_PER_MS, FRAME_SAMPLES) * self._gain


ONSET_SLACK_MS = 100
"""How much earlier than without echo a span may begin and still be the same span."""

_ECHO_NAMES = 1_000_000
_NAMES_APART = 1000


class SpanMatcher:
    """Matches spans with those found without echo. ``turn_of_span`` maps the numbers so far to labelled turns."""

    def __init__(self, clean: Activity, labels: Labels | None, placements: list[Placement]) -> None:
        self._spans = clean.spans
        self._ends = [span.end_ms for span in clean.spans]
        self._placements = placements
        self._turn_starts = [round(turn.start_s * 1000) for turn in labels.caller_turns()] if labels else []
        self.turn_of_span = turn_of_span(clean.spans, labels) if labels else {}
        self._taken: set[int] = set()
        self._name = 0

    def rename(self, seen: Observation) -> Observation:
        """Return an observation with its span's matched number. Call it for observations in order."""
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
        """Return the position in the file that was played at ``t_ms``, or the last position before it, ms."""
        for place in reversed(self._placements):
            if t_ms >= place.start_ms + place.shift_ms:
                return min(t_ms - place.shift_ms, place.end_ms)
        return 0


LONGEST_TAIL_MS = 30_000
"""How long a call continues after the caller's last sound, if the agent keeps answering its own echo."""


class _Renaming:
    """A machine that receives observations under their matched span numbers."""

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
        """The agent's sound now playing."""
        return self._machine.sound

    def observe(self, seen: Observation) -> None:
        """Note an observation of the caller."""
        self._machine.observe(self._names.rename(seen))

    def run_before(self, t_ms: int) -> None:
        """Run everything that is due before ``t_ms``."""
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
    """Run stages 1 and 2 together once.

    ``activity`` is the recording's without echo. It only numbers spans, so that runs compare. Speech is detected in
    what is played, so in elastic replay a weak sound may be heard where it was not heard without echo, or the
    reverse. Compare runs that have the same echo, never a run with echo with one without. Raises what
    :func:`simulator.replay.play` raises.
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
    _run_call(LiveCall(Analyzer(model), _Renaming(machine, names)), caller, machine, EchoPath(echo, recording))
    end_ms = placements[-1].end_ms + placements[-1].shift_ms
    return Played(
        events=tuple(machine.events),
        placements=tuple(placements),
        duration_ms=end_ms if isinstance(machine, ScriptedMachine) else max(end_ms, machine.now_ms),
        mode="rigid" if mode == "elastic" and not moves else mode,
        anchored=sum(move.anchor.at is None for move in moves),
        sounds=tuple(machine.sounds),
    )


def _run_call(call: LiveCall, caller: Caller, machine: TurnMachine | ScriptedMachine, leak: EchoPath) -> None:
    """Play the caller to the agent, and the agent's sound into the caller's channel, until both have finished."""
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
