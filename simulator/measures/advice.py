"""Advice about caller speech over the agent: a backchannel, or does the caller want the floor?

The platform's barge-in rule uses duration alone and cannot follow this. The advice is a listener's judgement of the
same sound, by its length, up to half a second, and by how clearly it is a voice.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from simulator.activity.model import FRAME_MS, Activity
from simulator.engine.events import BargeIn, BargeInSuppressed, Event, SpeechStarted

_AT_ALL, _A_SECOND, _VOICE = -18.3, 24.8, 8.9
"""Fitted on 16 backchannels, 17 interruptions and 71 beginnings of natural turns (``benchmarks/overlaps``)."""
_LONGEST_S = 0.5
"""Longer speech has no further effect: half a second of clear voice is no murmur."""
WANTS_FLOOR = 0.5
"""The score from which a listener would stop."""


@dataclass(frozen=True, slots=True)
class Overlap:
    """Speech over the agent that the rule decided about at ``t_ms``; ``stopped``: it stopped the agent.

    ``score``, 0…1, is how much it sounds like wanting the floor.
    """

    t_ms: int
    span: int
    stopped: bool
    score: float

    @property
    def against_advice(self) -> bool:
        """Whether the agent stopped where a listener would have continued."""
        return self.stopped and self.score < WANTS_FLOOR

    def words(self) -> str:
        """Return the advice in words."""
        what = "it wants the floor" if self.score >= WANTS_FLOOR else "it is a backchannel or a noise"
        return f"advice, which the rule cannot follow: {what} (score {self.score:.2f} of 1)"

    def to_json(self) -> dict[str, Any]:
        """Return the advice as JSON values."""
        return {
            "t": self.t_ms / 1000,
            "span": self.span,
            "stopped": self.stopped,
            "wants_floor": round(self.score, 2),
        }


def overlaps(events: Sequence[Event], activity: Activity) -> tuple[Overlap, ...]:
    """Return the speech over the agent, in order, with advice by the sound up to the rule's decision.

    Speech that began in the agent's own echo is left out, because the analysis does not contain it.
    """
    starts = {event.span: event.start_ms for event in events if isinstance(event, SpeechStarted)}
    found: dict[int, Overlap] = {}
    for event in events:
        if not isinstance(event, BargeIn | BargeInSuppressed) or event.span >= len(activity.spans):
            continue
        stopped = isinstance(event, BargeIn)
        if stopped or event.span not in found:
            start_ms = event.speech_start_ms if isinstance(event, BargeIn) else starts[event.span]
            score = wants_floor(activity, event.span, event.t_ms - start_ms)
            found[event.span] = Overlap(event.t_ms, event.span, stopped, score)
    return tuple(sorted(found.values(), key=lambda one: one.t_ms))


def wants_floor(activity: Activity, span: int, heard_ms: int) -> float:
    """Return how much the first ``heard_ms`` ms of a span sound like wanting the floor, 0…1."""
    spoken = activity.spans[span]
    lasts_ms = min(heard_ms, spoken.end_ms - spoken.start_ms)
    first = spoken.start_ms // FRAME_MS
    voice = activity.probability[first : max(first + 1, (spoken.start_ms + lasts_ms) // FRAME_MS)]
    sure = float(np.add.reduce(voice) / np.float32(len(voice))) if len(voice) else 0.0  # a faster voice.mean()
    return 1 / (1 + math.exp(-(_AT_ALL + _A_SECOND * min(lasts_ms / 1000, _LONGEST_S) + _VOICE * sure)))
