"""What the caller hears of the agent: pieces of sound on the clock, and which words were heard."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple

from simulator.engine.caller import ORDER, Due
from simulator.engine.chunks import Chunk, Words, heard, words_of

_SOUND_END, _UNDERRUN = ORDER["sound_end"], ORDER["underrun"]


class Piece(NamedTuple):
    """A stretch of agent sound from ``start_ms`` to ``end_ms`` with ``words``."""

    start_ms: int
    end_ms: int
    words: tuple[str, ...]
    ready_ms: int


class ChunkLayout(NamedTuple):
    """Chunks on the clock without gaps, except where a chunk is late; ``gaps`` lists the late ones.

    A gap is its start and its length, ms. The chunks' own times count from ``written_ms``. Pieces are computed only
    on request, because few sounds are talked over.
    """

    chunks: tuple[Chunk, ...]
    start_ms: int
    end_ms: int
    written_ms: int
    gaps: Sequence[tuple[int, int]]

    def pieces(self) -> list[Piece]:
        """Return the layout's pieces."""
        found: list[Piece] = []
        at_ms = self.start_ms
        for words, _, ready_ms, duration_ms in self.chunks:
            ready_ms += self.written_ms
            at_ms = max(at_ms, ready_ms)
            found.append(Piece(at_ms, at_ms + duration_ms, words, ready_ms))
            at_ms += duration_ms
        return found


class AgentSound:
    """One filler or one response, possibly stopped before its end.

    ``turn`` is the caller turn it answers. ``sentences`` are a response's text.
    """

    __slots__ = (
        "_layout",
        "_pieces",
        "_planned",
        "end_ms",
        "generation",
        "heard_words",
        "kind",
        "sentences",
        "start_ms",
        "stopped",
        "turn",
        "unheard",
    )

    def __init__(
        self,
        kind: Literal["filler", "response"],
        pieces: list[Piece] | ChunkLayout,
        generation: int,
        turn: int,
        *,
        sentences: tuple[Words, ...] = (),
    ) -> None:
        self.kind = kind
        self.generation = generation
        self.turn = turn
        self.sentences = sentences
        self.stopped = False
        self.heard_words: list[str] = []
        self.unheard: list[str] = []
        self._layout: ChunkLayout | None = None
        self._pieces: list[Piece] | None = None
        self._planned: list[Piece] | None = None
        if isinstance(pieces, ChunkLayout):
            self._layout = pieces
            self.start_ms, self.end_ms = pieces.start_ms, pieces.end_ms
        else:
            self._pieces = pieces
            self.start_ms, self.end_ms = pieces[0].start_ms, pieces[-1].end_ms

    @property
    def pieces(self) -> list[Piece]:
        """Its stretches of speech, up to the point where it was stopped."""
        if self._pieces is None:
            self._pieces = self._layout.pieces() if self._layout else []
        return self._pieces

    @property
    def planned(self) -> list[Piece]:
        """Its planned pieces, before it was stopped."""
        return self.pieces if self._planned is None else self._planned

    @property
    def gaps(self) -> Sequence[tuple[int, int]]:
        """When it falls silent because a chunk is late, and for how long, ms."""
        return self._layout.gaps if self._layout else ()

    @property
    def text(self) -> str:
        """The whole text, spoken or not."""
        return " ".join(" ".join(piece.words) for piece in self.pieces)

    @property
    def heard_text(self) -> str:
        """The text heard before it was stopped."""
        return " ".join(self.heard_words)

    def stop(self, at_ms: int) -> None:
        """Stop at ``at_ms``, or at its own end if that is earlier, and split the words into heard and unheard."""
        self.stopped = at_ms < self.end_ms
        self._planned = self.pieces
        kept: list[Piece] = []
        for piece in self._planned:
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
        self._pieces = kept
        self.end_ms = kept[-1].end_ms


def sentences_left(sound: AgentSound) -> tuple[Words, ...]:
    """Return what remains of a stopped response, from the start of the interrupted sentence."""
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
    """Lay out chunks from ``start_ms`` without gaps; a chunk that is not ready starts late (an underrun).

    The chunks' own times count from ``written_ms``.
    """
    at_ms = start_ms
    gaps: list[tuple[int, int]] = []
    for _, _, ready_ms, duration_ms in chunks:
        late_ms = ready_ms + written_ms - at_ms
        if late_ms > 0:
            gaps.append((at_ms, late_ms))
            at_ms += late_ms
        at_ms += duration_ms
    if gaps and gaps[0][0] == start_ms:  # it starts late
        start_ms += gaps.pop(0)[1]
    layout = ChunkLayout(chunks, start_ms, at_ms, written_ms, gaps)
    return AgentSound("response", layout, generation, turn, sentences=sentences)


def filler_sound(text: str, start_ms: int, duration_ms: int, generation: int, turn: int) -> AgentSound:
    """Return one filler."""
    piece = Piece(start_ms, start_ms + duration_ms, words_of(text), start_ms)
    return AgentSound("filler", [piece], generation, turn)


def overlap_ms(pieces: list[Piece], start_ms: int, end_ms: int) -> int:
    """Return for how many ms between ``start_ms`` and ``end_ms`` the agent was audible."""
    return sum(max(0, min(piece.end_ms, end_ms) - max(piece.start_ms, start_ms)) for piece in pieces)


def reached_ms(
    pieces: list[Piece], speech_start_ms: int, needed_ms: int, grid_ms: int, frame_ms: int
) -> int | None:
    """Return when speech from ``speech_start_ms`` will have overlapped agent sound for ``needed_ms``, ms.

    The time lies within a piece and on the frame grid through ``grid_ms``, not before ``grid_ms``. ``None``: the
    planned sound is too short.
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


# ---- the agent's playout


class AgentPlayout:
    """The agent's sound on the machine's clock, ms. One sound at a time: an agent has one voice."""

    def __init__(self) -> None:
        self.sound: AgentSound | None = None
        self.played: list[AgentSound] = []
        """Every sound since the call began, including the current one."""
        self.next: Due | None = None
        """When the current sound ends, or falls silent in a gap before that."""
        self._underruns: list[tuple[int, int]] = []
        """When a gap begins in the current sound, and its length, ms."""
        self.heard: list[AgentSound] = []
        """The sounds heard to their end since the last end of turn."""
        self.began_ms = 0
        """When the agent was first heard since the last end of turn."""
        self._new = True

    def clear(self) -> None:
        """Forget what was heard: a new turn is being answered."""
        self.heard = []
        self._new = True

    def play(self, sound: AgentSound) -> None:
        """Start a sound."""
        self.sound = sound
        self.played.append(sound)
        if self._new:
            self.began_ms, self._new = sound.start_ms, False
        self._underruns = list(sound.gaps)
        self._find_next(sound)

    def stop(self, sound: AgentSound, at_ms: int) -> None:
        """Stop the current sound at ``at_ms``."""
        sound.stop(at_ms)
        self._underruns = [gap for gap in self._underruns if gap[0] < sound.end_ms]
        self._find_next(sound)

    def take_underrun(self, sound: AgentSound) -> int:
        """Note that a gap begins in the current sound; return its length, ms."""
        _, late_ms = self._underruns.pop(0)
        self._find_next(sound)
        return late_ms

    def _find_next(self, sound: AgentSound) -> None:
        self.next = (sound.end_ms, _SOUND_END, "sound_end")
        if self._underruns and self._underruns[0][0] < sound.end_ms:
            self.next = (self._underruns[0][0], _UNDERRUN, "underrun")

    def end(self) -> AgentSound:
        """Note that the sound has ended; return it."""
        sound, self.sound = self.sound, None
        assert sound is not None
        self.next = None
        if not sound.stopped:  # a stopped sound may fade out in the next turn, which it does not answer
            self.heard.append(sound)
        return sound

    def audible(self) -> list[Piece]:
        """Return the agent's past and planned pieces since the last end of turn."""
        sounds = [*self.heard, self.sound] if self.sound else self.heard
        return [piece for sound in sounds for piece in sound.pieces]

    @property
    def until_ms(self) -> int | None:
        """When the current sound will end, ms, or ``None``."""
        return self.sound.end_ms if self.sound else None

    @property
    def response_since_ms(self) -> int | None:
        """When the current response began, ms; ``None`` where none is playing or it was stopped."""
        sound = self.sound
        return sound.start_ms if sound and sound.kind == "response" and not sound.stopped else None

    @property
    def silent(self) -> bool:
        """Whether nothing was heard since the last end of turn."""
        return not self.heard and self.sound is None
