"""The process that ``tests.forked`` forks commands from. A script: it imports what ``turnlab`` does, and no tests.

For each byte that comes with four file descriptors it forks: three are the command's standard streams, and over the
fourth comes the request and go the process id and the exit code.
"""

from __future__ import annotations

import atexit
import contextlib
import gc
import importlib
import json
import os
import pkgutil
import signal
import socket
import sys
import threading
from functools import cache
from pathlib import Path
from typing import NoReturn

import typer

PACKAGES = ("base", "presets", "services", "simulator", "tui.cli")
THREADS = Path("/proc/self/task")


def _import_all() -> None:
    """Import what commands import, but for the keyring, which reads the environment then."""
    for package in PACKAGES:
        for found in pkgutil.walk_packages(importlib.import_module(package).__path__, f"{package}."):
            # What does not import is for the command to fail with.
            with contextlib.suppress(Exception):
                importlib.import_module(found.name)
    importlib.import_module("onnxruntime")
    _build_commands()
    assert "keyring" not in sys.modules, "keyring has read this environment"
    assert not THREADS.exists() or len(list(THREADS.iterdir())) == 1, "an import has started a thread"
    gc.collect()
    gc.freeze()


def _build_commands() -> None:
    """Have typer build its commands from our functions once: it takes 30 ms."""
    from tui.cli.groups import LATER
    from tui.cli.main import app

    typer.main.get_command = cache(typer.main.get_command)
    for one in (app, *(getattr(importlib.import_module(module), name) for module, name in LATER.values())):
        typer.main.get_command(one)


def _wait_for_a_command(control: socket.socket) -> bool:
    """Fork commands until nobody wants any; return ``True`` in the process of one, made ready for it."""
    while True:
        byte, passed, *_ = socket.recv_fds(control, 1, 4)
        with contextlib.suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        if not byte:
            return False
        if not os.fork():
            control.close()
            _attend(*passed)
            return True
        for one in passed:
            os.close(one)


def _attend(stdin: int, stdout: int, stderr: int, talk: int) -> None:
    """Fork once more, tell how that process ended and end too; return in that process."""
    command = os.fork()
    if command:
        for one in (stdin, stdout, stderr):
            os.close(one)
        with contextlib.suppress(OSError):
            os.write(talk, b"%d\n" % command)
        _, status = os.waitpid(command, 0)
        with contextlib.suppress(OSError):
            os.write(talk, b"%d\n" % os.waitstatus_to_exitcode(status))
        os._exit(0)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for number, one in enumerate((stdin, stdout, stderr)):
        os.dup2(one, number)
        os.close(one)
    with os.fdopen(talk, "rb") as file:
        request = json.load(file)
    os.chdir(request["cwd"])
    os.environ.clear()
    os.environ.update(request["environment"])
    sys.argv = [sys.argv[2], *request["arguments"]]
    path = os.environ.get("PYTHONPATH")
    sys.path[1:1] = path.split(os.pathsep) if path else []


def _run() -> NoReturn:
    """Run the command and end as a process does, but leave every module in one piece, which halves the time."""
    from tui.__main__ import main

    code: object = 1
    try:
        main()
    except SystemExit as ended:
        code = ended.code or 0
    except BaseException:
        sys.excepthook(*sys.exc_info())
    else:
        code = 0
    if not isinstance(code, int):
        sys.stderr.write(f"{code}\n")
        code = 1
    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def _main() -> None:
    # A terminal's Ctrl-C reaches us too.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    sys.path[0] = str(Path(sys.argv[2]).parent)
    _import_all()
    if _wait_for_a_command(socket.socket(fileno=int(sys.argv[1]))):
        _run()


if __name__ == "__main__":
    _main()
