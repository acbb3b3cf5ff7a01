"""Retell's call object: ``transcript_object`` with the time of each word, and ``latency``."""

from __future__ import annotations

from typing import Final, Literal

from pydantic import JsonValue

from services.calls.logs.shape import ImportedLog, epoch_ms, inner, text, with_figures
from services.calls.reading import as_number
from services.calls.record import CallTurn
from services.reading import as_objects

_SPEAKERS: Final[dict[str, Literal["caller", "agent", "operator"]]] = {
    "user": "caller",
    "agent": "agent",
    "transfer_target": "operator",
}
_FIGURES: Final = {
    "e2e": "response_ms",
    "llm": "first_token_ms",
    "tts": "voice_first_audio_ms",
    "asr": "transcription_ms",
}


def read(raw: JsonValue) -> ImportedLog | None:
    """Return the contents of a Retell call object. ``None`` for anything else."""
    if not isinstance(raw, dict) or "transcript_object" not in raw or "call_id" not in raw:
        return None
    said = as_objects(raw.get("transcript_with_tool_calls")) or as_objects(raw.get("transcript_object"))
    turns = [turn for one in said if (turn := _turn(one)) is not None]
    return ImportedLog(
        "Retell's",
        text(raw.get("call_id")),
        epoch_ms(raw.get("start_timestamp")),
        text(raw.get("disconnection_reason")),
        text(raw.get("direction")),
        with_figures(turns, _latencies(raw.get("latency"))),
    )


def _turn(one: dict[str, JsonValue]) -> CallTurn | None:
    speaker = _SPEAKERS.get(str(one.get("role")))
    if speaker is None:
        return None
    words = as_objects(one.get("words"))
    from_s = as_number(words[0].get("start")) if words else None
    to_s = as_number(words[-1].get("end")) if words else None
    return CallTurn(speaker=speaker, from_s=from_s, to_s=to_s, text=text(one.get("content")))


def _latencies(raw: JsonValue) -> list[dict[str, float]]:
    """Return the latencies of each turn in ms, from the values that each stage lists. Summaries carry no turns."""
    listed = {own: inner(raw, theirs, "values") for theirs, own in _FIGURES.items()}
    end_to_end = listed["response_ms"]
    if not isinstance(end_to_end, list):
        return []
    count = len(end_to_end)
    found: list[dict[str, float]] = [{} for _ in range(count)]
    for own, values in listed.items():
        if isinstance(values, list) and len(values) == count:
            for number, value in enumerate(map(as_number, values)):
                if value is not None and value >= 0:
                    found[number][own] = value
    return found
