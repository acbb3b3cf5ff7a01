"""Downloads a recording's files. A download resumes after a break, and a file gets its name when it is complete."""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, Literal

from base.files import lock_file
from base.os_errors import os_error_text
from services.calls.client import CallsClient
from services.calls.record import AudioFile, Encoding
from services.calls.retention import BUSY
from services.errors import BadResponseError, LinkExpiredError, NotKeptError, ServiceError, UnreachableError

PARTIAL: Final = ".download"
"""The suffix of incomplete files. They stay for the next pull."""

RENEWALS: Final = 3
"""The number of links in a row that may expire before any data arrives."""

_CONTAINERS: Final = (b"RIFF", b"RIFX", b"RF64", b"fLaC", b"OggS", b"ID3", b"FORM")
_MP3: Final = (b"\xff\xfb", b"\xff\xf3")
"""How an MP3 file may begin. Silence in µ-law may begin the same way."""

_SUFFIXES: Final = {b"RIFF": ".wav", b"RIFX": ".wav", b"RF64": ".wav", b"fLaC": ".flac", b"OggS": ".ogg"}

_BARE: Final = {"mulaw": ".ulaw", "alaw": ".alaw", "pcm16": ".pcm"}

_OF_ONE: Final = (PermissionError, FileNotFoundError, FileExistsError, NotADirectoryError, IsADirectoryError)
"""Errors of one folder: the folder above it may still be writable."""

Url = Callable[[], Awaitable[str | None]]
"""Requests a link from the platform."""


class FileSink:
    """Writes a download to ``path``, after what an earlier download left there. Close it.

    Raises :class:`services.errors.NotKeptError`, and :class:`services.errors.ServiceError` if another process is
    writing the same file.
    """

    def __init__(self, path: Path, came: Callable[[int], None]) -> None:
        self._path = path
        self._came = came
        with on_disk(path.parent):
            handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
            self._file = os.fdopen(handle, "r+b", buffering=0)
        if not lock_file(handle):
            self._file.close()
            raise ServiceError(BUSY.format(path.parent.name))
        self.position = self._file.seek(0, os.SEEK_END)

    def restart(self) -> None:
        """Empty the file."""
        with on_disk(self._path.parent):
            self._file.truncate(0)
            self._file.seek(0)
        self._came(-self.position)
        self.position = 0

    def write(self, piece: bytes) -> None:
        """Append the bytes that arrived."""
        rest = memoryview(piece)
        with on_disk(self._path.parent):
            while rest:
                count = self._file.write(rest) or 0
                self.position += count
                self._came(count)
                rest = rest[count:]

    def close(self) -> None:
        """Close the file and release its lock."""
        self._file.close()

    def finish(self) -> None:
        """Flush the file to the disk."""
        with on_disk(self._path.parent):
            os.fsync(self._file.fileno())


@contextmanager
def on_disk(folder: Path) -> Iterator[None]:
    """Turn an error of the disk into :class:`services.errors.NotKeptError`.

    An error of one call's folder alone becomes a plain :class:`services.errors.ServiceError`.
    """
    try:
        yield
    except OSError as error:
        why, alone = (
            os_error_text(error),
            isinstance(error, _OF_ONE) and os.access(folder.parent, os.W_OK | os.X_OK),
        )
    else:
        return
    if alone:
        raise ServiceError(f"{folder}: {why}; move it out of the way and pull again")
    raise NotKeptError(f"{folder}: {why}; free some space and pull again: it continues from here")


async def download(client: CallsClient, url: Url, sink: FileSink) -> bool:
    """Download a file to a sink. Resumes after every break, as long as more data arrives.

    Returns ``False`` if the platform has no such file. Raises :class:`services.errors.ServiceError`.
    """
    link, renewed, emptied = await url(), 0, False
    if link is None:
        return False
    while True:
        before = sink.position
        try:
            await client.download(link, sink)
        except LinkExpiredError as error:
            renewed = renewed + 1 if sink.position == before else 1
            if renewed > 1 and error.status == 404:
                return False
            if renewed > RENEWALS:
                raise
            link = await url()
            if link is None:
                return False
        except (UnreachableError, BadResponseError):
            if sink.position <= before:
                raise
        except ServiceError as error:
            # 416: the file here is not a beginning of the recording, or it is already complete
            if error.status != 416 or emptied:
                raise
            emptied = True
            sink.restart()
        else:
            sink.finish()
            return True


def audio_file(
    folder: Path, side: Literal["caller", "agent"], form: str, rate_hz: int | None, offset_s: float
) -> AudioFile:
    """Rename a downloaded file by its first bytes and return its entry for ``call.json``.

    ``form`` is the platform's word for the format. It counts where the file has no header. Raises
    :class:`services.errors.NotKeptError`.
    """
    partial = folder / f"{side}{PARTIAL}"
    with on_disk(folder):
        with partial.open("rb") as file:
            first = file.read(4)
        named_mp3 = any(word in form.lower() for word in ("mp3", "mpeg"))
        container = first.startswith(_CONTAINERS) or (named_mp3 and first.startswith(_MP3))
        encoding: Encoding = "container" if container else _encoding(side, form)
        suffix = _SUFFIXES.get(first, ".audio") if container else _BARE[encoding]
        # not "caller": Tune's recordings have that name
        path = folder / f"{'inbound' if side == 'caller' else 'outbound'}{suffix}"
        partial.replace(path)
    return AudioFile(
        file=path.name,
        encoding=encoding,
        rate_hz=rate_hz or (16000 if encoding == "pcm16" else 8000),
        offset_s=round(offset_s, 3),
    )


def _encoding(side: Literal["caller", "agent"], form: str) -> Encoding:
    """Return the encoding of a file without a header: by the platform's word for it, else as documented."""
    plain = "".join(c for c in form.casefold() if c.isalnum())
    if any(word in plain for word in ("alaw", "pcma", "g711a")):
        return "alaw"
    if any(word in plain for word in ("law", "pcmu", "g711", "basic")):
        return "mulaw"
    return "pcm16" if side == "agent" or "pcm" in plain else "mulaw"
