"""Plays a recording while its labels are edited: from the position, one label, or one label in a loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial

from simulator.playing.call_mix import CallMix
from simulator.playing.player import Player
from simulator.playing.speaker import Speaker, SystemSpeaker
from simulator.replay import Placement, Played
from simulator.voice.voice import voice_for
from tui.host import Host, Looking
from tui.labels.editing import LabelsController
from tui.preferences import SPEAKER, remembered
from tui.tune.bench import AnalysedRecording

AROUND_MS = 2000
"""How much to play if no label is chosen."""


def remembered_speaker() -> Speaker:
    """Return the speaker chosen in Live, or the default."""
    return SystemSpeaker(remembered(SPEAKER))


class HearingController:
    """Plays an analysed recording. The position of ``labels`` follows playback; moving it moves playback."""

    def __init__(
        self,
        host: Host,
        analysed: AnalysedRecording,
        labels: LabelsController,
        open_speaker: Callable[[], Speaker],
    ) -> None:
        self._host, self._analysed, self._labels, self._open_speaker = host, analysed, labels, open_speaker
        self._player: Player | None = None
        self._mix: CallMix | None = None
        self._looking = Looking(host, self._see)
        self._closed = False
        self._from_ms, self._until_ms, self._loops = 0, analysed.activity.duration_ms, False
        self._arrived_ms = -1
        """The position that playback set last."""
        self._reported = ""

    @property
    def playing(self) -> bool:
        """Whether something is playing."""
        return self._player is not None and self._player.now().playing

    # ---- commands

    def toggle(self) -> None:
        """Play from the position, or pause."""
        if self.playing and self._player is not None:
            self._player.pause()
            self._looking.begin()
        else:
            self._start(self._labels.place_ms, self._analysed.activity.duration_ms)

    def play_label(self) -> None:
        """Play the chosen label alone."""
        self._start(*self._stretch())

    def loop(self) -> None:
        """Play the chosen label in a loop."""
        self._start(*self._stretch(), loops=True)

    def close(self) -> None:
        """Stop playback."""
        self._closed = True
        if self._player is not None:
            self._player.close()

    def _stretch(self) -> tuple[int, int]:
        if (mark := self._labels.chosen) is not None:
            return mark.stretch
        place_ms = self._labels.place_ms
        return place_ms, min(place_ms + AROUND_MS, self._analysed.activity.duration_ms)

    def _start(self, from_ms: int, until_ms: int, *, loops: bool = False) -> None:
        self._from_ms, self._until_ms, self._loops = from_ms, until_ms, loops
        self._host.start(partial(self._play, from_ms), "hearing", exclusive=True)

    async def _play(self, from_ms: int) -> None:
        if self._player is None:
            player = await asyncio.to_thread(Player, self._open_speaker)
            if self._closed:
                player.close()
                return
            self._player = player
        if self._mix is None:
            self._mix = await asyncio.to_thread(_caller_alone, self._analysed)
        self._labels.go_to(from_ms)
        self._arrived_ms = self._labels.place_ms
        self._player.play(self._mix, from_ms)
        self._looking.begin()

    # ---- playback position

    def _see(self) -> None:
        if self._player is None:
            return
        now = self._player.now()
        self._tell(now.fault or now.no_sound, fault=bool(now.fault))
        if now.mix is None or not now.settled:
            return
        if not now.playing:
            self._looking.rest()
        elif self._labels.place_ms != self._arrived_ms:
            # The user moved the position: playback continues from there to the end.
            self._until_ms, self._loops = self._analysed.activity.duration_ms, False
            self._arrived_ms = self._labels.place_ms
            self._player.seek(self._arrived_ms)
        elif now.own_ms < self._until_ms:
            self._go_along(now.own_ms)
        elif self._loops:
            self._player.seek(self._from_ms)
        else:
            self._player.pause()
            self._go_along(self._until_ms)

    def _go_along(self, own_ms: int) -> None:
        self._labels.go_to(own_ms, self._labels.state.problem)  # which the user still has to read
        self._arrived_ms = self._labels.place_ms

    def _tell(self, wrong: str, *, fault: bool) -> None:
        """Report a problem once."""
        if wrong and wrong != self._reported:
            title = "The recording stops here" if fault else "No sound; the place runs on"
            self._host.tell(wrong, title, severity="error" if fault else "warning")
        self._reported = wrong


def _caller_alone(analysed: AnalysedRecording) -> CallMix:
    """Return a recording as a call in which the agent is silent."""
    activity = analysed.activity
    played = Played((), (Placement(0, activity.duration_ms, 0),), activity.duration_ms, "rigid")
    return CallMix(analysed.recording, activity, played, voice_for())
