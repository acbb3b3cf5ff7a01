"""A live session: the simulated agent through a microphone and a speaker, decided on as it comes.

::

    session = open_session(SessionSettings(arms=(LiveArm("balanced", arm.resolved),)))
    session.start()
    while wanted:
        shown = session.snapshot()          # level, probability, turn state, devices, counters: now
        for message in session.take():      # decisions (Happened) and notices, in order
            ...
        session.send(SetConfig(other))      # holds from the next frame
    session.stop()

:func:`open_session` runs it in a process of its own, so that neither a crash nor the chatter of the sound system
reaches the terminal, and drawing does not hold up deciding; :func:`devices_there` lists devices from there too.
:class:`simulator.session.child.LiveSession` is the session itself, in this process.
"""

from simulator.session.commands import Session, SetConfig
from simulator.session.remote_session import RemoteSession, devices_there, open_session
from simulator.session.settings import EchoGuard, LiveArm, SessionSettings
from simulator.session.state import (
    Counters,
    DecisionTimes,
    DeviceInForce,
    Happened,
    Level,
    Notice,
    RecordingState,
    SessionMessage,
    Snapshot,
    TurnLatency,
)

__all__ = [
    "Counters",
    "DecisionTimes",
    "DeviceInForce",
    "EchoGuard",
    "Happened",
    "Level",
    "LiveArm",
    "Notice",
    "RecordingState",
    "RemoteSession",
    "Session",
    "SessionMessage",
    "SessionSettings",
    "SetConfig",
    "Snapshot",
    "TurnLatency",
    "devices_there",
    "open_session",
]
