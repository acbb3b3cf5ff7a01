"""A LiveKit room with an agent, on its own thread: LiveKit's signals over a WebSocket, and real WebRTC.

LiveKit's own server is not available as a package. This one has a single room and two participants: the agent, and
one that joins. It uses LiveKit's own messages (``livekit-protocol``), with one peer connection per direction, and
``aiortc`` for its media.
"""

from __future__ import annotations

import asyncio
import fractions
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http import HTTPStatus

import numpy as np
from aiortc import MediaStreamTrack, RTCPeerConnection, RTCSessionDescription
from aiortc.mediastreams import MediaStreamError
from aiortc.sdp import candidate_from_sdp
from av import AudioFrame
from livekit.protocol import models, rtc
from websockets.asyncio.server import ServerConnection, serve
from websockets.http11 import Request, Response

from base.samples import Samples, from_pcm16, to_pcm16

RATE = 48_000
BLOCK = RATE // 50
SPEAKS_AFTER_S, TONE_S = 1.0, 0.5
"""When the agent starts to speak, by the audio it has heard, and for how long."""


@dataclass
class Room:
    """The room's address, and what the agent has heard at 48 kHz."""

    url: str = ""
    heard: list[Samples] = field(default_factory=list)

    @property
    def heard_s(self) -> float:
        return sum(map(len, self.heard)) / RATE


class _Voice(MediaStreamTrack):
    """The agent's microphone: silence, and a tone once it has heard enough."""

    kind = "audio"

    def __init__(self, room: Room) -> None:
        super().__init__()
        self._room = room
        self._sent = 0
        self._left = round(TONE_S * RATE)
        self._began_s = asyncio.get_running_loop().time()

    async def recv(self) -> AudioFrame:
        await asyncio.sleep(self._began_s + self._sent / RATE - asyncio.get_running_loop().time())
        count = min(BLOCK, self._left) if self._room.heard_s >= SPEAKS_AFTER_S else 0
        sound = np.zeros(BLOCK, np.float32)
        sound[:count] = 0.4 * np.sin(2 * np.pi * 440 * np.arange(count) / RATE)
        self._left -= count
        frame = AudioFrame.from_ndarray(to_pcm16(sound)[None, :], format="s16", layout="mono")
        frame.sample_rate, frame.pts, frame.time_base = RATE, self._sent, fractions.Fraction(1, RATE)
        self._sent += BLOCK
        return frame


class _Visit:
    """One participant, from joining to leaving."""

    def __init__(self, line: ServerConnection, room: Room) -> None:
        self._line = line
        self._room = room
        self._publisher, self._subscriber = RTCPeerConnection(), RTCPeerConnection()
        self._publisher.on("track", lambda track: asyncio.ensure_future(self._listen(track)))

    async def hold(self) -> None:
        await self._join()
        try:
            async for message in self._line:
                assert isinstance(message, bytes)
                request = rtc.SignalRequest.FromString(message)
                kind = request.WhichOneof("message")
                if kind == "leave":
                    return
                await self._follow(kind, request)
        finally:
            await self._publisher.close()
            await self._subscriber.close()

    async def _join(self) -> None:
        voice = models.TrackInfo(sid="TR_agent", type=models.AUDIO, name="agent", source=models.MICROPHONE)
        agent = models.ParticipantInfo(
            sid="PA_agent", identity="agent", state=models.ParticipantInfo.ACTIVE, tracks=[voice]
        )
        caller = models.ParticipantInfo(sid="PA_caller", identity="caller", state=models.ParticipantInfo.ACTIVE)
        join = rtc.JoinResponse(
            room=models.Room(sid="RM_room", name="room"),
            participant=caller,
            other_participants=[agent],
            server_info=models.ServerInfo(version="1.8.0", protocol=15),
            subscriber_primary=True,
            ping_interval=10,
            ping_timeout=60,
        )
        await self._send(rtc.SignalResponse(join=join))
        sender = self._subscriber.addTrack(_Voice(self._room))
        sender._stream_id, sender._track_id = "PA_agent|TR_agent", "TR_agent"
        await self._subscriber.setLocalDescription(await self._subscriber.createOffer())
        await self._send(rtc.SignalResponse(offer=_told(self._subscriber.localDescription)))

    async def _follow(self, kind: str | None, request: rtc.SignalRequest) -> None:
        if kind == "answer":
            await self._subscriber.setRemoteDescription(_heard(request.answer))
        elif kind == "offer":
            await self._publisher.setRemoteDescription(_heard(request.offer))
            await self._publisher.setLocalDescription(await self._publisher.createAnswer())
            await self._send(rtc.SignalResponse(answer=_told(self._publisher.localDescription)))
        elif kind == "add_track":
            wish = request.add_track
            track = models.TrackInfo(sid="TR_caller", type=wish.type, name=wish.name, source=wish.source)
            published = rtc.TrackPublishedResponse(cid=wish.cid, track=track)
            await self._send(rtc.SignalResponse(track_published=published))
        elif kind == "trickle":
            told = json.loads(request.trickle.candidateInit)
            if told["candidate"]:
                candidate = candidate_from_sdp(told["candidate"].partition(":")[2])
                candidate.sdpMid, candidate.sdpMLineIndex = told["sdpMid"], told["sdpMLineIndex"]
                of = self._publisher if request.trickle.target == rtc.PUBLISHER else self._subscriber
                await of.addIceCandidate(candidate)
        elif kind == "ping":
            await self._send(rtc.SignalResponse(pong=request.ping))
        elif kind == "ping_req":
            await self._send(rtc.SignalResponse(pong_resp=rtc.Pong(last_ping_timestamp=request.ping_req.timestamp)))

    async def _listen(self, track: MediaStreamTrack) -> None:
        with suppress(MediaStreamError):
            while True:
                frame = await track.recv()
                assert isinstance(frame, AudioFrame)
                heights = frame.to_ndarray().reshape(-1, len(frame.layout.channels))
                self._room.heard.append(from_pcm16(heights[:, 0].astype(np.int16)))

    async def _send(self, response: rtc.SignalResponse) -> None:
        await self._line.send(response.SerializeToString())


def _told(description: RTCSessionDescription) -> rtc.SessionDescription:
    return rtc.SessionDescription(type=description.type, sdp=description.sdp)


def _heard(description: rtc.SessionDescription) -> RTCSessionDescription:
    return RTCSessionDescription(sdp=description.sdp, type=description.type)


@contextmanager
def livekit_room() -> Iterator[Room]:
    """Run a room."""
    room, ready, over = Room(), threading.Event(), threading.Event()

    def only_signals(line: ServerConnection, request: Request) -> Response | None:
        return None if request.path.startswith("/rtc?") else line.respond(HTTPStatus.NOT_FOUND, "")

    async def run() -> None:
        async with serve(
            lambda line: _Visit(line, room).hold(), "127.0.0.1", 0, process_request=only_signals
        ) as server:
            room.url = f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}"
            ready.set()
            await asyncio.to_thread(over.wait)

    thread = threading.Thread(target=asyncio.run, args=(run(),))
    thread.start()
    try:
        assert ready.wait(30)
        yield room
    finally:
        over.set()
        thread.join(30)
