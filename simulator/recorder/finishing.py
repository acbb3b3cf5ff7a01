"""From a journal to a recording: FLAC with provisional labels and the scenario it was made with."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from base.files import write_private
from base.folders import own_recordings_folder
from base.json_text import json_bytes
from base.os_errors import os_error_text
from base.samples import SAMPLE_RATE
from simulator.audio.private_audio import private_audio
from simulator.engine.events import (
    BargeIn,
    BargeInSuppressed,
    EndOfTurn,
    FillerEnded,
    FillerStarted,
    ResponseEnded,
    ResponseStarted,
    SpeechEnded,
    SpeechStarted,
)
from simulator.errors import SimulatorError
from simulator.recorder.journal import SAMPLES_SUFFIX, forget, left_behind, read_events

Message = dict[str, Any]
"""An event as scripts see it (:meth:`simulator.engine.events.Event.to_json`), or a notice; times in seconds."""

_AGENT_STARTS = (FillerStarted.type, ResponseStarted.type)
_AGENT_ENDS = (FillerEnded.type, ResponseEnded.type)


def provisional_labels(told: Iterable[Message], duration_s: float, **about: Any) -> dict[str, Any]:
    """Return a label file's content, marked ``provisional``; times are the recording's own.

    Speech, turns and agent windows are what the engine decided, so they agree with it by construction: nothing is
    measured against them until a person has corrected them and taken the mark away.
    """
    events = list(told)
    speech = _spans(events, (SpeechStarted.type,), (SpeechEnded.type,), duration_s, start="start", end="end")
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
    events: list[Message],
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


def _turns(events: list[Message], duration_s: float) -> list[dict[str, Any]]:
    """Return the caller's turns; one that was taken up again ends where it ended at last."""
    found: dict[float, float] = {}
    for event in events:
        if event["type"] == EndOfTurn.type:
            found[_within(event["onset"], duration_s)] = _within(event["speech_end"], duration_s)
    turns: list[dict[str, Any]] = []
    free_s = 0.0
    for onset, end in sorted(found.items()):
        if end > max(onset, free_s):
            turns.append({"start_s": max(onset, free_s), "end_s": end})
            free_s = end
    return turns


def _over_the_agent(events: list[Message], speech: list[list[float]], duration_s: float) -> list[dict[str, Any]]:
    """Return where the caller spoke over the agent: what stopped it, at once or later, and what did not."""
    starts = {
        event["span"]: _within(event["start"], duration_s)
        for event in events
        if event["type"] == SpeechStarted.type
    }
    stopped: dict[float, bool] = {}
    for event in events:
        if event["type"] in (BargeIn.type, BargeInSuppressed.type) and event["span"] in starts:
            start_s = starts[event["span"]]
            stopped[start_s] = stopped.get(start_s, False) or event["type"] == BargeIn.type
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


_BLOCK = 10 * SAMPLE_RATE
_SHORTEST_S = 0.1


def finish_recording(samples: Path) -> Path | None:
    """Make ``NAME.flac``, ``NAME.json`` and ``NAME.scenario.json`` of a journal, and delete it.

    Returns the audio file, readable by its owner alone; ``None`` for a journal of less than 0.1 s, which is only
    deleted. Raises :class:`~simulator.errors.SimulatorError`; the journal is kept then.
    """
    target = _audio_of(samples)
    try:
        duration_s = samples.stat().st_size // 2 / SAMPLE_RATE
        if duration_s >= _SHORTEST_S:
            _make(samples, duration_s)
        forget(samples)
    except OSError as error:
        why = os_error_text(error)
        raise SimulatorError(
            f"{target}: cannot be written ({why}); make room there, the recording is kept until the next start"
        ) from None
    return target if duration_s >= _SHORTEST_S else None


def recover_recordings(folder: Path | None = None) -> tuple[list[Path], list[str]]:
    """Finish what processes that were killed have left behind; return the recordings, and what went wrong."""
    found: list[Path] = []
    faults: list[str] = []
    place = folder or own_recordings_folder()
    for samples in sorted(place.glob(f"*{SAMPLES_SUFFIX}")) if place.is_dir() else ():
        with left_behind(samples) as ours:
            if not ours:
                continue
            try:
                made = _recovered(samples)
            except SimulatorError as error:
                faults.append(str(error))
                continue
        if made is not None:
            found.append(made)
    return found, faults


def _recovered(samples: Path) -> Path | None:
    if _audio_of(samples).exists():  # it was whole: its labels may be a person's by now
        forget(samples)
        return None
    return finish_recording(samples)


def _make(samples: Path, duration_s: float) -> None:
    about, events = read_events(samples)
    scenario = about.pop("scenario", None)
    try:
        labels = provisional_labels(events, duration_s, **about)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise SimulatorError(
            f"{samples}: what was told beside it makes no sense ({type(error).__name__}: {error}); move it away"
        ) from None
    if scenario is not None:
        _write_json(samples.with_suffix(".scenario.json"), scenario)
    _write_json(samples.with_suffix(".json"), labels)
    # last: a recording is there once its audio is
    with samples.open("rb") as raw, private_audio(_audio_of(samples), "FLAC", 1, replace=True) as flac:
        while block := raw.read(2 * _BLOCK):
            # a process that was killed may have written half a sample
            flac.write(np.frombuffer(block[: len(block) // 2 * 2], "<i2"))


def _audio_of(samples: Path) -> Path:
    return samples.with_suffix(".flac")


def _write_json(path: Path, content: dict[str, Any]) -> None:
    write_private(path, json_bytes(content, indent=1), replace=True)
