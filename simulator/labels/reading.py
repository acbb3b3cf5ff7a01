"""Reads label files, and checks them against their recording."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pydantic import ValidationError

from base.files import beside
from base.json_text import TextError, decoded, read_text
from base.json_text import read_json as json_in
from base.os_errors import os_error_text
from simulator.errors import LabelError
from simulator.labels.audacity import from_track, is_track
from simulator.labels.faults import first_fault
from simulator.labels.foreign import FORMATS, from_foreign
from simulator.labels.model import Labels

DURATION_TOLERANCE_S = 0.1
"""How far a label may extend past the end of the audio: encoders round and pad."""

SAME_LENGTH_S = 0.5
"""How far the recording length in a label file may differ from the audio's."""


def read_labels(path: Path, audio_duration_s: float | None, agent: str | None = None) -> Labels:
    """Read a label file, whose name's ending selects the format, and check it against the recording's length.

    ``audio_duration_s`` is in seconds, ``None`` without a recording. ``agent`` names the tier or speaker that is
    the agent, where the format has such. Raises :class:`LabelError`, which names the file, the place in it and the
    remedy.
    """
    suffix = path.suffix.lower()
    if suffix in FORMATS:
        labels = from_foreign(path, _text(path), agent)
    else:
        labels = from_track(_text(path), str(path)) if suffix == ".txt" else _from_json(path)
    if audio_duration_s is not None:
        _refuse_other_recording(labels, path, audio_duration_s)
    return labels


def labels_beside(audio: Path) -> Path | None:
    """Return a recording's label file: its JSON, else an Audacity label track, else another program's file.

    Raises :class:`LabelError` for a text file that cannot be read.
    """
    json_file, text = beside(audio, ".json"), beside(audio, ".txt")
    if json_file is not None:
        return json_file
    try:
        if text is not None and is_track(decoded(text.read_bytes(), "replace")):
            return text
    except OSError as error:
        raise LabelError(
            f"{text}: {os_error_text(error)}; give yourself permission to read it, or move it away"
        ) from None
    return next((one for ending in _FOREIGN if (one := beside(audio, ending))), None)


_FOREIGN = (".TextGrid", *FORMATS)

ENDINGS = (".json", ".txt", *_FOREIGN)
"""The endings of label file names."""


def origin_of(path: Path) -> str:
    """Return the ``label_origin`` for labels converted from another program's file."""
    suffix = path.suffix.lower()
    return (
        f"{FORMATS[suffix].name} {path.name}" if suffix in FORMATS else f"human (Audacity label track {path.name})"
    )


def _from_json(path: Path) -> Labels:
    raw = read_json(path)
    if not isinstance(raw, dict):
        raise LabelError(f"{path}: must hold one JSON object; see recordings/README.md for the label format")
    try:
        return Labels.model_validate(raw)
    except ValidationError as error:
        raise LabelError(f"{path}: {first_fault(error)}; correct the label file or move it away") from None


def _refuse_other_recording(labels: Labels, path: Path, audio_duration_s: float) -> None:
    claimed = audio_duration_s if labels.duration_s is None else labels.duration_s
    if abs(claimed - audio_duration_s) > SAME_LENGTH_S:
        raise LabelError(
            f"{path}: is for a recording of {claimed:.2f} s, but the audio lasts {audio_duration_s:.2f} s; "
            "do these labels belong to this recording?"
        )
    last = labels.last_time_s()
    if last > audio_duration_s + DURATION_TOLERANCE_S:
        raise LabelError(
            f"{path}: names {last:.2f} s, but the audio ends at {audio_duration_s:.2f} s; "
            "do these labels belong to this recording?"
        )


def _text(path: Path) -> str:
    """Return a file's text. Raises :class:`LabelError`."""
    try:
        return read_text(path)
    except TextError as error:
        raise LabelError(str(error)) from None


def read_json(path: Path) -> Any:
    """Read a JSON file. Raises :class:`LabelError` with the position of the first error."""
    try:
        return json_in(path, nan=True)
    except TextError as error:
        raise LabelError(str(error)) from None
