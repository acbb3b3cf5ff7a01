"""Type-ahead: each key is passed on once the effect of the previous one is complete.

Textual sends a burst of keys to the present focus, before the first of them takes effect. They miss the dialog that
it opens, act on a screen without widgets, or reach the app between two modes.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from time import monotonic
from typing import Any

from textual.app import App
from textual.command import CommandPalette
from textual.events import Event, Key
from textual.message_pump import MessagePump
from textual.screen import Screen

TIMEOUT_S = 3.0
"""The longest wait of a key for each step of the previous one."""
_LOOK_AGAIN_S = 0.002
_TURNS = 20
"""Turns of the event loop within which a worker that waits for nothing opens its dialog."""


class TypedAhead:
    """Passes events to an app with ``hand_on``, one at a time.

    ``busy`` returns whether the app is between two screens.
    """

    def __init__(
        self, app: App[Any], hand_on: Callable[[Event], Awaitable[None]], busy: Callable[[], bool]
    ) -> None:
        self._app, self._hand_on, self._busy = app, hand_on, busy
        self._waiting: deque[Event] = deque()
        self._task: asyncio.Task[None] | None = None

    @property
    def at_work(self) -> bool:
        """Whether an event waits, or has not taken effect yet."""
        return self._task is not None and not self._task.done()

    def put(self, event: Event) -> None:
        """Pass an event on once the previous ones have taken effect."""
        self._waiting.append(event)
        if not self.at_work:
            self._task = asyncio.get_running_loop().create_task(self._hand_all_on())

    async def _hand_all_on(self) -> None:
        while self._waiting:
            await _until(self._stands)
            event = self._waiting.popleft()
            if self._takes_keys and isinstance(event, Key):
                await self._prepared(self._app.screen, event.key)
            if not self._takes_keys:  # the app has ended, perhaps during the wait
                self._waiting.clear()
                return
            screen = self._app.screen
            way = list((self._app.focused or screen).ancestors_with_self)
            try:
                await self._hand_on(event)
            except Exception as error:
                self._app._handle_exception(error)
                return
            await self._take_effect(way, screen)

    async def _take_effect(self, way: Sequence[MessagePump], before: Screen[Any]) -> None:
        """Wait until an event has passed all its handlers, and the screen that it opened is complete."""
        for pump in way:
            await _reached(pump)
        for _ in range(_TURNS):
            await asyncio.sleep(0)
        await _until(self._stands)
        if self._app.screen_stack and (screen := self._app.screen) is not before:
            # Lists know their lines after the layout, and a message sets the focus.
            await _laid_out(screen)
            await _reached(self._app)

    @property
    def _takes_keys(self) -> bool:
        return self._app.is_running and bool(self._app.screen_stack)

    async def _prepared(self, screen: Screen[Any], key: str) -> None:
        """Wait until a screen's lists hold what a key is about to act on."""
        chooses = key == "enter" and isinstance(screen, CommandPalette)
        if chooses:  # it chooses the result of the search, not its first state
            await _until(lambda: not any(one.node is screen and one.is_running for one in self._app.workers))
        if chooses or key in ("pageup", "pagedown"):  # a list that was filled meanwhile counts its lines then
            await _laid_out(screen)

    def _stands(self) -> bool:
        stack = self._app.screen_stack
        return not self._app.is_running or (bool(stack) and stack[-1].is_mounted and not self._busy())


async def _laid_out(screen: Screen[Any]) -> None:
    """Wait until a screen's content is laid out and painted."""
    done = asyncio.Event()
    screen.call_after_refresh(done.set)
    await _until(lambda: done.is_set() or not (screen.is_running and screen.app.is_running))


async def _reached(pump: MessagePump) -> None:
    """Wait until a message pump has handled everything posted so far."""
    done = asyncio.Event()
    if pump.call_later(done.set):
        await _until(lambda: done.is_set() or not (pump.is_running and pump.app.is_running))


async def _until(condition: Callable[[], bool]) -> None:
    """Wait until a condition holds, up to the timeout."""
    end_s, turns = monotonic() + TIMEOUT_S, 0
    while not condition() and monotonic() < end_s:
        await asyncio.sleep(0 if turns < _TURNS else _LOOK_AGAIN_S)
        turns += 1
