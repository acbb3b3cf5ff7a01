"""``turnlab recordings``: what there is to play."""

from __future__ import annotations

import json
from pathlib import Path

from simulator.labels import Labels
from simulator.recording import Recording, bundled_folder
from tui.cli.faults import Faults
from tui.cli.hearing import Hearing
from tui.cli.opening import find, open_all
from tui.cli.tables import print_line, print_table


def list_recordings(folder: Path | None, *, as_json: bool) -> None:
    """List the recordings of a folder, by default the bundled ones."""
    place = folder or bundled_folder()
    faults = Faults()
    recordings = open_all(find([place]), Hearing(), faults)
    if as_json:
        print(json.dumps([_to_json(recording) for recording in recordings]))
    else:
        _print(recordings, place)
    faults.raise_any()


def _print(recordings: list[Recording], place: Path) -> None:
    rows = [
        [
            recording.id,
            recording.labels.title if recording.labels else "",
            f"{recording.source.duration_s:.0f} s",
            *_counts(recording.labels),
        ]
        for recording in recordings
    ]
    headers = ["recording", "what", "length", "turns", "over the agent", "replay"]
    print_table(f"{len(rows)} recording(s)", headers, rows, left=2)
    print_line(f"In {place}. Play them: turnlab simulate {place} --config balanced --config quality")


def _counts(labels: Labels | None) -> list[str]:
    if labels is None:
        return ["unlabelled", "", "rigid"]
    replay = "elastic" if labels.moves else "rigid"
    return [str(len(labels.caller_turns())), str(len(labels.events)), replay]


def _to_json(recording: Recording) -> dict[str, object]:
    labels = recording.labels
    return {
        "id": recording.id,
        "path": str(recording.source.path),
        "title": recording.title,
        "description": labels.description if labels else "",
        "duration_s": round(recording.source.duration_s, 3),
        "sample_rate": recording.source.sample_rate,
        "channels": recording.source.channels,
        "labelled": labels is not None,
        "turns": len(labels.caller_turns()) if labels else None,
        "moves": len(labels.moves) if labels else 0,
    }
