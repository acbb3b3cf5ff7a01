"""The recordings on the bench: found, opened and analysed. Everything here blocks, so it runs in a worker."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from simulator.activity.analyzer import Completeness, completeness_model
from simulator.activity.cache import cached_analysis
from simulator.activity.model import Activity
from simulator.errors import AudioError, SimulatorError
from simulator.recorder.finishing import recover_recordings
from simulator.recorder.folder import own_recordings_folder
from simulator.recording import Recording, bundled_folder, find_audio, open_recording


@dataclass(frozen=True, slots=True)
class Found:
    """An audio file: opened, or with one sentence why it cannot be used. ``key`` names it among the others."""

    key: str
    title: str
    recording: Recording | None
    fault: str = ""


@dataclass(frozen=True, slots=True)
class Specimen:
    """A recording ready to be tried."""

    key: str
    recording: Recording
    activity: Activity


def find_recordings(path: Path | None) -> tuple[Found, ...]:
    """Open the audio in a folder (``None``: the bundled recordings, then one's own), the bad files included.

    Raises :class:`~simulator.errors.AudioError` if there is no such folder or no audio in it.
    """
    if path is not None:
        return tuple(open_found(file) for file in find_audio([path]))
    recover_recordings()  # what a live session that was killed has left; the next one tells what went wrong
    with contextlib.suppress(AudioError):  # nobody needs to have recordings of their own
        return tuple(open_found(file) for file in find_audio([bundled_folder(), own_folder()]))
    return tuple(open_found(file) for file in find_audio([bundled_folder()]))


def own_folder() -> Path:
    """Return where a person's own recordings are kept: ``recordings`` in the data folder."""
    return own_recordings_folder()


def open_found(file: Path) -> Found:
    """Open one audio file. Its key is its name, in the folder of one's own with ``my/`` before it."""
    key = f"my/{file.name}" if file.parent == own_folder() else file.name
    try:
        recording = open_recording(file)
    except SimulatorError as error:
        return Found(key, file.name, None, _without_folder(str(error), file))
    return Found(key, recording.id, recording)


class Analyst:
    """Analyses recordings; the end-of-turn model is loaded with the first."""

    @cached_property
    def _model(self) -> Completeness | None:
        return completeness_model(late=True)

    def analyse(self, found: Found, progress: Callable[[float], None]) -> Specimen:
        """Analyse one recording. Raises :class:`~simulator.errors.SimulatorError` in one sentence."""
        recording = found.recording
        if recording is None:
            raise SimulatorError(found.fault)
        try:
            activity = cached_analysis(recording.source, self._model, progress)
        except SimulatorError as error:
            raise SimulatorError(_without_folder(str(error), recording.source.path)) from None
        except OSError as error:
            raise SimulatorError(f"{recording.source.path.name}: {error.strerror or 'cannot be read'}") from None
        return Specimen(found.key, recording, activity)


def _without_folder(message: str, file: Path) -> str:
    """Shorten the path in a message to the file's name: the folder is known here and the pane is narrow."""
    return message.replace(str(file.parent) + "/", "")
