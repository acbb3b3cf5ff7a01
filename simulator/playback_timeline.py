"""Exports a run in the vendor's ``PlaybackTimeline`` schema, so one viewer opens simulated and real calls."""

from __future__ import annotations

from typing import Any

from simulator.engine.events import BargeIn, EndOfTurn, ResponseStarted, SpeechEnded, SpeechStarted
from simulator.measures.readouts import Measured
from simulator.measures.truth import TrueTurn
from simulator.replay import Played

_LANES = (("caller", "human", "Caller"), ("agent", "agent", "Agent"), ("system", "system", "Decisions"))
_SEGMENT_TYPES = {"filler": "filler_nav", "response": "agent_speech", "greeting": "greeting"}


def to_playback(played: Played, measured: Measured) -> dict[str, Any]:
    """Return the run as a ``PlaybackTimeline`` object: times in seconds, latencies in ms.

    ``perceived latency`` is the first agent sound after the true end of a turn, ``processing gap`` the response.
    """
    segments = _agent_segments(played, measured) + _caller_segments(played) + _decision_segments(played)
    starts = [(turn.start_ms / 1000, turn.index) for turn in measured.truth.turns]
    for segment in segments:
        segment["turn_index"] = max(
            ((at, index) for at, index in starts if at <= segment["start"] + 0.2), default=(0, 0)
        )[1]
    segments.sort(key=lambda segment: (segment["start"], segment["end"], segment["lane"]))
    for order, segment in enumerate(segments):
        segment["order"] = order
    duration_s = played.duration_ms / 1000
    caller_s = _covered_s(segments, "caller_speech")
    agent_s = sum((sound.end_ms - sound.start_ms) / 1000 for sound in measured.sounds)
    responses, firsts = (measured.times.get(name, ()) for name in ("response_ms", "first_sound_ms"))
    return {
        "turns": [_turn(turn) for turn in measured.truth.turns],
        "segments": segments,
        "duration_seconds": duration_s,
        "timebase": {"unit": "seconds", "origin": "synthetic", "start": 0.0, "end": duration_s},
        "lanes": [
            {
                "id": lane,
                "track": lane,
                "label": label,
                "order": order,
                "actor": {"kind": kind, "role": "runtime" if lane == "system" else lane, "label": label},
            }
            for order, (lane, kind, label) in enumerate(_LANES)
        ],
        "total_user_speech_seconds": round(caller_s, 3),
        "total_agent_speech_seconds": round(agent_s, 3),
        "total_silence_seconds": round(_silence_s(segments, duration_s), 3),
        "avg_processing_gap_ms": _mean(responses),
        "max_processing_gap_ms": max(responses, default=None),
        "avg_perceived_latency_ms": _mean(firsts),
    }


def _turn(turn: TrueTurn) -> dict[str, Any]:
    start, end = turn.start_ms / 1000, turn.end_ms / 1000
    return {"turn_index": turn.index, "seek_to": start, "active_start": start, "active_end": end}


def _segment(kind: str, lane: str, start_s: float, end_s: float, label: str) -> dict[str, Any]:
    lane_id = "system" if lane == "events" else lane
    return {
        "type": kind,
        "lane": lane,
        "track": lane_id,
        "lane_id": lane_id,
        "start": round(start_s, 3),
        "end": round(end_s, 3),
        "label": label,
    }


def _agent_segments(played: Played, measured: Measured) -> list[dict[str, Any]]:
    stages = {
        event.t_ms: event.stages_ms
        for event in played.events
        if isinstance(event, ResponseStarted) and event.stages_ms is not None
    }
    found = []
    for sound in measured.sounds:
        kind = "interrupted_speech" if sound.interrupted else _SEGMENT_TYPES[sound.kind]
        segment = _segment(kind, "agent", sound.start_ms / 1000, sound.end_ms / 1000, sound.text)
        split = stages.get(sound.start_ms) if sound.kind == "response" else None
        if split:
            segment["nav_ms"] = split["navigation"]
            segment["render_ms"] = split["first_token"] + split["buffer"]
            segment["audio_ttfb_ms"] = split["tts"]
            segment["e2e_ttfb_ms"] = sum(split.values())
        found.append(segment)
    return found


def _caller_segments(played: Played) -> list[dict[str, Any]]:
    found = []
    begun: SpeechStarted | None = None
    for event in played.events:
        if isinstance(event, SpeechStarted):
            begun = event
        elif isinstance(event, SpeechEnded) and begun is not None:
            found.append(_segment("caller_speech", "caller", begun.start_ms / 1000, event.end_ms / 1000, ""))
    return found


def _decision_segments(played: Played) -> list[dict[str, Any]]:
    found = []
    for event in played.events:
        if isinstance(event, BargeIn):
            label = f"barge-in: {event.why.text()}"
            found.append(_segment("barge_in", "events", event.t_ms / 1000, event.stops_ms / 1000, label))
        elif isinstance(event, EndOfTurn):
            heard = event.speech_end_ms / 1000
            segment = _segment(
                "processing_gap", "system", heard, event.t_ms / 1000, f"end of turn: {event.why.text()}"
            )
            segment["eot_confidence"] = event.confidence
            found.append(segment)
    return found


def _covered_s(segments: list[dict[str, Any]], kind: str) -> float:
    return float(sum(segment["end"] - segment["start"] for segment in segments if segment["type"] == kind))


def _silence_s(segments: list[dict[str, Any]], duration_s: float) -> float:
    """Return for how long neither side was heard, s."""
    reached, covered = 0.0, 0.0
    for segment in segments:
        if segment["lane"] in ("caller", "agent"):
            start = max(segment["start"], reached)
            covered += max(0.0, segment["end"] - start)
            reached = max(reached, segment["end"])
    return max(0.0, duration_s - covered)


def _mean(values: tuple[int, ...]) -> float | None:
    return round(sum(values) / len(values), 1) if values else None
