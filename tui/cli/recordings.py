"""``turnlab recordings``: the available recordings."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

from base.folders import own_recordings_folder
from base.os_errors import os_error_text
from simulator.labels import Labels
from simulator.recording import Recording, audio_in, bundled_folder
from tui.cli.audio_options import Hearing
from tui.cli.failure import Faults, WorkError, complain
from tui.cli.inputs import find, open_all
from tui.cli.tables import print_line, print_table


def list_recordings(folder: Path | None, *, as_json: bool) -> None:
    """List the recordings of a folder; by default the user's own, then the bundled ones."""
    faults, mine = Faults(), own_recordings_folder()
    # bundled recordings get their names first, so that the names are the same for every user
    paths = find([folder or bundled_folder()])
    if not folder:
        with faults.noting(mine):
            paths += _audio_in(mine)
    recordings = open_all(paths, Hearing(), faults)
    for note in (note for recording in recordings for note in recording.notes):
        complain(note)
    own = [one for one in recordings if _is_own(one, mine)]
    others = [one for one in recordings if one not in own]
    if as_json:
        print(json.dumps([_to_json(recording, own=recording in own) for recording in own + others]))
    elif folder:
        _print(recordings, "recording(s)", folder)
    else:
        if own:
            _print(own, "recording(s) of your own", mine)
        _print(others, "bundled recording(s)", bundled_folder())
    if not as_json and any(one.labels and one.labels.provisional for one in recordings):
        print_line(
            "Provisional labels are a live agent's own decisions and do not count: check them with t in Tune."
        )
    faults.raise_any()


def _audio_in(folder: Path) -> list[Path]:
    """Return the user's own recordings, possibly none. Raises :class:`WorkError` if they cannot be listed."""
    try:
        return audio_in(folder)
    except FileNotFoundError:
        return []
    except OSError as error:
        why = os_error_text(error)
        raise WorkError(
            f"{folder}: {why}; your own recordings are not listed. Make it a folder that you may read"
        ) from None


def _is_own(recording: Recording, folder: Path) -> bool:
    return recording.source.path.resolve().parent == folder.resolve()


def _print(recordings: list[Recording], what: str, place: Path) -> None:
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
    print_table(f"{len(rows)} {what}", headers, rows, left=2)
    print_line(
        f"In {place}. Play them: turnlab simulate {shlex.quote(str(place))} --config balanced --config quality"
    )


def _counts(labels: Labels | None) -> list[str]:
    if labels is None:
        return ["unlabelled", "", "rigid"]
    replay = "elastic" if labels.moves else "rigid"
    mark = ", provisional" if labels.provisional else ""
    return [f"{len(labels.caller_turns())}{mark}", str(len(labels.events)), replay]


def _to_json(recording: Recording, *, own: bool) -> dict[str, object]:
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
        "provisional": labels is not None and labels.provisional,
        "own": own,
        "turns": len(labels.caller_turns()) if labels else None,
        "moves": len(labels.moves) if labels else 0,
    }
