"""``turnlab simulate --mix``: the simulated call as an audio file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from base.os_errors import os_error_text
from simulator.activity.model import Activity
from simulator.errors import SimulatorError, VoiceError
from simulator.playing.call_mix import CallMix, mix_format, write_mix
from simulator.recording import Recording
from simulator.study import Run
from simulator.voice.voice import Voice, voice_for
from tui.cli.failure import CallError, WorkError, complain
from tui.cli.opening import progress


@dataclass(frozen=True, slots=True)
class MixRequest:
    """The file to write, and the voice to write it with."""

    path: Path
    voice: Voice
    force: bool


def mix_request(path: Path | None, voice: str | None, *, force: bool) -> MixRequest | None:
    """Return what was asked for. Raises :class:`~tui.cli.failure.CallError` if it cannot be."""
    if path is None:
        if voice is not None or force:
            raise CallError("--voice and --force say how a mix is written; give --mix FILE too")
        return None
    try:
        mix_format(path)
        chosen = voice_for(voice)
    except VoiceError as error:
        raise CallError(f"--voice: {error}") from None
    except SimulatorError as error:
        raise CallError(f"--mix {error}") from None
    if not path.parent.is_dir():
        raise CallError(f"--mix {path}: there is no folder {path.parent}; make it or choose another")
    if path.is_dir():
        raise CallError(f"--mix {path}: is a folder; add a file's name")
    if path.exists() and not force:
        raise _there_already(path)
    return MixRequest(path, chosen, force)


def write_call(request: MixRequest, recording: Recording, activity: Activity, run: Run) -> None:
    """Write one simulated call, and say where. Raises :class:`~tui.cli.failure.WorkError`."""
    path = request.path
    try:
        mix = CallMix(recording, activity, run.played, request.voice)
        with progress(f"mixing {recording.id}") as tell:
            write_mix(path, mix, replace=request.force, progress=tell)
        if mix.voice != request.voice.name:
            complain(mix.voice)
    except SimulatorError as error:
        raise WorkError(str(error)) from error
    except FileExistsError:
        raise _there_already(path) from None
    except OSError as error:
        raise WorkError(f"--mix {path}: {os_error_text(error)}; choose another place") from None


def _there_already(path: Path) -> CallError:
    return CallError(f"--mix {path}: is there already; choose another name, or replace it with --force")
