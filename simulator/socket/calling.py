"""Calls an agent on a WebSocket with a recording, in real time, and keeps what is heard. For ``turnlab call``."""

from __future__ import annotations

import asyncio
import math
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from websockets.exceptions import ConnectionClosed
from websockets.frames import CloseCode

from base.samples import SAMPLE_RATE, SAMPLES_PER_MS, Samples
from simulator.activity.model import FRAME_MS, Activity
from simulator.echo.caller import Caller, caller_of
from simulator.recording import Recording
from simulator.replay import Placement
from simulator.socket.activity_by_level import AgentActivityDetector, Earpiece
from simulator.socket.dialing import LARGEST_MESSAGE, AgentError, CallOptions, dial, quoted
from simulator.socket.protocols.protocol import (
    AudioMessage,
    CallProtocol,
    ClearMessage,
    FaultMessage,
    Heard,
    MarkMessage,
    OtherMessage,
    WireConnection,
)
from simulator.socket.protocols.registry import PROTOCOLS, by_message

STUCK_S = 5.0
"""An agent that does not read for this long counts as stuck."""

BLOCK_MS = 16
"""The length of a block of audio; each is sent when it has been spoken, as on a line."""

LAST_WORD_MS, LONGEST_TAIL_MS = 4000, 30_000
"""After the recording, the caller stays until this long without sound, and at most this long in all."""

_STALL_S = 0.005
"""If this machine is later than this, the call's clock is set back instead of catching up."""

SHORTEST_CALL_MS = 500
"""An agent that hangs up sooner has not accepted the call."""

GAP_MS = 40.0
"""Audio that arrives later than this after the audio before it begins a new stretch."""

MOST_MARKS = 10_000
"""An agent with more pending marks counts as out of order."""

MOST_AHEAD_S = 600.0
"""An agent that has sent this much more audio than can have played counts as out of order."""

_ANSWERED = ("turn", "interruption")
"""The kinds of moves that an agent answers; it may talk through a cough or an "uh-huh"."""


class ReceivedMessage(NamedTuple):
    """A text message of the agent, and its position in the agent's audio, ms of the call."""

    t_ms: int
    message: dict[str, Any]


@dataclass(slots=True)
class CallTaken:
    """A finished call: both channels on the caller's clock, and where the recording was played.

    ``late_ms`` is this machine's worst delay in sending. ``hung_up`` is set if the agent ended the call.
    ``last_word`` is half a sentence with the agent's last message, "" if it sent none.
    """

    duration_ms: int
    caller: Samples
    earpiece: Earpiece
    placements: tuple[Placement, ...]
    elastic: bool
    anchored: int
    missed_responses: int
    received: list[ReceivedMessage]
    late_ms: float
    hung_up: str | None
    last_word: str = ""


def call(
    options: CallOptions, recording: Recording, activity: Activity, progress: Callable[[int], None] | None = None
) -> CallTaken:
    """Make the call, which takes as long as the recording. ``progress`` receives the ms so far.

    Raises :class:`AgentError` if the agent cannot be reached, or does not accept the audio.
    """
    return asyncio.run(_call(options, recording, activity, progress))


async def _call(
    options: CallOptions, recording: Recording, activity: Activity, progress: Callable[[int], None] | None
) -> CallTaken:
    async with await dial(options) as connection:
        return await talk(connection, options, recording, activity, progress)


async def talk(
    connection: WireConnection,
    options: CallOptions,
    recording: Recording,
    activity: Activity,
    progress: Callable[[int], None] | None = None,
) -> CallTaken:
    """Hold a call on an open line, by the running event loop's clock. Raises as :func:`call` does."""
    return await _Caller(connection, options, recording, activity).talk(progress)


class _Caller:
    """One call in progress."""

    def __init__(
        self, connection: WireConnection, options: CallOptions, recording: Recording, activity: Activity
    ) -> None:
        self._connection = connection
        self._options = options
        self._loop = asyncio.get_running_loop()
        self._earpiece = Earpiece()
        self._detector = AgentActivityDetector(self._earpiece, options.audible_db)
        self._protocol: CallProtocol = PROTOCOLS[options.protocol](options.wire)
        self._out_lag_ms = self._protocol.wire.out_lag_ms
        self._marks: deque[tuple[int, str]] = deque()
        self._fresh = True
        self._moves = recording.labels.moves if recording.labels and not options.rigid else ()
        self._placements: list[Placement] = []
        self._caller: Caller = caller_of(self._detector, recording.source, self._moves, activity, self._placements)
        self._received: list[ReceivedMessage] = []
        self._began_s = 0.0
        self._sent_ms = 0
        self._late_ms = 0.0
        self._last_text = self._complaint = ""

    async def talk(self, progress: Callable[[int], None] | None) -> CallTaken:
        """Hold the call to its end."""
        hung_up: str | None = None
        frames: list[Samples] = []
        hearing = self._loop.create_task(self._hear())
        try:
            await self._send(self._protocol.opening())
            self._began_s = self._loop.time()
            await self._speak(frames, hearing, progress)
            await self._send(self._protocol.closing())
        except ConnectionClosed as closed:
            hung_up = self._hang_up_reason(closed)
            with suppress(ConnectionClosed):  # handle its earlier messages first
                await hearing
            hung_up += f"; its last complaint: {self._complaint}" if self._complaint else ""
            if self._sent_ms < SHORTEST_CALL_MS:
                said = self._last_word(None) or ("" if closed.rcvd and closed.rcvd.reason else "; ask it why")
                raise self._fault(f"the agent hung up at once ({hung_up}){said}") from None
        finally:
            hearing.cancel()
            await asyncio.gather(hearing, return_exceptions=True)
        self._take_rest()
        if not self._earpiece.arrived:
            raise self._fault(f"no audio came{self._last_word(hung_up)}; does it speak {self._options.protocol}?")
        return CallTaken(
            duration_ms=len(frames) * FRAME_MS,
            caller=np.concatenate(frames) if frames else np.zeros(0, np.float32),
            earpiece=self._earpiece,
            placements=tuple(self._placements),
            elastic=bool(self._moves),
            anchored=sum(move.anchor.at is None for move in self._moves[: len(self._placements)]),
            missed_responses=self._detector.missed_responses,
            received=self._received,
            late_ms=self._late_ms,
            hung_up=hung_up,
            last_word=self._last_word(None),
        )

    async def _speak(
        self, frames: list[Samples], hearing: asyncio.Task[None], progress: Callable[[int], None] | None
    ) -> None:
        """Send the caller's audio until both sides are done."""
        done_ms = 0
        while True:
            now_ms = len(frames) * FRAME_MS
            await self._wait_until(now_ms)
            if hearing.done():
                hearing.result()  # the caller stops when the agent can no longer be heard
            self._detector.listen(max(now_ms - math.ceil(self._in_lag_ms) - BLOCK_MS, 0))
            if self._caller.done and (
                now_ms >= done_ms + LONGEST_TAIL_MS
                or min(self._detector.quiet_ms, now_ms - done_ms) >= LAST_WORD_MS
            ):
                return
            frame = self._caller.frame(now_ms)
            self._detector.asked_ms = self._asked_ms()
            if not self._caller.done:
                done_ms = now_ms
            for part in np.split(frame, FRAME_MS // BLOCK_MS):
                # send ahead by the resampler's delay, which is not the agent's
                await self._wait_until(self._sent_ms + BLOCK_MS - self._out_lag_ms)
                self._sent_ms += BLOCK_MS
                await self._send([*self._protocol.speak(part), *self._played()])
            frames.append(frame)
            if progress is not None:
                progress(now_ms)

    def _last_word(self, hung_up: str | None) -> str:
        """Return what the agent sent instead of audio, as half a sentence."""
        if self._last_text:
            other = by_message(self._last_text)
            hint = f" (this looks like --protocol {other})" if other not in (None, self._options.protocol) else ""
            return f"; the agent's last message: {quoted(self._last_text)}{hint}"
        return f"; the agent hung up ({hung_up})" if hung_up else ""

    def _hang_up_reason(self, closed: ConnectionClosed) -> str:
        """Return the agent's reason for hanging up. Raises :class:`AgentError` if it did not hang up."""
        if closed.sent is not None and closed.sent.code == CloseCode.MESSAGE_TOO_BIG and not closed.rcvd_then_sent:
            raise self._fault(
                f"the agent sent a message of more than {LARGEST_MESSAGE:,} bytes,"
                f" {self._seconds()} into the call; let it send shorter ones"
            ) from None
        if closed.rcvd is None:
            raise self._fault(f"the line broke {self._seconds()} into the call") from None
        return f"{closed.rcvd.code} {closed.rcvd.reason}".strip()

    async def _wait_until(self, t_ms: float) -> None:
        """Wait for a time of the call. If this machine is late, set the call's clock back."""
        await asyncio.sleep(self._began_s + t_ms / 1000 - self._loop.time())
        late_s = self._loop.time() - self._began_s - t_ms / 1000
        self._late_ms = max(self._late_ms, 1000 * late_s)
        if late_s > _STALL_S:
            self._began_s += late_s

    def _asked_ms(self) -> int:
        """Return since when the caller waits for an answer, ms: the end of the last words that ask for one."""
        if not self._moves or not self._placements:
            return 0
        place, move = self._placements[-1], self._moves[len(self._placements) - 1]
        return (place.end_ms if move.kind in _ANSWERED else place.start_ms) + place.shift_ms

    async def _send(self, messages: list[str | bytes]) -> None:
        try:
            async with asyncio.timeout(STUCK_S):
                for message in messages:
                    await self._connection.send(message)
        except TimeoutError:
            raise self._fault(
                f"the agent has not taken any audio for {STUCK_S:g} s, {self._seconds()} into"
                " the call; see what it is doing"
            ) from None

    def _played(self) -> list[str | bytes]:
        """Return the messages for marks whose audio has been played by now."""
        now = self._ms() * SAMPLES_PER_MS
        found: list[str | bytes] = []
        while self._marks and self._marks[0][0] <= now:
            found += self._protocol.played(self._marks.popleft()[1])
        return found

    async def _hear(self) -> None:
        async for message in self._connection:
            at_ms = self._ms()
            if isinstance(message, str):
                self._last_text = message
            if at_ms - self._held_ms - self._earpiece.until / SAMPLES_PER_MS > GAP_MS:
                self._take_rest()
            for heard in self._protocol.hear(message):
                self._take(heard, at_ms)

    def _take(self, heard: Heard, at_ms: float) -> None:
        at = round(at_ms * SAMPLES_PER_MS)
        match heard:
            case AudioMessage(samples):
                self._earpiece.arrive(samples, max(at - round(self._held_ms * SAMPLES_PER_MS), 0))
                self._fresh = False
                if self._earpiece.until / SAMPLE_RATE > at_ms / 1000 + MOST_AHEAD_S:
                    raise self._fault(
                        f"the agent sent {MOST_AHEAD_S / 60:g} minutes of audio more than could"
                        f" be played {self._seconds()} into the call; let it send as it speaks"
                    )
            case ClearMessage():
                self._take_rest()  # it is older than the clear, and must not play after it
                self._earpiece.clear(at)
                self._marks = deque((min(due, at), name) for due, name in self._marks)
                self._received.append(ReceivedMessage(round(at_ms), {"type": "clear"}))
            case MarkMessage(name):
                self._marks.append((max(self._earpiece.until, at), name))
                if len(self._marks) > MOST_MARKS:
                    raise self._fault(f"more than {MOST_MARKS:,} marks wait for their audio to be played")
            case FaultMessage(text) if not self._earpiece.arrived:
                raise self._fault(f"the agent refuses: {quoted(text)}")
            case FaultMessage(text):
                self._complaint = quoted(text)
            case OtherMessage(message):
                place_ms = max(at_ms, self._earpiece.until / SAMPLES_PER_MS + self._held_ms)
                self._received.append(ReceivedMessage(round(place_ms), message))

    @property
    def _in_lag_ms(self) -> float:
        """The delay of the agent's audio in the resampler, ms; an agent may state its rate late."""
        return self._protocol.wire.in_lag_ms

    @property
    def _held_ms(self) -> float:
        """How much of the agent's audio has arrived and is not yet heard, ms."""
        return 0.0 if self._fresh else self._in_lag_ms

    def _take_rest(self) -> None:
        """Take the rest of the last stretch from the resampler; a new stretch comes next."""
        held, self._fresh = self._protocol.rest(), True
        if len(held):
            self._earpiece.arrive(held, self._earpiece.until)

    def _ms(self) -> float:
        """Return the time of the call, ms: the audio sent. It stops while none is sent."""
        return min((self._loop.time() - self._began_s) * 1000, self._sent_ms)

    def _fault(self, text: str) -> AgentError:
        return AgentError(f"{self._options.shown_url}: {text}")

    def _seconds(self) -> str:
        return f"{self._ms() / 1000:.1f} s"
