"""End-of-turn models: how finished a caller's turn sounds at a pause.

A further model is a class with what :class:`EndOfTurnModel` asks for, a row in :data:`END_OF_TURN_MODELS`, and a
choice of ``--eot``. What it judges by stays inside it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

import numpy as np

from base.samples import SAMPLE_RATE, Samples
from simulator.activity.model import NO_MODEL_COMPLETENESS, SILENCE_ONLY, Judgement
from simulator.activity.smart_turn import installed_smart_turn


class EndOfTurnModel(Protocol):
    """Judges a pause by the audio of the turn so far. It may be pickled, to judge in another process."""

    @property
    def name(self) -> str:
        """What it is called in analyses and readouts; another name for whatever judges otherwise."""
        ...

    @property
    def window_s(self) -> int:
        """How much of the caller's channel it is given, s; 0: none, and it answers at once."""
        ...

    @property
    def most_completeness(self) -> float:
        """What it judges no pause above."""
        ...

    def judge(self, heard: Samples, silence_ms: int) -> Judgement:
        """Judge a pause; its ``silence_ms`` are the last of what was heard up to now, float32 ``[n]`` at 16 kHz."""
        ...


class SilenceOnly:
    """Says the same of every pause, so that silence alone decides."""

    name = SILENCE_ONLY
    window_s = 0
    most_completeness = NO_MODEL_COMPLETENESS

    def judge(self, heard: Samples, silence_ms: int) -> Judgement:  # noqa: ARG002 it hears nothing
        """Return what is said of every pause."""
        return Judgement(NO_MODEL_COMPLETENESS)


class _Open(Protocol):
    def __call__(self, *, late: bool) -> EndOfTurnModel | None: ...


END_OF_TURN_MODELS: Mapping[str, _Open] = {
    "smart-turn": installed_smart_turn,
    "silence": lambda *, late: SilenceOnly(),  # noqa: ARG005 there is nothing to open
}
"""The models by the names of ``--eot``, the preferred first; ``None`` where a model is not installed."""


def end_of_turn_model(*, late: bool = False) -> EndOfTurnModel:
    """Return the first model that is installed: silence alone at last.

    ``late``: open its file only when it is first asked, for where the analysis may be there already. Raises
    :class:`~simulator.errors.ModelError` for a file that cannot be opened.
    """
    found = (opened(late=late) for opened in END_OF_TURN_MODELS.values())
    return next(model for model in found if model is not None)


def named_model(name: str, *, late: bool = False) -> EndOfTurnModel | None:
    """Return a model by its name in the registry; ``None`` where it is not installed. Raises the same."""
    return END_OF_TURN_MODELS[name](late=late)


def warm_up(model: EndOfTurnModel) -> None:
    """Have the model answer once, on silence: its first answer takes longest."""
    model.judge(np.zeros(SAMPLE_RATE, np.float32), 0)
