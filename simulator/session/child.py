"""The process of its own in which a session runs: orders come in on standard input, what it tells goes out."""

from __future__ import annotations

import gc
import os
import pickle
import sys
import threading
import time
from typing import IO, Any

from simulator.devices.errors import DeviceError
from simulator.devices.listing import list_devices
from simulator.devices.portaudio import own_output
from simulator.session.live import LiveSession
from simulator.session.settings import SessionSettings

TELL_S = 1 / 30
"""How often the other process is told: more often than anybody redraws."""


def main() -> None:
    """Serve one session until it is stopped or the other end of the pipe is gone."""
    orders, told = sys.stdin.buffer, own_output()
    settings = pickle.load(orders)
    if settings is None:
        _tell_devices(told)
        return
    _serve(settings, orders, told)
    os._exit(0)  # everything is told and kept; a sound system that hangs would hold up Python's own end


def _serve(settings: SessionSettings, orders: IO[bytes], told: IO[bytes]) -> None:
    session = LiveSession(settings, prepared=_put_loaded_aside)
    over = threading.Event()
    telling = threading.Thread(target=_tell, args=(session, told, over), daemon=True)
    session.start()
    telling.start()
    try:
        while True:
            name, arguments, named = pickle.load(orders)
            if name == "stop":
                break
            getattr(session, name)(*arguments, **named)
    except (EOFError, OSError, pickle.UnpicklingError):  # whoever began it is gone, perhaps in mid-order
        pass
    finally:
        session.stop()
        over.set()
        telling.join(5.0)


def _put_loaded_aside() -> None:
    """Let garbage be looked for among what the call makes: among all that was loaded it takes 50 ms."""
    gc.collect()
    gc.freeze()


def _tell(session: LiveSession, told: IO[bytes], over: threading.Event) -> None:
    last: Any = None
    while True:
        ending = over.is_set()
        snapshot, happened = session.snapshot(), session.take()
        if happened or snapshot is not last or ending:
            last = snapshot
            try:
                pickle.dump((snapshot, happened), told)
                told.flush()
            except OSError:
                return
        if ending:
            return
        time.sleep(TELL_S)


def _tell_devices(told: IO[bytes]) -> None:
    try:
        found: object = list_devices()
    except DeviceError as error:
        found = str(error)
    pickle.dump(found, told)
    told.flush()


if __name__ == "__main__":
    main()
