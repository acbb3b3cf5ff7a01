"""One kept call as a timeline: what the caller said, and the agent's lane as it really was."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from base.samples import Samples
from simulator.activity.model import FRAME_SAMPLES, Activity
from simulator.audio.source import open_audio
from simulator.errors import SimulatorError
from simulator.heard.happened import Happened
from simulator.heard.replaying import AUDIO
from tui.tune.caller_audio import ArmClock, Speech, Waveform
from tui.tune.scene import Clip, Scene, happened_lane
from tui.widgets.timeline import Timeline


class CallTimeline(Timeline, can_focus=False):
    """Draws a kept call."""


def call_scene(folder: Path, really: Happened, wave: NDArray[np.float32] | None = None) -> Scene:
    """Return what there is to draw of a kept call; ``wave``, from :func:`caller_wave`, is its caller's audio."""
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
        clips=(Clip(0, 0, len(heights)),),
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

    ``None`` where there is no recording of the caller, or ``cancelled`` said that it is no longer wanted.
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
