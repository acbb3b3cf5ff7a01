"""The results of a sweep: settings as points, as lines of a table, and in words."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Literal

from presets.config import VoiceConfig
from simulator.sweep.result import TODAY
from tui.sweep.scatter import Axis, ScatterPoint, Signs

NO_AXIS = Axis("", "", 1.0)
Direction = Literal["left", "right", "up", "down"]


@dataclass(frozen=True, slots=True)
class FrontRow:
    """One setting. ``key`` stays the same while the front grows."""

    key: Hashable
    point: ScatterPoint
    figures: tuple[str, ...]
    """Written in the units of :attr:`Front.columns`."""
    words: str
    """The changes from today's settings."""
    detail: tuple[str, ...]
    """The lines about it while it is chosen."""
    config: VoiceConfig
    note: str = ""
    """A note that goes along to Tune."""
    name: str = ""
    """The name of a preset, or of today's settings."""

    def mark(self, signs: Signs) -> str:
        """Return its sign in the drawing."""
        return signs.of(self.point)


def over_today(name: str) -> str:
    """Return a setting's name. In Tune, an arm is the preset alone; here today's other settings stay."""
    return f"{name} over today's" if name and name != TODAY else name


@dataclass(frozen=True, slots=True, eq=False)
class Front:
    """The settings to choose from, in the order of the axes. ``cloud`` are the other tried ones."""

    rows: tuple[FrontRow, ...] = ()
    cloud: tuple[ScatterPoint, ...] = ()
    x: Axis = NO_AXIS
    y: Axis = NO_AXIS
    columns: tuple[str, ...] = ()
    verdict: str = ""
    aside: tuple[str, ...] = ()
    """Sentences for the full text only."""
    before: tuple[ScatterPoint, ...] = ()
    """Where the recommended or nearest setting was when it was chosen."""

    @property
    def points(self) -> tuple[ScatterPoint, ...]:
        """All points: those of the rows in order, then the others."""
        return tuple(row.point for row in self.rows) + self.cloud + self.before

    def place(self, key: Hashable) -> int | None:
        """Return the row of a setting."""
        return next((at for at, row in enumerate(self.rows) if row.key == key), None)

    def next_to(self, at: int, direction: Direction) -> int:
        """Return the next row in a direction of the drawing, or the same row at the end.

        Left and right follow the horizontal axis, up and down the vertical one.
        """
        order = range(len(self.rows)) if direction in ("left", "right") else self._upwards
        step = 1 if direction in ("right", "up") else -1
        place = list(order).index(at) + step
        return order[min(max(place, 0), len(order) - 1)]

    @property
    def _upwards(self) -> Sequence[int]:
        return sorted(range(len(self.rows)), key=lambda at: (self.rows[at].point.y, -at))

    def legend(self, signs: Signs) -> list[tuple[str, str]]:
        """Return the meanings of the signs, the most important first."""
        kinds = {row.point.kind for row in self.rows}
        found = [(signs.recommended, "recommended")] if "recommended" in kinds else []
        if "nearest" in kinds:
            found.append((signs.nearest, "nearest, past a limit"))
        if self.before:
            found.append((signs.before, "on the calls it was chosen by"))
        if "confirmed" in kinds:
            found.append((signs.confirmed, "confirmed on others"))
        if "front" in kinds:
            found.append((signs.front, "best where chosen"))
        found += [(row.point.letter, row.name) for row in self.rows if row.point.letter]
        if self.cloud or "tried" in kinds:
            found.append((signs.tried, "tried"))
        return found
