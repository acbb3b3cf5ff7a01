"""The live session itself: one thread decides, the devices' threads only copy, another keeps the devices open.

Time is the count of the microphone's samples; the speaker follows it (:mod:`simulator.session.playback_buffer`).
What is lost on the way in is not made up: the call's clock stands still for it, and a notice says so.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

from presets.layers import ResolvedVoiceConfig
from simulator.session.arms import Arms
from simulator.session.call_loop import CallLoop
from simulator.session.cards import SoundCards
from simulator.session.settings import EchoGuard, LiveArm, SessionSettings
from simulator.session.state import SessionMessage, Snapshot


class LiveSession:
    """A :class:`~simulator.session.session.Session` in this process.

    ``folder`` is where recordings go; ``prepared`` is called once everything is loaded, before the devices open.
    """

    def __init__(
        self,
        settings: SessionSettings,
        cards: SoundCards | None = None,
        folder: Path | None = None,
        prepared: Callable[[], None] = lambda: None,
    ) -> None:
        self._call_loop = CallLoop(settings, cards, folder, prepared)
        self._thread = threading.Thread(target=self._call_loop.run, name="turnlab live", daemon=True)

    def start(self) -> None:
        """Open the devices and begin the call."""
        self._thread.start()

    def stop(self) -> None:
        """End the call: finish a recording, close the devices, wait for the threads."""
        self._call_loop.end()
        if self._thread.ident is not None:
            self._thread.join()

    def snapshot(self) -> Snapshot:
        """Return how things stand, at most one frame old."""
        return self._call_loop.snapshot

    def take(self) -> list[SessionMessage]:
        """Return what happened since the last call of this, oldest first."""
        found: list[SessionMessage] = []
        told = self._call_loop.told
        while told:
            found.append(told.popleft())
        return found

    def use_arms(self, arms: tuple[LiveArm, ...]) -> None:
        """Replace the arms. Raises :class:`ValueError` for none, or two of one name."""
        Arms(arms)
        self._call_loop.order(lambda: self._call_loop.use_arms(arms))

    def switch_arm(self, name: str) -> None:
        """Talk to another arm."""
        self._call_loop.order(lambda: self._call_loop.switch(name))

    def set_config(self, config: ResolvedVoiceConfig) -> None:
        """Change the settings of the arm in force."""
        self._call_loop.order(lambda: self._call_loop.use_config(config))

    def new_call(self) -> None:
        """Begin anew."""
        self._call_loop.order(self._call_loop.begin_anew)

    def use_input(self, name: str | None) -> None:
        """Change to another microphone."""
        self._call_loop.supervisor.use_input(name)

    def use_output(self, name: str | None, *, speaker: bool = True) -> None:
        """Change to another speaker, or none."""
        self._call_loop.supervisor.use_output(name, speaker=speaker)

    def play_tone(self) -> None:
        """Play half a second of a soft tone on the speaker."""
        self._call_loop.playback_buffer.play_tone()

    def guard_echo(self, guard: EchoGuard) -> None:
        """Choose what keeps the agent from hearing itself."""
        self._call_loop.order(lambda: self._call_loop.choose_guard(guard))

    def mute(self, muted: bool) -> None:
        """Let the agent hear silence instead of the microphone."""
        self._call_loop.wishes.muted = muted

    def push_to_talk(self, on: bool) -> None:
        """Let the agent hear the microphone only while :meth:`talk` says so."""
        self._call_loop.wishes.push_to_talk = on

    def talk(self, held: bool) -> None:
        """Tell whether the push-to-talk key is held."""
        self._call_loop.wishes.talking = held

    def pause(self, paused: bool) -> None:
        """Stop the call's clock, or let it go on."""
        self._call_loop.order(lambda: self._call_loop.pause(paused))

    def record(self, on: bool) -> None:
        """Begin or finish a recording."""
        self._call_loop.order(lambda: self._call_loop.record(on))
