"""Logs of other platforms: each known format is read; unknown and invalid fields do no harm."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.calls.logs import read_log

VAPI: dict[str, Any] = {
    "id": "vapi-1",
    "type": "inboundPhoneCall",
    "startedAt": "2026-11-20T10:00:00.000Z",
    "endedReason": "customer-ended-call",
    "new": {"field": 1},
    "artifact": {
        "messages": [
            {"role": "system", "message": "You are", "secondsFromStart": 0},
            {"role": "bot", "message": "Hello.", "secondsFromStart": 0.5, "duration": 1500},
            {"role": "user", "message": "Hi there.", "secondsFromStart": 3.0, "duration": 900, "new": []},
            {"role": "bot", "message": "How can I help?", "secondsFromStart": 4.8, "duration": 1400},
        ],
        "performanceMetrics": {
            "turnLatencies": [
                {"modelLatency": 310, "voiceLatency": 120, "endpointingLatency": 400, "turnLatency": 900, "new": 1}
            ]
        },
    },
}
RETELL: dict[str, Any] = {
    "call_id": "retell-1",
    "start_timestamp": 1763632800000,
    "disconnection_reason": "user_hangup",
    "direction": "inbound",
    "transcript_object": [
        {"role": "agent", "content": "Hello.", "words": [{"word": "Hello", "start": 0.5, "end": 2.0}]},
        {"role": "user", "content": "Hi there.", "words": [{"word": "Hi", "start": 3.0, "end": 3.9}]},
        {"role": "agent", "content": "How can I help?", "words": [{"word": "How", "start": 4.8, "end": 6.2}]},
    ],
    "latency": {"e2e": {"p50": 900, "values": [900]}, "llm": {"values": [310]}, "new": 3},
}


def livekit(name: str, start: float, end: float, **attributes: Any) -> dict[str, Any]:
    """One span in OTLP's JSON."""
    return {
        "name": name,
        "startTimeUnixNano": str(int((1_763_632_800 + start) * 1e9)),
        "endTimeUnixNano": str(int((1_763_632_800 + end) * 1e9)),
        "attributes": [
            {"key": key, "value": {"stringValue": value} if isinstance(value, str) else {"doubleValue": value}}
            for key, value in attributes.items()
        ],
    }


LIVEKIT: dict[str, Any] = {
    "resourceSpans": [
        {
            "scopeSpans": [
                {
                    "spans": [
                        livekit("agent_session", 0.0, 9.0),
                        livekit("agent_turn", 0.5, 2.0, **{"lk.response.text": "Hello."}),
                        livekit(
                            "user_turn",
                            3.0,
                            3.9,
                            **{
                                "lk.user_transcript": "Hi there.",
                                "lk.end_of_turn_delay": 0.4,
                                "lk.e2e_latency": 0.9,
                            },
                        ),
                        livekit("agent_turn", 4.8, 6.2, **{"lk.response.text": "How can I help?", "lk.new": 2.0}),
                    ]
                }
            ]
        }
    ]
}
PIPECAT = [
    {"name": "conversation", "start_time": "2026-11-20T10:00:00Z", "end_time": "2026-11-20T10:00:09Z"},
    {
        "name": "tts",
        "start_time": "2026-11-20T10:00:00.5Z",
        "end_time": "2026-11-20T10:00:02Z",
        "attributes": {"text": "Hello."},
    },
    {
        "name": "turn",
        "start_time": "2026-11-20T10:00:03Z",
        "end_time": "2026-11-20T10:00:06Z",
        "attributes": {"turn.user_bot_latency_seconds": 0.9, "turn.number": 1},
    },
    {
        "name": "stt",
        "start_time": "2026-11-20T10:00:03Z",
        "end_time": "2026-11-20T10:00:03.9Z",
        "attributes": {"transcript": "Hi there."},
    },
    {
        "name": "tts",
        "start_time": "2026-11-20T10:00:04.8Z",
        "end_time": "2026-11-20T10:00:06.2Z",
        "attributes": {"text": "How can I help?"},
    },
]


@pytest.mark.parametrize("raw", [VAPI, RETELL, LIVEKIT, PIPECAT], ids=["vapi", "retell", "livekit", "pipecat"])
def test_each_log_format_yields_turns_and_latencies(raw: Any) -> None:
    log = read_log(raw)
    assert log is not None
    assert [turn.speaker for turn in log.turns] == ["agent", "caller", "agent"]
    assert [turn.text for turn in log.turns] == ["Hello.", "Hi there.", "How can I help?"]
    assert log.turns[1].from_s == pytest.approx(3.0)
    assert log.turns[2].to_s == pytest.approx(6.2)
    assert log.turns[2].reported["response_ms"] == pytest.approx(900)
    assert not log.turns[0].reported


def test_latencies_without_a_certain_turn_are_left_out() -> None:
    more = {**RETELL, "latency": {"e2e": {"values": [900, 700]}}}
    log = read_log(more)
    assert log is not None
    assert all(not turn.reported for turn in log.turns)
    assert read_log({"turns": []}) is None


JSON = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@given(odd=JSON, where=st.sampled_from(["messages", "latency", "spans", "performanceMetrics"]))
def test_odd_values_never_break_a_reader(odd: Any, where: str) -> None:
    read_log({**VAPI, "artifact": {**VAPI["artifact"], where: odd}})
    read_log({**RETELL, where: odd, "transcript_object": odd})
    read_log({"resourceSpans": odd, "spans": odd})
    read_log([livekit("user_turn", 0.0, 1.0) | {"attributes": [{"key": "a", "value": {"intValue": odd}}]}])
    read_log(odd)
