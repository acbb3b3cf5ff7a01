"""Engine profiles fitted from real calls: what a ``PlaybackTimeline``'s latencies say about the stages.

What each field is taken to measure, and what it cannot tell apart, is written down in ``docs/profiles.md``.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from statistics import NormalDist, fmean, quantiles, stdev
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from base.json_text import TextError, read_json
from presets.layers import ResolvedVoiceConfig
from simulator.engine.chunks import chunks_after, voice_of
from simulator.engine.profile import EngineProfile
from simulator.engine.profile_files import SCHEMA, ProfileFile, shipped_profiles
from simulator.engine.text import cap
from simulator.errors import ProfileError
from simulator.labels import first_fault

FEWEST = 20
"""Values needed for a fit: with fewer, not even one is expected beyond the 95th percentile."""

MOST_SHORT = 0.05
"""Share of turns that may be rendered faster than the buffer allows before render_ms must mean something else."""

_P95 = NormalDist().inv_cdf(0.95)

Stage = Literal["nav_ms", "render_ms", "audio_ttfb_ms"]


class _Segment(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False)

    type: str
    turn_index: int
    label: str = ""
    nav_ms: float | None = Field(default=None, ge=0)
    render_ms: float | None = Field(default=None, ge=0)
    audio_ttfb_ms: float | None = Field(default=None, ge=0)


class _Timebase(BaseModel):
    origin: str = "media_start"


class _Timeline(BaseModel):
    segments: tuple[_Segment, ...]
    timebase: _Timebase | None = None


@dataclass(frozen=True, slots=True)
class Call:
    """The measured segments of one real call."""

    path: Path
    segments: tuple[_Segment, ...]

    def measured(self, field: Stage) -> list[tuple[_Segment, float]]:
        """Return one value above 0 a turn, ms, with the segment it stands at: the first of the turn that has one.

        Turns with a tool call are left out, for nothing says in which latency the tool's time is.
        """
        tools = {segment.turn_index for segment in self.segments if segment.type == "tool_call"}
        firsts: dict[int, tuple[_Segment, float]] = {}
        for segment in self.segments:
            value = getattr(segment, field)
            if value is not None and segment.turn_index not in tools:
                firsts.setdefault(segment.turn_index, (segment, value))
        return [(segment, value) for segment, value in firsts.values() if value > 0]


@dataclass(frozen=True, slots=True)
class Fit:
    """A profile file's content, and a sentence for each value that could not be fitted."""

    content: dict[str, Any]
    left_out: tuple[str, ...]


def read_call(path: Path) -> Call:
    """Read a ``PlaybackTimeline`` of a real call. Raises :class:`~simulator.errors.ProfileError`."""
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
    return Call(path, timeline.segments)


def fit(calls: list[Call], name: str, base: ProfileFile, config: ResolvedVoiceConfig) -> Fit:
    """Fit navigation, first token and speech synthesis to calls made under ``config``; the rest stays ``base``'s.

    Raises :class:`~simulator.errors.ProfileError` if no value can be fitted.
    """
    tts = "tts_sonic_3_ms" if config.tts_model == "sonic-3" else "tts_sonic_turbo_ms"
    makers: dict[str, tuple[str, Callable[[], dict[str, Any]]]] = {
        "nav_ms": ("nav_ms", lambda: _latency(_values(calls, "nav_ms"), len(calls))),
        "engage_first_token_ms": ("render_ms", lambda: _first_token(calls, base.profile, config)),
        tts: ("audio_ttfb_ms", lambda: _median(_values(calls, "audio_ttfb_ms"), len(calls))),
    }
    values, left_out = {}, []
    for value, (field, make) in makers.items():
        try:
            values[value] = make()
        except _UnfitError as error:
            left_out.append(f"{value} stays as in {base.profile.name}: {field} {error}")
    if not values:
        raise ProfileError(f"{name}: nothing could be fitted; {'; '.join(left_out)}")
    content = {
        "schema": SCHEMA,
        "name": name,
        "extends": base.profile.name if base.profile.name in shipped_profiles() else str(base.path.resolve()),
        "description": f"Latencies fitted from {_count(len(calls), 'call')}; the rest is {base.profile.name}'s.",
        "values": values,
    }
    return Fit(content, tuple(left_out))


class _UnfitError(Exception):
    """Why a field's values cannot be fitted, to follow the field's name."""


def _values(calls: Iterable[Call], field: Stage) -> list[float]:
    return [value for call in calls for _, value in call.measured(field)]


def _latency(values: list[float], calls: int) -> dict[str, Any]:
    """Return the lognormal through the values: the mean and the standard deviation of their logarithms."""
    _refuse_few(values)
    logs = [math.log(value) for value in values]
    p50 = math.exp(fmean(logs))
    p95 = p50 * math.exp(_P95 * stdev(logs))
    return {"p50": _ms(p50), "p95": _ms(p95), "origin": "fitted from calls", "note": _seen(values, calls)}


def _median(values: list[float], calls: int) -> dict[str, Any]:
    _refuse_few(values)
    return {"value": _ms(_quantile(values, 50)), "origin": "fitted from calls", "note": _seen(values, calls)}


def _first_token(calls: list[Call], base: EngineProfile, config: ResolvedVoiceConfig) -> dict[str, Any]:
    """Fit what is left of ``render_ms`` without the time that the text then waited in the buffer."""
    voice = voice_of(base.values, config.tts_model, config.min_tts_speed)
    left = []
    for call in calls:
        for segment, value in call.measured("render_ms"):
            sentences = cap(segment.label, None, None).sentences
            chunks = chunks_after(sentences, voice, config.max_buffer_delay_ms)
            left.append(value - (chunks[0].flushed_ms if chunks else config.max_buffer_delay_ms))
    usable = [value for value in left if value > 0]
    _refuse_few(left)
    if len(left) - len(usable) > MOST_SHORT * len(left):
        raise _UnfitError(
            f"is below what the buffer of {config.max_buffer_delay_ms} ms alone takes in {len(left) - len(usable)} "
            f"of {len(left)} turns; name the configuration of these calls with --config"
        )
    found = _latency(usable, len(calls))
    found["note"] += (
        f"; render_ms less the buffer of up to {config.max_buffer_delay_ms} ms at "
        f"{base.values.engage_words_per_s.value:g} words/s"
    )
    return found


def _refuse_few(values: list[float]) -> None:
    if len(values) < FEWEST:
        raise _UnfitError(f"has {_count(len(values), 'usable value')}, and a fit needs {FEWEST}")


def _seen(values: list[float], calls: int) -> str:
    return (
        f"n={len(values)} turns of {_count(calls, 'call')}; "
        f"as measured p50 {_ms(_quantile(values, 50))}, p95 {_ms(_quantile(values, 95))}"
    )


def _quantile(values: list[float], percent: int) -> float:
    return quantiles(values, n=100, method="inclusive")[percent - 1]


def _ms(value: float) -> int:
    return max(1, round(value))


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"
