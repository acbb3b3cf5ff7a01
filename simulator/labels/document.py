"""Edits a label file: adds, moves and deletes marks, and leaves everything else in it unchanged."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from base.files import write_private
from base.json_text import json_bytes
from base.os_errors import os_error_text
from base.undo import UndoStack
from simulator.errors import LabelError
from simulator.labels.audacity import json_of_track
from simulator.labels.faults import first_fault
from simulator.labels.marks import MOVE_KINDS, REPLAYED, Kind, Mark, entry_stretch, lists_of, marks
from simulator.labels.model import Labels
from simulator.labels.reading import labels_beside, origin_of, read_json, read_labels

ORIGIN = "human (edited in Turnlab)"
"""``label_origin`` of an edited file; the previous origin follows it."""
DETECTED = "detected by Turnlab (not checked)"
"""``label_origin`` of a file with detected turns, until a person confirms them."""
ROOM_BEFORE_MS, ROOM_AFTER_MS = 50, 300
"""Room tone of a move before and after its sound, ms: the minimum of ``recordings/README.md``."""

_ANCHORS = ("at", "after_agent", "into_agent")
_MEASURED_FROM_START = ("speech_0_8s_reached_s",)
"""Details of an event that are valid only for its old start."""


class LabelDocument:
    """A label file being edited; every change can be undone.

    ``raw`` is the file's content, ``duration_ms`` the recording's length. A change that is not possible raises
    :class:`~simulator.errors.LabelError` with one sentence and changes nothing.
    """

    def __init__(self, raw: Mapping[str, Any], duration_ms: int) -> None:
        self._edits: UndoStack[dict[str, Any]] = UndoStack(copy.deepcopy(dict(raw)))
        self._duration_ms = duration_ms
        self._kept = self._raw
        self._marks_of: dict[str, Any] | None = None
        self._marks: tuple[Mark, ...] = ()

    @property
    def _raw(self) -> dict[str, Any]:
        return self._edits.value

    @property
    def raw(self) -> dict[str, Any]:
        """The current content. After a person's change, its origin says so, and it is no longer provisional."""
        origin = str(self._raw.get("label_origin") or "")
        if self._raw == self._kept or origin.startswith((ORIGIN, DETECTED)):
            return self._raw
        return _corrected(self._raw)

    @property
    def marks(self) -> tuple[Mark, ...]:
        """All marks, in time order."""
        if self._marks_of is not self._raw:
            self._marks_of, self._marks = self._raw, marks(self._raw)
        return self._marks

    @property
    def changed(self) -> bool:
        """Whether the content differs from the last saved one."""
        return self._raw != self._kept

    @property
    def labels(self) -> Labels:
        """The labels as the simulator reads them."""
        return Labels.model_validate(self.raw)

    @property
    def unchecked(self) -> bool:
        """Whether it contains detected turns that no person has confirmed."""
        origin = str(self._raw.get("label_origin") or "")
        return bool(self._raw.get("provisional")) and origin.startswith(DETECTED)

    def confirm(self) -> None:
        """Note, as an undoable step, that a person has confirmed the detected turns."""
        self._edits.move_to(_corrected(self._raw))

    def kept(self) -> None:
        """Note that the current content has been saved."""
        self._kept = self.raw
        self._edits.rewrite(self._kept)

    def take_up(self, raw: Mapping[str, Any]) -> None:
        """Replace the content with content saved elsewhere, as an undoable step. Raises :class:`LabelError`."""
        _refuse_invalid(raw)
        self._edits.move_to(copy.deepcopy(dict(raw)))

    def replace_all(self, raw: Mapping[str, Any]) -> None:
        """Replace the content with another file's, as an undoable step that counts as saved."""
        self._edits.move_to(copy.deepcopy(dict(raw)))
        self._kept = self._raw

    def undo(self) -> bool:
        """Undo the last step; return whether there was one."""
        return self._edits.undo()

    def redo(self) -> bool:
        """Redo the last undone step; return whether there was one."""
        return self._edits.redo()

    def add(self, kind: Kind, start_ms: int, end_ms: int, words: str = "") -> Mark:
        """Add a mark."""
        mark = Mark(kind, start_ms, end_ms, words)
        self._change(None, mark)
        return self._find(mark)

    def add_detected(self, stretches: Iterable[tuple[int, int]], kind: Kind = "turn") -> int:
        """Add marks over stretches (ms) as one step; return how many. Impossible ones are left out.

        The file is then provisional until :meth:`confirm`.
        """
        raw, added = self._raw, 0
        for start_ms, end_ms in stretches:
            with suppress(LabelError):
                raw = self._with(raw, None, Mark(kind, start_ms, end_ms))
                added += 1
        if added:
            self._edits.move_to(raw | {"provisional": True, "label_origin": _origin(DETECTED, raw)})
        return added

    def delete(self, mark: Mark) -> None:
        """Delete a mark."""
        self._change(mark, None)

    def alter(self, mark: Mark, new: Mark) -> Mark:
        """Move a mark, or change its kind or words; return the new mark."""
        if replace(new, places=()) == replace(mark, places=()):
            return mark
        self._change(mark, new)
        return self._find(new)

    def join(self, mark: Mark, after: Mark) -> Mark:
        """Extend a mark to the end of a later one, with the words of both, as one step; return the new mark."""
        words = " ".join(filter(None, (mark.words, after.words)))
        new = replace(mark, end_ms=max(mark.end_ms, after.end_ms), words=mark.words if mark.anchor else words)
        self._edits.move_to(self._with(self._with(self._raw, after, None), mark, new))
        return self._find(new)

    def part(self, mark: Mark, first: Mark, second: Mark) -> Mark:
        """Replace one mark with two, as one step; return the second."""
        self._edits.move_to(self._with(self._with(self._raw, mark, first), None, second))
        return self._find(second)

    def _find(self, wanted: Mark) -> Mark:
        """Return a mark just added; if the file already had an equal one, the two are one mark."""

        def distance(one: Mark) -> tuple[int, bool]:
            return sum(
                abs(a - b) for a, b in zip(one.stretch, wanted.stretch, strict=True)
            ), one.kind != wanted.kind

        return min(self.marks, key=distance)

    def _change(self, old: Mark | None, new: Mark | None) -> None:
        self._edits.move_to(self._with(self._raw, old, new))

    def _with(self, before: dict[str, Any], old: Mark | None, new: Mark | None) -> dict[str, Any]:
        """Return the content with one mark replaced by another. Raises :class:`LabelError`."""
        raw = copy.deepcopy(before)
        if new is not None:
            self._refuse_outside(new)
        _put(raw, old, new)
        kinds = {mark.kind for mark in (old, new) if mark is not None}
        if new is not None and new.kind not in REPLAYED and (old is None or old.stretch != new.stretch):
            _fit_moves(raw, new, self._duration_ms)
        _refuse_invalid(raw)
        if "move" in kinds:
            _refuse_unplayed(before, raw)
        return raw

    def _refuse_outside(self, mark: Mark) -> None:
        if mark.end_ms <= mark.start_ms:
            raise LabelError("Not done: it would end before it starts.")
        if mark.start_ms < 0 or mark.end_ms > self._duration_ms:
            raise LabelError(f"Not done: the recording goes from 0 to {self._duration_ms / 1000:.3f} s.")


def _refuse_invalid(raw: Mapping[str, Any]) -> None:
    try:
        Labels.model_validate(raw)
    except ValidationError as error:
        raise LabelError(f"Not done: {first_fault(error)}.") from None


def _corrected(raw: Mapping[str, Any]) -> dict[str, Any]:
    """Return the content after a person's correction: no longer provisional, with a new origin."""
    corrected = {name: value for name, value in raw.items() if name != "provisional"}
    return corrected | {"label_origin": _origin(ORIGIN, raw)}


def _origin(now: str, raw: Mapping[str, Any]) -> str:
    """Return the new origin, followed by the previous one unless that was Turnlab's own."""
    before = str(raw.get("label_origin") or "")
    for ours in (DETECTED, ORIGIN):
        before = before.removeprefix(ours).removeprefix(", before: ")
    return f"{now}, before: {before}" if before else now


def _refuse_unplayed(before: Mapping[str, Any], after: Mapping[str, Any]) -> None:
    """Raise :class:`LabelError` if a change of moves leaves a label outside every move that was inside one."""
    lost = _outside_moves(after) - _outside_moves(before)
    if after.get("moves") and before.get("moves") and lost:
        start_ms, _ = min(lost)
        raise LabelError(
            f"Not done: the label at {start_ms / 1000:g} s would lie in no move, so elastic replay would never "
            "play it; take that label out first, or all moves to play the recording as it is."
        )


def _outside_moves(raw: Mapping[str, Any]) -> set[tuple[int, int]]:
    bounds = [entry_stretch(move) for move in raw.get("moves") or ()]
    return {
        mark.stretch
        for mark in marks(raw)
        if mark.kind not in REPLAYED
        and " bed" not in mark.words
        and not any(start <= mark.start_ms and mark.end_ms <= end for start, end in bounds)
    }


def _put(raw: dict[str, Any], old: Mark | None, new: Mark | None) -> None:
    """Replace the old mark's entries with the new mark's, and keep their details."""
    there = dict(old.places) if old is not None else {}
    same_kind = old is not None and new is not None and old.kind == new.kind
    wanted = () if new is None else tuple(there) if same_kind else lists_of(new)
    for name in {*there, *wanted}:
        entries = raw.setdefault(name, [])
        if name not in wanted:
            del entries[there[name]]
        elif new is not None and name in there:
            entries[there[name]] = _moved(entries[there[name]], new, retyped=not same_kind)
        elif new is not None:
            entries.append(_entry(name, new))
        entries.sort(key=entry_stretch)


def _moved(entry: Any, mark: Mark, *, retyped: bool) -> Any:
    """Return an entry with a mark's stretch and words; its other fields stay."""
    start_s, end_s = mark.start_ms / 1000, mark.end_ms / 1000
    if not isinstance(entry, Mapping):
        return [start_s, end_s, mark.words or entry[2]] if len(entry) == 3 else [start_s, end_s]
    now = {**entry, "start_s": start_s, "end_s": end_s}
    if mark.kind == "move":
        return now | _move_details(mark)
    if start_s != entry["start_s"]:
        now = {name: value for name, value in now.items() if name not in _MEASURED_FROM_START}
    if retyped and "type" in entry:
        now |= {"type": mark.kind, "should_barge_in": mark.kind == "interruption"}
    name = "what" if now.get("type") == "noise" else "text"
    if mark.words or name in entry:
        now[name] = mark.words
    return now


def _entry(name: str, mark: Mark) -> Any:
    """Return a new entry for one of a mark's lists."""
    start_s, end_s = mark.start_ms / 1000, mark.end_ms / 1000
    if name == "noises":
        return [start_s, end_s, mark.words or "noise"]
    if name in ("backchannels", "hesitations", "agent"):
        return [start_s, end_s]
    stretch = {"start_s": start_s, "end_s": end_s}
    if name == "moves":
        return stretch | _move_details(mark)
    if name == "turns":
        return stretch | {"text": mark.words}
    event = {"type": mark.kind, **stretch, "should_barge_in": mark.kind == "interruption"}
    return event | ({"what" if mark.kind == "noise" else "text": mark.words} if mark.words else {})


def _move_details(mark: Mark) -> dict[str, Any]:
    """Return a move's content and anchor; the default is a turn half a second after the agent."""
    name, seconds = mark.anchor or ("after_agent", 0.5)
    return {"anchor": {name: seconds}, "kind": mark.words if mark.words in MOVE_KINDS else "turn"}


def _fit_moves(raw: dict[str, Any], mark: Mark, duration_ms: int) -> None:
    """Extend the move that contains a mark so that all of the mark lies in it: elastic replay plays only moves.

    A mark over several moves extends from the first to the last of them.
    """
    moves = raw.get("moves") or []
    bounds = [entry_stretch(move) for move in moves]
    own = [n for n, (start, end) in enumerate(bounds) if start < mark.end_ms and mark.start_ms < end]
    if not moves or len(own) > 1:
        return
    if not own:
        raise LabelError(
            "Not done: no move of this recording lies there, so elastic replay never plays it; add a move to the "
            "label file first, or take 'moves' out of it to play the recording as it is."
        )
    number = own[0]
    start_ms, end_ms = bounds[number]
    before = bounds[number - 1][1] if number else 0
    after = bounds[number + 1][0] if number + 1 < len(bounds) else duration_ms
    start_ms = min(start_ms, max(mark.start_ms - ROOM_BEFORE_MS, before))
    end_ms = max(end_ms, min(mark.end_ms + ROOM_AFTER_MS, after))
    moves[number] = _grown(moves[number], start_ms, end_ms)


def _grown(move: dict[str, Any], start_ms: int, end_ms: int) -> dict[str, Any]:
    """Return a move with other bounds. If it begins earlier, its anchor waits less, so its sound stays in place."""
    sooner_s = float(move["start_s"]) - start_ms / 1000
    anchor = {
        name: round(max(float(value) - sooner_s, 0.0), 6) if name in _ANCHORS and value is not None else value
        for name, value in move["anchor"].items()
    }
    return {**move, "start_s": start_ms / 1000, "end_s": end_ms / 1000, "anchor": anchor}


# ---- the document's file


class LabelsChangedError(LabelError):
    """The file on disk has changed since it was opened: another program wrote it."""


@dataclass(frozen=True, slots=True)
class LabelFile:
    """A recording's label file: its path, its content, and what was on disk when it was opened.

    ``before`` is ``None`` where there was no such file; ``note`` is one sentence about the origin of the labels.
    """

    path: Path
    raw: Mapping[str, Any]
    before: bytes | None
    note: str = ""

    def write(self, raw: Mapping[str, Any], *, replace_changed: bool = False) -> LabelFile:
        """Write other content atomically, readable only by the owner, and return the new file.

        Raises :class:`LabelsChangedError` if the file has changed since it was opened, unless ``replace_changed``,
        and :class:`~simulator.errors.LabelError`. After an error the file is unchanged.
        """
        if not replace_changed and _content(self.path) != self.before:
            raise LabelsChangedError(f"{self.path} was changed by something else since it was opened")
        content = json_bytes(raw, indent=1)
        try:
            write_private(self.path, content, replace=replace_changed or self.before is not None)
        except FileExistsError:
            raise LabelsChangedError(f"{self.path} exists by now") from None
        except OSError as error:
            raise LabelError(
                f"{self.path}: {os_error_text(error)}; nothing was saved. Make room or copy the recording"
            ) from None
        return LabelFile(self.path, raw, content)


def open_label_file(audio: Path, duration_s: float) -> LabelFile:
    """Return the labels beside a recording for editing; they are always written as JSON.

    Raises :class:`~simulator.errors.LabelError` for an invalid file, which must be corrected by hand first.
    """
    target = audio.with_suffix(".json")
    try:
        found = labels_beside(audio)
    except OSError as error:
        raise LabelError(f"{audio.with_suffix('.txt')}: {os_error_text(error)}") from None
    before = _content(target)
    if found is None:
        raw = {"id": audio.stem, "audio": audio.name, "duration_s": round(duration_s, 3), "turns": []}
        return LabelFile(target, raw, before, f"Not labelled yet; labels will be in {target.name}.")
    labels = read_labels(found, duration_s)
    if found == target:
        raw = read_json(target)
        note = "The agent's own guess: nothing is measured against it until you have changed and saved it."
        if str(raw.get("label_origin") or "").startswith(DETECTED):
            note = "Detected turns: nothing is measured against them until you save and confirm them."
        return LabelFile(target, raw, before, note if labels.provisional else "")
    raw, _, _ = json_of_track(labels, {}, origin_of(found))
    return LabelFile(target, raw, before, f"From {found.name}; {target.name} will be used instead of it.")


def _content(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise LabelError(f"{path}: {os_error_text(error)}") from None
