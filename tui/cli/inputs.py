"""Opens the inputs of commands. Simulator errors become command-line errors."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Container, Iterator, Sequence
from concurrent.futures import Executor, Future
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path

from base.folders import own_recordings_folder
from simulator.activity.end_of_turn import EndOfTurnModel, end_of_turn_model, named_model
from simulator.activity.model import SILENCE_ONLY, Activity
from simulator.activity.model_files import why_silence_only
from simulator.engine.profile import EngineProfile, load_profile
from simulator.errors import InjectionError, SimulatorError
from simulator.executors import in_order, runs_elsewhere
from simulator.executors.urls import Place, Url, listed, open_at_url, open_elsewhere
from simulator.heard.replaying import analysis_anywhere
from simulator.live_recording import recovery_notices
from simulator.recording import Recording, find_audio, known_recordings, open_recording
from tui.cli.audio_options import Hearing, tell_about
from tui.cli.failure import CallError, Faults, WorkError, complain, failures
from tui.terminal_text import plain


def find(places: Sequence[Place]) -> list[Place]:
    """Return the named audio files. Without such a file, ``booking`` means the known recording of that name.

    Live recordings that a killed process left are completed first. Raises :class:`~tui.cli.failure.CallError`.
    """
    recover(own_recordings_folder(), *(one for one in places if isinstance(one, Path)))
    known = known_recordings() if any(isinstance(one, Path) and _is_name(one) for one in places) else {}
    found: dict[Place, None] = {}
    try:
        for one in places:
            if isinstance(one, Path):
                found |= dict.fromkeys(find_audio([known.get(str(one), one) if _is_name(one) else one]))
            else:
                found |= dict.fromkeys(listed(one))
    except SimulatorError as error:
        raise CallError(str(error)) from None
    return list(found)


def recover(*folders: Path) -> None:
    """Complete recordings that killed live sessions left in folders, and report it."""
    for folder in dict.fromkeys(folders):
        try:
            sentences = recovery_notices(folder)
        except OSError:  # the code that lists the folder reports it
            continue
        for sentence in sentences:
            complain(sentence)


def _is_name(path: Path) -> bool:
    return path.name == str(path) and not path.suffix and not os.path.lexists(path)


def open_all(
    places: Sequence[Place], hearing: Hearing, faults: Faults, executor: Executor | None = None
) -> list[Recording]:
    """Open recordings, each with a unique id. Failed ones are left out.

    If ``executor`` works on other machines, it opens URLs, so that no audio reaches this machine. Raises
    :class:`~tui.cli.failure.ReportedError` if all of them fail, and :class:`~tui.cli.failure.CallError` for an
    injected sound after the end of one.
    """
    opened = []
    remote = [one for one in places if isinstance(one, Url)]
    there: Iterator[Future[Recording]] = iter(())
    if executor is not None and runs_elsewhere(executor):
        there = in_order(executor, partial(_open_elsewhere, hearing), remote)
    for place in places:
        with faults.noting(place):
            try:
                opened.append(_opened(place, hearing, next(there, None) if isinstance(place, Url) else None))
            except InjectionError as error:
                raise CallError(f"--inject {error}") from None
    if not opened:
        faults.raise_all()
    named: list[Recording] = []
    for recording in opened:
        own = unused(recording.id, {other.id for other in named})
        named.append(replace(recording, id=own))
    return named


def _opened(place: Place, hearing: Hearing, there: Future[Recording] | None) -> Recording:
    if there is not None:
        return there.result()
    channel, what_if = hearing.channel_index, hearing.what_if
    if isinstance(place, Url):
        return open_at_url(place, channel, what_if, mono_mix=hearing.mono_mix)
    return open_recording(place, channel, what_if, mono_mix=hearing.mono_mix)


def _open_elsewhere(hearing: Hearing, url: Url) -> Recording:
    return open_elsewhere(url, hearing.channel_index, hearing.what_if, mono_mix=hearing.mono_mix)


def open_profile(name: str) -> EngineProfile:
    """Return an engine profile by shipped name or path. Raises :class:`~tui.cli.failure.CallError`."""
    try:
        return load_profile(name)
    except SimulatorError as error:
        raise CallError(f"--profile {error}") from None


def unused(name: str, taken: Container[str]) -> str:
    """Return a name, with a number appended if it is taken."""
    number, own = 1, name
    while own in taken:
        number += 1
        own = f"{name}-{number}"
    return own


def end_of_turn_judge(choice: str | None) -> EndOfTurnModel:
    """Return the end-of-turn model chosen with ``--eot``, or the best that is installed.

    Raises :class:`~tui.cli.failure.WorkError` if the named model is not installed.
    """
    model = end_of_turn_model(late=True) if choice is None else named_model(choice, late=True)
    if model is None:
        raise WorkError(f"{why_silence_only()}; or use --eot silence")
    if choice is None and model.name == SILENCE_ONLY:
        complain(f"end of turn is judged by silence only: {why_silence_only()}")
    return model


def analyse(recording: Recording, model: EndOfTurnModel) -> Activity:
    """Analyse a recording, or load the analysis from the cache. Shows progress on a terminal.

    Prints assumptions about the recording and faults of its samples first.
    """
    with failures():
        tell_about(recording)
    with failures(), progress(f"analysing {recording.id}") as tell:
        return analysis_anywhere(recording, model, tell)


@contextmanager
def progress(what: str, whole: float = 1.0) -> Iterator[Callable[[float], None] | None]:
    """Show progress. Yields a function that takes the finished part of ``whole``.

    On a terminal it draws a bar, otherwise it prints a line every ten seconds.
    """
    if not sys.stderr.isatty():
        yield partial(_in_lines, what, whole)
        return
    from rich.console import Console
    from rich.markup import escape
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(escape(plain(what)), total=whole)
        yield lambda done: bar.update(task, completed=done)


LINE_EVERY_S = 10.0
"""Seconds between two lines of progress in a file or a pipe."""

_said_s: list[float] = []
"""When the last line was written, or the work began (monotonic clock). Empty before the work."""


def _in_lines(what: str, whole: float, done: float) -> None:
    now = time.monotonic()
    if not _said_s:
        _said_s.append(now)
    if now - _said_s[0] >= LINE_EVERY_S:
        _said_s[0] = now
        complain(f"{what}: {min(done / whole, 1):.0%}")
