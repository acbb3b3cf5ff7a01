"""The part of the Tune screen that lets the call be heard, and shows where it is."""

from __future__ import annotations

import asyncio

from textual import on, work
from textual.timer import Timer
from textual.widgets import Static

from tui.remembered import SPEAKER, remembered
from tui.terminal_text import plain
from tui.tune.listening import Listening, Sight
from tui.tune.scene import ARMS
from tui.tune.screen_bench import BenchScreen
from tui.tune.trial import Outcome
from tui.widgets.timeline import Timeline
from tui.widgets.timeline_lanes import clock_text

LOOKS_A_SECOND = 15
BEFORE_EVENT_MS = 500
"""An event is heard from so much before it on."""


class PlayScreen(BenchScreen):
    """A bench whose outcomes can be heard."""

    _listening: Listening | None = None
    _looking: Timer | None = None
    _wants_ms: int | None = None
    """Where the playhead was put before anything was played."""
    _title = ""
    _told = ""

    # ---- what a person asks for

    def action_play(self) -> None:
        """Play, go on, or pause."""
        sight = self._listening.sight() if self._listening else None
        if sight is not None and sight.playing and self._listening is not None:
            self._listening.pause()
            self._look()
        elif sight is not None and sight.shared_ms < self._end_ms():
            self._play(sight.shared_ms)
        else:
            self._play(self._start_ms() if self._wants_ms is None else self._wants_ms)

    def action_play_event(self) -> None:
        """Play from just before the chosen event."""
        mark = self.query_one(Timeline).chosen
        self._play(self._start_ms() if mark is None else max(mark.t_ms - BEFORE_EVENT_MS, 0))

    def action_hear_arm(self) -> None:
        """Hear the next arm."""
        if self._listening is None or not self._listening.begun:
            self._play(self._start_ms() if self._wants_ms is None else self._wants_ms)
            return
        self._listening.hear(self._listening.arm + 1)
        self._look()

    def action_wind(self, seconds: int) -> None:
        """Go on or back."""
        if self._listening is not None and self._listening.begun:
            self._listening.wind(seconds)
            self._look()
        else:
            self._put_playhead((self._wants_ms or 0) + 1000 * seconds)

    def action_stop_playing(self) -> None:
        """Stop."""
        if self._listening is not None:
            self._listening.stop()
        self._wants_ms = None
        self._look()

    @on(Timeline.Sought)
    def _sought(self, message: Timeline.Sought) -> None:
        if self._listening is not None and self._listening.begun:
            self._listening.seek(message.t_ms)
            self._look()
        else:
            self._put_playhead(message.t_ms)

    @work(group="hearing", exclusive=True)
    async def _play(self, shared_ms: int) -> None:
        outcome = self.outcome
        if outcome is None:
            self.notify("Wait until the recording is analysed.", severity="warning", markup=False)
            return
        if self._listening is None:
            listening = await asyncio.to_thread(Listening)
            if not self.is_attached:
                listening.close()
                return
            self._listening = listening
            self._listening.show(self.outcome or outcome)
        self._wants_ms = None
        self._listening.play(shared_ms, await asyncio.to_thread(remembered, SPEAKER))
        self._look()

    def _put_playhead(self, shared_ms: int) -> None:
        self._wants_ms = min(max(shared_ms, 0), self._end_ms())
        self.query_one(Timeline).show_playhead(self._wants_ms, "", follow=True)

    def _start_ms(self) -> int:
        """Return where to begin: at the chosen event if it is in sight, else where the view begins."""
        timeline = self.query_one(Timeline)
        mark, view = timeline.chosen, timeline.view
        if mark is not None and view.start_ms <= mark.t_ms < view.end_ms:
            return max(mark.t_ms - BEFORE_EVENT_MS, 0)
        return round(view.start_ms)

    def _end_ms(self) -> int:
        scene = self.query_one(Timeline).scene
        return scene.duration_ms - 1 if scene else 0

    # ---- what is seen of it

    def let_be_heard(self, outcome: Outcome) -> None:
        """Go on with this outcome where the caller is, if its call is heard."""
        if self._listening is not None:
            self._listening.show(outcome)
            self._look()

    def title_timeline(self, title: str) -> None:
        """Say what the timeline shows, after what is heard."""
        self._title = title
        self._show_title(self._listening.sight() if self._listening else None)

    def on_unmount(self) -> None:
        """Fall silent with the screen."""
        if self._listening is not None:
            self._listening.close()

    def _look(self) -> None:
        """Keep looking where the playhead is until it rests."""
        if self._looking is None:
            self._looking = self.set_interval(1 / LOOKS_A_SECOND, self._see)
        self._looking.resume()
        self._see()

    def _see(self) -> None:
        sight = self._listening.sight() if self._listening else None
        timeline = self.query_one(Timeline)
        if sight is None:
            timeline.show_playhead(self._wants_ms, "")
        else:
            timeline.show_playhead(sight.shared_ms, ARMS[sight.arm], follow=sight.playing)
            self._tell(sight)
        self.set_class(sight is not None, "-hearing")
        self._show_title(sight)
        begun = self._listening is not None and self._listening.begun
        if self._looking is not None and (not begun or (sight is not None and sight.resting)):
            self._looking.pause()

    def _tell(self, sight: Sight) -> None:
        """Say once what is wrong."""
        wrong = sight.fault or sight.no_sound
        if wrong and wrong != self._told:
            title = "The call stops here" if sight.fault else "No sound; the playhead runs on"
            self.notify(plain(wrong), title=title, severity="error" if sight.fault else "warning", markup=False)
        self._told = wrong

    def _show_title(self, sight: Sight | None) -> None:
        said = self._title
        if sight is not None:
            symbols = "▶‖" if self.query_one(Timeline).fine_glyphs else ">="
            state = f"{symbols[not sight.playing]} {clock_text(sight.shared_ms, 1000)} {ARMS[sight.arm]}"
            voice = f"{sight.voice} on {sight.where}" if sight.where else sight.voice
            sound = f"no sound: {sight.no_sound}" if sight.no_sound else voice
            said = f"{state}, {sound} · {self._title}"
        self.query_one("#timeline-title", Static).update(plain(said), layout=False)
