"""What happened in a stored call, from the files beside it: the agent's words and times, and what was heard."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

from base.os_errors import os_error_text
from simulator.errors import SimulatorError
from simulator.heard.call_folder import (
    KeptCall,
    LoggedTurn,
    UnusableCallError,
    kept_measures,
    read_call_folder,
    words_of,
)
from simulator.heard.sides import sides_of

AGENT_AUDIO: Final = "agent.flac"
"""The agent's side on the call's clock, beside ``caller.flac``."""

_LATE_MS = 400
"""The largest distance between a logged event and the beginning of its sound, ms."""

_STAGES: Final = {
    "end_of_turn_ms": "end of turn",
    "navigation_ms": "navigation",
    "render_ms": "render",
    "voice_first_audio_ms": "first audio",
}
"""The stages of a response that a log may report, and their names on screen."""

_OVER_MS = 100
"""Shorter overlaps of caller and agent are mere hand-overs, ms."""

SoundKind = Literal["greeting", "filler", "response"]


@dataclass(frozen=True, slots=True)
class SaidSound:
    """A stretch of the agent's sound, ms on the call's clock. ``cut``: it stopped when the caller spoke.

    ``took``: the stages of the wait before it that the log names, ms each, in order.
    """

    kind: SoundKind
    start_ms: int
    end_ms: int
    text: str
    cut: bool = False
    took: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True, slots=True)
class SaidTurn:
    """A caller turn, ms on the call's clock, and its words. ``interrupts``: it began over the agent."""

    start_ms: int
    end_ms: int
    text: str
    interrupts: bool = False


@dataclass(frozen=True, slots=True)
class Noted:
    """A heard event: ``type`` as in ``heard.json``, ``turn`` from 0 where it belongs to one."""

    t_ms: int
    type: str
    turn: int | None
    evidence: str


@dataclass(frozen=True, slots=True, eq=False)
class CallHappenings:
    """A call's course: the agent's sounds, the caller's turns and overlaps, each in order, ms."""

    duration_ms: int
    sounds: tuple[SaidSound, ...]
    turns: tuple[SaidTurn, ...]
    over: tuple[tuple[int, int], ...]
    noted: tuple[Noted, ...]
    by_ear: bool
    """Whether it was measured from audio; otherwise all of it is from the platform's log."""


def happened(folder: Path) -> CallHappenings | None:
    """Return what happened in a stored call; ``None`` without measures and log."""
    try:
        call = read_call_folder(folder)
    except SimulatorError:
        return None
    heard = kept_measures(call)
    if heard is not None and heard.get("stretches"):
        return _by_ear(call, heard)
    return _by_log(call)


def _by_log(call: KeptCall) -> CallHappenings | None:
    agent = [one for one in call.record.logged("agent") if one.to_s is not None]
    turns = [
        SaidTurn(round(one.from_ms), round(one.to_ms), words_of([one]))
        for one in call.record.logged("caller")
        if one.to_s is not None
    ]
    if not agent and not turns:
        return None
    sounds = [_sound((round(one.from_ms), round(one.to_ms)), one) for one in agent]
    ends = [sound.end_ms for sound in sounds] + [turn.end_ms for turn in turns]
    last_ms = max(round((call.record.duration_s or 0.0) * 1000), *ends)
    return CallHappenings(last_ms, tuple(sounds), tuple(turns), tuple(_over(turns, sounds)), (), by_ear=False)


def _by_ear(call: KeptCall, heard: dict[str, Any]) -> CallHappenings:
    stretches = heard["stretches"]
    noted = sorted(_noted(heard), key=lambda one: one.t_ms)
    stops = [one.t_ms for one in noted if one.type in ("interruption", "stop_for_nothing")]
    logged = call.record.logged("agent")
    sounds: list[SaidSound] = []
    for start_s, end_s in stretches["agent"]:
        for piece, turn in _pieces(round(start_s * 1000), round(end_s * 1000), logged):
            cut = any(piece[0] < at < piece[1] for at in stops)
            sounds.append(_sound(piece, turn, cut=cut))
    began = {one.t_ms for one in noted if one.type in ("interruption", "interruption_ignored")}
    said = call.record.logged("caller")
    turns = [
        _turn(round(start_s * 1000), round(end_s * 1000), said, began) for start_s, end_s in stretches["caller"]
    ]
    over = tuple(_over(turns, sounds))
    duration_ms = round(float(heard["duration_s"]) * 1000)
    return CallHappenings(duration_ms, tuple(sounds), tuple(turns), over, tuple(noted), by_ear=True)


def _turn(start_ms: int, end_ms: int, said: Sequence[LoggedTurn], began: set[int]) -> SaidTurn:
    own = [one for one in said if one.from_ms < end_ms and one.to_ms > start_ms]
    return SaidTurn(start_ms, end_ms, words_of(own), start_ms in began)


def _pieces(
    start_ms: int, end_ms: int, logged: Sequence[LoggedTurn]
) -> Iterator[tuple[tuple[int, int], LoggedTurn | None]]:
    """Yield a heard sound divided by the log, for example into a filler and the response that follows at once."""
    own = [one for one in logged if start_ms - _LATE_MS <= one.from_ms < end_ms - _OVER_MS]
    if not own:
        yield (start_ms, end_ms), None
        return
    begins = [start_ms, *(max(round(one.from_ms), start_ms) for one in own[1:])]
    for number, (begin, turn) in enumerate(zip(begins, own, strict=True)):
        until = begins[number + 1] if number + 1 < len(begins) else end_ms
        if until > begin:
            yield (begin, until), turn


def _sound(piece: tuple[int, int], turn: LoggedTurn | None, *, cut: bool = False) -> SaidSound:
    if turn is None:
        return SaidSound("response", *piece, "", cut)
    return SaidSound(turn.kind or "response", *piece, words_of([turn]), cut, tuple(_took(turn)))


def _took(turn: LoggedTurn) -> Iterator[tuple[str, float]]:
    """Yield the stages of the wait before a sentence of the agent's: those of the platform, then its tool calls."""
    for name, stage in _STAGES.items():
        if (figure := turn.figure(name)) is not None:
            yield stage, figure
    for tool in turn.tools:
        if tool.ms is not None:
            yield f"tool call {tool.name}", tool.ms


def _over(turns: Sequence[SaidTurn], sounds: Sequence[SaidSound]) -> Iterator[tuple[int, int]]:
    """Yield where the agent speaks while the caller does, ms."""
    ends = [sound.end_ms for sound in sounds]
    for turn in turns:
        for sound in sounds[bisect_left(ends, turn.start_ms) :]:
            if sound.start_ms >= turn.end_ms:
                break
            both = max(turn.start_ms, sound.start_ms), min(turn.end_ms, sound.end_ms)
            if both[1] - both[0] >= _OVER_MS:
                yield both


def _noted(heard: dict[str, Any]) -> Iterator[Noted]:
    for number, part in enumerate([heard, *heard["turns"]], start=-1):
        for event in part["events"]:
            turn = number if number >= 0 else None
            yield Noted(round(float(event["t"]) * 1000), str(event["type"]), turn, str(event["evidence"]))


def agent_audio(folder: Path) -> Path:
    """Return the agent's side of a stored call on the call's clock; the first time, write it beside the call.

    Raises :class:`~simulator.errors.SimulatorError` where there is no audio, or no free space.
    """
    path = folder / AGENT_AUDIO
    if path.exists():
        return path
    call = read_call_folder(folder)
    sides = sides_of(call)
    heard = kept_measures(call) or {}
    exchanged = any(fault.get("kind") == "swapped" for fault in heard.get("faults", ()))
    channel = heard.get("caller_channel")
    if exchanged or (channel is not None and channel - 1 != sides.caller.channel):
        sides = sides.swapped()
    try:
        sides.write(path, "agent")
    except OSError as error:
        raise UnusableCallError(f"{path}: {os_error_text(error)}; make room there") from None
    return path
