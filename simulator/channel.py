"""Whether a recording contains the caller alone: barge-in needs the caller's own channel.

In a mix of both sides, the agent's recorded voice would interrupt the simulated agent. A second voice in the
caller's room adds unlabelled turns.
"""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

import numpy as np

from simulator.activity.model import FRAME_MS, Activity
from simulator.engine.scenario import NO_STATE, Scenario
from simulator.labels import Labels, Span
from simulator.recording import Recording

NO_TRUST = "its figures are not to be trusted"
NEEDS_CALLER = "barge-in needs the caller's own channel"

LEAST_S = 2.0
"""The minimum total length of agent windows without a labelled caller from which to conclude anything."""

MOST_SPEECH = 0.5
"""More speech than this share of those windows must be the agent's: echo and stray noise are rarer."""

QUIETER_DB, QUIETER_SHARE, QUIETER_S = 6.0, 0.1, 1.0
"""How far below the rest a second voice's speech lies, and its minimum share and length in seconds.

Few recordings of one person reach this. About half of those with another person's speech mixed in do
(``benchmarks/second_voice.py``): a voice under the caller's own words is not found.
"""

_LEAST_SPEECH_S = 8.0
_MAIN = 0.6
_LOUD = 75


@lru_cache(maxsize=256)
def both_sides(recording: Recording, activity: Activity) -> str | None:
    """Return why the recording does not contain the caller alone; ``None`` if nothing suggests that.

    Either the user says so (``"channel": "mix"`` in the labels, ``--mono-mix``), or it is detected: speech fills
    more than half of the labelled agent windows' time in which the labels have neither the caller nor echo. Labels
    with ``"channel": "caller"`` are believed.
    """
    if recording.mono_mix or (recording.labels and recording.labels.channel == "mix"):
        return "is a mix of both sides"
    if recording.labels is None or recording.labels.has_echo or recording.labels.says_caller:
        return None
    if not (recording.labels.turns or recording.labels.speech):
        return None  # labels without caller speech cannot show that a voice is another person's
    heard_s, of_s = _speech_under_agent(recording.labels, activity)
    if of_s < LEAST_S or heard_s / of_s <= MOST_SPEECH:
        return None
    share = f"speaks through {heard_s:.1f} s of the {of_s:.1f} s in which its labels have the agent alone"
    other = "is it the agent's channel" if recording.source.channels > 1 else "is it a mix of both sides"
    return f'{share} ({other}? If not, put "channel": "caller" into its labels)'


@lru_cache(maxsize=256)
def second_voice(activity: Activity) -> str | None:
    """Return why there seems to be a second, quieter voice; ``None`` if nothing suggests that. Half are missed."""
    spans = [span for span in activity.spans if span.end_ms > span.start_ms]
    lasts_s = np.array([(span.end_ms - span.start_ms) / 1000 for span in spans])
    if lasts_s.sum() < _LEAST_SPEECH_S:
        return None
    frames = [slice(span.start_ms // FRAME_MS, span.end_ms // FRAME_MS + 1) for span in spans]
    loud_db = np.array([np.percentile(activity.level_db[part], _LOUD) for part in frames])
    order = np.argsort(loud_db)
    main_db = np.interp(_MAIN, np.cumsum(lasts_s[order]) / lasts_s.sum(), loud_db[order])
    quieter_s = float(lasts_s[loud_db < main_db - QUIETER_DB].sum())
    if quieter_s < max(QUIETER_S, QUIETER_SHARE * float(lasts_s.sum())):
        return None
    quieter = f"{quieter_s:.1f} s of its speech lie {QUIETER_DB:g} dB or more below the rest"
    return f"a second voice seems to be in it: {quieter}"


@lru_cache(maxsize=256)
def without_barge_in(recording: Recording) -> Recording:
    """Return the recording with barge-in disabled in every state."""
    return replace(recording, scenario=_uninterrupted(recording.scenario))


def _uninterrupted(scenario: Scenario) -> Scenario:
    names = {*scenario.states, *(line.state for line in scenario.turns)}
    states = {}
    for name in names:
        state = scenario.states.get(name, NO_STATE)
        policy = state.turn_policy.model_copy(update={"barge_in_enabled": False})
        states[name] = state.model_copy(update={"turn_policy": policy})
    return scenario.model_copy(update={"states": states})


def _speech_under_agent(labels: Labels, activity: Activity) -> tuple[float, float]:
    """Return the seconds of detected speech, and the total, in agent windows where no caller is labelled."""
    caller: list[Span] = [*labels.speech, *labels.backchannels]
    caller += [(part.start_s, part.end_s) for group in (labels.turns, labels.events) for part in group]
    caller += [(start, end) for start, end, what in labels.noises if " bed" not in what]
    detected = [(span.start_ms / 1000, span.end_ms / 1000) for span in activity.spans]
    heard_s = of_s = 0.0
    for window in labels.agent:
        for free in _minus(window, caller):
            of_s += free[1] - free[0]
            heard_s += sum(max(0.0, min(free[1], end) - max(free[0], start)) for start, end in detected)
    return heard_s, of_s


def _minus(window: Span, taken: list[Span]) -> list[Span]:
    """Return the parts of a window that ``taken`` leaves free."""
    left, at = [], window[0]
    for start, end in sorted(taken):
        if start > at and at < window[1]:
            left.append((at, min(start, window[1])))
        at = max(at, end)
    return [*left, (at, window[1])] if at < window[1] else left
