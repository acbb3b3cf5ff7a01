"""A line to a LiveKit room: the caller is a participant with a microphone, the agent the participant heard.

It behaves like a WebSocket that carries PCM16 at 16 kHz. LiveKit's own client library, which is WebRTC, resamples,
encodes and buffers. These effects belong to the line, and to what is heard.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from typing import Any, Self

from websockets.exceptions import ConnectionClosed, ConnectionClosedOK
from websockets.frames import Close, CloseCode

from base.samples import SAMPLE_RATE
from simulator.errors import SimulatorError

_PCM16 = 2


class LiveKitError(SimulatorError):
    """A room that cannot be joined, or has no audible agent."""


class LiveKitLine:
    """One room. Iteration yields the agent's audio; ``ConnectionClosed`` means that the call is over."""

    def __init__(self, rtc: Any) -> None:
        self._rtc = rtc
        self._room = rtc.Room()
        self._source = rtc.AudioSource(SAMPLE_RATE, 1)
        self._heard: asyncio.Queue[bytes | None] = asyncio.Queue()
        self._hearing: asyncio.Task[None] | None = None
        self._answered = asyncio.Event()
        self._over = ""
        self._room.on("track_subscribed", self._hear)
        self._room.on("disconnected", self._left)

    async def join(self, url: str, token: str, timeout_s: float) -> None:
        """Join the room, publish a microphone, and wait for an audible agent. Raises :class:`LiveKitError`."""
        try:
            async with asyncio.timeout(timeout_s):
                await self._room.connect(url, token)
                track = self._rtc.LocalAudioTrack.create_audio_track("caller", self._source)
                microphone = self._rtc.TrackPublishOptions(source=self._rtc.TrackSource.SOURCE_MICROPHONE)
                await self._room.local_participant.publish_track(track, microphone)
        except self._rtc.ConnectError as error:
            raise LiveKitError(f"the room cannot be joined: {error.message}") from None
        except TimeoutError:
            raise LiveKitError(f"did not pick up within {timeout_s:g} s") from None
        try:
            async with asyncio.timeout(timeout_s):
                await self._answered.wait()
        except TimeoutError:
            raise LiveKitError(
                f"no agent came into the room within {timeout_s:g} s; is its worker running?"
            ) from None

    async def send(self, message: str | bytes) -> None:
        """Send PCM16 at 16 kHz to the room; waits while the library holds a second of it."""
        self._check()
        if isinstance(message, bytes) and message:
            frame = self._rtc.AudioFrame(message, SAMPLE_RATE, 1, len(message) // _PCM16)
            await self._source.capture_frame(frame)

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while not self._heard.empty():  # audio from before the call
            self._heard.get_nowait()
        while (block := await self._heard.get()) is not None:
            yield block
        self._check()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Leave the room."""
        if self._hearing is not None:
            self._hearing.cancel()
            await asyncio.gather(self._hearing, return_exceptions=True)
        await self._room.disconnect()
        await self._source.aclose()

    def _hear(self, track: Any, _publication: Any, _participant: Any) -> None:
        if track.kind == self._rtc.TrackKind.KIND_AUDIO and self._hearing is None:
            self._hearing = asyncio.create_task(self._follow(track))
            self._answered.set()

    async def _follow(self, track: Any) -> None:
        stream = self._rtc.AudioStream(track, sample_rate=SAMPLE_RATE, num_channels=1)
        try:
            async for event in stream:
                self._heard.put_nowait(bytes(event.frame.data))
        finally:
            await stream.aclose()

    def _left(self, reason: Any) -> None:
        self._over = self._rtc.DisconnectReason.Name(reason).lower().replace("_", " ")
        self._heard.put_nowait(None)

    def _check(self) -> None:
        if self._over:
            raise _closed(self._over)


def _closed(reason: str) -> ConnectionClosed:
    return ConnectionClosedOK(Close(CloseCode.NORMAL_CLOSURE, reason), None)


async def join_room(url: str, token: str | None, timeout_s: float) -> LiveKitLine:
    """Return a line to the agent of a room. ``token`` is a LiveKit access token that names the room.

    Raises :class:`LiveKitError` if that fails.
    """
    if not token:
        raise LiveKitError("LiveKit wants an access token that names the room; give it as --token")
    try:
        from livekit import rtc
    except ImportError:
        raise LiveKitError("LiveKit's library is missing; install it: pip install 'turnlab[livekit]'") from None
    logging.getLogger("livekit").setLevel(logging.CRITICAL)  # every error becomes one line
    line = LiveKitLine(rtc)
    try:
        await line.join(url, token, timeout_s)
    except BaseException:
        await line.close()
        raise
    return line
