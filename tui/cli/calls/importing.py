"""``turnlab calls import``: calls from elsewhere, stored like pulled calls, and measured at once."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, Literal

from base.files import beside, is_file, is_folder, private_file
from base.json_text import NotJsonError, TextError, json_of, read_text
from base.masking import masked_words
from base.os_errors import os_error_text
from services.calls.folders import RECORD, CallFolders
from services.calls.logs import read_log
from services.calls.logs.shape import ImportedLog
from services.calls.record import AudioFile, CallAudio, CallRecord
from services.calls.recorded import with_operator_turns
from simulator.audio.source import SUFFIXES, open_audio
from simulator.errors import SimulatorError
from simulator.heard.call_folder import KeptCall, read_call_folder, write_heard
from simulator.heard.sides import sides_of
from simulator.recording import find_audio
from tui.cli.calls.measuring import measured
from tui.cli.calls.purge import purge_old
from tui.cli.failure import CallError, Faults, WorkError, complain, failures
from tui.cli.tables import print_line, print_table

WORKSPACE = "imported"

CALLER_NAMES = ("caller", "inbound", "user", "customer")
AGENT_NAMES = ("agent", "outbound", "assistant", "bot")
"""The endings of a pair of file names, before the suffix: ``NAME.caller.wav`` and ``NAME.agent.wav``."""


_DATE = re.compile(
    r"(?<![\d+])((?:19|20)\d\d[-_.]?[01]\d[-_.]?[0-3]\d(?:[-_ T]?[0-2]\d[-_.:]?[0-5]\d(?:[-_.:]?[0-5]\d)?)?)(?!\d)"
)
"""A day, with or without a time, as it appears in names of recordings."""


_CHUNK = 1 << 20

_BARE: Final[dict[str, Literal["mulaw", "alaw"]]] = {".ulaw": "mulaw", ".alaw": "alaw"}
"""The encodings of files without a header, 8 kHz, by suffix."""


@dataclass(frozen=True, slots=True)
class CallFiles:
    """One call's files: one file with both sides, or a pair."""

    name: str
    files: tuple[Path, ...]
    log: Path | None


def import_calls(named: Sequence[str], caller_channel: int | None, *, as_json: bool) -> None:
    """Import calls and report each. A failure of one does not stop the others. Raises :class:`CallError`."""
    if caller_channel not in (None, 1, 2):
        raise CallError(f"--caller-channel {caller_channel}: a call's two sides are channels 1 and 2; choose one")
    purge_old(CallFolders())
    faults = Faults()
    done: list[dict[str, Any]] = []
    for found in _find(named):
        with faults.noting(found.files[0]):
            done.append(_import(found, caller_channel))
    if not done:
        faults.raise_any()
    if as_json:
        print(json.dumps({"schema": "turnlab.calls_import/1", "calls": done, "failed": faults.to_json()}))
    else:
        rows = [
            [one["id"], one["log"] or "none", str(one["turns"]), "again" if one["again"] else "new"] for one in done
        ]
        print_table("Imported calls", ["id", "log", "turns heard", ""], rows, left=2)
        for one in done:
            for sentence in one["notes"]:
                print_line(f"{one['id']}: {sentence}")
    faults.raise_any()


def _find(named: Sequence[str]) -> list[CallFiles]:
    files: list[Path] = []
    for name in named:
        path = Path(name)
        if is_file(path) and path.suffix.lower() in (*SUFFIXES, *_BARE):
            files.append(path)
        elif is_folder(path):
            with failures():
                files += find_audio([path, *sorted(path.glob("*.[uUaA][lL][aA][wW]"))])
        else:
            raise CallError(f"{path}: is neither an audio file nor a folder of audio files; name the calls' audio")
    pairs: dict[tuple[Path, str], dict[str, Path]] = {}
    alone: list[CallFiles] = []
    for path in dict.fromkeys(files):
        stem, _, side = path.stem.rpartition(".")
        known = "caller" if side.lower() in CALLER_NAMES else "agent" if side.lower() in AGENT_NAMES else ""
        if stem and known:
            pairs.setdefault((path.parent, stem), {})[known] = path
        else:
            alone.append(CallFiles(path.stem, (path,), beside(path, ".json")))
    for (folder, stem), sides in pairs.items():
        log = folder / f"{stem}.json"
        own = tuple(sides[side] for side in ("caller", "agent") if side in sides)
        alone.append(CallFiles(stem, own, log if is_file(log) else None))
    return alone


def _import(found: CallFiles, caller_channel: int | None) -> dict[str, Any]:
    """Store one call, measure it, and return the result."""
    digest = _digest(found.files)
    log = _log(found.log)
    call_id = (log.id if log else None) or f"{_without_number(found.name)}-{digest}"
    folders = CallFolders()
    folder = folders.folder(WORKSPACE, call_id)
    again = is_file(folder / RECORD)
    audio = _audio(found, None if caller_channel is None else caller_channel - 1)
    try:
        folders.make(WORKSPACE, call_id)
        for one, path in zip(audio.files(), found.files, strict=True):
            with path.open("rb") as source, private_file(folder / one.file, replace=True) as copy:
                shutil.copyfileobj(source, copy, _CHUNK)
        record = _record(call_id, log, audio)
        folders.write(record)
        _drop_earlier(folder, audio)
        record = _with_operator(record, read_call_folder(folder))
        folders.write(record)
        heard = measured(read_call_folder(folder))
        if audio.both is not None and audio.both.caller_channel is None and heard["caller_channel"]:
            chosen = audio.both.model_copy(update={"caller_channel": heard["caller_channel"] - 1})
            audio = CallAudio(both=chosen)
        folders.write(record.model_copy(update={"audio": audio, "duration_s": heard["duration_s"]}))
        write_heard(read_call_folder(folder), heard)
    except (OSError, SimulatorError) as error:
        if not again:
            with suppress(OSError):
                folders.remove(folder)
        if isinstance(error, SimulatorError):
            raise
        remedy = "make room and import it again" if again else "nothing was kept of it"
        raise WorkError(f"{found.files[0]}: {os_error_text(error)}; {remedy}") from None
    return {
        "id": call_id,
        "path": str(folder),
        "log": None if log is None else log.kind,
        "turns": len(heard["turns"]),
        "caller_channel": heard["caller_channel"],
        "again": again,
        "notes": [*heard["notes"], *(fault["sentence"] for fault in heard["faults"])],
    }


def _without_number(name: str) -> str:
    """Return a file's name with the digits of a telephone number replaced by ``x``. Dates stay."""
    parts = _DATE.split(name)
    parts[::2] = [str(masked_words(part)).replace("•", "x") for part in parts[::2]]
    return "".join(parts)


def _drop_earlier(folder: Path, audio: CallAudio) -> None:
    """Delete the audio of an earlier import, and everything derived from it. Raises :class:`OSError`."""
    names = [one.file for one in audio.files()]
    for path in folder.iterdir():
        if path.suffix.lower() in (*SUFFIXES, *_BARE, ".npz") and path.name not in names:
            path.unlink()


def _digest(paths: Sequence[Path]) -> str:
    """Return a hash of the files' content, for use in a name. Raises :class:`WorkError`."""
    digest = hashlib.sha256()
    for path in paths:
        try:
            with path.open("rb") as file:
                while chunk := file.read(_CHUNK):
                    digest.update(chunk)
        except OSError as error:
            raise WorkError(f"{path}: {os_error_text(error)}; check the path") from None
    return digest.hexdigest()[:8]


def _with_operator(record: CallRecord, call: KeptCall) -> CallRecord:
    """Return a record with the stretches of an operator that its turns show. Raises :class:`SimulatorError`."""
    duration_s = sides_of(call).duration_s()
    stretches = with_operator_turns(record.operator, record.turns, duration_s)
    unplaced = not stretches and any(turn.speaker == "operator" for turn in record.turns)
    return record.model_copy(update={"operator": tuple(stretches), "operator_unplaced": unplaced})


def _audio(found: CallFiles, channel: int | None) -> CallAudio:
    names = ("inbound", "outbound") if len(found.files) == 2 else ("both",)
    files = [_audio_file(path, f"{name}{path.suffix}") for path, name in zip(found.files, names, strict=True)]
    if len(files) == 2:
        return CallAudio(caller=files[0], agent=files[1])
    with failures():
        channels = 1 if files[0].encoding != "container" else open_audio(found.files[0]).channels
    if channels < 2:
        raise WorkError(
            f"{found.files[0]}: has one channel; a call needs both sides, in two channels or as a pair of files "
            f"({found.name}.caller.wav and {found.name}.agent.wav)"
        )
    return CallAudio(both=files[0].model_copy(update={"caller_channel": channel}))


def _audio_file(path: Path, name: str) -> AudioFile:
    """Return the ``call.json`` entry of a file stored as ``name``. The original name may hold a caller's number."""
    if (encoding := _BARE.get(path.suffix.lower())) is not None:
        return AudioFile(file=name, encoding=encoding, rate_hz=8000)
    with failures():
        open_audio(path)
    return AudioFile(file=name, encoding="container")


def _log(path: Path | None) -> ImportedLog | None:
    if path is None:
        return None
    try:
        text = read_text(path)
    except TextError as error:
        complain(f"{error}; imported without it")
        return None
    try:
        raw = json_of(text)
    except NotJsonError:
        try:  # one span per line
            raw = [json_of(line) for line in text.split("\n") if line.strip()]
        except NotJsonError as error:
            complain(f"{path}: is not JSON ({error}); the call is imported without it")
            return None
    found = read_log(raw)
    if found is None:
        complain(f"{path}: is a log in an unknown format; the call is imported without it")
    return found


def _record(call_id: str, log: ImportedLog | None, audio: CallAudio) -> CallRecord:
    known = log or ImportedLog("")
    fields = {
        "id": call_id,
        "source": "import",
        "workspace": WORKSPACE,
        "started_at": known.started_at,
        "direction": known.direction,
        "ended_by": known.ended_by,
        "turns": known.turns,
        "audio": audio,
        "audio_state": "here",
        "kept_since": datetime.now(UTC),
        **known.more,
    }
    return CallRecord.model_validate(fields)
