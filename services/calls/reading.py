"""Reads a platform's call data. Invalid values are left out or kept in ``extra``; they never raise."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from datetime import MAXYEAR, UTC, datetime, timedelta
from typing import Any, Final

from pydantic import JsonValue

from services.calls.model import (
    CallDetail,
    CallSummary,
    JudgedCall,
    PlatformTurn,
    PlaybackTimeline,
    RecordingMetadata,
    RecordingUrls,
    Segment,
    Span,
    ToolCall,
)
from services.reading import Fields, JsonObject, as_bool, as_int, as_object, as_objects, as_text, as_time

_RATES_HZ: Final = range(1000, 384_001)
"""Plausible sampling rates. Others are ignored."""

_LATENCIES: Final = ("engine_ms", "nav_ms", "render_ms", "audio_ttfb_ms", "e2e_ttfb_ms", "tool_ms", "duration_ms")


def as_number(raw: JsonValue) -> float | None:
    """Return a finite number, else ``None``. JSON's ``true`` is not a number."""
    if isinstance(raw, bool) or not isinstance(raw, int | float):
        return None
    try:
        number = float(raw)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None


def read_call_summary(raw: Mapping[str, JsonValue]) -> CallSummary | None:
    """Read one entry of a listing; ``None`` if it has no id."""
    fields = Fields(raw)
    call_id = fields.take("entity_id", as_text, "") or fields.take("id", as_text, "")
    if not call_id:
        return None
    duration_s = fields.take("duration_seconds", as_number, None)
    started_at = fields.take("started_at", as_time, None)
    turns = fields.take("turns", as_int, None)
    return CallSummary(
        id=call_id,
        started_at=started_at,
        duration_s=duration_s,
        turns=turns,
        **_common(fields),
        extra=fields.left,
    )


def read_call(raw: Mapping[str, JsonValue]) -> CallDetail | None:
    """Read a whole call; ``None`` if it has no id."""
    fields = Fields(raw)
    call_id = fields.take("id", as_text, "")
    if not call_id:
        return None
    timeline = fields.take("timeline", as_object, None)
    ended_at = fields.take("call_end_time", as_time, None)
    human = as_objects(fields.left.pop("human_segments", None))
    return CallDetail(
        id=call_id,
        started_at=fields.take("call_start_time", as_time, None),
        ended_at=ended_at,
        duration_s=fields.take("call_duration_seconds", as_number, None),
        media_started_at=fields.take("media_start_time", as_time, None),
        turns=tuple(map(_turn, as_objects(fields.left.pop("turns", None)))),
        timeline=None if timeline is None else read_timeline(timeline),
        operators=_operators(raw),
        operator_said=tuple(as_time(one.get("timestamp")) for one in human if _is_operators(one)),
        **_common(fields),
        extra=fields.left,
    )


def _common(fields: Fields) -> dict[str, Any]:
    names = "call_sid", "service_id", "direction", "phone_number", "caller_id", "status", "completion_reason"
    texts = {name: fields.take(name, as_text, None) for name in (*names, "final_state", "source")}
    return {
        **texts,
        "has_recording": fields.take("has_recording", as_bool, None),
        "quality_score": fields.take("quality_score", as_number, None),
    }


def _turn(raw: JsonObject) -> PlatformTurn:
    fields = Fields(raw)
    times = ("user_speech_start_ms", "user_speech_end_ms", "agent_speech_start_ms", "agent_speech_end_ms")
    tools = tuple(
        ToolCall(name=name, duration_ms=as_number(tool.get("duration_ms")))
        for tool in as_objects(fields.left.pop("tool_calls", None))
        if (name := as_text(tool.get("tool_name")))
    )
    latencies = _latencies(fields.left)
    named = fields.take("tool_name", as_text, None)
    if not tools and named:
        tools = (ToolCall(name=named, duration_ms=latencies.get("tool_ms")),)
    return PlatformTurn(
        trigger=fields.take("trigger", as_text, ""),
        user_transcript=fields.take("user_transcript", as_text, None),
        agent_transcript=fields.take("agent_transcript", as_text, None),
        interrupted=fields.take("interrupted", as_bool, False),
        filler_type=fields.take("filler_type", as_text, None),
        speaker_role=fields.take("speaker_role", as_text, None),
        state=fields.take("state", as_text, ""),
        tool_calls=tools,
        latencies_ms=latencies,
        modality=fields.take("modality", as_text, None),
        **{name: fields.take(name, as_number, None) for name in times},
        extra=fields.left,
    )


def read_timeline(raw: Mapping[str, JsonValue]) -> PlaybackTimeline:
    """Read a timeline. Leaves out segments without a kind and segments that end before they begin."""
    base = as_object(raw.get("timebase")) or {}
    segments = (_segment(one) for one in as_objects(raw.get("segments")))
    return PlaybackTimeline(
        segments=tuple(sorted((one for one in segments if one is not None), key=lambda one: one.start_s)),
        duration_s=as_number(raw.get("duration_seconds")) or 0.0,
        origin=as_text(base.get("origin")) or "media_start",
    )


def _segment(raw: JsonObject) -> Segment | None:
    kind, start_s, end_s = as_text(raw.get("type")), as_number(raw.get("start")), as_number(raw.get("end"))
    if not kind or start_s is None or end_s is None or end_s < start_s:
        return None
    return Segment(
        type=kind,
        lane=as_text(raw.get("lane")) or "",
        start_s=start_s,
        end_s=end_s,
        label=as_text(raw.get("label")) or "",
        turn_index=as_int(raw.get("turn_index")) or 0,
        state=as_text(raw.get("state")) or as_text(raw.get("to_state")),
        tool_name=as_text(raw.get("tool_name")),
        latencies_ms=_latencies(raw),
    )


def _latencies(raw: Mapping[str, JsonValue]) -> dict[str, float]:
    found = {name: as_number(raw.get(name)) for name in _LATENCIES}
    return {name: value for name, value in found.items() if value is not None and value >= 0}


def _operators(raw: Mapping[str, JsonValue]) -> tuple[Span, ...]:
    """Return when operators were in the call, from the first of three sources that has times."""
    spans = [
        Span(since, as_time(one.get("left_at")))
        for one in as_objects(raw.get("participants"))
        if one.get("role") == "operator" and (since := as_time(one.get("joined_at"))) is not None
    ]
    if not spans:
        escalation = as_object(raw.get("escalation")) or {}
        if (since := as_time(escalation.get("connected_at"))) is not None:
            spans = [Span(since, as_time(escalation.get("completed_at")))]
    if not spans:
        forwarding = as_object(raw.get("forwarding")) or {}
        if (since := as_time(forwarding.get("forwarded_at"))) is not None:
            spans = [Span(since)]
    return tuple(spans)


def _is_operators(segment: JsonObject) -> bool:
    # an operator's segments may include the caller's and the agent's words
    return (as_text(segment.get("speaker_role")) or "").casefold() not in ("caller", "user", "patient", "agent")


def read_recording_urls(raw: Mapping[str, JsonValue]) -> RecordingUrls:
    """Read the addresses of a recording's files. Never raises for a mapping."""
    found = {name: as_text(raw.get(f"{name}_url")) or None for name in ("inbound", "outbound", "metadata")}
    return RecordingUrls(**found)


def read_recording_metadata(raw: Mapping[str, JsonValue]) -> RecordingMetadata:
    """Read the format and timing of a recording's files. Never raises for a mapping."""
    sides: dict[str, Any] = {}
    for side in ("inbound", "outbound"):
        sides[f"{side}_format"] = as_text(raw.get(f"{side}_format")) or ""
        rate_hz = as_int(raw.get(f"{side}_sample_rate")) or 0
        sides[f"{side}_rate_hz"] = rate_hz if rate_hz in _RATES_HZ else None
        sides[f"{side}_bytes"] = as_int(raw.get(f"{side}_size_bytes"))
        start = as_number(raw.get(f"{side}_media_start_epoch_ms"))
        sides[f"{side}_start_ms"] = as_number(raw.get(f"{side}_start_epoch_ms")) if start is None else start
    return RecordingMetadata(media_start_ms=as_number(raw.get("media_start_epoch_ms")) or None, **sides)


def read_judged_call(raw: Mapping[str, JsonValue]) -> JudgedCall | None:
    """Read one result of the voice judge; ``None`` without the call's id."""
    sid = as_text(raw.get("call_sid"))
    if not sid:
        return None
    suffix = "_score"
    scores = {
        name.removesuffix(suffix): value
        for name in raw
        if name.endswith(suffix) and (value := as_number(raw[name])) is not None
    }
    overall = scores.pop("overall", None)
    return JudgedCall(call_sid=sid, overall=overall, scores=scores, computed_at=as_time(raw.get("computed_at")))


def restore_time(body: Mapping[str, JsonValue], retry_after_s: float | None, now: datetime) -> datetime | None:
    """Return when an archived recording is expected back, from an answer whose form is undocumented.

    A field about restoring, readiness or waiting may hold a time, or seconds, minutes or hours from now.
    """
    for name, value in _flattened(body):
        if not any(word in name for word in ("restor", "avail", "ready", "eta", "expect", "wait", "retry")):
            continue
        if (moment := as_time(value)) is not None and moment.year < MAXYEAR:
            return moment.astimezone(UTC)
        number = as_number(value)
        if number is not None and 0 <= number < _LAST_MS:
            if number > _EPOCH_S:
                return datetime.fromtimestamp(number / (1000 if number > _EPOCH_S * 100 else 1), UTC)
            unit = next((unit for word, unit in _UNITS if word in name), timedelta(seconds=1))
            return now + min(number, 1e6) * unit
    return None if retry_after_s is None else now + timedelta(seconds=min(retry_after_s, 1e9))


_EPOCH_S: Final = 1_000_000_000
_LAST_MS: Final = 1e14
"""The latest plausible time, in ms since 1970."""
_UNITS: Final = (("hour", timedelta(hours=1)), ("minute", timedelta(minutes=1)), ("_ms", timedelta(milliseconds=1)))


def _flattened(body: Mapping[str, JsonValue]) -> Iterable[tuple[str, JsonValue]]:
    for name, value in body.items():
        if isinstance(value, dict):
            yield from ((f"{name}.{inner}".lower(), found) for inner, found in value.items())
        else:
            yield name.lower(), value
