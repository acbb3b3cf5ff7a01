"""The label editor: what was truly said in a recording, put right on a large timeline."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Literal

from textual import on, work
from textual.app import ComposeResult
from textual.screen import ModalScreen
from textual.widgets import Static

from base.os_errors import os_error_text
from simulator.errors import SimulatorError
from simulator.labels.document import LabelDocument, LabelFile, LabelsChangedError, open_label_file
from simulator.labels.marks import Kind, Mark
from simulator.recording import copy_recording
from tui.commands import Place, bindings
from tui.dialogs.dialog import Confirm
from tui.dialogs.dialogs import PickOne
from tui.dialogs.form_dialog import FormDialog
from tui.labels.commands import COMMANDS
from tui.labels.kept_labels import KeptLabels
from tui.labels.label_form import FIELDS, as_mark, values_of
from tui.labels.label_places import edges, stretch_for
from tui.labels.label_timeline import LabelTimeline, label_scene
from tui.terminal_text import content, plain
from tui.tune.bench import AnalysedRecording, gone_text
from tui.widgets.key_line import KeyLine
from tui.widgets.timeline_lanes import clock_text

READ_ONLY = "Turnlab was started with --read-only; labels can be looked at, not changed"
_MINE, _THEIRS = "mine", "theirs"
_SAVE, _KEEP, _DROP = "save them", "keep them aside", "drop them"


class LabelEditor(Place, ModalScreen[None]):
    """Edits the labels of one recording.

    ``copies_to`` is the folder that a recording of ours is copied to before anything is written, ``None`` for a
    recording that is the person's own. After it is left, ``saved`` is the audio whose labels were written, if any.
    """

    TITLE_HERE = "Labels"
    COMMANDS_HERE = COMMANDS
    BINDINGS = bindings(*COMMANDS)
    CSS_PATH = Path(__file__).parent / "labels.tcss"
    AUTO_FOCUS = "LabelTimeline"

    def __init__(
        self,
        analysed: AnalysedRecording,
        file: LabelFile,
        *,
        copies_to: Path | None = None,
        read_only: bool = False,
    ) -> None:
        super().__init__()
        self.sheet = LabelDocument(file.raw, analysed.recording.duration_ms)
        self.chosen: Mark | None = None
        self.place_ms = 0
        self.saved: Path | None = None
        self._specimen = analysed
        self._audio = analysed.recording.source.path
        self._file = file
        self._copies_to = copies_to
        self._read_only = read_only
        self._kept = KeptLabels(self._audio)
        self._edges = edges(analysed.activity)

    def compose(self) -> ComposeResult:
        """Lay out the timeline over two lines about the chosen label and the place."""
        yield Static(id="labels-title", markup=False)
        yield LabelTimeline(id="label-timeline")
        yield Static(id="labels-chosen", markup=False)
        yield Static(id="labels-place", markup=False)
        yield Static(id="labels-problem", markup=False)
        yield KeyLine()

    def on_mount(self) -> None:
        """Start at the first label."""
        self._timeline.show(label_scene(self._specimen.recording.id, self._specimen.activity))
        self.action_step_label(1)
        if not self._read_only:
            self._look_for_kept()

    def on_unmount(self) -> None:
        """Leave what is kept to be offered the next time."""
        self._kept.close()

    @property
    def _timeline(self) -> LabelTimeline:
        return self.query_one(LabelTimeline)

    @work(group="kept-labels")
    async def _look_for_kept(self) -> None:
        with contextlib.suppress(OSError):
            kept = await asyncio.to_thread(self._kept.read)
            if kept is None or kept == self.sheet.raw:
                return
            text = "Labels of this recording were changed but not saved when Turnlab ended. u takes them back."
            if await self.app.push_screen_wait(Confirm("Take up unsaved labels?", text, does="takes them up")):
                self._try(lambda: self.sheet.take_up(kept))
            else:
                await asyncio.to_thread(self._kept.forget)

    # ---- what is shown

    def _show(self, problem: str = "") -> None:
        marks = self.sheet.marks
        if self.chosen not in marks:
            self.chosen = None
        self._timeline.put(marks, self.chosen, self.place_ms)
        self.query_one("#labels-title", Static).update(content(self._title_line()))
        self.query_one("#labels-chosen", Static).update(content(self._about_chosen(marks)))
        self.query_one("#labels-place", Static).update(content(self._about_place()))
        told = self.query_one("#labels-problem", Static)
        told.update(content(problem))
        told.display = bool(problem)

    def _title_line(self) -> str:
        state = "read-only" if self._read_only else "not saved" if self.sheet.changed else "no changes"
        where = self._file.path if self._copies_to is None else f"saving copies it to {self._copies_to}"
        return f"Labels of {self._specimen.recording.id} · {state} · {where}"

    def _about_chosen(self, marks: tuple[Mark, ...]) -> str:
        mark = self.chosen
        if mark is None:
            count = f"{len(marks)} label{'s' * (len(marks) != 1)}" if marks else "No labels yet"
            return f"{count}: . goes to the next, t adds a turn, n goes to the next edge of the voice"
        same = [one for one in marks if one.kind == mark.kind]
        span = f"{_exact(mark.start_ms)} to {_exact(mark.end_ms)} ({(mark.end_ms - mark.start_ms) / 1000:.3f} s)"
        return f"{mark.kind} {same.index(mark) + 1} of {len(same)} · {span} · {mark.words or 'no words'}"

    def _about_place(self) -> str:
        bedside = self._file.note or "s and e let the chosen label start and end at the place, < and > move it"
        return f"Place ▼ {_exact(self.place_ms)} · {bedside}"

    # ---- going about

    def action_step_label(self, steps: int) -> None:
        """Choose the next label, or the one before; the place goes to its start."""
        marks = self.sheet.marks
        if self.chosen is not None and self.chosen in marks:
            at = min(max(marks.index(self.chosen) + steps, 0), len(marks) - 1)
        else:
            after = [n for n, mark in enumerate(marks) if mark.start_ms >= self.place_ms]
            at = (after[0] if after else len(marks)) + (0 if steps > 0 else -1)
            at = min(max(at, 0), len(marks) - 1)
        if marks:
            self.chosen = marks[at]
            self.place_ms = self.chosen.start_ms
        self._show()

    def action_step_place(self, cells: int) -> None:
        """Move the place by cells."""
        self._go_to(self.place_ms + cells * self._timeline.view.ms_per_cell)

    def action_step_edge(self, steps: int) -> None:
        """Move the place to an edge of the detected voice."""
        wanted = [edge for edge in self._edges if (edge > self.place_ms if steps > 0 else edge < self.place_ms)]
        if wanted:
            self._go_to(wanted[0] if steps > 0 else wanted[-1])

    def _go_to(self, t_ms: float) -> None:
        self.place_ms = min(max(round(t_ms), 0), self._specimen.recording.duration_ms)
        self._show()

    def action_zoom(self, steps: int) -> None:
        """Look closer or further."""
        self._timeline.zoom(steps)

    @on(LabelTimeline.Pointed)
    def _pointed(self, message: LabelTimeline.Pointed) -> None:
        message.stop()
        under = [
            mark
            for mark in self.sheet.marks
            if mark.kind in message.kinds and mark.start_ms <= message.t_ms < mark.end_ms
        ]
        self.chosen = under[0] if under else self.chosen
        self._go_to(message.t_ms)

    # ---- changing

    def _try(self, change: Callable[[], object]) -> None:
        """Carry a change out, or say why it cannot be, and keep what came of it."""
        if self._read_only:
            self._show(f"Not done: {READ_ONLY}.")
            return
        try:
            change()
        except SimulatorError as error:
            self._show(str(error))
            return
        self._show()
        self._keep()

    @work(group="keep-labels")
    async def _keep(self) -> None:
        try:
            if self.sheet.changed:
                await asyncio.to_thread(self._kept.write, self.sheet.raw)
            else:
                await asyncio.to_thread(self._kept.forget)
        except OSError as error:
            why = plain(os_error_text(error))
            self._show(f"A crash would lose these labels: they cannot be kept ({why}). Save them soon.")

    def action_add(self, kind: Kind) -> None:
        """Add a label at the place."""
        start_ms, end_ms = stretch_for(kind, self.place_ms, self._specimen.activity)

        def add() -> None:
            self.chosen = self.sheet.add(kind, start_ms, end_ms)
            self.place_ms = start_ms

        self._try(add)

    def _alter(self, new: Mark) -> None:
        mark = self.chosen
        if mark is not None:

            def alter() -> None:
                self.chosen = self.sheet.alter(mark, new)

            self._try(alter)

    def action_bound(self, which: Literal["start", "end"]) -> None:
        """Let the chosen label start or end at the place."""
        if self._has_chosen():
            assert self.chosen is not None
            mark = self.chosen
            bounds = (self.place_ms, mark.end_ms) if which == "start" else (mark.start_ms, self.place_ms)
            self._alter(replace(mark, start_ms=bounds[0], end_ms=bounds[1]))

    def action_move(self, by_ms: int) -> None:
        """Move the chosen label as a whole; the place goes along."""
        if self._has_chosen():
            assert self.chosen is not None
            before = self.chosen
            self._alter(replace(before, start_ms=before.start_ms + by_ms, end_ms=before.end_ms + by_ms))
            if self.chosen is not None and self.chosen != before:
                self._go_to(self.chosen.start_ms)

    def action_delete(self) -> None:
        """Take the chosen label out."""
        if self._has_chosen():
            mark = self.chosen
            assert mark is not None
            self._try(lambda: self.sheet.delete(mark))

    def _has_chosen(self) -> bool:
        if self.chosen is None:
            self._show("No label is chosen: . goes to the next one.")
        return self.chosen is not None

    @work(group="label-form")
    async def action_edit(self) -> None:
        """Ask for all of the chosen label."""
        if not self._has_chosen() or self.chosen is None:
            return
        mark, problem = self.chosen, ""
        typed = before = values_of(mark)
        while True:
            form = FormDialog(f"This {mark.kind}", FIELDS, before, typed=typed, problem=problem)
            answer = await self.app.push_screen_wait(form)
            if answer is None:
                return
            typed = answer
            try:
                new = as_mark(mark, typed)
                if self._read_only:
                    raise ValueError(f"Not done: {READ_ONLY}.")
                self.chosen = self.sheet.alter(mark, new)
            except (ValueError, SimulatorError) as error:
                problem = str(error)
                continue
            self.place_ms = new.start_ms
            self._try(lambda: None)
            return

    def action_undo(self) -> None:
        """Take the last change back."""
        self._step_back_or_on(self.sheet.undo, "Nothing to undo.")

    def action_redo(self) -> None:
        """Do it again."""
        self._step_back_or_on(self.sheet.redo, "Nothing to redo.")

    def _step_back_or_on(self, step: Callable[[], bool], otherwise: str) -> None:
        """Take a step of undo, and choose what it brought."""
        before = self.sheet.marks
        if not step():
            self.notify(otherwise, markup=False)
            return
        brought = [mark for mark in self.sheet.marks if mark not in before]
        if brought:
            self.chosen, self.place_ms = brought[0], brought[0].start_ms
        self._show()
        self._keep()

    # ---- saving

    @work(group="save-labels", exclusive=True)
    async def action_save(self) -> None:
        """Write the labels."""
        if self._read_only:
            self._show(f"Not saved: {READ_ONLY}.")
        elif not self.sheet.changed:
            self.notify("Nothing to save: the labels are as the file has them.", markup=False)
        else:
            await self._save()

    async def _save(self) -> bool:
        try:
            if self._copies_to is not None and not await self._copy(self._copies_to):
                return False
            try:
                self._file = await asyncio.to_thread(self._file.write, self.sheet.raw)
            except LabelsChangedError as error:
                if not await asyncio.to_thread(os.path.exists, self._file.path):
                    await self._write_mine()  # it went; there is nobody's to ask about
                elif not await self._settle(str(error)):
                    return False
        except SimulatorError as error:
            self._show(f"{gone} {error}" if (gone := await self._gone()) else str(error))
            return False
        self.saved = self._audio
        self.sheet.kept()
        self._keep()
        self._show(await self._gone())
        self.notify(f"{plain(str(self._file.path))}, readable by you alone.", title="Saved", markup=False)
        return True

    async def _gone(self) -> str:
        """Return what to say if the recording has gone while its labels are edited."""
        there = await asyncio.to_thread(os.path.exists, self._audio)
        return "" if there else f"{gone_text(self._audio.name)} Its labels are used once it is back."

    async def _copy(self, folder: Path) -> bool:
        text = (
            "Recordings that come with Turnlab stay as they are. A copy of this one goes to\n"
            f"{folder}\nand is listed with the others from then on; the labels are saved there."
        )
        if not await self.app.push_screen_wait(Confirm("Copy the recording first?", text, does="copies and saves")):
            return False
        audio = await asyncio.to_thread(copy_recording, self._audio, folder)
        duration_s = self._specimen.recording.source.duration_s
        self._file = await asyncio.to_thread(open_label_file, audio, duration_s)
        with contextlib.suppress(OSError):
            await asyncio.to_thread(self._kept.forget)
        self._audio, self._copies_to, self._kept = audio, None, KeptLabels(audio)
        return True

    async def _write_mine(self) -> None:
        """Write the person's own labels, whatever is there. Raises SimulatorError."""
        write = lambda: self._file.write(self.sheet.raw, replace_changed=True)  # noqa: E731
        self._file = await asyncio.to_thread(write)

    async def _settle(self, why: str) -> bool:
        """Ask whose labels are to stand; return whether the person's own were written. Raises SimulatorError."""
        choices = [
            (_MINE, "Write yours over what is there now."),
            (_THEIRS, "Take what is there now; yours come back with u."),
        ]
        answer = await self.app.push_screen_wait(PickOne(f"{plain(why)}. Whose stand?", choices))
        if answer == _MINE:
            await self._write_mine()
            return True
        if answer == _THEIRS:
            duration_s = self._specimen.recording.source.duration_s
            self._file = await asyncio.to_thread(open_label_file, self._audio, duration_s)
            self.sheet.replace_all(self._file.raw)
            self.saved = self._audio
            self._keep()
            self._show()
        return False

    @work(group="leave-labels", exclusive=True)
    async def action_leave(self) -> None:
        """Go back to Tune, not without asking about labels that are not saved."""
        if self.sheet.changed:
            choices = [
                (_SAVE, "Write the labels to the recording's label file."),
                (_KEEP, "They are offered when the labels of this recording are opened again."),
                (_DROP, "Leave the label file as it is; the changes are lost."),
            ]
            answer = await self.app.push_screen_wait(PickOne("The labels are not saved", choices))
            if answer is None or (answer == _SAVE and not await self._save()):
                return
            if answer == _DROP:
                with contextlib.suppress(OSError):
                    await asyncio.to_thread(self._kept.forget)
        self.dismiss(None)


def _exact(t_ms: int) -> str:
    return f"{clock_text(t_ms, 1000)}.{t_ms % 1000:03d}"
