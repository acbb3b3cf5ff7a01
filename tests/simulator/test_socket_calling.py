"""Calls to agents with their own behaviour, over a real socket."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf
from websockets.asyncio.server import ServerConnection, serve
from websockets.http11 import Request, Response

from base.samples import SAMPLE_RATE
from simulator.activity.analyzer import analyze
from simulator.activity.end_of_turn import SilenceOnly
from simulator.recording import Recording, open_recording
from simulator.socket.calling import BLOCK_MS, CallTaken, call
from simulator.socket.dialing import AgentError, CallOptions
from simulator.socket.messages import Wire

LENGTH_MS = 1500
Line = ServerConnection
Answer = Callable[[Line], Awaitable[None]]
Admit = Callable[[Line, Request], Response | None]


@contextmanager
def agent(answer: Answer, admit: Admit | None = None) -> Iterator[str]:
    """Answer calls in a thread. Yields the address."""
    address: list[str] = []
    up, over = threading.Event(), threading.Event()

    async def run() -> None:
        async with serve(answer, "127.0.0.1", 0, process_request=admit) as server:
            address.append(f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}")
            up.set()
            await asyncio.to_thread(over.wait)

    thread = threading.Thread(target=asyncio.run, args=(run(),))
    thread.start()
    assert up.wait(30)
    try:
        yield address[0]
    finally:
        over.set()
        thread.join(30)


@pytest.fixture
def caller(tmp_path: Path) -> Recording:
    """A caller with turns of 0.5 s each, without audible speech."""
    sf.write(tmp_path / "caller.wav", np.zeros(LENGTH_MS * SAMPLE_RATE // 1000), SAMPLE_RATE)
    turns = [{"start_s": at, "end_s": at + 0.4} for at in (0.1, 0.6, 1.1)]
    (tmp_path / "caller.json").write_text(json.dumps({"turns": turns}))
    return open_recording(tmp_path / "caller.wav")


def called(url: str, recording: Recording, rate: int = SAMPLE_RATE) -> CallTaken:
    return call(CallOptions(url, wire=Wire(rate)), recording, analyze(recording.source, SilenceOnly()))


async def _bytes_of(line: Line, count: int) -> list[bytes]:
    """Read this much audio."""
    parts: list[bytes] = []
    while sum(map(len, parts)) < count:
        message = await line.recv()
        parts += [message] if isinstance(message, bytes) else []
    return parts


def test_audio_is_sent_in_short_blocks_and_a_call_ends_where_the_agent_hangs_up(caller: Recording) -> None:
    lengths: list[int] = []

    async def answer(line: Line) -> None:
        lengths.extend(map(len, await _bytes_of(line, 2 * SAMPLE_RATE)))
        await line.send(b"\0\0")
        await line.close(1000, "that was all")

    with agent(answer) as url:
        taken = called(url, caller)
    assert set(lengths) == {2 * SAMPLE_RATE * BLOCK_MS // 1000}
    assert taken.hung_up == "1000 that was all"
    assert taken.duration_ms >= 960
    assert len(taken.caller) == taken.duration_ms * SAMPLE_RATE // 1000


@pytest.mark.parametrize("rate", [SAMPLE_RATE, 8000])
def test_an_agent_that_hangs_up_at_once_has_not_taken_the_call(caller: Recording, rate: int) -> None:
    async def answer(line: Line) -> None:
        await line.close(1013, "all lines are taken")

    with agent(answer) as url, pytest.raises(AgentError, match=r"at once \(1013 all lines are taken\)"):
        called(url, caller, rate)


def test_an_agent_without_audio_is_an_error(caller: Recording) -> None:
    async def answer(line: Line) -> None:
        await _bytes_of(line, 2 * SAMPLE_RATE)
        await line.send('{"event": "error", "message": "unknown \x1b[31mprotocol"}')
        await line.close(1000)

    with agent(answer) as url, pytest.raises(AgentError, match="no audio came") as failed:
        called(url, caller)
    assert '"message": "unknown \\x1b[31mprotocol"' in str(failed.value)


@pytest.mark.parametrize(
    ("lengths", "why"),
    [
        ((17_000_000,), "16,777,216 bytes"),
        pytest.param((13_000_000, 13_000_000), "10 minutes of audio more", marks=pytest.mark.slow),
    ],
)
def test_the_caller_hangs_up_on_an_agent_that_never_stops_sending(
    caller: Recording, lengths: tuple[int, ...], why: str
) -> None:
    async def answer(line: Line) -> None:
        await _bytes_of(line, 1)
        for length in lengths:
            await line.send(b"\x10" * length)
        await line.wait_closed()

    with agent(answer) as url, pytest.raises(AgentError, match=why):
        called(url, caller)
