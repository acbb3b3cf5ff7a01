"""Calls between ``turnlab call`` and ``turnlab agent`` on a clock that waits for the work, on any machine.

Both run in one event loop, over a real WebSocket on a Unix socket. When nothing is left to do, the loop's clock
jumps to the next timer. Pauses are judged where they occur, so a call is the same on any machine.
"""

from __future__ import annotations

import asyncio
import selectors
import tempfile
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

from websockets.asyncio.client import unix_connect
from websockets.asyncio.server import unix_serve

from simulator.activity.model import Activity
from simulator.engine.events import EVENTS, Event
from simulator.engine.why import Why
from simulator.measures.readout_table import BY_NAME
from simulator.measures.readouts import Measured, measure
from simulator.measures.truth import Truth
from simulator.measures.turns import interruptions
from simulator.recording import Recording
from simulator.replay import Played
from simulator.socket.agent_call import ServedAgent
from simulator.socket.calling import CallTaken, talk
from simulator.socket.dialing import LARGEST_MESSAGE, CallOptions
from simulator.socket.server import CallServer, ServerOptions


class _JumpingSelector(selectors.DefaultSelector):
    """Never waits: the waiting time counts as passed."""

    passed_s = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = super().select(0)
        if ready or timeout is None:
            return ready or super().select(timeout)
        self.passed_s += max(timeout, 0.0)
        return ready


class VirtualTimeLoop(asyncio.SelectorEventLoop):
    """An event loop whose clock stands still while there is work."""

    def __init__(self) -> None:
        self._jumping = _JumpingSelector()
        super().__init__(self._jumping)

    def time(self) -> float:
        return self._jumping.passed_s


def take_call(agent: ServedAgent, options: CallOptions, recording: Recording, activity: Activity) -> CallTaken:
    """Call an agent with a recording. It takes only as long as the work."""
    with tempfile.TemporaryDirectory() as folder, asyncio.Runner(loop_factory=VirtualTimeLoop) as runner:
        return runner.run(_call(str(Path(folder) / "line"), agent, options, recording, activity))


async def _call(
    path: str, agent: ServedAgent, options: CallOptions, recording: Recording, activity: Activity
) -> CallTaken:
    exchange = CallServer(ServerOptions(replace(agent, judges=None), {}), lambda _report: None)
    wire: dict[str, Any] = {"compression": None, "ping_interval": None}
    async with (
        unix_serve(exchange.answer, path, **wire),
        unix_connect(path, "ws://agent/", max_size=LARGEST_MESSAGE, **wire) as line,
    ):
        return await talk(line, options, recording, activity)


def by_turn(measured: Measured, readout: str) -> dict[int, int]:
    """Return a readout in ms by turn index. A barge-in stop has the index of the turn that cuts in."""
    if readout != "barge_in_stop_ms":
        return measured.per_turn(BY_NAME[readout])
    alone = {turn.index: Truth(True, (turn,)) for turn in measured.truth.turns}
    stops = {index: interruptions((), measured.sounds, truth).stop_ms for index, truth in alone.items()}
    return {index: found[0] for index, found in stops.items() if found}


def measure_inside(recording: Recording, activity: Activity, taken: CallTaken) -> Measured:
    """Measure a call from the agent's own events."""
    events = [one.message["event"] for one in taken.received if one.message.get("type") == "event"]
    played = Played(tuple(map(_event, events)), taken.placements, taken.duration_ms, "elastic", taken.anchored)
    return measure(played, activity, recording.labels)


def _event(told: dict[str, Any]) -> Event:
    """Return an event from its JSON, the reverse of :meth:`Event.to_json`."""
    kind = next(kind for kind in EVENTS if kind.type == told["type"])
    facts = {}
    for one in fields(kind):
        name = one.metadata.get("name", one.name)
        if name in told and one.name not in ("t_ms", "turn", "why"):
            facts[one.name] = round(told[name] * 1000) if "seconds" in one.metadata else told[name]
    return kind(round(told["t"] * 1000), told["turn"], Why(told["why"]["rule"], {}), **facts)
