"""What the caller hears of the agent: pieces of sound on the clock, and what of them was heard."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise
from typing import Literal, NamedTuple

from simulator.engine.chunks import Chunk, Words, heard


class Piece(NamedTuple):
    """A stretch of agent sound from ``start_ms`` to ``end_ms`` saying ``words``."""

    start_ms: int
    end_ms: int
    words: tuple[str, ...]
    ready_ms: int


@dataclass(slots=True)
class AgentSound:
    """One filler or one response, possibly stopped before its end."""

    kind: Literal["filler", "response"]
    pieces: list[Piece]
    generation: int
    turn: int
    """The caller turn it answers."""
    stopped: bool = False
    sentences: tuple[Words, ...] = ()
    """A response's text; what a filler's wait was for."""
    heard_words: list[str] = field(default_factory=list)
    unheard: list[str] = field(default_factory=list)
    planned: list[Piece] = field(init=False)
    """Its pieces as they were to be before it was stopped."""
    start_ms: int = field(init=False)
    """When it begins to be heard."""
    end_ms: int = field(init=False)
    """When it was last heard."""

    def __post_init__(self) -> None:
        self.planned = self.pieces
        self.start_ms, self.end_ms = self.pieces[0].start_ms, self.pieces[-1].end_ms

    @property
    def text(self) -> str:
        """All of what it says, or was to say."""
        return " ".join(" ".join(piece.words) for piece in self.pieces)

    @property
    def heard_text(self) -> str:
        """What was heard of it before it was stopped."""
        return " ".join(self.heard_words)

    def stop(self, at_ms: int) -> None:
        """Fall silent at ``at_ms``, or at its own end if that comes first; sort the words into heard and not."""
        self.stopped = at_ms < self.end_ms
        kept: list[Piece] = []
        for piece in self.pieces:
            if piece.start_ms >= at_ms and kept:
                self.unheard.append(" ".join(piece.words))
                continue
            share = max(0, at_ms - piece.start_ms) / max(piece.end_ms - piece.start_ms, 1)
            count = heard(piece.words, share)
            self.heard_words += piece.words[:count]
            if count < len(piece.words):
                self.unheard.append(" ".join(piece.words[count:]))
            end_ms = max(piece.start_ms, min(piece.end_ms, at_ms))
            kept.append(Piece(piece.start_ms, end_ms, piece.words, piece.ready_ms))
        self.pieces = kept
        self.end_ms = kept[-1].end_ms


def sentences_left(sound: AgentSound) -> tuple[Words, ...]:
    """Return what is left to say of a stopped response, from the start of the sentence it was stopped in."""
    heard_count = len(sound.heard_words)
    for index, words in enumerate(sound.sentences):
        if heard_count < len(words):
            return sound.sentences[index:]
        heard_count -= len(words)
    return ()


def response_sound(
    chunks: tuple[Chunk, ...],
    sentences: tuple[Words, ...],
    start_ms: int,
    generation: int,
    turn: int,
    *,
    written_ms: int = 0,
) -> AgentSound:
    """Lay chunks out from ``start_ms`` on without gaps; a chunk not ready in time starts late (an underrun).

    ``written_ms`` is the moment that the chunks' own times count from.
    """
    pieces: list[Piece] = []
    at_ms = start_ms
    for words, _, ready_ms, duration_ms in chunks:
        ready_ms += written_ms
        if ready_ms > at_ms:
            at_ms = ready_ms
        end_ms = at_ms + duration_ms
        pieces.append(Piece(at_ms, end_ms, words, ready_ms))
        at_ms = end_ms
    return AgentSound("response", pieces, generation, turn, sentences=sentences)


def filler_sound(text: str, start_ms: int, duration_ms: int, generation: int, turn: int) -> AgentSound:
    """Return one filler."""
    piece = Piece(start_ms, start_ms + duration_ms, tuple(text.split()), start_ms)
    return AgentSound("filler", [piece], generation, turn)


def overlap_ms(pieces: list[Piece], start_ms: int, end_ms: int) -> int:
    """Return for how many ms of ``start_ms``…``end_ms`` the agent was audible."""
    return sum(max(0, min(piece.end_ms, end_ms) - max(piece.start_ms, start_ms)) for piece in pieces)


def reached_ms(
    pieces: list[Piece], speech_start_ms: int, needed_ms: int, grid_ms: int, frame_ms: int
) -> int | None:
    """Return when speech from ``speech_start_ms`` on will have lasted ``needed_ms`` over audible agent sound.

    The answer lies on the frame grid through ``grid_ms``, not before it, and within a piece; ``None``: it never
    will in the sound now planned.
    """
    done_ms = 0
    for piece in pieces:
        low = max(piece.start_ms, speech_start_ms)
        if piece.end_ms <= low:
            continue
        raw = max(low + max(0, needed_ms - done_ms), grid_ms)
        on_grid = grid_ms - (grid_ms - raw) // frame_ms * frame_ms
        if on_grid < piece.end_ms:
            return on_grid
        done_ms += piece.end_ms - low
    return None


# ---- what is heard of the agent


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
        self.underruns = []
        if len(sound.pieces) > 1:
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
    def response_since_ms(self) -> int | None:
        """When the response now playing began, unless it was stopped; ``None`` where none is playing."""
        sound = self.sound
        return sound.start_ms if sound and sound.kind == "response" and not sound.stopped else None

    @property
    def silent(self) -> bool:
        """Whether nothing was heard since the last end of turn."""
        return not self.heard and self.sound is None
