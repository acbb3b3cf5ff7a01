"""One kept call as a timeline: the caller, the real agent, and the measured events."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Static

from base.samples import Samples
from simulator.activity.model import FRAME_SAMPLES, Activity
from simulator.audio.source import open_audio
from simulator.errors import SimulatorError
from simulator.heard.happened import CallHappenings
from simulator.heard.replaying import AUDIO
from tui.terminal_text import screen_text
from tui.tune.caller_audio import ArmClock, Speech, Waveform
from tui.tune.scene import HAPPENED, Scene, WaveClip, happened_lane
from tui.tune.timeline_pane import BEFORE_EVENT_MS, event_text
from tui.widgets.timeline import Timeline


class CallTimeline(Timeline, can_focus=False):
    """Draws a kept call."""


def call_scene(folder: Path, really: CallHappenings, wave: NDArray[np.float32] | None = None) -> Scene:
    """Return the drawing of a kept call. ``wave``, from :func:`caller_wave`, is its caller's audio."""
    clock = ArmClock((0,), (0,), really.duration_ms)
    turns = tuple(
        Speech(one.start_ms, one.end_ms, one.text, "interruption" if one.interrupts else "turn")
        for one in really.turns
    )
    heights = np.zeros((1, 2), np.float32) if wave is None or not len(wave) else wave
    return Scene(
        name=str(folder),
        duration_ms=max(really.duration_ms, 1),
        ticks=clock,
        wave=Waveform(_activity(really.duration_ms, heights)),
        clips=(WaveClip(0, 0, len(heights)),),
        turns=turns,
        asides=(),
        pauses=(),
        threshold=1.0,
        eager=None,
        policy=None,
        lanes=(happened_lane(really, clock),),
        differing=(),
        aligned=False,
    )


def _activity(duration_ms: int, heights: NDArray[np.float32]) -> Activity:
    return Activity(
        duration_ms=duration_ms,
        observations=(),
        spans=(),
        probability=np.zeros(len(heights), np.float32),
        level_db=np.zeros(len(heights), np.float32),
        envelope=heights,
        end_of_turn_model="",
        voice_model="",
        sound="call",
    )


def caller_wave(folder: Path, cancelled: Callable[[], bool]) -> NDArray[np.float32] | None:
    """Return the lowest and highest sample of each frame of a call's caller, float32 ``[n, 2]``.

    ``None`` if the caller has no recording, or if ``cancelled`` returned true.
    """
    if not (folder / AUDIO).exists():
        return None
    found: list[NDArray[np.float32]] = []
    rest: Samples = np.zeros(0, np.float32)
    try:
        for block in open_audio(folder / AUDIO).blocks():
            if cancelled():
                return None
            rest = np.concatenate([rest, block])
            whole = len(rest) // FRAME_SAMPLES
            frames = rest[: whole * FRAME_SAMPLES].reshape(whole, FRAME_SAMPLES)
            found.append(np.stack([frames.min(axis=1), frames.max(axis=1)], axis=1))
            rest = rest[whole * FRAME_SAMPLES :]
    except SimulatorError:
        return None
    return np.concatenate(found) if found else None


_NOTHING = "Neither a log nor the ear says who spoke when here."
_KEYS = "  ◂ ▸ what was heard"


class CallLane(Vertical):
    """Shows a call, and a sentence about its chosen moment."""

    def __init__(self) -> None:
        super().__init__(id="call-lane", classes="-away")
        self.timeline = CallTimeline(id="call-timeline")
        self._why = Static(id="call-why", markup=False)
        self._going_to: tuple[str, int] | None = None

    def compose(self) -> ComposeResult:
        """Lay out the drawing and the line below it."""
        yield self.timeline
        yield self._why

    def show(self, scene: Scene | None, *, away: bool = False) -> None:
        """Show a call. ``None``: nothing is known of it. ``away``: no call is chosen."""
        self.set_class(away, "-away")
        if scene is None or self.timeline.scene is None or scene.name != self.timeline.scene.name:
            self.timeline.show(scene, _NOTHING)
        else:
            self.timeline.show(scene)
        self._arrive()

    def go_to(self, folder: Path, at_ms: int) -> None:
        """Move to a moment of a call, once it is drawn."""
        self._going_to = str(folder), at_ms
        self._arrive()

    @property
    def moment_ms(self) -> int:
        """Where playback begins: just before the chosen moment, else at the left edge."""
        mark = self.timeline.chosen
        return round(self.timeline.view.start_ms) if mark is None else max(mark.t_ms - BEFORE_EVENT_MS, 0)

    def chosen_in(self, folder: Path) -> int | None:
        """Return the chosen moment of a call in ms on its clock, or ``None``."""
        scene, mark = self.timeline.scene, self.timeline.chosen
        return mark.t_ms if mark is not None and scene is not None and scene.name == str(folder) else None

    def show_playhead(self, folder: Path, at_ms: int | None) -> None:
        """Show the playback position in a call."""
        scene = self.timeline.scene
        if scene is not None and scene.name == str(folder):
            self.timeline.show_playhead(at_ms, "" if at_ms is None else HAPPENED, follow=True)

    def _arrive(self) -> None:
        scene = self.timeline.scene
        if self._going_to is not None and scene is not None and scene.name == self._going_to[0]:
            self.timeline.look_at(self._going_to[1])
            self._going_to = None

    @on(Timeline.Chosen)
    def _tell(self, message: Timeline.Chosen) -> None:
        message.stop()
        if message.mark is not None:
            self._why.update(screen_text(event_text(message.arm, message.mark.event)), layout=False)
        else:
            self._show_legend()

    def _show_legend(self) -> None:
        room = self._why.content_size.width - len(_KEYS)
        self._why.update(self.timeline.legend(room) + (_KEYS if self.timeline.scene else ""), layout=False)

    def on_resize(self) -> None:
        """Fit the legend to the width."""
        if self.timeline.chosen is None:
            self.call_after_refresh(self._show_legend)
