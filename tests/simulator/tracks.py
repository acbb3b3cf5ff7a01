"""Scripted caller tracks: what stage 1 would report of given speech, without any audio."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from presets.config import parse
from simulator.activity.analyzer import spans_of
from simulator.activity.model import (
    FRAME_MS,
    Activity,
    Lull,
    Observation,
    Resumption,
    SpeechEnd,
    SpeechStart,
)
from simulator.audio.source import AudioSource
from simulator.engine.profile import EngineProfile, default_profile
from simulator.engine.scenario import AgentAnswer, Scenario, State
from simulator.labels import Labels
from simulator.recording import Recording
from simulator.replay import ReplayMode
from simulator.study import Arm, Run, run

END_KNOWN_AFTER_MS = 7 * FRAME_MS
"""Below 0.35 for 200 ms is known after seven frames."""


@dataclass(frozen=True)
class Speech:
    """Speech from ``start`` to ``end`` (frames of 32 ms), ending ``completeness`` finished, with short lulls."""

    start: int
    end: int
    completeness: float = 0.95
    lulls: tuple[tuple[int, int], ...] = ()


def observations(track: list[Speech]) -> tuple[Observation, ...]:
    """Return what a detector would report of a track, in order."""
    seen: list[Observation] = []
    for index, speech in enumerate(track):
        seen.append(SpeechStart((speech.start + 2) * FRAME_MS, speech.start * FRAME_MS, index))
        for begins, ends in speech.lulls:
            seen.append(Lull((begins + 1) * FRAME_MS, begins * FRAME_MS, index))
            seen.append(Resumption((ends + 1) * FRAME_MS, ends * FRAME_MS, index))
        end_ms = speech.end * FRAME_MS
        seen.append(Lull(end_ms + FRAME_MS, end_ms, index))
        seen.append(SpeechEnd(end_ms + END_KNOWN_AFTER_MS, end_ms, index, speech.completeness))
    return tuple(seen)


def activity_of(seen: tuple[Observation, ...], duration_ms: int | None = None) -> Activity:
    """Return an activity with some observations."""
    if duration_ms is None:
        duration_ms = seen[-1].known_ms + 1000 if seen else 1000
    frames = duration_ms // FRAME_MS
    return Activity(
        duration_ms=duration_ms,
        observations=seen,
        spans=spans_of(seen),
        probability=np.zeros(frames, np.float32),
        level_db=np.zeros(frames, np.float32),
        envelope=np.zeros((frames, 2), np.float32),
        end_of_turn_model="scripted track",
        voice_model="scripted track",
        sound="scripted track",
    )


def fixed_profile(**values: object) -> EngineProfile:
    """Return the default profile with fixed latencies: navigation 80 ms, first token 120 ms. ``values`` override.

    A turn ends at confidence 0.7, and at once if it sounds finished: 0.3 says nothing, 0.9 is enough.
    """
    raw = default_profile().model_dump(mode="json", by_alias=True)
    raw["values"]["eot_threshold"] |= {"value": 0.7}
    raw["values"]["eot_head_start_s"] |= {"value": 40}
    raw["values"]["nav_ms"] |= {"p50": 80, "p95": 80}
    raw["values"]["engage_first_token_ms"] |= {"p50": 120, "p95": 120}
    for name, value in values.items():
        raw["values"][name]["value"] = value
    return EngineProfile.model_validate(raw)


TEN_WORDS = "Thank you for calling us here at the clinic today."
LONG_ANSWER = f"{TEN_WORDS} I would like to ask you a few more questions before we go on with it. Is that fine?"


def scenario(
    response: str = LONG_ANSWER, navigation: str | None = "a0,0,calm,Mm", *, skip: bool = False
) -> Scenario:
    """Return a scenario that always gives the same line."""
    line = AgentAnswer(state="talk", navigation=None if skip else navigation, response=response)
    return Scenario(schema="turnlab.scenario/1", states={"talk": State(skip_navigation=skip)}, turns=(line,))


def recording_of(labels: Labels | None = None, agent: Scenario | None = None, name: str = "track") -> Recording:
    """Return a recording for a scripted track. Its audio is never opened."""
    source = AudioSource(Path(f"{name}.flac"), 16_000, 1, 60.0)
    return Recording(name, source, labels, agent or scenario())


def play_track(
    track: list[Speech] | tuple[Observation, ...],
    config: dict[str, object] | None = None,
    *,
    labels: Labels | None = None,
    agent: Scenario | None = None,
    profile: EngineProfile | None = None,
    mode: ReplayMode | None = None,
    seed: int = 0,
) -> Run:
    """Simulate one arm over a scripted track."""
    seen = observations(track) if isinstance(track, list) else track
    arm = Arm("arm", parse(config or {}))
    return run(
        recording_of(labels, agent), activity_of(seen), arm, profile or fixed_profile(), mode=mode, seed=seed
    )


def times(result: Run, kind: str) -> list[int]:
    """Return when events of one type happened, in ms."""
    return [event.t_ms for event in result.played.events if event.type == kind]


def types(result: Run) -> list[str]:
    """Return the event types in order."""
    return [event.type for event in result.played.events]


def truth(*turns: tuple[float, float], **more: object) -> Labels:
    """Return labels with turns in frames of 32 ms."""
    listed = [{"start_s": start * 0.032, "end_s": end * 0.032} for start, end in turns]
    return Labels.model_validate({"turns": listed, **more})
