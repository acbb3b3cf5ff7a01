"""How long a gap in the caller's speech may be bridged: ``uv run python -m benchmarks.barge_in_gaps CORPUS``.

The gaps are 200 ms (which ends a span of speech), 300 and 500 ms, each with and without counting the gap itself
towards the 0.8 s. The figures are: how many turns of at least a second, by people talking, would stop an agent
within 2 s of their onset if they were spoken over one; how many labelled murmurs and noises would; and how many
pairs of those murmurs 250 ms apart.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from itertools import permutations
from pathlib import Path

from simulator.activity.cache import cached_analysis
from simulator.activity.end_of_turn import SilenceOnly
from simulator.measures.turns import STOP_WITHIN_MS
from simulator.recording import open_recording

NEEDED_MS, STOP_LATENCY_MS, FRAME_MS, NEAR_MS = 800, 60, 32, 50
KINDS = ("natural", "interruption", "noise", "dialogue")
GAPS_MS = (200, 300, 500)
APART_MS = 250

Spans = Sequence[tuple[int, int]]


def reached_ms(spans: Spans, from_ms: int, until_ms: int, gap_ms: int, *, counts: bool) -> int | None:
    """Return when a stretch's speech reaches 0.8 s, with gaps up to ``gap_ms`` bridged; ``None``: never."""
    spoken_ms, last_ms = 0, -(1 << 40)
    for start_ms, end_ms in spans:
        if end_ms <= from_ms - NEAR_MS or start_ms >= until_ms:
            continue
        begun_ms = max(start_ms, from_ms - 2 * NEAR_MS)
        bridged_ms = begun_ms - last_ms
        spoken_ms = (spoken_ms + bridged_ms * counts) if bridged_ms <= gap_ms else 0
        if spoken_ms + end_ms - begun_ms >= NEEDED_MS:
            return begun_ms + NEEDED_MS - spoken_ms
        spoken_ms, last_ms = spoken_ms + end_ms - begun_ms, end_ms
    return None


def main() -> None:
    """Print hits and false stops for each gap."""
    if len(sys.argv) != 2 or not Path(sys.argv[1]).is_dir():
        sys.exit("name the folder of the corpus: python -m benchmarks.barge_in_gaps CORPUS")
    turns: list[tuple[Spans, int, int]] = []
    distractors: list[tuple[Spans, int, int]] = []
    murmurs: list[int] = []
    for path in sorted(Path(sys.argv[1]).glob("*.flac")):
        labels = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
        if labels["kind"] not in KINDS or labels["condition"].get("hard"):
            continue
        activity = cached_analysis(open_recording(path).source, SilenceOnly())
        spans = [(span.start_ms, span.end_ms) for span in activity.spans]
        if labels["kind"] == "natural":
            turns += ((spans, *_bounds(turn)) for turn in labels["turns"])
        for event in labels.get("events", []):
            if not event["should_barge_in"]:
                start_ms, end_ms = _bounds(event)
                distractors.append((spans, start_ms, end_ms))
                inside = [end - start for start, end in spans if start < end_ms and end > start_ms]
                murmurs += [sum(inside)] if event["type"] == "backchannel" and inside else []
    long = [(spans, start_ms) for spans, start_ms, end_ms in turns if end_ms - start_ms >= 1000]
    latest_ms = STOP_WITHIN_MS - STOP_LATENCY_MS - FRAME_MS
    for gap_ms in GAPS_MS:
        for counts in (True, False):
            found = [(reached_ms(one, at, at + latest_ms, gap_ms, counts=counts), at) for one, at in long]
            hits = sum(at_ms is not None and at_ms <= start_ms + latest_ms for at_ms, start_ms in found)
            false = sum(reached_ms(*one, gap_ms, counts=counts) is not None for one in distractors)
            pairs = [(0, APART_MS + first, first, second) for first, second in permutations(murmurs, 2)]
            stops = [
                reached_ms([(0, first), (then, then + second)], 0, 1 << 40, gap_ms, counts=counts) is not None
                for _, then, first, second in pairs
            ]
            shares = f"{hits} of {len(long)} turns stop the agent, {false} of {len(distractors)} murmurs and noises"
            pairs_share = f"{sum(stops) / len(stops):.0%} of pairs of murmurs {APART_MS} ms apart"
            print(f"{gap_ms} ms bridged, {'counted' if counts else 'not counted'}: {shares}, {pairs_share}")


def _bounds(part: dict[str, float]) -> tuple[int, int]:
    return round(part["start_s"] * 1000), round(part["end_s"] * 1000)


if __name__ == "__main__":
    main()
