"""A live session as others see it, and its commands: one frozen dataclass each, sent with ``session.send(…)``.

A command holds from the next frame of 32 ms. It is plain data, so it may cross between processes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from presets.layers import ResolvedVoiceConfig
from simulator.engine.scenario import Scenario
from simulator.session.settings import EchoGuard, LiveArm, check_arms
from simulator.session.state import SessionMessage, Snapshot


@dataclass(frozen=True, slots=True)
class UseArms:
    """Replace the arms. The current arm stays current by name, with its new settings; else the first one is.

    Raises :class:`ValueError` for no arms, or two of one name.
    """

    arms: tuple[LiveArm, ...]

    def __post_init__(self) -> None:
        check_arms(self.arms)


@dataclass(frozen=True, slots=True)
class SwitchArm:
    """Talk to another arm. A name that is not there becomes a notice and changes nothing."""

    name: str


@dataclass(frozen=True, slots=True)
class SetConfig:
    """Change the settings of the current arm."""

    config: ResolvedVoiceConfig


@dataclass(frozen=True, slots=True)
class NewCall:
    """Start a new call: the agent forgets the conversation, and time starts at 0. A recording is finished first.

    ``scenario`` is what the agent says from then on; ``None``: as before.
    """

    scenario: Scenario | None = None


@dataclass(frozen=True, slots=True)
class UseInput:
    """Change to another microphone; ``None``: the system's default."""

    name: str | None


@dataclass(frozen=True, slots=True)
class UseOutput:
    """Change to another speaker; ``None``: the system's default. Without ``speaker`` nothing is played."""

    name: str | None
    speaker: bool = True


@dataclass(frozen=True, slots=True)
class PlayTone:
    """Play half a second of a soft tone on the speaker, to hear whether it works."""


@dataclass(frozen=True, slots=True)
class UseEchoGuard:
    """Choose what keeps the agent from hearing itself. ``threshold_db`` (below full scale) stays where ``None``."""

    guard: EchoGuard
    threshold_db: float | None = None


@dataclass(frozen=True, slots=True)
class Mute:
    """Let the agent hear silence instead of the microphone; time goes on."""

    muted: bool


@dataclass(frozen=True, slots=True)
class PushToTalk:
    """Let the agent hear the microphone only while :class:`Talk` says so."""

    on: bool


@dataclass(frozen=True, slots=True)
class Talk:
    """Say whether the push-to-talk key is held."""

    held: bool


@dataclass(frozen=True, slots=True)
class Pause:
    """Stop the call's clock, or let it go on: neither side is heard meanwhile, and a notice tells of the gap."""

    paused: bool


@dataclass(frozen=True, slots=True)
class Record:
    """Begin or finish a recording of the microphone; a notice says where it is, or why it cannot be made."""

    on: bool


SessionCommand = (
    UseArms
    | SwitchArm
    | SetConfig
    | NewCall
    | UseInput
    | UseOutput
    | PlayTone
    | UseEchoGuard
    | Mute
    | PushToTalk
    | Talk
    | Pause
    | Record
)


class Session(Protocol):
    """A call with the simulated agent through a microphone and a speaker, whichever process it runs in.

    Nothing but :meth:`stop` blocks for longer than it takes to copy a few values, and nothing raises for what goes
    wrong with a device: that is in :class:`Snapshot` (``phase``, ``standing``) and among the notices. All of it may
    be called from any one thread.
    """

    def start(self) -> None:
        """Open the devices and begin the call."""
        ...

    def stop(self) -> None:
        """End the call: finish a recording, close the devices, wait for the threads. Harmless if called twice."""
        ...

    def snapshot(self) -> Snapshot:
        """Return the current state: at most one frame old, from another process two."""
        ...

    def take(self) -> list[SessionMessage]:
        """Return what happened since the last call of this, oldest first. At most the last 10,000 are kept."""
        ...

    def send(self, command: SessionCommand) -> None:
        """Send a command; the answer, if it has one, is a notice."""
        ...
