"""From a journal to a recording: FLAC with provisional labels and the scenario it was made with."""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import soundfile as sf

from simulator.audio.samples import SAMPLE_RATE
from simulator.errors import SimulatorError
from simulator.private_file import PARTIAL, write_private
from simulator.recorder.folder import own_recordings_folder
from simulator.recorder.journal import SAMPLES_SUFFIX, forget, left_behind, read_events
from simulator.recorder.provisional import provisional_labels

_BLOCK = 10 * SAMPLE_RATE
_SHORTEST_S = 0.1


def finish_recording(samples: Path) -> Path | None:
    """Make ``NAME.flac``, ``NAME.json`` and ``NAME.scenario.json`` of a journal, and delete it.

    Returns the audio file, readable by its owner alone; ``None`` for a journal of less than 0.1 s, which is only
    deleted. Raises :class:`~simulator.errors.SimulatorError`; the journal is kept then.
    """
    about, events = read_events(samples)
    scenario = about.pop("scenario", None)
    target = samples.with_suffix(".flac")
    try:
        duration_s = samples.stat().st_size // 2 / SAMPLE_RATE
        if duration_s >= _SHORTEST_S:
            if scenario is not None:
                _write_json(samples.with_suffix(".scenario.json"), scenario)
            _write_json(samples.with_suffix(".json"), provisional_labels(events, duration_s, **about))
            # last: a recording is there once its audio is
            _encode(samples, target)
        forget(samples)
    except (OSError, sf.SoundFileError) as error:
        why = (getattr(error, "strerror", None) or type(error).__name__).lower()
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
                made = finish_recording(samples)
            except SimulatorError as error:
                faults.append(str(error))
                continue
        if made is not None:
            found.append(made)
    return found, faults


def _write_json(path: Path, content: dict[str, Any]) -> None:
    write_private(path, json.dumps(content, indent=1).encode(), replace=True)


def _encode(samples: Path, target: Path) -> None:
    """Write 16-bit FLAC in one step, its mode 0600; half a sample at the end is left out."""
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=f"{target.name}.", suffix=PARTIAL)
    os.close(handle)
    temporary = Path(name)
    try:
        with (
            samples.open("rb") as raw,
            sf.SoundFile(os.fsencode(temporary), "w", SAMPLE_RATE, 1, "PCM_16", format="FLAC") as flac,
        ):
            while block := raw.read(2 * _BLOCK):
                flac.write(np.frombuffer(block[: len(block) // 2 * 2], "<i2"))
        with temporary.open("rb+") as done:
            os.fsync(done.fileno())
        temporary.replace(target)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
