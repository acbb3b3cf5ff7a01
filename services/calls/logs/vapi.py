"""Vapi's call object: ``artifact.messages``, and ``artifact.performanceMetrics.turnLatencies``."""

from __future__ import annotations

from typing import Final, Literal

from pydantic import JsonValue

from services.calls.logs.shape import ImportedLog, epoch_ms, figures, inner, text, with_figures
from services.calls.reading import as_number
from services.calls.record import CallTurn
from services.reading import as_objects

_SPEAKERS: Final[dict[str, Literal["caller", "agent"]]] = {"user": "caller", "bot": "agent", "assistant": "agent"}
_FIGURES: Final = {
    "endpointingLatency": "end_of_turn_ms",
    "transcriberLatency": "transcription_ms",
    "modelLatency": "first_token_ms",
    "voiceLatency": "voice_first_audio_ms",
    "turnLatency": "response_ms",
}


def read(raw: JsonValue) -> ImportedLog | None:
    """Return the contents of a Vapi call object. ``None`` for anything else."""
    artifact = inner(raw, "artifact")
    if not isinstance(raw, dict) or not isinstance(artifact, dict):
        return None
    said = as_objects(artifact.get("messages")) or as_objects(raw.get("messages"))
    turns = [turn for one in said if (turn := _turn(one)) is not None]
    measured = as_objects(inner(artifact, "performanceMetrics", "turnLatencies"))
    kind = text(raw.get("type")) or ""
    return ImportedLog(
        "Vapi's",
        text(raw.get("id")),
        epoch_ms(raw.get("startedAt")),
        text(raw.get("endedReason")),
        "outbound" if "outbound" in kind else "inbound" if "inbound" in kind else None,
        with_figures(turns, [figures(one, _FIGURES) for one in measured]),
    )


def _turn(one: dict[str, JsonValue]) -> CallTurn | None:
    speaker = _SPEAKERS.get(str(one.get("role")))
    if speaker is None:
        return None
    from_s, lasts_ms = as_number(one.get("secondsFromStart")), as_number(one.get("duration"))
    to_s = None if from_s is None or lasts_ms is None else from_s + lasts_ms / 1000
    return CallTurn(speaker=speaker, from_s=from_s, to_s=to_s, text=text(one.get("message")))
