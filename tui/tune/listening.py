"""The call on the screen as it is heard: which arm, where on the shared clock, and where it goes on."""

from __future__ import annotations

from dataclasses import dataclass

from simulator.heard.recorded_mix import RecordedMix
from simulator.playing.call_mix import CallMix, Mix
from simulator.playing.player import Player
from simulator.playing.speaker import SystemSpeaker
from simulator.replay import Played
from simulator.voice.voice import Voice, voice_for
from tui.tune.caller_audio import ArmClock, align
from tui.tune.trial import Outcome


@dataclass(frozen=True, slots=True)
class Sight:
    """Where the playhead is. ``resting``: it does not move, and nothing is under way that would move it.

    ``where`` says which speaker it is heard on, unless that is the default.
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
    """Plays an outcome's runs, one arm at a time. The first use loads voices and sound: do it in a worker."""

    def __init__(self, player: Player | None = None) -> None:
        self.arm = 0
        self._player = player or Player(self._open_speaker)
        self._wanted = ""
        self._speaker: SystemSpeaker | None = None
        self._voice: Voice = voice_for()
        self._outcome: Outcome | None = None
        self._mixes: list[Mix] = []
        self._clocks: list[tuple[Mix, ArmClock]] = []
        """Those of the arms, then those of the arms before: they are heard until the new ones are ready."""
        self._begun = False

    def show(self, outcome: Outcome) -> None:
        """Let what is heard be this outcome: the same call goes on where its caller is, another one stops."""
        before, self._outcome = self._outcome, outcome
        if before is outcome:
            return
        playable = outcome.played
        self.arm = min(self.arm, len(playable) - 1)
        # By place: two arms that do the same are two all the same.
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
        """Play from a moment of the shared clock on, through the speaker of that name, or the default."""
        self._begun = True
        if speaker != self._wanted:
            self._wanted = speaker
            self._player.through(self._open_speaker)
        self._player.play(self._mixes[self.arm], self._own(shared_ms), self._others())

    def pause(self) -> None:
        """Stay where it is."""
        self._player.pause()

    def stop(self) -> None:
        """Play no more, and be nowhere."""
        self._begun = False
        self._player.pause()

    def hear(self, arm: int) -> None:
        """Hear another arm's agent from here on."""
        self.arm = arm % max(len(self._mixes), 1)
        if self._begun:
            self._player.turn_to(self._mixes[self.arm], self._others())

    def wind(self, seconds: float) -> None:
        """Go on, or back, by the arm's own clock."""
        if self._begun:
            self._player.seek(max(self._player.now().own_ms + round(1000 * seconds), 0))

    def seek(self, shared_ms: int) -> None:
        """Go to a moment of the shared clock."""
        if self._begun:
            self._player.seek(self._own(shared_ms))

    def sight(self) -> Sight | None:
        """Return where it is; ``None``: nowhere."""
        now = self._player.now()
        clock = next((clock for mix, clock in self._clocks if mix is now.mix), None)
        if not self._begun or now.mix is None or clock is None:
            return None
        # What is heard may be a little behind what was wished for: the arm before, or the settings before.
        arm = next((at for at, mix in enumerate(self._mixes) if mix is now.mix), self.arm)
        shared_ms = clock.at(now.own_ms)
        resting = now.settled and not now.playing
        where = self._speaker.where if self._speaker is not None else ""
        return Sight(shared_ms, arm, now.playing, resting, now.mix.voice, where, now.no_sound, now.fault)

    @property
    def begun(self) -> bool:
        """Whether something is heard, or was begun and is paused."""
        return self._begun

    def close(self) -> None:
        """End; nothing more is heard."""
        self._player.close()

    def _open_speaker(self) -> SystemSpeaker:
        self._speaker = SystemSpeaker(self._wanted)
        return self._speaker

    def _mix(self, outcome: Outcome, place: int, played: Played) -> Mix:
        if place == len(outcome.runs):
            return RecordedMix(outcome.shown.recording.source.path.absolute().parent, played)
        return CallMix(outcome.shown.recording, outcome.shown.activity, played, self._voice)

    def _others(self) -> tuple[Mix, ...]:
        return tuple(mix for at, mix in enumerate(self._mixes) if at != self.arm)

    def _own(self, shared_ms: int) -> int:
        return self._clocks[self.arm][1].own(shared_ms)


def _plays(mix: Mix, played: Played) -> bool:
    return mix.played is played or (isinstance(mix, RecordedMix) and mix.played == played)


def call_mix(outcome: Outcome, arm: int) -> CallMix:
    """Return an arm's call with the best voice there is, to be written."""
    return CallMix(outcome.shown.recording, outcome.shown.activity, outcome.runs[arm].played, voice_for())
