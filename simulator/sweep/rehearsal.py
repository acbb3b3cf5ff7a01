"""One recording under many configurations, for readouts alone: the inner loop of a search."""

from __future__ import annotations

from collections.abc import Collection

from presets.layers import ResolvedVoiceConfig
from simulator.activity.model import Activity
from simulator.channel import without_barge_in
from simulator.engine.profile import EngineProfile
from simulator.measures.advice import overlaps
from simulator.measures.readouts import material_of, readouts_for, values_by
from simulator.measures.truth import LabelledTimes, detected_truth
from simulator.measures.turns import Count
from simulator.recording import Recording
from simulator.replay import Replay, ReplayMode

_FROM_ADVICE = "stops_against_advice"


class Rehearsal:
    """A recording to play to an agent under one setting after another.

    What no setting changes is computed once: the script, the caller's moves, the truth, the models' latencies. The
    state machine is the ordinary one; it omits reasons, and events that no readout needs.

    ``mixed``: the audio does not contain the caller alone, so nothing interrupts the agent, and the readouts of
    barge-in are left out. ``names`` are the readouts to measure; ``None``: all.
    """

    def __init__(
        self,
        recording: Recording,
        activity: Activity,
        profile: EngineProfile,
        *,
        mode: ReplayMode | None = None,
        seed: int = 0,
        mixed: bool = False,
        names: Collection[str] | None = None,
    ) -> None:
        heard = without_barge_in(recording) if mixed else recording
        self._replay = Replay(heard, activity, profile, mode=mode, seed=seed)
        self._activity = activity
        self._times = LabelledTimes.of(recording.labels)
        found = readouts_for(self._replay.mode, labelled=self._times is not None, barge_in=not mixed)
        self._readouts = [one for one in found if names is None or one.name in names]
        self._advice = any(one.name == _FROM_ADVICE for one in self._readouts)

    def values(self, config: ResolvedVoiceConfig) -> dict[str, tuple[int, ...] | Count | float]:
        """Play it under a setting; return by readout latencies in ms, a count, or seconds.

        They equal the ``times``, ``counts`` and ``seconds`` of :func:`~simulator.study.run`. Raises
        :class:`~simulator.errors.LabelError` for scripted replay without labelled agent windows.
        """
        played = self._replay.play(config, brief=True)
        truth = detected_truth(played.events) if self._times is None else self._times.truth(played.placements)
        material = material_of(played, truth, overlaps(played.events, self._activity) if self._advice else ())
        greeted = material.greeting is not None
        return values_by((one for one in self._readouts if greeted or not one.needs_greeting), material)
