"""One client's call on the server: its audio goes to the agent in real time, and the agent's audio returns.

The listener processes the caller's audio in order; the agent's speech never waits for a judgement.
"""

from __future__ import annotations

import asyncio
import json
from collections import deque
from concurrent.futures import Future
from dataclasses import dataclass

from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosed
from websockets.frames import CloseCode

from base.samples import SAMPLE_RATE, Samples
from presets.config import VoiceConfig
from simulator.activity.model import SpeechEnd
from simulator.socket import messages
from simulator.socket.agent_call import AgentCall, ServedAgent
from simulator.socket.inbox import AudioBytes, Inbox, Outbox, Playout, RateLimiter
from simulator.socket.messages import (
    PLAIN,
    AudioIn,
    Change,
    Message,
    MessageError,
    SpeechOut,
    Start,
    StartError,
    Wire,
)
from simulator.socket.protocols.twilio import WIRE, TwilioLine


class Listener:
    """A queue of audio still to be processed, and the settings that change between; for use in an event loop."""

    def __init__(self, call: AgentCall) -> None:
        self._call = call
        self._unheard: deque[Samples | VoiceConfig] = deque()
        self._awaited: asyncio.Future[SpeechEnd] | None = None
        self._failure: Exception | None = None

    def put(self, what: Samples | VoiceConfig) -> None:
        """Queue samples, float32 ``[n]`` at 16 kHz, or settings that apply after them.

        Raises what processing raised, for these samples or earlier ones.
        """
        if self._failure is not None:
            raise self._failure
        self._unheard.append(what)
        self._go_on()

    def close(self) -> None:
        """Stop processing."""
        self._unheard.clear()
        if self._awaited is not None:
            self._awaited.cancel()

    def _go_on(self) -> None:
        while self._awaited is None and self._unheard:
            first = self._unheard[0]
            if not isinstance(first, VoiceConfig):
                self._unheard.popleft()
                self._wait_for(self._call.listen(first))
            elif (judging := self._call.judging) is not None:
                self._wait_for(judging)
            else:
                self._unheard.popleft()
                self._call.change(first)

    def _wait_for(self, verdict: Future[SpeechEnd] | None) -> None:
        if verdict is not None:
            self._awaited = asyncio.wrap_future(verdict)
            self._awaited.add_done_callback(self._judged)

    def _judged(self, awaited: asyncio.Future[SpeechEnd]) -> None:
        self._awaited = None
        if awaited.cancelled():
            return
        awaited.exception()  # the call also finds it, and raises it
        try:
            self._wait_for(self._call.listen())
            self._go_on()
        except Exception as error:  # the next call of put raises it
            self._failure = error


LEAST_S, MOST_S = 0.01, 0.02
"""The length of a block of audio that is processed and answered at once."""

HELD_BACK_S = 2.0
"""How much audio may wait; a client that has sent more is not read from meanwhile."""

STALLED_S = 2.0
"""Without audio for this long, the client gets a notice that time has stopped."""

MOST_MESSAGES_A_SECOND = 2000
"""The limit for messages: even empty ones cost the other calls time."""

GONE_S = 60.0
"""Without any audio or text for this long, the client counts as gone."""

LATE_S = 0.04
"""An answer to a caller's block that takes longer is late: players buffer about this much."""


_CLIENTS_FAULTS: dict[int, str] = {
    CloseCode.MESSAGE_TOO_BIG: "a message was too large",
    CloseCode.PROTOCOL_ERROR: "the caller broke the WebSocket protocol",
    CloseCode.INVALID_DATA: "the caller sent text that is not UTF-8",
}


class DroppedError(Exception):
    """The client is disconnected; the text is the reason, at most 120 bytes."""


@dataclass(slots=True)
class CallReport:
    """The statistics of a call.

    ``late`` counts blocks answered late, and ``latest_s`` is the longest delay of an answer. ``late_sounds`` are
    agent sounds that began late because a pause was judged too slowly. ``holes`` are places where the caller's
    audio came too late to send the agent's without a gap. ``held_s`` is the largest delay added to the agent's
    audio to prevent further gaps.
    """

    number: int
    seconds: float = 0.0
    turns: int = 0
    blocks: int = 0
    late: int = 0
    latest_s: float = 0.0
    late_sounds: int = 0
    holes: int = 0
    held_s: float = 0.0
    ending: str = "the caller left"


class Conversation:
    """Connects one call's socket with an :class:`~simulator.socket.agent_call.AgentCall`.

    ``facts`` go to a client that begins with a start message.
    """

    def __init__(self, connection: ServerConnection, agent: ServedAgent, facts: Message, number: int) -> None:
        self.report = CallReport(number)
        self._connection = connection
        self._agent = agent
        self._facts = facts
        self._loop = asyncio.get_running_loop()
        self._inbox = Inbox()
        self._outbox, self._playout = Outbox(), Playout()
        self._pace: RateLimiter | None = None
        self._heard_s = self._loop.time()
        self._unwanted: asyncio.Future[None] = self._loop.create_future()
        self._allowed_s = 0.0
        self._samples = 0
        self._config = agent.config
        self._first = True
        self._twilio: TwilioLine | None = None
        self._use(PLAIN)

    @property
    def silent_s(self) -> float:
        """How long no audio has arrived, s."""
        return self._loop.time() - self._heard_s

    def disconnect(self, why: str) -> None:
        """Make :meth:`run` raise :class:`DroppedError`."""
        if not self._unwanted.done():
            self._unwanted.set_exception(DroppedError(why))

    async def run(self) -> None:
        """Hold the call until the client leaves. Raises :class:`DroppedError` if it must be disconnected."""
        work = (self._read(), self._answer(), self._outbox.drain_to(self._connection))
        tasks = [*map(self._loop.create_task, work), self._unwanted]
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        except ConnectionClosed as closed:
            if closed.sent is not None and closed.sent.code in _CLIENTS_FAULTS:
                self.report.ending = f"let go: {_CLIENTS_FAULTS[closed.sent.code]}"
            elif closed.sent is not None and not closed.rcvd_then_sent:
                self.report.ending = "the agent left: it was stopped"
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    def _use(self, wire: Wire) -> None:
        self._wire = wire
        self._in, self._out = AudioIn(wire), SpeechOut(wire)
        self._inbox.most_bytes = self._bytes_of(HELD_BACK_S)

    def _bytes_of(self, seconds: float) -> int:
        return round(seconds * self._wire.rate) * self._wire.width

    async def _read(self) -> None:
        pace = RateLimiter(self._loop.time())
        while True:  # unlike iteration, this raises at every end of the call, and so shows who ended it
            message = await self._connection.recv()
            if wait_s := pace.take(1 / MOST_MESSAGES_A_SECOND, self._loop.time()):
                await asyncio.sleep(wait_s)
            if self._first and TwilioLine.begins(message):
                self._twilio = TwilioLine()
                self._use(WIRE)
            self._first = False
            if self._twilio is not None:
                try:
                    message = self._twilio.incoming(message)
                except StartError as error:
                    raise DroppedError(str(error)) from None
                if self._twilio.over:
                    return
            await self._inbox.put(message, self._loop.time())

    async def _answer(self) -> None:
        call = AgentCall(self._agent)
        listener = Listener(call)
        try:
            while True:
                found = await self._next()
                if isinstance(found, str):
                    self._post(json.dumps(self._follow(listener, found)))
                else:
                    await self._hear(call, listener, found)
        finally:
            listener.close()

    async def _next(self) -> str | AudioBytes:
        """Wait for the next message; notify the client if its audio has stopped."""
        waits = [GONE_S] if self._pace is None else [STALLED_S, GONE_S - STALLED_S]
        for seconds in waits:
            try:
                async with asyncio.timeout(seconds):
                    return await self._inbox.take(self._bytes_of(LEAST_S), self._bytes_of(MOST_S))
            except TimeoutError:
                text = f"no audio for {seconds:g} s: the call's time is the audio you send; send silence too"
                if seconds is not waits[-1]:
                    self._post(json.dumps(messages.error(text)))
        raise DroppedError(f"nothing was heard of you for {GONE_S:g} s")

    async def _hear(self, call: AgentCall, listener: Listener, audio: AudioBytes) -> None:
        """Process a block when it can have been spoken, and send the agent's output meanwhile."""
        now_s = self._heard_s = self._loop.time()
        if self._pace is None:
            self._pace = RateLimiter(audio.since_s)
        wait_s = self._pace.take(len(audio.data) / self._bytes_of(1.0), now_s)
        if wait_s:
            await asyncio.sleep(wait_s)
            self._allowed_s = now_s + wait_s
        samples = self._in.read(audio.data)
        if not len(samples):
            return
        listener.put(samples)
        self._samples += len(samples)
        at_s = self._playout.due(len(samples) / SAMPLE_RATE, self._loop.time())
        for part in call.speak(len(samples)):
            for message in self._out.write(part):
                self._post(message, at_s)
        self._note(call, self._loop.time() - max(audio.since_s, self._allowed_s))

    def _note(self, call: AgentCall, took_s: float) -> None:
        report = self.report
        report.seconds, report.turns = self._samples / SAMPLE_RATE, call.turns
        report.late_sounds = call.late_sounds
        report.holes, report.held_s = self._playout.holes, self._playout.longest_s
        report.blocks += 1
        report.late += took_s > LATE_S
        report.latest_s = max(report.latest_s, took_s)

    def _follow(self, listener: Listener, text: str) -> Message:
        """Follow a text message; return the answer."""
        try:
            request = messages.read_message(text)
            if isinstance(request, Change):
                self._config = messages.changed(self._config, request.fields)
                listener.put(self._config)
                return messages.config_applied(self._config, self._samples * 1000 // SAMPLE_RATE)
            return self._start(request)
        except StartError as error:
            raise DroppedError(str(error)) from None
        except MessageError as error:
            return messages.error(str(error))

    def _start(self, request: Start) -> Message:
        if self._pace is not None:
            raise StartError("start: must come before the first audio")
        self._use(request.wire)
        return messages.started(request.wire, self._facts)

    def _post(self, message: str | bytes, at_s: float = 0.0) -> None:
        if self._twilio is not None:
            line = self._twilio.outgoing(message)
            if line is None:
                return
            message = line
        if not self._outbox.put(message, at_s):
            raise DroppedError("you do not read what is sent: seconds of audio wait for you")
