"""Converts a real call to a replayable recording: caller audio, labels from the audio, a scenario from the log.

The files stand beside the call as ``caller.flac``, ``caller.json`` and ``caller.scenario.json``, as with any
recording. The labels are provisional until a person corrects them; corrected labels are never replaced. The
measures stand beside it, too, so that each call is measured once.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from base.files import write_whole
from base.folders import calls_folder
from base.json_text import json_bytes
from base.os_errors import os_error_text
from base.samples import SAMPLES_PER_MS
from simulator.activity.cache import analysis_beside, cached_analysis
from simulator.activity.end_of_turn import EndOfTurnModel
from simulator.activity.model import Activity
from simulator.audio.source import open_audio
from simulator.echo.caller import AudioReader
from simulator.errors import LabelError
from simulator.heard.call_folder import (
    CallRecord,
    KeptCall,
    LoggedTurn,
    UnusableCallError,
    kept_measures,
    words_of,
    write_heard,
)
from simulator.heard.happened import agent_audio
from simulator.heard.measure import HeardCall, measure_call
from simulator.heard.sides import sides_of
from simulator.heard.tracks import Stretch
from simulator.heard.turns import CallerTurn, Floor
from simulator.labels import read_labels
from simulator.recording import Recording, open_recording

if TYPE_CHECKING:
    from simulator.playing.call_mix import Stereo
    from simulator.replay import Played


AUDIO, LABELS, SCENARIO, ANALYSIS = "caller.flac", "caller.json", "caller.scenario.json", "caller.npz"

ORIGIN = "heard by Turnlab from both channels, not corrected"

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

_BEFORE_MS, _AFTER_MS = 100, 350
"""Room sound kept before and after a move's speech, ms."""

_MS_A_CHARACTER = 62
"""An agent's speaking time per character, ms, for placeholder words where the real ones are unknown."""


def labels_of(heard: HeardCall) -> dict[str, Any]:
    """Return a provisional label file for the caller's side of a call, in seconds on the call's clock."""
    floor, logged = heard.floor, heard.record.logged("caller")
    others = [one for one in floor.overlaps if one.kind != "interruption"]
    return {
        "id": heard.record.id,
        "title": f"call of {_when(heard) or heard.record.id}",
        "audio": AUDIO,
        "duration_s": heard.duration_ms / 1000,
        "label_origin": ORIGIN,
        "provisional": True,
        "turns": [
            {"start_s": turn.start_ms / 1000, "end_s": turn.end_ms / 1000, "text": _said(turn, logged)}
            for turn in floor.turns
        ],
        "agent": [_s(one) for one in floor.sounds],
        "backchannels": [_s((one.start_ms, one.end_ms)) for one in others if one.kind == "backchannel"],
        "noises": [[*_s((one.start_ms, one.end_ms)), one.kind] for one in others if one.kind != "backchannel"],
        "events": [
            {
                "type": one.kind if one.kind != "echo" else "noise",
                "start_s": one.start_ms / 1000,
                "end_s": one.end_ms / 1000,
                "should_barge_in": one.kind == "interruption",
            }
            for one in floor.overlaps
        ],
        "moves": _moves(floor, heard.duration_ms),
    }


def _when(heard: HeardCall) -> str:
    """Return when a call began, in local time: ``28 Nov 14:11``; empty if unknown."""
    try:
        started = datetime.fromisoformat((heard.record.started_at or "").replace("Z", "+00:00")).astimezone()
    except (ValueError, OverflowError):
        return ""
    return f"{started.day} {_MONTHS[started.month - 1]} {started:%H:%M}"


def _s(stretch: Stretch) -> list[float]:
    return [stretch[0] / 1000, stretch[1] / 1000]


def _said(turn: CallerTurn, logged: list[LoggedTurn]) -> str:
    return words_of([one for one in logged if one.from_ms < turn.end_ms and one.to_ms > turn.start_ms])


def _moves(floor: Floor, duration_ms: int) -> list[dict[str, Any]]:
    """Return the caller's moves, each anchored to what the agent had said by then."""
    said = [(turn.start_ms, turn.end_ms, "interruption" if turn.interrupts else "turn") for turn in floor.turns]
    said += [
        (one.start_ms, one.end_ms, "backchannel" if one.kind == "backchannel" else "noise")
        for one in floor.overlaps
        if one.kind != "interruption"
    ]
    moves: list[dict[str, Any]] = []
    last_ms = 0
    said.sort()
    for number, (start, end, kind) in enumerate(said):
        after = said[number + 1][0] if number + 1 < len(said) else duration_ms
        from_ms = max(start - _BEFORE_MS, last_ms)
        to_ms = min(end + _AFTER_MS, max(end, after - _BEFORE_MS), duration_ms)
        if to_ms <= from_ms:
            continue
        anchor = _anchor(floor.sounds, from_ms, start, last_ms, over=kind != "turn")
        moves.append({"start_s": from_ms / 1000, "end_s": to_ms / 1000, "anchor": anchor, "kind": kind})
        last_ms = to_ms
    return moves


def _anchor(sounds: tuple[Stretch, ...], from_ms: int, start: int, last_ms: int, *, over: bool) -> dict[str, float]:
    if over:
        under = [one for one in sounds if one[0] < start < one[1]]
        if under:
            return {"into_agent": max(0, from_ms - under[0][0]) / 1000}
    ended = [until for begin, until in sounds if until <= start + _BEFORE_MS and begin >= last_ms - _AFTER_MS]
    if ended:
        return {"after_agent": max(0, from_ms - ended[-1]) / 1000}
    return {"at": from_ms / 1000}


# ---- the agent's side


def scenario_of(heard: HeardCall) -> dict[str, Any]:
    """Return the agent's side of a call: its sentences, states and tools, without its answer times.

    Where the log has no words, placeholder words fill the heard length. Telephone numbers are masked.
    """
    record = heard.record
    agent = record.logged("agent")
    starts = [turn.start_ms for turn in heard.floor.turns]
    limits = [*starts[1:], heard.duration_ms + 1]
    # a log that marks fillers has all of them; otherwise one may be unmarked
    said = "" if all(one.kind is not None for one in agent) else "Okay"
    lines: list[dict[str, Any]] = []
    for start, limit in zip(starts, limits, strict=True):
        own = [one for one in agent if start <= one.from_ms < limit]
        sounding = sum(end - begin for begin, end in heard.floor.sounds if start <= begin < limit)
        lines.append(_line(own, sounding, said))
    first = starts[0] if starts else heard.duration_ms
    before = [one for one in agent if one.from_ms < first]
    greeted = sum(end - begin for begin, end in heard.floor.sounds if begin < first)
    scenario: dict[str, Any] = {"schema": "turnlab.scenario/1", "turns": lines or [{"response": "Goodbye."}]}
    scenario["states"] = _states(record, agent)
    if greeted:
        scenario["greeting"] = words_of(before) or _words(greeted)
    return scenario


def _line(own: list[LoggedTurn], sounding_ms: int, unlogged: str) -> dict[str, Any]:
    """Return one answer of a scenario; ``unlogged`` is the filler where the log has none."""
    answers = [one for one in own if one.kind != "filler"]
    fillers = [words_of([one]) for one in own if one.kind == "filler" and one.text]
    line: dict[str, Any] = {"response": words_of(answers).strip() or _words(sounding_ms)}
    state = next((one.state for one in answers if one.state), None)
    if state:
        line["state"] = state
    if fillers or any(one.figure("navigation_ms") for one in own):
        line["navigation"] = f"a0,0,friendly,{fillers[0] if fillers else unlogged}"
    tools = [tool for one in own for tool in one.tools if tool.ms]
    if tools:
        line["tools"] = [{"name": tool.name or "tool", "duration_ms": tool.ms} for tool in tools]
    return line


def _states(record: CallRecord, agent: list[LoggedTurn]) -> dict[str, Any]:
    names = {one.state for one in agent if one.state}
    asked = {one.state for one in agent if one.figure("navigation_ms")}
    known = any(one.figure("navigation_ms") for one in record.turns)
    return {name: {"skip_navigation": known and name not in asked} for name in sorted(names)}


def _words(sounding_ms: int) -> str:
    """Return placeholder words that take an agent about ``sounding_ms``."""
    count = max(1, round(sounding_ms / _MS_A_CHARACTER / 5))
    return " ".join(["well"] * count) + "."


# ---- the recording


def prepare(call: KeptCall, heard: HeardCall) -> Path:
    """Write a call's caller as a recording beside it; return the audio's path. Corrected labels are not replaced.

    Raises :class:`~simulator.heard.call_folder.UnusableCallError` where there is no folder to write to, or no free
    space.
    """
    if call.folder is None:
        raise UnusableCallError(
            f"{call.path}: is a lone file; import it first: turnlab calls import {call.path.name}"
        )
    sides = sides_of(call)
    if heard.exchanged:
        sides = sides.swapped()
    audio = call.folder / AUDIO
    try:
        if not audio.exists():
            sides.write(audio, "caller")
        if not _corrected(call.folder / LABELS):
            write_whole(call.folder / LABELS, json_bytes(labels_of(heard), indent=1))
        write_whole(call.folder / SCENARIO, json_bytes(scenario_of(heard), indent=1))
    except OSError as error:
        raise UnusableCallError(f"{call.folder}: {os_error_text(error)}; make room there") from None
    return audio


def _corrected(path: Path) -> bool:
    try:
        return path.exists() and not read_labels(path, None).provisional
    except LabelError:
        return True  # a person is editing it


def open_replay(audio: Path) -> Recording:
    """Return the recording with its labels trusted: they are the heard turns that the replay is compared with.

    Raises what :func:`~simulator.recording.open_recording` raises, and
    :class:`~simulator.heard.call_folder.UnusableCallError` for a recording without labels.
    """
    recording = open_recording(audio)
    labels = recording.labels
    if labels is None:
        raise UnusableCallError(f"{audio}: its labels say nothing; measure the call again")
    return replace(recording, labels=labels.model_copy(update={"provisional": False}))


def analysis_anywhere(
    recording: Recording, judge: EndOfTurnModel, progress: Callable[[float], None] | None = None
) -> Activity:
    """Return a recording's analysis: from the cache or, for a call's recording, from beside the call.

    Raises what :func:`~simulator.activity.analyzer.analyze` raises.
    """
    return analyser_of(recording)(recording, judge, progress)


Analysing = Callable[[Recording, EndOfTurnModel, Callable[[float], None] | None], Activity]
"""Analyses a recording."""


def analyser_of(recording: Recording) -> Analysing:
    """Return the function that analyses a recording and stores the result: in the cache or beside the call.

    The function is sent to workers, which may have other folders.
    """
    if recording.url is not None:
        from simulator.executors.urls import analysis_at_url

        return analysis_at_url
    if recording.source.path.absolute().is_relative_to(calls_folder().absolute()):
        return analysis_of
    return _analysis_in_cache


def _analysis_in_cache(
    recording: Recording, judge: EndOfTurnModel, progress: Callable[[float], None] | None
) -> Activity:
    return cached_analysis(recording.source, judge, progress)


def analysis_of(
    recording: Recording, judge: EndOfTurnModel, progress: Callable[[float], None] | None = None
) -> Activity:
    """Return the analysis of a caller's audio, stored beside it: nothing of a call goes into the cache.

    Raises what :func:`~simulator.activity.analyzer.analyze` raises.
    """
    return analysis_beside(recording.source, judge, recording.source.path.with_name(ANALYSIS), progress)


Progress = Callable[[float], None]


def heard_before(call: KeptCall) -> dict[str, Any] | None:
    """Return the stored measures; ``None`` if the call must be measured, for them or for its replay."""
    kept = kept_measures(call)
    if kept is None or call.why_silent() is not None or not kept["values"]:
        return kept
    return kept if (call.path / AUDIO).exists() and (call.path / LABELS).exists() else None


def keep_heard(call: KeptCall, heard: HeardCall) -> dict[str, Any]:
    """Store a call's measures and its caller's recording beside it; return the measures.

    Raises :class:`~simulator.heard.call_folder.UnusableCallError`, and :class:`OSError` if the measures cannot be
    stored.
    """
    found = heard.to_json()
    if call.folder is not None:
        if heard.measured is not None:
            prepare(call, heard)
        write_heard(call, found)
    return found


def heard(call: KeptCall, progress: Progress | None = None) -> dict[str, Any]:
    """Return a call's stored measures, or measure it now. ``progress`` receives the seconds measured.

    Raises :class:`~simulator.errors.SimulatorError` and :class:`OSError`.
    """
    return heard_before(call) or keep_heard(call, measure_call(call, progress))


class RecordedMix:
    """A stored call in its folder, from the recordings of its two sides. Use it from one thread."""

    voice = "as recorded"

    def __init__(self, folder: Path, played: Played) -> None:
        self.played = played
        self.length = played.duration_ms * SAMPLES_PER_MS
        """The length of the call in samples."""
        self._folder = folder
        self._sides: tuple[AudioReader, ...] = ()

    def read(self, start: int, count: int) -> Stereo:
        """Return ``count`` samples from ``start``, float32 ``[count, 2]``.

        Raises :class:`~simulator.errors.SimulatorError` where a side cannot be read.
        """
        if not self._sides:
            self._sides = tuple(
                AudioReader(open_audio(path)) for path in (self._folder / AUDIO, agent_audio(self._folder))
            )
        return np.stack([side.read(start, count) for side in self._sides], axis=1)

    def prepare(self, _: int, __: float) -> bool:
        """Return at once: a recorded call needs no preparation."""
        return False
