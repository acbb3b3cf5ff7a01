"""Lets a call hear its caller on a worker thread, in order, so that whoever sends need not wait for it."""

from __future__ import annotations

import asyncio
from collections import deque
from concurrent.futures import Executor

import numpy as np

from presets.config import VoiceConfig
from simulator.audio.samples import Samples
from simulator.socket.agent_call import AgentCall


class Listener:
    """A queue of what a call is still to hear, and the settings that change between."""

    def __init__(self, call: AgentCall, workers: Executor) -> None:
        self._call = call
        self._workers = workers
        self._loop = asyncio.get_running_loop()
        self._unheard: deque[Samples | VoiceConfig] = deque()
        self._fresh = asyncio.Event()
        self._caught_up = asyncio.Event()

    def put(self, what: Samples | VoiceConfig) -> None:
        """Add samples, float32 ``[n]`` at 16 kHz, or settings that hold after them."""
        self._unheard.append(what)
        self._caught_up.clear()
        self._fresh.set()

    async def caught_up(self, patience_s: float) -> bool:
        """Wait until everything has been heard; return false if that takes longer than there is patience."""
        if self._caught_up.is_set():
            return True
        try:
            async with asyncio.timeout(patience_s):
                return await self._caught_up.wait()
        except TimeoutError:
            return False

    async def run(self) -> None:
        """Hear, for ever. Raises what hearing raises."""
        while True:
            while self._unheard:
                first = self._unheard.popleft()
                if isinstance(first, VoiceConfig):
                    self._call.change(first)
                elif self._call.listens_briefly(samples := self._joined(first)):
                    self._call.listen(samples)
                else:
                    await self._loop.run_in_executor(self._workers, self._call.listen, samples)
            self._caught_up.set()
            self._fresh.clear()
            await self._fresh.wait()

    def _joined(self, first: Samples) -> Samples:
        """Return the samples that wait, up to the next change of settings."""
        parts = [first]
        while self._unheard and not isinstance(more := self._unheard[0], VoiceConfig):
            parts.append(more)
            self._unheard.popleft()
        return np.concatenate(parts)
