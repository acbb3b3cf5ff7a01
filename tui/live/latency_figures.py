"""How long the agent took after the caller's last turn, as figures to be read from afar, with the turns before."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widgets import Digits, Static

_BARS = "▁▂▃▄▅▆▇█"
HISTORY = 8
"""How many turns the small history shows."""
ROOMY = 28
"""From this width on the number of turns is said as well."""


class LatencyFigure(Vertical):
    """One latency: its name, the last value, and the history."""

    DEFAULT_CSS = """
    LatencyFigure {
        width: 1fr;
        height: 5;
        Static { height: 1; color: $text-muted; text-wrap: nowrap; }
        Digits { width: auto; height: 3; color: $foreground; }
    }
    """

    def __init__(self, name: str) -> None:
        super().__init__()
        self._shown: tuple[int | None, ...] | None = None
        self._title = Static(name, markup=False)
        self._value = Digits("–")
        self._history = Static(markup=False)

    def compose(self) -> ComposeResult:
        """Lay out name, figure and history."""
        yield self._title
        yield self._value
        yield self._history

    def show(self, values: Sequence[int | None]) -> None:
        """Show the last of some values in ms, oldest first; ``None``: it did not come to that (yet)."""
        shown = tuple(values)
        if shown == self._shown:
            return
        self._shown = shown
        last = shown[-1] if shown else None
        self._value.update("–" if last is None else f"{last:,}")
        known = [value for value in shown if value is not None]
        middle = f" p50 {median(known):,.0f}" if known else "no turn yet"
        many = f" of {len(known)} turns" if len(known) > 1 and self.size.width >= ROOMY else ""
        self._history.update(Content(f"{history(known[-HISTORY:])}{middle}{many}"))


class LatencyFigures(Horizontal):
    """Several latencies side by side. Give :meth:`show` each one's values by its name."""

    DEFAULT_CSS = "LatencyFigures { height: 5; }"

    def __init__(self, names: Sequence[str], *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._figures = {name: LatencyFigure(name) for name in names}

    def compose(self) -> ComposeResult:
        """Lay out the figures."""
        yield from self._figures.values()

    def show(self, name: str, values: Sequence[int | None]) -> None:
        """Show one latency's values, ms, oldest first."""
        self._figures[name].show(values)


def history(values: Sequence[int]) -> str:
    """Return a bar a value, from 0 to the highest."""
    highest = max(values, default=0)
    if highest <= 0:
        return _BARS[0] * len(values)
    return "".join(_BARS[min(value * len(_BARS) // (highest + 1), len(_BARS) - 1)] for value in values)
