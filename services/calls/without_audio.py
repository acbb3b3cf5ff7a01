"""Calls of which only measurements are kept. Their audio and words exist only during the pull.

A file marks such a folder, and the pulling process locks it. If that process is killed, the next command finds the
file unlocked and deletes what is left.
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
"""The file that marks a folder in which no audio and no words may stay."""

BUSY: Final = "{} is being pulled by another Turnlab; pull it again once that has ended"


@contextmanager
def only_measures(folders: CallFolders, folder: Path) -> Iterator[None]:
    """Pull into a folder, and at the end delete audio, words and number. Deletes an unfinished call completely.

    Raises :class:`OSError`, and :class:`services.errors.ServiceError` if another process pulls the same call.
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
    """Delete audio and words that killed pulls left. Returns a sentence for each that could not be deleted."""
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
    """Keep only measurements. Deletes an unmeasured call that will not be pulled again. Raises OSError."""
    try:
        record = folders.read(folder)
    except TextError:
        record = None
    if record is None or (record.audio is not None and not (folder / HEARD).exists()):
        folders.remove(folder)
    else:
        strip(folders, record)


def without_words(record: CallRecord) -> CallRecord:
    """Return a record without audio, words and number: what stays when only measurements are kept."""
    return record.model_copy(
        update={
            "audio": None,
            # an archived recording is still to come; without a recording nothing was removed
            "audio_state": record.audio_state if record.audio is None else "removed",
            "phone_number": None,
            "turns": tuple(turn.model_copy(update={"text": None}) for turn in record.turns),
        }
    )


def strip(folders: CallFolders, record: CallRecord) -> CallRecord:
    """Delete a call's audio, words and number and return its new record. Measurements stay.

    Raises :class:`OSError`.
    """
    folder = folders.folder(record.workspace, record.id)
    # audio first: it frees space, and after an interruption the next pull sees that the call is incomplete
    for one in folder.iterdir():
        # labels and scenarios made from the call hold its words
        if one.name not in (RECORD, HEARD, MARK):
            one.unlink(missing_ok=True)
    bare = without_words(record)
    folders.write(bare)
    (folder / MARK).unlink(missing_ok=True)
    return bare
