"""What a session says about itself, in sentences."""

from __future__ import annotations

from dataclasses import fields

from presets.layers import ResolvedVoiceConfig
from simulator.session.capture_buffer import Taken

_MOST_NAMED = 4


def gap(taken: Taken, silent_s: float | None) -> str | None:
    """Return what is missing before a block, ``None`` if nothing is.

    ``silent_s`` is how long by the wall clock nothing came before the first block of a device that was opened
    anew, ``None`` otherwise.
    """
    found = []
    if silent_s is not None:
        found.append(f"the microphone was away for about {silent_s:.1f} s; the call's clock stood still meanwhile")
    if taken.dropped:
        found.append(f"{taken.dropped_ms:.0f} ms of audio were dropped, because deciding fell too far behind")
    if taken.overrun:
        found.append("the sound system lost some of the microphone's audio; how much, it does not say")
    return "; ".join(found) or None


def changed_fields(before: ResolvedVoiceConfig, after: ResolvedVoiceConfig) -> str:
    """Return which settings differ, for people; "" if none does."""
    differ = [
        f"{field.name} {_shown(getattr(before, field.name))} → {_shown(getattr(after, field.name))}"
        for field in fields(after)
        if field.compare and getattr(before, field.name) != getattr(after, field.name)
    ]
    more = f" and {len(differ) - _MOST_NAMED} more" if len(differ) > _MOST_NAMED else ""
    return ", ".join(differ[:_MOST_NAMED]) + more


def _shown(value: object) -> str:
    if value is None:
        return "off"
    return f"{value:g}" if isinstance(value, float) else str(value)
