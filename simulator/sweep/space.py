"""The settings a sweep may try: fields of ``voice_config``, each with its distinguishable values."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import ceil, floor, inf
from typing import Any

from presets.config import VoiceConfig, suggest
from presets.fields import BY_NAME, FIELDS, FieldSpec
from presets.layers import Layer, effective
from simulator.errors import SimulatorError


class SpaceError(SimulatorError):
    """A field that cannot be varied, or an empty range."""


@dataclass(frozen=True, slots=True)
class Range:
    """The range requested for one field: numbers from ``low`` to ``high``, or ``values``; neither: the default."""

    field: FieldSpec
    low: float | None = None
    high: float | None = None
    values: tuple[Any, ...] = ()


@dataclass(frozen=True, slots=True)
class Dimension:
    """One field and the values to try. ``ordered``: neighbouring values are similar. ``None``: the field is off."""

    field: FieldSpec
    values: tuple[Any, ...]
    ordered: bool
    today: Any

    def place(self, value: Any) -> int | None:
        """Return a value's index; ``None`` if it is not tried."""
        return self.values.index(value) if value in self.values else None


@dataclass(frozen=True)
class Space:
    """The dimensions, and the settings they vary: today's own layer and the layers it inherits."""

    dimensions: tuple[Dimension, ...]
    today: VoiceConfig
    inherited: tuple[Layer, ...] = ()

    def config(self, values: Mapping[str, Any]) -> VoiceConfig:
        """Return today's settings with these field values; a value equal to today's is not set."""
        config = self.today
        for dimension in self.dimensions:
            name = dimension.field.name
            if name in values and values[name] != dimension.today:
                config = config.with_value(name, values[name])
        return config

    def changes(self, config: VoiceConfig) -> dict[str, tuple[Any, Any]]:
        """Return the fields in which a setting differs from today's, with both effective values."""
        found = {}
        for field in FIELDS:
            before = effective(field, (Layer("today", self.today), *self.inherited))[0]
            after = effective(field, (Layer("tried", config), *self.inherited))[0]
            if before != after:
                found[field.name] = (before, after)
        return found

    def values(self, config: VoiceConfig) -> dict[str, Any] | None:
        """Return a setting's value in each dimension; ``None`` if the space does not contain it."""
        changed = self.changes(config)
        if not changed.keys() <= {one.field.name for one in self.dimensions}:
            return None
        found = {one.field.name: changed.get(one.field.name, (None, one.today))[1] for one in self.dimensions}
        inside = all(one.place(found[one.field.name]) is not None for one in self.dimensions)
        return found if inside else None


MOST_STEPS = 1_000
"""A range of more values is not meaningful."""

_NOT_TIMING = frozenset({"forward_call_enabled"})
"""Audible, but not timing: a sweep must not decide unasked what the agent may do."""


def usual_fields() -> tuple[FieldSpec, ...]:
    """Return the fields varied by default: those that the simulator models and that have a scale."""
    scaled = [one for one in FIELDS if one.heard and one.kind in ("int", "float", "choice", "bool")]
    return tuple(one for one in scaled if one.name not in _NOT_TIMING)


def parse_range(text: str) -> Range:
    """Parse what to vary: ``FIELD``, ``FIELD=lo..hi``, or ``FIELD=one,other``. Raises :class:`SpaceError`."""
    name, equals, span = text.strip().partition("=")
    field = BY_NAME.get(name)
    if field is None:
        near = suggest(name)
        hint = f"did you mean {near}?" if near else "turnlab voice-config --help lists the fields"
        raise SpaceError(f"{text}: {name} is not a field of voice_config; {hint}")
    if not field.heard:
        raise SpaceError(f"{text}: {name} is not simulated, so no readout tells its values apart; leave it out")
    if field.kind == "words":
        raise SpaceError(f"{text}: {name} holds words, which have no range; leave it out")
    if not equals:
        return Range(field)
    if field.kind in ("choice", "bool"):
        return Range(field, values=_choices(text, field, span))
    low, dots, high = span.partition("..")
    try:
        bounds = float(low), float(high if dots else low)
    except ValueError:
        raise SpaceError(f"{text}: is not a range; write one such as {name}={_usual(field)}") from None
    _check(text, field, bounds)
    low_end, high_end = (ceil(bounds[0]), floor(bounds[1])) if field.kind == "int" else bounds
    return Range(field, low_end, high_end)


def _usual(field: FieldSpec) -> str:
    low, high = field.slider or (0, 1)
    return f"{low:g}..{high:g}"


def _choices(text: str, field: FieldSpec, span: str) -> tuple[Any, ...]:
    known = {"on": True, "off": False} if field.kind == "bool" else {one: one for one in field.choices}
    wanted = [one.strip() for one in span.split(",")]
    for one in wanted:
        if one not in known:
            raise SpaceError(f"{text}: {field.name} cannot be {one!r}; it is one of {', '.join(known)}")
    return tuple(dict.fromkeys(known[one] for one in wanted))


def _check(text: str, field: FieldSpec, bounds: tuple[float, float]) -> None:
    low, high = bounds
    least, most = field.low if field.low is not None else low, field.high if field.high is not None else high
    if not (low <= high):
        raise SpaceError(f"{text}: the range is empty; write the lower value first")
    if low < least or high > most:
        span = f"{field.low:g} or more" if field.high is None else f"{field.low:g}..{field.high:g}"
        raise SpaceError(f"{text}: {field.name} must be {span}; narrow the range")
    # a field without an upper limit could otherwise have more steps than memory holds
    if (high - low) / (field.audible_step or field.step) > MOST_STEPS:
        raise SpaceError(f"{text}: the range holds more than {MOST_STEPS:,} values; narrow it")
    if field.kind == "int" and ceil(low) > floor(high):
        raise SpaceError(f"{text}: no whole number lies in the range; widen it")


def space_of(
    ranges: Sequence[Range],
    today: VoiceConfig,
    inherited: Sequence[Layer],
    starts: Iterable[VoiceConfig],
    off_is_like: Mapping[str, float],
) -> Space:
    """Return the space of some ranges around today's settings, including values of ``starts`` within them.

    ``off_is_like`` has the number that an off field is similar to; without one, off is similar to a very high
    number. Raises :class:`SpaceError` if every range has only one value, and for two ranges of one field.
    """
    starts = tuple(starts)
    dimensions = []
    for number, one in enumerate(ranges):
        if one.field in (other.field for other in ranges[:number]):
            raise SpaceError(f"{one.field.name}: is given twice; give one range of it")
        layers = (Layer("today", today), *inherited)
        held = effective(one.field, layers)[0]
        others = [effective(one.field, (Layer("start", start), *inherited))[0] for start in starts]
        dimensions.append(_dimension(one, held, others, inherited, off_is_like))
    dimensions = [one for one in dimensions if len(one.values) > 1]
    if not dimensions:
        raise SpaceError("the ranges hold one value each, so there is nothing to choose; widen one")
    return Space(tuple(dimensions), today, tuple(inherited))


def _dimension(
    asked: Range,
    held: Any,
    others: Sequence[Any],
    inherited: Sequence[Layer],
    off_is_like: Mapping[str, float],
) -> Dimension:
    field = asked.field
    if field.kind in ("choice", "bool"):
        values = asked.values or (field.choices if field.kind == "choice" else (False, True))
        # today's value stays reachable, so that no unrequested change is forced
        return Dimension(field, tuple(dict.fromkeys((*values, held))), ordered=False, today=held)
    low, high = field.slider or (field.low or 0.0, field.high or 1.0)
    if asked.low is not None and asked.high is not None:
        low, high = asked.low, asked.high
    numbers = set(_steps(field, low, high))
    numbers |= {one for one in others if one is not None and low <= one <= high}
    if held is not None:
        numbers.add(held)
    ranked: list[Any] = sorted(numbers)
    # "off" is possible if no lower layer sets a number, and is tried unless numbers were requested
    if held is None or (asked.low is None and effective(field, inherited)[0] is None):
        place = bisect_left(ranked, off_is_like.get(field.name, inf))
        ranked = [*ranked[:place], None, *ranked[place:]]
    return Dimension(field, tuple(ranked), ordered=True, today=held)


def _steps(field: FieldSpec, low: float, high: float) -> list[float]:
    """Return the values from ``low`` to ``high`` in audible steps, including both ends."""
    step = field.audible_step or field.step
    count = int((high - low) / step + 1e-9)
    found = [*(low + step * number for number in range(count + 1)), high]
    if field.kind == "int":
        return list(dict.fromkeys(round(one) for one in found if low <= round(one) <= high))
    return list(dict.fromkeys(round(one, 4) for one in found))
