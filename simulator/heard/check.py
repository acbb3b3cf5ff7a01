"""How closely the simulator matches real calls: replays callers, and compares heard with simulated turns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import median
from typing import Any

import numpy as np

from presets.config import ConfigError, VoiceConfig
from presets.layers import Layer, ResolvedVoiceConfig, resolve
from simulator.activity.model import Activity
from simulator.engine.profile import EngineProfile
from simulator.errors import SimulatorError
from simulator.heard.call_folder import CallRecord
from simulator.measures.readouts import Measured, measure, percentile
from simulator.recording import Recording
from simulator.replay import play

DRAWS, _STEP = 13, 8
"""How often a call is simulated. A turn's simulated response is the median run.

The draws of its two latencies are not random. They form a Fibonacci lattice, which covers both distributions
evenly, so 13 draws estimate the median as well as a hundred random ones.
"""

_CORRECTED_S = 1.0
"""The most by which a person's correction moves the end of a turn."""

COUNTED = ("cut_ins", "false_barge_ins", "hanging_turns")
"""The compared counts, by readout name."""


class CheckError(SimulatorError):
    """A call that cannot be replayed."""


@dataclass(frozen=True, slots=True, eq=False)
class ReplayedCall:
    """A measured call and what its replay needs: the caller's recording, its analysis, and the call's settings.

    ``heard`` are the measures, in the format of ``heard.json``.
    """

    record: CallRecord
    heard: dict[str, Any]
    recording: Recording
    activity: Activity
    config: ResolvedVoiceConfig

    def simulate(self, profile: EngineProfile, seed: int) -> Measured:
        """Replay the caller once against an agent with this profile. Raises what simulating raises."""
        played = play(self.recording, self.activity, self.config, profile, mode="elastic", seed=seed)
        return measure(played, self.activity, self.recording.labels)


@dataclass(frozen=True, slots=True)
class CheckedTurn:
    """One turn's response time, heard and simulated, ms."""

    call: str
    turn: int
    heard_ms: int
    simulated_ms: float

    @property
    def error_ms(self) -> float:
        """How much later the simulated response comes than the heard one, ms."""
        return self.simulated_ms - self.heard_ms


@dataclass(frozen=True, slots=True)
class Check:
    """Heard and simulated turns of several calls, and the counts of both."""

    profile: str
    calls: int
    turns: tuple[CheckedTurn, ...]
    counts: dict[str, tuple[int, float]]
    fitted_on: frozenset[str] = frozenset()
    """The ids of the calls that the profile was fitted to."""

    @property
    def bias_ms(self) -> float | None:
        """The median error, ms; above 0 the simulator is late."""
        return round(median(one.error_ms for one in self.turns), 1) if self.turns else None

    def absolute(self, share: float) -> float | None:
        """Return a percentile (``share`` 0…1) of the absolute errors, ms."""
        ranked = sorted(round(abs(one.error_ms)) for one in self.turns)
        return percentile(ranked, share) if ranked else None

    def within(self, limit_ms: int) -> float | None:
        """Return the share, 0…1, of turns with an absolute error of at most ``limit_ms``."""
        if not self.turns:
            return None
        return round(sum(abs(one.error_ms) <= limit_ms for one in self.turns) / len(self.turns), 4)

    def to_json(self) -> dict[str, Any]:
        """Return the check as JSON values: ``turnlab.calls_check/1``."""
        return {
            "schema": "turnlab.calls_check/1",
            "profile": self.profile,
            "calls": self.calls,
            "turns": len(self.turns),
            "bias_ms": self.bias_ms,
            "abs_error_ms": {"p50": self.absolute(0.5), "p90": self.absolute(0.9)},
            "within_100_ms": self.within(100),
            "within_200_ms": self.within(200),
            "counts": {
                name: {"heard": heard, "simulated": round(simulated, 1)}
                for name, (heard, simulated) in self.counts.items()
            },
            "worst": [
                {
                    "call": one.call,
                    "turn": one.turn,
                    "heard_ms": one.heard_ms,
                    "simulated_ms": round(one.simulated_ms),
                }
                for one in sorted(self.turns, key=lambda one: -abs(one.error_ms))[:10]
            ],
        }

    def sentence(self) -> str:
        """Return the accuracy statement that readouts may show.

        The result on calls not used for the fit comes first.
        """
        held = tuple(one for one in self.turns if one.call not in self.fitted_on)
        if len(held) == len(self.turns):
            return self._said(f"on your {self._count(self.calls)}")
        fitted = len({one.call for one in self.turns}) - len({one.call for one in held})
        if not held:
            return self._said(f"on your {self._count(self.calls)}, all used for the fit,")
        own = len({one.call for one in held})
        first = replace(self, turns=held)._said(f"on {self._count(own)} not used for the fit")
        late = _late(self.bias_ms or 0.0)
        return f"{first}; on all {self.calls}, {fitted} of them used for the fit, it is {late}"

    def _said(self, on: str) -> str:
        bias, wide = self.bias_ms, self.absolute(0.9)
        if bias is None or wide is None:
            return f"{on} no response could be compared"
        return f"{on} the simulator is {_late(bias)} at the median, 9 of 10 turns within {wide:,.0f} ms"

    @staticmethod
    def _count(calls: int) -> str:
        return f"{calls} call{'' if calls == 1 else 's'}"


def _late(bias: float) -> str:
    return "as quick as heard" if abs(bias) < 1 else f"{abs(bias):,.0f} ms {'late' if bias > 0 else 'early'}"


def settings_of(record: CallRecord, given: VoiceConfig | None) -> tuple[ResolvedVoiceConfig, str]:
    """Return the settings for a call's replay, and their origin.

    The call's own settings take precedence, then ``given``, then the built-in ones. Raises :class:`CheckError` for
    invalid settings in the call's record.
    """
    if record.voice_config is not None:
        try:
            layers = record.settings()
        except ConfigError as error:
            raise CheckError(f"{error}; pull the call again") from None
        said = {
            "changes": "Turnlab's record of changes",
            "platform": "the platform's record",
            "today": "today's settings of its service",
        }
        return resolve(*layers), said.get(record.voice_config_from or "", "its own record")
    if given is not None:
        return resolve(Layer("--config", given)), "--config"
    return resolve(), "the built-in settings, as its own are not known"


def fixed_draws(profile: EngineProfile) -> list[EngineProfile]:
    """Return a profile once per draw, with its latencies fixed at the draw's quantiles."""
    found = []
    for number in range(DRAWS):
        drawn = {
            name: latency.model_copy(update=dict.fromkeys(("p50", "p95"), float(latency.at((place + 0.5) / DRAWS))))
            for name, latency, place in (
                ("nav_ms", profile.values.nav_ms, number),
                ("engage_first_token_ms", profile.values.engage_first_token_ms, number * _STEP % DRAWS),
            )
        }
        found.append(profile.model_copy(update={"values": profile.values.model_copy(update=drawn)}))
    return found


def check(calls: Sequence[ReplayedCall], profile: EngineProfile) -> Check:
    """Compare calls with their simulation under a profile. Raises what simulating raises."""
    drawn = fixed_draws(profile)
    turns: list[CheckedTurn] = []
    heard_counts = dict.fromkeys(COUNTED, 0)
    simulated_counts = dict.fromkeys(COUNTED, 0.0)
    for call in calls:
        runs = [call.simulate(one, seed) for seed, one in enumerate(drawn)]
        turns += compared(call, runs)
        for name in COUNTED:
            if name in call.heard["values"]:
                heard_counts[name] += int(call.heard["values"][name][0])
                simulated_counts[name] += sum(run.counts[name].count for run in runs) / DRAWS
    counts = {name: (heard_counts[name], simulated_counts[name]) for name in COUNTED}
    return Check(profile.name, len(calls), tuple(turns), counts)


def compared(call: ReplayedCall, runs: Sequence[Measured]) -> list[CheckedTurn]:
    """Return the turns with a heard and a simulated answer: the response, else the first sound."""
    name = "response_ms" if "response_ms" in call.heard["values"] else "first_sound_ms"
    simulated: dict[int, list[int]] = {}
    for run in runs:
        for one in run.turns:
            value = getattr(one, name)
            if value is not None:
                simulated.setdefault(one.turn.index, []).append(value)
    found = []
    for number, (index, moved_ms) in labelled_turns(call).items():
        value = call.heard["turns"][number][name]
        if value is not None and index in simulated:
            simulated_ms = float(np.median(simulated[index]))
            found.append(CheckedTurn(call.record.id, number, value - moved_ms, simulated_ms))
    return found


def labelled_turns(call: ReplayedCall) -> dict[int, tuple[int, int]]:
    """Return for each heard turn its label number, and how much later a person moved its end, ms.

    Turns that a person removed from the labels, or joined to the next, are left out.
    """
    labels = call.recording.labels
    ends = [turn.end_s for turn in labels.caller_turns()] if labels else []
    heard = [turn["caller_end_s"] for turn in call.heard["turns"]]
    found = {}
    for number, end_s in enumerate(heard):
        index = min(range(len(ends)), key=lambda one: abs(ends[one] - end_s), default=None)
        if index is not None and abs(ends[index] - end_s) < _CORRECTED_S:
            back = min(range(len(heard)), key=lambda one: abs(heard[one] - ends[index]))
            if back == number:
                found[number] = index, round(1000 * (ends[index] - end_s))
    return found
