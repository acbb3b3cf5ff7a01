"""Records a live call: a journal during the call, then FLAC with provisional labels and a scenario."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import numpy as np

from base.files import free_stem, lock_file, make_private_folder, write_private
from base.folders import own_recordings_folder
from base.json_text import json_bytes
from base.os_errors import os_error_text
from base.samples import SAMPLE_RATE, Samples, to_pcm16
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

SAMPLES_SUFFIX = ".live"
EVENTS_SUFFIX = ".live.jsonl"


class RecordingJournal:
    """A recording in progress. Every method raises :class:`OSError` on a disk error.

    ``stem`` is the preferred name; an existing recording's name is never used. ``about`` includes
    ``recorded.channels`` where there are several.
    """

    def __init__(self, folder: Path, stem: str, about: dict[str, Any]) -> None:
        make_private_folder(folder)
        self.path, self._samples = _begin(folder, stem)
        self._handles = [self._samples]
        self.count = 0
        """The number of samples per channel."""
        try:
            self._events = _new(_events_of(self.path))
            self._handles.append(self._events)
            self.write_event(about)
        except BaseException:
            forget(self.path)
            self.close()
            raise

    def write(self, samples: Samples) -> None:
        """Append samples in -1…1, float32 ``[n]``, or ``[n, channels]``."""
        _write(self._samples, to_pcm16(samples).tobytes())
        self.count += len(samples)

    def write_event(self, event: dict[str, Any]) -> None:
        """Append an event with times in seconds of the recording."""
        _write(self._events, json.dumps(event).encode() + b"\n")

    @property
    def seconds(self) -> float:
        """The length so far, s."""
        return self.count / SAMPLE_RATE

    def close(self) -> None:
        """Close the files and keep them."""
        while self._handles:
            with suppress(OSError):
                os.close(self._handles.pop())


def read_events(samples: Path) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Return a journal's header and its events; a partial last line or a missing file is ignored."""
    lines: list[dict[str, Any]] = []
    with suppress(OSError):
        for line in _events_of(samples).read_bytes().splitlines():
            with suppress(ValueError):
                found = json.loads(line)
                if isinstance(found, dict):
                    lines.append(found)
    return (lines[0], lines[1:]) if lines else ({}, [])


def forget(samples: Path) -> None:
    """Delete a journal's files."""
    _events_of(samples).unlink(missing_ok=True)
    samples.unlink(missing_ok=True)


@contextmanager
def left_behind(samples: Path) -> Iterator[bool]:
    """Try to take a journal's lock; yield whether that worked: it fails while its recorder lives."""
    try:
        handle = os.open(samples, os.O_RDWR)
    except OSError:
        yield False
        return
    try:
        yield lock_file(handle)
    finally:
        os.close(handle)


def _begin(folder: Path, stem: str) -> tuple[Path, int]:
    """Return a new samples file with a free name, and its locked descriptor."""
    while True:
        path = folder / f"{free_stem(folder, stem)}{SAMPLES_SUFFIX}"
        try:
            handle = _new(path)
        except FileExistsError:  # another session took the name just now
            continue
        if lock_file(handle):
            return path, handle
        os.close(handle)  # another process considers it abandoned and deletes it


def _new(path: Path) -> int:
    return os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_APPEND, 0o600)


def _events_of(samples: Path) -> Path:
    return samples.parent / f"{samples.stem}{EVENTS_SUFFIX}"


def _write(handle: int, content: bytes) -> None:
    while content:
        content = content[os.write(handle, content) :]


Message = dict[str, Any]
"""An event in its JSON form (:meth:`simulator.engine.events.Event.to_json`), or a notice; times in seconds."""

GUARD_CLOSED, GUARD_OPENED = "guard_closed", "guard_opened"
"""Between the two, an echo guard kept the microphone's sound from the agent."""

_AGENT_STARTS = (FillerStarted.type, ResponseStarted.type)
_AGENT_ENDS = (FillerEnded.type, ResponseEnded.type)


def provisional_labels(messages: Iterable[Message], duration_s: float, **about: Any) -> dict[str, Any]:
    """Return a label file's content, marked ``provisional``; times are in seconds of the recording.

    Speech, turns and agent windows are the engine's own decisions, so they always agree with it. Nothing is
    measured against them until a person has corrected them and removed the mark.
    """
    events = list(messages)
    speech = _spans(events, (SpeechStarted.type,), (SpeechEnded.type,), duration_s, start="start", end="end")
    return {
        **about,
        "duration_s": round(duration_s, 3),
        "channel": "caller",
        "provisional": True,
        "label_origin": "a live agent's decisions",
        "unheard": _spans(events, (GUARD_CLOSED,), (GUARD_OPENED,), duration_s),
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
    """Return stretches between two kinds of events, s; an open stretch lasts to the recording's end."""
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
    """Return the caller's turns; a reopened turn ends at its last end."""
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
    """Convert a journal to ``NAME.flac``, ``NAME.json`` and ``NAME.scenario.json``, and delete it.

    Returns the audio file, readable only by its owner. Returns ``None`` for a journal of less than 0.1 s, which is
    only deleted. Raises :class:`~simulator.errors.SimulatorError`, and then keeps the journal.
    """
    target = _audio_of(samples)
    try:
        about, events = read_events(samples)
        channels = _channels(about)
        duration_s = samples.stat().st_size // (2 * channels) / SAMPLE_RATE
        if duration_s >= _SHORTEST_S:
            _make(samples, duration_s, channels, about, events)
        forget(samples)
    except OSError as error:
        why = os_error_text(error)
        raise SimulatorError(
            f"{target}: cannot be written ({why}); make room there, the recording is kept until the next start"
        ) from None
    return target if duration_s >= _SHORTEST_S else None


def recovery_notices(folder: Path | None = None) -> list[str]:
    """Finish the recordings of killed processes; return a sentence for each."""
    found, faults = recover_recordings(folder)
    return [*(f"an interrupted recording was restored: {path}" for path in found), *faults]


def recover_recordings(folder: Path | None = None) -> tuple[list[Path], list[str]]:
    """Finish the recordings of killed processes; return the recordings, and what failed."""
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
    if _audio_of(samples).exists():  # it was complete: a person may have edited its labels since
        forget(samples)
        return None
    return finish_recording(samples)


def _channels(about: dict[str, Any]) -> int:
    """Return a journal's number of channels; earlier versions have one and do not store it."""
    recorded = about.get("recorded")
    named = recorded.get("channels") if isinstance(recorded, dict) else None
    return len(named) if isinstance(named, list) and named else 1


def _make(
    samples: Path, duration_s: float, channels: int, about: dict[str, Any], events: list[dict[str, Any]]
) -> None:
    scenario = about.pop("scenario", None)
    try:
        labels = provisional_labels(events, duration_s, **about)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise SimulatorError(
            f"{samples}: the events beside it are invalid ({type(error).__name__}: {error}); move it away"
        ) from None
    if scenario is not None:
        _write_json(samples.with_suffix(".scenario.json"), scenario)
    _write_json(samples.with_suffix(".json"), labels)
    # last: a recording exists once its audio does
    width = 2 * channels
    with samples.open("rb") as raw, private_audio(_audio_of(samples), "FLAC", channels, replace=True) as flac:
        while block := raw.read(width * _BLOCK):
            # a killed process may have written half a sample
            flac.write(np.frombuffer(block[: len(block) // width * width], "<i2").reshape(-1, channels))


def _audio_of(samples: Path) -> Path:
    return samples.with_suffix(".flac")


def _write_json(path: Path, content: dict[str, Any]) -> None:
    write_private(path, json_bytes(content, indent=1), replace=True)
