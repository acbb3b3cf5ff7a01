"""Playback of the visible call: which arm, where on the shared clock, and where it continues."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from simulator.heard.replaying import RecordedMix
from simulator.playing.call_mix import CallMix, Mix
from simulator.playing.player import Player
from simulator.playing.speaker import SystemSpeaker
from simulator.replay import Played
from simulator.voice.voice import Voice, voice_for
from tui.host import SECONDS_TO_READ, Host, Looking
from tui.preferences import SPEAKER, remembered
from tui.tune.caller_audio import ArmClock, align
from tui.tune.trial import TrialOutcome


@dataclass(frozen=True, slots=True)
class Sight:
    """The playhead's position. ``resting``: it does not move, and nothing is running that would move it.

    ``where`` names the speaker, unless it is the default.
    """

    shared_ms: int
    arm: int
    playing: bool
    resting: bool
    voice: str
    where: str = ""
    no_sound: str = ""
    fault: str = ""


class Listening:
    """Plays an outcome's runs, one arm at a time. The first use loads voices and sound: run it in a worker."""

    def __init__(self, player: Player | None = None) -> None:
        self.arm = 0
        self._player = player or Player(self._open_speaker)
        self._wanted = ""
        self._speaker: SystemSpeaker | None = None
        self._voice: Voice = voice_for()
        self._outcome: TrialOutcome | None = None
        self._mixes: list[Mix] = []
        self._clocks: list[tuple[Mix, ArmClock]] = []
        """Those of the present arms, then those of the previous arms, which play until the new ones are ready."""
        self._begun = False

    def show(self, outcome: TrialOutcome) -> None:
        """Switch playback to this outcome. The same call continues at the caller's position; another one stops."""
        before, self._outcome = self._outcome, outcome
        if before is outcome:
            return
        playable = outcome.played
        self.arm = min(self.arm, len(playable) - 1)
        # By position: two equal arms are still two arms.
        same = before is not None and before.shown is outcome.shown
        known, count = dict(enumerate(self._mixes)) if same else {}, len(self._mixes)
        self._mixes = [
            mix if mix is not None and _plays(mix, played) else self._mix(outcome, at, played)
            for at, mix, played in ((at, known.get(at), played) for at, played in enumerate(playable))
        ]
        clocks, _ = align(*playable)
        self._clocks = [*zip(self._mixes, clocks, strict=True), *self._clocks[:count]]
        if not same:
            self.stop()
        elif self._begun:
            self._player.turn_to(self._mixes[self.arm], self._others())

    def play(self, shared_ms: int, speaker: str = "") -> None:
        """Play from a moment of the shared clock, through the named speaker or the default."""
        self._begun = True
        if speaker != self._wanted:
            self._wanted = speaker
            self._player.through(self._open_speaker)
        self._player.play(self._mixes[self.arm], self._own(shared_ms), self._others())

    def pause(self) -> None:
        """Pause."""
        self._player.pause()

    def stop(self) -> None:
        """Stop, and remove the playhead."""
        self._begun = False
        self._player.pause()

    def hear(self, arm: int) -> None:
        """Switch to another arm's agent."""
        self.arm = arm % max(len(self._mixes), 1)
        if self._begun:
            self._player.turn_to(self._mixes[self.arm], self._others())

    def wind(self, seconds: float) -> None:
        """Skip forward or back on the arm's own clock."""
        if self._begun:
            self._player.seek(max(self._player.now().own_ms + round(1000 * seconds), 0))

    def seek(self, shared_ms: int) -> None:
        """Move to a moment of the shared clock."""
        if self._begun:
            self._player.seek(self._own(shared_ms))

    def sight(self) -> Sight | None:
        """Return the playhead's position, or ``None``."""
        now = self._player.now()
        clock = next((clock for mix, clock in self._clocks if mix is now.mix), None)
        if not self._begun or now.mix is None or clock is None:
            return None
        # Playback may lag a little: it may still use the previous arm or settings.
        arm = next((at for at, mix in enumerate(self._mixes) if mix is now.mix), self.arm)
        shared_ms = clock.at(now.own_ms)
        resting = now.settled and not now.playing
        where = self._speaker.where if self._speaker is not None else ""
        return Sight(shared_ms, arm, now.playing, resting, now.mix.voice, where, now.no_sound, now.fault)

    @property
    def begun(self) -> bool:
        """Whether a call is playing or paused."""
        return self._begun

    def close(self) -> None:
        """Stop for good."""
        self._player.close()

    def _open_speaker(self) -> SystemSpeaker:
        self._speaker = SystemSpeaker(self._wanted)
        return self._speaker

    def _mix(self, outcome: TrialOutcome, place: int, played: Played) -> Mix:
        if place == len(outcome.runs):
            return RecordedMix(outcome.shown.recording.source.path.absolute().parent, played)
        return CallMix(outcome.shown.recording, outcome.shown.activity, played, self._voice)

    def _others(self) -> tuple[Mix, ...]:
        return tuple(mix for at, mix in enumerate(self._mixes) if at != self.arm)

    def _own(self, shared_ms: int) -> int:
        return self._clocks[self.arm][1].own(shared_ms)


def _plays(mix: Mix, played: Played) -> bool:
    return mix.played is played or (isinstance(mix, RecordedMix) and mix.played == played)


def call_mix(outcome: TrialOutcome, arm: int) -> CallMix:
    """Return an arm's call with the best available voice, for writing."""
    return CallMix(outcome.shown.recording, outcome.shown.activity, outcome.runs[arm].played, voice_for())


@dataclass(frozen=True, slots=True, eq=False)
class PlaybackShown:
    """What is shown of playback: ``sight`` of the playing call, else ``wants_ms``, where the user put the playhead.

    ``follow``: the timeline scrolls with the playhead.
    """

    sight: Sight | None = None
    wants_ms: int | None = None
    follow: bool = False


class PlaybackController:
    """Plays the runs of the outcome that ``outcome`` returns. ``publish`` gets each new state.

    ``start`` returns where to begin, ``event`` the moment just before the chosen event, in ms on the shared clock.
    """

    def __init__(
        self,
        host: Host,
        outcome: Callable[[], TrialOutcome | None],
        *,
        start: Callable[[], int],
        event: Callable[[], int],
        publish: Callable[[PlaybackShown], object],
    ) -> None:
        self._host, self._outcome, self._publish = host, outcome, publish
        self._start_ms, self._event_ms = start, event
        self._listening: Listening | None = None
        self._looking = Looking(host, self._see)
        self._closed = False
        self._reported = ""
        self.wants_ms: int | None = None
        """Where the user put the playhead before anything was played."""

    @property
    def sight(self) -> Sight | None:
        """The position of the playing call."""
        return self._listening.sight() if self._listening else None

    @property
    def begun(self) -> bool:
        """Whether a call is playing or paused."""
        return self._listening is not None and self._listening.begun

    # ---- commands

    def toggle(self) -> None:
        """Play, pause, or continue."""
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
        """Switch playback to the next arm."""
        if self._listening is None or not self._listening.begun:
            self.play(self._start_ms() if self.wants_ms is None else self.wants_ms)
            return
        self._listening.hear(self._listening.arm + 1)
        self._looking.begin()

    def wind(self, seconds: int) -> None:
        """Skip forward or back."""
        if self._listening is not None and self._listening.begun:
            self._listening.wind(seconds)
            self._looking.begin()
        else:
            self._put_playhead((self.wants_ms or 0) + 1000 * seconds)

    def seek(self, shared_ms: int) -> None:
        """Move to a moment of the shared clock."""
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
        """Play from a moment of the shared clock."""
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
        self._publish(PlaybackShown(wants_ms=self.wants_ms, follow=True))

    def _end_ms(self) -> int:
        outcome = self._outcome()
        return outcome.scene.duration_ms - 1 if outcome else 0

    # ---- state

    def show(self, outcome: TrialOutcome) -> None:
        """Continue with this outcome at the caller's position, if its call is playing."""
        if self._listening is not None:
            self._listening.show(outcome)
            self._looking.begin()

    def close(self) -> None:
        """Stop playback."""
        self._closed = True
        if self._listening is not None:
            self._listening.close()

    def _see(self) -> None:
        sight = self.sight
        if sight is not None:
            self._tell(sight)
        wants_ms = self.wants_ms if sight is None else None
        self._publish(PlaybackShown(sight, wants_ms, follow=sight is not None and sight.playing))
        if not self.begun or (sight is not None and sight.resting):
            self._looking.rest()

    def _tell(self, sight: Sight) -> None:
        """Report a problem once."""
        wrong = sight.fault or sight.no_sound
        if wrong and wrong != self._reported:
            if sight.fault:
                self._host.tell(wrong, "The call stops here", severity="error")
            else:
                said = f"{wrong}. The playhead still shows the position; e writes the call to a file."
                self._host.tell(said, "Nothing can be heard", severity="warning", timeout=SECONDS_TO_READ)
        self._reported = wrong
