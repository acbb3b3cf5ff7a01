"""A platform's calls in one shape. Fields that this version does not know stay in ``extra``.

No ``repr`` shows a caller's words or number.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from pydantic import JsonValue

SIMULATED: Final = "simulation"
"""The ``source`` of a call whose caller the platform simulated."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallFacts:
    """What both a listing and the call itself contain."""

    id: str
    call_sid: str | None = None
    """The id that addresses the recording."""
    service_id: str | None = None
    direction: str | None = None
    """``inbound``, ``outbound``, ``playground``, ``simulated``, ``test``."""
    phone_number: str | None = field(default=None, repr=False)
    """The service's number."""
    caller_id: str | None = field(default=None, repr=False)
    """The caller's number."""
    started_at: datetime | None = None
    duration_s: float | None = None
    status: str | None = None
    completion_reason: str | None = None
    """Why the call ended, in the platform's words: ``caller_hangup``, ``warm_transfer_completed``, …"""
    final_state: str | None = None
    has_recording: bool | None = None
    quality_score: float | None = None
    """0 to 1."""
    source: str | None = None
    """``real``, ``simulation`` or ``playground``."""
    extra: Mapping[str, JsonValue] = field(default_factory=dict, repr=False)

    @property
    def simulated(self) -> bool:
        """Whether the platform simulated the caller."""
        return self.source == SIMULATED or self.direction == "simulated"

    @property
    def made_by_turnlab(self) -> bool:
        """Whether Turnlab made the call for its demo workspace. Only the embedded platform has this field."""
        return self.extra.get("made_by_turnlab") is True


@dataclass(frozen=True, slots=True, kw_only=True)
class CallSummary(CallFacts):
    """One entry of a listing of calls."""

    turns: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolCall:
    """A tool that the agent called in a turn."""

    name: str
    duration_ms: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PlatformTurn:
    """A caller's turn and the agent's answer. Times are the platform's, in ms."""

    trigger: str = ""
    user_transcript: str | None = field(default=None, repr=False)
    agent_transcript: str | None = field(default=None, repr=False)
    interrupted: bool = False
    filler_type: str | None = None
    speaker_role: str | None = None
    state: str = ""
    tool_calls: tuple[ToolCall, ...] = ()
    user_speech_start_ms: float | None = None
    user_speech_end_ms: float | None = None
    agent_speech_start_ms: float | None = None
    agent_speech_end_ms: float | None = None
    latencies_ms: Mapping[str, float] = field(default_factory=dict)
    """The platform's latencies under its own names: ``nav_ms``, ``render_ms``, ``audio_ttfb_ms``, ``tool_ms``, …"""
    modality: str | None = None
    extra: Mapping[str, JsonValue] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """A stretch of a call's timeline, in seconds."""

    type: str
    """``agent_speech``, ``caller_speech``, ``filler_nav``, ``greeting``, ``interrupted_speech``, …"""
    lane: str
    start_s: float
    end_s: float
    label: str = field(default="", repr=False)
    turn_index: int = 0
    state: str | None = None
    tool_name: str | None = None
    latencies_ms: Mapping[str, float] = field(default_factory=dict)
    """As in :class:`PlatformTurn`, with ``e2e_ttfb_ms`` and, for a tool, ``duration_ms``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaybackTimeline:
    """A call as the platform plays it back. ``origin`` names the zero of its times."""

    segments: tuple[Segment, ...] = ()
    duration_s: float = 0.0
    origin: str = "media_start"
    """``media_start``, ``call_start`` or ``synthetic``."""


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of time. ``until`` is ``None`` if it lasts to the end of the call."""

    since: datetime
    until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CallDetail(CallFacts):
    """A whole call."""

    ended_at: datetime | None = None
    media_started_at: datetime | None = None
    turns: tuple[PlatformTurn, ...] = ()
    timeline: PlaybackTimeline | None = None
    operators: tuple[Span, ...] = ()
    """When a human operator was in the call, according to participants, escalation or forwarding."""
    operator_said: tuple[datetime | None, ...] = ()
    """When a human operator spoke, for each of the platform's segments. ``None`` if the platform gives no time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingUrls:
    """The addresses of a recording's files: paths on the platform or URLs. They work for about an hour."""

    inbound: str | None = field(default=None, repr=False)
    outbound: str | None = field(default=None, repr=False)
    metadata: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingMetadata:
    """The format and timing of a recording's files."""

    inbound_format: str = ""
    inbound_rate_hz: int | None = None
    inbound_bytes: int | None = None
    outbound_format: str = ""
    outbound_rate_hz: int | None = None
    outbound_bytes: int | None = None
    media_start_ms: float | None = None
    """When the media stream began, ms since 1970."""
    inbound_start_ms: float | None = None
    """When the caller's file begins, if the platform gives that separately."""
    outbound_start_ms: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgedCall:
    """How the platform's voice judge scored a call."""

    call_sid: str
    overall: float | None = None
    scores: Mapping[str, float] = field(default_factory=dict)
    """By dimension, such as ``latency_dead_air``."""
    computed_at: datetime | None = None
