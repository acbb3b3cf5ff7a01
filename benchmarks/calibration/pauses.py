"""The labelled turns of a corpus and their pauses as arrays, which makes it fast to try many waits."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from simulator.activity.cache import cached_analysis
from simulator.activity.end_of_turn import EndOfTurnModel
from simulator.measures.judged_turns import JudgedTurn, judged_turns
from simulator.measures.turns import CUT_IN_TOLERANCE_MS
from simulator.recording import open_recording

Floats = NDArray[np.float64]

KINDS = {"natural": "natural", "hesitation": "spliced hesitations", "pause": "read", "dialogue": "read"}
"""The kinds of recording with ends of turn, and the groups they are scored in."""

TIMEOUT_S = 5.0
SHORTEST_S = 0.35
"""Shorter pauses inside a turn are not compared with its end: no rule would end a turn that early."""

_LONGEST_MS = 1_000_000
_LEAST_ODDS = 1e-6


def read_turns(corpus: Path, model: EndOfTurnModel) -> dict[str, list[JudgedTurn]]:
    """Return the turns with detected speech by group, from recordings that are not hard, with speakers."""
    found: dict[str, list[JudgedTurn]] = {}
    for path in sorted(corpus.glob("*.flac")):
        raw = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
        if raw["kind"] not in KINDS or raw["condition"].get("hard"):
            continue
        recording = open_recording(path)
        assert recording.labels is not None
        turns = judged_turns(path.stem, cached_analysis(recording.source, model), recording.labels)
        group = found.setdefault(KINDS[raw["kind"]], [])
        group += (replace(turn, speaker=turn.speaker or _speaker(raw, turn)) for turn in turns if turn.pauses)
    return found


def _speaker(raw: dict[str, list[dict[str, object]]], turn: JudgedTurn) -> str:
    """Return the speaker of a turn in a recording composed of clips."""
    clips = [(float(str(clip["at_s"])), str(clip["speaker"])) for clip in raw.get("clips", [])]
    at_s = turn.start_ms / 1000
    return min(clips, key=lambda clip: abs(clip[0] - at_s))[1] if clips else turn.recording


@dataclass(frozen=True, slots=True, eq=False)
class Pauses:
    """Turns with all their pauses, ``[pauses]`` each: times in s from the end of speech.

    ``odds`` are the log-odds of the network's output. ``offset_s`` is when the pause began, relative to the turn's
    true end. ``first`` is the index of each turn's first pause, and ``end`` marks the pauses that include the true
    end.
    """

    turns: tuple[JudgedTurn, ...]
    odds: Floats
    known_s: Floats
    until_s: Floats
    offset_s: Floats
    first: NDArray[np.int64]
    end: NDArray[np.bool_]

    @classmethod
    def of(cls, turns: Sequence[JudgedTurn]) -> Pauses:
        """Return the pauses of some turns, each with detected speech."""
        pairs = [(turn, pause) for turn in turns for pause in turn.pauses]
        ends_ms = np.array([pause.ended.end_ms for _, pause in pairs])
        until_ms = np.array([min(pause.until_ms, pause.ended.end_ms + _LONGEST_MS) for _, pause in pairs])
        outputs = [(pause.ended.evidence or {}).get("model") for _, pause in pairs]
        certain = np.clip(np.array(outputs, np.float64), _LEAST_ODDS, 1 - _LEAST_ODDS)
        return cls(
            turns=tuple(turns),
            odds=np.log(certain / (1 - certain)),
            known_s=(np.array([pause.ended.known_ms for _, pause in pairs]) - ends_ms) / 1000,
            until_s=(until_ms - ends_ms) / 1000,
            offset_s=(ends_ms - np.array([turn.end_ms for turn, _ in pairs])) / 1000,
            first=np.cumsum([0, *(len(turn.pauses) for turn in turns[:-1])]),
            end=until_ms > np.array([turn.earliest_ms for turn, _ in pairs]),
        )

    @property
    def speakers(self) -> NDArray[np.str_]:
        """Each turn's speaker, ``[turns]``."""
        return np.array([turn.drawn_with for turn in self.turns])

    def judged(self, wait_s: Floats) -> tuple[Floats, Floats]:
        """Return whether turns are cut in on, 0 or 1, and the wait at their ends, s, both ``[turns, k]``.

        ``wait_s``, ``[pauses, k]``, is the silence that ends a turn. The rules are those of
        :mod:`simulator.measures.tradeoff`.
        """
        earliest_s = -CUT_IN_TOLERANCE_MS / 1000
        fires_s = np.maximum(np.minimum(wait_s, TIMEOUT_S), self.known_s[:, None])
        fired = fires_s < self.until_s[:, None]
        at_s = self.offset_s[:, None] + fires_s
        cut = np.logical_or.reduceat(fired & (at_s < earliest_s - 1e-9), self.first, axis=0)
        ended = np.where(fired & self.end[:, None], np.maximum(at_s, earliest_s), np.inf)
        delay_s = np.minimum.reduceat(ended, self.first, axis=0)
        last = np.append(self.first[1:], len(self.odds)) - 1
        missed_s = np.maximum(self.offset_s[last] + self.until_s[last], 0.0)[:, None]
        return cut.astype(np.float64), np.where(np.isinf(delay_s), missed_s, delay_s)

    def separated(self) -> tuple[Floats, Floats, NDArray[np.int64], NDArray[np.int64]]:
        """Return the log-odds at ends of turns and at pauses inside them, and the turn of each."""
        owner = np.repeat(np.arange(len(self.turns)), np.diff(np.append(self.first, len(self.odds))))
        place = np.arange(len(self.odds))
        ending = np.where(self.end, place, len(place))
        closing = np.minimum.reduceat(ending, self.first)
        inside = (place < closing[owner]) & (self.until_s >= SHORTEST_S)
        closed = closing[closing < len(place)]
        return self.odds[closed], self.odds[inside], owner[closed], owner[inside]
