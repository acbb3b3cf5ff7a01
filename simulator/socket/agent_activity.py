"""The agent as a recorded caller goes by it: only what has been heard so far, and of that only the sound."""

from __future__ import annotations

from base.samples import AUDIBLE_DB, SAMPLES_PER_MS
from simulator.socket.activity_by_level import WINDOW, SoundDetector, levels_db
from simulator.socket.earpiece import Earpiece

SHORT_MS = 1000
"""A shorter sound is taken for a filler, to which nobody replies and which nobody interrupts..."""

FILLER_WAIT_MS = 6000
"""...unless nothing else follows for this long."""

SURE_MS = 400
"""A longer sound is over when nothing follows for this long."""


class AgentActivityDetector:
    """Follows the agent's channel; a :class:`~simulator.echo.caller.HeardAgent`."""

    def __init__(self, earpiece: Earpiece, threshold_db: float = AUDIBLE_DB) -> None:
        self.now_ms = 0
        self.asked_ms = 0
        """Since when the caller waits for an answer: what ended before was not one."""
        self.missed_responses = 0
        self._earpiece = earpiece
        self._sounds = SoundDetector(threshold_db)

    def listen(self, until_ms: int) -> None:
        """Hear what was played until a moment."""
        start = self._sounds.windows * WINDOW
        count = (until_ms * SAMPLES_PER_MS - start) // WINDOW * WINDOW
        if count > 0:
            self._sounds.push(levels_db(self._earpiece.heard(start, start + count)))
        self.now_ms = until_ms

    @property
    def quiet_ms(self) -> int:
        """How long nothing has been heard."""
        last = self._sounds.last()
        return self.now_ms - last[1] if last else self.now_ms

    @property
    def idle(self) -> bool:
        """Whether the agent seems to have said what it had to say."""
        last = self._sounds.last()
        return last is None or self.now_ms - last[1] >= (SURE_MS if _long(last) else FILLER_WAIT_MS)

    @property
    def last_finished_response_ms(self) -> int | None:
        """When the agent last fell silent, once that is sure, and not because the caller was talking."""
        last = self._sounds.last()
        return last[1] if last and self.idle and last[1] > self.asked_ms else None

    @property
    def response_sounding_since_ms(self) -> int | None:
        """When the sound now heard began, once it is too long for a filler."""
        last = self._sounds.last()
        if last is None or not _long(last) or last[1] <= self.asked_ms or self.now_ms - last[1] >= SURE_MS:
            return None
        return last[0]

    @property
    def sounding_until_ms(self) -> int | None:
        """Until when the agent has been heard."""
        last = self._sounds.last()
        return last[1] if last else None

    def miss_response(self, anchor: str, waited_ms: int) -> None:  # noqa: ARG002  a caller does not say why
        """Note that the caller gave up waiting."""
        self.missed_responses += 1


def _long(sound: tuple[int, int]) -> bool:
    return sound[1] - sound[0] >= SHORT_MS
