"""What may be asked of a live session, whichever process it runs in."""

from __future__ import annotations

from typing import Protocol

from presets.layers import ResolvedVoiceConfig
from simulator.session.settings import EchoGuard, LiveArm
from simulator.session.state import SessionMessage, Snapshot


class Session(Protocol):
    """A call with the simulated agent through a microphone and a speaker.

    Nothing but :meth:`stop` blocks for longer than it takes to copy a few values, and nothing raises for what goes
    wrong with a device: that is in :class:`Snapshot` (``phase``, ``standing``) and among the notices. Controls hold
    from the next frame of 32 ms. All of it may be called from any one thread.
    """

    def start(self) -> None:
        """Open the devices and begin the call."""
        ...

    def stop(self) -> None:
        """End the call: finish a recording, close the devices, wait for the threads. Harmless if called twice."""
        ...

    def snapshot(self) -> Snapshot:
        """Return how things stand: at most one frame old, from another process two."""
        ...

    def take(self) -> list[SessionMessage]:
        """Return what happened since the last call of this, oldest first. At most the last 10,000 are kept."""
        ...

    # ---- what the agent is

    def use_arms(self, arms: tuple[LiveArm, ...]) -> None:
        """Replace the arms; the one in force stays so by its name, with its new settings, else the first is."""
        ...

    def switch_arm(self, name: str) -> None:
        """Talk to another arm. A name that is not there is told as a notice and changes nothing."""
        ...

    def set_config(self, config: ResolvedVoiceConfig) -> None:
        """Change the settings of the arm in force."""
        ...

    def new_call(self) -> None:
        """Begin anew: the agent forgets the conversation, and time starts at 0. A recording is finished first."""
        ...

    # ---- what it hears

    def use_input(self, name: str | None) -> None:
        """Change to another microphone; ``None``: the system's default."""
        ...

    def use_output(self, name: str | None, *, speaker: bool = True) -> None:
        """Change to another speaker; ``None``: the system's default. Without ``speaker`` nothing is played."""
        ...

    def play_tone(self) -> None:
        """Play half a second of a soft tone on the speaker, to hear whether it works."""
        ...

    def guard_echo(self, guard: EchoGuard) -> None:
        """Choose what keeps the agent from hearing itself."""
        ...

    def mute(self, muted: bool) -> None:
        """Let the agent hear silence instead of the microphone; time goes on."""
        ...

    def push_to_talk(self, on: bool) -> None:
        """Let the agent hear the microphone only while :meth:`talk` says so."""
        ...

    def talk(self, held: bool) -> None:
        """Tell whether the push-to-talk key is held."""
        ...

    def pause(self, paused: bool) -> None:
        """Stop the call's clock: neither side is heard until it goes on, and the gap is told as a notice."""
        ...

    # ---- what is kept

    def record(self, on: bool) -> None:
        """Begin or finish a recording of the microphone; a notice says where it is, or why it cannot be."""
        ...
