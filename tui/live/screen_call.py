"""The part of the Live screen that holds the call: it opens and closes it, looks at it, and passes wishes on.

The call runs elsewhere, usually in a process of its own; nothing here waits for a device.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from textual import work
from textual.message import Message
from textual.timer import Timer

from simulator.session import commands as call_commands
from simulator.session.commands import Session as Call
from simulator.session.settings import SessionSettings
from simulator.session.state import Notice, SessionMessage, Snapshot
from tui.commands import Command
from tui.live.arms import live_arms
from tui.live.commands import NEW_CALL, PAUSE, PLAY_TONE, RECORD, TALK
from tui.live.preferences import CallPreferences
from tui.terminal_text import plain
from tui.tune.draft_keeping import DraftKeepingScreen
from tui.tune.field_editing import FieldEditingScreen
from tui.tune.session import Session

LOOKS_A_SECOND = 15
OpenCall = Callable[[SessionSettings], Call]

_NEEDS_CALL = (RECORD, PAUSE, NEW_CALL, TALK, PLAY_TONE)


class CallScreen(FieldEditingScreen, DraftKeepingScreen):
    """A call with the arms of a sitting at Tune's bench."""

    class DraftChanged(Message):
        """The draft was changed here; it should be kept."""

    class Left(Message):
        """Live is out of view; what was changed here should be shown elsewhere."""

    class Recorded(Message):
        """There may be a new recording."""

    def __init__(self, open_call: OpenCall, session: Session) -> None:
        super().__init__()
        self.session = session
        self.wishes = CallPreferences()
        self.shown = Snapshot(phase="stopped")
        """What the screen shows: how the call stood when it was last looked at."""
        self._open_call = open_call
        self._call: Call | None = None
        self._looking: Timer | None = None
        self._closed_by_hand = False
        self._paused = False

    # ---- opening and closing

    def sit_down(self, session: Session) -> None:
        """Talk with the arms of this sitting from now on."""
        self.session = session
        if self.is_attached:
            self.show_settings()

    def on_screen_resume(self) -> None:
        """Open the microphone as Live comes into view, unless it was closed by hand; offer a draft left behind."""
        self.look_for_kept_draft()
        if not self._closed_by_hand:
            self.begin()

    def on_screen_suspend(self) -> None:
        """Close the microphone as Live goes out of view; a window over it is no such thing."""
        if self.app.screen_stack[0] is not self:
            self.end()
            self.post_message(self.Left())

    def begin(self) -> None:
        """Begin a call, unless there is one."""
        if self._call is not None:
            return
        wishes = self.wishes
        self._paused = False
        self._call = self._open_call(
            SessionSettings(
                arms=live_arms(self.session),
                input=wishes.input,
                output=wishes.output,
                speaker=wishes.speaker,
                profile=self.session.profile,
                echo_guard=wishes.guard,
                push_to_talk=wishes.push_to_talk,
                muted=wishes.muted,
            )
        )
        self._call.start()
        if wishes.arm in [arm.name for arm in live_arms(self.session)][1:]:
            self._call.send(call_commands.SwitchArm(wishes.arm))
        if self._looking is None:
            self._looking = self.set_interval(1 / LOOKS_A_SECOND, self._look)
        self._looking.resume()
        self._look()

    def end(self) -> None:
        """End the call and close the devices; a recording is finished."""
        call, self._call = self._call, None
        if call is None:
            return
        if self._looking is not None:
            self._looking.pause()
        self._take(call.take())
        self.shown = Snapshot(
            phase="stopped", arm=self.shown.arm, arms=self.shown.arms, echo_guard=self.wishes.guard
        )
        self.show_call()
        self._close(call)

    @work(group="stopping")
    async def _close(self, call: Call) -> None:
        await asyncio.to_thread(call.stop)
        self._take(call.take())
        self.post_message(self.Recorded())

    async def on_unmount(self) -> None:
        """Close the devices with the program."""
        call, self._call = self._call, None
        if call is not None:
            await asyncio.to_thread(call.stop)

    # ---- looking

    def _look(self) -> None:
        call = self._call
        if call is None:
            return
        before, self.shown = self.shown, call.snapshot()
        self._take(call.take())
        if self.shown != before:
            self.show_call()
        if (before.phase, before.push_to_talk) != (self.shown.phase, self.shown.push_to_talk):
            self.refresh_bindings()

    def _take(self, told: Sequence[SessionMessage]) -> None:
        if not told:
            return
        self.show_told(told)
        for one in told:
            if isinstance(one, Notice) and one.kind == "recording" and self.shown.recording is None:
                # While one is under way, the screen says so already.
                self.notify(plain(one.text), title="Recording", timeout=8, markup=False)
                self.post_message(self.Recorded())

    def show_call(self) -> None:
        """Show how the call stands."""
        raise NotImplementedError

    def show_told(self, told: Sequence[SessionMessage]) -> None:
        """Show what happened."""
        raise NotImplementedError

    # ---- the draft and the arms

    def show_settings(self) -> None:
        """Show the draft as it is now, and let it be heard from the next frame on."""
        if self._call is not None:
            self._call.send(call_commands.UseArms(live_arms(self.session)))
        self.show_fields()

    def show_fields(self) -> None:
        """Show the draft and the arms."""
        raise NotImplementedError

    def changed(self, changed: bool, otherwise: str = "") -> None:
        """Let a change of the draft be heard and kept."""
        super().changed(changed, otherwise)
        if changed:
            # Tune may never have been in view, so that nobody else keeps it.
            self.keep_draft()
            self.post_message(self.DraftChanged())

    def action_switch_arm(self) -> None:
        """Talk to the next arm."""
        names = [arm.name for arm in live_arms(self.session)]
        now = self.wishes.arm if self.wishes.arm in names else names[0]
        self.wishes.arm = names[(names.index(now) + 1) % len(names)]
        if self._call is not None:
            self._call.send(call_commands.SwitchArm(self.wishes.arm))
        self.show_fields()

    # ---- what a person wants

    def reason_against(self, command: Command) -> str:
        """Return why a command can do nothing at the moment."""
        if self._call is None and command in _NEEDS_CALL:
            return "the microphone is closed; s opens it"
        if command == TALK and not self.wishes.push_to_talk:
            return "you are heard all the time; t turns push to talk on"
        if command == RECORD and self.shown.recording is None and self.shown.input is None:
            return "there is no microphone yet" if self.shown.phase == "starting" else "there is no microphone"
        return ""

    def action_start_or_stop(self) -> None:
        """Close the microphone, or open it; a call that failed begins anew."""
        failed = self.shown.phase == "failed" and self.shown.input is None
        self._closed_by_hand = self._call is not None and not failed
        if self._call is not None:
            self.end()
        if not self._closed_by_hand:
            self.begin()
        self.refresh_bindings()

    def action_record(self) -> None:
        """Begin a recording, or end it."""
        if self._call is None or not self.may(RECORD):
            return
        begin = self.shown.recording is None
        self._call.send(call_commands.Record(begin))
        if begin and getattr(self.app, "read_only", False):
            text = "Read-only concerns the platform; this recording is a file of your own."
            self.notify(text, title="Recording", markup=False)

    def action_mute(self) -> None:
        """Be heard, or not."""
        self.wishes.muted = not self.wishes.muted
        if self._call is not None:
            self._call.send(call_commands.Mute(self.wishes.muted))
        self.show_call()

    def action_pause(self) -> None:
        """Stop the clock, or let it go on."""
        if self._call is not None and self.may(PAUSE):
            self._paused = not self._paused
            self._call.send(call_commands.Pause(self._paused))

    def action_push_to_talk(self) -> None:
        """Be heard only when asked for, or always."""
        self.wishes.push_to_talk = not self.wishes.push_to_talk
        self.talk(held=False)
        if self._call is not None:
            self._call.send(call_commands.PushToTalk(self.wishes.push_to_talk))
        self.show_call()
        self.refresh_bindings()

    def action_talk(self) -> None:
        """Be heard from now on, or no longer."""
        if self.may(TALK):
            self.talk(held=not self.shown.talking)

    def talk(self, *, held: bool) -> None:
        """Be heard while push to talk is on, or not."""
        if self._call is not None:
            self._call.send(call_commands.Talk(held))

    def action_new_call(self) -> None:
        """Begin anew."""
        if self._call is not None and self.may(NEW_CALL):
            self._call.send(call_commands.NewCall())
