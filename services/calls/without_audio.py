"""Calls of which only measures are kept: their audio and words are here while they are pulled, and no longer.

A file marks such a folder and is locked by the process that pulls. Where that process was killed, the next command
finds the file without its lock and deletes what is left.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from base.files import lock_file, make_private_file
from base.json_text import TextError
from base.os_errors import os_error_text
from services.calls.folders import RECORD, CallFolders
from services.calls.overview import HEARD
from services.calls.record import CallRecord
from services.errors import ServiceError

MARK: Final = "measures-only"
"""The file that says that no audio and no word may stay in its folder."""

BUSY: Final = "{} is being pulled by another Turnlab; pull it again once that has ended"


@contextmanager
def only_measures(folders: CallFolders, folder: Path) -> Iterator[None]:
    """Pull into a folder, and at the end delete audio, words and number; what was not finished goes whole.

    Raises :class:`OSError`, and :class:`services.errors.ServiceError` where another process pulls the same call.
    """
    path = folder / MARK
    make_private_file(path)
    handle = os.open(path, os.O_RDWR)
    try:
        if not lock_file(handle):
            raise ServiceError(BUSY.format(folder.name))
        try:
            yield
            strip(folders, folders.read(folder))
        except BaseException:
            _clear(folders, folder)
            raise
    finally:
        os.close(handle)


def delete_left_audio(folders: CallFolders) -> tuple[str, ...]:
    """Delete the audio and words that killed pulls left behind; return what could not be deleted, in sentences."""
    problems: list[str] = []
    for mark in folders.home.glob(f"*/*/{MARK}"):
        try:
            handle = os.open(mark, os.O_RDWR)
            try:
                if lock_file(handle):
                    _clear(folders, mark.parent)
            finally:
                os.close(handle)
        except OSError as error:
            problems.append(f"{mark.parent}: {os_error_text(error)}; delete it by hand")
    return tuple(problems)


def _clear(folders: CallFolders, folder: Path) -> None:
    """Leave what measures need; nothing of a call that was not measured and will not come again. Raises OSError."""
    try:
        record = folders.read(folder)
    except TextError:
        record = None
    if record is None or (record.audio is not None and not (folder / HEARD).exists()):
        folders.remove(folder)
    else:
        strip(folders, record)


def without_words(record: CallRecord) -> CallRecord:
    """Return a record without audio, words and number: what is left where only measures are kept."""
    return record.model_copy(
        update={
            "audio": None,
            # an archived recording is still to come, and without one nothing was removed
            "audio_state": record.audio_state if record.audio is None else "removed",
            "phone_number": None,
            "turns": tuple(turn.model_copy(update={"text": None}) for turn in record.turns),
        }
    )


def strip(folders: CallFolders, record: CallRecord) -> CallRecord:
    """Delete a call's audio, words and number; its measures stay. Raises :class:`OSError`.

    Returns the record as it is then.
    """
    folder = folders.folder(record.workspace, record.id)
    # the audio first: that makes room, and if this breaks off, the next pull sees that the call is not whole
    for one in folder.iterdir():
        # labels and scenarios that were made of it hold its words
        if one.name not in (RECORD, HEARD, MARK):
            one.unlink(missing_ok=True)
    bare = without_words(record)
    folders.write(bare)
    (folder / MARK).unlink(missing_ok=True)
    return bare
