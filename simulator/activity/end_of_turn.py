"""End-of-turn models: how finished a caller's turn sounds at a pause.

To add a model, write a class with the interface of :class:`EndOfTurnModel`, a row in :data:`END_OF_TURN_MODELS`,
and a choice of ``--eot``. The model's evidence stays inside the class.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

import numpy as np

from base.samples import SAMPLE_RATE, Samples
from simulator.activity.model import NO_MODEL_COMPLETENESS, SILENCE_ONLY, Judgement
from simulator.activity.smart_turn import installed_smart_turn


class EndOfTurnModel(Protocol):
    """Judges a pause by the audio of the turn so far. It can be pickled, so another process can run it."""

    @property
    def name(self) -> str:
        """The name in analyses and readouts. A model that judges differently needs another name."""
        ...

    @property
    def window_s(self) -> int:
        """The length of the model's input, s; 0: it needs no audio and answers at once."""
        ...

    @property
    def most_completeness(self) -> float:
        """The highest completeness, 0…1, that it gives any pause."""
        ...

    def judge(self, heard: Samples, silence_ms: int) -> Judgement:
        """Judge a pause. ``heard`` is float32 ``[n]`` at 16 kHz; its last ``silence_ms`` are the pause."""
        ...


class SilenceOnly:
    """Gives every pause the same completeness, so that silence alone decides."""

    name = SILENCE_ONLY
    window_s = 0
    most_completeness = NO_MODEL_COMPLETENESS

    def judge(self, heard: Samples, silence_ms: int) -> Judgement:  # noqa: ARG002 it hears nothing
        """Return the same judgement for every pause."""
        return Judgement(NO_MODEL_COMPLETENESS)


class _Open(Protocol):
    def __call__(self, *, late: bool) -> EndOfTurnModel | None: ...


END_OF_TURN_MODELS: Mapping[str, _Open] = {
    "smart-turn": installed_smart_turn,
    "silence": lambda *, late: SilenceOnly(),  # noqa: ARG005 there is nothing to open
}
"""The models by their ``--eot`` names, preferred first. Opening returns ``None`` where one is not installed."""


def end_of_turn_model(*, late: bool = False) -> EndOfTurnModel:
    """Return the first installed model; silence only if none is installed.

    With ``late``, the model opens its file at its first judgement: a cached analysis never needs the file. Raises
    :class:`~simulator.errors.ModelError` for a file that cannot be opened.
    """
    found = (opened(late=late) for opened in END_OF_TURN_MODELS.values())
    return next(model for model in found if model is not None)


def named_model(name: str, *, late: bool = False) -> EndOfTurnModel | None:
    """Return a model by its registry name; ``None`` where it is not installed.

    Raises :class:`~simulator.errors.ModelError` for a file that cannot be opened.
    """
    return END_OF_TURN_MODELS[name](late=late)


def warm_up(model: EndOfTurnModel) -> None:
    """Run the model once on silence: the first run takes longest."""
    model.judge(np.zeros(SAMPLE_RATE, np.float32), 0)
