"""Retention: what is kept of calls and for how long, and the deletion of the rest.

Of some calls only measurements are kept. Their audio and words exist only during the pull: a file marks such a
folder, and the pulling process locks it. If that process is killed, the next command finds the file unlocked and
deletes what is left.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from base.files import close_to_others, lock_file, make_private_file, make_private_folder, write_whole
from base.json_text import NotJsonError, TextError, json_bytes, json_of
from base.os_errors import os_error_text
from services.calls.folders import RECORD, CallFolders
from services.calls.overview import HEARD, object_in
from services.calls.record import CallRecord
from services.errors import ServiceError
from services.reading import as_time

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


KEPT_DAYS: Final = 30
LONGEST_DAYS: Final = 3650

SOON: Final = timedelta(days=3)
"""How long before their deletion corrected labels are announced."""

LABELS: Final = "caller.json"
"""The labels of a call's caller. ``provisional`` is true until a person corrects them."""

_SETTING: Final = "keep.json"


def kept_days(folders: CallFolders) -> int | None:
    """Return the retention in days: the person's choice, else 30.

    ``None`` if the setting cannot be read. No call is then deleted by its age.
    """
    path = folders.home / _SETTING
    try:
        said = json_of(path.read_bytes())
    except FileNotFoundError:
        return KEPT_DAYS
    except (OSError, NotJsonError):
        return None
    days = said.get("days") if isinstance(said, dict) else None
    known = isinstance(days, int) and not isinstance(days, bool) and 0 < days <= LONGEST_DAYS
    return days if known else None


def kept_for(folders: CallFolders) -> str:
    """Return the retention in words that follow "kept"."""
    days = kept_days(folders)
    return "until you say for how many days" if days is None else f"for {days} day{'' if days == 1 else 's'}"


def keep_for(folders: CallFolders, days: int) -> None:
    """Set the retention in days. Raises :class:`OSError`."""
    make_private_folder(folders.home)
    close_to_others(folders.home)
    write_whole(folders.home / _SETTING, json_bytes({"days": days}))


@dataclass(frozen=True, slots=True)
class Purged:
    """What was deleted: the number of calls, their bytes, and how many had corrected labels.

    ``soon``: the number of calls with corrected labels that are deleted within :data:`SOON`. ``problems`` lists
    what could not be deleted.
    """

    calls: int = 0
    bytes: int = 0
    corrected: int = 0
    soon: int = 0
    problems: tuple[str, ...] = ()

    def counted(self) -> str:
        """Return the number of calls and their size, in words."""
        if not self.calls:
            return "0 calls"
        labels = f", {self.corrected} of them with labels that you corrected" if self.corrected else ""
        return f"{_calls(self.calls)} ({self.bytes / 1e6:.1f} MB){labels}"


def _calls(count: int) -> str:
    return "1 call" if count == 1 else f"{count} calls"


def purge(folders: CallFolders, older_than: timedelta | None) -> Purged:
    """Delete calls older than the given age, and unfinished downloads. ``None``: delete every call."""
    before = None if older_than is None else datetime.now(UTC) - older_than
    count = size = corrected = soon = 0
    problems: list[str] = []
    for folder in folders.all_folders():
        try:
            if before is not None and (since := _kept_since(folder)) >= before:
                soon += since < before + SOON and _has_corrected_labels(folder)
                continue
            held = sum(file.stat().st_size for file in folder.iterdir())
            is_call, labelled = (folder / RECORD).exists(), _has_corrected_labels(folder)
            folders.remove(folder)
        except OSError as error:
            problems.append(f"{folder}: {os_error_text(error)}; delete it by hand")
            continue
        count, size, corrected = count + is_call, size + held, corrected + labelled
    return Purged(count, size, corrected, soon, tuple(problems))


def oldest_kept(folders: CallFolders) -> datetime:
    """Return the time before which calls have expired."""
    days = kept_days(folders)
    return datetime.min.replace(tzinfo=UTC) if days is None else datetime.now(UTC) - timedelta(days=days)


def purge_expired(folders: CallFolders) -> Purged:
    """Delete expired calls, and the leftovers of killed pulls. Does not ask."""
    problems = delete_left_audio(folders)
    days = kept_days(folders)
    if days is None:
        return Purged(
            problems=(
                *problems,
                f"{folders.home / _SETTING}: does not say for how many days calls are kept, so none is deleted; "
                "say it again: turnlab calls purge --keep DAYS",
            )
        )
    done = purge(folders, timedelta(days=days))
    return replace(done, problems=(*problems, *done.problems))


def expired_deleted(folders: CallFolders) -> tuple[str, ...]:
    """Delete expired calls and return the sentences to show, if any."""
    done = purge_expired(folders)
    said: list[str] = []
    if done.calls:
        said.append(f"{done.counted()} deleted: calls are kept {kept_for(folders)}")
    if done.soon:
        said.append(
            f"{_calls(done.soon)} with labels that you corrected will be deleted within {SOON.days} days; "
            "keep calls longer with: turnlab calls purge --keep DAYS"
        )
    return *said, *done.problems


def _has_corrected_labels(folder: Path) -> bool:
    path = folder / LABELS
    return path.exists() and object_in(path).get("provisional") is not True


def _kept_since(folder: Path) -> datetime:
    """Return when a call was pulled. If its record does not say, when it was last written. Raises OSError."""
    # like lists, this skips the full check, which takes twice as long: every command looks at every call
    if (since := as_time(object_in(folder / RECORD).get("kept_since"))) is not None:
        return since
    return datetime.fromtimestamp(max(one.stat().st_mtime for one in (folder, *folder.iterdir())), UTC)
