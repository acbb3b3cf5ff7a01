"""``turnlab agent`` and ``turnlab call`` over a real socket. Calls take real time, so tests share them."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile as sf
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from simulator.recording import bundled_folder
from tests.cli.test_schemas import check
from tests.forked import TURNLAB, Command

TOKEN = "only-those-who-may-call"
HEADERS = {"Authorization": f"Bearer {TOKEN}"}
CONFIG = {
    "eot_timeout_ms": 500,
    "filler_style": "silent",
    "barge_in_min_speech_s": 0.3,
    "barge_in_cooldown_s": 0.0,
}
LONG = "Thank you for calling, I can certainly help you with that today, if you tell me your name."
RATE = 16_000
TIMEOUT_S = 60
GUIDE = Path(__file__).parents[2] / "docs" / "agent-socket.md"


def spoken() -> np.ndarray[Any, np.dtype[np.int16]]:
    """Speech for 1.5 s, and again over the agent's answer, int16 at 16 kHz; 5.8 s in all."""
    samples, _ = sf.read(bundled_folder() / "interruptions.flac", dtype="int16")
    words, quiet = samples[38_400 * 16 : 39_900 * 16], np.zeros(RATE // 10, np.int16)
    return np.concatenate([quiet, words, *[quiet] * 20, words, *[quiet] * 7])


@dataclass
class Heard:
    """What a client received, in order."""

    audio: bytearray = field(default_factory=bytearray)
    messages: list[tuple[int, dict[str, Any]]] = field(default_factory=list)
    """Each message with the number of audio bytes before it."""

    def of(self, kind: str) -> list[dict[str, Any]]:
        return [message for _, message in self.messages if message["type"] == kind]

    @property
    def events(self) -> list[dict[str, Any]]:
        return [message["event"] for message in self.of("event")]

    def types(self) -> set[str]:
        return {event["type"] for event in self.events}

    def loud(self) -> np.ndarray[Any, np.dtype[np.int64]]:
        """Return which samples are audible."""
        return np.flatnonzero(np.abs(np.frombuffer(bytes(self.audio), "<i2").astype(int)) > 300)


@pytest.fixture
def agent(tmp_path: Path, analyses: Path) -> Iterator[tuple[str, Command]]:
    """An agent that answers calls, and its address."""
    environment = {
        **os.environ,
        "TURNLAB_AGENT_TOKEN": TOKEN,
        "TURNLAB_CACHE_DIR": str(analyses),
        "TURNLAB_DATA_DIR": str(tmp_path / "data"),
    }
    lines = [{"response": answer, "navigation": "a0,0,calm,"} for answer in (LONG, "Very well.")]
    (tmp_path / "desk.json").write_text(json.dumps({"schema": "turnlab.scenario/1", "turns": lines}))
    options = ["--port", "0", "--json", "--voice", "clips", "--config", json.dumps(CONFIG)]
    options += ["--scenario", str(tmp_path / "desk.json")]
    process = Command(["agent", *options], environment)
    line = process.stdout.readline()
    assert line, process.communicate(timeout=TIMEOUT_S)[1]
    yield json.loads(line)["url"], process
    if process.poll() is None:
        process.kill()
        process.communicate(timeout=TIMEOUT_S)


async def talk(
    url: str,
    pcm: bytes,
    *,
    lengths: tuple[int, ...] = (640,),
    first: list[object] | None = None,
    later: list[object] | None = None,
    rate: int = RATE,
    ahead: bool = False,
) -> Heard:
    """Send audio in real time or at once, and text before it or after 0.2 s. Return what was received."""
    heard = Heard()
    async with connect(url, additional_headers=HEADERS) as line:
        for message in first or []:
            await line.send(message if isinstance(message, str) else json.dumps(message))
        listening = asyncio.create_task(_listen(line, heard, len(pcm) - rate // 5))
        at = number = 0
        started = asyncio.get_running_loop().time()
        while at < len(pcm):
            count = lengths[number % len(lengths)]
            await line.send(pcm[at : at + count])
            at, number = at + count, number + 1
            if later and at > rate * 2 // 5:
                for message in later:
                    await line.send(message if isinstance(message, str) else json.dumps(message))
                later = None
            if not ahead:
                await asyncio.sleep(started + at / 2 / rate - asyncio.get_running_loop().time())
        await asyncio.wait_for(listening, TIMEOUT_S)
    return heard


async def _listen(line: ClientConnection, heard: Heard, until: int) -> None:
    async for message in line:
        if isinstance(message, bytes):
            heard.audio += message
        else:
            heard.messages.append((len(heard.audio), json.loads(message)))
        if len(heard.audio) >= until:
            return


async def _too_large(url: str) -> int:
    line = await connect(url, additional_headers=HEADERS)
    with contextlib.suppress(ConnectionClosed, OSError):
        await line.send(bytes(10_000_000))
    await asyncio.wait_for(line.wait_closed(), TIMEOUT_S)
    return line.close_code or 0


async def _never_reads(url: str, pcm: bytes) -> str:
    """Connect with small buffers and read nothing. Return why the agent disconnected."""
    host, port = url.removeprefix("ws://").split(":")
    plain = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    plain.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    plain.connect((host, int(port)))
    plain.setblocking(False)
    line = await connect(url, sock=plain, additional_headers=HEADERS, max_queue=1, ping_interval=None)
    await line.send(json.dumps({"type": "start", "sample_rate": 48_000}))
    try:
        for _ in range(TIMEOUT_S * 50):
            await line.send(pcm[:1920])
            await asyncio.sleep(0.02)
    except (ConnectionClosed, OSError):
        return "gone"
    return "still there"


async def _leaves(url: str, pcm: bytes) -> None:
    """Hang up while the agent is speaking."""
    line = await connect(url, additional_headers=HEADERS)
    for at in range(0, len(pcm), 640):
        await line.send(pcm[at : at + 640])
        await asyncio.sleep(0.02)
    line.transport.abort()


async def _answered(url: str, **options: Any) -> int:
    """Return the HTTP status for a client that does not start a WebSocket."""
    try:
        async with connect(url, **options):
            return 101
    except InvalidStatus as refused:
        return refused.response.status_code


async def _one_too_many(url: str) -> int:
    """Hold sixteen lines and request one more. Return its close reason."""
    async with contextlib.AsyncExitStack() as lines:
        for _ in range(16):
            line = await lines.enter_async_context(connect(url, additional_headers=HEADERS))
            await line.send(json.dumps({"type": "start"}))
            await asyncio.wait_for(line.recv(), TIMEOUT_S)
        more = await lines.enter_async_context(connect(url, additional_headers=HEADERS))
        await asyncio.wait_for(more.wait_closed(), TIMEOUT_S)
        return more.close_code or 0


async def _silent_lines_give_way(url: str) -> None:
    """Hold sixteen silent lines, and call. The line that was silent longest is disconnected."""
    async with contextlib.AsyncExitStack() as lines:
        held = [await lines.enter_async_context(connect(url, additional_headers=HEADERS)) for _ in range(16)]
        await asyncio.sleep(5.2)
        more = await lines.enter_async_context(connect(url, additional_headers=HEADERS))
        await more.send(json.dumps({"type": "start"}))
        assert json.loads(await asyncio.wait_for(more.recv(), TIMEOUT_S))["type"] == "started"
        await asyncio.wait_for(held[0].wait_closed(), TIMEOUT_S)
        assert (held[0].close_code, held[1].close_code) == (1008, None)


async def _bad_start(url: str, start: dict[str, Any]) -> str:
    """Start like this, and return the close reason."""
    async with connect(url, additional_headers=HEADERS) as line:
        await line.send(json.dumps({"type": "start", **start}))
        await asyncio.wait_for(line.wait_closed(), TIMEOUT_S)
        return f"{line.close_code} {line.close_reason}"


async def _command(*arguments: str, cwd: Path) -> tuple[int, str, str]:
    process = await asyncio.create_subprocess_exec(
        *arguments,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=cwd,
        env={**os.environ, "TURNLAB_AGENT_TOKEN": TOKEN, "TURNLAB_CACHE_DIR": str(cwd / "cache")},
    )
    out, err = await asyncio.wait_for(process.communicate(), TIMEOUT_S)
    return process.returncode or 0, out.decode(), err.decode()


@pytest.mark.realtime
async def test_callers_of_every_kind_at_once(agent: tuple[str, Command], tmp_path: Path) -> None:
    url, process = agent
    samples = spoken()
    pcm = samples.tobytes()
    sf.write(tmp_path / "caller.wav", samples, RATE)
    turns = [{"start_s": 0.12, "end_s": 1.56}, {"start_s": 3.62, "end_s": 5.06}]
    (tmp_path / "caller.json").write_text(json.dumps({"turns": turns}))
    example = GUIDE.read_text().split("```python\n")[1].split("```")[0]
    (tmp_path / "client.py").write_text(
        example.replace("connect(url)", f"connect(url, additional_headers={HEADERS})")
    )
    nonsense: list[object] = ["{", "[]", '"\ud7ff"', {"type": "sing"}]
    bad: list[object] = [
        {"type": "config", "voice_config": {"eot_timeout_ms": "soon"}},
        {"type": "config", "voice_config": {"eot_timeout_ms": -5}},
        {"type": "config", "voice_config": {"eot_timeout": 900}},
    ]
    change = {"type": "config", "voice_config": {"eot_timeout_ms": 700, "barge_in_min_speech_s": 5}}
    narrow = samples[::2].tobytes()
    call = (str(TURNLAB), "call", url, "caller.wav", "--trust-messages", "--save", "kept.flac", "--json")
    async with asyncio.TaskGroup() as at_once:
        begin = at_once.create_task
        odd_lengths = begin(talk(url, pcm, lengths=(1, 777, 3, 1201, 639)))
        all_ahead = begin(talk(url, pcm, lengths=(60_001,), ahead=True))
        changing = begin(talk(url, pcm, first=nonsense, later=[*bad, change]))
        telephone = begin(
            talk(url, narrow, first=[{"type": "start", "sample_rate": 8000}], rate=8000, lengths=(320,))
        )
        too_large, unread = begin(_too_large(url)), begin(_never_reads(url, pcm))
        begin(_leaves(url, pcm[: RATE * 2 * 3]))
        stranger = begin(_answered(url))
        page = begin(_answered(url, additional_headers=HEADERS, origin="https://elsewhere.example"))
        own_page = begin(_answered(url, additional_headers=HEADERS, origin="http://localhost:8000"))
        measured = begin(_command(*call, cwd=tmp_path))
        guided = begin(_command(sys.executable, "client.py", url, "caller.wav", cwd=tmp_path))
    odd, bulk, phone = odd_lengths.result(), all_ahead.result(), telephone.result()
    _check_clear(odd)
    for both in (odd, bulk):  # the last may arrive after the awaited audio
        both.messages = [one for one in both.messages if one[1].get("event", {"t": 0})["t"] < 5]
    assert odd.events == bulk.events
    assert len(odd.events) > 7
    _check_settings(changing.result(), len(nonsense), len(bad))
    assert {"end_of_turn", "response_start", "barge_in"} <= phone.types()
    assert phone.of("started")[0]["sample_rate"] == 8000
    assert (too_large.result(), unread.result()) == (1009, "gone")
    assert (stranger.result(), page.result(), own_page.result()) == (401, 403, 101)
    assert await _one_too_many(url) == 1013
    _check_call(measured.result(), tmp_path)
    code, out, err = guided.result()
    assert code == 0, err
    assert re.search(r"end_of_turn .+ eot_timeout_ms", out)
    heard, rate = sf.read(tmp_path / "heard.wav", dtype="int16")
    assert rate == RATE
    assert np.abs(heard.astype(int)).max() > 1000
    process.send_signal(signal.SIGTERM)
    _, told = process.communicate(timeout=TIMEOUT_S)
    assert process.wait(TIMEOUT_S) == 0, told
    endings = told.splitlines()
    assert "let go: you do not read" in told
    assert "a message was too large" in told
    assert sum("the caller left" in line for line in endings) == len(endings) - 2
    assert "Traceback" not in told


@pytest.mark.slow
async def test_silent_callers_are_disconnected_when_lines_run_out(agent: tuple[str, Command]) -> None:
    url, process = agent
    assert "8000, 16000" in await _bad_start(url, {"sample_rate": 7})
    assert "mulaw is spoken at 8000" in await _bad_start(url, {"sample_rate": 16_000, "encoding": "mulaw"})
    await _silent_lines_give_way(url)
    process.send_signal(signal.SIGTERM)
    _, told = await asyncio.to_thread(process.communicate, timeout=TIMEOUT_S)
    assert "let go: all lines are taken, and nothing was heard of you" in told
    assert "let go: start: the sample rate must be" in told
    assert "Traceback" not in told


@pytest.mark.realtime
async def test_the_agent_answers_twilio_media_streams(agent: tuple[str, Command], tmp_path: Path) -> None:
    url, process = agent
    sf.write(tmp_path / "caller.wav", spoken(), RATE)
    call = (str(TURNLAB), "call", url, "caller.wav", "--protocol", "twilio", "--json")
    code, out, err = await _command(*call, cwd=tmp_path)
    assert code == 0, err
    found = json.loads(out)
    assert found["protocol"] == "twilio"
    assert found["agent_sounds"]
    code, out, err = await _command(str(TURNLAB), "call", url, url, "caller.wav", "--json", cwd=tmp_path)
    assert code == 0, err
    check("call_comparison", found := json.loads(out))
    first, second = found["agents"]
    assert second == f"{first} (2)"
    sound = found["comparison"]["readouts"]["first_sound_ms"]
    assert sound["arms"][first] == pytest.approx(sound["arms"][second], abs=200)
    process.send_signal(signal.SIGTERM)
    _, told = await asyncio.to_thread(process.communicate, timeout=TIMEOUT_S)
    assert "call 1: the caller left" in told


async def test_an_agent_stopped_mid_call_says_that_it_left_itself(agent: tuple[str, Command]) -> None:
    url, process = agent
    line = await connect(url, additional_headers=HEADERS)
    await line.send(json.dumps({"type": "start"}))
    await asyncio.wait_for(line.recv(), TIMEOUT_S)
    process.send_signal(signal.SIGINT)
    await asyncio.wait_for(line.wait_closed(), TIMEOUT_S)
    _, told = await asyncio.to_thread(process.communicate, timeout=TIMEOUT_S)
    assert "call 1: the agent left: it was stopped (" in told
    assert "the caller left" not in told


def test_the_client_is_as_short_as_the_guide_says() -> None:
    guide = GUIDE.read_text()
    said = re.search(r"## A client in (\d+) lines", guide)
    assert said is not None
    assert int(said[1]) == len(guide.split("```python\n")[1].split("```")[0].splitlines())


def _check_clear(heard: Heard) -> None:
    """The agent's audio is where its events say, or later on a slow machine, and stops before the clear."""
    begun = next(event for event in heard.events if event["type"] == "response_start")
    stop = next(event for event in heard.events if event["type"] == "barge_in")
    loud = heard.loud()
    first = loud[loud > (begun["t"] - 0.2) * RATE][0] / RATE
    assert begun["t"] - 0.01 < first < begun["t"] + 0.5
    cleared = next(before for before, message in heard.messages if message["type"] == "clear") // 2
    assert stop["stops"] * RATE <= cleared
    assert not np.any((loud > cleared) & (loud < cleared + RATE // 2))
    final = next(one for one in heard.of("transcript") if one["final"])
    assert (final["text"], final["interrupted"]) == (stop["interrupted_text"], True)


def _check_settings(heard: Heard, nonsense: int, bad: int) -> None:
    complaints = [message["message"] for message in heard.of("error")]
    assert len(complaints) == nonsense + bad
    assert all("\n" not in text for text in complaints)
    assert "did you mean eot_timeout_ms" in complaints[-1]
    assert heard.of("config")[0]["voice_config"] == {**CONFIG, "eot_timeout_ms": 700, "barge_in_min_speech_s": 5}
    end = next(event for event in heard.events if event["type"] == "end_of_turn")
    assert end["t"] - end["speech_end"] == pytest.approx(0.7, abs=0.001)
    assert "barge_in" not in heard.types()


def _check_call(called: tuple[int, str, str], folder: Path) -> None:
    code, out, err = called
    assert code == 0, err
    report = json.loads(out)
    assert report["schema"] == "turnlab.call/1"
    assert report["readouts"]["first_sound_ms"]["n"] > 0
    assert {"response_ms", "barge_in_stop_ms", "talk_over_s"} <= set(report["readouts"])
    assert "no sound" in report["left_out"]["eot_delay_ms"]
    kept, rate = sf.read(folder / "kept.flac", dtype="int16")
    assert (rate, kept.shape[1]) == (RATE, 2)
    assert np.array_equal(kept[: len(spoken()), 0], spoken())
    assert np.abs(kept[:, 1].astype(int)).max() > 1000
    assert (folder / "kept.flac").stat().st_mode & 0o777 == 0o600
