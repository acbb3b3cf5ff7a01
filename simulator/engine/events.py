"""Stage 2's output: events in time order, each with its data and its reason."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import field, fields
from typing import Any, ClassVar, Concatenate, Literal, ParamSpec, Protocol

from base.records import record
from simulator.engine.why import Why

P = ParamSpec("P")


def _moment(name: str) -> Any:
    """Return a field for a moment of the call, in ms; JSON has it in seconds, under ``name``."""
    return field(metadata={"name": name, "seconds": True, "moment": True})


def _where_known() -> Any:
    """Return a field that JSON omits when it is ``None``."""
    return field(default=None, metadata={"where_known": True})


@record
class Event:
    """Something that happened ``t_ms`` ms after the start, in caller turn ``turn`` (from 0).

    Each kind of event is a class. All moments are whole milliseconds of the call.
    """

    t_ms: int
    turn: int
    why: Why

    type: ClassVar[str]
    """The event's name in JSON."""

    def facts(self) -> dict[str, Any]:
        """Return the event's own data as JSON values: moments in seconds."""
        found = {}
        for attribute, name, seconds, where_known in _facts_of(type(self)):
            value = getattr(self, attribute)
            if value is not None or not where_known:
                found[name] = value / 1000 if seconds else value
        return found

    def to_json(self) -> dict[str, Any]:
        """Return the event as JSON values: seconds with three decimals."""
        why: dict[str, Any] = {"rule": self.why.rule, "text": self.why.text(), **self.why.numbers}
        if self.why.margin is not None:
            why["margin"] = round(self.why.margin, 3)
        return {"type": self.type, "t": round(self.t_ms / 1000, 3), "turn": self.turn, **self.facts(), "why": why}


_Fact = tuple[str, str, bool, bool]
_FACTS: dict[type[Event], tuple[_Fact, ...]] = {}


def _facts_of(kind: type[Event]) -> tuple[_Fact, ...]:
    """Return a kind's own fields: name, JSON name, whether in seconds, whether omitted when ``None``."""
    if kind not in _FACTS:
        _FACTS[kind] = tuple(
            (one.name, one.metadata.get("name", one.name), "seconds" in one.metadata, "where_known" in one.metadata)
            for one in fields(kind)
            if one.name not in ("t_ms", "turn", "why")
        )
    return _FACTS[kind]


@record(kw_only=True)
class SpeechStarted(Event):
    """The caller's speech was detected; it began at ``start_ms``."""

    type = "speech_start"
    start_ms: int = _moment("start")
    span: int


@record(kw_only=True)
class SpeechEnded(Event):
    """The end of a span of speech was detected. It was at ``end_ms`` and sounded finished to a degree 0…1."""

    type = "speech_end"
    end_ms: int = _moment("end")
    span: int
    completeness: float


@record(kw_only=True)
class EagerEndOfTurn(Event):
    """An answer started before a confirmed end of turn."""

    type = "eager_end_of_turn"
    generation: int


@record(kw_only=True)
class TurnResumed(Event):
    """The caller resumed in a pause; ``discarded`` is the eager generation."""

    type = "turn_resumed"
    discarded: int | None


@record(kw_only=True)
class EndOfTurn(Event):
    """A turn that began at ``onset_ms`` ended; its last word ended at ``speech_end_ms``.

    ``span`` is its last span of speech, ``confidence`` the turn confidence 0…1, and ``head_start_ms`` how much
    earlier the answer had started.
    """

    type = "end_of_turn"
    reason: Literal["timeout", "confidence"]
    onset_ms: int = _moment("onset")
    confidence: float
    speech_end_ms: int = _moment("speech_end")
    span: int
    generation: int
    head_start_ms: int


@record(kw_only=True)
class TurnReopened(Event):
    """The caller resumed after the end of turn, before the response was heard."""

    type = "turn_reopened"
    discarded: int | None


@record(kw_only=True)
class NavDecided(Event):
    """Navigation returned its line."""

    type = "nav_decided"
    generation: int
    code: str
    verbose: bool
    emotion: str
    filler: str
    filler_hint: str | None
    state: str | None


@record(kw_only=True)
class NavMalformed(Event):
    """Navigation returned a malformed line."""

    type = "nav_malformed"
    generation: int


@record(kw_only=True)
class EmotionApplied(Event):
    """Speech synthesis received navigation's emotion."""

    type = "emotion_applied"
    emotion: str


@record(kw_only=True)
class FillerStarted(Event):
    """A filler began to play. Uninterrupted, it ends at ``until_ms``."""

    type = "filler_start"
    text: str
    occasion: str
    until_ms: int = _moment("until")


@record(kw_only=True)
class FillerEnded(Event):
    """A filler stopped playing."""

    type = "filler_end"
    interrupted: bool
    generation: int


@record(kw_only=True)
class ResponseStarted(Event):
    """A response began to play. Uninterrupted, it ends at ``until_ms``.

    ``stages_ms`` splits the wait since the caller's last word. It is empty where the response is ``resumed`` after
    a false barge-in, the ``greeting``, or a labelled window, which has no chunks either. The greeting answers no
    turn, so its ``turn`` and ``generation`` are -1 unless it is a labelled window.
    """

    type = "response_start"
    generation: int
    text: str
    until_ms: int = _moment("until")
    chunks: int | None = _where_known()
    first_chunk_words: int | None = _where_known()
    choppy: bool
    resumed: bool | None = _where_known()
    greeting: bool | None = _where_known()
    filler_overhang_ms: int
    stages_ms: Mapping[str, int] | None = _where_known()

    def facts(self) -> dict[str, Any]:
        """Return the event's own data; for a labelled window, in the order of the JSON format."""
        found = Event.facts(self)
        return found if self.chunks is not None else {"filler_overhang_ms": self.filler_overhang_ms} | found


@record(kw_only=True)
class ResponseEnded(Event):
    """A response stopped playing."""

    type = "response_end"
    interrupted: bool
    generation: int


@record(kw_only=True)
class ResponseTruncated(Event):
    """A response was cut to the configured length."""

    type = "response_truncated"
    generation: int
    words_cut: int


@record(kw_only=True)
class Underrun(Event):
    """The agent fell silent in mid-response: the next chunk came ``late_ms`` late."""

    type = "underrun"
    late_ms: int


@record(kw_only=True)
class BargeIn(Event):
    """Speech that began at ``speech_start_ms`` stopped the agent, which is silent from ``stops_ms``."""

    type = "barge_in"
    span: int
    speech_start_ms: int = _moment("speech_start")
    stops_ms: int = _moment("stops")
    interrupted_text: str
    discarded_texts: Sequence[str]
    discarded: int | None


@record(kw_only=True)
class BargeInSuppressed(Event):
    """The caller's speech over the agent did not stop it."""

    type = "barge_in_suppressed"
    reason: Literal["too_short", "cooldown", "shield", "laughter"]
    span: int


@record(kw_only=True)
class ToolStarted(Event):
    """A tool started after it waited ``queued_ms`` for others."""

    type = "tool_start"
    tool: str
    generation: int
    queued_ms: int


@record(kw_only=True)
class ToolEnded(Event):
    """A tool finished, or was ``cancelled``."""

    type = "tool_end"
    tool: str
    generation: int
    duration_ms: int | None = _where_known()
    cancelled: bool


@record(kw_only=True)
class ToolDenied(Event):
    """A tool was not allowed to run."""

    type = "tool_denied"
    tool: str
    generation: int


@record(kw_only=True)
class MissedResponse(Event):
    """In elastic replay, the caller gave up waiting for the agent."""

    type = "missed_response"
    waited_ms: int = field(metadata={"name": "waited_s", "seconds": True})


EVENTS: tuple[type[Event], ...] = (
    SpeechStarted,
    SpeechEnded,
    EagerEndOfTurn,
    TurnResumed,
    EndOfTurn,
    TurnReopened,
    NavDecided,
    NavMalformed,
    EmotionApplied,
    FillerStarted,
    FillerEnded,
    ResponseStarted,
    ResponseEnded,
    ResponseTruncated,
    Underrun,
    BargeIn,
    BargeInSuppressed,
    ToolStarted,
    ToolEnded,
    ToolDenied,
    MissedResponse,
)
MEASURED: frozenset[object] = frozenset(
    {
        BargeIn,
        EagerEndOfTurn,
        EndOfTurn,
        FillerEnded,
        FillerStarted,
        MissedResponse,
        ResponseEnded,
        ResponseStarted,
        ResponseTruncated,
        TurnReopened,
        TurnResumed,
        Underrun,
    }
)
"""The kinds of events that readouts use."""

MOMENTS = {"t"} | {one.metadata["name"] for kind in EVENTS for one in fields(kind) if "moment" in one.metadata}
"""The JSON names of all moments of the call, which JSON has in seconds."""


def heard_speech(events: Iterable[Event], open_end_ms: int) -> list[tuple[int, int]]:
    """Return when the caller was heard, ms; speech that does not end lasts until ``open_end_ms``."""
    ends = {event.span: event.end_ms for event in events if isinstance(event, SpeechEnded)}
    starts = {event.span: event.start_ms for event in events if isinstance(event, SpeechStarted)}
    return [(start_ms, ends.get(span, open_end_ms)) for span, start_ms in starts.items()]


SoundStarted = FillerStarted | ResponseStarted
SoundEnded = FillerEnded | ResponseEnded


class Emit(Protocol):
    """Emits an event now, in the current caller turn unless ``turn`` names another.

    ``why`` is called only where reasons are wanted.
    """

    def __call__(
        self,
        kind: Callable[Concatenate[int, int, Why, P], Event],
        why: Callable[[], Why],
        turn: int | None = None,
        /,
        *args: P.args,
        **facts: P.kwargs,
    ) -> None:
        """Emit an event of a kind with its own fields."""
