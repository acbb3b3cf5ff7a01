"""Pipecat's WebSocket transports, with their protobuf serializer: PCM16 in the frames of its ``frames.proto``."""

from __future__ import annotations

from functools import cache
from typing import Any

from base.samples import SAMPLE_RATE, Samples
from simulator.errors import SimulatorError
from simulator.socket.messages import PLAIN, RATES, AudioIn, AudioOut, Wire
from simulator.socket.protocols.protocol import (
    AudioMessage,
    ClearMessage,
    FaultMessage,
    Heard,
    OtherMessage,
    WireMessage,
)

_FRAMES: dict[str, tuple[tuple[str, str], ...]] = {
    "TextFrame": (("id", "uint64"), ("name", "string"), ("text", "string")),
    "AudioRawFrame": (
        ("id", "uint64"),
        ("name", "string"),
        ("audio", "bytes"),
        ("sample_rate", "uint32"),
        ("num_channels", "uint32"),
    ),
    "TranscriptionFrame": (("id", "uint64"), ("name", "string"), ("text", "string")),
    "MessageFrame": (("data", "string"),),
    "InterruptionFrame": (("id", "uint64"), ("name", "string")),
}
"""The frames by name, with the fields used, in the order of their numbers."""

_KINDS = ("text", "audio", "transcription", "message", "interruption")


class PipecatProtocol:
    """The caller's side. The agent may answer at any common rate; each frame states its own."""

    def __init__(self) -> None:
        self.wire = PLAIN
        self._frame = _frame_type()
        self._in, self._out = AudioIn(PLAIN), AudioOut(PLAIN)

    def opening(self) -> list[WireMessage]:
        """Return no messages."""
        return []

    def speak(self, samples: Samples) -> list[WireMessage]:
        """Return one frame with the samples."""
        frame = self._frame()
        frame.audio.audio = self._out.write(samples)
        frame.audio.sample_rate, frame.audio.num_channels = SAMPLE_RATE, 1
        return [bytes(frame.SerializeToString())]

    def hear(self, message: WireMessage) -> list[Heard]:
        """Return a frame's meaning."""
        frame = self._frame()
        try:
            frame.ParseFromString(message if isinstance(message, bytes) else b"\xff")
        except Exception:  # protobuf's own exception, which depends on its implementation
            return [FaultMessage(message)] if isinstance(message, str) else []
        match frame.WhichOneof("frame"):
            case "audio":
                return self._audio(frame.audio)
            case "interruption":
                return [ClearMessage()]
            case "message":
                return [OtherMessage({"data": frame.message.data})]
            case _:
                return []

    def rest(self) -> Samples:
        """Return the resampler's remaining samples, float32 ``[n]`` at 16 kHz."""
        return self._in.rest()

    def played(self, mark: str) -> list[WireMessage]:  # noqa: ARG002  (there are no marks)
        """Return no messages."""
        return []

    def closing(self) -> list[WireMessage]:
        """Return no messages: closing the connection is enough."""
        return []

    def _audio(self, audio: Any) -> list[Heard]:
        rate = audio.sample_rate or SAMPLE_RATE
        if rate not in RATES or audio.num_channels > 1:
            return [FaultMessage(f"audio at {rate} Hz in {audio.num_channels} channels")]
        if rate != self.wire.rate:
            self.wire = Wire(rate)
            self._in = AudioIn(self.wire)
        return [AudioMessage(self._in.read(audio.audio))]


@cache
def _frame_type() -> Any:
    """Return the message class ``Frame``. Raises :class:`SimulatorError` where protobuf is not installed."""
    try:
        from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
    except ImportError:
        raise SimulatorError("pipecat's frames need protobuf; install it: pip install protobuf") from None
    types = {name: getattr(descriptor_pb2.FieldDescriptorProto, f"TYPE_{name.upper()}") for name in _TYPES}
    file = descriptor_pb2.FileDescriptorProto(
        name="turnlab_pipecat_frames.proto", package="turnlab.pipecat", syntax="proto3"
    )
    for name, fields in _FRAMES.items():
        message = file.message_type.add(name=name)
        for number, (field, kind) in enumerate(fields, 1):
            message.field.add(name=field, number=number, type=types[kind], label=1)
    frame = file.message_type.add(name="Frame")
    frame.oneof_decl.add(name="frame")
    for number, (field, name) in enumerate(zip(_KINDS, _FRAMES, strict=True), 1):
        frame.field.add(
            name=field,
            number=number,
            type=types["message"],
            label=1,
            type_name=f".turnlab.pipecat.{name}",
            oneof_index=0,
        )
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName("turnlab.pipecat.Frame"))


_TYPES = ("uint64", "uint32", "string", "bytes", "message")
