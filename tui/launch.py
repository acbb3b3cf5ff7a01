"""Opens the dashboard in the terminal that started the process."""

from __future__ import annotations

import gc
import json
import os
import select
import signal
import sys
import threading
import time
from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from base.folders import path_from_environment
from base.os_errors import os_error_text
from tui.streams import draw_in_utf8

if TYPE_CHECKING:
    from textual.app import App

BEGIN_AT = "Intake Line"
"""The demo service to highlight before any was tuned: it cuts callers off, and one setting fixes that."""
REPORT_VARIABLE = "TURNLAB_REPORT_FIRST_PAINT"
"""Environment variable with the file for the first-paint report."""
STARTED_VARIABLE = "TURNLAB_STARTED_AT"
"""Environment variable with the launcher's start time, as ``time.time()``."""


AHEAD = ("numpy", "simulator.study", "tui.tune.screen")
"""Imports for the screens after the first, in this order. They take two thirds of a second."""
LOOKED_AT_S, LATEST_S = 0.25, 10.0


def report_first_paint() -> None:
    """Write the report if it is requested. Call it right after the first screen was painted."""
    _report("painted")


def _report(stage: str) -> None:
    path = path_from_environment(REPORT_VARIABLE)
    if path is None:
        return
    now = time.time()
    started = os.environ.get(STARTED_VARIABLE)
    report = {
        "stage": stage,
        "seconds_since_process_start": now - float(started) if started else None,
        "processor_seconds": time.process_time(),
        "collecting": gc.isenabled(),
        "modules": sorted(sys.modules),
    }
    path.write_text(json.dumps(report), encoding="utf-8")


def collect_again() -> None:
    """Turn the garbage collector on again if the start turned it off. It skips objects that exist by then."""
    if not gc.isenabled():
        gc.freeze()
        gc.enable()


def finish_start(app: App[Any], settled: Callable[[], bool]) -> None:
    """Once the first screen is ``settled``, import what the next ones need, then turn the garbage collector on.

    The imports run in a thread and delay keys by some milliseconds. Without a start by the launcher, as in most
    tests, there is nothing to do.
    """
    if gc.isenabled():
        return
    latest = time.monotonic() + LATEST_S

    def look() -> None:
        if settled() or time.monotonic() > latest:
            timer.stop()
            # The screen that cannot be opened reports the error.
            app.run_worker(_import_ahead, group="start", thread=True, exit_on_error=False)

    timer = app.set_interval(LOOKED_AT_S, look)


def _import_ahead() -> None:
    from textual.worker import get_current_worker

    worker = get_current_worker()
    try:
        for name in AHEAD:
            if not worker.is_cancelled:
                import_module(name)
    finally:
        collect_again()
    _report("imported")


def open_dashboard(connection: str | None = None, *, read_only: bool = False, opened: Sequence[Path] = ()) -> int:
    """Run the dashboard until the user quits, and return the exit code. ``read_only`` blocks all writes.

    With folders or files in ``opened``, it starts in Tune with their recordings.
    """
    in_browser = "TURNLAB_IN_BROWSER" in os.environ
    # Textual draws on standard error
    if not in_browser and not all(stream.isatty() for stream in (sys.stdin, sys.stdout, sys.stderr)):
        sys.stderr.write("turnlab: the dashboard needs a terminal; for scripts see 'turnlab simulate --help'\n")
        return 2
    draw_in_utf8()
    if not in_browser and hasattr(select, "poll"):  # not on Windows
        threading.Thread(target=_end_with_the_terminal, daemon=True).start()
    gc.disable()  # as at the start, also if the command line was read first; see collect_again
    from base.unexpected import report_stopped
    from tui.app import TurnlabApp
    from tui.preferences import TOUR, chosen_keys, remembered

    keys = chosen_keys()
    app = TurnlabApp(
        connection=connection,
        keymap=keys.keymap,
        notes=keys.problems,
        read_only=read_only,
        opened=opened,
        first_start=not (opened or read_only or remembered(TOUR)),
        begin_at=BEGIN_AT,
    )
    app.run()
    if app.failure is not None:
        report_stopped(app.failure)
        return 1
    return app.return_code or 0


def _end_with_the_terminal() -> None:
    """End the process when its terminal is gone, even if no SIGHUP arrives or it is ignored.

    Otherwise Textual would read the end of the file in a loop and use a whole processor.
    """
    terminal = select.poll()
    terminal.register(sys.stdin.fileno(), 0)  # only a hang-up wakes it
    if any(event & select.POLLHUP for _, event in terminal.poll()):
        os.kill(os.getpid(), signal.SIGTERM)


def serve_dashboard(
    port: int | None, connection: str | None, *, read_only: bool, opened: Sequence[Path] = ()
) -> None:
    """Serve the dashboard to browsers on this machine. Raises :class:`tui.cli.failure.WorkError`."""
    from tui.cli.failure import WorkError

    try:
        from tui.web import serve
    except ModuleNotFoundError as error:
        if (error.name or "").split(".")[0] not in ("textual_serve", "aiohttp"):
            raise
        raise WorkError("--web needs textual-serve; get it with: pip install 'turnlab[web]'") from None
    options = [*(["--connection", connection] if connection else []), *(["--read-only"] if read_only else [])]
    options += [str(path.absolute()) for path in opened]
    try:
        serve(port, options)
    except OSError as error:
        raise WorkError(
            f"port {port} cannot be used ({os_error_text(error)}); choose another with --port"
        ) from None
