"""Calling agents of other makers over a real socket: Twilio media streams, pipecat, OpenAI's realtime API."""

from __future__ import annotations

import base64
import importlib.util
import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile as sf

from base.samples import SAMPLE_RATE, from_pcm16, to_pcm16
from simulator.activity.analyzer import analyze
from simulator.activity.end_of_turn import SilenceOnly
from simulator.audio.g711 import decoded, encoded
from simulator.recording import open_recording
from simulator.socket.calling import AgentError, CallOptions, CallTaken, call
from simulator.socket.outside import agent_stretches
from simulator.socket.protocols.registry import by_address
from tests.simulator.test_socket_calling import Answer, Line, agent

TONE_S = 0.5
HEARD_FIRST_S = 1.0


def tone(rate: int) -> np.ndarray[Any, np.dtype[np.float32]]:
    return (0.4 * np.sin(2 * np.pi * 440 * np.arange(round(TONE_S * rate)) / rate)).astype(np.float32)


@pytest.fixture
def caller(tmp_path: Path) -> Path:
    """Somebody hums for a second and a half."""
    hum = 0.3 * np.sin(2 * np.pi * 200 * np.arange(SAMPLE_RATE * 3 // 2) / SAMPLE_RATE)
    sf.write(tmp_path / "caller.wav", hum, SAMPLE_RATE)
    (tmp_path / "caller.json").write_text(json.dumps({"turns": [{"start_s": 0.0, "end_s": 1.5}]}))
    return tmp_path / "caller.wav"


def called(url: str, caller: Path, protocol: str) -> CallTaken:
    recording = open_recording(caller)
    return call(CallOptions(url, protocol=protocol), recording, analyze(recording.source, SilenceOnly()))


class Twilio:
    """An agent for Twilio media streams, by the examples of its documentation."""

    def __init__(self) -> None:
        self.events: list[str] = []
        self.heard: list[np.ndarray[Any, np.dtype[np.float32]]] = []

    async def answer(self, line: Line) -> None:
        stream = ""
        async for text in line:
            told = json.loads(text)
            if told["event"] != "media" or "media" not in self.events:
                self.events.append(told["event"])
            if told["event"] == "start":
                stream = told["streamSid"]
                assert told["start"]["mediaFormat"] == {
                    "encoding": "audio/x-mulaw",
                    "sampleRate": 8000,
                    "channels": 1,
                }
            if told["event"] == "media":
                self.heard.append(decoded(base64.b64decode(told["media"]["payload"])))
                if len(self.heard) == round(50 * HEARD_FIRST_S):
                    media = {"payload": base64.b64encode(encoded(tone(8000))).decode()}
                    await line.send(json.dumps({"event": "media", "streamSid": stream, "media": media}))
                    await line.send(json.dumps({"event": "mark", "streamSid": stream, "mark": {"name": "said"}}))


class OpenAI:
    """A server of the realtime API, by the examples of its reference."""

    def __init__(self) -> None:
        self.heard: list[np.ndarray[Any, np.dtype[np.float32]]] = []

    async def answer(self, line: Line) -> None:
        await line.send(json.dumps({"type": "session.created", "session": {"type": "realtime"}}))
        update = json.loads(await line.recv())
        assert update["type"] == "session.update"
        assert update["session"]["audio"]["output"]["format"] == {"type": "audio/pcm", "rate": 24_000}
        answered = False
        async for text in line:
            told = json.loads(text)
            assert told["type"] == "input_audio_buffer.append"
            self.heard.append(from_pcm16(base64.b64decode(told["audio"])))
            if not answered and sum(map(len, self.heard)) >= 24_000 * HEARD_FIRST_S:
                answered = True
                await line.send(json.dumps({"type": "input_audio_buffer.speech_stopped"}))
                for part in np.split(tone(24_000), 4):
                    delta = base64.b64encode(to_pcm16(part).tobytes()).decode()
                    await line.send(json.dumps({"type": "response.output_audio.delta", "delta": delta}))
                await line.send(
                    json.dumps({"type": "error", "error": {"message": "one that is of no consequence"}})
                )


class Pipecat:
    """An agent that reads and writes with pipecat's own generated frames."""

    def __init__(self, frames: Any) -> None:
        self._frames = frames
        self.heard: list[np.ndarray[Any, np.dtype[np.float32]]] = []

    async def answer(self, line: Line) -> None:
        answered = False
        async for message in line:
            frame = self._frames.Frame.FromString(message)
            assert (frame.audio.sample_rate, frame.audio.num_channels) == (SAMPLE_RATE, 1)
            self.heard.append(from_pcm16(frame.audio.audio))
            if not answered and sum(map(len, self.heard)) >= SAMPLE_RATE * HEARD_FIRST_S:
                answered = True
                said = self._frames.AudioRawFrame(
                    id=1, name="tts", audio=to_pcm16(tone(24_000)).tobytes(), sample_rate=24_000, num_channels=1
                )
                await line.send(self._frames.Frame(audio=said).SerializeToString())


def pipecats_frames() -> Any:
    """Return the frames as pipecat's wheel has them; nothing else of it is imported."""
    spec = importlib.util.find_spec("pipecat")
    if spec is None or not spec.submodule_search_locations:
        pytest.skip("pipecat is not installed")
    path = Path(spec.submodule_search_locations[0]) / "frames" / "protobufs" / "frames_pb2.py"
    frames = importlib.util.spec_from_file_location("pipecat_frames", path)
    assert frames is not None
    assert frames.loader is not None
    module = importlib.util.module_from_spec(frames)
    frames.loader.exec_module(module)
    return module


@pytest.mark.slow
def test_agents_of_other_makers_are_heard_and_hear(caller: Path) -> None:
    twilio, openai, pipecat = Twilio(), OpenAI(), Pipecat(pipecats_frames())
    answers: dict[str, Answer] = {
        "twilio": twilio.answer,
        "openai-realtime": openai.answer,
        "pipecat": pipecat.answer,
    }

    def take(protocol: str) -> CallTaken:
        with agent(answers[protocol]) as url:
            return called(url, caller, protocol)

    with ThreadPoolExecutor(3) as lines:
        taken = dict(zip(answers, lines.map(take, answers), strict=True))
    for protocol, one in taken.items():
        ((start_ms, end_ms),) = agent_stretches(one, -45.0)
        assert abs(end_ms - start_ms - 1000 * TONE_S) <= 30, protocol
        assert start_ms >= 1000 * HEARD_FIRST_S, protocol
    for maker in (twilio, openai, pipecat):
        heard = np.concatenate(maker.heard)
        assert np.abs(heard).max() == pytest.approx(0.3, abs=0.03)
    assert twilio.events == ["connected", "start", "media", "mark", "stop"]


async def _refuses(line: Line) -> None:
    await line.send(json.dumps({"type": "error", "error": {"message": "Incorrect API key provided"}}))
    await line.wait_closed()


async def _refuses_and_leaves(line: Line) -> None:
    await line.send(json.dumps({"type": "error", "error": {"message": "Incorrect API key provided"}}))
    await line.close(1008)


async def _says_why_and_leaves(line: Line) -> None:
    await line.send(json.dumps({"type": "error", "message": "no such voice"}))
    await line.close(1000)


async def _floods_with_marks(line: Line) -> None:
    await line.send(json.dumps({"event": "media", "media": {"payload": base64.b64encode(bytes(80_000)).decode()}}))
    await line.send(json.dumps({"event": "media", "media": {"payload": "no base64: é"}}))
    for number in range(20_000):
        await line.send(json.dumps({"event": "mark", "mark": {"name": str(number)}}))
    await line.wait_closed()


async def _speaks_openai(line: Line) -> None:
    await line.send(json.dumps({"type": "session.created"}))
    for _ in range(100):
        await line.recv()
    await line.close(1000)


@pytest.mark.parametrize(
    ("answer", "protocol", "why"),
    [
        (_refuses, "openai-realtime", "the agent refuses: Incorrect API key provided"),
        (_refuses_and_leaves, "openai-realtime", "the agent refuses: Incorrect API key provided"),
        (_says_why_and_leaves, "turnlab", "hung up at once .*no such voice"),
        (_floods_with_marks, "twilio", "more than 10,000 marks"),
        (_speaks_openai, "turnlab", "this looks like --protocol openai-realtime"),
    ],
)
def test_a_foreign_or_failing_agent_is_an_error(answer: Answer, protocol: str, why: str, caller: Path) -> None:
    with agent(answer) as url, pytest.raises(AgentError, match=why):
        called(url, caller, protocol)


def test_an_address_may_say_its_protocol() -> None:
    assert by_address("wss://api.openai.com/v1/realtime?model=gpt-realtime") == "openai-realtime"
    assert by_address("wss://agents.example/twilio/stream") == "twilio"
    assert by_address("ws://127.0.0.1:8766") == "turnlab"
