"""Keys that are typed ahead: each is handed on when what the one before it began stands.

Textual hands a burst of keys to what has the focus now, before the first of them took effect: they miss the dialog
that it opens, act on a screen that has no widgets yet, or meet an app between two modes.
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
"""How long a key waits at most for each step of the one before it."""
_LOOK_AGAIN_S = 0.002
_TURNS = 20
"""Turns of the event loop in which a worker without anything to wait for opens its dialog."""


class TypedAhead:
    """Hands events on to an app with ``hand_on``, one at a time; ``busy`` says that it is between two places."""

    def __init__(
        self, app: App[Any], hand_on: Callable[[Event], Awaitable[None]], busy: Callable[[], bool]
    ) -> None:
        self._app, self._hand_on, self._busy = app, hand_on, busy
        self._waiting: deque[Event] = deque()
        self._task: asyncio.Task[None] | None = None

    @property
    def at_work(self) -> bool:
        """Whether an event waits, or has not taken its effect yet."""
        return self._task is not None and not self._task.done()

    def put(self, event: Event) -> None:
        """Hand an event on once those before it took effect."""
        self._waiting.append(event)
        if not self.at_work:
            self._task = asyncio.get_running_loop().create_task(self._hand_all_on())

    async def _hand_all_on(self) -> None:
        while self._waiting:
            await _until(self._stands)
            event = self._waiting.popleft()
            if self._takes_keys and isinstance(event, Key):
                await self._prepared(self._app.screen, event.key)
            if not self._takes_keys:  # the app has ended, perhaps while it was prepared
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
        """Wait until an event went up its whole way, and the screen that it led to stands."""
        for pump in way:
            await _reached(pump)
        for _ in range(_TURNS):
            await asyncio.sleep(0)
        await _until(self._stands)
        if self._app.screen_stack and (screen := self._app.screen) is not before:
            # Lists know their lines once they were laid out, and a message sets the focus.
            await _laid_out(screen)
            await _reached(self._app)

    @property
    def _takes_keys(self) -> bool:
        return self._app.is_running and bool(self._app.screen_stack)

    async def _prepared(self, screen: Screen[Any], key: str) -> None:
        """Wait until a screen's lists hold what a key is about to act on."""
        chooses = key == "enter" and isinstance(screen, CommandPalette)
        if chooses:  # it takes what was searched for, not what the search began with
            await _until(lambda: not any(one.node is screen and one.is_running for one in self._app.workers))
        if chooses or key in ("pageup", "pagedown"):  # a list that was filled since counts its lines then
            await _laid_out(screen)

    def _stands(self) -> bool:
        stack = self._app.screen_stack
        return not self._app.is_running or (bool(stack) and stack[-1].is_mounted and not self._busy())


async def _laid_out(screen: Screen[Any]) -> None:
    """Wait until a screen has laid out and painted what it holds."""
    done = asyncio.Event()
    screen.call_after_refresh(done.set)
    await _until(lambda: done.is_set() or not (screen.is_running and screen.app.is_running))


async def _reached(pump: MessagePump) -> None:
    """Wait until a message pump has done what was posted to it so far."""
    done = asyncio.Event()
    if pump.call_later(done.set):
        await _until(lambda: done.is_set() or not (pump.is_running and pump.app.is_running))


async def _until(condition: Callable[[], bool]) -> None:
    """Wait until something is so, for as long as patience lasts."""
    end_s, turns = monotonic() + TIMEOUT_S, 0
    while not condition() and monotonic() < end_s:
        await asyncio.sleep(0 if turns < _TURNS else _LOOK_AGAIN_S)
        turns += 1
