"""Edits the labels of a recording: moves between them, and changes each in a form."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any, Literal, Protocol

from simulator.activity.model import Activity
from simulator.errors import SimulatorError
from simulator.labels.document import LabelDocument
from simulator.labels.marks import (
    KINDS,
    MOVE_KINDS,
    REPLAYED,
    SHORT_MS,
    SPOKEN,
    Kind,
    Mark,
    edges,
    free_turns,
    holds_voice,
    label_doubts,
    parted,
    stretch_for,
)
from tui.dialogs.form_dialog import FormField
from tui.host import Host
from tui.screens import with_keys

_HELP: Mapping[Kind, str] = {
    "turn": "a whole caller turn, the pauses in it included",
    "interruption": "a turn over the agent that means to stop it",
    "backchannel": "mm-hm and the like; must not stop the agent",
    "noise": "a cough, a door; must not stop the agent",
    "hesitation": "a pause in the middle of a phrase",
    "agent": "when the agent spoke in the original call",
    "move": "elastic replay shifts it as a whole",
}

_NO_VOICE = (
    "No voice was detected here: {labels.next-edge} goes to the next edge of voice; {labels.delete} takes this out."
)
_NOT_TAKEN = (
    " · Interruptions and backchannels are not taken: {labels.delete}, then {labels.add-interruption} or "
    "{labels.add-backchannel} marks one. ▲ in Tune shows what interrupted the simulated agent."
)

_ANCHORS = {"at": "at", "after_agent": "after agent", "into_agent": "into agent"}


def words_of(mark: Mark) -> str:
    """Return a label's text: its words, or what a move does and waits for."""
    if mark.anchor is None:
        return mark.words
    return f"{mark.words}, {_anchor_text(mark)} s"


def _anchor_text(mark: Mark) -> str:
    name, seconds = mark.anchor or ("after_agent", 0.5)
    return f"{_ANCHORS[name]} {seconds:g}"


def _anchor(text: str) -> tuple[str, float]:
    """Read what a move waits for. Raises :class:`ValueError` with one sentence."""
    words, _, seconds = " ".join(text.split()).rpartition(" ")
    name = next((name for name, shown in _ANCHORS.items() if shown == words), None)
    with suppress(ValueError):
        if name is not None:
            return name, float(seconds)
    raise ValueError(f"'{text[:40]}' is nothing to wait for; type at, after agent or into agent, and seconds.")


_TIME = "Seconds from the start of the recording, or minutes and seconds such as 1:02.345."

FIELDS: Sequence[FormField] = (
    FormField(name="kind", label="kind", choices=[(kind, f"{kind}: {about}") for kind, about in _HELP.items()]),
    FormField(name="start", label="start", help=_TIME),
    FormField(name="end", label="end", help=_TIME),
    FormField(
        name="words",
        label="words",
        help=f"What is said, or what makes the noise; for a move, what it holds: {', '.join(MOVE_KINDS)}.",
    ),
    FormField(
        name="waits",
        label="waits",
        help="Of a move alone: at 3.5, after agent 0.4 or into agent 1.2, in seconds.",
    ),
)
"""The fields of the form."""


def values_of(mark: Mark) -> dict[str, str]:
    """Return the form's values for a label."""
    start, end = (f"{t_ms / 1000:.3f}" for t_ms in mark.stretch)
    waits = _anchor_text(mark) if mark.kind == "move" else ""
    return {"kind": mark.kind, "start": start, "end": end, "words": mark.words, "waits": waits}


def as_mark(before: Mark, typed: Mapping[str, str]) -> Mark:
    """Return the typed label. Raises :class:`ValueError` with one sentence."""
    kind = next((kind for kind in KINDS if kind == typed["kind"]), before.kind)
    start_ms, end_ms = _ms(typed["start"]), _ms(typed["end"])
    words = " ".join(typed["words"].split())
    waits = typed.get("waits", "").strip()
    anchor = _anchor(waits or "after agent 0.5") if kind == "move" else None
    if kind == "move" and words not in MOVE_KINDS:
        if before.kind == "move":
            raise ValueError(f"A move holds one of {', '.join(MOVE_KINDS)}, not '{words[:40]}'.")
        words = before.kind if before.kind in MOVE_KINDS else "turn"
    return replace(before, kind=kind, start_ms=start_ms, end_ms=end_ms, words=words, anchor=anchor)


def _ms(text: str) -> int:
    minutes, colon, seconds = text.strip().rpartition(":")
    try:
        found = round((int(minutes) * 60 if colon else 0) * 1000 + float(seconds) * 1000)
    except (ValueError, OverflowError):
        raise ValueError(f"'{text[:40]}' is not a time; type seconds such as 12.5 or 0:12.5.") from None
    return found


READ_ONLY = "Turnlab was started with --read-only; labels can be looked at, not changed"


@dataclass(frozen=True, slots=True, eq=False)
class LabelsState:
    """The editor's state. ``changed``: the marks differ from the label file. ``problem`` is one sentence."""

    marks: tuple[Mark, ...] = ()
    chosen: Mark | None = None
    place_ms: int = 0
    changed: bool = False
    problem: str = ""


class LabelQuestions(Protocol):
    """The questions to the user about a label."""

    async def label(
        self, kind: Kind, before: Mapping[str, str], typed: Mapping[str, str], problem: str
    ) -> Mapping[str, str] | None:
        """Ask for the fields of a label. ``typed`` are earlier entries, which ``problem`` rejects.

        ``None``: no answer.
        """


class LabelsController:
    """Changes the labels in ``raw`` over an analysed recording of ``duration_ms``.

    ``publish`` gets each new state. ``keep`` is called after every change.
    """

    def __init__(
        self,
        host: Host,
        raw: Mapping[str, Any],
        duration_ms: int,
        activity: Activity,
        questions: LabelQuestions,
        *,
        publish: Callable[[LabelsState], object],
        keep: Callable[[], object],
        read_only: bool = False,
    ) -> None:
        self._host, self._questions = host, questions
        self._publish, self._keep, self._read_only = publish, keep, read_only
        self._activity, self._edges, self._duration_ms = activity, edges(activity), duration_ms
        self.document = LabelDocument(raw, duration_ms)
        self.state = LabelsState()

    @property
    def chosen(self) -> Mark | None:
        """The chosen label."""
        return self.state.chosen

    @property
    def place_ms(self) -> int:
        """The position in ms."""
        return self.state.place_ms

    def show(self, problem: str = "") -> None:
        """Publish the state, with a problem if any."""
        self._become(self.chosen, self.place_ms, problem)

    def _become(self, chosen: Mark | None, place_ms: int, problem: str = "") -> None:
        marks = self.document.marks
        chosen = chosen if chosen in marks else None
        if not problem and chosen is not None and chosen.kind in SPOKEN and not holds_voice(chosen, self._activity):
            problem = with_keys(_NO_VOICE)
        self.state = LabelsState(marks, chosen, place_ms, self.document.changed, problem)
        self._publish(self.state)

    # ---- moving

    def step(self, steps: int) -> None:
        """Choose the next or previous label, and move the position to its start.

        Moves and agent windows form sequences of their own.
        """
        aside = self.chosen.kind if self.chosen is not None and self.chosen.kind in REPLAYED else None
        marks = [one for one in self.document.marks if (one.kind == aside if aside else one.kind not in REPLAYED)]
        if self.chosen is not None and self.chosen in marks:
            at = marks.index(self.chosen) + steps
        else:
            after = [n for n, mark in enumerate(marks) if mark.start_ms >= self.place_ms]
            at = (after[0] if after else len(marks)) + (0 if steps > 0 else -1)
        if marks:
            chosen = marks[min(max(at, 0), len(marks) - 1)]
            self._become(chosen, chosen.start_ms)
        else:
            self.show()

    def step_edge(self, steps: int) -> None:
        """Move the position to an edge of detected voice."""
        here = self.place_ms
        wanted = [edge for edge in self._edges if (edge > here if steps > 0 else edge < here)]
        if wanted:
            self.go_to(wanted[0] if steps > 0 else wanted[-1])

    def go_to(self, t_ms: float, problem: str = "") -> None:
        """Move the position to a time."""
        self._become(self.chosen, min(max(round(t_ms), 0), self._duration_ms), problem)

    def point(self, t_ms: int, kinds: Collection[Kind]) -> None:
        """Move the position to a time, and choose the label of one of these kinds there."""
        under = [one for one in self.document.marks if one.kind in kinds and one.start_ms <= t_ms < one.end_ms]
        if under:
            self.state = replace(self.state, chosen=under[0])
        self.go_to(t_ms)

    # ---- changing

    def change(self, change: Callable[[], Mark | None], place_ms: int | None = None) -> bool:
        """Make a change that returns the chosen label, or say why it is impossible. Return whether it was made.

        The position moves to ``place_ms``.
        """
        if self._read_only:
            self.show(f"Not done: {READ_ONLY}.")
            return False
        try:
            chosen = change()
        except SimulatorError as error:
            self.show(str(error))
            return False
        self._become(chosen, self.place_ms if place_ms is None else place_ms)
        self._keep()
        return True

    def take_up(self, raw: Mapping[str, Any]) -> None:
        """Load labels from a stored draft, as a step that can be undone."""

        def take() -> Mark | None:
            self.document.take_up(raw)
            return self.chosen

        self.change(take)

    def add(self, kind: Kind) -> None:
        """Add a label at the position. If there is a move or an agent window there, choose that instead."""
        if kind in REPLAYED:
            there = [one for one in self.document.marks if one.kind == kind]
            if found := next((one for one in there if one.start_ms <= self.place_ms < one.end_ms), None):
                self._become(found, self.place_ms)
                return
        start_ms, end_ms = stretch_for(kind, self.place_ms, self._activity, self.document.marks)
        self.change(lambda: self.document.add(kind, start_ms, end_ms), start_ms)

    def doubts(self) -> str:
        """Return what is doubtful about the labels as they would be saved, in sentences; "" if nothing is."""
        return label_doubts(self.document.marks, self.document.labels, self._activity)

    def take_detected(self) -> None:
        """Label detected voice in one step: long stretches as turns, or else short ones as backchannels."""
        free = free_turns(self._activity, self.document.marks)
        long = [(start_ms, end_ms) for start_ms, end_ms in free if end_ms - start_ms >= SHORT_MS]
        kind: Kind = "turn" if long else "backchannel"
        added, short = 0, len(free) - len(long) if long else 0

        def take() -> Mark | None:
            nonlocal added
            added = self.document.add_detected(long or free, kind)
            return self.chosen

        if not free:
            self.show("All voice that was detected is labelled already.")
        elif self.change(take) and not added:
            self.show(with_keys("The voice that was detected lies in no move: {labels.add-move} adds one."))
        elif added:
            taken = f"{added} {kind}{'s' * (added != 1)} taken"
            missed = f"; {len(long) - added} lie in no move" if added < len(long) else ""
            sounds = f"{short} short sound{'s' * (short != 1)}"
            again = f" · {{labels.take-detected}} again takes {sounds} as backchannels" if short else ""
            undo = " · {labels.undo} takes them back"
            rest = _NOT_TAKEN if kind == "turn" else ""
            self._host.tell(with_keys(f"{taken}{missed}{again}{undo}{rest}"), "Detected voice")

    def bound(self, which: Literal["start", "end"]) -> None:
        """Set the start or the end of the chosen label to the position."""
        if (mark := self._in_hand()) is not None:
            bounds = (self.place_ms, mark.end_ms) if which == "start" else (mark.start_ms, self.place_ms)
            new = replace(mark, start_ms=bounds[0], end_ms=bounds[1])
            self.change(lambda: self.document.alter(mark, new))

    def join(self) -> None:
        """Merge the chosen label with the next one of its kind."""
        if (mark := self._in_hand()) is not None:
            after = [one for one in self.document.marks if one.kind == mark.kind and one.start_ms > mark.start_ms]
            if not after:
                self.show(f"Not done: no {mark.kind} comes after this one.")
                return
            self.change(lambda: self.document.join(mark, after[0]))

    def part(self) -> None:
        """Split the chosen label at the silence around the position, or at the position."""
        if (mark := self._in_hand()) is not None:
            two = parted(mark, self.place_ms, self._activity)
            if two is None:
                self.show(with_keys(f"Not done: the place ▼ is not inside the chosen {mark.kind}. ← → move it."))
                return
            self.change(lambda: self.document.part(mark, *two), two[1].start_ms)

    def move(self, by_ms: int) -> None:
        """Move the chosen label and the position."""
        if (mark := self._in_hand()) is not None:
            new = replace(mark, start_ms=mark.start_ms + by_ms, end_ms=mark.end_ms + by_ms)
            moved = self.change(lambda: self.document.alter(mark, new))
            if moved and self.chosen is not None and self.chosen != mark:
                self.go_to(self.chosen.start_ms)

    def delete(self) -> None:
        """Delete the chosen label."""
        if (mark := self._in_hand()) is not None:

            def delete() -> None:
                self.document.delete(mark)

            self.change(delete)

    def _in_hand(self) -> Mark | None:
        if self.chosen is None:
            self.show("No label is chosen: . goes to the next one.")
        return self.chosen

    def edit(self) -> None:
        """Ask for the fields of the chosen label."""
        self._host.start(self._edit, "label-form")

    async def _edit(self) -> None:
        if (mark := self._in_hand()) is None:
            return
        typed: Mapping[str, str] = values_of(mark)
        before, problem = typed, ""
        while (answer := await self._questions.label(mark.kind, before, typed, problem)) is not None:
            typed = answer
            try:
                new = as_mark(mark, typed)
                if self._read_only:
                    raise ValueError(f"Not done: {READ_ONLY}.")
                chosen = self.document.alter(mark, new)
            except (ValueError, SimulatorError) as error:
                problem = str(error)
                continue
            self._become(chosen, new.start_ms)
            self._keep()
            return

    def undo(self) -> None:
        """Undo the last change."""
        self._step_back_or_on(self.document.undo, "Nothing to undo.")

    def redo(self) -> None:
        """Redo the change."""
        self._step_back_or_on(self.document.redo, "Nothing to redo.")

    def _step_back_or_on(self, step: Callable[[], bool], otherwise: str) -> None:
        """Undo or redo a step, and choose the label that it restored."""
        before = self.document.marks
        if not step():
            self._host.tell(otherwise)
            return
        brought = next((mark for mark in self.document.marks if mark not in before), None)
        if brought is None:
            self.show()
        else:
            self._become(brought, brought.start_ms)
        self._keep()
