"""What a sweep shows: the settings worth a look, each as a point, as a line of a table and in words."""

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
    """As written under :attr:`Front.columns`."""
    words: str
    """What it changes against today's settings."""
    detail: tuple[str, ...]
    """What is said of it while it is the chosen one, a line each."""
    config: VoiceConfig
    note: str = ""
    """What goes along with it to where it is used."""
    name: str = ""
    """Of a preset, or of today's settings."""

    def mark(self, signs: Signs) -> str:
        """Return its sign in the drawing."""
        return signs.of(self.point)


def over_today(name: str) -> str:
    """Return what a setting is called: an arm in Tune is the preset alone, and here today's other settings stay."""
    return f"{name} over today's" if name and name != TODAY else name


@dataclass(frozen=True, slots=True, eq=False)
class Front:
    """The settings to choose from, in the order of the axes; ``cloud`` are the others that were tried."""

    rows: tuple[FrontRow, ...] = ()
    cloud: tuple[ScatterPoint, ...] = ()
    x: Axis = NO_AXIS
    y: Axis = NO_AXIS
    columns: tuple[str, ...] = ()
    verdict: str = ""
    aside: tuple[str, ...] = ()
    """Sentences for which there is room only where all is read."""
    before: tuple[ScatterPoint, ...] = ()
    """Where the recommended or nearest setting was when it was chosen."""

    @property
    def points(self) -> tuple[ScatterPoint, ...]:
        """All points: those of the rows, in their order, then the others."""
        return tuple(row.point for row in self.rows) + self.cloud + self.before

    def place(self, key: Hashable) -> int | None:
        """Return where a setting is among the rows."""
        return next((at for at, row in enumerate(self.rows) if row.key == key), None)

    def next_to(self, at: int, direction: Direction) -> int:
        """Return the row that one comes to from another in the drawing; it is the same at the end.

        Left and right lead through the rows by the horizontal axis, up and down by the vertical one.
        """
        order = range(len(self.rows)) if direction in ("left", "right") else self._upwards
        step = 1 if direction in ("right", "up") else -1
        place = list(order).index(at) + step
        return order[min(max(place, 0), len(order) - 1)]

    @property
    def _upwards(self) -> Sequence[int]:
        return sorted(range(len(self.rows)), key=lambda at: (self.rows[at].point.y, -at))

    def legend(self, signs: Signs) -> list[tuple[str, str]]:
        """Return what the signs mean, the weightiest first."""
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
