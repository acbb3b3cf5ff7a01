"""A live session: the simulated agent through a microphone and a speaker, in real time.

::

    session = open_session(SessionSettings(arms=(LiveArm("balanced", arm.resolved),)))
    session.start()
    while wanted:
        shown = session.snapshot()          # level, probability, turn state, devices, counters: now
        for message in session.take():      # decisions (Happened) and notices, in order
            ...
        session.send(SetConfig(other))      # applies from the next frame
    session.stop()

:func:`open_session` runs it in a separate process, so that crashes and messages of the sound system do not reach
the terminal, and drawing does not delay decisions. :func:`devices_there` lists devices in a separate process too.
:class:`simulator.session.child.LiveSession` is the session itself, in this process.
"""

from simulator.session.commands import Session, SetConfig
from simulator.session.remote_session import RemoteSession, devices_there, open_session
from simulator.session.settings import EchoGuard, LiveArm, SessionSettings
from simulator.session.state import (
    Counters,
    DecisionTimes,
    Happened,
    Level,
    Notice,
    OpenedDevice,
    RecordingState,
    SessionMessage,
    Snapshot,
    TurnLatency,
)

__all__ = [
    "Counters",
    "DecisionTimes",
    "EchoGuard",
    "Happened",
    "Level",
    "LiveArm",
    "Notice",
    "OpenedDevice",
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
