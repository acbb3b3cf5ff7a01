"""The label editor: the true turns of a recording, corrected on a large timeline."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Literal, TypeVar

from textual import on
from textual.app import ComposeResult
from textual.reactive import var
from textual.screen import ModalScreen, Screen
from textual.widgets import Static

from simulator.labels.document import LabelFile
from simulator.labels.marks import TURN_GAP_S, Kind, Mark
from tui.commands.place import Place, bindings
from tui.dialogs.dialog import Confirm
from tui.dialogs.dialogs import PickOne
from tui.dialogs.form_dialog import FormDialog
from tui.host import ScreenHost, ask_over
from tui.labels.commands import COMMANDS
from tui.labels.editing import FIELDS, LabelsController, LabelsState, words_of
from tui.labels.label_timeline import LabelTimeline, label_scene
from tui.labels.playing import HearingController, remembered_speaker
from tui.labels.saving import LabelFileController
from tui.screens import with_keys
from tui.terminal_text import content, plain, show_text
from tui.tune.bench import AnalysedRecording
from tui.widgets.key_line import KeyLine
from tui.widgets.timeline import TIMELINE_STYLES
from tui.widgets.timeline_lanes import clock_text

MEANS: Mapping[Kind, str] = {
    "turn": f"A whole caller turn: what is said until the agent speaks or {TURN_GAP_S:g} s are silent.",
    "interruption": "Speech over the agent that wants the turn: it should stop the agent.",
    "backchannel": "Mm-hm and the like: the agent should talk on, else it is a false barge-in.",
    "noise": "A cough, a door: the agent should talk on, else it is a false barge-in.",
    "hesitation": "Silence inside a phrase: an end of turn decided in it cuts the caller off.",
    "agent": "When the agent spoke in the original call: scripted replay goes by it.",
    "move": "Elastic replay shifts it as a whole: the caller waits for the agent.",
}
"""The meaning of each kind of label, and its effect."""
LANES_MEAN = "stops it: must stop the agent · does not: mm-hm and noise it should talk through"

_MINE, _THEIRS = "mine", "theirs"
_CHECKED, _NOT_YET = "I heard them, they are right", "not yet"
_SAVE, _KEEP, _DROP = "save them", "keep them aside", "drop them"

T = TypeVar("T")


class LabelDialogs:
    """The dialogs of the editor's controllers."""

    def __init__(self, screen: Screen[None]) -> None:
        self._screen = screen

    async def _ask(self, dialog: Screen[T]) -> T | None:
        return await ask_over(self._screen, dialog)

    async def label(
        self, kind: Kind, before: Mapping[str, str], typed: Mapping[str, str], problem: str
    ) -> Mapping[str, str] | None:
        """Ask for the fields of a label."""
        return await self._ask(FormDialog(f"This {kind}", FIELDS, before, typed=typed, problem=problem))

    async def take_up(self) -> bool | None:
        """Ask whether to continue with a stored draft."""
        text = (
            "Labels of this recording were changed but not saved when Turnlab ended. {labels.undo} takes them back."
        )
        text = with_keys(text)
        return await self._ask(Confirm("Take up unsaved labels?", text, does="takes them up"))

    async def checked(self, doubts: str) -> bool | None:
        """Ask whether the detected turns are right."""
        choices = [
            (_NOT_YET, "They are saved as provisional: drawn, and nothing is measured against them."),
            (_CHECKED, "Readouts and evaluation measure against them."),
        ]
        title = "Labels are as Turnlab detected them. Did you check them?"
        answer = await self._ask(PickOne(f"{title} {doubts}".rstrip(), choices))
        return None if answer is None else answer == _CHECKED

    async def despite(self, doubts: str) -> bool | None:
        """Ask whether to save doubtful labels."""
        return await self._ask(Confirm("Save these labels?", doubts, does="saves them"))

    async def copy_first(self, folder: Path) -> bool | None:
        """Ask whether to copy the recording first."""
        text = (
            "Recordings that come with Turnlab stay as they are. A copy of this one goes to\n"
            f"{folder}\nand is then listed with the others; the labels are saved there."
        )
        return await self._ask(Confirm("Copy the recording first?", text, does="copies and saves"))

    async def whose(self, why: str) -> Literal["mine", "theirs"] | None:
        """Ask which labels to keep."""
        choices = [
            (_MINE, "Write yours over what is there now."),
            (_THEIRS, "Take what is there now; yours come back with u."),
        ]
        answer = await self._ask(PickOne(f"{plain(why)}. Whose stand?", choices))
        return None if answer is None else "mine" if answer == _MINE else "theirs"

    async def leave(self) -> Literal["save", "keep", "drop"] | None:
        """Ask what to do with unsaved labels."""
        choices = [
            (_SAVE, "Write the labels to the recording's label file."),
            (_KEEP, "They are offered when the labels of this recording are opened again."),
            (_DROP, "Leave the label file as it is; the changes are lost."),
        ]
        answer = await self._ask(PickOne("The labels are not saved", choices))
        return None if answer is None else "save" if answer == _SAVE else "keep" if answer == _KEEP else "drop"


class LabelEditor(Place, ModalScreen[None]):
    """Edits the labels of one recording.

    ``copies_to`` is the folder to which a bundled recording is copied before anything is written; ``None`` for the
    user's own recording. After closing, ``files.saved`` is the audio whose labels were written.
    """

    TITLE_HERE = "Labels"
    COMMANDS_HERE = COMMANDS
    FIRST_IN_FOOTER = ("labels.save", "labels.add-turn", "labels.take-detected", "labels.play")
    BINDINGS = bindings(*COMMANDS)
    CSS_PATH = [TIMELINE_STYLES, Path(__file__).parent / "labels.tcss"]  # noqa: RUF012  (Textual's type)
    AUTO_FOCUS = "LabelTimeline"

    edited: var[LabelsState] = var(LabelsState(), init=False)

    def __init__(
        self,
        analysed: AnalysedRecording,
        file: LabelFile,
        *,
        copies_to: Path | None = None,
        read_only: bool = False,
    ) -> None:
        super().__init__()
        self._analysed, self._read_only = analysed, read_only
        self.wants: Literal["", "symptoms", "evaluation"] = ""
        """What the user left the editor for."""
        recording, host, ask = analysed.recording, ScreenHost(self), LabelDialogs(self)
        self.files = LabelFileController(
            host,
            lambda: self.labels,
            file,
            recording.source.path,
            recording.source.duration_s,
            ask,
            copies_to=copies_to,
            read_only=read_only,
            leave=lambda: self.dismiss(None),
        )
        self.labels = LabelsController(
            host,
            file.raw,
            recording.duration_ms,
            analysed.activity,
            ask,
            publish=lambda state: setattr(self, "edited", state),
            keep=self.files.keep,
            read_only=read_only,
        )

        self.hearing = HearingController(host, analysed, self.labels, remembered_speaker)

    def compose(self) -> ComposeResult:
        """Lay out the timeline above the chosen label, its meaning, and the position."""
        yield Static(id="labels-title", markup=False)
        yield LabelTimeline(id="label-timeline")
        yield Static(id="labels-chosen", markup=False)
        yield Static(id="labels-meaning", markup=False)
        yield Static(id="labels-place", markup=False)
        yield Static(id="labels-problem", markup=False)
        yield KeyLine()

    def on_mount(self) -> None:
        """Choose the first label."""
        self.timeline.show(label_scene(self._analysed.recording.id, self._analysed.activity))
        self.labels.step(1)
        self.files.look_for_kept()

    def on_unmount(self) -> None:
        """Stop playback, and leave the stored draft for the next time."""
        self.hearing.close()
        self.files.close()

    @property
    def timeline(self) -> LabelTimeline:
        """The drawing."""
        return self.query_one(LabelTimeline)

    # ---- display

    def watch_edited(self, state: LabelsState) -> None:
        """Show the labels, unless the editor is closing: playback may continue for a moment."""
        if not self.query(LabelTimeline):
            return
        self.timeline.put(state.marks, state.chosen, state.place_ms)
        show_text(self.query_one("#labels-title", Static), content(self._title_line(state)))
        show_text(self.query_one("#labels-chosen", Static), content(_about_chosen(state)))
        means = MEANS[state.chosen.kind] if state.chosen else LANES_MEAN
        show_text(self.query_one("#labels-meaning", Static), content(means))
        about = self.files.file.note or "s e: starts, ends here · < > moves · J joins next · S parts"
        show_text(self.query_one("#labels-place", Static), content(f"Place ▼ {_exact(state.place_ms)} · {about}"))
        line = self.query_one("#labels-problem", Static)
        show_text(line, content(state.problem))
        line.display = bool(state.problem)

    def _title_line(self, state: LabelsState) -> str:
        stands = "read-only" if self._read_only else "not saved" if state.changed else "no changes"
        stands += ", provisional" if self.labels.document.unchecked else ""
        copies_to = self.files.copies_to
        where = self.files.file.path if copies_to is None else f"saving copies it to {copies_to}"
        return f"Labels of {self._analysed.recording.id} · {stands} · {where}"

    # ---- moving

    def action_leave_for(self, what: Literal["symptoms", "evaluation"]) -> None:
        """Return to Tune and open a dialog there, unless unsaved labels need a question first."""
        if self.edited.changed:
            does = "{app.symptoms} says what helps" if what == "symptoms" else "{tune.evaluate} scores the arms"
            said = with_keys(f"{{labels.save}} saves the labels; then {does}, measured with them.")
            self.notify(said, title=f"Not now: {what.title()}", severity="warning", markup=False)
        else:
            self.wants = what
            self.files.leave()

    def action_step_place(self, cells: int) -> None:
        """Move the position by cells."""
        self.labels.go_to(self.labels.place_ms + cells * self.timeline.view.ms_per_cell)

    @on(LabelTimeline.Pointed)
    def _pointed(self, message: LabelTimeline.Pointed) -> None:
        message.stop()
        self.labels.point(message.t_ms, message.kinds)


def _about_chosen(state: LabelsState) -> str:
    mark, marks = state.chosen, state.marks
    if mark is None:
        count = f"{len(marks)} label{'s' * (len(marks) != 1)}" if marks else "No labels yet"
        return f"{count}: . next, t adds a turn, T takes all that was detected"
    same: list[Mark] = [one for one in marks if one.kind == mark.kind]
    span = f"{_exact(mark.start_ms)} to {_exact(mark.end_ms)} ({(mark.end_ms - mark.start_ms) / 1000:.3f} s)"
    return f"{mark.kind} {same.index(mark) + 1} of {len(same)} · {span} · {words_of(mark) or 'no words'}"


def _exact(t_ms: int) -> str:
    return f"{clock_text(t_ms, 1000)}.{t_ms % 1000:03d}"
