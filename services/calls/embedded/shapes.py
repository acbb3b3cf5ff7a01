"""Calls and recordings as the Platform dialect sends them. Only the part of the contract that the demo fills."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, Field

Direction = Literal["inbound", "outbound", "playground", "simulated", "test"]
Reason = Literal["completed", "caller_hangup", "warm_transfer_completed"]
Source = Literal["real", "simulation", "playground"]
Lane = Literal["agent", "caller", "events", "operator", "system", "tool"]
Track = Literal["agent", "caller", "operator", "system", "tool"]


class _Call(BaseModel):
    call_sid: str | None
    direction: Direction | None
    phone_number: str | None
    caller_id: str | None
    has_recording: bool
    quality_score: float | None
    final_state: str | None
    completion_reason: Reason | None
    service_id: UUID | None
    source: Source | None
    made_by_turnlab: bool
    """Not in the contract: whether Turnlab made the call for its demo workspace."""


class CallSummary(_Call):
    """One entry of a listing."""

    entity_id: UUID
    started_at: datetime | None
    duration_seconds: float | None
    status: Literal["completed"]
    turns: int


class CallPage(BaseModel):
    """One page of calls, newest first."""

    items: list[CallSummary]
    total: int
    has_more: bool
    continuation_token: int | None


class ToolCall(BaseModel):
    """A tool of a turn."""

    tool_name: str
    duration_ms: float | None


class Turn(BaseModel):
    """What the caller said, and what the agent answered."""

    trigger: str
    user_transcript: str | None
    agent_transcript: str | None
    interrupted: bool
    filler_type: str | None
    state: str
    tool_calls: list[ToolCall]
    timestamp: datetime | None
    user_speech_start_ms: float | None = None
    user_speech_end_ms: float | None = None
    agent_speech_start_ms: float | None = None
    agent_speech_end_ms: float | None = None
    nav_ms: float | None = None
    render_ms: float | None = None
    audio_ttfb_ms: float | None = None
    tool_name: str | None = None
    tool_ms: float | None = None
    modality: str | None = None


class TurnTimeline(BaseModel):
    """Where a turn is in the playback."""

    turn_index: int
    seek_to: float
    active_start: float
    active_end: float


class Segment(BaseModel):
    """A stretch of the playback, seconds."""

    type: Literal[
        "agent_speech",
        "barge_in",
        "caller_speech",
        "filler_nav",
        "greeting",
        "interrupted_speech",
        "processing_gap",
        "tool_call",
    ]
    lane: Lane
    track: Track | None
    lane_id: str | None = Field(min_length=1, max_length=160)
    order: int | None
    start: float
    end: float
    label: str
    turn_index: int
    nav_ms: float | None = None
    render_ms: float | None = None
    audio_ttfb_ms: float | None = None
    e2e_ttfb_ms: float | None = None
    tool_name: str | None = None
    succeeded: bool | None = None
    duration_ms: float | None = None


class Timebase(BaseModel):
    """The zero of a time in seconds."""

    unit: Literal["seconds"]
    origin: Literal["media_start"]
    start: float
    end: float


class Actor(BaseModel):
    """The speaker of a lane."""

    kind: Literal["agent", "human", "operator", "system", "tool"]
    role: Literal["agent", "caller", "operator", "runtime", "tool"]
    label: str


class LaneDefinition(BaseModel):
    """A lane of the playback."""

    id: str = Field(min_length=1, max_length=160)
    track: Track
    label: str
    order: int
    actor: Actor | None


class PlaybackTimeline(BaseModel):
    """A call's playback."""

    turns: list[TurnTimeline]
    segments: list[Segment]
    duration_seconds: float
    timebase: Timebase | None
    lanes: list[LaneDefinition]


class BargeIn(BaseModel):
    """An interruption of the agent."""

    type: Literal["barge_in"]
    interrupted_text: str | None
    discarded_texts: list[str] | None


class Participant(BaseModel):
    """Who else was in the call."""

    participant_id: str
    role: Literal["operator"]
    joined_at: datetime
    left_at: datetime | None


class HumanSegment(BaseModel):
    """What a human operator said."""

    speaker_role: str
    transcript: str


class CallDetail(_Call):
    """A whole call."""

    id: UUID
    workspace_id: UUID | None
    status: str
    call_start_time: datetime | None
    call_end_time: datetime | None
    call_duration_seconds: float
    media_start_time: datetime | None
    turns: list[Turn]
    barge_in_events: list[BargeIn]
    participants: list[Participant]
    human_segments: list[HumanSegment]
    timeline: PlaybackTimeline | None


class RecordingUrls(BaseModel):
    """The addresses of a recording's files."""

    call_sid: str
    status: Literal["available"]
    inbound_url: str | None
    outbound_url: str | None
    metadata_url: str | None


class RecordingMetadata(BaseModel):
    """The format and timing of a recording's files."""

    call_sid: str
    workspace_id: UUID
    service_id: UUID | None
    direction: Literal["inbound", "outbound"]
    duration_seconds: float
    inbound_format: str
    inbound_sample_rate: int
    outbound_format: str
    outbound_sample_rate: int
    tts_provider: str
    call_start_iso: str
    call_end_iso: str
    inbound_size_bytes: int
    outbound_size_bytes: int
    media_start_epoch_ms: float


class Judged(BaseModel):
    """How the voice judge scored one call."""

    call_sid: str = Field(max_length=64)
    call_entity_id: UUID | None
    service_id: UUID | None
    latency_dead_air_score: float | None
    interruption_handling_score: float | None
    overall_score: float | None
    computed_at: datetime | None


class JudgedPage(BaseModel):
    """The newest results of the voice judge for a service."""

    service_id: UUID
    count: int = Field(ge=0)
    items: list[Judged]


def judged(call: dict[str, Any]) -> dict[str, Any]:
    """Return the demo's voice-judge scores for a call: 0 to 10, by the call's quality."""
    score = None if call["quality_score"] is None else round(10 * call["quality_score"], 1)
    return {
        "call_sid": call["call_sid"],
        "call_entity_id": call["entity_id"],
        "service_id": call["service_id"],
        "latency_dead_air_score": score,
        "interruption_handling_score": score,
        "overall_score": score,
        "computed_at": call["started_at"],
    }


def turn_policy(config: Mapping[str, Any]) -> dict[str, Any]:
    """Return the turn policy that follows from a ``voice_config``, as the vendor's pages describe its fields.

    What the platform decides is ``None``: the demo does not reveal the thresholds that a fit must find.
    """
    sensitivity = config.get("eager_eot_threshold")
    threshold = None if sensitivity is None else round(min(max(0.9 - 0.6 * sensitivity, 0.3), 0.95), 3)
    return {
        "barge_in_enabled": True,
        "greeting_shield_s": 0.0,
        "stt_eot_threshold": threshold,
        "stt_eager_eot_threshold": None,
        "stt_eot_timeout_ms": config.get("eot_timeout_ms"),
    }
