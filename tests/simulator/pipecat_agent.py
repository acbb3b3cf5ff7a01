"""A pipecat agent: its WebSocket server transport, pipeline and serializers, on their own thread."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import numpy as np
from loguru import logger
from pipecat.frames.frames import Frame, InputAudioRawFrame, InterruptionFrame, OutputAudioRawFrame
from pipecat.pipeline.pipeline import Pipeline
from pipecat.pipeline.worker import PipelineParams, PipelineWorker
from pipecat.processors.frame_processor import FrameDirection, FrameProcessor
from pipecat.serializers.base_serializer import FrameSerializer
from pipecat.serializers.protobuf import ProtobufFrameSerializer
from pipecat.serializers.twilio import TwilioFrameSerializer
from pipecat.transports.websocket.server import (
    SingleClientWebsocketServerParams,
    SingleClientWebsocketServerTransport,
)
from pipecat.workers.runner import WorkerRunner

from base.samples import SAMPLE_RATE, Samples, from_pcm16, to_pcm16
from simulator.socket.protocols.twilio import STREAM

OUT_RATE = 24_000
SPEAKS_AFTER_S, STOPS_AFTER_S, TONE_S = 1.0, 1.5, 3.0
"""When it starts and stops speaking, by the audio it has heard, and the length of its speech."""


@dataclass
class PipecatAgent:
    """The agent's address, and what it has heard at 16 kHz."""

    url: str
    heard: list[Samples] = field(default_factory=list)


class _Answerer(FrameProcessor):
    """Speaks once it has heard enough, and stops as if the caller interrupted."""

    def __init__(self, agent: PipecatAgent) -> None:
        super().__init__()
        self._heard = agent.heard
        self._due = [self._speak, self._stop]

    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        await super().process_frame(frame, direction)
        if not isinstance(frame, InputAudioRawFrame):
            await self.push_frame(frame, direction)
            return
        self._heard.append(from_pcm16(frame.audio))
        after_s = (SPEAKS_AFTER_S, STOPS_AFTER_S)[-len(self._due)] if self._due else float("inf")
        if sum(map(len, self._heard)) >= after_s * SAMPLE_RATE:
            await self._due.pop(0)()

    async def _speak(self) -> None:
        tone = 0.4 * np.sin(2 * np.pi * 440 * np.arange(round(TONE_S * OUT_RATE)) / OUT_RATE)
        audio = to_pcm16(tone.astype(np.float32)).tobytes()
        await self.push_frame(OutputAudioRawFrame(audio=audio, sample_rate=OUT_RATE, num_channels=1))

    async def _stop(self) -> None:
        await self.push_frame(InterruptionFrame())


@contextmanager
def pipecat_agent(protocol: str) -> Iterator[PipecatAgent]:
    """Answer one call in pipecat's own frames, or in those of Twilio media streams."""
    logger.remove()
    ready = threading.Event()
    agent = PipecatAgent("")
    thread = threading.Thread(target=lambda: asyncio.run(_run(agent, _serializer(protocol), ready)))
    thread.start()
    try:
        assert ready.wait(60)
        yield agent
    finally:
        thread.join(60)


def _serializer(protocol: str) -> FrameSerializer:
    if protocol == "pipecat":
        return ProtobufFrameSerializer()
    return TwilioFrameSerializer(STREAM, params=TwilioFrameSerializer.InputParams(auto_hang_up=False))


async def _run(agent: PipecatAgent, serializer: FrameSerializer, ready: threading.Event) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    params = SingleClientWebsocketServerParams(serializer=serializer, audio_in_enabled=True, audio_out_enabled=True)
    transport = SingleClientWebsocketServerTransport(params, "127.0.0.1", port)
    rates = PipelineParams(audio_in_sample_rate=SAMPLE_RATE, audio_out_sample_rate=OUT_RATE)
    worker = PipelineWorker(Pipeline([transport.input(), _Answerer(agent), transport.output()]), params=rates)

    @transport.event_handler("on_websocket_ready")  # type: ignore[untyped-decorator]
    async def listening(_transport: object) -> None:
        agent.url = f"ws://127.0.0.1:{port}"
        ready.set()

    @transport.event_handler("on_client_disconnected")  # type: ignore[untyped-decorator]
    async def left(_transport: object, _client: object) -> None:
        await worker.cancel()

    runner = WorkerRunner(handle_sigint=False)
    await runner.add_workers(worker)
    await runner.run()
