"""The worst turns over many calls: by measured response, by the simulator's error, and by fault."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from heapq import heappush, heappushpop
from itertools import count
from typing import Any, Final, Literal

from services.calls.overview import HEARD, CallOverview, object_in
from services.reading import as_objects
from simulator.heard.checked import simulated_turns
from simulator.heard.happened import CallHappenings, happened

Order = Literal["response", "error", "fault"]

ORDERS: Final[dict[Order, str]] = {
    "response": "the slowest heard responses",
    "error": "the furthest from the simulator",
    "fault": "what went wrong",
}
"""The name of each order."""

FAULTS: Final = {
    "hanging_turn": 5,
    "cut_in": 4,
    "interruption_ignored": 3,
    "missed_turn": 2,
    "stop_for_nothing": 1,
}
"""The faults, with their weights."""

_MATTERS: Final = 0.25
"""The smallest share of a response for which a stage is named as the cause."""

MOST: Final = 100
"""The number of turns listed in each order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WorstTurn:
    """One turn of a call, counted from 0, or a fault between two turns. ``at_ms`` is on the call's clock."""

    call: CallOverview
    turn: int | None
    at_ms: int
    heard_ms: float | None = None
    """The response. If it is unknown, the first sound."""
    simulated_ms: float | None = None
    fault: str = ""
    why: tuple[str, ...] = ()
    """The stages that took a large part of the response, longest first, as far as the log has them."""
    words: str = ""

    @property
    def error_ms(self) -> float | None:
        """How much later the simulator answers. ``None`` if the call was not checked."""
        return None if self.heard_ms is None or self.simulated_ms is None else self.simulated_ms - self.heard_ms


@dataclass(slots=True)
class _Top:
    """The highest of the added items."""

    found: list[tuple[float, int, WorstTurn]] = field(default_factory=list)
    numbers: Iterator[int] = field(default_factory=lambda: count(0, -1))

    def add(self, score: float, turn: WorstTurn) -> None:
        entry = (score, next(self.numbers), turn)
        if len(self.found) < MOST:
            heappush(self.found, entry)
        else:
            heappushpop(self.found, entry)

    def turns(self) -> tuple[WorstTurn, ...]:
        return tuple(turn for _, _, turn in sorted(self.found, reverse=True))


@dataclass(frozen=True, slots=True)
class Worst:
    """The worst turns in each order, worst first, and the number of measured calls."""

    turns: dict[Order, tuple[WorstTurn, ...]]
    calls: int


def worst_turns(
    calls: Sequence[CallOverview], tell: Callable[[int], None], cancelled: Callable[[], bool]
) -> Worst | None:
    """Return the worst turns of calls.

    ``tell`` gets the number of calls read; ``cancelled`` returns whether to stop.
    """
    tops: dict[Order, _Top] = {order: _Top() for order in ORDERS}
    measured = 0
    for number, call in enumerate(calls, start=1):
        if cancelled():
            return None
        heard = object_in(call.folder / HEARD)
        measured += bool(heard)
        for turn in _turns(call, heard):
            if turn.heard_ms is not None:
                tops["response"].add(turn.heard_ms, turn)
            if turn.error_ms is not None:
                tops["error"].add(abs(turn.error_ms), turn)
            if turn.fault:
                tops["fault"].add(FAULTS[turn.fault], turn)
        tell(number)
    log = _Log()
    return Worst({order: tuple(map(log.explained, top.turns())) for order, top in tops.items()}, measured)


def _turns(call: CallOverview, heard: dict[str, Any]) -> Iterator[WorstTurn]:
    simulated = simulated_turns(call.folder) if heard else {}
    for number, turn in enumerate(as_objects(heard.get("turns"))):
        end_s = turn.get("caller_end_s")
        if not isinstance(end_s, int | float):
            continue
        response, sound = turn.get("response_ms"), turn.get("first_sound_ms")
        value = response if isinstance(response, int | float) else sound
        faults = [(at_ms, kind) for at_ms, kind in _faults(turn)]
        at_ms, fault = max(faults, key=lambda one: FAULTS[one[1]], default=(round(end_s * 1000), ""))
        yield WorstTurn(
            call=call,
            turn=number,
            at_ms=at_ms,
            heard_ms=float(value) if isinstance(value, int | float) else None,
            simulated_ms=simulated.get(number),
            fault=fault,
        )
    for at_ms, fault in _faults(heard):
        yield WorstTurn(call=call, turn=None, at_ms=at_ms, fault=fault)


def _faults(part: dict[str, Any]) -> Iterator[tuple[int, str]]:
    for event in as_objects(part.get("events")):
        kind, at_s = event.get("type"), event.get("t")
        if isinstance(kind, str) and kind in FAULTS and isinstance(at_s, int | float):
            yield round(at_s * 1000), kind


class _Log:
    """The caller's words and the slow stages of some turns. Each call is read once."""

    def __init__(self) -> None:
        self._known: dict[str, CallHappenings | None] = {}

    def explained(self, one: WorstTurn) -> WorstTurn:
        """Return a turn with its words, and the slow stages of its response, as far as they are known."""
        name = str(one.call.folder)
        if name not in self._known:
            self._known[name] = happened(one.call.folder)
        really = self._known[name]
        if really is not None and one.turn is None:
            return replace(one, words=_words_at(really, one.at_ms))
        if really is None or one.turn is None or one.turn >= len(really.turns):
            return one
        return replace(one, words=really.turns[one.turn].text, why=_longest(really, one.turn, one.heard_ms))


def _words_at(really: CallHappenings, at_ms: int) -> str:
    """Return the caller's words at a moment, or those that begin just after it."""
    there = (one for one in really.turns if one.start_ms - _NEAR_MS <= at_ms < one.end_ms)
    return next((one.text for one in there), "")


_NEAR_MS = 500
"""How long after a fault the words that it is about may begin."""


def _longest(really: CallHappenings, turn: int, heard_ms: float | None) -> tuple[str, ...]:
    """Return the stages that took a large part of a turn's response, longest first, in words."""
    if not heard_ms:
        return ()
    end_ms = really.turns[turn].end_ms
    until_ms = really.turns[turn + 1].start_ms if turn + 1 < len(really.turns) else really.duration_ms
    answers = (one for one in really.sounds if one.start_ms < until_ms and one.end_ms > end_ms)
    took = [stage for one in answers for stage in one.took if stage[1] >= _MATTERS * heard_ms]
    took.sort(key=lambda stage: -stage[1])
    return tuple(f"{name} {ms:,.0f} ms" for name, ms in took)
