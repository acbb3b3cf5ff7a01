"""The private folder of calls: a folder for each workspace, and in it a folder for each call."""

from __future__ import annotations

import hashlib
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pydantic import ValidationError

from base.files import close_to_others, make_private_folder, write_whole
from base.folders import calls_folder
from base.json_text import NotJsonError, TextError, json_bytes, json_of
from base.os_errors import os_error_text
from services.calls.record import CallRecord

RECORD: Final = "call.json"
"""A folder without this file is an unfinished download."""

_PLAIN: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,99}")


def safe_name(text: str) -> str:
    """Return a file name for an id: the id itself if it is safe, else its safe part and a hash."""
    if _PLAIN.fullmatch(text):
        return text
    part = re.sub(r"[^A-Za-z0-9_-]+", "-", text).strip("-_")[:40]
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]
    return f"{part}-{digest}" if part else digest


@dataclass(frozen=True, slots=True)
class CallFolder:
    """One kept call, or the reason why its ``call.json`` cannot be read."""

    path: Path
    record: CallRecord | None
    problem: str | None = None


class CallFolders:
    """The calls kept on this machine. Only their owner can read them."""

    def __init__(self, home: Path | None = None) -> None:
        self.home = home or calls_folder()

    def folder(self, workspace: str, call_id: str) -> Path:
        """Return a call's folder, which need not exist."""
        return self.home / safe_name(workspace) / safe_name(call_id)

    def make(self, workspace: str, call_id: str) -> Path:
        """Create a call's private folder if it does not exist, and return it. Raises :class:`OSError`."""
        folder = self.folder(workspace, call_id)
        make_private_folder(folder)
        for one in (self.home, folder.parent, folder):
            close_to_others(one)
        return folder

    def write(self, record: CallRecord) -> Path:
        """Write ``call.json`` atomically and return the folder. Raises :class:`OSError`.

        Write the audio files that it names first.
        """
        folder = self.make(record.workspace, record.id)
        write_whole(folder / RECORD, json_bytes(record.to_json()))
        return folder

    def read(self, folder: Path) -> CallRecord:
        """Return the record of a call.

        Raises :class:`base.json_text.TextError`, which quotes no value of the file.
        """
        path = folder / RECORD
        try:
            return CallRecord.model_validate(json_of(path.read_bytes()))
        except OSError as error:
            why = os_error_text(error)
        except NotJsonError as error:
            why = f"is not JSON: {error}"
        except ValidationError as error:
            first = error.errors(include_input=False, include_url=False)[0]
            why = f"{'.'.join(map(str, first['loc'])) or 'it'}: {first['msg']}"
        raise TextError(f"{path}: {why}; remove the folder and get the call again")

    def records(self, workspace: str | None = None) -> Iterator[Path]:
        """Yield the path of every ``call.json``, of one workspace or of all, in no particular order."""
        return self.home.glob(f"{'*' if workspace is None else safe_name(workspace)}/*/{RECORD}")

    def find(self, workspace: str | None = None) -> Iterator[CallFolder]:
        """Yield every kept call, of one workspace or of all. A call that cannot be read carries the reason."""
        for path in sorted(self.records(workspace)):
            try:
                yield CallFolder(path.parent, self.read(path.parent))
            except TextError as error:
                yield CallFolder(path.parent, None, str(error))

    def all_folders(self) -> list[Path]:
        """Return the folder of every call and of every unfinished download."""
        return sorted(path for path in self.home.glob("*/*") if path.is_dir() and not path.is_symlink())

    def remove(self, folder: Path) -> None:
        """Delete everything kept of a call. Raises :class:`OSError`."""
        # first, so that an interrupted deletion leaves no incomplete call
        (folder / RECORD).unlink(missing_ok=True)
        shutil.rmtree(folder)
