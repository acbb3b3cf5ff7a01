"""Converts a platform's call data to ``call.json``, with turns and operators on the clock of the media."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal

from services.calls.model import CallDetail, CallSummary, PlatformTurn, Segment
from services.calls.record import CallTurn, Speaker, ToolUse

_NAMES: Final = {
    "nav_ms": "navigation_ms",
    "render_ms": "render_ms",
    "audio_ttfb_ms": "voice_first_audio_ms",
    "e2e_ttfb_ms": "response_ms",
    "engine_ms": "engine_ms",
    "tool_ms": "tools_ms",
}
"""The names of the platform's latencies in ``call.json``."""

_EPOCH_MS: Final = 100_000_000_000.0
"""Larger times count from 1970."""

_GAP_TOLERANCE_MS: Final = 50.0
_HANDED_OVER: Final = ("transferred", "forwarded", "warm_transfer_completed", "escalated")

Kind = Literal["greeting", "filler", "response"]
_KINDS: Final[Mapping[str, Kind]] = {
    "greeting": "greeting",
    "filler_nav": "filler",
    "filler_hesitation": "filler",
    "agent_speech": "response",
    "interrupted_speech": "response",
    "silence_check": "response",
}


@dataclass(frozen=True, slots=True)
class CallClock:
    """A call's clock. Its zero is the start of the media."""

    zero: datetime | None
    timeline_shift_s: float = 0.0
    """The offset added to times of the platform's timeline."""

    @classmethod
    def of(cls, call: CallDetail, media_start: datetime | None) -> CallClock:
        """Return a call's clock.

        ``media_start`` comes from the recording; it counts if the call itself has none.
        """
        zero = call.media_started_at or media_start or call.started_at
        shift_s = 0.0
        if call.timeline is not None and call.timeline.origin == "call_start" and zero and call.started_at:
            shift_s = (call.started_at - zero).total_seconds()
        return cls(zero, shift_s)

    def seconds(self, moment: datetime) -> float:
        """Return a time as seconds on this clock."""
        return 0.0 if self.zero is None else (moment - self.zero).total_seconds()

    def from_ms(self, time_ms: float | None) -> float | None:
        """Return a turn's time as seconds on this clock."""
        if time_ms is None:
            return None
        if time_ms > _EPOCH_MS and self.zero is not None:
            time_ms -= self.zero.timestamp() * 1000
        return round(time_ms / 1000, 3)


def operator_stretches(call: CallDetail, clock: CallClock, duration_s: float | None) -> list[tuple[float, float]]:
    """Return when a human operator was in the call, in s. Overlapping stretches are joined."""
    end_s = duration_s or (call.timeline.duration_s if call.timeline else 0.0)
    found = []
    for span in call.operators:
        until = span.since + timedelta(days=1) if span.until is None else span.until
        found.append((clock.seconds(span.since), clock.seconds(until)))
    said = [clock.seconds(moment) for moment in call.operator_said if moment is not None]
    if said and not found:
        found.append((min(said), _agent_again(call, clock, max(said))))
    found += [(one.start_s, one.end_s) for one in _segments(call, clock) if one.lane == "operator"]
    return _joined(found, end_s)


def _agent_again(call: CallDetail, clock: CallClock, after_s: float) -> float:
    """Return when the agent next speaks after a time, in s. A day later if it does not."""
    begins = [one.start_s for one in _segments(call, clock) if one.lane == "agent"]
    begins += [
        start_s
        for turn in call.turns
        if turn.speaker_role != "operator" and (start_s := clock.from_ms(turn.agent_speech_start_ms)) is not None
    ]
    return min((one for one in begins if one > after_s), default=after_s + 86_400)


def _joined(stretches: Sequence[tuple[float, float]], end_s: float) -> list[tuple[float, float]]:
    """Return stretches clipped to the call's length and joined where they overlap. A length of 0 is unknown."""
    merged: list[tuple[float, float]] = []
    for start_s, until_s in sorted((max(0.0, one[0]), min(one[1], end_s or one[1])) for one in stretches):
        if until_s <= start_s:
            continue
        if merged and start_s <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], until_s))
        else:
            merged.append((start_s, until_s))
    return [(round(start_s, 3), round(until_s, 3)) for start_s, until_s in merged]


def with_operator_turns(
    stretches: Sequence[tuple[float, float]], turns: Sequence[CallTurn], duration_s: float | None
) -> list[tuple[float, float]]:
    """Return an operator's stretches, including those that the call's turns show, in s.

    A turn without times lies between the timed turns around it.
    """
    if all(turn.from_s is None for turn in turns):
        return list(stretches)
    found = list(stretches)
    for number, turn in enumerate(turns):
        if turn.speaker == "operator":
            ended = [one.to_s or one.from_s or 0.0 for one in turns[:number] if one.speaker != "operator"]
            begins = [one.from_s for one in turns[number + 1 :] if one.speaker != "operator" and one.from_s]
            start_s = max(ended, default=0.0) if turn.from_s is None else turn.from_s
            later = begins[0] if begins else duration_s or start_s + 86_400
            found.append((start_s, later if turn.to_s is None else turn.to_s))
    return _joined(found, duration_s or 0.0)


def operator_takes_part(call: CallDetail, turns: Sequence[CallTurn]) -> bool:
    """Return whether a human operator speaks in a call, at any time."""
    return bool(call.operator_said) or any(turn.speaker == "operator" for turn in turns)


def is_handed_over(call: CallDetail) -> bool:
    """Return whether a call ended with a human operator. The recording need not contain the operator."""
    return call.completion_reason in _HANDED_OVER


def turns_of(call: CallDetail, clock: CallClock) -> list[CallTurn]:
    """Return the turns in order: from the timeline, or from the logged turns if there is none."""
    segments = _segments(call, clock)
    if any(one.lane in ("caller", "agent") for one in segments):
        found = [*_caller_turns(call, clock, segments), *_agent_turns(call, segments)]
    else:
        found = list(_plain_turns(call, clock))
    return in_order(found)


def in_order(turns: Sequence[CallTurn]) -> list[CallTurn]:
    """Return turns in order of time. A turn without a time stays after the turn before it."""
    at_s, placed = 0.0, []
    for number, turn in enumerate(turns):
        at_s = at_s if turn.from_s is None else turn.from_s
        placed.append((at_s, number, turn))
    return [turn for *_, turn in sorted(placed, key=lambda one: one[:2])]


def _segments(call: CallDetail, clock: CallClock) -> list[Segment]:
    if call.timeline is None:
        return []
    shift_s = clock.timeline_shift_s
    return [
        Segment(
            type=one.type,
            lane=one.lane,
            start_s=round(max(0.0, one.start_s + shift_s), 3),
            end_s=round(max(0.0, one.end_s + shift_s), 3),
            label=one.label,
            turn_index=one.turn_index,
            state=one.state,
            tool_name=one.tool_name,
            latencies_ms=one.latencies_ms,
        )
        for one in call.timeline.segments
    ]


def _caller_turns(call: CallDetail, clock: CallClock, segments: Sequence[Segment]) -> Iterator[CallTurn]:
    """Yield the turns that the platform logged, then each caller segment outside them, such as a backchannel."""
    whole = []
    for turn in call.turns:
        from_s, to_s = clock.from_ms(turn.user_speech_start_ms), clock.from_ms(turn.user_speech_end_ms)
        if from_s is not None and to_s is not None and to_s >= from_s:
            whole.append((from_s, to_s))
            yield _said("caller", from_s, to_s, turn.user_transcript, turn.state)
    named: set[int] = set()
    for one in segments:
        if one.type != "caller_speech" or any(start < one.end_s and one.start_s < end for start, end in whole):
            continue
        turn_of = _turn(call, one.turn_index)
        first = not whole and one.turn_index not in named
        named.add(one.turn_index)
        words = one.label or (turn_of.user_transcript if turn_of is not None and first else None)
        yield _said("caller", one.start_s, one.end_s, words, turn_of.state if turn_of else None)


def _agent_turns(call: CallDetail, segments: Sequence[Segment]) -> Iterator[CallTurn]:
    answered: set[int] = set()
    for one in segments:
        if one.lane == "operator":
            yield _said("operator", one.start_s, one.end_s, one.label, None)
        if one.lane != "agent":
            continue
        turn, kind = _turn(call, one.turn_index), _KINDS.get(one.type)
        first = kind == "response" and one.turn_index not in answered
        tools: tuple[ToolUse, ...] = ()
        reported = _reported(one.latencies_ms)
        if kind == "filler" and "response_ms" in reported:
            reported["first_audio_ms"] = reported.pop("response_ms")
        if first:
            answered.add(one.turn_index)
            tools = _tools(turn, [each for each in segments if each.turn_index == one.turn_index])
            reported = _reported(turn.latencies_ms if turn else {}) | reported
            if (gap_ms := _end_of_turn_ms(one, segments, reported)) is not None:
                reported["end_of_turn_ms"] = gap_ms
        words = one.label or (turn.agent_transcript if turn is not None and first else None)
        state = one.state or (turn.state if turn else None)
        yield _said("agent", one.start_s, one.end_s, words, state, kind, tools, reported)


def _end_of_turn_ms(answer: Segment, segments: Sequence[Segment], reported: Mapping[str, float]) -> float | None:
    """Return the platform's endpointing delay, if its figures show that the gap is that delay."""
    gaps = [one for one in segments if one.type == "processing_gap" and one.end_s <= answer.start_s + 0.001]
    if not gaps or "response_ms" not in reported:
        return None
    last = max(gaps, key=lambda one: one.end_s)
    gap_ms = round((last.end_s - last.start_s) * 1000, 1)
    stages = ("navigation_ms", "render_ms", "voice_first_audio_ms", "tools_ms")
    rest_ms = sum(reported.get(name, 0.0) for name in stages)
    return gap_ms if gap_ms + rest_ms <= reported["response_ms"] + _GAP_TOLERANCE_MS else None


def _plain_turns(call: CallDetail, clock: CallClock) -> Iterator[CallTurn]:
    for turn in call.turns:
        if turn.user_transcript or turn.user_speech_start_ms is not None:
            start_s, end_s = clock.from_ms(turn.user_speech_start_ms), clock.from_ms(turn.user_speech_end_ms)
            yield _said("caller", start_s, end_s, turn.user_transcript, turn.state)
        if turn.agent_transcript or turn.agent_speech_start_ms is not None:
            start_s, end_s = clock.from_ms(turn.agent_speech_start_ms), clock.from_ms(turn.agent_speech_end_ms)
            kind: Kind = "greeting" if turn.trigger == "greeting" else "response"
            speaker: Speaker = "operator" if turn.speaker_role == "operator" else "agent"
            reported = _reported(turn.latencies_ms)
            yield _said(
                speaker, start_s, end_s, turn.agent_transcript, turn.state, kind, _tools(turn, []), reported
            )


def _said(
    speaker: Speaker,
    from_s: float | None,
    to_s: float | None,
    text: str | None,
    state: str | None,
    kind: Kind | None = None,
    tools: tuple[ToolUse, ...] = (),
    reported: Mapping[str, float] | None = None,
) -> CallTurn:
    return CallTurn(
        speaker=speaker,
        from_s=from_s,
        to_s=to_s,
        text=text or None,
        state=state or None,
        kind=kind,
        tools=tools,
        reported=dict(reported or {}),
    )


def _turn(call: CallDetail, index: int) -> PlatformTurn | None:
    return call.turns[index] if 0 <= index < len(call.turns) else None


def _tools(turn: PlatformTurn | None, segments: Sequence[Segment]) -> tuple[ToolUse, ...]:
    if turn is not None and turn.tool_calls:
        return tuple(ToolUse(name=one.name, ms=one.duration_ms) for one in turn.tool_calls)
    return tuple(
        ToolUse(name=one.tool_name or one.label or "tool", ms=one.latencies_ms.get("duration_ms"))
        for one in segments
        if one.type == "tool_call"
    )


def _reported(latencies_ms: Mapping[str, float]) -> dict[str, float]:
    return {_NAMES[name]: value for name, value in latencies_ms.items() if name in _NAMES}


def number_of(call: CallDetail, summary: CallSummary) -> str | None:
    """Return the caller's telephone number."""
    return call.caller_id or summary.caller_id
