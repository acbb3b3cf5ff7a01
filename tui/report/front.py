"""The front of a sweep as a picture: every setting by two figures. Confirmed ones are marked."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from simulator.measures.limits import Figure, Limit
from simulator.measures.readouts import percentile
from tui.report.pictures import CurveMark, CurvePoint, FrontPicture, LimitLine, Tick, steps
from tui.terminal_text import cut

_LEFT, _RIGHT, _TOP, _BOTTOM, _HEIGHT = 56, 712, 24, 306, 340
_MOST: Final = 1500
"""The largest number of drawn settings. Those tried first are drawn."""

_LETTER, _LINE = 8.2, 13
"""The width of a letter of a name, and the height of a line."""

_RANKS: Final = ("tried", "confirmed", "known", "recommended")
"""The kinds of drawn settings, topmost last."""


@dataclass(frozen=True, slots=True)
class Placed:
    """A setting with the values of both figures. ``kind`` is one of :data:`_RANKS`."""

    x: float
    y: float
    kind: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class _Axis:
    """The axis of one figure."""

    figure: Figure
    low: float
    high: float
    start: float
    end: float

    @classmethod
    def of(cls, figure: Figure, must: Sequence[float], may: Sequence[float], start: float, end: float) -> _Axis:
        """Return an axis that includes all of ``must`` and most of ``may``."""
        ranked = sorted(round(value * 1e6) for value in may)
        some = [percentile(ranked, share) / 1e6 for share in (0.05, 0.7)] if ranked else []
        low, high = min([*must, *some]), max([*must, *some])
        room = max((high - low) * 0.08, abs(high) * 0.02, 1e-6)
        if figure.readout.kind == "count":
            return cls(figure, -room / 2, max(high + room, 0.05 if figure.share else 1.0), start, end)
        return cls(figure, low - room, high + room, start, end)

    @property
    def unit(self) -> float:
        return 0.001 if self.figure.readout.kind == "latency" else 100.0 if self.figure.share else 1.0

    @property
    def sign(self) -> str:
        return "%" if self.figure.share else "" if self.figure.readout.kind == "count" else "s"

    @property
    def title(self) -> str:
        return f"{self.figure.words()}, {self.sign}".removesuffix(", ")

    def at(self, value: float) -> float:
        return round(self.start + (value - self.low) / (self.high - self.low) * (self.end - self.start), 1)

    def holds(self, value: float) -> bool:
        return self.low <= value <= self.high

    def ticks(self, most: int) -> list[tuple[float, str]]:
        found = steps(self.low * self.unit, self.high * self.unit, most)
        return [(self.at(value / self.unit), f"{value:g}".replace("-", "−")) for value in found]

    def words(self, value: float) -> str:
        return f"{self.figure.words()} {value * self.unit:.3g} {self.sign}".rstrip()


def front_picture(
    settings: Sequence[Placed],
    front: Sequence[tuple[float, float]],
    chosen: tuple[float, float] | None,
    axes: tuple[Figure, Figure],
    describe: Callable[[int], str],
    limits: Sequence[Limit] = (),
) -> FrontPicture | None:
    """Draw settings and their front. ``None`` without any.

    ``chosen`` is the recommended setting's place before confirmation. ``describe`` gets the number of settings
    outside the picture.
    """
    if not settings:
        return None
    must, may = ([one for one in settings if (one.kind == "tried") is tried] for tried in (False, True))
    must = must or may
    before = [] if chosen is None else [chosen]
    xs, ys = [one.x for one in must] + [x for x, _ in before], [one.y for one in must] + [y for _, y in before]
    across = _Axis.of(axes[0], xs, [one.x for one in may], _LEFT, _RIGHT)
    up = _Axis.of(axes[1], ys, [one.y for one in may], _BOTTOM, _TOP)
    inside = [one for one in settings if across.holds(one.x) and up.holds(one.y)]
    tried = [one for one in inside if one.kind == "tried"][:_MOST]
    named = [one for one in inside if one.kind != "tried"]
    shown = sorted([*tried, *named], key=lambda one: _RANKS.index(one.kind))
    points = tuple(_point(one, across, up) for one in shown)
    line = tuple(sorted((across.at(x), up.at(y)) for x, y in front if across.holds(x) and up.holds(y)))
    taken = [(across.at(one.x), up.at(one.y)) for one in named if one.kind == "recommended"]
    shift = tuple(((across.at(x), up.at(y)), taken[0]) for x, y in before if taken)
    lines = [*_limit_lines(limits, across, upright=True), *_limit_lines(limits, up, upright=False)]
    labels = _labels([(across.at(one.x), up.at(one.y), one) for one in shown if one.name])
    return FrontPicture(
        title="The front",
        description=describe(len(settings) - len(shown)),
        height=_HEIGHT,
        points=points,
        line=line if len(line) > 1 else (),
        curve=(),
        shift=shift,
        limits=tuple(lines),
        labels=labels,
        x_ticks=tuple(Tick(at, label) for at, label in across.ticks(8)),
        y_ticks=tuple(CurveMark(0, label, y=at) for at, label in up.ticks(6)),
        x_axis=across.title,
        y_axis=up.title,
    )


def _limit_lines(limits: Sequence[Limit], axis: _Axis, *, upright: bool) -> Iterator[LimitLine]:
    """Yield the limits on an axis's figure that lie in the picture."""
    for limit in limits:
        if limit.figure != axis.figure or not axis.holds(limit.bound):
            continue
        at = axis.at(limit.bound)
        start, end = ((at, _BOTTOM), (at, _TOP)) if upright else ((_LEFT, at), (_RIGHT, at))
        yield LimitLine(start, end, f"limit {limit.bound * axis.unit:g} {axis.sign}".rstrip())


def _point(one: Placed, across: _Axis, up: _Axis) -> CurvePoint:
    words = f"{one.name or one.kind}: {across.words(one.x)}, {up.words(one.y)}"
    return CurvePoint(across.at(one.x), up.at(one.y), one.kind, words)


def _labels(found: Sequence[tuple[float, float, Placed]]) -> tuple[CurveMark, ...]:
    """Return the names of points, each as close to its point as earlier names allow."""
    marks: list[CurveMark] = []
    taken = [(x - 6, 12.0, y + 4) for x, y, _ in found]
    for x, y, one in sorted(found, key=lambda each: (each[2].kind != "recommended", each[0])):
        name = cut(one.name, 24)
        wide = _LETTER * len(name)
        right = x + wide + 14 > _RIGHT
        from_x = x - 12 - wide if right else x + 12
        lines = [y + 4 + step * _LINE for step in (0, -1, 1, -2, 2, -3, 3, 4, 5, 6, 7, 8)]
        free = (line for line in lines if not any(_meet(from_x, wide, line, other) for other in taken))
        at = next(free, lines[-1])
        taken.append((from_x, wide, at))
        marks.append(
            CurveMark(x - 12 if right else x + 12, name, "end" if right else "start", round(at, 1), one.kind)
        )
    return tuple(marks)


def _meet(x: float, wide: float, y: float, other: tuple[float, float, float]) -> bool:
    return abs(y - other[2]) < _LINE and x < other[0] + other[1] + 6 and other[0] < x + wide + 6
