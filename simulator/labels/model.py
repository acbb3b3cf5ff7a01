"""What was really said in a recording and when.

All times are seconds from the start of the file. ``recordings/README.md`` documents the schema.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

LONGEST_S = 86_400
"""The longest call, one day."""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="allow", allow_inf_nan=False)


class _Stretch(_Part):
    start_s: float = Field(ge=0)
    end_s: float

    @model_validator(mode="after")
    def _forwards(self) -> _Stretch:
        if self.end_s <= self.start_s:
            raise ValueError(f"ends at {self.end_s:g} s, before it starts at {self.start_s:g} s")
        return self


class Turn(_Stretch):
    """One caller turn, pauses included. ``speaker`` distinguishes several people on one channel."""

    text: str = ""
    speaker: str = ""


class AgentEvent(_Stretch):
    """Something the caller's side does while the agent talks."""

    type: str
    should_barge_in: bool = False


class Anchor(_Part):
    """What a move waits for: exactly one of a time, the agent's end, or the agent's start."""

    at: float | None = Field(default=None, ge=0, le=LONGEST_S)
    after_agent: float | None = Field(default=None, ge=0, le=LONGEST_S)
    into_agent: float | None = Field(default=None, ge=0, le=LONGEST_S)

    @model_validator(mode="after")
    def _exactly_one(self) -> Anchor:
        if sum(value is not None for value in (self.at, self.after_agent, self.into_agent)) != 1:
            raise ValueError("needs exactly one of at, after_agent, into_agent")
        return self


def _from_to(part: _Stretch) -> str:
    """Return a stretch in words, to a tenth of a second."""
    ends = (f"{s // 60:.0f}:{s % 60:04.1f}" for s in (round(part.start_s, 1), round(part.end_s, 1)))
    return "from {} to {}".format(*ends)


class Move(_Stretch):
    """One stretch of caller audio that elastic replay may shift as a whole."""

    anchor: Anchor
    kind: Literal["turn", "interruption", "backchannel", "noise"] = "turn"


Span = tuple[float, float]


class Condition(_Part):
    """The degradations of the audio, as far as Turnlab uses them."""

    echo_db: float | None = None


class Labels(_Part):
    """The known truth about one recording.

    ``channel`` says whether the audio contains the caller alone or a mix of both sides. ``caller_channel`` is the
    caller's channel in the file, from 0. ``unheard`` are stretches that an echo guard kept from the agent; replays
    mute them too. ``provisional`` labels are machine-made and not corrected by a person: they are shown, and never
    measured against.
    """

    id: str = ""
    title: str = ""
    description: str = ""
    duration_s: float | None = Field(default=None, ge=0)
    channel: Literal["caller", "mix"] = "caller"
    caller_channel: int | None = Field(default=None, ge=0)
    provisional: bool = False
    condition: Condition = Condition()
    turns: tuple[Turn, ...] = ()
    unheard: tuple[Span, ...] = ()
    speech: tuple[Span, ...] = ()
    agent: tuple[Span, ...] = ()
    backchannels: tuple[Span, ...] = ()
    noises: tuple[tuple[float, float, str], ...] = ()
    hesitations: tuple[Span, ...] = ()
    events: tuple[AgentEvent, ...] = ()
    moves: tuple[Move, ...] = ()

    @field_validator("moves")
    @classmethod
    def _in_order(cls, parts: tuple[Move, ...]) -> tuple[Move, ...]:
        for before, after in pairwise(parts):
            if after.start_s < before.end_s:
                raise ValueError(f"the one {_from_to(after)} starts before the one {_from_to(before)} has ended")
        return parts

    @field_validator("turns")
    @classmethod
    def _one_at_a_time(cls, turns: tuple[Turn, ...]) -> tuple[Turn, ...]:
        last: dict[str, Turn] = {}
        for turn in sorted(turns, key=lambda turn: turn.start_s):
            earlier = [one for who, one in last.items() if not (who and turn.speaker) or who == turn.speaker]
            for before in earlier:
                if turn.start_s < before.end_s:
                    raise ValueError(
                        f"there is one {_from_to(before)} already, and the one {_from_to(turn)} overlaps it; "
                        "change an end or take one out (an interruption is a turn, too; callers who talk at once "
                        "need a 'speaker' each)"
                    )
            last[turn.speaker] = turn
        return turns

    @field_validator("unheard", "speech", "agent", "backchannels", "hesitations", "noises")
    @classmethod
    def _spans_forwards(cls, spans: tuple[tuple[Any, ...], ...]) -> tuple[tuple[Any, ...], ...]:
        for start, end, *_ in spans:
            if not 0 <= start <= end:
                raise ValueError(f"{start:g}…{end:g} s does not run forwards from 0")
        return spans

    @property
    def says_caller(self) -> bool:
        """Whether a person stated that the audio contains the caller alone."""
        return self.channel == "caller" and "channel" in self.model_fields_set

    @property
    def has_truth(self) -> bool:
        """Whether there is anything to measure against."""
        return not self.provisional and bool(self.turns or self.events)

    @property
    def has_echo(self) -> bool:
        """Whether the agent is known to leak into the audio."""
        return self.condition.echo_db is not None

    def caller_turns(self) -> tuple[Turn, ...]:
        """Return the turns in order; overlapping turns (several people on one channel) are merged."""
        merged: list[Turn] = []
        for turn in sorted(self.turns, key=lambda turn: turn.start_s):
            if merged and turn.start_s < merged[-1].end_s:
                last = merged[-1]
                text = f"{last.text} {turn.text}".strip()
                end_s = max(last.end_s, turn.end_s)
                merged[-1] = last.model_copy(update={"end_s": end_s, "text": text})
            else:
                merged.append(turn)
        return tuple(merged)

    def last_time_s(self) -> float:
        """Return the latest time in any label, s (0 without labels)."""
        ends = [part.end_s for group in (self.turns, self.events, self.moves) for part in group]
        groups = (self.speech, self.agent, self.backchannels, self.hesitations)
        ends += [span[1] for group in groups for span in group] + [noise[1] for noise in self.noises]
        return max(ends, default=0.0)
