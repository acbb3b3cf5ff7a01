"""A report's wording of numbers and of what differences mean for callers."""

from __future__ import annotations

from collections.abc import Sequence

from tui.figures import signed
from tui.report.parts import Interval


def counted(number: int, what: str) -> str:
    """Return a number of things: ``1 turn``, ``44 turns``."""
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def listed(words: Sequence[str]) -> str:
    """Return words in a row: ``a, b and c``."""
    return ", ".join(words[:-1]) + f" and {words[-1]}" if len(words) > 1 else "".join(words)


def sentence(text: str) -> str:
    """Return a sentence with a capital letter and a full stop."""
    return f"{text[:1].upper()}{text[1:]}."


def gains_and_costs(gains: Sequence[str], costs: Sequence[str]) -> str:
    """Return what callers certainly gain and lose."""
    said = [f"{word} {listed(some)}" for word, some in (("better,", gains), ("worse,", costs)) if some]
    return "; ".join(said) or "no other difference is more than chance may explain"


def interval_words(bounds: Interval | None) -> str:
    """Return the interval of a difference of times in ms, in words. Empty without one."""
    if bounds is None:
        return ""
    low, high = (signed(end / 1000, 2) for end in bounds)
    return f" (95 % sure between {low} and {high} s)"


def apart(value: float, bounds: Interval | None, places: int) -> str:
    """Return a difference with its interval: ``+0.51 [+0.43, +0.54]``."""
    text = signed(value, places)
    if bounds is None:
        return text
    low, high = (signed(end, max(places, 1)) for end in bounds)
    return f"{text} [{low},\u00a0{high}]"
