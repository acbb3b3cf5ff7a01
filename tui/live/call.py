"""The call of the Live screen: opens and closes it, reads its state, and sends it commands.

The call usually runs in a separate process. This module never waits for a device.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

from simulator.devices.portaudio import Way
from simulator.engine.scenario import default_scenario
from simulator.session import commands as call_commands
from simulator.session.commands import Session, SessionCommand
from simulator.session.settings import EchoGuard, LiveArm, SessionSettings
from simulator.session.state import Notice, SessionMessage, Snapshot
from simulator.study import Arm
from tui.commands.command import Command
from tui.host import Host, Looking
from tui.live.commands import NEW_CALL, PAUSE, PLAY_TONE, RECORD, TALK
from tui.preferences import SPEAKER, kept_round_trip, remember, remembered
from tui.tune.scene import ARMS
from tui.tune.session import TuneSession

OpenCall = Callable[[SessionSettings], Session]

_GUARD, _THRESHOLD = "live.echo_guard", "live.echo_threshold_db"
_GREETING, _NO_GREETING = "live.greeting", "off"
_NEEDS_CALL = (RECORD, PAUSE, NEW_CALL, TALK, PLAY_TONE)


def live_arms(session: TuneSession) -> tuple[LiveArm, ...]:
    """Return the present arms of a session, by letter."""
    return tuple(
        LiveArm(ARMS[at], Arm(ARMS[at], session.config_of(at), session.above).resolved)
        for at in range(len(session.arms))
    )


def draft_letter(session: TuneSession) -> str:
    """Return the letter of the edited arm."""
    return next(ARMS[at] for at, arm in enumerate(session.arms.all) if arm.is_draft)


def _guard() -> EchoGuard:
    with contextlib.suppress(ValueError):
        return EchoGuard(remembered(_GUARD))
    return EchoGuard.CANCELLATION


def _threshold_db() -> float | None:
    with contextlib.suppress(ValueError):
        return float(remembered(_THRESHOLD))
    return None


@dataclass(frozen=True, slots=True)
class CallState:
    """The state of a call, and the user's choices, which outlive it.

    ``shown`` is the newest snapshot of the call. ``input`` and ``output`` are device names; ``None`` is the
    system's default. Without ``speaker`` nothing is played. ``threshold_db`` is the echo guard's, in dBFS; ``None``
    uses the profile's. ``greets``: the agent speaks first. ``wanted_arm`` is an arm's letter; "" is the first.
    """

    shown: Snapshot = field(default_factory=lambda: Snapshot(phase="stopped"))
    open: bool = False
    input: str | None = None
    output: str | None = None
    speaker: bool = True
    guard: EchoGuard = EchoGuard.CANCELLATION
    threshold_db: float | None = None
    greets: bool = True
    muted: bool = False
    push_to_talk: bool = False
    wanted_arm: str = ""

    def device(self, way: Way) -> str | None:
        """Return the name of the chosen device."""
        return self.input if way == "input" else self.output


def remembered_state() -> CallState:
    """Return the stored choices: devices by name, echo guard and greeting."""
    return CallState(
        input=remembered("live.input") or None,
        output=remembered(SPEAKER) or None,
        guard=_guard(),
        threshold_db=_threshold_db(),
        greets=remembered(_GREETING) != _NO_GREETING,
    )


class CallController:
    """Runs a call with the arms of the session that ``session`` returns.

    ``publish`` gets each new state, ``tell`` the events of the call. ``recorded`` is called when there may be a new
    recording. ``read_only`` returns whether the platform blocks writes.
    """

    def __init__(
        self,
        host: Host,
        open_call: OpenCall,
        session: Callable[[], TuneSession],
        *,
        publish: Callable[[CallState], object],
        tell: Callable[[Sequence[SessionMessage]], object],
        recorded: Callable[[], object],
        read_only: Callable[[], bool],
    ) -> None:
        self._host, self._open_call, self._session = host, open_call, session
        self._publish, self._tell, self._recorded, self._read_only = publish, tell, recorded, read_only
        self.state = remembered_state()
        self._remembering = asyncio.Lock()
        self._call: Session | None = None
        self._looking = Looking(host, self._look)
        self._closed_by_hand = False
        self._paused = False

    def _become(self, state: CallState) -> None:
        self.state = state
        self._publish(state)

    def _send(self, command: SessionCommand) -> None:
        if self._call is not None:
            self._call.send(command)

    # ---- opening and closing

    def come_into_view(self) -> None:
        """Open the microphone, unless the user closed it."""
        if not self._closed_by_hand:
            self.begin()

    def begin(self) -> None:
        """Start a call, unless one is running."""
        if self._call is not None:
            return
        wanted, arms = self.state, live_arms(self._session())
        self._paused = False
        self._call = self._open_call(
            SessionSettings(
                arms=arms,
                input=wanted.input,
                output=wanted.output,
                speaker=wanted.speaker,
                profile=self._session().profile,
                scenario=default_scenario(greeting=wanted.greets),
                echo_guard=wanted.guard,
                echo_threshold_db=wanted.threshold_db,
                round_trip_ms=kept_round_trip(wanted.input or "", wanted.output or ""),
                push_to_talk=wanted.push_to_talk,
                muted=wanted.muted,
            )
        )
        self._call.start()
        if wanted.wanted_arm in [arm.name for arm in arms][1:]:
            self._send(call_commands.SwitchArm(wanted.wanted_arm))
        self._looking.begin()

    def end(self) -> None:
        """End the call and close the devices. A recording is finished first."""
        call, self._call = self._call, None
        if call is None:
            return
        self._looking.rest()
        self._take(call.take())
        was = self.state.shown
        stopped = Snapshot(phase="stopped", arm=was.arm, arms=was.arms, echo_guard=self.state.guard)
        self._become(replace(self.state, shown=stopped, open=False))
        self._host.start(partial(self._close, call), "stopping")

    async def _close(self, call: Session) -> None:
        await asyncio.to_thread(call.stop)
        self._take(call.take())
        self._recorded()

    async def close(self) -> None:
        """Close the devices when the program ends."""
        call, self._call = self._call, None
        if call is not None:
            await asyncio.to_thread(call.stop)

    def start_or_stop(self) -> None:
        """Close or open the microphone. A failed call starts again."""
        failed = self.state.shown.phase == "failed" and self.state.shown.input is None
        self._closed_by_hand = self._call is not None and not failed
        if self._call is not None:
            self.end()
        if not self._closed_by_hand:
            self.begin()

    # ---- reading the state

    def _look(self) -> None:
        if self._call is None:
            return
        shown, messages = self._call.snapshot(), self._call.take()
        self.state = replace(self.state, shown=shown, open=True)
        self._take(messages)
        self._publish(self.state)

    def _take(self, messages: Sequence[SessionMessage]) -> None:
        if not messages:
            return
        self._tell(messages)
        for one in messages:
            if isinstance(one, Notice) and one.kind == "recording" and self.state.shown.recording is None:
                # During a recording, the screen already says so.
                self._host.tell(one.text, "Recording", timeout=8)
                self._recorded()

    # ---- commands

    def reason_against(self, command: Command) -> str:
        """Return why a command is unavailable now."""
        shown = self.state.shown
        if self._call is None and command in _NEEDS_CALL:
            return "the microphone is closed; s opens it"
        if command in (TALK, RECORD) and shown.recording is None and shown.input is None:
            return "there is no microphone yet" if shown.phase == "starting" else "there is no microphone"
        if command == TALK and not self.state.push_to_talk:
            return "you are heard all the time; t turns push to talk on"
        return ""

    def _may(self, command: Command) -> bool:
        if reason := self.reason_against(command):
            self._host.tell(reason, f"Not now: {command.name}", severity="warning")
        return not reason

    def use_arms(self) -> None:
        """Use the present arms from the next frame on."""
        self._send(call_commands.UseArms(live_arms(self._session())))

    @property
    def arm(self) -> str:
        """The letter of the arm in the call."""
        if self._call is not None and self.state.shown.arm:
            return self.state.shown.arm
        letters = ARMS[: len(self._session().arms)]
        return self.state.wanted_arm if self.state.wanted_arm in letters else letters[0]

    def switch_arm(self) -> None:
        """Switch to the next arm."""
        names = [arm.name for arm in live_arms(self._session())]
        now = self.state.wanted_arm if self.state.wanted_arm in names else names[0]
        wanted = names[(names.index(now) + 1) % len(names)]
        self._send(call_commands.SwitchArm(wanted))
        self._become(replace(self.state, wanted_arm=wanted))

    def record(self) -> None:
        """Start or end a recording."""
        if not self._may(RECORD):
            return
        begin = self.state.shown.recording is None
        self._send(call_commands.Record(begin))
        if begin and self._read_only():
            text = "Read-only concerns the platform; this recording is a file of your own."
            self._host.tell(text, "Recording")

    def mute(self) -> None:
        """Mute or unmute the microphone."""
        self._send(call_commands.Mute(not self.state.muted))
        self._become(replace(self.state, muted=not self.state.muted))

    def pause(self) -> None:
        """Pause or continue the clock."""
        if self._may(PAUSE):
            self._paused = not self._paused
            self._send(call_commands.Pause(self._paused))

    def switch_push_to_talk(self) -> None:
        """Turn push to talk on or off."""
        wanted = not self.state.push_to_talk
        self.talk(held=False)
        self._send(call_commands.PushToTalk(wanted))
        self._become(replace(self.state, push_to_talk=wanted))

    def switch_talk(self) -> None:
        """Open or close push to talk."""
        if self._may(TALK):
            self.talk(held=not self.state.shown.talking)

    def talk(self, *, held: bool) -> None:
        """Open push to talk while ``held``, and close it afterwards."""
        self._send(call_commands.Talk(held))

    def new_call(self) -> None:
        """Start a new call."""
        if self._may(NEW_CALL):
            self._send(call_commands.NewCall(default_scenario(greeting=self.state.greets)))

    def switch_greeting(self) -> None:
        """Switch whether the agent speaks first, from the next call on."""
        self._become(replace(self.state, greets=not self.state.greets))
        first = "the agent greets" if self.state.greets else "the caller speaks first"
        self._host.tell(f"From the next call on {first}; n begins one.", "Greeting")
        self._keep()

    # ---- devices

    def use_device(self, way: Way, name: str | None, on: bool) -> None:
        """Switch to another device. ``None`` is the system's default. A speaker may be off."""
        if way == "input":
            self._send(call_commands.UseInput(name))
            self._become(replace(self.state, input=name))
        else:
            self._send(call_commands.UseOutput(name, speaker=on))
            self._become(replace(self.state, output=name, speaker=on))
        self._keep()

    def guard_echo(self, guard: EchoGuard, threshold_db: float | None = None) -> None:
        """Switch to another echo guard. ``threshold_db`` is in dBFS; ``None`` keeps the threshold."""
        self._send(call_commands.UseEchoGuard(guard, threshold_db))
        kept = self.state.threshold_db if threshold_db is None else threshold_db
        self._become(replace(self.state, guard=guard, threshold_db=kept))
        self._keep()

    def play_tone(self) -> None:
        """Play a tone, or say why it is not possible."""
        if self._may(PLAY_TONE):
            self.tone()

    def tone(self) -> None:
        """Play a tone if a call is running."""
        self._send(call_commands.PlayTone())

    def _keep(self) -> None:
        self._host.start(self._remember, "preferences")

    async def _remember(self) -> None:
        # One after another, each with the newest state, so that an older choice is never written last.
        async with self._remembering:
            # If a choice cannot be stored, the user makes it again next time; that needs no message.
            with contextlib.suppress(OSError):
                await asyncio.to_thread(_remember, self.state)


def _remember(state: CallState) -> None:
    remember("live.input", state.input or "")
    remember(SPEAKER, state.output or "")
    remember(_GUARD, state.guard.value)
    remember(_THRESHOLD, "" if state.threshold_db is None else f"{state.threshold_db:g}")
    remember(_GREETING, "" if state.greets else _NO_GREETING)
