"""What the agent took a live call to be, as labels for a person to correct."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

Told = dict[str, Any]
"""An event as scripts see it (:meth:`simulator.engine.events.Event.to_json`), or a notice; times in seconds."""

_AGENT_STARTS = ("filler_start", "response_start")
_AGENT_ENDS = ("filler_end", "response_end")


def provisional_labels(told: Iterable[Told], duration_s: float, **about: Any) -> dict[str, Any]:
    """Return a label file's content, marked ``provisional``; times are the recording's own.

    Speech, turns and agent windows are what the engine decided, so they agree with it by construction: nothing is
    measured against them until a person has corrected them and taken the mark away.
    """
    events = list(told)
    speech = _spans(events, ("speech_start",), ("speech_end",), duration_s, start="start", end="end")
    return {
        **about,
        "duration_s": round(duration_s, 3),
        "channel": "caller",
        "provisional": True,
        "label_origin": "a live agent's decisions",
        "speech": speech,
        "turns": _turns(events, duration_s),
        "agent": _spans(events, _AGENT_STARTS, _AGENT_ENDS, duration_s),
        "events": _over_the_agent(events, speech, duration_s),
        "live": events,
    }


def _spans(
    events: list[Told],
    starts: tuple[str, ...],
    ends: tuple[str, ...],
    duration_s: float,
    *,
    start: str = "t",
    end: str = "t",
) -> list[list[float]]:
    """Return stretches between two kinds of events; one that is still open goes on to the recording's end."""
    found: list[list[float]] = []
    begun: float | None = None
    for event in events:
        if event["type"] in starts:
            begun = _within(event[start], duration_s)
        elif event["type"] in ends:
            found.append([begun or 0.0, _within(event[end], duration_s)])
            begun = None
    if begun is not None:
        found.append([begun, round(duration_s, 3)])
    return [[first, last] for first, last in found if last > first]


def _turns(events: list[Told], duration_s: float) -> list[dict[str, Any]]:
    """Return the caller's turns; one that was taken up again ends where it ended at last."""
    found: dict[float, float] = {}
    for event in events:
        if event["type"] == "end_of_turn":
            found[_within(event["onset"], duration_s)] = _within(event["speech_end"], duration_s)
    turns: list[dict[str, Any]] = []
    free_s = 0.0
    for onset, end in sorted(found.items()):
        if end > max(onset, free_s):
            turns.append({"start_s": max(onset, free_s), "end_s": end})
            free_s = end
    return turns


def _over_the_agent(events: list[Told], speech: list[list[float]], duration_s: float) -> list[dict[str, Any]]:
    """Return where the caller spoke over the agent: what stopped it, at once or later, and what did not."""
    starts = {
        event["span"]: _within(event["start"], duration_s) for event in events if event["type"] == "speech_start"
    }
    stopped: dict[float, bool] = {}
    for event in events:
        if event["type"] in ("barge_in", "barge_in_suppressed") and event["span"] in starts:
            start_s = starts[event["span"]]
            stopped[start_s] = stopped.get(start_s, False) or event["type"] == "barge_in"
    return [
        {
            "start_s": start_s,
            "end_s": end_s,
            "type": "interruption" if stopped[start_s] else "backchannel",
            "should_barge_in": stopped[start_s],
        }
        for start_s, end_s in speech
        if start_s in stopped
    ]


def _within(t_s: float, duration_s: float) -> float:
    return round(min(max(float(t_s), 0.0), duration_s), 3)
