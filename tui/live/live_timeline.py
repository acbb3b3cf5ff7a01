"""A live call in the lanes of a recording: its last part, up to now."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from base.samples import QUIETEST_DB
from simulator.activity.model import FRAME_MS, Activity
from simulator.engine.end_of_turn import end_of_turn_policy
from simulator.engine.events import (
    Event,
    FillerEnded,
    FillerStarted,
    ResponseEnded,
    ResponseStarted,
    SoundEnded,
    SoundStarted,
    SpeechEnded,
    SpeechStarted,
)
from simulator.engine.profile import EngineProfile
from simulator.measures.readouts import measure
from simulator.measures.truth import TrueTurn, Truth
from simulator.measures.turns import NO_GENERATION, talk_over
from simulator.replay import Placement, Played
from simulator.session.state import Happened, Notice, SessionMessage, Snapshot
from simulator.study import Run
from tui.tune.caller_audio import ArmClock, Speech, Waveform, detected
from tui.tune.scene import Scene, WaveClip, arm_lane, pauses_of
from tui.widgets.timeline import Timeline
from tui.widgets.timeline_view import View

MS_PER_CELL = 200.0
KEPT_MS = 120_000
"""Older events are no longer visible."""
REDRAWN_MS = 200
"""The drawing advances in steps of this much call time. Smaller steps cost more and are not visible."""
_LATE_MS = 1_000
"""The snapshot of a call follows its reports within this time."""
_LOUD = 0.25
"""Quieter calls are not scaled up to this level."""


class LiveTimeline(Timeline, can_focus=False):
    """Draws what :meth:`look` and :meth:`add` receive, up to now."""

    WITH_OVERVIEW = False

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self._story = LiveStory()
        self._drawn_ms = -REDRAWN_MS

    def add(self, message: Sequence[SessionMessage]) -> None:
        """Add events."""
        for one in message:
            self._story.add(one)

    def look(self, shown: Snapshot, profile: EngineProfile) -> None:
        """Add a snapshot of the call, and draw if enough time has passed."""
        if shown.phase == "stopped":
            self._story.end()
        if shown.phase != "running":
            return
        self._story.look(shown)
        if abs(shown.now_ms - self._drawn_ms) >= REDRAWN_MS:
            self._drawn_ms = shown.now_ms
            self._follow(self._story.scene(shown, profile))

    def _follow(self, scene: Scene) -> None:
        width = max(self._width, 1)
        self._scene = scene
        self.view = View(max(scene.duration_ms - width * MS_PER_CELL, 0.0), MS_PER_CELL, width)
        self.draw()


class LiveStory:
    """The last two minutes of a call."""

    def __init__(self) -> None:
        self._events: list[Event] = []
        self._looks: deque[tuple[int, float, float]] = deque()

    def add(self, message: SessionMessage) -> None:
        """Add an event. A new call starts at 0."""
        if isinstance(message, Happened):
            self._events.append(message.event)
        elif isinstance(message, Notice) and message.kind == "call":
            self.end()

    def end(self) -> None:
        """Forget the call. The next one starts at 0."""
        self._events.clear()
        self._looks.clear()

    def look(self, shown: Snapshot) -> None:
        """Add the caller's level and voice probability."""
        frame = shown.now_ms // FRAME_MS
        if self._looks and frame < self._looks[-1][0]:
            self._looks.clear()  # they belong to the previous call
        if not self._looks:
            # A closing call may report events after its end.
            self._events = [event for event in self._events if event.t_ms <= shown.now_ms + _LATE_MS]
        elif frame == self._looks[-1][0]:
            return
        peak_db = shown.level.peak_db
        peak = 10 ** (peak_db / 20) if peak_db > QUIETEST_DB else 0.0
        self._looks.append((frame, peak, shown.voice_probability))
        while self._looks[0][0] < frame - KEPT_MS // FRAME_MS:
            self._looks.popleft()
        if self._events and self._events[0].t_ms < shown.now_ms - 2 * KEPT_MS:
            self._events = [event for event in self._events if event.t_ms >= shown.now_ms - KEPT_MS]

    def scene(self, shown: Snapshot, profile: EngineProfile) -> Scene:
        """Return the drawing. ``shown`` is the call's snapshot."""
        now_ms = shown.now_ms
        clock = ArmClock((0,), (0,), now_ms)
        activity, first = self._activity(now_ms)
        played = Played(_so_far(self._events, now_ms), (Placement(0, now_ms, 0),), now_ms, "rigid")
        run = Run("live", shown.arm, played, measure(played, activity, None))
        turns, asides = detected(run, clock)
        if (speaks := self._speaks()) is not None:
            turns.append(Speech(speaks.start_ms, now_ms))
        said = tuple(TrueTurn(index, one.start_ms, one.end_ms) for index, one in enumerate(turns))
        over = talk_over(run.measured.sounds, Truth(False, said))
        lane = replace(arm_lane(shown.arm or "A", run, clock), over=tuple(over))
        return Scene(
            name="live",
            duration_ms=now_ms,
            ticks=clock,
            wave=Waveform(activity, loudest=_LOUD),
            clips=(WaveClip(first * FRAME_MS, 0, len(activity.probability)),),
            turns=tuple(turns),
            asides=tuple(asides),
            pauses=pauses_of(played, run.measured.sounds, clock),
            threshold=shown.threshold,
            eager=shown.eager_threshold,
            policy=end_of_turn_policy(profile.values),
            lanes=(lane,),
            differing=(),
            aligned=False,
        )

    def _activity(self, now_ms: int) -> tuple[Activity, int]:
        """Return the caller's activity without end-of-turn judgements, and the number of its first frame."""
        looks = np.array(self._looks or [(0, 0.0, 0.0)])
        first = int(looks[0, 0])
        frames = np.arange(first, int(looks[-1, 0]) + 1)
        held = looks[np.searchsorted(looks[:, 0], frames, side="right") - 1]
        peaks = held[:, 1].astype(np.float32)
        heard = Activity(
            duration_ms=now_ms,
            observations=(),
            spans=(),
            probability=held[:, 2].astype(np.float32),
            level_db=np.zeros(len(frames), np.float32),
            envelope=np.stack((-peaks, peaks), axis=1),
            end_of_turn_model="",
            voice_model="",
            sound="live",
        )
        return heard, first

    def _speaks(self) -> SpeechStarted | None:
        """Return the caller's speech that is in progress, if any."""
        for event in reversed(self._events):
            if isinstance(event, SpeechEnded):
                return None
            if isinstance(event, SpeechStarted):
                return event
        return None


def _so_far(events: Sequence[Event], now_ms: int) -> tuple[Event, ...]:
    """Return the events as if the agent's present speech ended now."""
    sound = next((event for event in reversed(events) if isinstance(event, SoundStarted | SoundEnded)), None)
    if isinstance(sound, FillerStarted):
        return (*events, FillerEnded(now_ms, sound.turn, sound.why, interrupted=False, generation=NO_GENERATION))
    if isinstance(sound, ResponseStarted):
        ended = ResponseEnded(now_ms, sound.turn, sound.why, interrupted=False, generation=sound.generation)
        return (*events, ended)
    return tuple(events)
