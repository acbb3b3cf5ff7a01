"""``turnlab labels``: export to an Audacity label track, and import of other programs' label files."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from base.files import is_file
from base.json_text import json_bytes
from simulator.audio.source import open_audio
from simulator.errors import SimulatorError
from simulator.labels import labels_beside, read_json, read_labels
from simulator.labels.audacity import json_of_track, track_and_losses
from simulator.labels.faults import NOTHING_KNOWN, says_nothing
from simulator.labels.foreign import FORMATS
from simulator.labels.reading import origin_of
from simulator.recording import audio_beside
from tui.cli.failure import CallError, WorkError, complain, write_output
from tui.cli.tables import print_line
from tui.streams import write_content

STANDARD_OUTPUT = Path("-")


def export_labels(path: Path, output: Path | None, *, force: bool, as_json: bool) -> None:
    """Write the labels of a recording or a label file as an Audacity label track."""
    _refuse_both(output, as_json=as_json)
    source = _label_file(path)
    try:
        labels = read_labels(source, None)
        if says_nothing(labels):
            raise WorkError(f"{source}: {NOTHING_KNOWN}; name a label file")
        track, lost = track_and_losses(labels)
    except SimulatorError as error:
        raise WorkError(str(error)) from error
    target = output or source.with_suffix(".txt")
    _write(target, track.encode(), force=force)
    _tell_written(target, as_json=as_json, source=source, not_exported=lost)
    if lost:
        complain(f"{target}: a label track cannot carry {', '.join(lost)}; they are in {source} alone")


def import_labels(path: Path, output: Path | None, agent: str | None, *, force: bool, as_json: bool) -> None:
    """Convert another program's label file to JSON. What only JSON can hold is kept from the existing file.

    ``agent`` names the tier or speaker that is the agent.
    """
    _refuse_both(output, as_json=as_json)
    if not is_file(path):
        raise CallError(f"{path}: no such file; name a label file of another program")
    foreign = path.suffix.lower() in FORMATS
    if not foreign and path.suffix.lower() != ".txt":
        raise CallError(f"{path}: is not a .txt, .TextGrid, .rttm or .srt file; name one of those")
    if agent is not None and not foreign:
        raise CallError("--agent: a label track of Audacity has no speakers; label what the agent says 'agent'")
    target = output or path.with_suffix(".json")
    try:
        audio = audio_beside(path)
        source = open_audio(audio) if audio else None
        track = read_labels(path, source.duration_s if source else None, agent)
        before = read_json(target) if is_file(target) else {}
    except SimulatorError as error:
        raise WorkError(str(error)) from error
    if not isinstance(before, dict):
        raise WorkError(f"{target}: is not a label file; move it away or choose another --output")
    for note in source.notes if source else ():
        complain(note)
    content, kept, dropped = json_of_track(track, before, origin_of(path))
    _write(target, json_bytes(content, indent=1), force=force)
    _tell_written(target, as_json=as_json, source=path, kept=kept, dropped=dropped)
    if kept:
        complain(f"{target}: kept {', '.join(kept)} from before; check that they still fit")
    if dropped:
        complain(f"{target}: dropped {', '.join(dropped)} of its turns and events; {path.name} cannot hold it")
    if audio is None:
        complain(f"{path}: there is no recording of that name beside it, so its times were not checked")


def _label_file(path: Path) -> Path:
    if not is_file(path):
        raise CallError(f"{path}: no such file; name a recording or its label file")
    found = path if path.suffix.lower() == ".json" else labels_beside(path)
    if found is not None and found.suffix.lower() == ".txt":
        raise CallError(f"{found}: is a label track already; Audacity opens it as it is")
    if found is None:
        raise CallError(f"{path}: has no label file beside it; put {path.with_suffix('.json').name} there")
    return found


def _write(target: Path, content: bytes, *, force: bool) -> None:
    if target == STANDARD_OUTPUT:
        write_content(content)
        return
    write_output(str(target), target, content, force=force)


def _refuse_both(output: Path | None, *, as_json: bool) -> None:
    if as_json and output == STANDARD_OUTPUT:
        raise CallError("--json and --output - both write to standard output; choose one")


def _tell_written(target: Path, *, as_json: bool, source: Path, **left: Sequence[str]) -> None:
    """Report what was written. ``left`` names what the new file cannot hold, or keeps from before."""
    if as_json:
        payload = {"schema": "turnlab.labels/1", "written": str(target), "source": str(source)}
        groups = {name: list(left.get(name, ())) for name in ("not_exported", "kept", "dropped")}
        print(json.dumps(payload | groups))
    elif target != STANDARD_OUTPUT:
        print_line(f"Wrote {target}, readable by you alone.")
