"""Label files: what was truly said and when, and how to move it (``NAME.json`` beside ``NAME.flac``).

All times are seconds from the start of the file. The schema is documented in ``recordings/README.md``.
"""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from simulator.errors import LabelError

DURATION_TOLERANCE_S = 0.1
"""How far a label may reach past the end of the audio: encoders round and pad."""


SAME_LENGTH_S = 0.5
"""How far the length a label file names may differ from the audio's."""

LONGEST_S = 86_400
"""No call is longer than a day."""


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
    """One caller turn, in-turn pauses included."""

    text: str = ""


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


class Move(_Stretch):
    """One stretch of caller audio that elastic replay may shift as a whole."""

    anchor: Anchor
    kind: Literal["turn", "interruption", "backchannel", "noise"] = "turn"


Span = tuple[float, float]


class Labels(_Part):
    """The truth about one recording, as far as it is known."""

    id: str = ""
    title: str = ""
    description: str = ""
    duration_s: float | None = Field(default=None, ge=0)
    turns: tuple[Turn, ...] = ()
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
                raise ValueError(
                    f"the one at {after.start_s:g} s starts before the one at {before.start_s:g} s has ended"
                )
        return parts

    @field_validator("speech", "agent", "backchannels", "hesitations", "noises")
    @classmethod
    def _spans_forwards(cls, spans: tuple[tuple[Any, ...], ...]) -> tuple[tuple[Any, ...], ...]:
        for start, end, *_ in spans:
            if not 0 <= start <= end:
                raise ValueError(f"{start:g}…{end:g} s does not run forwards from 0")
        return spans

    @property
    def tells_truth(self) -> bool:
        """Whether there is anything to measure against."""
        return bool(self.turns or self.events)

    def caller_turns(self) -> tuple[Turn, ...]:
        """Return the turns in order; those that overlap (several people on one channel) count as one."""
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
        """Return the latest time any label names, in seconds (0 without labels)."""
        ends = [part.end_s for group in (self.turns, self.events, self.moves) for part in group]
        groups = (self.speech, self.agent, self.backchannels, self.hesitations)
        ends += [span[1] for group in groups for span in group] + [noise[1] for noise in self.noises]
        return max(ends, default=0.0)


def read_labels(path: Path, audio_duration_s: float) -> Labels:
    """Read a label file and hold it against the recording's length in seconds.

    Raises :class:`LabelError`, naming the file, the place in it and the remedy.
    """
    raw = read_json(path)
    if not isinstance(raw, dict):
        raise LabelError(f"{path}: must hold one JSON object; see recordings/README.md for the label format")
    try:
        labels = Labels.model_validate(raw)
    except ValidationError as error:
        raise LabelError(f"{path}: {first_fault(error)}; correct the label file or move it away") from None
    claimed = audio_duration_s if labels.duration_s is None else labels.duration_s
    if abs(claimed - audio_duration_s) > SAME_LENGTH_S:
        raise LabelError(
            f"{path}: is for a recording of {claimed:.2f} s, but the audio lasts {audio_duration_s:.2f} s; "
            "do these labels belong to this recording?"
        )
    last = labels.last_time_s()
    if last > audio_duration_s + DURATION_TOLERANCE_S:
        raise LabelError(
            f"{path}: names {last:.2f} s, but the audio ends at {audio_duration_s:.2f} s; "
            "do these labels belong to this recording?"
        )
    return labels


def read_json(path: Path) -> Any:
    """Read a JSON file. Raises :class:`LabelError` with the place of the first mistake."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except json.JSONDecodeError as error:
        raise LabelError(
            f"{path}: line {error.lineno}, column {error.colno}: {error.msg.lower()}; correct the JSON"
        ) from None
    except UnicodeDecodeError:
        raise LabelError(f"{path}: is not UTF-8 text; save it as UTF-8") from None
    except (ValueError, RecursionError):
        raise LabelError(
            f"{path}: is JSON that cannot be read (too deep, or a number too long); correct it"
        ) from None
    except OSError as error:
        raise LabelError(f"{path}: {(error.strerror or 'cannot be read').lower()}") from None


def first_fault(error: ValidationError) -> str:
    """Return the first thing a validation found, as ``where: what``."""
    detail = error.errors()[0]
    where = ".".join(str(part) for part in detail["loc"]) or "the file"
    what = str(detail["msg"]).removeprefix("Value error, ")
    return f"{where}: {what[:1].lower()}{what[1:]}"
