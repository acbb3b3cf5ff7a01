"""Letting the call on the screen be heard, and knowing where it is."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from tui.host import SECONDS_TO_READ, Host, Looking
from tui.preferences import SPEAKER, remembered
from tui.tune.listening import Listening, Sight
from tui.tune.trial import Outcome


@dataclass(frozen=True, slots=True, eq=False)
class Heard:
    """What is shown of it: ``sight`` where a call is heard, else ``wants_ms`` where the playhead was put.

    With ``follow`` the timeline turns its page to the playhead.
    """

    sight: Sight | None = None
    wants_ms: int | None = None
    follow: bool = False


class PlaybackController:
    """Plays the runs of the outcome that ``outcome`` returns; ``publish`` gets each new state.

    ``start`` returns where to begin, ``event`` the moment just before the chosen event, ms on the shared clock.
    """

    def __init__(
        self,
        host: Host,
        outcome: Callable[[], Outcome | None],
        *,
        start: Callable[[], int],
        event: Callable[[], int],
        publish: Callable[[Heard], object],
    ) -> None:
        self._host, self._outcome, self._publish = host, outcome, publish
        self._start_ms, self._event_ms = start, event
        self._listening: Listening | None = None
        self._looking = Looking(host, self._see)
        self._closed = False
        self._reported = ""
        self.wants_ms: int | None = None
        """Where the playhead was put before anything was played."""

    @property
    def sight(self) -> Sight | None:
        """Where the call that is heard is."""
        return self._listening.sight() if self._listening else None

    @property
    def begun(self) -> bool:
        """Whether something is heard, or was begun and is paused."""
        return self._listening is not None and self._listening.begun

    # ---- what a person asks for

    def toggle(self) -> None:
        """Play, go on, or pause."""
        sight = self.sight
        if sight is not None and sight.playing and self._listening is not None:
            self._listening.pause()
            self._looking.begin()
        elif sight is not None and sight.shared_ms < self._end_ms():
            self.play(sight.shared_ms)
        else:
            self.play(self._start_ms() if self.wants_ms is None else self.wants_ms)

    def play_event(self) -> None:
        """Play from just before the chosen event."""
        self.play(self._event_ms())

    def hear_next_arm(self) -> None:
        """Hear the next arm."""
        if self._listening is None or not self._listening.begun:
            self.play(self._start_ms() if self.wants_ms is None else self.wants_ms)
            return
        self._listening.hear(self._listening.arm + 1)
        self._looking.begin()

    def wind(self, seconds: int) -> None:
        """Go on or back."""
        if self._listening is not None and self._listening.begun:
            self._listening.wind(seconds)
            self._looking.begin()
        else:
            self._put_playhead((self.wants_ms or 0) + 1000 * seconds)

    def seek(self, shared_ms: int) -> None:
        """Go to a moment of the shared clock."""
        if self._listening is not None and self._listening.begun:
            self._listening.seek(shared_ms)
            self._looking.begin()
        else:
            self._put_playhead(shared_ms)

    def stop(self) -> None:
        """Stop."""
        if self._listening is not None:
            self._listening.stop()
        self.wants_ms = None
        self._looking.begin()

    def play(self, shared_ms: int) -> None:
        """Play from a moment of the shared clock on."""
        self._host.start(partial(self._play, shared_ms), "hearing", exclusive=True)

    async def _play(self, shared_ms: int) -> None:
        outcome = self._outcome()
        if outcome is None:
            self._host.tell("Wait until the recording is analysed.", severity="warning")
            return
        if self._listening is None:
            listening = await asyncio.to_thread(Listening)
            if self._closed:
                listening.close()
                return
            self._listening = listening
            self._listening.show(self._outcome() or outcome)
        self.wants_ms = None
        self._listening.play(shared_ms, await asyncio.to_thread(remembered, SPEAKER))
        self._looking.begin()

    def _put_playhead(self, shared_ms: int) -> None:
        self.wants_ms = min(max(shared_ms, 0), self._end_ms())
        self._publish(Heard(wants_ms=self.wants_ms, follow=True))

    def _end_ms(self) -> int:
        outcome = self._outcome()
        return outcome.scene.duration_ms - 1 if outcome else 0

    # ---- what is seen of it

    def show(self, outcome: Outcome) -> None:
        """Go on with this outcome where the caller is, if its call is heard."""
        if self._listening is not None:
            self._listening.show(outcome)
            self._looking.begin()

    def close(self) -> None:
        """Fall silent."""
        self._closed = True
        if self._listening is not None:
            self._listening.close()

    def _see(self) -> None:
        sight = self.sight
        if sight is not None:
            self._tell(sight)
        wants_ms = self.wants_ms if sight is None else None
        self._publish(Heard(sight, wants_ms, follow=sight is not None and sight.playing))
        if not self.begun or (sight is not None and sight.resting):
            self._looking.rest()

    def _tell(self, sight: Sight) -> None:
        """Say once what is wrong."""
        wrong = sight.fault or sight.no_sound
        if wrong and wrong != self._reported:
            if sight.fault:
                self._host.tell(wrong, "The call stops here", severity="error")
            else:
                said = f"{wrong}. The playhead shows where the call is; e writes it to a file to hear elsewhere."
                self._host.tell(said, "Nothing can be heard", severity="warning", timeout=SECONDS_TO_READ)
        self._reported = wrong
