"""One simulated call as a platform would log it, with what its audio is made from."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from recordings.demo_calls.plan import PlannedCall
from simulator.activity.model import Activity
from simulator.echo.caller import gaps_between_moves
from simulator.engine.events import BargeIn, NavDecided, ToolEnded, ToolStarted
from simulator.engine.profile import EngineProfile
from simulator.playback_timeline import to_playback
from simulator.recording import Recording
from simulator.study import Run

Json = dict[str, Any]

OPERATOR_WORDS = (
    "Hello, this is Dana, I am a nurse at the clinic, and I have just read what you told our assistant.",
    "Please keep the inhaler beside you, and call an ambulance if it gets worse before the doctor rings back.",
)
"""What the human operator says in the call that is handed over."""

_LISTENS_MS = 700
_TONE_MS = 4000
_NAMES = ("type", "lane", "start", "end", "label", "turn_index")
_FIGURES = ("nav_ms", "render_ms", "audio_ttfb_ms", "e2e_ttfb_ms")


def call_entry(
    call: PlannedCall, recording: Recording, activity: Activity, made: Run, profile: EngineProfile
) -> Json:
    """Return a call's line of the file; times in ms from the start of the media."""
    transport_ms = round(profile.values.transport_ms.value)
    segments = _segments(made, transport_ms)
    turns = _turns(made, recording, segments)
    counts = made.measured.counts
    disturbed = sum(count.count for name, count in counts.items() if name in ("cut_ins", "false_barge_ins"))
    entry: Json = {
        "service": call.service,
        "day": call.day,
        "second": call.second,
        "special": call.special,
        "duration_ms": made.played.duration_ms + _LISTENS_MS,
        "quality": round(max(0.3, 0.96 - 0.07 * disturbed), 2),
        "final_state": next((turn["state"] for turn in reversed(turns) if turn["state"]), ""),
        "turns": turns,
        "segments": segments,
        "barge_ins": [
            {"interrupted_text": one.interrupted_text, "discarded_texts": list(one.discarded_texts)}
            for one in made.played.events
            if isinstance(one, BargeIn)
        ],
        "audio": _audio(recording, activity, made),
    }
    if call.special == "operator":
        _hand_over(entry)
    entry["segments"] = [_row(one) for one in segments]
    return entry


def _row(segment: Json) -> list[Any]:
    """Return a segment as the file has it: the six that all have, times in ms, then what only some have."""
    row = [segment[name] for name in _NAMES]
    row[2:4] = round(segment["start"] * 1000), round(segment["end"] * 1000)
    more = {name: value for name, value in segment.items() if name not in _NAMES}
    return [*row, more] if more else row


def _segments(made: Run, transport_ms: int) -> list[Json]:
    """Return the timeline on the platform's own clock, which hears the agent before the transport."""
    found = []
    for segment in to_playback(made.played, made.measured)["segments"]:
        one = {name: segment[name] for name in _NAMES}
        one |= {name: segment[name] for name in _FIGURES if segment.get(name) is not None}
        if one["lane"] == "agent":
            one["start"] = round(max(0.0, one["start"] - transport_ms / 1000), 3)
            one["end"] = round(max(one["start"], one["end"] - transport_ms / 1000), 3)
        if "audio_ttfb_ms" in one:
            one["audio_ttfb_ms"] -= transport_ms
            one["e2e_ttfb_ms"] -= transport_ms
        if one["type"] in ("barge_in", "processing_gap"):
            one["label"] = "barge-in" if one["type"] == "barge_in" else "end of turn"
        found.append(one)
    begun: dict[tuple[int, str], ToolStarted] = {}
    for event in made.played.events:
        if isinstance(event, ToolStarted):
            begun[event.generation, event.tool] = event
        elif (
            isinstance(event, ToolEnded) and (start := begun.pop((event.generation, event.tool), None)) is not None
        ):
            found.append(
                {
                    "type": "tool_call",
                    "lane": "tool",
                    "start": start.t_ms / 1000,
                    "end": event.t_ms / 1000,
                    "label": event.tool,
                    "turn_index": _turn_index(made, start.t_ms),
                    "tool_name": event.tool,
                    "duration_ms": event.t_ms - start.t_ms,
                    "succeeded": not event.cancelled,
                }
            )
    return sorted(found, key=lambda one: (one["start"], one["end"]))


def _turn_index(made: Run, at_ms: int) -> int:
    return max((turn.index for turn in made.measured.truth.turns if turn.start_ms <= at_ms), default=0)


def _turns(made: Run, recording: Recording, segments: list[Json]) -> list[Json]:
    """Return what the platform logs of every turn: words, state, tools and latencies."""
    labels = recording.labels
    spoken = [turn.text for turn in labels.caller_turns()] if labels else []
    of_turn: dict[int, list[Json]] = defaultdict(list)
    for segment in segments:
        of_turn[segment["turn_index"]].append(segment)
    states = {
        _turn_index(made, event.t_ms): event.state for event in made.played.events if isinstance(event, NavDecided)
    }
    turns: list[Json] = []
    greeting = next((one for one in segments if one["type"] == "greeting"), None)
    if greeting is not None:
        turns.append(_turn("greeting", None, [greeting], recording.scenario.start))
    for true in made.measured.truth.turns:
        agent = [one for one in of_turn[true.index] if one["lane"] == "agent" and one["type"] != "greeting"]
        line = recording.scenario.turns[true.index % len(recording.scenario.turns)]
        state = states.get(true.index) or line.state
        turn = _turn("user_speech", spoken[true.index] if true.index < len(spoken) else None, agent, state)
        turn |= {"user_speech_start_ms": true.start_ms, "user_speech_end_ms": true.end_ms}
        tools = [one for one in of_turn[true.index] if one["type"] == "tool_call"]
        turn["tools"] = [{"name": one["tool_name"], "ms": one["duration_ms"]} for one in tools if one["succeeded"]]
        turns.append(turn)
    return turns


def _turn(trigger: str, words: str | None, agent: list[Json], state: str) -> Json:
    said = [one for one in agent if not one["type"].startswith("filler")]
    turn: Json = {
        "trigger": trigger,
        "user_transcript": words,
        "agent_transcript": " ".join(one["label"] for one in said) or None,
        "interrupted": any(one["type"] == "interrupted_speech" for one in said),
        "filler_type": next((one["type"] for one in agent if one["type"].startswith("filler")), None),
        "state": state,
        "tools": [],
    }
    if said:
        turn["agent_speech_start_ms"] = round(said[0]["start"] * 1000)
        turn["agent_speech_end_ms"] = round(said[-1]["end"] * 1000)
        turn |= {name: said[0][name] for name in ("nav_ms", "render_ms", "audio_ttfb_ms") if name in said[0]}
    return turn


def _audio(recording: Recording, activity: Activity, made: Run) -> Json:
    moves = recording.labels.moves if recording.labels else ()
    tone = max(gaps_between_moves(moves, activity), key=lambda gap: gap[1] - gap[0])
    return {
        "recording": recording.id,
        "tone": [tone[0], min(tone[1], tone[0] + _TONE_MS)],
        "caller": [[place.start_ms, place.end_ms, place.shift_ms] for place in made.played.placements],
        "agent": [
            [piece.start_ms, piece.end_ms, planned.end_ms, " ".join(planned.words)]
            for sound in made.played.sounds
            for piece, planned in zip(sound.pieces, sound.planned, strict=False)
        ],
    }


def _hand_over(entry: Json) -> None:
    """Add what a human operator and the caller say after the agent has handed the call over."""
    at_ms = entry["duration_ms"] + 2500
    entry["operator_ms"] = [at_ms - 300]
    entry["operator_words"] = list(OPERATOR_WORDS)
    for words, move in zip(OPERATOR_WORDS, entry["audio"]["caller"][-2:], strict=True):
        end_ms = at_ms + 57 * len(words)
        entry["audio"]["agent"].append([at_ms, end_ms, end_ms, words])
        segment = {"type": "agent_speech", "lane": "operator", "start": at_ms / 1000, "end": end_ms / 1000}
        entry["segments"].append(segment | {"label": words, "turn_index": entry["segments"][-1]["turn_index"]})
        begin_ms = end_ms + 600
        entry["audio"]["caller"].append([move[0], move[1], begin_ms - move[0]])
        at_ms = begin_ms + move[1] - move[0] + 500
    entry["operator_ms"].append(at_ms)
    entry["duration_ms"] = at_ms + _LISTENS_MS
