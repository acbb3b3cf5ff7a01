"""The rows of the list of recordings, as data: how each stands, which is shown, and what is compared over."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from tui.tune.bench import OWN_RECORDINGS, Found, without_folder

ALL = ""
"""The key that stands for all recordings."""
Stage = Literal["waiting", "analysing", "done", "failed"]


@dataclass(frozen=True, slots=True)
class RecordingRow:
    """One recording in the list; ``note`` is one sentence about it, such as why it failed.

    ``place`` is the folder or file that a person added, by which it is listed.
    """

    key: str
    title: str
    duration_s: float | None
    stage: Stage = "waiting"
    share: float = 0.0
    note: str = ""
    place: Path | None = None

    def now(self, stage: Stage, *, share: float = 0.0, note: str | None = None) -> RecordingRow:
        """Return the row in another stage."""
        return replace(self, stage=stage, share=share, note=self.note if note is None else note)


@dataclass(frozen=True, slots=True)
class RecordingsState:
    """What the list shows. ``rows`` is ``None`` until the folder was looked through.

    ``said`` is about the whole list, ``shown`` and ``picked`` are keys; ``over_all``: the readouts are over all.
    ``places`` are the folders and files that were added, each with the title of its group.
    """

    rows: tuple[RecordingRow, ...] | None = None
    places: tuple[tuple[Path, str], ...] = ()
    said: str = ""
    shown: str | None = None
    over_all: bool = False
    picked: frozenset[str] = frozenset()


def in_order(found: Iterable[Found], places: Sequence[Path]) -> dict[str, Found]:
    """Return recordings by key as the list has them: those of the added places, the bundled ones, one's own."""
    ranks = {place: rank for rank, place in enumerate(places)}

    def rank(one: Found) -> tuple[int, str]:
        if one.place is not None:
            return ranks.get(one.place, len(ranks)), one.key
        return len(ranks) + 1 + one.key.startswith(OWN_RECORDINGS), one.key

    return {one.key: one for one in sorted(found, key=rank)}


def row_of(found: Found) -> RecordingRow:
    """Return the row of what was found, before it is analysed."""
    recording = found.recording
    if recording is None:
        return RecordingRow(found.key, found.title, None, "failed", note=found.fault, place=found.place)
    labels = recording.labels
    about = labels.description if labels and labels.description else "unlabelled" if labels is None else ""
    note = f"{recording.title}. {about}" if labels and recording.title != recording.id else about
    if labels is not None and labels.provisional:
        note = f"{note}{'' if not note or note.endswith('. ') else ' '}Labels not checked yet: t."
    if recording.source.guessed_channel:
        note = f"{recording.source.channels} channels: the first is taken for the caller's. {note}"
    if recording.notes:
        notes = " ".join(f"{without_folder(one, recording.source.path)}." for one in recording.notes)
        note = f"{notes} {note}"
    if injections := recording.source.what_if.injections:
        note = f"Put in: {', '.join(one.words() for one in injections)}. {note}"
    return RecordingRow(found.key, found.title, recording.source.duration_s, note=note, place=found.place)
