"""Files people take along: the readouts as CSV, a timeline in the vendor's ``PlaybackTimeline`` schema."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence

from simulator.measures.comparison import Compared
from simulator.measures.readout_table import BY_NAME
from simulator.playback import to_playback
from simulator.study import Run
from tui.tune.scene import ARMS
from tui.tune.trial import Measurement

HEADINGS = (
    *("readout", "figure", "unit", "arm", "name", "value", "of", "against", "difference", "ci95_low", "ci95_high"),
    *("n", "why_no_interval", "over"),
)


def readouts_csv(measurement: Measurement, names: Sequence[str]) -> str:
    """Return every readout of every arm, a line each, numbers as they are; ``names`` are the arms' for people.

    ``difference`` is the arm minus the arm in ``against``; ``over`` says over which recordings.
    """
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(HEADINGS)
    for readout, compared in measurement.comparison.readouts.items():
        parts = [("p50" if BY_NAME[readout].kind == "latency" else "total", compared)]
        parts += [("p90", compared.p90)] if compared.p90 else []
        for figure, part in parts:
            for line in _lines(measurement, readout, part):
                unit = BY_NAME[readout].unit
                name = _text(dict(zip(ARMS, names, strict=False)).get(str(line[0]), ""))
                rows.writerow([readout, figure, unit, line[0], name, *line[1:], _text(measurement.readouts.over)])
    return text.getvalue()


def _lines(measurement: Measurement, readout: str, compared: Compared) -> list[list[str | float]]:
    baseline = measurement.comparison.baseline
    lines: list[list[str | float]] = []
    for arm, value in compared.arms.items():
        counts = [run.measured.counts.get(readout) for (_, of), run in measurement.runs.items() if of == arm]
        out_of = sum(count.of for count in counts if count) if any(counts) else ""
        against = "" if arm == baseline else baseline
        low, high = compared.ci95.get(arm) or ("", "")
        delta = compared.delta.get(arm)
        why = "" if arm == baseline else compared.why_no_interval or ""
        shown = ["" if figure is None else figure for figure in (value, out_of, against, delta)]
        lines.append([arm, *shown, low, high, compared.n, why])
    return lines


def _text(text: str) -> str:
    """Return text that a spreadsheet takes for text: a name may begin like a formula."""
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text


def timeline_json(run: Run) -> str:
    """Return one run as a ``PlaybackTimeline``, as the platform's viewer reads it."""
    return json.dumps(to_playback(run.played, run.measured), indent=1, allow_nan=False) + "\n"
