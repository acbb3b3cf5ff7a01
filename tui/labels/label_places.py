"""Where labels probably belong: by what was detected as voice."""

from __future__ import annotations

from itertools import pairwise

from simulator.activity.model import Activity
from simulator.labels.marks import Kind

OTHERWISE_MS = 1000


def edges(activity: Activity) -> tuple[int, ...]:
    """Return where the voice begins and ends, ms, in order."""
    return tuple(sorted({edge for span in activity.spans for edge in (span.start_ms, span.end_ms)}))


def stretch_for(kind: Kind, place_ms: int, activity: Activity) -> tuple[int, int]:
    """Return where a new label goes (ms): over the voice at the place (a hesitation: the silence), or a second."""
    spans = [(span.start_ms, span.end_ms) for span in activity.spans]
    if kind == "hesitation":
        spans = [(before[1], after[0]) for before, after in pairwise(spans)]
    found = next((span for span in spans if span[0] <= place_ms < span[1]), None)
    if found is not None:
        return found
    end_ms = min(place_ms + OTHERWISE_MS, activity.duration_ms)
    return min(place_ms, max(end_ms - OTHERWISE_MS, 0)), end_ms
