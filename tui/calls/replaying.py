"""Preparing stored calls for replay, one by one, for the Calls screen and for commands."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from presets.config import VoiceConfig
from simulator.activity.end_of_turn import EndOfTurnModel
from simulator.engine.profile import EngineProfile
from simulator.heard.call_folder import KeptCall
from simulator.heard.check import Check, ReplayedCall, check, settings_of
from simulator.heard.checked import fitted_among, keep_check, keep_turns
from simulator.heard.replaying import AUDIO, analysis_of, heard, heard_before, open_replay

Hear = Callable[[KeptCall], dict[str, Any]]


class LeftOutError(Exception):
    """A call that is left out, with the reason. This is not a failure."""


def replayed(
    call: KeptCall, judge: EndOfTurnModel, given: VoiceConfig | None = None, hear: Hear = heard
) -> tuple[ReplayedCall, str]:
    """Return a call ready for replay, and the source of its settings.

    ``given`` are the settings for a call without recorded ones. ``hear`` measures an unmeasured call. Raises
    :class:`LeftOutError`, :class:`~simulator.errors.SimulatorError` and :class:`OSError`.
    """
    settings, origin = settings_of(call.record, given)
    silent = call.why_silent()
    if silent is not None:
        raise LeftOutError(f"{call.record.id}: {silent}; left out")
    measures = heard_before(call) or hear(call)
    if not measures["values"]:
        raise LeftOutError(f"{call.record.id}: left out; {measures['faults'][0]['sentence']}")
    recording = open_replay(call.path / AUDIO)
    return ReplayedCall(call.record, measures, recording, analysis_of(recording, judge), settings), origin


def joined(parts: list[Check], profile: EngineProfile) -> Check:
    """Merge the checks of single calls."""
    names = dict.fromkeys(name for part in parts for name in part.counts)
    counts = {
        name: (sum(part.counts[name][0] for part in parts), sum(part.counts[name][1] for part in parts))
        for name in names
    }
    turns = tuple(turn for part in parts for turn in part.turns)
    fitted_on = fitted_among(profile.name, {turn.call for turn in turns})
    return Check(profile.name, sum(part.calls for part in parts), turns, counts, fitted_on)


def checked_call(call: ReplayedCall, profile: EngineProfile) -> Check:
    """Check one call, and store how each of its turns was simulated. Raises what simulating raises."""
    found = check([call], profile)
    keep_turns(call.recording.source.path.parent, found)
    return found


def keep_joined(found: Check) -> None:
    """Store a check's result, for readouts under its profile. Raises :class:`OSError`."""
    keep_check(found.profile, found.sentence(), found.to_json())
