"""A copy of a recording that is a person's own, with everything that stands beside it."""

from __future__ import annotations

import os
from pathlib import Path

from base.files import free_stem, make_private_folder, write_private
from base.os_errors import os_error_text
from simulator.beside import beside
from simulator.errors import SimulatorError
from simulator.labels import labels_beside

_LONGEST = 220
"""Bytes of a recording's name that its copy keeps."""


def copy_recording(audio: Path, folder: Path) -> Path:
    """Copy a recording, its labels and its scenario into a folder, under the name ``my-NAME``.

    Returns the copied audio, readable by its owner alone. Raises :class:`~simulator.errors.SimulatorError`; nothing
    is left behind then.
    """
    try:
        others = filter(None, (beside(audio, ".scenario.json"), labels_beside(audio)))
        # the audio last: a recording is there once that is
        contents = {file.name: file.read_bytes() for file in (*others, audio)}
    except OSError as error:
        raise SimulatorError(
            f"{error.filename or audio}: {os_error_text(error)}; the recording was not copied"
        ) from None
    copies: list[Path] = []
    try:
        make_private_folder(folder)
        stem = free_stem(folder, f"my-{_shortened(audio.stem)}")
        for name, content in contents.items():
            copy = folder / (stem + name.removeprefix(audio.stem))
            write_private(copy, content, replace=False)
            copies.append(copy)
    except OSError as error:
        for copy in copies:
            copy.unlink(missing_ok=True)
        raise SimulatorError(
            f"{folder}: {os_error_text(error)}; the recording was not copied, make room there"
        ) from None
    return copies[-1]


def _shortened(stem: str) -> str:
    """Return a name that leaves room in 255 bytes for what is put in front of it and behind."""
    return os.fsencode(stem)[:_LONGEST].decode(errors="ignore")
