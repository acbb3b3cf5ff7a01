"""Writes a change once and finds out its outcome: read, keep, send, read again.

Transports send a change only once. If the answer is lost, the stored value decides whether to send again. Nothing
overwrites a value that another client stored meanwhile.
"""

from __future__ import annotations

import asyncio
import random
from contextlib import suppress
from typing import Generic, NoReturn, Protocol, TypeVar

from services.changes.change_record import Entry, KeptState
from services.changes.errors import OvertakenError, UncertainError
from services.changes.ledger import Backups
from services.client import ServicesClient
from services.errors import BadResponseError, ServiceError, StorageError, UnreachableError
from services.traffic import (
    ATTEMPTS,
    FIRST_BACKOFF_S,
    JITTER_S,
    LONGEST_BACKOFF_S,
    LONGEST_WAIT_S,
    TOTAL_S,
    passing,
)

S = TypeVar("S")

pause = asyncio.sleep
"""Waits between two tries."""

_LATE = frozenset({408, 504})
"""Statuses of a timeout. The request may still arrive."""


class ChangeStep(Protocol[S]):
    """One planned change, as it is applied. ``S`` is the content of its target."""

    @property
    def repeatable(self) -> bool:
        """Whether the change has the same result when it is sent twice. It may then be sent again after a loss."""
        ...

    @property
    def what(self) -> str:
        """The target in words: ``release of Intake Line``."""
        ...

    @property
    def check(self) -> str:
        """The command that shows what is stored."""
        ...

    async def look(self) -> None:
        """Read what the plan was made from. Raises a :class:`services.errors.ConflictError` if it changed."""
        ...

    def entry(self) -> Entry | None:
        """Return what to keep before anything is sent. ``None`` if nothing is replaced."""
        ...

    async def send(self) -> None:
        """Send the change, once."""
        ...

    async def read(self) -> S:
        """Return the target's present content."""
        ...

    def holds(self, stored: S) -> bool:
        """Return whether the stored content is what was sent."""
        ...

    def untouched(self, stored: S) -> bool:
        """Return whether the stored content is the old one."""
        ...

    def shown(self, stored: S) -> str:
        """Return, in words, the stored content that is neither new nor old. Escape it."""
        ...

    def stored_text(self, stored: S) -> str:
        """Return the result to keep, as JSON text."""
        ...


async def carry_out(
    client: ServicesClient, step: ChangeStep[S], backups: Backups, who: str
) -> tuple[int | None, S]:
    """Make a change. Return the number that undoes it, and the target's content afterwards.

    Raises :class:`services.errors.ConflictError` if the state that the plan was made from changed, before the first
    try or a later one; :class:`services.changes.errors.UncertainError` if the outcome stays unknown; and the
    :class:`services.errors.ServiceError` of a change that was certainly not stored.
    """
    return await _Carrying(client, step, backups, who).run()


class _Carrying(Generic[S]):
    """One running change."""

    def __init__(self, client: ServicesClient, step: ChangeStep[S], backups: Backups, who: str) -> None:
        self._client = client
        self._step = step
        self._backups = backups
        self._who = who
        self._change: int | None = None
        self._open: ServiceError | None = None
        """The error that left the outcome of a try open."""
        self._was_late = False
        self._ends = asyncio.get_running_loop().time() + TOTAL_S

    async def run(self) -> tuple[int | None, S]:
        await self._step.look()
        if (entry := self._step.entry()) is not None:
            self._change = await self._backups.begin(entry, self._who)
        for attempt in range(1, ATTEMPTS + 1):
            if attempt > 1:
                # A change that seemed lost may have arrived, or another client may have stored something.
                if self._open is not None and (found := await self._found()) is not None:
                    return self._change, found[0]
                await self._look_again()
            failed = await self._try()
            if failed is None:
                return self._change, await self._read_back()
            if self._open is not None and (found := await self._found()) is not None:
                return self._change, found[0]
            wait = self._wait(failed, attempt)
            if wait is None:
                await self._give_up(failed)
            await self._pause(wait)
        raise AssertionError("the last try ends in a result or an error")

    def _wait(self, error: ServiceError, attempt: int) -> float | None:
        """Return the seconds to wait before another try. ``None``: another try would not help."""
        late_again = _late(error) and self._was_late
        self._was_late = _late(error)
        if late_again or attempt == ATTEMPTS or error.final or not passing(error):
            return None
        if self._open is not None and not self._step.repeatable:
            return None
        if asyncio.get_running_loop().time() > self._ends:
            return None
        if error.retry_after is not None:
            return error.retry_after if error.retry_after <= LONGEST_WAIT_S else None
        return min(FIRST_BACKOFF_S * 2.0 ** (attempt - 1), LONGEST_BACKOFF_S) + random.uniform(0, JITTER_S)

    async def _try(self) -> ServiceError | None:
        """Send the change and return the error, if any."""
        try:
            await self._step.send()
        except ServiceError as error:
            if error.outcome_unknown:
                self._open = error
            return error
        return None

    async def _found(self) -> tuple[S] | None:
        """Return the stored content if it is what was sent. ``None`` if it is the old one."""
        assert self._open is not None
        try:
            stored = await self._step.read()
        except ServiceError:
            raise self._uncertain(self._open) from None
        if self._step.holds(stored):
            await self._settle("done", stored)
            return (stored,)
        if self._step.untouched(stored):
            return None
        await self._settle("unknown")
        now = self._step.shown(stored)
        raise OvertakenError(self._step.what, self._open, self._change, self._step.check, now)

    async def _look_again(self) -> None:
        """Read once more before sending once more. Nothing of this change is stored at this point."""
        try:
            await self._step.look()
        except ServiceError:
            await self._settle("not written")
            raise

    async def _read_back(self) -> S:
        try:
            stored = await self._step.read()
        except ServiceError as error:
            sentence = f"{self._step.what} was written, as the platform says, and could not be read back ({error})"
            raise UncertainError(sentence, self._change, self._step.check, error) from None
        if self._step.untouched(stored) and not self._step.holds(stored):
            await self._settle("not written")
            raise BadResponseError(
                f"{self._step.what} is not saved: the platform answered as if it were, and what was there before "
                "is still stored; tell the platform's support"
            )
        await self._settle("done", stored)
        return stored

    async def _give_up(self, failed: ServiceError) -> NoReturn:
        if self._open is None:
            await self._settle("not written")
            raise failed
        if _late(self._open):
            raise self._uncertain(self._open)
        # The request may still arrive, so the change stays "begun". The next look settles it.
        failed.message = f"{self._step.what} is not saved: the old value is still stored ({failed.message})"
        failed.outcome_unknown = False
        raise failed

    def _uncertain(self, error: ServiceError) -> UncertainError:
        sentence = f"cannot tell: {self._step.what} may or may not have been written ({error})"
        return UncertainError(sentence, self._change, self._step.check, error)

    async def _settle(self, state: KeptState, stored: S | None = None) -> None:
        if self._change is None:
            return
        after = self._step.stored_text(stored) if stored is not None else None
        # the stored content also settles it later; a full disk must not make a change look undone
        with suppress(StorageError):
            await self._backups.settle(self._change, state, after)

    async def _pause(self, seconds: float) -> None:
        traffic = self._client.traffic
        traffic.note_retry_in(seconds)
        try:
            await pause(seconds)
        finally:
            traffic.note_waiting(None)


def _late(error: ServiceError) -> bool:
    """Return whether an answer timed out. What was sent may still arrive."""
    return error.status in _LATE or (isinstance(error, UnreachableError) and error.too_slow)
