"""What is heard of the agent: the sound now playing, its gaps, and what came since the last end of turn."""

from __future__ import annotations

from itertools import pairwise

from simulator.engine.sound import AgentSound, Piece


class AgentPlayout:
    """The agent's sound on the machine's clock, ms. One sound at a time: an agent has one voice."""

    def __init__(self) -> None:
        self.sound: AgentSound | None = None
        self.played: list[AgentSound] = []
        """Every sound since the call began, the one now playing included."""
        self.underruns: list[tuple[int, int]] = []
        """When a gap begins in the sound now playing, and how long it lasts."""
        self.heard: list[Piece] = []
        self.began_ms = 0
        """When the agent was first heard since the last end of turn."""
        self._new = True

    def clear(self) -> None:
        """Forget what was heard: a new turn is being answered."""
        self.heard = []
        self._new = True

    def play(self, sound: AgentSound) -> None:
        """Begin a sound."""
        self.sound = sound
        self.played.append(sound)
        if self._new:
            self.began_ms, self._new = sound.start_ms, False
        self.underruns = [
            (before.end_ms, after.start_ms - before.end_ms)
            for before, after in pairwise(sound.pieces)
            if after.start_ms > before.end_ms
        ]

    def stop(self, sound: AgentSound, at_ms: int) -> None:
        """Cut the sound now playing short."""
        sound.stop(at_ms)
        self.underruns = [gap for gap in self.underruns if gap[0] < sound.end_ms]

    def end(self) -> AgentSound:
        """Note that the sound has ended; return it."""
        sound, self.sound = self.sound, None
        assert sound is not None
        self.underruns = []
        if not sound.stopped:  # a stopped one may ring on into the next turn, which it does not answer
            self.heard += sound.pieces
        return sound

    def audible(self) -> list[Piece]:
        """Return what was and will be heard of the agent since the last end of turn."""
        return self.heard + self.sound.pieces if self.sound else self.heard

    @property
    def until_ms(self) -> int | None:
        """When the sound now playing will end, or ``None``."""
        return self.sound.end_ms if self.sound else None

    @property
    def silent(self) -> bool:
        """Whether nothing was heard since the last end of turn."""
        return not self.heard and self.sound is None
