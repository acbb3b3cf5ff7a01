"""What stage 1 hears of the corpus, as recorded and as over a telephone or in a noisy room."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from enum import Enum

import numpy as np
from numpy.typing import NDArray

from base.samples import Samples
from benchmarks.calibration.split import Item
from simulator.activity.analyzer import analyze, spans_of
from simulator.activity.model import Activity, Evidence, Judgement, SpeechEnd
from simulator.activity.smart_turn import TYPICAL_LATE_PITCH, Sound, installed_smart_turn
from simulator.audio.what_if import AS_IT_IS, WhatIf
from simulator.labels import Labels
from simulator.measures.tradeoff import JudgedTurn, Pause, judged_turns
from simulator.recording import open_recording

NEAR_MS = 250
"""How far a detected end of speech may lie from the labelled start of the hesitation it belongs to."""


class Kind(Enum):
    """What a detected pause is: the end of its turn, a labelled hesitation in mid-phrase, or any other."""

    END = "end"
    HESITATION = "hesitation"
    NATURAL = "natural"


@dataclass(frozen=True, slots=True, eq=False)
class Example:
    """What is heard of one pause when it is known. ``source`` names the pause whatever it is heard through."""

    source: str
    speaker: str
    kind: Kind
    late_pitch: float
    ending: NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Heard:
    """One recording under one condition, with the model's hearing of each end of speech in order."""

    item: Item
    what_if: WhatIf
    labels: Labels
    activity: Activity
    sounds: tuple[Sound, ...]

    def judged(self, completeness: Callable[[Heard, int], float]) -> tuple[JudgedTurn, ...]:
        """Return its turns with their pauses, each with the completeness that a function gives its span."""
        observations = tuple(
            replace(seen, completeness=completeness(self, seen.span)) if isinstance(seen, SpeechEnd) else seen
            for seen in self.activity.observations
        )
        activity = replace(self.activity, observations=observations, spans=spans_of(observations))
        return judged_turns(self.item.path.stem, activity, self.labels)

    def late_pitch(self, span: int) -> float:
        """Return the late pitch before a span's end, or what stands in for it."""
        evidence = self.activity.spans[span].evidence
        return late_pitch_of(evidence)


@dataclass(frozen=True, slots=True, eq=False)
class HeardPause:
    """A pause of a labelled turn, of span ``span`` of ``heard``."""

    heard: Heard
    turn: int
    span: int
    true_end_ms: int
    pause: Pause
    example: Example


def late_pitch_of(evidence: Evidence | None) -> float:
    """Return the late pitch in some evidence, or what stands in for it."""
    found = (evidence or {}).get("late_pitch")
    return TYPICAL_LATE_PITCH if found is None else found


class Listener:
    """Smart Turn, taking down what it hears."""

    def __init__(self) -> None:
        model = installed_smart_turn()
        if model is None:
            raise SystemExit("the Smart Turn model is not installed; run 'turnlab models fetch'")
        self._model = model
        self.name = model.name
        self.window_s = model.window_s
        self.most_completeness = model.most_completeness
        self._heard: list[Sound] = []

    def judge(self, heard: Samples, silence_ms: int) -> Judgement:
        """Judge as the model does."""
        self._heard.append(self._model.hear(heard))
        return self._model.judgement(self._heard[-1], heard, silence_ms)

    def taken_down(self) -> tuple[Sound, ...]:
        """Return what was heard since the last time."""
        heard, self._heard = tuple(self._heard), []
        return heard


def listen(items: Iterable[Item], listener: Listener, *, altered: bool = False) -> list[Heard]:
    """Analyse recordings, each as it is and, if ``altered``, in the conditions it does not have already."""
    found = []
    for item in items:
        for what_if in [AS_IT_IS, *(alterations(item) if altered else ())]:
            recording = open_recording(item.path, what_if=what_if)
            assert recording.labels is not None
            activity = analyze(recording.source, listener)
            found.append(Heard(item, what_if, recording.labels, activity, listener.taken_down()))
    return found


def alterations(item: Item) -> list[WhatIf]:
    """Return what an item's recording may be altered by: a telephone and noise, where it has none."""
    noisy = item.snr_db is not None
    if item.telephone:
        return [] if noisy else [WhatIf(noise_snr_db=20), WhatIf(noise_snr_db=12)]
    if noisy:
        return [WhatIf(telephone=True)] if (item.snr_db or 0) >= 20 else []
    telephone, quiet, loud = WhatIf(telephone=True), WhatIf(noise_snr_db=20), WhatIf(noise_snr_db=10)
    return [telephone, quiet, loud, WhatIf(telephone=True, noise_snr_db=20)]


def pauses(heard: list[Heard]) -> list[HeardPause]:
    """Return the pauses of the turns whose end was heard, up to their ends."""
    found = []
    for one in heard:
        name = one.item.path.stem
        spans = {span.end_ms: index for index, span in enumerate(one.activity.spans)}
        for turn in judged_turns(name, one.activity, one.labels):
            end = next((pause for pause in turn.pauses if pause.until_ms > turn.earliest_ms), None)
            if end is None:
                continue
            speaker = one.item.speaker_at(turn.start_ms / 1000)
            for place, pause in enumerate(turn.pauses[: turn.pauses.index(end) + 1]):
                span = spans[pause.ended.end_ms]
                kind = Kind.END if pause is end else _kind_inside(pause, one.labels)
                source = f"{name} {turn.index} {kind.value} {place}"
                example = Example(source, speaker, kind, one.late_pitch(span), one.sounds[span].ending)
                found.append(HeardPause(one, turn.index, span, turn.end_ms, pause, example))
    return found


def _kind_inside(pause: Pause, labels: Labels) -> Kind:
    near = any(abs(pause.ended.end_ms - start_s * 1000) < NEAR_MS for start_s, _ in labels.hesitations)
    return Kind.HESITATION if near else Kind.NATURAL
