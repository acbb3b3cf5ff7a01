"""The latencies that a ``PlaybackTimeline`` of a real call holds, and whether they can be milliseconds at all."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from base.json_text import TextError, read_json
from simulator.errors import ProfileError
from simulator.labels import first_fault

Stage = Literal["nav_ms", "render_ms", "audio_ttfb_ms"]

PLAUSIBLE_MS: dict[Stage, tuple[float, float]] = {
    "nav_ms": (5, 20_000),
    "render_ms": (20, 60_000),
    "audio_ttfb_ms": (5, 20_000),
}
"""What the median of a call's latencies may be: no model answers sooner, and no caller waits longer."""

LONGEST_MS = 60_000
"""A single latency beyond this is a call that hung, not one of those a profile describes."""

_CLOCK_FROM_MS = 1e8
"""More than a day: a point in time, not a latency."""

_RISING = 8
"""Values that rise from turn to turn this often are times since something, not latencies."""

_UNITS = ((1000.0, "seconds"), (1 / 1000.0, "microseconds"), (1 / 1e6, "nanoseconds"))


class Segment(BaseModel):
    """One segment of a timeline, as far as a profile is fitted from it; latencies in ms."""

    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False)

    type: str
    turn_index: int
    label: str = ""
    nav_ms: float | None = Field(default=None, ge=0, strict=True)
    render_ms: float | None = Field(default=None, ge=0, strict=True)
    audio_ttfb_ms: float | None = Field(default=None, ge=0, strict=True)


class _Timebase(BaseModel):
    origin: str = "media_start"


class _Timeline(BaseModel):
    segments: tuple[Segment, ...]
    timebase: _Timebase | None = None


@dataclass(frozen=True, slots=True)
class Call:
    """The measured segments of one real call."""

    path: Path
    segments: tuple[Segment, ...]

    def measured(self, field: Stage) -> list[tuple[Segment, float]]:
        """Return one value above 0 a turn, ms, with the segment it stands at: the first of the turn that has one.

        Turns with a tool call are left out, for nothing says in which latency the tool's time is.
        """
        tools = {segment.turn_index for segment in self.segments if segment.type == "tool_call"}
        firsts: dict[int, tuple[Segment, float]] = {}
        for segment in self.segments:
            value = getattr(segment, field)
            if value is not None and segment.turn_index not in tools:
                firsts.setdefault(segment.turn_index, (segment, value))
        return [(segment, value) for segment, value in firsts.values() if value > 0]


def read_call(path: Path) -> Call:
    """Read a ``PlaybackTimeline`` of a real call.

    Raises :class:`~simulator.errors.ProfileError` for what is none, was simulated, or has latencies that cannot be
    milliseconds.
    """
    try:
        raw = read_json(path, nan=True)
        timeline = _Timeline.model_validate(raw)
    except TextError as error:  # it names the file and the place in it
        raise ProfileError(str(error)) from None
    except ValidationError as error:
        raise ProfileError(
            f"{path}: is not a PlaybackTimeline ({first_fault(error)}); export the call's own"
        ) from None
    if timeline.timebase is not None and timeline.timebase.origin == "synthetic":
        raise ProfileError(f"{path}: is a simulated call (its timebase is synthetic); a profile needs real ones")
    call = Call(path, timeline.segments)
    for field in PLAUSIBLE_MS:
        doubt = _doubt(field, [value for _, value in call.measured(field)])
        if doubt:
            raise ProfileError(f"{path}: {doubt}; a PlaybackTimeline has milliseconds")
    return call


def _doubt(field: Stage, values: list[float]) -> str:
    """Return why a call's values cannot be milliseconds, and what they probably are; "" if they can be."""
    if not values:
        return ""
    middle, (least, most) = median(values), PLAUSIBLE_MS[field]
    if middle >= _CLOCK_FROM_MS:
        return f"{field} holds clock times, it seems (its median is {middle:.0f})"
    rising = len(values) > 2 and all(before < after for before, after in pairwise(values))
    if rising and (len(values) >= _RISING or middle > most):
        return f"{field} rises from turn to turn ({values[0]:g} to {values[-1]:g}): times on a clock, it seems"
    if least <= middle <= most:
        return ""
    unit = next((unit for factor, unit in _UNITS if least <= middle * factor <= most), "another unit")
    return f"{field} is in {unit}, it seems (its median is {middle:.3g})"
