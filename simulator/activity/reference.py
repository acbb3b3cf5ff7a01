"""Compares this machine's detectors with the machine on which the figures were made.

Another processor or version of onnxruntime may compute differently: Smart Turn's file is quantised, and quantised
kernels round differently. ``reference.flac`` (20.8 s of the bundled recording ``telephone``) ships with the
reference results in ``reference.json``. ``benchmarks/reference.py`` makes both again.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import as_file, files
from typing import Any

import numpy as np

from simulator.activity.analyzer import analyze
from simulator.activity.end_of_turn import EndOfTurnModel, SilenceOnly
from simulator.activity.model import Activity, SpeechEnd
from simulator.activity.smart_turn import completeness
from simulator.audio.source import open_audio

NUMBERS = files("simulator.activity") / "reference.json"
_CLIP = files("simulator.activity") / "reference.flac"

TOLERANCE = 0.001
"""Differences of probability and completeness up to this are rounding."""


@dataclass(frozen=True, slots=True)
class Agreement:
    """The largest differences between this machine's numbers and the reference; all numbers lie in 0…1.

    ``model`` is the difference of the network's own output. It and ``completeness`` are ``None`` without an
    end-of-turn model, and where the pauses differ (not ``same_pauses``). On the same pauses, a decision is the same
    on both machines if the confidence clears its threshold by more than ``completeness``.
    """

    voice: float
    same_pauses: bool
    model: float | None
    completeness: float | None

    @property
    def agrees(self) -> bool:
        """Whether everything matches the reference up to rounding."""
        differences = (self.voice, self.model, self.completeness)
        return self.same_pauses and all(far is None or far <= TOLERANCE for far in differences)


def measured(model: EndOfTurnModel) -> dict[str, Any]:
    """Return the detectors' results for the clip: ``probability`` of each frame, and ``pauses``.

    A pause has its end of speech ``t_ms`` and the ``model``'s own output. Raises what
    :func:`~simulator.activity.analyzer.analyze` raises.
    """
    with as_file(_CLIP) as path:
        activity = analyze(open_audio(path), model)
    return {
        "probability": [round(value, 5) for value in activity.probability.tolist()],
        "pauses": _pauses(activity),
    }


def _pauses(activity: Activity) -> list[dict[str, float | None]]:
    return [
        {"t_ms": seen.end_ms, "model": (seen.evidence or {}).get("model")}
        for seen in activity.observations
        if isinstance(seen, SpeechEnd)
    ]


@cache
def _expected() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(NUMBERS.read_text(encoding="utf-8"))
    return found


def agreement(model: EndOfTurnModel) -> Agreement:
    """Analyse the clip and compare it with the reference, which takes about 2 s.

    Raises what :func:`~simulator.activity.analyzer.analyze` raises.
    """
    here, there = measured(model), _expected()
    voice = float(np.abs(np.subtract(here["probability"], there["probability"])).max())
    moments = [[pause["t_ms"] for pause in one["pauses"]] for one in (here, there)]
    same = moments[0] == moments[1]
    if isinstance(model, SilenceOnly) or not same:
        return Agreement(voice, same, None, None)
    outputs = [
        (ours["model"], theirs["model"]) for ours, theirs in zip(here["pauses"], there["pauses"], strict=True)
    ]
    model_off = max(abs(ours - theirs) for ours, theirs in outputs)
    completeness_off = max(abs(completeness(ours) - completeness(theirs)) for ours, theirs in outputs)
    return Agreement(voice, same, model_off, completeness_off)
