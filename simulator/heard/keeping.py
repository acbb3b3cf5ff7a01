"""Measures and the caller's recording, stored beside a call, so that each call is measured once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from simulator.heard.call_folder import KeptCall, kept_measures, write_heard
from simulator.heard.measure import HeardCall, measure_call
from simulator.heard.replaying import AUDIO, LABELS, prepare

Progress = Callable[[float], None]


def heard_before(call: KeptCall) -> dict[str, Any] | None:
    """Return the stored measures; ``None`` if the call must be measured, for them or for its replay."""
    kept = kept_measures(call)
    if kept is None or call.why_silent() is not None or not kept["values"]:
        return kept
    return kept if (call.path / AUDIO).exists() and (call.path / LABELS).exists() else None


def keep_heard(call: KeptCall, heard: HeardCall) -> dict[str, Any]:
    """Store a call's measures and its caller's recording beside it; return the measures.

    Raises :class:`~simulator.heard.call_folder.UnusableCallError`, and :class:`OSError` if the measures cannot be
    stored.
    """
    found = heard.to_json()
    if call.folder is not None:
        if heard.measured is not None:
            prepare(call, heard)
        write_heard(call, found)
    return found


def heard(call: KeptCall, progress: Progress | None = None) -> dict[str, Any]:
    """Return a call's stored measures, or measure it now. ``progress`` receives the seconds measured.

    Raises :class:`~simulator.errors.SimulatorError` and :class:`OSError`.
    """
    return heard_before(call) or keep_heard(call, measure_call(call, progress))
