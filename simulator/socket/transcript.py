"""What the agent has said so far of what it is saying, as its words are spoken."""

from __future__ import annotations

from simulator.engine.sound import AgentSound
from simulator.engine.text import heard
from simulator.socket.messages import Message, transcript


class Transcript:
    """Follows one sound; words count as spoken once they have been heard to their end."""

    def __init__(self, sound: AgentSound) -> None:
        self.sound = sound
        self.done = False
        self._told = 0

    def due(self, t_ms: int) -> Message | None:
        """Return what has been said by ``t_ms``, if that is more than was told last."""
        sound = self.sound
        if t_ms >= sound.end_ms:
            self.done = True
            words = sound.heard_words if sound.stopped else sound.text.split()
            return transcript(sound, " ".join(words), final=True)
        words = self._spoken(t_ms)
        if len(words) <= self._told:
            return None
        self._told = len(words)
        return transcript(sound, " ".join(words), final=False)

    def _spoken(self, t_ms: int) -> list[str]:
        words: list[str] = []
        for piece in self.sound.planned:
            if piece.start_ms < t_ms:
                share = (t_ms - piece.start_ms) / max(piece.end_ms - piece.start_ms, 1)
                words += piece.words[: heard(piece.words, share)]
        return words
