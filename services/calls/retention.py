"""How long calls are kept, and deleting those that were kept so long."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from base.files import close_to_others, make_private_folder, write_whole
from base.json_text import TextError, json_bytes, read_json
from base.os_errors import os_error_text
from services.calls.folders import RECORD, CallFolders
from services.calls.overview import HEARD, object_in
from services.calls.record import CallRecord
from services.reading import as_time

KEPT_DAYS: Final = 30
LONGEST_DAYS: Final = 3650

_SETTING: Final = "keep.json"


def kept_days(folders: CallFolders) -> int:
    """Return for how many days calls are kept: as the person said, else 30."""
    try:
        said = read_json(folders.home / _SETTING)
    except TextError:
        return KEPT_DAYS
    days = said.get("days") if isinstance(said, dict) else None
    return days if isinstance(days, int) and 0 < days <= LONGEST_DAYS else KEPT_DAYS


def keep_for(folders: CallFolders, days: int) -> None:
    """Keep calls for so many days. Raises :class:`OSError`."""
    make_private_folder(folders.home)
    close_to_others(folders.home)
    write_whole(folders.home / _SETTING, json_bytes({"days": days}))


@dataclass(frozen=True, slots=True)
class Purged:
    """What was deleted: how many calls, how many bytes; ``problems`` says what could not be."""

    calls: int = 0
    bytes: int = 0
    problems: tuple[str, ...] = ()

    def counted(self) -> str:
        """Return how many calls, and of what size, in words."""
        calls = "1 call" if self.calls == 1 else f"{self.calls} calls"
        return f"{calls} ({self.bytes / 1e6:.1f} MB)" if self.calls else calls


def purge(folders: CallFolders, older_than: timedelta | None) -> Purged:
    """Delete the calls that were kept for longer, with the beginnings of downloads; ``None``: every call."""
    before = None if older_than is None else datetime.now(UTC) - older_than
    count = size = 0
    problems: list[str] = []
    for folder in folders.all_folders():
        try:
            if before is not None and _kept_since(folder) >= before:
                continue
            held = sum(file.stat().st_size for file in folder.iterdir())
            is_call = (folder / RECORD).exists()
            folders.remove(folder)
        except OSError as error:
            problems.append(f"{folder}: {os_error_text(error)}; delete it by hand")
            continue
        count, size = count + is_call, size + held
    return Purged(count, size, tuple(problems))


def oldest_kept(folders: CallFolders) -> datetime:
    """Return the moment before which calls are no longer kept."""
    return datetime.now(UTC) - timedelta(days=kept_days(folders))


def purge_expired(folders: CallFolders) -> Purged:
    """Delete the calls that were kept for as long as they are kept."""
    return purge(folders, timedelta(days=kept_days(folders)))


def expired_deleted(folders: CallFolders) -> tuple[str, ...]:
    """Delete the calls that were kept for as long as they are kept; return what to say of it, if anything."""
    done = purge_expired(folders)
    if done.calls:
        return f"{done.counted()} deleted: calls are kept for {kept_days(folders)} days", *done.problems
    return done.problems


def _kept_since(folder: Path) -> datetime:
    """Return since when a call is kept; of one that does not say it, when it was last written. Raises OSError."""
    # as lists read it: the whole record takes twice as long to check, and every command looks at every call
    if (since := as_time(object_in(folder / RECORD).get("kept_since"))) is not None:
        return since
    return datetime.fromtimestamp(max(one.stat().st_mtime for one in (folder, *folder.iterdir())), UTC)


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
    # the audio first: that makes room, and if this breaks off, the next pull sees that the call is not whole
    for one in folders.folder(record.workspace, record.id).iterdir():
        # labels and scenarios that were made of it hold its words
        if one.name not in (RECORD, HEARD):
            one.unlink(missing_ok=True)
    bare = without_words(record)
    folders.write(bare)
    return bare
