"""The words a scene is written in: who calls, what they say and do, what the agent answers.

Times are seconds, levels dB relative to full scale. A scene is a list of moves; each move is one
stretch of caller audio that elastic replay may shift but never cuts.
"""

from dataclasses import dataclass
from typing import Literal

Channel = Literal["wide", "phone", "phone_8k"]
"""Wide band at 16 kHz; through G.711 and back to 16 kHz; through G.711 and kept at 8 kHz."""


@dataclass(frozen=True, slots=True)
class Persona:
    """One caller's voice: a flite voice, its pace (1.0 is flite's own, below is faster) and pitch in hertz."""

    voice: str
    stretch: float = 1.0
    pitch_hz: int | None = None
    sentence_gap_s: float = 0.32


@dataclass(frozen=True, slots=True)
class Reply:
    """What the simulated agent says after a turn; `navigation` is None where the state skips it."""

    state: str
    response: str
    navigation: str | None = None
    tools: tuple[tuple[str, int, int], ...] = ()
    """Tool calls the answer needs: name, usual and 95th-percentile duration in ms."""


@dataclass(frozen=True, slots=True)
class Turn:
    """A caller turn that answers the agent.

    In `text`, `|1.2|` is a hesitation of 1.2 s, `|1.2 breath|` one with a breath in it, and `|1.2 um|`, or
    `|1.2 um breath|`, one that begins with an "um".
    `after_s` is the caller's delay from the agent's last sound; `reply_s` the length of the agent's
    answer in the recording's own (rigid) timeline.
    """

    text: str
    reply: Reply
    after_s: float = 0.6
    reply_s: float = 2.0


@dataclass(frozen=True, slots=True)
class Interruption:
    """A turn that starts `into_s` after the agent's response does, and means to stop it."""

    text: str
    reply: Reply
    into_s: float = 1.4
    reply_s: float = 2.0


@dataclass(frozen=True, slots=True)
class Backchannel:
    """A short sound of listening over the agent; `phones` (flite's names) replace the reading of `text`."""

    text: str
    into_s: float = 1.2
    phones: str | None = None


@dataclass(frozen=True, slots=True)
class Noise:
    """A sound over the agent that is not speech; `what` names a function in `sounds.SOUNDS`."""

    what: str
    into_s: float = 1.2


Move = Turn | Interruption | Backchannel | Noise


@dataclass(frozen=True, slots=True)
class Greeting:
    """What the agent says first, in a state of its own.

    `lasts_s` is its length in the recording's own timeline; in its first `shield_s` it cannot be stopped.
    """

    text: str
    lasts_s: float
    shield_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Scene:
    """One recording: the script of the call and the conditions it is heard under."""

    id: str
    title: str
    description: str
    seed: int
    persona: Persona
    moves: tuple[Move, ...]
    spare: tuple[Reply, ...]
    notes: str
    kind: str = "dialogue"
    room_db: float = -58.0
    bed: str | None = None
    bed_snr_db: float | None = None
    channel: Channel = "wide"
    greeting: Greeting | None = None

    @property
    def replies(self) -> tuple[Reply, ...]:
        """The agent's answers in order, one for each caller turn, then the spare ones."""
        return tuple(m.reply for m in self.moves if isinstance(m, Turn | Interruption)) + self.spare
