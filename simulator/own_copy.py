"""A copy of a recording that is a person's own, with everything that stands beside it."""

from __future__ import annotations

from pathlib import Path

from simulator.errors import SimulatorError
from simulator.labels import labels_beside
from simulator.private_file import write_private


def copy_recording(audio: Path, folder: Path) -> Path:
    """Copy a recording, its labels and its scenario into a folder, under the name ``my-NAME``.

    Returns the copied audio, readable by its owner alone. Raises :class:`~simulator.errors.SimulatorError`.
    """
    try:
        beside = [audio.with_suffix(".scenario.json"), *filter(None, [labels_beside(audio)])]
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        stem = _free_stem(audio.stem, folder)
        for one in (file for file in beside if file.is_file()):
            write_private(folder / (stem + one.name.removeprefix(audio.stem)), one.read_bytes(), replace=False)
        # last: a recording is there once its audio is
        target = folder / (stem + audio.suffix)
        write_private(target, audio.read_bytes(), replace=False)
    except OSError as error:
        why = (error.strerror or "cannot be written").lower()
        raise SimulatorError(f"{folder}: {why}; the recording was not copied, make room there") from None
    return target


def _free_stem(stem: str, folder: Path) -> str:
    """Return a name that no file in the folder begins with."""
    taken = {file.name.partition(".")[0] for file in folder.iterdir()}
    number, own = 1, f"my-{stem}"
    while own in taken:
        number += 1
        own = f"my-{stem}-{number}"
    return own
