"""Recordings and their rows. Finding, opening and analysing block, so they run in a worker."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Literal

from base.folders import calls_folder, own_recordings_folder
from base.os_errors import os_error_text
from simulator.activity.end_of_turn import EndOfTurnModel, end_of_turn_model
from simulator.activity.model import Activity
from simulator.audio.what_if import AS_IT_IS, WhatIf
from simulator.errors import SimulatorError
from simulator.heard.replaying import AUDIO, analysis_anywhere
from simulator.labels.marks import unlabelled_text
from simulator.live_recording import recover_recordings
from simulator.measures.scoring import scores_anything
from simulator.recording import Recording, audio_in, bundled_folder, find_audio, open_recording
from tui.screens import key_for

OWN_RECORDINGS = "my/"
"""The prefix of the keys of the user's own recordings. Alone, the key of their folder if it cannot be listed."""


@dataclass(frozen=True, slots=True)
class FoundRecording:
    """An audio file: opened, or with one sentence on why it is unusable. ``key`` identifies it.

    ``place`` is the added folder or file that it is listed under.
    """

    key: str
    title: str
    recording: Recording | None
    fault: str = ""
    place: Path | None = None


@dataclass(frozen=True, slots=True)
class AnalysedRecording:
    """A recording ready for trials."""

    key: str
    recording: Recording
    activity: Activity


def find_recordings(path: Path | None) -> tuple[FoundRecording, ...]:
    """Open the audio in a folder (``None``: the bundled recordings, then the user's own), including bad files.

    If the user's own cannot be listed, one entry for the folder has the reason. Raises
    :class:`~simulator.errors.AudioError` if there is no such folder or no audio in it.
    """
    found = tuple(open_found(file) for file in find_audio([bundled_folder() if path is None else path]))
    return found if path is not None else found + _own_recordings()


def audio_of(place: Path) -> tuple[Path, ...]:
    """Return the audio files that an added folder or file has now. Empty if it cannot be listed."""
    try:
        if not place.is_dir():
            return (place,) if place.exists() else ()
        return tuple(audio_in(place))
    except OSError:
        return ()


def _own_recordings() -> tuple[FoundRecording, ...]:
    try:
        recover_recordings()  # from a killed live session; the next session reports what went wrong
        inside = audio_in(own_folder())
    except FileNotFoundError:  # the user need not have own recordings
        return ()
    except OSError as error:
        why = os_error_text(error)
        fault = f"{own_folder()}: {why}; your own recordings are not listed. Make it a readable folder"
        return (FoundRecording(OWN_RECORDINGS, "my recordings", None, f"{fault}."),)
    return tuple(open_found(file) for file in inside)


def own_folder() -> Path:
    """Return the folder of the user's own recordings: ``recordings`` in the data folder."""
    return own_recordings_folder()


def key_of(file: Path, place: Path | None = None) -> str:
    """Return the key of an audio file: its name, with ``my/`` before it in the user's own folder.

    In an added ``place`` the key is the path: other places may hold files of the same name.
    """
    if place is not None:
        return str(file)
    return f"{OWN_RECORDINGS}{file.name}" if file.parent == own_folder() else file.name


def open_found(file: Path, what_if: WhatIf = AS_IT_IS, place: Path | None = None) -> FoundRecording:
    """Open one audio file, listed under the added ``place`` if any."""
    key = key_of(file, place)
    try:
        recording = open_recording(file, what_if=what_if)
    except SimulatorError as error:
        return FoundRecording(key, file.name, None, without_folder(str(error), file), place)
    except OSError as error:
        return FoundRecording(key, file.name, None, _cannot_be_read(file, error), place)
    # The heading above it already says that it is a call.
    return FoundRecording(key, name_of(recording).removeprefix("call of "), recording, place=place)


def name_of(recording: Recording) -> str:
    """Return a recording's name: that of its file, or for a real call's caller, ``call of 28 Nov 14:11``."""
    path, labels = recording.source.path.absolute(), recording.labels
    return labels.title if is_call(path) and labels is not None and labels.title else recording.id


def is_call(audio: Path) -> bool:
    """Return whether an audio file, given by absolute path, is the caller of a kept call."""
    return audio.name == AUDIO and audio.is_relative_to(calls_folder().absolute())


class Analyst:
    """Analyses recordings. The end-of-turn model is loaded with the first one."""

    @cached_property
    def _model(self) -> EndOfTurnModel:
        return end_of_turn_model(late=True)

    def analyse(self, found: FoundRecording, progress: Callable[[float], None]) -> AnalysedRecording:
        """Analyse one recording. Raises :class:`~simulator.errors.SimulatorError` in one sentence."""
        recording = found.recording
        if recording is None:
            raise SimulatorError(found.fault)
        try:
            activity = analysis_anywhere(recording, self._model, progress)
        except SimulatorError as error:
            raise SimulatorError(without_folder(str(error), recording.source.path)) from None
        except OSError as error:
            raise SimulatorError(_cannot_be_read(recording.source.path, error)) from None
        return AnalysedRecording(found.key, recording, activity)


def called(key: str) -> str:
    """Return the name of a recording for a sentence, by key."""
    return Path(key).name if Path(key).is_absolute() else key


def gone_text(key: str) -> str:
    """Return the sentence for a missing recording."""
    return f"{called(key)} no longer exists; was it moved or deleted?"


def _cannot_be_read(file: Path, error: OSError) -> str:
    if isinstance(error, FileNotFoundError):
        return gone_text(file.name)
    return f"{file.name}: {os_error_text(error)}"


def without_folder(message: str, file: Path) -> str:
    """Shorten the path in a message to the file's name: the folder is known, and the pane is narrow."""
    return message.replace(str(file.parent) + "/", "")


ALL = ""
"""The key for all recordings."""
Stage = Literal["waiting", "analysing", "done", "failed"]


@dataclass(frozen=True, slots=True)
class RecordingRow:
    """One recording in the list. ``note`` is one sentence about it, such as an error.

    ``place`` is the added folder or file that it is listed under. ``labels`` says whether it has labels.
    """

    key: str
    title: str
    duration_s: float | None
    stage: Stage = "waiting"
    share: float = 0.0
    note: str = ""
    place: Path | None = None
    labels: Literal["labelled", "not checked", "unlabelled"] = "labelled"

    def now(self, stage: Stage, *, share: float = 0.0, note: str | None = None) -> RecordingRow:
        """Return the row in another stage."""
        return replace(self, stage=stage, share=share, note=self.note if note is None else note)


@dataclass(frozen=True, slots=True)
class RecordingsState:
    """The content of the list. ``rows`` is ``None`` until the folder was read.

    ``said`` is about the whole list. ``shown`` and ``picked`` are keys. ``over_all``: the readouts cover all
    recordings. ``places`` are the added folders and files, each with the title of its group.
    """

    rows: tuple[RecordingRow, ...] | None = None
    places: tuple[tuple[Path, str], ...] = ()
    said: str = ""
    shown: str | None = None
    over_all: bool = False
    picked: frozenset[str] = frozenset()


EXAMPLES, OWN = "examples", "my recordings"
"""Titles of the groups of bundled recordings, and of recorded or copied ones."""


def group_title(one: FoundRecording | RecordingRow, places: Iterable[tuple[Path, str]]) -> str:
    """Return the title of a recording's group. ``places`` are the added ones."""
    titled = dict(places).get(one.place) if one.place is not None else None
    return titled or (OWN if one.key.startswith(OWN_RECORDINGS) else EXAMPLES)


def in_order(found: Iterable[FoundRecording], places: Sequence[Path]) -> dict[str, FoundRecording]:
    """Return recordings by key in the list's order: those of added places, the bundled ones, the user's own."""
    ranks = {place: rank for rank, place in enumerate(places)}

    def rank(one: FoundRecording) -> tuple[int, str]:
        if one.place is not None:
            return ranks.get(one.place, len(ranks)), one.key
        return len(ranks) + 1 + one.key.startswith(OWN_RECORDINGS), one.key

    return {one.key: one for one in sorted(found, key=rank)}


def row_of(found: FoundRecording) -> RecordingRow:
    """Return the row of a recording before its analysis."""
    recording = found.recording
    if recording is None:
        return RecordingRow(found.key, found.title, None, "failed", note=found.fault, place=found.place)
    labels = recording.labels
    stands: Literal["labelled", "not checked", "unlabelled"] = "labelled"
    if not scores_anything(labels):
        stands = "not checked" if labels is not None and labels.provisional else "unlabelled"
    unlabelled = f"unlabelled (○): {key_for('tune.labels')} labels it"
    about = labels.description if labels and labels.description else unlabelled if labels is None else ""
    note = f"{recording.title}. {about}" if labels and recording.title != recording.id else about
    if labels is not None and labels.provisional:
        unchecked = f"Labels not checked yet (?): {key_for('tune.labels')}."
        note = f"{note}{'' if not note or note.endswith('. ') else ' '}{unchecked}"
    if recording.source.guessed_channel:
        note = f"{recording.source.channels} channels: the first is taken for the caller's. {note}"
    if recording.notes:
        notes = " ".join(f"{without_folder(one, recording.source.path)}." for one in recording.notes)
        note = f"{notes} {note}"
    if injections := recording.source.what_if.injections:
        note = f"Put in: {', '.join(one.words() for one in injections)}. {note}"
    length_s = recording.source.duration_s
    return RecordingRow(found.key, found.title, length_s, note=note, place=found.place, labels=stands)


def analysed_row(row: RecordingRow, analysed: AnalysedRecording) -> RecordingRow:
    """Return a row after the analysis. Its note begins with the detected speech that no label covers, if any."""
    labels = analysed.recording.labels
    left = unlabelled_text(labels, analysed.activity) if labels is not None else ""
    return row.now("done", note=f"{left}. {row.note}".rstrip() if left else None)
