"""Turns that got worse: those that an arm treats worse than the baseline, and the dialog that lists them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rich.text import Text
from textual.app import ComposeResult
from textual.widgets import DataTable, Static

from simulator.measures.readout_table import BY_NAME
from simulator.measures.turns import TurnOutcome
from tui.dialogs.dialog import Dialog
from tui.figures import difference, figure
from tui.readouts import A
from tui.terminal_text import cell, cut
from tui.tune.bench import AnalysedRecording, name_of
from tui.tune.trial import Measurement

_LATENCIES = ("response_ms", "first_sound_ms")


@dataclass(frozen=True, slots=True)
class WorseTurn:
    """One turn. ``own_ms`` is its end on arm A's clock.

    ``readout`` is the response or the first sound, whichever got worse more. ``values_ms`` has both arms (``None``:
    there is none). ``why`` says what got worse besides the time; such turns come first. ``cut_in_elsewhere``: the
    agent cuts in on it in the better arm.
    """

    key: str
    recording: str
    number: int
    words: str
    own_ms: int
    readout: str
    values_ms: tuple[int | None, int | None]
    why: str
    cut_in_elsewhere: bool

    @property
    def delta_ms(self) -> int | None:
        """How much later it comes. ``None`` if an arm has none."""
        return _later(self.values_ms)


def _later(values_ms: tuple[int | None, int | None]) -> int | None:
    mine, theirs = values_ms
    return None if mine is None or theirs is None else mine - theirs


def worse_turns(measurement: Measurement, arm: str = "", than: str = "") -> list[WorseTurn]:
    """Return the turns that are worse in an arm than in another, worst first. One of the two is A.

    By default, the arms are the measurement's pair. ``own_ms`` is on arm A's clock either way.
    """
    pair = measurement.pair
    arm, against = arm or pair[0], than or pair[1]
    found: list[WorseTurn] = []
    for analysed in measurement.scope:
        mine = measurement.runs[analysed.key, arm].measured.turns
        others = {one.turn.index: one for one in measurement.runs[analysed.key, against].measured.turns}
        for number, outcome in enumerate(mine, start=1):
            other = others.get(outcome.turn.index)
            if other is not None:
                turn = _turn(analysed, number, outcome, other, outcome if arm == A else other)
                if turn.why or (turn.delta_ms or 0) > 0:
                    found.append(turn)
    return sorted(found, key=lambda turn: (not turn.why, -(turn.delta_ms or 0)))


def _turn(
    analysed: AnalysedRecording, number: int, mine: TurnOutcome, other: TurnOutcome, of_a: TurnOutcome
) -> WorseTurn:
    labels = analysed.recording.labels
    texts = [turn.text for turn in labels.caller_turns()] if labels else []
    index = mine.turn.index
    pairs = {name: (getattr(mine, name), getattr(other, name)) for name in _LATENCIES}
    readout = max(_LATENCIES, key=lambda name: _later(pairs[name]) or 0)
    whys = (
        ("cut in", mine.cut_in and not other.cut_in),
        ("missed", mine.missed and not other.missed),
        ("left hanging", mine.hanging and not other.hanging),
        ("no answer", mine.response_ms is None and other.response_ms is not None and not mine.missed),
    )
    return WorseTurn(
        key=analysed.key,
        recording=name_of(analysed.recording),
        number=number,
        words=texts[index] if index < len(texts) else "",
        own_ms=of_a.turn.end_ms,
        readout=readout,
        values_ms=pairs[readout],
        why=", ".join(why for why, so in whys if so),
        cut_in_elsewhere=other.cut_in,
    )


_WORDS, _FEW_WORDS, _ROOMY = 24, 10, 90
"""The width of a turn's words, their width on a narrow screen, and the least width of a screen that is not
narrow."""


class WorstTurns(Dialog[WorseTurn]):
    """Lists turns, and returns the one to go to."""

    keys = "enter goes to the turn · ↑ ↓ move · esc closes"

    def __init__(self, turns: Sequence[WorseTurn], over: str, mine: str, baseline: str) -> None:
        """List turns that are worse in ``mine`` than in the ``baseline``: arms as ``A draft``."""
        count = f"{len(turns)} turn{'s' * (len(turns) != 1)}" if turns else "No turn"
        super().__init__(f"{count} got worse in {mine} than in {baseline}, over {over}")
        self._letters = mine[:1], baseline[:1]
        self._turns = list(turns)
        if not turns:
            self.keys = "esc closes"

    def compose_body(self) -> ComposeResult:
        """Lay out the list."""
        if self._turns:
            yield DataTable(cursor_type="row", id="worst-turns")
        else:
            yield Static(
                "No response or first sound is later, no turn is cut in on, left hanging or without an answer.",
                markup=False,
            )

    def on_mount(self) -> None:
        """Fill the list."""
        if not self._turns:
            return
        table = self.query_one(DataTable)
        table.add_columns("recording", "turn", "what", *self._letters, f"{' − '.join(self._letters)} ms", "words")
        words = _WORDS if self.app.size.width >= _ROOMY else _FEW_WORDS
        for turn in self._turns:
            mine, theirs = (figure("response_ms", value, unit=False) for value in turn.values_ms)
            table.add_row(
                cell(cut(turn.recording, 16)),
                Text(str(turn.number), justify="right"),
                cell(turn.why or BY_NAME[turn.readout].short),
                Text(mine, justify="right"),
                Text(theirs, justify="right"),
                Text(difference("response_ms", turn.delta_ms), justify="right"),
                cell(cut(turn.words, words)),
            )
        table.focus()

    def on_data_table_row_selected(self, event: DataTable.RowSelected) -> None:
        """Go to the turn."""
        event.stop()
        self.dismiss(self._turns[event.cursor_row])
