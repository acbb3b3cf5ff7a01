"""The interface of a live session, and its commands: one frozen dataclass each, for ``session.send(…)``.

A command applies from the next frame of 32 ms. It is plain data, so it can be sent to another process.
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
    """Replace the arms. The current arm stays current by name, with its new settings; otherwise the first is.

    Raises :class:`ValueError` for no arms, or for duplicate names.
    """

    arms: tuple[LiveArm, ...]

    def __post_init__(self) -> None:
        check_arms(self.arms)


@dataclass(frozen=True, slots=True)
class SwitchArm:
    """Switch to another arm. An unknown name only causes a notice."""

    name: str


@dataclass(frozen=True, slots=True)
class SetConfig:
    """Change the settings of the current arm."""

    config: ResolvedVoiceConfig


@dataclass(frozen=True, slots=True)
class NewCall:
    """Start a new call: the agent forgets the conversation, and time restarts at 0. A recording is finished first.

    ``scenario`` is what the agent says from then on; ``None``: no change.
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
    """Play half a second of a soft tone on the speaker, as a test."""


@dataclass(frozen=True, slots=True)
class UseEchoGuard:
    """Select the echo guard. ``threshold_db`` (below full scale) does not change where it is ``None``."""

    guard: EchoGuard
    threshold_db: float | None = None


@dataclass(frozen=True, slots=True)
class Mute:
    """Let the agent hear silence instead of the microphone; time continues."""

    muted: bool


@dataclass(frozen=True, slots=True)
class PushToTalk:
    """Let the agent hear the microphone only while :class:`Talk` holds the key."""

    on: bool


@dataclass(frozen=True, slots=True)
class Talk:
    """Press or release the push-to-talk key."""

    held: bool


@dataclass(frozen=True, slots=True)
class Pause:
    """Stop or restart the call's clock; neither side is heard meanwhile, and a notice reports the gap."""

    paused: bool


@dataclass(frozen=True, slots=True)
class Record:
    """Start or finish a recording of the call; a notice says where it is, or why it failed."""

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
    """A call with the simulated agent through a microphone and a speaker, in this or another process.

    Only :meth:`stop` blocks for longer than copying a few values takes. Device errors are never raised: they are in
    :class:`Snapshot` (``phase``, ``standing``) and among the notices. Any single thread may use all of it.
    """

    def start(self) -> None:
        """Open the devices and begin the call."""
        ...

    def stop(self) -> None:
        """End the call: finish a recording, close the devices, wait for the threads. May be called twice."""
        ...

    def snapshot(self) -> Snapshot:
        """Return the current state: at most one frame old, from another process two."""
        ...

    def take(self) -> list[SessionMessage]:
        """Return the messages since the last call, oldest first. At most the last 10,000 are kept."""
        ...

    def send(self, command: SessionCommand) -> None:
        """Send a command; its result, if any, is a notice."""
        ...
