"""The part of the Live screen that chooses devices, and what keeps the agent from hearing itself."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable

from textual import work

from simulator.devices.listing import Devices, Way
from simulator.session import commands as call_commands
from simulator.session.settings import EchoGuard
from tui.dialogs.dialogs import PickOne
from tui.live.commands import PLAY_TONE
from tui.live.device_dialog import DeviceDialog
from tui.live.screen_call import CallScreen, OpenCall
from tui.live.words import guard_words
from tui.tune.session import Session

LookForDevices = Callable[[], Devices]


class DevicesScreen(CallScreen):
    """A call whose devices can be chosen."""

    def __init__(self, open_call: OpenCall, look: LookForDevices, session: Session) -> None:
        super().__init__(open_call, session)
        self._look_for_devices = look

    def action_choose_device(self, way: Way) -> None:
        """Choose a microphone or a speaker."""
        wanted, on = self.wishes.device(way), way == "input" or self.wishes.speaker
        self.app.push_screen(
            DeviceDialog(
                way, wanted, self._look_for_devices, self.use_device, lambda: self.shown, on=on, tone=self._tone
            )
        )

    def use_device(self, way: Way, name: str | None, on: bool) -> None:
        """Have another device from now on; ``None``: the system's default; a speaker may be off."""
        if way == "input":
            self.wishes.input = name
            if self._call is not None:
                self._call.send(call_commands.UseInput(name))
        else:
            self.wishes.output, self.wishes.speaker = name, on
            if self._call is not None:
                self._call.send(call_commands.UseOutput(name, speaker=on))
        self._keep_wishes()

    def action_play_tone(self) -> None:
        """Play a tone."""
        if self.may(PLAY_TONE):
            self._tone()

    def _tone(self) -> None:
        if self._call is not None:
            self._call.send(call_commands.PlayTone())

    @work(group="echo", exclusive=True)
    async def action_choose_echo_guard(self) -> None:
        """Ask what keeps the agent from hearing itself."""
        threshold_db = self.session.profile.values.echo_threshold_db.value
        choices = [(guard.value, guard_words(guard, threshold_db).partition(": ")[2]) for guard in EchoGuard]
        answer = await self.app.push_screen_wait(
            PickOne("What keeps the agent from hearing itself?", choices, self.wishes.guard.value)
        )
        if answer is not None:
            self.wishes.guard = EchoGuard(answer)
            if self._call is not None:
                self._call.send(call_commands.UseEchoGuard(self.wishes.guard))
            self._keep_wishes()
            self.show_call()

    @work(group="wishes")
    async def _keep_wishes(self) -> None:
        # What cannot be remembered is chosen anew the next time; that is no reason to disturb anybody.
        with contextlib.suppress(OSError):
            await asyncio.to_thread(self.wishes.keep)
