"""A recording with its labels (``NAME.json`` or ``NAME.txt``) and the agent's lines (``NAME.scenario.json``)."""

from __future__ import annotations

import math
import os
import stat
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from base.files import beside, free_stem, make_private_folder, write_private
from base.folders import own_recordings_folder
from base.os_errors import os_error_text
from simulator.audio.decoding import reason
from simulator.audio.injecting import SOUNDS, Injection, check_within
from simulator.audio.source import SUFFIXES, AudioSource, open_audio
from simulator.audio.what_if import AS_IT_IS, WhatIf
from simulator.engine.scenario import Scenario, default_scenario, read_scenario
from simulator.errors import AudioError, SimulatorError
from simulator.labels import Labels, labels_beside, read_labels
from simulator.labels.faults import doubts, says_nothing
from simulator.labels.model import AgentEvent, Move

if TYPE_CHECKING:
    from simulator.executors.urls import Url


@dataclass(frozen=True, slots=True, eq=False)
class Recording:
    """Audio of the caller, the known truth about it, and the agent's lines.

    ``id`` is the file's stem. ``labels`` is ``None`` for an unlabelled recording. ``mono_mix`` is true where a
    person said that the audio is both sides mixed. ``notes`` are sentences about the files beside it. ``url`` is
    where the audio was fetched from, if it was; ``source`` is then a local copy, which other machines do not have.
    """

    id: str
    source: AudioSource
    labels: Labels | None
    scenario: Scenario
    mono_mix: bool = False
    notes: tuple[str, ...] = ()
    url: Url | None = None

    @property
    def place(self) -> Path | Url:
        """The path or URL by which people and scripts know it."""
        return self.url or self.source.path

    @property
    def duration_ms(self) -> int:
        """The length of the audio, ms."""
        return round(self.source.duration_s * 1000)

    @property
    def title(self) -> str:
        """A short name for people."""
        return (self.labels.title if self.labels else "") or self.id

    def about_samples(self) -> str | None:
        """Return a sentence about samples that are not finite, if there are any; may read the whole audio.

        Raises :class:`~simulator.errors.AudioError`.
        """
        unusable = self.source.unusable_samples()
        if not unusable:
            return None
        return f"{self.place}: {unusable:,} samples are not finite numbers; heard as silence or clipped"


def open_recording(
    path: Path, caller_channel: int | None = None, what_if: WhatIf = AS_IT_IS, *, mono_mix: bool = False
) -> Recording:
    """Open an audio file with its labels and scenario, if it has any. ``caller_channel`` counts from 0.

    Raises :class:`~simulator.errors.AudioError`, :class:`~simulator.errors.LabelError`, or
    :class:`~simulator.errors.InjectionError` for a sound injected after the end.
    """
    source = open_audio(path, caller_channel, what_if)
    check_within(what_if.injections, path.name, source.duration_s)
    labels, scenario, text = labels_beside(path), beside(path, ".scenario.json"), beside(path, ".txt")
    notes = source.notes
    if labels is None and text is not None:
        notes += (
            f"{text}: is not an Audacity label track (start TAB end TAB label), so {path.name} is unlabelled",
        )
    found = read_labels(labels, source.duration_s) if labels else None
    if found is not None:
        source = _as_labelled(source, found, chosen=caller_channel is not None)
        notes += tuple(f"{labels}: {note}" for note in doubts(found))
    truth = None if found is None or says_nothing(found) else found
    if what_if.injections and truth is None:
        notes += (f"{path}: is unlabelled, so no false barge-in is counted; --explain shows what stops the agent",)
    return Recording(
        id=path.stem,
        source=source,
        labels=None if truth is None else with_injections(truth, what_if.injections),
        scenario=read_scenario(scenario) if scenario else default_scenario(),
        mono_mix=mono_mix,
        notes=notes,
    )


def _as_labelled(source: AudioSource, labels: Labels, *, chosen: bool) -> AudioSource:
    """Return the source with the channel and the unheard stretches from its labels.

    Raises :class:`~simulator.errors.ChannelError` for a channel that the file does not have.
    """
    if labels.caller_channel == source.caller_channel:
        source = replace(source, guessed_channel=False)
    elif labels.caller_channel is not None and not chosen and source.channels > 1:
        source = open_audio(source.path, labels.caller_channel, source.what_if)
    return replace(source, unheard=labels.unheard) if labels.unheard else source


def audio_beside(path: Path) -> Path | None:
    """Return the audio file of the same name in the same folder, or ``None``."""
    return next((one for suffix in SUFFIXES if (one := beside(path, suffix))), None)


def audio_in(folder: Path) -> list[Path]:
    """Return the audio files in a folder by name. Raises :class:`OSError`."""
    return sorted(entry for entry in folder.iterdir() if entry.suffix.lower() in SUFFIXES)


def find_audio(paths: list[Path]) -> list[Path]:
    """Return the audio files of paths, in order of name: a file itself, a folder's audio files.

    Raises :class:`~simulator.errors.AudioError` for a path that does not exist, and for a folder without audio or
    that may not be read.
    """
    found: list[Path] = []
    for path in paths:
        try:
            if not stat.S_ISDIR(path.stat().st_mode):
                found.append(path)
                continue
            inside = audio_in(path)
        except FileNotFoundError:
            linked = path.is_symlink()
            what = (
                "is a link to a missing file or folder; correct the link"
                if linked
                else "no such file or folder; check the path"
            )
            raise AudioError(f"{path}: {what}") from None
        except OSError as error:
            raise AudioError(f"{path}: {reason(error)}; check the path") from None
        if not inside:
            raise AudioError(
                f"{path}: holds no audio; put {', '.join(SUFFIXES)} files there or name another folder"
            )
        found += inside
    return list(dict.fromkeys(found))


def bundled_folder() -> Path:
    """Return the folder of the recordings that ship with Turnlab."""
    return Path(str(files("recordings")))


def known_recordings() -> dict[str, Path]:
    """Return the recordings that can be opened by name: the bundled ones, and the user's own before them."""
    found: dict[str, Path] = {}
    for folder in (bundled_folder(), own_recordings_folder()):
        with suppress(OSError):
            inside = sorted(entry for entry in folder.iterdir() if entry.suffix.lower() in SUFFIXES)
            found |= {path.stem: path for path in inside}
    return found


# ---- labels of a recording with injected sounds


_SHORTEST_MS = 60
"""A shorter part of a sound between two moves is not played."""


def with_injections(labels: Labels, injections: Sequence[Injection]) -> Labels:
    """Return labels with injected sounds as events that should not stop the agent.

    For elastic replay, the part of a sound between two moves is also a move. It is anchored to the agent's answer
    if the labels have the agent speak then, and otherwise extends the move before it.
    """
    for one in injections:
        sound, span = SOUNDS[one.sound], (one.at_ms / 1000, one.end_ms / 1000)
        fields = {"type": sound.kind, "what": one.sound, "start_s": span[0], "end_s": span[1]}
        update: dict[str, object] = {"events": (*labels.events, AgentEvent.model_validate(fields))}
        if sound.kind == "backchannel":
            update["backchannels"] = (*labels.backchannels, span)
        else:
            update["noises"] = (*labels.noises, (*span, one.sound))
        labels = labels.model_copy(update=update)
        if labels.moves:
            labels = labels.model_copy(update={"moves": _moves_with(labels, one)})
    return labels


def _moves_with(labels: Labels, one: Injection) -> tuple[Move, ...]:
    """Return the moves with one added or extended where the sound lies between them."""
    moves = list(labels.moves)
    edges = [0.0, *(t for move in labels.moves for t in (move.start_s, move.end_s)), math.inf]
    for place in reversed(range(len(labels.moves) + 1)):
        gap_start, gap_end = edges[2 * place], edges[2 * place + 1]
        start_s, end_s = max(gap_start, one.at_ms / 1000), min(gap_end, one.end_ms / 1000)
        if end_s - start_s < _SHORTEST_MS / 1000:
            continue
        answers = [begin for begin, end in labels.agent if gap_start <= begin <= start_s < end]
        if answers or not place:
            anchor = {"into_agent": start_s - answers[-1]} if answers else {"at": start_s}
            fields = {"start_s": start_s, "end_s": end_s, "anchor": anchor, "kind": SOUNDS[one.sound].kind}
            moves.insert(place, Move.model_validate(fields))
        else:
            moves[place - 1] = moves[place - 1].model_copy(update={"end_s": end_s})
    return tuple(moves)


# ---- a user's own copy


_LONGEST = 220
"""Bytes of a recording's name that its copy keeps."""


def copy_recording(audio: Path, folder: Path) -> Path:
    """Copy a recording, its labels and its scenario into a folder, under the name ``my-NAME``.

    Returns the copied audio, readable only by its owner. Raises :class:`~simulator.errors.SimulatorError`, and then
    leaves nothing behind.
    """
    try:
        others = filter(None, (beside(audio, ".scenario.json"), labels_beside(audio)))
        # the audio last: a recording exists once its audio does
        contents = {file.name: file.read_bytes() for file in (*others, audio)}
    except OSError as error:
        raise SimulatorError(
            f"{error.filename or audio}: {os_error_text(error)}; the recording was not copied"
        ) from None
    copies: list[Path] = []
    try:
        make_private_folder(folder)
        stem = free_stem(folder, f"my-{_shortened(audio.stem)}")
        for name, content in contents.items():
            copy = folder / (stem + name.removeprefix(audio.stem))
            write_private(copy, content, replace=False)
            copies.append(copy)
    except OSError as error:
        for copy in copies:
            copy.unlink(missing_ok=True)
        raise SimulatorError(
            f"{folder}: {os_error_text(error)}; the recording was not copied, make room there"
        ) from None
    return copies[-1]


def _shortened(stem: str) -> str:
    """Return a name short enough for a prefix and endings within 255 bytes."""
    return os.fsencode(stem)[:_LONGEST].decode(errors="ignore")
