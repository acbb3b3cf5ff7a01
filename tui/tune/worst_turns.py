"""Which turns got worse: every turn in scope that arm A treats worse than the arm it is held against."""

from __future__ import annotations

from dataclasses import dataclass

from simulator.measures.turns import TurnOutcome
from tui.tune.bench import AnalysedRecording
from tui.tune.readouts import A
from tui.tune.trial import Measurement

_LATENCIES = ("response_ms", "first_sound_ms")


@dataclass(frozen=True, slots=True)
class WorseTurn:
    """One turn. ``own_ms`` is its end on arm A's clock.

    ``readout`` is what got worst of response and first sound, ``values_ms`` it in both arms (``None``: there is
    none). ``why`` says what got worse besides the time; such turns come before all others.
    """

    key: str
    recording: str
    number: int
    words: str
    own_ms: int
    readout: str
    values_ms: tuple[int | None, int | None]
    why: str

    @property
    def delta_ms(self) -> int | None:
        """How much later it comes; ``None`` where an arm has none."""
        return _later(self.values_ms)


def _later(values_ms: tuple[int | None, int | None]) -> int | None:
    mine, theirs = values_ms
    return None if mine is None or theirs is None else mine - theirs


def worse_turns(measurement: Measurement) -> list[WorseTurn]:
    """Return the turns that got worse, the worst first."""
    against = measurement.comparison.baseline
    found: list[WorseTurn] = []
    for analysed in measurement.scope:
        mine = measurement.runs[analysed.key, A].measured.turns
        others = {one.turn.index: one for one in measurement.runs[analysed.key, against].measured.turns}
        for number, outcome in enumerate(mine, start=1):
            other = others.get(outcome.turn.index)
            if other is not None:
                turn = _turn(analysed, number, outcome, other)
                if turn.why or (turn.delta_ms or 0) > 0:
                    found.append(turn)
    return sorted(found, key=lambda turn: (not turn.why, -(turn.delta_ms or 0)))


def _turn(analysed: AnalysedRecording, number: int, mine: TurnOutcome, other: TurnOutcome) -> WorseTurn:
    labels = analysed.recording.labels
    texts = [turn.text for turn in labels.caller_turns()] if labels else []
    index = mine.turn.index
    pairs = {name: (getattr(mine, name), getattr(other, name)) for name in _LATENCIES}
    readout = max(_LATENCIES, key=lambda name: _later(pairs[name]) or 0)
    whys = (
        ("cut in", mine.cut_in and not other.cut_in),
        ("missed", mine.missed and not other.missed),
        ("no answer", mine.response_ms is None and other.response_ms is not None and not mine.missed),
    )
    return WorseTurn(
        key=analysed.key,
        recording=analysed.recording.id,
        number=number,
        words=texts[index] if index < len(texts) else "",
        own_ms=mine.turn.end_ms,
        readout=readout,
        values_ms=pairs[readout],
        why=", ".join(why for why, so in whys if so),
    )
