"""Plays a call: start, pause, seek, and switch to another arm without a gap."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from base.samples import SAMPLE_RATE, SAMPLES_PER_MS, Samples
from base.unexpected import named
from simulator.errors import SimulatorError
from simulator.playing.call_mix import Mix, both_ears, same_moment
from simulator.playing.speaker import NoSpeaker, Speaker, SystemSpeaker, fade

AHEAD = SAMPLE_RATE * 3 // 10
"""How far ahead samples are handed to the speaker: long enough to synthesise a clip meanwhile."""

LEAD = SAMPLE_RATE * 6 // 100
"""The delay of a pause or a switch: the speaker has already taken nearer samples."""

PREPARED_S = 8.0
"""How far ahead the agent's speech is synthesised."""

_BLOCK = SAMPLE_RATE // 20
_FADE = SAMPLE_RATE // 200
_TURN_S = 0.02


class PlayerState(NamedTuple):
    """A player's position: the call, the time on its own clock, and whether it is playing.

    ``no_sound`` is why nothing is heard, ``fault`` why playing stopped. ``settled``: all requests are done.
    """

    mix: Mix | None = None
    own_ms: int = 0
    playing: bool = False
    no_sound: str = ""
    fault: str = ""
    settled: bool = True


@dataclass(frozen=True, slots=True)
class _Stretch:
    """From sample ``index`` of the speaker, a call plays from its sample ``start``."""

    index: int
    mix: Mix
    start: int


class Player:
    """Plays one call at a time in its own thread; every method returns at once.

    Without a speaker it plays silently in real time, and reports why. Every ``play`` looks for the speaker again.
    """

    def __init__(self, open_speaker: Callable[[], Speaker] = SystemSpeaker) -> None:
        self._open_speaker = open_speaker
        self._speaker: Speaker = NoSpeaker()
        self._laid: tuple[Speaker, tuple[_Stretch, ...]] = (self._speaker, ())
        """The stretches by speaker position; replaced as a whole, so that any thread may read it."""
        self._index = 0
        self._playing = False
        self._no_sound = self._fault = ""
        self._others: tuple[Mix, ...] = ()
        self._newest: tuple[Mix, tuple[Mix, ...]] | None = None
        self._turned: tuple[Mix, tuple[Mix, ...]] | None = None
        self._requested = self._completed = 0
        self._requests: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="player", daemon=True)
        self._thread.start()

    # ---- public methods

    def play(self, mix: Mix, own_ms: int, others: tuple[Mix, ...] = ()) -> None:
        """Play a call from a time, or resume there; ``others`` are calls that may follow by :meth:`turn_to`."""
        self._request(lambda: self._start(mix, own_ms * SAMPLES_PER_MS, others))

    def through(self, open_speaker: Callable[[], Speaker]) -> None:
        """Use another speaker from the next ``play``; the current playback ends."""
        self._request(lambda: self._change_speaker(open_speaker))

    def turn_to(self, mix: Mix, others: tuple[Mix, ...] = ()) -> None:
        """Continue in another run's call where the caller is now, without a gap if one is playing.

        Of requests in quick succession, only the latest runs.
        """
        self._newest = mix, others
        self._request(self._turn)

    def seek(self, own_ms: int) -> None:
        """Move to another time of the same call."""
        self._request(lambda: self._seek(own_ms * SAMPLES_PER_MS))

    def pause(self) -> None:
        """Pause at the current position."""
        self._request(self._pause)

    def now(self) -> PlayerState:
        """Return the current position; when paused, where playing will resume."""
        settled = self._completed == self._requested
        state = self._playing, self._no_sound, self._fault, settled
        speaker, stretches = self._laid
        played = speaker.played
        for stretch in reversed(stretches):
            if stretch.index <= played or stretch is stretches[0]:
                at = min(stretch.start + max(played - stretch.index, 0), stretch.mix.length)
                return PlayerState(stretch.mix, at // SAMPLES_PER_MS, *state)
        return PlayerState(None, 0, *state)

    def close(self) -> None:
        """End the thread and stop the sound."""
        self._requests.put(None)
        self._thread.join()

    def _request(self, what: Callable[[], None]) -> None:
        self._requested += 1
        self._requests.put(what)

    # ---- in the player's thread

    def _run(self) -> None:
        try:
            while True:
                try:
                    request = self._requests.get(timeout=_TURN_S if self._playing else None)
                except queue.Empty:
                    self._run_request(self._feed)
                    continue
                if request is None:
                    return
                self._run_request(request)
                self._run_request(self._feed)
                self._completed += 1
        finally:
            self._speaker.close()

    def _run_request(self, do: Callable[[], None]) -> None:
        """Run a request; an error is reported, and the next request still runs."""
        try:
            do()
        except SimulatorError as error:
            self._playing, self._fault = False, str(error)
        except Exception as error:
            self._playing, self._fault = False, f"this call cannot be played ({named(error)})"

    def _start(self, mix: Mix, at: int, others: tuple[Mix, ...]) -> None:
        self._fault, self._others = "", others
        if isinstance(self._speaker, NoSpeaker) or self._speaker.trouble:
            self._use(self._open_speaker())
            self._no_sound = ""
        over = self._from(self._cut()) if self._playing and self._laid[1] else None
        self._playing = True
        self._lay(mix, min(max(at, 0), mix.length), over)

    def _turn(self) -> None:
        newest = self._newest
        if newest is None or newest is self._turned:
            return
        self._turned = newest
        mix, self._others = newest
        if not self._laid[1] or self._last.mix is mix:
            return
        old = self._last.mix.played
        begin_ms = same_moment(old, mix.played, self._at(self._index) // SAMPLES_PER_MS)
        mix.read(begin_ms * SAMPLES_PER_MS, AHEAD)  # synthesise what is needed before leaving the other call
        over = self._from(self._cut()) if self._playing else None
        left_ms, rest = divmod(self._at(self._index), SAMPLES_PER_MS)
        self._lay(mix, min(same_moment(old, mix.played, left_ms) * SAMPLES_PER_MS + rest, mix.length), over)

    def _seek(self, at: int) -> None:
        if not self._laid[1]:
            return
        mix = self._last.mix
        at = min(max(at, 0), mix.length)
        mix.read(at, AHEAD)
        self._lay(mix, at, self._from(self._cut()) if self._playing else None)

    def _pause(self) -> None:
        if self._playing:
            self._playing = False
            self._hand_over(fade(self._from(self._cut()), rising=False))

    @property
    def _last(self) -> _Stretch:
        return self._laid[1][-1]

    def _cut(self) -> int:
        """Move back to the nearest speaker position that can still be replaced, and return it."""
        self._index = min(self._index, self._speaker.played + LEAD)
        return self._index

    def _at(self, index: int) -> int:
        """Return the sample of the current call at a speaker position."""
        return max(self._last.start + index - self._last.index, 0)

    def _from(self, index: int) -> Samples:
        """Return the current call's sound at a speaker position, for the length of a fade."""
        return both_ears(self._last.mix.read(self._at(index), _FADE))

    def _lay(self, mix: Mix, start: int, over: Samples | None) -> None:
        """Play a call from its sample ``start``; if one is playing, fade over from ``over``."""
        before = tuple(one for one in self._laid[1] if one.index < self._index)
        self._laid = (self._speaker, (*before[-4:], _Stretch(self._index, mix, start)))
        if self._playing:
            first = fade(both_ears(mix.read(start, _FADE)), rising=True)
            self._hand_over(first if over is None else first + fade(over, rising=False))

    def _feed(self) -> None:
        """Hand over what is due; if nothing is, prepare one later clip."""
        if not self._playing or not self._speaker.ready:
            return
        if self._speaker.trouble:
            self._continue_silently()
        mix = self._last.mix
        while self._index - self._speaker.played < AHEAD:
            at = self._at(self._index)
            left = mix.length - at
            if left <= 0:
                self._playing = self._speaker.played < self._index
                return
            self._hand_over(both_ears(mix.read(at, min(_BLOCK, left))))
        own_ms = self._at(self._index) // SAMPLES_PER_MS
        for one in (mix, *self._others):
            if one.prepare(same_moment(mix.played, one.played, own_ms) * SAMPLES_PER_MS, PREPARED_S):
                return

    def _hand_over(self, samples: Samples) -> None:
        self._speaker.put(self._index, samples)
        self._index += len(samples)

    def _change_speaker(self, open_speaker: Callable[[], Speaker]) -> None:
        self._open_speaker, self._playing = open_speaker, False
        self._use(NoSpeaker())

    def _use(self, speaker: Speaker) -> None:
        """Play on another speaker, from its position 0."""
        self._speaker.close()
        self._speaker, self._index = speaker, 0
        self._laid = (speaker, ())

    def _continue_silently(self) -> None:
        now, why = self.now(), self._speaker.trouble
        self._use(NoSpeaker())
        self._no_sound = why
        if now.mix is not None:
            self._laid = (self._speaker, (_Stretch(0, now.mix, now.own_ms * SAMPLES_PER_MS),))
