"""A live session's one deciding thread: takes frames, analyses them, decides, and feeds the speaker.

Time is the count of the microphone's samples; the speaker follows it (:mod:`simulator.devices.playback_buffer`).
Lost input is not replaced: the call's clock stops for it, and a notice says so.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

from base.folders import own_recordings_folder
from base.unexpected import named
from presets.layers import ResolvedVoiceConfig
from simulator.activity.end_of_turn import EndOfTurnModel, SilenceOnly, end_of_turn_model, warm_up
from simulator.activity.model import FRAME_MS
from simulator.devices.playback_buffer import PlaybackBuffer
from simulator.engine.events import BargeIn, BargeInSuppressed, Event, SpeechEnded
from simulator.engine.scenario import Scenario
from simulator.errors import SimulatorError
from simulator.live_recording import recovery_notices
from simulator.session.capture_buffer import CaptureBuffer, Frame, FrameAssembler, Meter, Taken, gap
from simulator.session.commands import (
    Mute,
    NewCall,
    Pause,
    PlayTone,
    PushToTalk,
    Record,
    SessionCommand,
    SetConfig,
    SwitchArm,
    Talk,
    UseArms,
    UseEchoGuard,
    UseInput,
    UseOutput,
)
from simulator.session.device_supervisor import DeviceSupervisor, RealCards, SoundCards
from simulator.session.echo_gate import GUARDS_CLOSE, CallControls, EchoGate
from simulator.session.live_agent import DecisionLatency, LiveAgent
from simulator.session.recorder import AgentTrack, Recorder, recording_facts
from simulator.session.settings import LiveArms, SessionSettings, changed_fields
from simulator.session.state import Counters, Happened, Notice, NoticeKind, Phase, SessionMessage, Snapshot, Unheard
from simulator.voice.voice import Voice, voice_for

MOST_OUTGOING = 10_000
_WAIT_S = 0.1

_WITHOUT_CONSEQUENCES = (SpeechEnded, BargeInSuppressed)
"""Events without consequences, which are reported once the pause is judged, some frames late."""

_PHASES: dict[str, Phase] = {
    "starting": "starting",
    "open": "running",
    "silent": "no audio",
    "lost": "device lost",
    "failed": "failed",
}


class CallLoop:
    """A session without its threads. Any thread may :meth:`send` commands."""

    def __init__(
        self,
        settings: SessionSettings,
        cards: SoundCards | None,
        folder: Path | None,
        prepared: Callable[[], None],
    ) -> None:
        self._settings = settings
        self._prepared = prepared
        self._arms = LiveArms(settings.arms)
        self.outgoing: deque[SessionMessage] = deque(maxlen=MOST_OUTGOING)
        self._commands: deque[SessionCommand] = deque()
        self._capture_buffer, self.playback_buffer = CaptureBuffer(), PlaybackBuffer()
        self.supervisor = DeviceSupervisor(
            cards or RealCards(),
            self._capture_buffer,
            self.playback_buffer,
            lambda text: self._notice("device", text),
            input=settings.input,
            output=settings.output,
            speaker=settings.speaker,
            round_trip_ms=settings.round_trip_ms,
        )
        usual_db, chosen_db = settings.profile.values.echo_threshold_db.value, settings.echo_threshold_db
        self.controls = CallControls(
            settings.echo_guard,
            usual_db if chosen_db is None else chosen_db,
            settings.muted,
            settings.push_to_talk,
        )
        self._echo_gate = EchoGate(self.controls)
        self.playback_buffer.taken = self._echo_gate.played.put
        self._agent_track = AgentTrack()
        self._folder = folder or own_recordings_folder()
        self._recorder = Recorder(self._folder, lambda text: self._notice("recording", text))
        self._ear, self._meter = FrameAssembler(), Meter()
        self._workers = ThreadPoolExecutor(1, "turnlab voice")
        self._judges = ThreadPoolExecutor(1, "turnlab end of turn")
        self._judge: EndOfTurnModel = SilenceOnly()
        self._voice: Voice | None = None
        self._side: LiveAgent | None = None
        self._paused = self._ending = False
        self._fault = ""
        self._trouble: str | None = None
        self._unheard: Unheard | None = None
        self._counters = Counters()
        self._last_s: float | None = None
        self._stream = 0
        self._decision_latency = DecisionLatency()
        self.snapshot = Snapshot(arm=self._arms.name, arms=self._arms.names, echo_guard=settings.echo_guard)

    def end(self) -> None:
        """Make :meth:`run` return."""
        self._ending = True
        self._capture_buffer.wake()

    def send(self, command: SessionCommand) -> None:
        """Run a command: at once where any thread may, else on the deciding thread before the next frame."""
        match command:
            case UseInput(name):
                self.supervisor.use_input(name)
            case UseOutput(name, speaker):
                self.supervisor.use_output(name, speaker=speaker)
            case PlayTone():
                self.playback_buffer.play_tone()
            case Mute(muted):
                self.controls.muted = muted
            case PushToTalk(on):
                self.controls.push_to_talk = on
            case Talk(held):
                self.controls.talking = held
            case _:
                self._commands.append(command)
                self._capture_buffer.wake()

    def run(self) -> None:
        """Process frames until :meth:`end`."""
        try:
            self._prepare()
            while not self._ending:
                taken = self._capture_buffer.take(_WAIT_S)
                self._run_commands()
                if taken is not None:
                    self._hear(taken)
                self._publish()
        except SimulatorError as error:
            self._fail(str(error))
        except Exception as error:
            self._fail(f"the session ended with an unexpected {named(error)}; start it again")
        finally:
            self._close()

    def _prepare(self) -> None:
        """Load the models before the first sound, so that no frame waits for them."""
        settings = self._settings
        self._recover()
        self._judge = SilenceOnly() if settings.silence_only else end_of_turn_model()
        warm_up(self._judge)
        if trouble := self._echo_gate.prepare():
            self._notice("device", trouble)
        self._voice = voice_for(settings.voice)
        self._side = self._new_side(self._voice)
        self._publish()
        self._prepared()
        self.supervisor.start()

    def _recover(self) -> None:
        for sentence in recovery_notices(self._folder):
            self._notice("recording", sentence)

    def _new_side(self, voice: Voice) -> LiveAgent:
        settings = self._settings
        return LiveAgent(
            self._arms.config,
            settings.profile,
            settings.scenario,
            self._judge,
            voice,
            self._workers,
            self._judges,
            settings.seed,
        )

    def _close(self) -> None:
        self.supervisor.stop()
        self._recorder.finish()
        self._recorder.wait()
        for pool in (self._workers, self._judges):
            pool.shutdown(wait=False, cancel_futures=True)
        self.snapshot = replace(self.snapshot, phase="failed" if self._fault else "stopped", recording=None)

    def _fail(self, sentence: str) -> None:
        self._fault = sentence
        self._notice("fault", sentence)
        self.snapshot = replace(self.snapshot, phase="failed", standing=sentence)

    def _run_commands(self) -> None:
        while self._commands:
            self._carry_out(self._commands.popleft())

    def _hear(self, taken: Taken) -> None:
        reopened = taken.stream != self._stream and self._stream > 0
        missing = gap(taken, taken.at_s - (self._last_s or taken.at_s) if reopened else None)
        self._stream, self._last_s = taken.stream, taken.at_s
        self._counters = replace(
            self._counters,
            dropped_samples=self._counters.dropped_samples + taken.dropped,
            drops=self._counters.drops + bool(taken.dropped),
            overruns=self._counters.overruns + taken.overrun,
        )
        if missing and not self._paused:
            self._notice("gap", missing)
        self._echo_gate.note_devices(self.supervisor.input, self.supervisor.output)
        for frame in self._ear.hear(taken):
            self._run_commands()
            self._meter.note(frame)
            self._echo_gate.listen(frame)
            if not self._paused:
                self._decide(frame)
            self._publish()

    def _decide(self, frame: Frame) -> None:
        side = self._side
        assert side is not None
        began_s = time.monotonic()
        sounds = self.playback_buffer.sounding or side.sounds_at(side.now_ms, side.now_ms + FRAME_MS)
        heard, self._unheard = self._echo_gate.heard(
            self._meter.level.rms_db, agent_sounds=sounds, round_trip_ms=self.supervisor.round_trip_ms
        )
        kept = self._echo_gate.kept()
        events = side.hear(heard, self._arms.name)
        agent = self._agent_track.frame()
        decided_s = time.monotonic()
        if any(isinstance(event, BargeIn) for event in events):
            self.playback_buffer.cut(decided_s)
            self._agent_track.cut()
        self._decision_latency.note(1000 * (decided_s - frame.at_s) + _overdue_ms(events, side.now_ms))
        said, more = side.say()
        if side.renderer.trouble != self._trouble:
            self._trouble = side.renderer.trouble
            self._notice("voice", side.renderer.trouble or "")
        self.playback_buffer.put(said, more=more)
        self._agent_track.put(said)
        self._recorder.write(kept, agent, closed=self._unheard in GUARDS_CLOSE)
        if itself := self._echo_gate.new_self_hearing():
            self._notice("device", itself)
        for event in events:
            self._tell(Happened(event, self._arms.name, decided_s))
        if 1000 * (time.monotonic() - began_s) > FRAME_MS:
            self._counters = replace(self._counters, late_frames=self._counters.late_frames + 1)

    # ---- commands, on the deciding thread

    def _carry_out(self, command: SessionCommand) -> None:
        match command:
            case UseArms() | SwitchArm() | SetConfig():
                self._change_arms(command)
            case UseEchoGuard():
                if chosen := self._echo_gate.choose(command):
                    self._notice("setting", chosen)
            case Pause(paused):
                self._pause(paused)
            case NewCall(scenario):
                self._new_call(scenario)
            case Record(True):
                self._start_recording()
            case Record(False):
                self._recorder.finish()

    def _change_arms(self, command: UseArms | SwitchArm | SetConfig) -> None:
        before_name, before = self._arms.name, self._arms.config
        match command:
            case UseArms(arms):
                self._arms.replace(arms)
            case SetConfig(config):
                self._arms.set_config(config)
            case SwitchArm(name) if not self._arms.switch(name):
                self._notice("setting", f"there is no arm {name!r} to switch to")
        self._apply(before_name, before)

    def _apply(self, before_name: str, before: ResolvedVoiceConfig) -> None:
        arms, side = self._arms, self._side
        if side is not None and arms.config != before:
            side.use(arms.config)
        differ = changed_fields(before, arms.config)
        if arms.name != before_name:
            self._notice("setting", f"now talking to {arms.name}" + (f": {differ}" if differ else ""))
        elif differ:
            self._notice("setting", differ)

    def _pause(self, paused: bool) -> None:
        if paused != self._paused:
            self._paused = paused
            if paused:
                self.playback_buffer.cut()
                self._agent_track.cut()
                if self._side is not None:
                    self._side.unsay()
            self._notice("gap", "paused; the call's clock stands still" if paused else "going on")

    def _new_call(self, scenario: Scenario | None) -> None:
        self._recorder.finish()
        if scenario is not None:
            self._settings = replace(self._settings, scenario=scenario)
        self.playback_buffer.cut()
        self._agent_track.cut()
        self._echo_gate.forget()
        if self._voice is not None:
            self._side = self._new_side(self._voice)
            self._notice("call", "a new call begins")

    def _start_recording(self) -> None:
        side, device = self._side, self.supervisor.input
        if side is not None:
            stem, about = recording_facts(
                self._settings,
                self._arms,
                guard=self.controls.echo,
                microphone=device.name if device else "",
                end_of_turn_model=side.end_of_turn_model,
                from_start=side.now_ms == 0,
            )
            self._recorder.start(stem, side.now_ms, about)

    # ---- reports

    def _notice(self, kind: NoticeKind, text: str) -> None:
        self._tell(Notice(kind, self._side.now_ms if self._side else 0, text))

    def _tell(self, message: SessionMessage) -> None:
        self.outgoing.append(message)
        self._recorder.write_event(message)

    def _publish(self) -> None:
        side, supervisor, machine = self._side, self.supervisor, self._side.machine if self._side else None
        if side is None or machine is None:
            return
        confidence, limits = machine.turn_confidence(side.now_ms), machine.limits
        self.snapshot = Snapshot(
            phase="paused"
            if self._paused and supervisor.state not in ("lost", "failed")
            else _PHASES[supervisor.state],
            standing=supervisor.standing or side.renderer.trouble or "",
            now_ms=side.now_ms,
            level=self._meter.level,
            voice_probability=side.probability,
            unheard=self._unheard,
            turn_state=machine.mode.value,
            turn_confidence=confidence,
            threshold=limits.threshold,
            eager_threshold=limits.eager,
            agent_sounding=self.playback_buffer.sounding or side.sounds_at(side.now_ms, side.now_ms + FRAME_MS),
            agent_text=side.text(),
            latencies=side.latencies.last(),
            last_barge_in_silence_ms=self.playback_buffer.silence_ms,
            counters=replace(self._counters, underruns=self.playback_buffer.underruns),
            input=supervisor.input,
            output=supervisor.output,
            arm=self._arms.name,
            arms=self._arms.names,
            config=self._arms.config,
            echo_guard=self.controls.echo,
            echo_threshold_db=self.controls.threshold_db,
            hears_itself=self._echo_gate.hears_itself,
            muted=self.controls.muted,
            push_to_talk=self.controls.push_to_talk,
            talking=self.controls.talking,
            recording=self._recorder.state,
            voice=self._voice.name if self._voice else "",
            end_of_turn_model=side.end_of_turn_model,
            behind_ms=self._capture_buffer.waiting_ms,
            decisions=self._decision_latency.times,
        )


def _overdue_ms(events: list[Event], now_ms: int) -> int:
    """Return how long ago the oldest event was due, ms, except events without consequences."""
    return max([0, *(now_ms - event.t_ms for event in events if not isinstance(event, _WITHOUT_CONSEQUENCES))])
