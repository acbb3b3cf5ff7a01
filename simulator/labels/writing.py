"""The label file of a recording as a person edits it: opened, held against what is on disk, and written whole."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from base.files import write_private
from base.json_text import json_bytes
from base.os_errors import os_error_text
from simulator.errors import LabelError
from simulator.labels.exchange import json_of_track
from simulator.labels.reading import labels_beside, read_json, read_labels


class LabelsChangedError(LabelError):
    """The file on disk is not the one that was opened: somebody else wrote it meanwhile."""


@dataclass(frozen=True, slots=True)
class LabelFile:
    """Where a recording's labels are written to, what they hold, and what was on disk when they were opened.

    ``before`` is ``None`` where there was no such file; ``note`` is one sentence about where the labels come from.
    """

    path: Path
    raw: Mapping[str, Any]
    before: bytes | None
    note: str = ""

    def write(self, raw: Mapping[str, Any], *, replace_changed: bool = False) -> LabelFile:
        """Write other content in one step, readable by its owner alone, and return the file as it is then.

        Raises :class:`LabelsChangedError` if the file is not as it was opened, unless ``replace_changed``, and
        :class:`~simulator.errors.LabelError`; the file is then as before.
        """
        if not replace_changed and _content(self.path) != self.before:
            raise LabelsChangedError(f"{self.path} was changed by something else since it was opened")
        content = json_bytes(raw, indent=1)
        try:
            write_private(self.path, content, replace=replace_changed or self.before is not None)
        except FileExistsError:
            raise LabelsChangedError(f"{self.path} is there by now") from None
        except OSError as error:
            raise LabelError(
                f"{self.path}: {os_error_text(error)}; nothing was saved. Make room or copy the recording"
            ) from None
        return LabelFile(self.path, raw, content)


def open_label_file(audio: Path, duration_s: float) -> LabelFile:
    """Return the labels beside a recording, to be edited; what is written is always JSON.

    Raises :class:`~simulator.errors.LabelError` for a file that is not good: it has to be mended by hand first.
    """
    target = audio.with_suffix(".json")
    try:
        found = labels_beside(audio)
    except OSError as error:
        raise LabelError(f"{audio.with_suffix('.txt')}: {os_error_text(error)}") from None
    before = _content(target)
    if found is None:
        raw = {"id": audio.stem, "audio": audio.name, "duration_s": round(duration_s, 3), "turns": []}
        return LabelFile(target, raw, before, f"Not labelled yet; labels will be in {target.name}.")
    labels = read_labels(found, duration_s)
    if found == target:
        note = "The agent's own guess, never measured against until you have changed and saved it."
        return LabelFile(target, read_json(target), before, note if labels.provisional else "")
    raw, _, _ = json_of_track(labels, {}, f"human (Audacity label track {found.name})")
    return LabelFile(target, raw, before, f"From {found.name}; {target.name} will be used instead of it.")


def _content(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise LabelError(f"{path}: {os_error_text(error)}") from None
