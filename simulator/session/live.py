"""The live session itself: one thread decides, the devices' threads only copy, another keeps the devices open.

Time is the count of the microphone's samples; the speaker follows it (:mod:`simulator.session.outlet`). What is
lost on the way in is not made up: the call's clock stands still for it, and a notice says so.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np

from presets.layers import ResolvedVoiceConfig
from simulator.activity.analyzer import Completeness, completeness_model
from simulator.activity.model import FRAME_MS
from simulator.audio.samples import SAMPLE_RATE
from simulator.errors import SimulatorError
from simulator.recorder.finishing import recover_recordings
from simulator.recorder.folder import own_recordings_folder
from simulator.session.arms import Arms
from simulator.session.call import AgentSide
from simulator.session.cards import RealCards, SoundCards
from simulator.session.ear import Ear, Frame
from simulator.session.guard import Guard, Wishes
from simulator.session.inlet import Inlet, Taken
from simulator.session.keeper import Keeper
from simulator.session.meter import Meter
from simulator.session.notices import changed_fields, gap
from simulator.session.outlet import Outlet
from simulator.session.promptness import Promptness
from simulator.session.recorder import Recorder, recording_facts
from simulator.session.settings import EchoGuard, LiveArm, SessionSettings
from simulator.session.state import Counters, Happened, Notice, NoticeKind, Phase, Snapshot, Told, Unheard
from simulator.voice.voice import Voice, voice_for

MOST_TOLD = 10_000
_WAIT_S = 0.1

_PHASES: dict[str, Phase] = {
    "starting": "starting",
    "open": "running",
    "silent": "no audio",
    "lost": "device lost",
    "failed": "failed",
}


class LiveSession:
    """A :class:`~simulator.session.session.Session` in this process. ``folder`` is where recordings go."""

    def __init__(
        self, settings: SessionSettings, cards: SoundCards | None = None, folder: Path | None = None
    ) -> None:
        self._settings = settings
        self._arms = Arms(settings.arms)
        self._told: deque[Told] = deque(maxlen=MOST_TOLD)
        self._orders: deque[Callable[[], None]] = deque()
        self._inlet, self._outlet = Inlet(), Outlet()
        self._keeper = Keeper(
            cards or RealCards(),
            self._inlet,
            self._outlet,
            lambda text: self._notice("device", text),
            input=settings.input,
            output=settings.output,
            speaker=settings.speaker,
        )
        threshold_db = settings.profile.values.echo_threshold_db.value
        self._wishes = Wishes(settings.echo_guard, settings.muted, settings.push_to_talk)
        self._guard = Guard(self._wishes, threshold_db)
        self._folder = folder or own_recordings_folder()
        self._recorder = Recorder(self._folder, lambda text: self._notice("recording", text))
        self._ear, self._meter = Ear(), Meter()
        self._workers = ThreadPoolExecutor(1, "turnlab voice")
        self._judge: Completeness | None = None
        self._voice: Voice | None = None
        self._side: AgentSide | None = None
        self._paused = self._ending = False
        self._fault = ""
        self._unheard: Unheard | None = None
        self._counters = Counters()
        self._last_s: float | None = None
        self._stream = 0
        self._promptness = Promptness()
        self._snapshot = Snapshot(arm=self._arms.name, arms=self._arms.names, echo_guard=settings.echo_guard)
        self._thread = threading.Thread(target=self._run, name="turnlab live", daemon=True)

    # ---- from any thread

    def start(self) -> None:
        """Open the devices and begin the call."""
        self._thread.start()

    def stop(self) -> None:
        """End the call: finish a recording, close the devices, wait for the threads."""
        self._ending = True
        self._inlet.wake()
        if self._thread.ident is not None:
            self._thread.join()

    def snapshot(self) -> Snapshot:
        """Return how things stand, at most one frame old."""
        return self._snapshot

    def take(self) -> list[Told]:
        """Return what happened since the last call of this, oldest first."""
        found: list[Told] = []
        while self._told:
            found.append(self._told.popleft())
        return found

    def use_arms(self, arms: tuple[LiveArm, ...]) -> None:
        """Replace the arms. Raises :class:`ValueError` for none, or two of one name."""
        Arms(arms)
        self._order(lambda: self._change(lambda: self._arms.replace(arms)))

    def switch_arm(self, name: str) -> None:
        """Talk to another arm."""
        self._order(lambda: self._switch(name))

    def set_config(self, config: ResolvedVoiceConfig) -> None:
        """Change the settings of the arm in force."""
        self._order(lambda: self._change(lambda: self._arms.set_config(config)))

    def new_call(self) -> None:
        """Begin anew."""
        self._order(self._begin_anew)

    def use_input(self, name: str | None) -> None:
        """Change to another microphone."""
        self._keeper.use_input(name)

    def use_output(self, name: str | None, *, speaker: bool = True) -> None:
        """Change to another speaker, or none."""
        self._keeper.use_output(name, speaker=speaker)

    def play_tone(self) -> None:
        """Play half a second of a soft tone on the speaker."""
        self._outlet.play_tone()

    def guard_echo(self, guard: EchoGuard) -> None:
        """Choose what keeps the agent from hearing itself."""
        self._order(lambda: self._choose_guard(guard))

    def mute(self, muted: bool) -> None:
        """Let the agent hear silence instead of the microphone."""
        self._wishes.muted = muted

    def push_to_talk(self, on: bool) -> None:
        """Let the agent hear the microphone only while :meth:`talk` says so."""
        self._wishes.push_to_talk = on

    def talk(self, held: bool) -> None:
        """Tell whether the push-to-talk key is held."""
        self._wishes.talking = held

    def pause(self, paused: bool) -> None:
        """Stop the call's clock, or let it go on."""
        self._order(lambda: self._pause(paused))

    def record(self, on: bool) -> None:
        """Begin or finish a recording."""
        self._order(self._start_recording if on else self._recorder.finish)

    # ---- the deciding thread

    def _order(self, act: Callable[[], None]) -> None:
        self._orders.append(act)
        self._inlet.wake()

    def _run(self) -> None:
        try:
            self._prepare()
            while not self._ending:
                taken = self._inlet.take(_WAIT_S)
                self._obey()
                if taken is not None:
                    self._hear(taken)
                self._publish()
        except SimulatorError as error:
            self._fail(str(error))
        except Exception as error:
            self._fail(f"the session ended with {type(error).__name__}: {error}; start it again")
        finally:
            self._close()

    def _prepare(self) -> None:
        """Load the models before the first sound, so that no frame waits for them."""
        settings = self._settings
        self._recover()
        self._judge = completeness_model(silence_only=settings.silence_only, cores=2)
        if self._judge is not None:
            self._judge.hear(np.zeros(SAMPLE_RATE, np.float32))  # the first answer takes longest
        self._voice = voice_for(settings.voice)
        self._side = self._new_side(self._voice)
        self._publish()
        self._keeper.start()

    def _recover(self) -> None:
        found, faults = recover_recordings(self._folder)
        for path in found:
            self._notice("recording", f"a recording that was cut off is whole again: {path}")
        for fault in faults:
            self._notice("recording", fault)

    def _new_side(self, voice: Voice) -> AgentSide:
        settings = self._settings
        return AgentSide(
            self._arms.config,
            settings.profile,
            settings.scenario,
            self._judge,
            voice,
            self._workers,
            settings.seed,
        )

    def _close(self) -> None:
        self._keeper.stop()
        self._recorder.finish()
        self._recorder.wait()
        self._workers.shutdown(wait=False, cancel_futures=True)
        self._snapshot = replace(self._snapshot, phase="failed" if self._fault else "stopped", recording=None)

    def _fail(self, sentence: str) -> None:
        self._fault = sentence
        self._notice("fault", sentence)
        self._snapshot = replace(self._snapshot, phase="failed", standing=sentence)

    def _obey(self) -> None:
        while self._orders:
            self._orders.popleft()()

    def _hear(self, taken: Taken) -> None:
        anew = taken.stream != self._stream and self._stream > 0
        missing = gap(taken, taken.at_s - (self._last_s or taken.at_s) if anew else None)
        self._stream, self._last_s = taken.stream, taken.at_s
        self._counters = replace(
            self._counters,
            dropped_samples=self._counters.dropped_samples + taken.dropped,
            drops=self._counters.drops + bool(taken.dropped),
            overruns=self._counters.overruns + taken.overrun,
        )
        if missing and not self._paused:
            self._notice("gap", missing)
        for frame in self._ear.hear(taken):
            self._obey()
            self._meter.note(frame)
            if not self._paused:
                self._decide(frame)
            self._publish()

    def _decide(self, frame: Frame) -> None:
        side = self._side
        assert side is not None
        began_s = time.monotonic()
        sounds = self._outlet.sounding or side.sounds_at(side.now_ms, side.now_ms + FRAME_MS)
        heard, self._unheard = self._guard.heard(frame.samples, self._meter.level.rms_db, agent_sounds=sounds)
        kept = self._guard.kept(frame.samples)
        events = side.hear(heard, self._arms.name)
        decided_s = time.monotonic()
        if any(event.type == "barge_in" for event in events):
            self._outlet.cut(decided_s)
        self._promptness.note(1000 * (decided_s - frame.at_s))
        said, more = side.say()
        self._outlet.put(said, more=more)
        self._recorder.write(kept)
        for event in events:
            self._tell(Happened(event, self._arms.name, decided_s))
        if 1000 * (time.monotonic() - began_s) > FRAME_MS:
            self._counters = replace(self._counters, late_frames=self._counters.late_frames + 1)

    # ---- orders

    def _change(self, change: Callable[[], None]) -> None:
        before_name, before = self._arms.name, self._arms.config
        change()
        self._apply(before_name, before)

    def _switch(self, name: str) -> None:
        before_name, before = self._arms.name, self._arms.config
        if self._arms.switch(name):
            self._apply(before_name, before)
        else:
            self._notice("setting", f"there is no arm {name!r} to switch to")

    def _apply(self, before_name: str, before: ResolvedVoiceConfig) -> None:
        arms, side = self._arms, self._side
        if side is not None and arms.config != before:
            side.use(arms.config)
        differ = changed_fields(before, arms.config)
        if arms.name != before_name:
            self._notice("setting", f"now talking to {arms.name}" + (f": {differ}" if differ else ""))
        elif differ:
            self._notice("setting", differ)

    def _choose_guard(self, guard: EchoGuard) -> None:
        if guard is not self._wishes.echo:
            self._wishes.echo = guard
            self._notice("setting", f"echo guard: {guard.words}")

    def _pause(self, paused: bool) -> None:
        if paused != self._paused:
            self._paused = paused
            if paused:
                self._outlet.cut()
            self._notice("gap", "paused; the call's clock stands still" if paused else "going on")

    def _begin_anew(self) -> None:
        self._recorder.finish()
        self._outlet.cut()
        if self._voice is not None:
            self._side = self._new_side(self._voice)
            self._notice("setting", "a new call begins")

    def _start_recording(self) -> None:
        side, device = self._side, self._keeper.input
        if side is not None:
            stem, about = recording_facts(
                self._settings,
                self._arms,
                guard=self._wishes.echo,
                microphone=device.name if device else "",
                end_of_turn_model=side.end_of_turn_model,
            )
            self._recorder.start(stem, side.now_ms, about)

    # ---- what is told

    def _notice(self, kind: NoticeKind, text: str) -> None:
        self._tell(Notice(kind, self._side.now_ms if self._side else 0, text))

    def _tell(self, told: Told) -> None:
        self._told.append(told)
        self._recorder.write_told(told)

    def _publish(self) -> None:
        side, keeper, machine = self._side, self._keeper, self._side.machine if self._side else None
        if side is None or machine is None:
            return
        confidence = machine.turn_confidence(side.now_ms)
        self._snapshot = Snapshot(
            phase="paused" if self._paused else _PHASES[keeper.state],
            standing=keeper.standing or side.mouth.trouble or "",
            now_ms=side.now_ms,
            level=self._meter.level,
            voice_probability=side.probability,
            unheard=self._unheard,
            turn_state=machine.mode.value,
            turn_confidence=confidence,
            threshold=machine.threshold,
            eager_threshold=machine.eager_threshold,
            agent_sounding=self._outlet.sounding or side.sounds_at(side.now_ms, side.now_ms + FRAME_MS),
            agent_text=side.text(),
            latencies=side.latencies.last(),
            last_barge_in_silence_ms=self._outlet.silence_ms,
            counters=replace(self._counters, underruns=self._outlet.underruns),
            input=keeper.input,
            output=keeper.output,
            arm=self._arms.name,
            arms=self._arms.names,
            echo_guard=self._wishes.echo,
            muted=self._wishes.muted,
            push_to_talk=self._wishes.push_to_talk,
            talking=self._wishes.talking,
            recording=self._recorder.state,
            voice=self._voice.name if self._voice else "",
            end_of_turn_model=side.end_of_turn_model,
            behind_ms=self._inlet.waiting_ms,
            decisions=self._promptness.times,
        )
