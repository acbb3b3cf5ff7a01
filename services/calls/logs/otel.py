"""OpenTelemetry spans of LiveKit and Pipecat: OTLP JSON, a list of spans, or one span per line.

Times count from the start of the first span. LiveKit: ``user_turn`` and ``agent_turn`` with ``lk.…`` attributes in
seconds. Pipecat: ``turn`` with ``turn.user_bot_latency_seconds``, and ``stt``, ``llm`` and ``tts`` inside it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from pydantic import JsonValue

from services.calls.logs.shape import ImportedLog, epoch_ms, figures, text
from services.calls.reading import as_number
from services.calls.record import CallTurn
from services.reading import as_objects

_LIVEKIT: Final = {
    "lk.end_of_turn_delay": "end_of_turn_ms",
    "lk.eou.endpointing_delay": "end_of_turn_ms",
    "lk.transcription_delay": "transcription_ms",
    "lk.e2e_latency": "response_ms",
    "lk.response.ttft": "first_token_ms",
    "lk.response.ttfb": "voice_first_audio_ms",
}
_PIPECAT: Final = {"turn.user_bot_latency_seconds": "response_ms"}
_CALLER, _AGENT = ("user_turn", "user_speaking", "stt"), ("agent_turn", "agent_speaking", "tts")
_WORDS: Final = ("lk.user_transcript", "lk.response.text", "transcript", "text")


@dataclass(frozen=True, slots=True)
class _Span:
    name: str
    from_ms: float
    to_ms: float
    attributes: dict[str, JsonValue]


def read(raw: JsonValue) -> ImportedLog | None:
    """Return a call from its spans. ``None`` without spans of either framework."""
    spans = sorted((span for one in _spans(raw) if (span := _span(one))), key=lambda span: span.from_ms)
    known = [span for span in spans if _figures(span) or span.name in (*_CALLER, *_AGENT)]
    if not known:
        return None
    start_ms = spans[0].from_ms
    turns: list[CallTurn] = []
    waiting: dict[str, float] = {}
    for span in known:
        waiting |= _figures(span)
        speaker: Literal["caller", "agent"] | None = (
            "caller" if span.name in _CALLER else "agent" if span.name in _AGENT else None
        )
        if speaker is None:
            continue
        said = next((found for name in _WORDS if (found := text(span.attributes.get(name)))), None)
        answers = speaker == "agent" and (not turns or turns[-1].speaker == "caller")
        turns.append(
            CallTurn(
                speaker=speaker,
                from_s=round((span.from_ms - start_ms) / 1000, 3),
                to_s=round((span.to_ms - start_ms) / 1000, 3),
                text=said,
                reported=waiting if answers else {},
            )
        )
        waiting = {} if answers else waiting
    return ImportedLog("OpenTelemetry's", started_at=epoch_ms(start_ms), turns=tuple(turns))


def _figures(span: _Span) -> dict[str, float]:
    return figures(span.attributes, _LIVEKIT, 1000) | figures(span.attributes, _PIPECAT, 1000)


def _spans(raw: JsonValue) -> list[dict[str, JsonValue]]:
    if isinstance(raw, list):
        return as_objects(raw)
    if not isinstance(raw, dict):
        return []
    scopes = [scope for one in as_objects(raw.get("resourceSpans")) for scope in as_objects(one.get("scopeSpans"))]
    inside = [span for scope in scopes for span in as_objects(scope.get("spans"))]
    return inside or as_objects(raw.get("spans"))


def _span(raw: dict[str, JsonValue]) -> _Span | None:
    times = [
        _ms(raw, nano, plain)
        for nano, plain in (("startTimeUnixNano", "start_time"), ("endTimeUnixNano", "end_time"))
    ]
    name = text(raw.get("name"))
    if name is None or times[0] is None or times[1] is None:
        return None
    return _Span(name, times[0], times[1], _attributes(raw.get("attributes")))


def _ms(raw: dict[str, JsonValue], nano: str, plain: str) -> float | None:
    """Return a time in ms since 1970. OTLP writes nanoseconds as a string."""
    given = raw.get(nano)
    number = as_number(_whole(given))
    if number is not None:
        return number / 1e6
    moment = epoch_ms(raw.get(plain)) if isinstance(raw.get(plain), str) else None
    return None if moment is None else moment.timestamp() * 1000


def _attributes(raw: JsonValue) -> dict[str, JsonValue]:
    if isinstance(raw, dict):
        return raw
    found: dict[str, JsonValue] = {}
    for one in as_objects(raw):
        name, value = text(one.get("key")), one.get("value")
        if name is not None and isinstance(value, dict) and value:
            inside = next(iter(value.values()))
            found[name] = _whole(inside) if "intValue" in value else inside
    return found


def _whole(raw: JsonValue) -> JsonValue:
    """Return a whole number that OTLP writes as a string. Other values stay as they are."""
    return float(raw) if isinstance(raw, str) and raw.isdecimal() else raw
