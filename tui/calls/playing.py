"""Playback of a stored call as recorded, and its position."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from tui.host import AskingHost, Looking
from tui.preferences import SPEAKER, remembered

if TYPE_CHECKING:
    from services.calls.overview import CallOverview
    from simulator.playing.player import Player


class PlayController:
    """Plays one call at a time. ``playhead`` gets the call's folder and the position in ms, or ``None``.

    ``start`` returns where to begin a call that was not played yet.
    """

    def __init__(
        self,
        host: AskingHost,
        *,
        start: Callable[[], int],
        playhead: Callable[[Path, int | None], None],
    ) -> None:
        self._host, self._start, self._playhead = host, start, playhead
        self._player: Player | None = None
        self._looking = Looking(host, self._look)
        self._folder: Path | None = None
        self._said = ""
        self._closed = False

    def why_not(self, call: CallOverview | None) -> str:
        """Return why a call cannot be played; empty if it can."""
        if call is None:
            return "no call is highlighted"
        return "" if call.audio_state == "here" else "its sound is not here"

    def toggle(self, call: CallOverview) -> None:
        """Play a call, pause it, or continue."""
        now = None if self._player is None else self._player.now()
        if self._player is not None and now is not None and self._folder == call.folder:
            if now.playing:
                self._player.pause()
                self._looking.begin()
                return
            if now.mix is not None and 0 < now.own_ms < now.mix.played.duration_ms - 1:
                self._host.start(partial(self._play, call.folder, now.own_ms), "playing", exclusive=True)
                return
        self._host.start(partial(self._play, call.folder, self._start()), "playing", exclusive=True)

    async def _play(self, folder: Path, from_ms: int) -> None:
        from simulator.errors import SimulatorError
        from simulator.heard.happened import happened
        from simulator.heard.replaying import RecordedMix
        from simulator.playing.player import Player
        from simulator.playing.speaker import SystemSpeaker
        from tui.calls.measuring import caller_recording
        from tui.tune.scene import played_really

        wanted = await asyncio.to_thread(remembered, SPEAKER)
        try:
            await asyncio.to_thread(caller_recording, folder)
        except (SimulatorError, OSError) as error:
            self._host.complain(str(error), title="Not played")
            return
        really = await asyncio.to_thread(happened, folder)
        if really is None or self._closed:
            return
        if self._player is None:
            self._player = Player(lambda: SystemSpeaker(wanted))
        self._folder, self._said = folder, ""
        self._player.play(RecordedMix(folder, played_really(really)), from_ms)
        self._looking.begin()

    def leave(self, folder: Path | None) -> None:
        """Stop if the call in view is no longer the one that is played."""
        if self._player is not None and self._folder is not None and self._folder != folder:
            self._player.pause()
            self._playhead(self._folder, None)
            self._folder = None

    def close(self) -> None:
        """Stop playing."""
        self._closed = True
        if self._player is not None:
            self._player.close()

    def _look(self) -> None:
        if self._player is None or self._folder is None:
            self._looking.rest()
            return
        now = self._player.now()
        wrong = now.fault or now.no_sound
        if wrong and wrong != self._said:
            title = "The call stops here" if now.fault else "No sound; the playhead runs on"
            self._host.tell(wrong, title, severity="warning")
        self._said = wrong
        self._playhead(self._folder, now.own_ms)
        if now.settled and not now.playing:
            self._looking.rest()
