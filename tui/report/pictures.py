"""The geometry of a report's pictures, in drawing units. The templates draw them as SVG."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import ceil, floor, log10
from typing import Final

from simulator.measures.readouts import percentile
from tui.report.parts import Drawn, DrawnArm
from tui.terminal_text import cut

WIDTH: Final = 720
_MARGIN: Final = 8
_BINS: Final = 48
_ROW: Final = 72
_BARS: Final = 46
_LANE: Final = 16
_LONGEST: Final = 40
"""The number of letters of a name that fit beside the text on it."""

_NAMES: Final = 58
"""The width of the lanes' names at the left."""

TONES: Final = 6
"""The number of colours for arms; further arms reuse them."""


@dataclass(frozen=True, slots=True)
class Tick:
    """A mark of an axis."""

    x: float
    label: str


@dataclass(frozen=True, slots=True)
class Box:
    """A bar, or a stretch of audio."""

    x: float
    y: float
    width: float
    height: float
    kind: str = ""


@dataclass(frozen=True, slots=True)
class CurveMark:
    """A point or a line with a label. ``anchor`` is the side of the label that is at ``x``."""

    x: float
    label: str
    anchor: str = "start"
    y: float = 0.0
    kind: str = ""


@dataclass(frozen=True, slots=True)
class DistributionRow:
    """One arm's values as bars, with the median and the 90th percentile."""

    name: str
    tone: int
    note: str
    top: float
    bars: tuple[Box, ...]
    marks: tuple[CurveMark, ...]


@dataclass(frozen=True, slots=True)
class Distribution:
    """A distribution of values, one row per arm on one axis. ``description`` puts it in words."""

    title: str
    description: str
    height: float
    rows: tuple[DistributionRow, ...]
    ticks: tuple[Tick, ...]
    axis: str


@dataclass(frozen=True, slots=True)
class TurnLane:
    """One arm's caller and agent in a turn."""

    name: str
    tone: int
    top: float
    sounds: tuple[Box, ...]
    ends: tuple[float, ...]
    wait: tuple[float, float] | None
    wait_label: str
    fate: str


@dataclass(frozen=True, slots=True)
class TurnPicture:
    """One turn in several arms on one axis. Its zero is the end of the caller's turn."""

    title: str
    description: str
    height: float
    zero: float
    lanes: tuple[TurnLane, ...]
    ticks: tuple[Tick, ...]


@dataclass(frozen=True, slots=True)
class CurvePoint:
    """A setting on the front. ``kind`` selects how it is drawn."""

    x: float
    y: float
    kind: str
    words: str


@dataclass(frozen=True, slots=True)
class LimitLine:
    """A limit, drawn across the picture."""

    start: tuple[float, float]
    end: tuple[float, float]
    label: str


@dataclass(frozen=True, slots=True)
class FrontPicture:
    """Settings as points: one figure against another."""

    title: str
    description: str
    height: float
    points: tuple[CurvePoint, ...]
    line: tuple[tuple[float, float], ...]
    curve: tuple[tuple[float, float], ...]
    shift: tuple[tuple[tuple[float, float], tuple[float, float]], ...]
    """The recommended setting's place when chosen, and its place now."""
    labels: tuple[CurveMark, ...]
    x_ticks: tuple[Tick, ...]
    y_ticks: tuple[CurveMark, ...]
    x_axis: str
    y_axis: str
    limits: tuple[LimitLine, ...] = ()


def seconds(ms: float | None) -> str:
    """Write a time for people: ``1.55 s``."""
    return "–" if ms is None else f"{ms / 1000:.2f} s"


def steps(low: float, high: float, most: int = 8) -> list[float]:
    """Return at most about ``most`` round values from ``low`` to ``high``."""
    span = max(high - low, 1e-9)
    raw = span / most
    power = 10.0 ** floor(log10(raw))
    step = next(power * one for one in (1, 2, 5, 10) if power * one >= raw)
    first = ceil(low / step - 1e-9)
    return [round(at * step, 10) for at in range(first, floor(high / step + 1e-9) + 1)]


def distribution(
    title: str, of: str, values: Mapping[str, Sequence[float]], tones: Mapping[str, int]
) -> Distribution:
    """Draw times in ms, one row per arm. ``of`` names them, as in ``answers``."""
    every = [value for found in values.values() for value in found]
    low, high = min(0.0, min(every, default=0.0)), max(max(every, default=0.0), 1000.0)
    scale = (WIDTH - 2 * _MARGIN) / (high - low)
    width = (high - low) / _BINS
    counts = {name: _binned(found, low, width) for name, found in values.items()}
    tallest = max((count for found in counts.values() for count in found), default=1) or 1
    rows, said = [], []
    for number, (name, found) in enumerate(values.items()):
        top = number * _ROW
        base = top + _ROW - 4
        bars = tuple(
            Box(
                round(_MARGIN + at * width * scale, 1),
                round(base - _BARS * count / tallest, 1),
                round(width * scale - 1, 1),
                round(_BARS * count / tallest, 1),
            )
            for at, count in enumerate(counts[name])
            if count
        )
        ranked = sorted(round(value) for value in found)
        marks: tuple[CurveMark, ...] = ()
        note = "none"
        if ranked:
            half, most = percentile(ranked, 0.5), percentile(ranked, 0.9)
            note = f"half within {seconds(half)}, nine in ten within {seconds(most)}"
            marks = tuple(
                CurveMark(round(_MARGIN + (value - low) * scale, 1), label, y=base, kind=kind)
                for value, label, kind in ((half, "half", "half"), (most, "9 in 10", "most"))
            )
        said.append(f"{name}: {len(found)} {of}, {note}")
        rows.append(DistributionRow(cut(name, _LONGEST), tones[name], note, top, bars, marks))
    ticks = tuple(
        Tick(round(_MARGIN + (at * 1000 - low) * scale, 1), f"{at:g}".replace("-", "−"))
        for at in steps(low / 1000, high / 1000)
    )
    height = len(rows) * _ROW + 34
    return Distribution(title, "; ".join(said) + ".", height, tuple(rows), ticks, "seconds")


def _binned(values: Sequence[float], low: float, width: float) -> list[int]:
    counts = [0] * _BINS
    for value in values:
        counts[min(int((value - low) / width), _BINS - 1)] += 1
    return counts


def turn_picture(drawn: Drawn, tones: Mapping[str, int]) -> TurnPicture:
    """Draw one turn. Every arm starts at the end of its caller's turn."""
    before = min(arm.from_s - arm.end_s for arm in drawn.arms.values())
    after = max(arm.to_s - arm.end_s for arm in drawn.arms.values())
    scale = (WIDTH - _MARGIN - _NAMES) / max(after - before, 0.1)

    def at(second: float) -> float:
        return round(_NAMES + (min(max(second, before), after) - before) * scale, 1)

    lanes, said = [], []
    for number, (name, arm) in enumerate(drawn.arms.items()):
        top = number * 86.0
        lanes.append(_lane(name, tones.get(name, number), top, arm, at))
        said.append(f"{name}: {fate(arm)}")
    ticks = tuple(Tick(at(second), f"{second:g}".replace("-", "−")) for second in steps(before, after, 10))
    title = f"Turn {drawn.turn + 1} of {drawn.recording}"
    description = "Seconds from the end of the caller's turn. " + "; ".join(said) + "."
    return TurnPicture(title, description, len(lanes) * 86 + 30, at(0), tuple(lanes), ticks)


def _lane(name: str, tone: int, top: float, arm: DrawnArm, at: Callable[[float], float]) -> TurnLane:
    caller, agent = top + 24, top + 24 + _LANE + 8

    def box(start_s: float, end_s: float, y: float, kind: str) -> Box:
        x, until = at(start_s - arm.end_s), at(end_s - arm.end_s)
        height = _LANE - 6 if kind == "caller" else _LANE
        return Box(x, y, max(round(until - x, 1), 1.5), height, kind)

    sounds = [box(start, end, caller + 3, "caller") for start, end in arm.caller]
    for sound in arm.agent:
        kind = sound.kind if sound.kind in ("filler", "greeting") else "response"
        sounds.append(box(sound.start_s, sound.end_s, agent, kind))
    ends = tuple(at(one.t_s - arm.end_s) for one in arm.moments if one.what == "end of turn")
    wait = None if arm.response_ms is None else (at(0), at(arm.response_ms / 1000))
    label = "" if arm.response_ms is None else seconds(arm.response_ms)
    return TurnLane(cut(name, _LONGEST), tone, top, tuple(sounds), ends, wait, label, fate(arm))


def fate(one: DrawnArm) -> str:
    """Return a turn's outcome in a few words."""
    fates = (("cut in", one.cut_in), ("missed", one.missed), ("left hanging", one.left_hanging))
    said = [word for word, so in fates if so]
    if one.response_ms is not None:
        said.append(f"answers after {seconds(one.response_ms)}")
    elif one.first_sound_ms is not None:
        said.append(f"first sound after {seconds(one.first_sound_ms)}")
    elif not one.missed:
        said.append("no answer")
    return ", ".join(said)
