"""Recordings at URLs (extra ``cluster``): the process that analyses a recording reads it from its URL.

A URL is any that fsspec knows, such as ``https://``, ``s3://`` or ``file://``. Its labels and scenario are the
files of the same name in the same folder. Output never shows a URL's user name, password or query.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory, mkdtemp
from typing import Any, TypeAlias
from urllib.parse import unquote

from base.files import sha256_of
from base.masking import masked_url
from simulator.activity.cache import cached_analysis
from simulator.activity.end_of_turn import EndOfTurnModel
from simulator.activity.model import Activity
from simulator.audio.source import SUFFIXES
from simulator.audio.what_if import AS_IT_IS, WhatIf
from simulator.errors import AudioError, SimulatorError
from simulator.labels import ENDINGS
from simulator.recording import Recording, open_recording

_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+(::[A-Za-z0-9+.:-]+)?://", re.ASCII)


@dataclass(frozen=True, slots=True)
class Url:
    """A file or folder at a URL. Its string form is safe to show.

    ``near`` are the names of the files in the same folder, ``None`` where they are not known. ``digest`` is the
    SHA-256, in hex, of the content first read there.
    """

    text: str = field(repr=False)
    near: frozenset[str] | None = field(default=None, repr=False)
    digest: str = ""

    def __str__(self) -> str:
        return masked_url(self.text)

    @property
    def name(self) -> str:
        """The last part of its path, usable as a local file name."""
        last = unquote(self._parts()[1]).replace("\0", "")
        path = Path(Path(last).name.lstrip(".") or "audio")
        return f"{path.stem[:_LONGEST]}{path.suffix[:20]}"

    @property
    def stem(self) -> str:
        """The name without its ending."""
        return Path(self.name).stem

    def beside(self, name: str) -> Url:
        """Return another file in the same folder; ``name`` is URL-encoded."""
        before, _, after = self._parts()
        return Url(f"{before}{name}{after}", self.near)

    def with_ending(self, ending: str) -> Url:
        """Return the file in the same folder with the same stem and another ending."""
        last = self._parts()[1]
        return self.beside(last.rpartition(".")[0] + ending)

    def within(self, name: str) -> Url:
        """Return a file in this folder; ``name`` is URL-encoded."""
        before, last, after = self._parts()
        return Url(f"{before}{last}{'/' if last else ''}{name}{after}")

    def _parts(self) -> tuple[str, str, str]:
        """Return what precedes the last part of the path, that part, and what follows it."""
        found = re.match(r"(.*?://(?:[^?#]*/)?)([^/?#]*)(.*)", self.text, re.DOTALL)
        first, chained, rest = self.text.partition("::")
        if chained and "://" in first:
            found = re.match(r"(.*?://(?:.*/)?)([^/]*)()", first, re.DOTALL)
        assert found is not None
        return found[1], found[2], found[3] + (chained + rest if chained and "://" in first else "")


_LONGEST = 150

Place: TypeAlias = Path | Url


def place_of(text: str) -> Place:
    """Return the URL or path that an argument names."""
    return Url(text) if _URL.match(text) else Path(text)


def listed(url: Url) -> list[Url]:
    """Return the audio files of a folder in order of name, or the file itself.

    Raises :class:`~simulator.errors.AudioError`.
    """
    if Path(url.name).suffix.lower() in SUFFIXES:
        return [url]
    files, path = _file_system(url)
    with _url_errors(url):
        about = files.info(path)
        page = str(about.get("mimetype") or "").startswith("text/html")
        if about.get("type") != "directory" and not page:
            return [url]
        inside = {str(entry).rstrip("/").rpartition("/")[2] for entry in files.ls(path, detail=False)}
    near = frozenset(inside)
    audio = sorted(name for name in inside if Path(name).suffix.lower() in SUFFIXES)
    if not audio:
        raise AudioError(f"{url}: holds no audio; put {', '.join(SUFFIXES)} files there or name another folder")
    return [replace(url.within(name), near=near) for name in audio]


def open_at_url(
    url: Url, caller_channel: int | None = None, what_if: WhatIf = AS_IT_IS, *, mono_mix: bool = False
) -> Recording:
    """Open a recording at a URL with its labels and scenario; its audio is kept until this process ends.

    Raises what :func:`~simulator.recording.open_recording` raises.
    """
    return _opened(url, Path(mkdtemp(dir=_folder().name)), caller_channel, what_if, mono_mix)


def open_elsewhere(url: Url, caller_channel: int | None, what_if: WhatIf, *, mono_mix: bool) -> Recording:
    """Do as :func:`open_at_url` does, on a worker of another machine, where nothing is kept."""
    with TemporaryDirectory(prefix="turnlab-") as folder:
        recording = _opened(url, Path(folder), caller_channel, what_if, mono_mix)
        unusable = recording.about_samples()
    return recording if unusable is None else replace(recording, notes=(*recording.notes, unusable))


def analysis_at_url(
    recording: Recording, judge: EndOfTurnModel, progress: Callable[[float], None] | None
) -> Activity:
    """Return the analysis of a recording at a URL, from this process's cache if possible.

    Raises what :func:`~simulator.activity.analyzer.analyze` raises, and :class:`~simulator.errors.AudioError` if
    the file at the URL has changed since it was opened.
    """
    url, source = recording.url, recording.source
    assert url is not None
    with TemporaryDirectory(prefix="turnlab-") as folder:
        if not source.path.exists():
            source = replace(source, path=_fetched(url, Path(folder)))
            if sha256_of(source.path) != url.digest:
                raise AudioError(f"{url}: changed while it was in use; run this again")
        with _errors_about(source.path, url):
            return cached_analysis(source, judge, progress)


@cache
def _folder() -> TemporaryDirectory[str]:
    """Return the folder of fetched files, which is deleted with this process."""
    return TemporaryDirectory(prefix="turnlab-", ignore_cleanup_errors=True)


def _opened(url: Url, folder: Path, caller_channel: int | None, what_if: WhatIf, mono_mix: bool) -> Recording:
    audio = _fetched(url, folder)
    for ending in (".scenario.json", *ENDINGS):
        other = url.with_ending(ending)
        if url.near is None or other._parts()[1] in url.near:
            _fetch_if_there(other, audio.with_suffix(ending))
    with _errors_about(audio, url):
        recording = open_recording(audio, caller_channel, what_if, mono_mix=mono_mix)
    notes = tuple(_shown(note, audio, url) for note in recording.notes)
    return replace(recording, url=replace(url, digest=sha256_of(audio)), notes=notes)


def _fetched(url: Url, folder: Path) -> Path:
    files, path = _file_system(url)
    copy = folder / url.name
    with _url_errors(url):
        files.get_file(path, os.fspath(copy))
    return copy


def _fetch_if_there(url: Url, copy: Path) -> None:
    """Fetch an optional file. An unreadable file counts as missing: a store may not distinguish the two."""
    files, path = _file_system(url)
    with _url_errors(url):
        try:
            content = files.cat_file(path)
        except (FileNotFoundError, PermissionError, IsADirectoryError):
            return
        except Exception as error:
            if getattr(error, "status", None) in (401, 403, 410):
                return
            raise
    copy.write_bytes(content)


def _file_system(url: Url) -> tuple[Any, str]:
    """Return the file system that reads a URL, and the URL's path in it."""
    try:
        import fsspec
    except ImportError:
        raise AudioError(
            f"{url}: a URL is read with fsspec, which is not installed; install turnlab[cluster]"
        ) from None
    with _url_errors(url):
        files, path = fsspec.core.url_to_fs(url.text)
        return files, str(path)


@contextmanager
def _url_errors(url: Url) -> Iterator[None]:
    """Convert the errors of fsspec and its file systems to sentences; their own texts contain the URL."""
    try:
        yield
    except SimulatorError:
        raise
    except Exception as error:
        raise AudioError(f"{url}: {_why(url, error)}") from None


def _why(url: Url, error: Exception) -> str:
    status = getattr(error, "status", None)
    kind = url.text.partition("://")[0]
    if isinstance(error, ImportError):
        return f"{kind}:// is read with a package that is not installed; see fsspec's list of file systems"
    if isinstance(error, ValueError) and "rotocol" in str(error):
        return f"fsspec knows no {kind}://; use file://, https://, s3:// or another that it knows"
    if isinstance(error, FileNotFoundError):
        return "no such file or folder; check the URL"
    if isinstance(error, PermissionError) or status in (401, 403):
        return "permission denied; check what the URL or the environment gives for access"
    if isinstance(status, int):
        return f"the server answered {status}; try it again, or check the URL"
    if isinstance(error, OSError | TimeoutError):
        return "cannot be reached; check the address, and whether the server is up"
    return f"cannot be read ({type(error).__name__}); check the URL"


@contextmanager
def _errors_about(copy: Path, url: Url) -> Iterator[None]:
    """Name the URL instead of its copy in errors."""
    try:
        yield
    except SimulatorError as error:
        raise type(error)(_shown(str(error), copy, url)) from None


def _shown(text: str, copy: Path, url: Url) -> str:
    folder = str(url.beside("")).rstrip("/")
    return text.replace(str(copy), str(url)).replace(str(copy.parent), folder)
