"""From a journal to a recording: FLAC with provisional labels and the scenario it was made with."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from base.files import write_private
from base.folders import own_recordings_folder
from base.os_errors import os_error_text
from base.samples import SAMPLE_RATE
from simulator.audio.private_audio import private_audio
from simulator.errors import SimulatorError
from simulator.recorder.journal import SAMPLES_SUFFIX, forget, left_behind, read_events
from simulator.recorder.provisional import provisional_labels

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
    write_private(path, json.dumps(content, indent=1).encode(), replace=True)
