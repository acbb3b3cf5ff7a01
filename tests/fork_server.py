"""The process from which ``tests.forked`` forks commands. It imports what ``turnlab`` does, and no tests.

The processes of a test run connect to its socket. For each byte with four file descriptors it forks. Three are the
command's standard streams. The request comes over the fourth, which also returns the process id and the exit code.
"""

from __future__ import annotations

import atexit
import contextlib
import gc
import importlib
import json
import os
import pkgutil
import selectors
import signal
import socket
import sys
import threading
import typing
from collections.abc import Callable
from functools import cache, partial
from pathlib import Path
from typing import NoReturn, cast

import typer

PACKAGES = ("base", "presets", "services", "simulator", "tui.cli")
THREADS = Path("/proc/self/task")
LATE_IMPORTS = (
    "onnxruntime",
    "anyio._backends._asyncio",
    "encodings.cp437",
    "encodings.idna",
    "encodings.utf_8_sig",
    "numpy.fft",
    "numpy.ma",
    "rich._unicode_data.unicode17-0-0",
    "tui.screens",
    "typer._adapters",
    "typer._click.decorators",
)
"""Modules that many commands import while they run."""


def _import_all() -> None:
    """Import what commands import, except the keyring, which reads the environment on import."""
    for package in PACKAGES:
        for found in pkgutil.walk_packages(importlib.import_module(package).__path__, f"{package}."):
            # The command fails with an import error itself.
            with contextlib.suppress(Exception):
                importlib.import_module(found.name)
    for name in LATE_IMPORTS:
        importlib.import_module(name)
    # At exit, soxr would empty these caches, which copies 7 MB of every command's memory.
    vars(typing)["_cleanups"].clear()
    _build_commands()
    assert "keyring" not in sys.modules, "keyring has read this environment"
    assert not THREADS.exists() or len(list(THREADS.iterdir())) == 1, "an import has started a thread"
    gc.collect()
    gc.freeze()


def _build_commands() -> None:
    """Build typer's commands once: this takes 30 ms."""
    from tui.cli.groups import LATER, alone
    from tui.cli.main import Turnlab, app

    typer.main.get_command = cache(typer.main.get_command)
    for one in (app, *(getattr(importlib.import_module(module), name) for module, name in LATER.values())):
        typer.main.get_command(one)
    for name, function in Turnlab.functions.items():
        alone(name, function)


def _wait_for_a_command(door: socket.socket) -> Callable[[], object] | None:
    """Fork commands until all clients have disconnected. Return in each child what to run."""
    running: dict[int, int] = {}
    ended, tell = socket.socketpair()
    for one in (door, tell):
        one.setblocking(False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(tell.fileno())
    with selectors.DefaultSelector() as news:
        for one in (door, ended):
            news.register(one, selectors.EVENT_READ)
        while passed := _next_command(news, door, ended, running):
            *streams, talk = passed
            if not (command := os.fork()):
                break
            running[command] = talk
            with contextlib.suppress(OSError):
                os.write(talk, b"%d\n" % command)
            for stream in streams:
                os.close(stream)
        else:
            return None
        heard = [cast("socket.socket", key.fileobj) for key in news.get_map().values()]
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    for one in (*heard, tell):
        one.close()
    for other in running.values():
        os.close(other)
    return _become(streams, talk)


def _next_command(
    news: selectors.BaseSelector, door: socket.socket, ended: socket.socket, running: dict[int, int]
) -> list[int]:
    """Return the file descriptors of the next command. Empty once all clients have disconnected."""
    while True:
        for key, _ in news.select():
            one = cast("socket.socket", key.fileobj)
            if one is ended:
                ended.recv(1 << 10)
                _tell_who_ended(running)
            elif one is door:
                news.register(door.accept()[0], selectors.EVENT_READ)
            else:
                byte, passed, *_ = socket.recv_fds(one, 1, 4)
                if byte:
                    return passed
                news.unregister(one)
                one.close()
                if len(news.get_map()) > len((door, ended)):
                    continue
                with contextlib.suppress(OSError):
                    Path(door.getsockname()).unlink()
                if not news.select(0):  # new clients continue
                    return []


def _tell_who_ended(running: dict[int, int]) -> None:
    """Send the exit code of each finished command."""
    with contextlib.suppress(ChildProcessError):
        while (found := os.waitpid(-1, os.WNOHANG))[0]:
            command, status = found
            talk = running.pop(command)
            with contextlib.suppress(OSError):
                os.write(talk, b"%d\n" % os.waitstatus_to_exitcode(status))
            os.close(talk)


def _become(streams: list[int], talk: int) -> Callable[[], object]:
    """Set up the command's standard streams, arguments, environment and folder. Return what to run."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for number, one in enumerate(streams):
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
    if request["script"] is None:
        from tui.__main__ import main

        return main
    return partial(exec, request["script"], {"__name__": "__main__"})


def _run(main: Callable[[], object]) -> NoReturn:
    """Run the command and exit as a process does, but skip the teardown of modules, which takes half the time."""
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
    # A terminal's Ctrl-C reaches this process too.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    sys.path[0] = str(Path(sys.argv[2]).parent)
    _import_all()
    if (run := _wait_for_a_command(socket.socket(fileno=int(sys.argv[1])))) is not None:
        _run(run)


if __name__ == "__main__":
    _main()
