"""What readouts are called, what they mean to a caller, and how their figures are written: said once, for the
dashboard and the command line alike.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from simulator.measures.readouts import COUNTS, SECONDS, TIMES, Measured

NOTHING = "–"
"""Stands for a figure that there is not."""


@dataclass(frozen=True, slots=True)
class ReadoutName:
    """One readout in words. ``meaning`` is a sentence."""

    name: str
    title: str
    meaning: str
    less_is_better: bool = True

    @property
    def is_time(self) -> bool:
        """Whether it is a latency in ms, a value a turn; the others are totals."""
        return self.name in TIMES

    @property
    def places(self) -> int:
        """How many decimals its figures have."""
        return 1 if self.name in SECONDS else 0


_NAMES = (
    ReadoutName(
        "first_sound_ms",
        "first sound after turn",
        "From the true end of a caller's turn to the first agent sound, filler or response.",
    ),
    ReadoutName(
        "response_ms",
        "response after turn",
        "From the true end of a caller's turn to the first sound of the response.",
    ),
    ReadoutName(
        "eot_delay_ms",
        "end-of-turn delay",
        "From the true end of a caller's turn until it is taken to be over.",
    ),
    ReadoutName(
        "cut_ins",
        "cut-ins",
        "Turns taken to be over more than 0.1 s before their true end: the agent interrupts.",
    ),
    ReadoutName(
        "missed_turns", "missed turns", "Turns with no end of turn before the caller spoke again: no answer."
    ),
    ReadoutName(
        "false_barge_ins",
        "false barge-ins",
        "The agent stopped for a backchannel, a cough or a noise, out of all of those over its voice.",
    ),
    ReadoutName(
        "missed_barge_ins",
        "missed barge-ins",
        "True interruptions after which the agent neither stopped within 2 s nor had ended.",
    ),
    ReadoutName(
        "barge_in_stop_ms",
        "barge-in stop",
        "From the onset of a true interruption until the agent is silent.",
    ),
    ReadoutName("talk_over_s", "talk-over", "Agent sound over true caller turns, summed."),
    ReadoutName(
        "dead_air_s",
        "dead air",
        "Silence beyond 1 s between the true end of a turn and the first agent sound, summed.",
    ),
    ReadoutName(
        "filler_overhang_ms",
        "filler overhang",
        "How long a response that is ready waits for a filler to end.",
    ),
    ReadoutName("fillers", "fillers", "Fillers spoken, out of all ends of turn.", less_is_better=False),
    ReadoutName(
        "wasted_generations",
        "wasted generations",
        "Answers thrown away because the caller went on, out of all begun: they cost money, not time.",
    ),
    ReadoutName(
        "truncated_words",
        "truncated words",
        "Words cut by the limits on a response, out of all of them.",
        less_is_better=False,
    ),
    ReadoutName("underruns", "underruns", "Gaps in the agent's speech, out of all joints between its chunks."),
    ReadoutName(
        "choppy_starts", "choppy starts", "Responses that begin with fewer than 4 words, out of all of them."
    ),
    ReadoutName(
        "missed_responses",
        "missed responses",
        "Times the caller gave up waiting for the agent, out of all times they waited.",
    ),
)

READOUT_NAMES = {known.name: known for known in _NAMES}
"""Every readout by its name in the JSON, what callers notice most first."""

assert set(READOUT_NAMES) == {*TIMES, *COUNTS, *SECONDS}


def figure(name: str, value: float | None, unit: bool = True) -> str:
    """Write a readout's value: ``1,093 ms``, ``0.4 s``, ``2``."""
    if value is None:
        return NOTHING
    known = READOUT_NAMES[name]
    ending = "" if not unit or name in COUNTS else " ms" if known.is_time else " s"
    return f"{value:,.{known.places}f}{ending}"


def total(name: str, value: float | None, runs: Iterable[Measured]) -> str:
    """Write a total: seconds, or a count out of how many there could have been in ``runs``."""
    if value is None or name not in COUNTS:
        return figure(name, value)
    return f"{value:,.0f} / {sum(run.counts[name].of for run in runs if name in run.counts):,}"


def difference(name: str, value: float | None) -> str:
    """Write a difference of two figures, with its sign."""
    return NOTHING if value is None else signed(value, READOUT_NAMES[name].places)


def interval(name: str, bounds: tuple[float, float] | None) -> str:
    """Write an interval of differences."""
    if bounds is None:
        return NOTHING
    low, high = (difference(name, bound) for bound in bounds)
    return f"[{low}, {high}]"


def signed(value: float, places: int = 0) -> str:
    """Write a number with its sign; what rounds to nothing has none."""
    text = f"{abs(value):,.{places}f}"
    if not float(text.replace(",", "")):
        return text
    return f"{'−' if value < 0 else '+'}{text}"
