"""``turnlab profiles fit``: an engine profile from the latencies of real calls."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from base.files import write_private
from base.json_text import json_bytes
from base.os_errors import os_error_text
from simulator.beside import is_file, is_folder
from simulator.call_latencies import Call, read_call
from simulator.engine.profile import read_profile
from simulator.errors import ProfileError
from simulator.profile_fitting import distinct, fit
from tui.cli.arms import read_arms
from tui.cli.failure import CallError, WorkError, complain
from tui.cli.faults import Faults
from tui.cli.profiles import refusals
from tui.cli.tables import print_line
from tui.streams import write_content


@dataclass(frozen=True, slots=True)
class FitRequest:
    """What was asked for on the command line."""

    calls: list[Path]
    name: str
    config: str | None
    extends: str
    output: Path | None
    force: bool


def fit_profile(request: FitRequest) -> None:
    """Fit a profile from real calls and print or write it.

    Raises :class:`~tui.cli.failure.CallError` or :class:`~tui.cli.failure.WorkError`.
    """
    config = read_arms([request.config or "{}"])[0].resolved
    if config.eager_eot_threshold is not None:
        complain(
            "eager end-of-turn detection starts work before the turn is over: these latencies are cut short by it"
        )
    with refusals():
        base = read_profile(request.extends)
    for path in request.calls:
        if not is_file(path):
            what = "is a folder; name the call files in it" if is_folder(path) else "no such file; check the path"
            raise CallError(f"{path}: {what}")
    faults, read = Faults(), list[Call]()
    for path in request.calls:
        with faults.noting(path):
            read.append(read_call(path))
    if not read:
        faults.raise_any()
    calls, again = distinct(read)
    try:
        fitted = fit(calls, request.name, base, config)
    except ProfileError as error:
        raise WorkError(str(error)) from None
    for sentence in (*again, *fitted.doubts):
        complain(sentence)
    content = json_bytes(fitted.content)
    if request.output is None:
        write_content(content)
    else:
        _write(request.output, content, force=request.force)
        print_line(f"{request.name} is in {request.output}; see it with: turnlab profiles {request.output}")
    faults.raise_any()


def _write(path: Path, content: bytes, *, force: bool) -> None:
    try:
        write_private(path, content, replace=force)
    except FileExistsError:
        raise CallError(f"{path}: is there already; choose another name, or replace it with --force") from None
    except OSError as error:
        raise WorkError(f"{path}: {os_error_text(error)}; choose another folder") from None
