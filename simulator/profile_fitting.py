"""Engine profiles fitted from real calls: the stages' latencies from ``PlaybackTimeline`` files.

``docs/profiles.md`` documents what each field is taken to measure, and what it cannot distinguish.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from pathlib import Path
from statistics import NormalDist, fmean, median, quantiles, stdev
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from base.json_text import TextError, read_json
from presets.layers import ResolvedVoiceConfig
from simulator.engine.chunks import cap, chunks_after, voice_of
from simulator.engine.profile import SCHEMA, EngineProfile, ProfileFile, shipped_profiles
from simulator.errors import ProfileError
from simulator.labels import first_fault

Stage = Literal["nav_ms", "render_ms", "audio_ttfb_ms"]

PLAUSIBLE_MS: dict[Stage, tuple[float, float]] = {
    "nav_ms": (5, 20_000),
    "render_ms": (20, 60_000),
    "audio_ttfb_ms": (5, 20_000),
}
"""The plausible range of a call's median latency: no model answers faster, and no caller waits longer."""

LONGEST_MS = 60_000
"""A latency beyond this is a hung call, not one that a profile describes."""

_CLOCK_FROM_MS = 1e8
"""More than a day: a clock time, not a latency."""

_RISING = 8
"""Values that rise from turn to turn this often are clock times, not latencies."""

_UNITS = ((1000.0, "seconds"), (1 / 1000.0, "microseconds"), (1 / 1e6, "nanoseconds"))


class TimedSegment(BaseModel):
    """One segment of a timeline, reduced to what a fit needs; latencies in ms."""

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
    segments: tuple[TimedSegment, ...]
    timebase: _Timebase | None = None


@dataclass(frozen=True, slots=True)
class FittedCall:
    """The measured segments of one real call; ``config``: its settings, if they differ from those of all calls."""

    path: Path
    segments: tuple[TimedSegment, ...]
    config: ResolvedVoiceConfig | None = None

    def measured(self, field: Stage) -> list[tuple[TimedSegment, float]]:
        """Return one value above 0 per turn, ms, with the turn's first segment that has one.

        Turns with a tool call are left out, because it is unknown which latency includes the tool's time.
        """
        tools = {segment.turn_index for segment in self.segments if segment.type == "tool_call"}
        firsts: dict[int, tuple[TimedSegment, float]] = {}
        for segment in self.segments:
            value = getattr(segment, field)
            if value is not None and segment.turn_index not in tools:
                firsts.setdefault(segment.turn_index, (segment, value))
        return [(segment, value) for segment, value in firsts.values() if value > 0]


def read_call(path: Path) -> FittedCall:
    """Read a ``PlaybackTimeline`` of a real call.

    Raises :class:`~simulator.errors.ProfileError` for another kind of file, a simulated call, or latencies that
    cannot be milliseconds.
    """
    try:
        raw = read_json(path, nan=True)
        timeline = _Timeline.model_validate(raw)
    except TextError as error:  # the message names the file and the place in it
        raise ProfileError(str(error)) from None
    except ValidationError as error:
        raise ProfileError(
            f"{path}: is not a PlaybackTimeline ({first_fault(error)}); export the call's own"
        ) from None
    if timeline.timebase is not None and timeline.timebase.origin == "synthetic":
        raise ProfileError(f"{path}: is a simulated call (its timebase is synthetic); a profile needs real ones")
    call = FittedCall(path, timeline.segments)
    for field in PLAUSIBLE_MS:
        doubt = _doubt(field, [value for _, value in call.measured(field)])
        if doubt:
            raise ProfileError(f"{path}: {doubt}; a PlaybackTimeline has milliseconds")
    return call


def _doubt(field: Stage, values: list[float]) -> str:
    """Return why a call's values cannot be milliseconds, and their probable unit; "" if they can be."""
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


FEWEST = 20
"""The fewest values for a fit: with fewer, none is expected beyond the 95th percentile."""

MOST_SHORT = 0.05
"""The share of turns below the buffer's own delay, above which render_ms must mean something else."""

_NORMAL = NormalDist()
_P95 = _NORMAL.inv_cdf(0.95)


@dataclass(frozen=True, slots=True)
class Fit:
    """A profile file's content, and a sentence for each value that could not be fitted, or fits badly."""

    content: dict[str, Any]
    doubts: tuple[str, ...]


def distinct(calls: Sequence[FittedCall]) -> tuple[list[FittedCall], tuple[str, ...]]:
    """Return each call once, whatever its file names, and a sentence for each duplicate."""
    first: dict[tuple[TimedSegment, ...], FittedCall] = {}
    again = []
    for call in calls:
        before = first.setdefault(call.segments, call)
        if before is not call:
            again.append(f"{call.path}: is the same call as {before.path}; it counts once")
    return list(first.values()), tuple(again)


def fit(calls: list[FittedCall], name: str, base: ProfileFile, config: ResolvedVoiceConfig) -> Fit:
    """Fit navigation, first token and speech synthesis to calls made under ``config``; the rest is ``base``'s.

    Raises :class:`~simulator.errors.ProfileError` if no value can be fitted.
    """
    voices: dict[str, list[FittedCall]] = {}
    for call in calls:
        model = (call.config or config).tts_model
        voices.setdefault("tts_sonic_3_ms" if model == "sonic-3" else "tts_sonic_turbo_ms", []).append(call)
    makers: dict[str, tuple[str, Callable[[], _Fitted]]] = {
        "nav_ms": ("nav_ms", lambda: _latency(_values(calls, "nav_ms"), len(calls))),
        "engage_first_token_ms": ("render_ms", lambda: _first_token(calls, base.profile, config)),
    }
    for tts, own in voices.items():
        makers[tts] = ("audio_ttfb_ms", partial(_voice, own))
    values: dict[str, Any] = {}
    doubts = [doubt for field in PLAUSIBLE_MS if (doubt := _hung_note(calls, field))]
    for value, (field, make) in makers.items():
        try:
            fitted = make()
        except _UnfitError as error:
            doubts.append(f"{value} stays as in {base.profile.name}: {field} {error}")
        else:
            values[value] = fitted.content
            doubts += [f"{value}: {fitted.doubt}"] if fitted.doubt else []
    if not values:
        raise ProfileError(f"{name}: nothing could be fitted; {'; '.join(doubts)}")
    described = f"Latencies fitted from {_count(len(calls), 'call')}; the rest is {base.profile.name}'s."
    return Fit(profile_content(name, base, described, values), tuple(doubts))


def profile_content(name: str, base: ProfileFile, description: str, values: dict[str, Any]) -> dict[str, Any]:
    """Return the content of a profile file with some values; the rest is inherited from ``base``."""
    return {
        "schema": SCHEMA,
        "name": name,
        "extends": base.profile.name if base.profile.name in shipped_profiles() else str(base.path.resolve()),
        "description": description,
        "values": values,
    }


class _UnfitError(Exception):
    """Why a field's values cannot be fitted; the text follows the field's name."""


@dataclass(frozen=True, slots=True)
class _Fitted:
    """One value of a profile, and remarks on its fit."""

    content: dict[str, Any]
    doubt: str = ""


def _values(calls: Iterable[FittedCall], field: Stage) -> list[float]:
    return [value for call in calls for _, value in call.measured(field) if value <= LONGEST_MS]


def _hung_note(calls: Iterable[FittedCall], field: Stage) -> str:
    """Return a sentence about values left out as hung calls; "" if there are none."""
    values = [value for call in calls for _, value in call.measured(field)]
    long = [value for value in values if value > LONGEST_MS]
    if not long:
        return ""
    return (
        f"{field}: left out {len(long)} of {len(values)} values, beyond {LONGEST_MS / 1000:g} s "
        f"(up to {max(long) / 1000:,.0f} s)"
    )


def _latency(values: list[float], calls: int) -> _Fitted:
    """Return the lognormal through the values, by the mean and standard deviation of their logarithms."""
    _refuse_few(values)
    logs = [math.log(value) for value in values]
    p50 = math.exp(fmean(logs))
    p95 = p50 * math.exp(_P95 * stdev(logs))
    content = {"p50": _ms(p50), "p95": _ms(p95), "origin": "fitted from calls", "note": _seen(values, calls)}
    if _fits(logs):
        return _Fitted(content)
    measured = f"p50 {_ms(_quantile(values, 50))}, p95 {_ms(_quantile(values, 95))}"
    return _Fitted(
        content,
        f"a lognormal does not fit these {len(values)} values: fitted p50 {_ms(p50)}, p95 {_ms(p95)}; "
        f"measured {measured}. Look at the calls, or write the measured ones into the profile",
    )


def _fits(logs: list[float]) -> bool:
    """Whether a normal distribution describes logarithms: its median, its 95th percentile, and its shape.

    Each may differ by three standard errors for this number of values, plus a small tolerance.
    """
    count, middle, spread = len(logs), fmean(logs), stdev(logs)
    quarter, three_quarters = _quantile(logs, 25), _quantile(logs, 75)
    usual = (three_quarters - quarter) / (2 * _NORMAL.inv_cdf(0.75))
    if spread == 0:
        return True
    chance = 3 * usual / math.sqrt(count)
    off_middle = abs(middle - _quantile(logs, 50)) > max(math.log(1.15), 1.25 * chance)
    off_end = abs(middle + _P95 * spread - _quantile(logs, 95)) > max(math.log(1.25), 2.1 * chance)
    steps = enumerate(sorted(logs))
    furthest = max(
        max(abs(step / count - share), abs((step + 1) / count - share))
        for step, share in ((step, _NORMAL.cdf((value - middle) / spread)) for step, value in steps)
    )
    return not (off_middle or off_end or furthest > max(0.1, 1.4 / math.sqrt(count)))


def _voice(calls: list[FittedCall]) -> _Fitted:
    return _median(_values(calls, "audio_ttfb_ms"), len(calls))


def _median(values: list[float], calls: int) -> _Fitted:
    _refuse_few(values)
    value = _ms(_quantile(values, 50))
    return _Fitted({"value": value, "origin": "fitted from calls", "note": _seen(values, calls)})


def _first_token(calls: list[FittedCall], base: EngineProfile, config: ResolvedVoiceConfig) -> _Fitted:
    """Fit the first token: ``render_ms`` minus the time that the text then waited in the buffer."""
    left = []
    for call in calls:
        used = call.config or config
        voice = voice_of(base.values, used.tts_model, used.min_tts_speed)
        for segment, value in call.measured("render_ms"):
            if value > LONGEST_MS:
                continue
            chunks = chunks_after(cap(segment.label, None, None), voice, used.max_buffer_delay_ms)
            left.append(value - (chunks[0].flushed_ms if chunks else used.max_buffer_delay_ms))
    usable = [value for value in left if value > 0]
    _refuse_few(left)
    if len(left) - len(usable) > MOST_SHORT * len(left):
        raise _UnfitError(
            f"is below what the buffer of {config.max_buffer_delay_ms} ms alone takes in {len(left) - len(usable)} "
            f"of {len(left)} turns; name the configuration of these calls with --config"
        )
    found = _latency(usable, len(calls))
    found.content["note"] += (
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
