"""More pauses to fit on: turns cut short in mid-phrase, and turns cut just as crudely at their ends.

Read sentences hold few hesitations, so turns are cut at short dips of their energy, and the recording's own room
tone is put behind. Were only those cut, a fit might learn how a cut sounds; so true ends are cut in the same way.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from base.samples import SAMPLE_RATE, Samples
from benchmarks.calibration.heard import Example, Kind, Listener, alterations, late_pitch_of
from benchmarks.calibration.split import Item
from simulator.activity.analyzer import Analyzer, analyze
from simulator.activity.end_of_turn import SilenceOnly
from simulator.activity.model import FRAME_MS, FRAME_SAMPLES, SpeechEnd, framed
from simulator.audio.what_if import AS_IT_IS, WhatIf
from simulator.labels import Turn
from simulator.recording import open_recording

DIPS_A_TURN = 4
END_OFFSETS_S = (-0.05, 0.02)
NEAR_MS = 300

_LEAD_S, _TONE_S, _FADE = 0.3, 1.3, 240
_HOP = 160
_TALKING_DB, _DIP_DB = 10.0, 12.0
"""A dip lies this far below the loud parts of its turn, with talking as near to them on both sides."""


class Splice(NamedTuple):
    """A turn cut at ``cut_ms`` of its samples."""

    source: str
    kind: Kind
    samples: Samples
    cut_ms: float


def spliced(items: Iterable[Item], listener: Listener, unwanted: frozenset[str]) -> list[Example]:
    """Return examples from the turns of all but some speakers, each as it is and in one other condition."""
    draw = np.random.default_rng(11)
    found = []
    for item in items:
        ways = alterations(item)
        for speaker, splice in _splices(item, unwanted, draw):
            chosen = [ways[int(draw.integers(len(ways)))]] if ways else []
            for what_if in [AS_IT_IS, *chosen]:
                found += _heard(splice, speaker, what_if, listener)
    return found


def _heard(splice: Splice, speaker: str, what_if: WhatIf, listener: Listener) -> list[Example]:
    analyzer = Analyzer(listener)
    ends = [
        seen
        for frames, _ in framed(what_if.heard(lambda: iter([splice.samples])))
        for seen in analyzer.push(frames)[1]
        if isinstance(seen, SpeechEnd)
    ]
    sounds = listener.taken_down()
    return [
        Example(
            splice.source,
            speaker,
            splice.kind,
            late_pitch_of(end.evidence),
            sounds[end.span].ending,
        )
        for end in ends[-1:]
        if abs(end.end_ms - splice.cut_ms) < NEAR_MS
    ]


def _splices(item: Item, unwanted: frozenset[str], draw: np.random.Generator) -> Iterator[tuple[str, Splice]]:
    recording = open_recording(item.path)
    assert recording.labels is not None
    samples, tone = recording.source.samples(), _room_tone(item)
    for index, turn in enumerate(recording.labels.turns):
        speaker = item.speaker_at(turn.start_s)
        if speaker in unwanted:
            continue
        dips = _dips(samples, turn)
        drawn = draw.choice(dips, min(DIPS_A_TURN, len(dips)), replace=False) if len(dips) else ()
        cuts = [(int(dip), Kind.HESITATION) for dip in drawn]
        cuts += [(int((turn.end_s + offset_s) * SAMPLE_RATE), Kind.END) for offset_s in END_OFFSETS_S]
        for place, (cut, kind) in enumerate(cuts):
            start = max(0, int((turn.start_s - _LEAD_S) * SAMPLE_RATE))
            source = f"{item.path.stem} {index} {kind.value} spliced {place if kind is Kind.HESITATION else ''}"
            yield speaker, Splice(source, kind, _cut(samples[start:cut], tone), (cut - start) * 1000 / SAMPLE_RATE)


def _cut(speech: Samples, tone: Samples) -> Samples:
    wanted = int(_TONE_S * SAMPLE_RATE)
    behind = np.resize(np.concatenate([tone, tone[::-1]]), wanted) if len(tone) else np.zeros(wanted, np.float32)
    rising = np.linspace(0.0, 1.0, _FADE, dtype=np.float32)
    seam = speech[-_FADE:] * (1.0 - rising) + behind[:_FADE] * rising
    return np.concatenate([speech[:-_FADE], seam, behind[_FADE:]]).astype(np.float32)


def _dips(samples: Samples, turn: Turn) -> NDArray[np.int64]:
    """Return the places of short dips of energy in the middle of a turn, in samples."""
    start = int(turn.start_s * SAMPLE_RATE)
    speech = samples[start : int(turn.end_s * SAMPLE_RATE)]
    power = np.mean(np.square(speech[: len(speech) // _HOP * _HOP].reshape(-1, _HOP), dtype=np.float64), axis=1)
    level = np.convolve(10.0 * np.log10(power + 1e-10), np.ones(5) / 5, "same")
    loud = np.percentile(level, 90)
    found = [
        place
        for place in range(max(20, len(level) // 5), min(len(level) - 20, len(level) * 17 // 20))
        if level[place] == level[place - 12 : place + 13].min()
        and level[place] < loud - _DIP_DB
        and min(level[place - 15 : place].max(), level[place + 1 : place + 16].max()) > loud - _TALKING_DB
    ]
    return np.array([start + place * _HOP for place in found], np.int64)


def _room_tone(item: Item) -> Samples:
    """Return the recording's longest stretch without speech, its edges left out."""
    source = open_recording(item.path).source
    spans = analyze(source, SilenceOnly()).spans
    samples = source.samples()
    edges = [edge for span in spans for edge in (span.start_ms, span.end_ms)]
    bounds = [0, *edges, len(samples) * 1000 // SAMPLE_RATE]
    start_ms, end_ms = max(zip(bounds[::2], bounds[1::2], strict=True), key=lambda gap: gap[1] - gap[0])
    per_ms = FRAME_SAMPLES // FRAME_MS
    return samples[(start_ms + 6 * FRAME_MS) * per_ms : max(0, end_ms - 3 * FRAME_MS) * per_ms]
