"""Calls to other makers' agents over real sockets: Twilio, pipecat, OpenAI's realtime API, LiveKit."""

from __future__ import annotations

import base64
import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile as sf

from base.samples import SAMPLE_RATE, Samples, from_pcm16, to_pcm16
from simulator.activity.analyzer import analyze
from simulator.activity.end_of_turn import SilenceOnly
from simulator.audio.g711 import decoded, encoded
from simulator.recording import open_recording
from simulator.socket.calling import CallTaken, call
from simulator.socket.dialing import AgentError, CallOptions
from simulator.socket.outside import agent_stretches
from simulator.socket.protocols.registry import by_address
from tests.simulator.test_socket_calling import Answer, Line, agent

TONE_S = 0.5
HEARD_FIRST_S = 1.0
AGENTS = "uv sync --inexact --group agents"


def tone(rate: int) -> Samples:
    return (0.4 * np.sin(2 * np.pi * 440 * np.arange(round(TONE_S * rate)) / rate)).astype(np.float32)


@pytest.fixture
def caller(tmp_path: Path) -> Path:
    """A caller who hums for a second and a half."""
    hum = 0.3 * np.sin(2 * np.pi * 200 * np.arange(SAMPLE_RATE * 3 // 2) / SAMPLE_RATE)
    sf.write(tmp_path / "caller.wav", hum, SAMPLE_RATE)
    (tmp_path / "caller.json").write_text(json.dumps({"turns": [{"start_s": 0.0, "end_s": 1.5}]}))
    return tmp_path / "caller.wav"


def called(url: str, caller: Path, protocol: str, token: str | None = None) -> CallTaken:
    recording = open_recording(caller)
    return call(CallOptions(url, token, protocol), recording, analyze(recording.source, SilenceOnly()))


class Twilio:
    """An agent for Twilio media streams, following the examples of its documentation."""

    def __init__(self) -> None:
        self.events: list[str] = []
        self.heard: list[Samples] = []

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
    """A server of the realtime API: the events of OpenAI's library, in the order of its reference."""

    def __init__(self, events: Any) -> None:
        self._events = events
        self._ids = {"event_id": "event_1", "item_id": "item_1"}
        self.heard: list[Samples] = []

    async def answer(self, line: Line) -> None:
        events = self._events
        await line.send(json.dumps({"type": "session.created", "session": {"type": "realtime"}}))
        update = events.SessionUpdateEvent.model_validate_json(await line.recv(), strict=True)
        assert update.session.audio.output.format.model_dump() == {"type": "audio/pcm", "rate": 24_000}
        answered = interrupted = False
        async for text in line:
            told = events.InputAudioBufferAppendEvent.model_validate_json(text, strict=True)
            self.heard.append(from_pcm16(base64.b64decode(told.audio)))
            heard_s = sum(map(len, self.heard)) / 24_000
            if not answered and heard_s >= HEARD_FIRST_S:
                answered = True
                await self._speak(line)
            if not interrupted and heard_s >= HEARD_FIRST_S + TONE_S / 2:
                interrupted = True
                speech = events.InputAudioBufferSpeechStartedEvent(
                    type="input_audio_buffer.speech_started", audio_start_ms=1200, **self._ids
                )
                await line.send(speech.model_dump_json())

    async def _speak(self, line: Line) -> None:
        """Send the whole tone at once."""
        places = self._ids | {"content_index": 0, "output_index": 0, "response_id": "response_1"}
        for part in np.split(tone(24_000), 4):
            delta = base64.b64encode(to_pcm16(part).tobytes()).decode()
            event = self._events.ResponseAudioDeltaEvent(type="response.output_audio.delta", delta=delta, **places)
            await line.send(event.model_dump_json())
        error = {"type": "server_error", "message": "one that is of no consequence"}
        await line.send(
            self._events.RealtimeErrorEvent(type="error", event_id="event_2", error=error).model_dump_json()
        )


@pytest.mark.slow
def test_agents_of_other_makers_are_heard_and_hear(caller: Path) -> None:
    twilio = Twilio()
    openai = OpenAI(pytest.importorskip("openai.types.realtime", reason=f"no openai: {AGENTS}"))
    answers: dict[str, Answer] = {"twilio": twilio.answer, "openai-realtime": openai.answer}

    def take(protocol: str) -> CallTaken:
        with agent(answers[protocol]) as url:
            return called(url, caller, protocol)

    with ThreadPoolExecutor(2) as lines:
        taken = dict(zip(answers, lines.map(take, answers), strict=True))
    for protocol, lasts_s in (("twilio", TONE_S), ("openai-realtime", TONE_S / 2)):
        ((start_ms, end_ms),) = agent_stretches(taken[protocol], -45.0)
        assert abs(end_ms - start_ms - 1000 * lasts_s) <= 30, protocol
        assert start_ms >= 1000 * HEARD_FIRST_S, protocol
    for maker in (twilio, openai):
        assert loudest(maker.heard) == pytest.approx(0.3, abs=0.03)
    assert twilio.events == ["connected", "start", "media", "mark", "stop"]


@pytest.mark.slow
def test_pipecats_own_transport_is_heard_and_hears_in_its_frames_and_in_twilios(caller: Path) -> None:
    pytest.importorskip("loguru", reason=f"no packages of pipecat's: {AGENTS}")
    pytest.importorskip("pipecat", reason="no pipecat: uv sync --group models")
    from tests.simulator import pipecat_agent as theirs

    def take(protocol: str) -> tuple[CallTaken, list[Samples]]:
        with theirs.pipecat_agent(protocol) as answering:
            return called(answering.url, caller, protocol), answering.heard

    protocols = ("pipecat", "twilio")
    with ThreadPoolExecutor(2) as lines:
        calls = dict(zip(protocols, lines.map(take, protocols), strict=True))
    for protocol, (taken, heard) in calls.items():
        ((start_ms, end_ms),) = agent_stretches(taken, -45.0)
        assert 1000 * theirs.SPEAKS_AFTER_S <= start_ms <= end_ms - 200, protocol
        assert end_ms <= 1000 * theirs.STOPS_AFTER_S + 300, "it had 3 s to say, of which more had come"
        assert loudest(heard) == pytest.approx(0.3, abs=0.03)


@pytest.mark.slow
def test_an_agent_in_a_livekit_room_is_heard_and_hears(caller: Path) -> None:
    pytest.importorskip("livekit.rtc", reason="LiveKit's library has no wheel for this machine")
    pytest.importorskip("aiortc", reason=f"no WebRTC for a room: {AGENTS}")
    from tests.simulator.livekit_room import RATE, livekit_room

    with livekit_room() as room:
        taken = called(room.url, caller, "livekit", token="a token that names the room")
    ((start_ms, end_ms),) = agent_stretches(taken, -45.0)
    assert abs(end_ms - start_ms - 1000 * TONE_S) <= 60
    assert start_ms >= 1000 * HEARD_FIRST_S
    hum = np.abs(np.fft.rfft(np.concatenate(room.heard)))
    assert hum.argmax() * RATE / sum(map(len, room.heard)) == pytest.approx(200, abs=2)
    with pytest.raises(AgentError, match="the room cannot be joined"):
        called("ws://127.0.0.1:9", caller, "livekit", token="a token")
    with pytest.raises(AgentError, match="give it as --token"):
        called(room.url, caller, "livekit")


def loudest(heard: list[Samples]) -> float:
    return float(np.abs(np.concatenate(heard)).max())


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
        (_says_why_and_leaves, "turnlab", "the agent refuses: no such voice"),
        pytest.param(_floods_with_marks, "twilio", "more than 10,000 marks", marks=pytest.mark.slow),
        (_speaks_openai, "turnlab", "this looks like --protocol openai-realtime"),
    ],
)
def test_a_foreign_or_failing_agent_is_an_error(answer: Answer, protocol: str, why: str, caller: Path) -> None:
    with agent(answer) as url, pytest.raises(AgentError, match=why):
        called(url, caller, protocol)


def test_an_address_may_say_its_protocol() -> None:
    assert by_address("wss://api.openai.com/v1/realtime?model=gpt-realtime") == "openai-realtime"
    assert by_address("wss://agents.example/twilio/stream") == "twilio"
    assert by_address("wss://desk-1a2b3c.livekit.cloud") == "livekit"
    assert by_address("ws://127.0.0.1:8766") == "turnlab"
