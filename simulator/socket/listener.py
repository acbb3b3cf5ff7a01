"""Lets a call hear its caller, in order, while what it is saying does not wait for a pause to be judged."""

from __future__ import annotations

import asyncio
from collections import deque
from concurrent.futures import Future

from base.samples import Samples
from presets.config import VoiceConfig
from simulator.activity.model import SpeechEnd
from simulator.socket.agent_call import AgentCall


class Listener:
    """A queue of what a call is still to hear, and the settings that change between; for use in an event loop."""

    def __init__(self, call: AgentCall) -> None:
        self._call = call
        self._unheard: deque[Samples | VoiceConfig] = deque()
        self._awaited: asyncio.Future[SpeechEnd] | None = None
        self._failure: Exception | None = None

    def put(self, what: Samples | VoiceConfig) -> None:
        """Have samples heard, float32 ``[n]`` at 16 kHz, or settings changed after them.

        Raises what hearing raised, of these samples or of earlier ones.
        """
        if self._failure is not None:
            raise self._failure
        self._unheard.append(what)
        self._go_on()

    def close(self) -> None:
        """Hear nothing more."""
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
        awaited.exception()  # the call finds it too, and raises it
        try:
            self._wait_for(self._call.listen())
            self._go_on()
        except Exception as error:  # whoever puts the next samples is told
            self._failure = error
