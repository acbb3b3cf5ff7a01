"""The questions of Tune's controllers, asked by dialogs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Literal, TypeVar

from textual.screen import Screen

from presets.config import VoiceConfig
from presets.library import Preset
from services.changes.errors import Conflict
from services.changes.fields import FieldsPlan
from simulator.labels.document import LabelFile
from tui.dialogs.dialog import Confirm, TextDialog
from tui.dialogs.dialogs import Find, FindDialog, LineEntry, PickOne, PickRows, UnsavedChanges
from tui.dialogs.folder_dialog import FolderDialog
from tui.dialogs.plan_dialog import fields_plan_dialog
from tui.host import ask_over, drop_notices, in_view
from tui.labels.screen import LabelEditor
from tui.readouts import row_keys
from tui.tune.arms import ComparisonArm
from tui.tune.bench import AnalysedRecording
from tui.tune.choosing_dialogs import ArmsDialog, PresetsDialog, TextEntry, value_dialog
from tui.tune.comparing import ArmRequest
from tui.tune.evaluating import Answer, Evaluated, EvaluationDialog
from tui.tune.evaluating import EvaluationInput as EvaluationMaterial
from tui.tune.fields import FieldState
from tui.tune.journal import KeptDraft
from tui.tune.labelling import LABELS
from tui.tune.presets import PresetRequest
from tui.tune.recording_list import RecordingList
from tui.tune.saving_dialogs import ExportTo, KeptDialog, MergeDialog, Mixing
from tui.tune.sensitivity import SensitivityDialog, why_no_curve
from tui.tune.symptom_guide import SymptomGuide
from tui.tune.symptom_trials import TrialInput, Use
from tui.tune.symptoms import SYMPTOMS, Advice, Offer, Symptom
from tui.tune.trial import Measurement, Trial, TrialOutcome, TrialRunner
from tui.tune.worst_turns import WorseTurn, WorstTurns
from tui.widgets.timeline import Timeline

T = TypeVar("T")


class DraftDialogs:
    """The dialogs about a draft, over a screen."""

    def __init__(self, screen: Screen[Any]) -> None:
        self._screen = screen

    async def ask(self, dialog: Screen[T]) -> T | None:
        """Show a dialog and return its answer."""
        return await ask_over(self._screen, dialog)

    def show(self, dialog: Screen[Any]) -> None:
        """Show a dialog without an answer."""
        if in_view(self._screen):
            self._screen.app.push_screen(dialog)

    async def take_up(self, what: str, kept: KeptDraft) -> Literal["take", "drop", "later"] | None:
        """Ask what to do with a kept draft, once its screen is visible."""
        if self._screen.app.screen is not self._screen:
            return "later"
        return await self.ask(KeptDialog(what, kept))

    async def merge(self, title: str, both: Sequence[Conflict]) -> tuple[str, ...] | None:
        """Ask which value each field should have."""
        return await self.ask(MergeDialog(title, both))

    async def value(self, state: FieldState) -> object:
        """Ask for a value that needs more than a line."""
        return await self.ask(value_dialog(state))

    async def find(self, title: str, find: Find) -> str | None:
        """Ask for one of many by a part of its name."""
        return await self.ask(FindDialog(title, find))


class TuneDialogs(DraftDialogs):
    """The dialogs of all of Tune's controllers. ``runner`` tries what the symptom guide offers."""

    def __init__(self, screen: Screen[Any], runner: TrialRunner) -> None:
        super().__init__(screen)
        self._runner = runner
        self._complaint: Symptom | None = None

    # ---- small questions

    async def pick(
        self, question: str, choices: Sequence[tuple[str, str]], current: str | None = None
    ) -> str | None:
        """Ask for one of several named items."""
        return await self.ask(PickOne(question, choices, current))

    async def confirm(self, title: str, text: str, does: str) -> bool | None:
        """Ask whether to do something."""
        return await self.ask(Confirm(title, text, does=does))

    async def line(self, title: str, hint: str, text: str, read: Callable[[str], T]) -> T | None:
        """Ask for a line of text."""
        return await self.ask(LineEntry(title, hint, text, read))

    async def text(
        self, title: str, hint: str, text: str, read: Callable[[str], T], tell: Callable[[T], str]
    ) -> T | None:
        """Ask for several lines of text."""
        return await self.ask(TextEntry(title, hint, text, read, tell))

    async def folder(self, start: Path) -> Path | None:
        """Ask for a folder of recordings or one recording. The list then shows it."""
        return await self.ask(FolderDialog("Add recordings of yours", start))

    def look_at_added(self) -> None:
        """Focus the list of recordings, on what is shown next."""
        self._screen.query_one(RecordingList).follow()

    async def copied(self, name: str, text: str) -> object:
        """Copy a text to the clipboard, and show it."""
        self._screen.app.copy_to_clipboard(text)
        return await self.ask(TextDialog(f"Copied: {name}", text))

    async def edit_labels(
        self, analysed: AnalysedRecording, file: LabelFile, copies_to: Path | None
    ) -> Path | None:
        """Show the label editor. Return the audio whose labels were saved."""
        read_only = bool(getattr(self._screen.app, "read_only", False))
        editor = LabelEditor(analysed, file, copies_to=copies_to, read_only=read_only)
        await self.ask(editor)
        if editor.files.saved is None:
            drop_notices(editor)
        if editor.wants:
            self._screen.run_worker(self._after_labels(editor.wants), "after labels")
        return editor.files.saved

    async def _after_labels(self, wanted: Literal["symptoms", "evaluation"]) -> None:
        """Do what the user left the editor for, once the new labels are taken in."""
        workers = self._screen.workers
        await workers.wait_for_complete([one for one in workers if one.group == LABELS])
        action = "app.show_symptoms" if wanted == "symptoms" else "part('evaluation', 'evaluate')"
        await self._screen.run_action(action)

    # ---- saving and leaving

    async def send(
        self, title: str, plan: FieldsPlan, aside: Sequence[str], found: str, *, enter_sends: bool
    ) -> bool | None:
        """Show what would be sent and ask whether to."""
        return await self.ask(fields_plan_dialog(f"Save to {title}?", plan, aside, found, enter_agrees=enter_sends))

    async def take_back(self, title: str, plan: FieldsPlan, *, enter_sends: bool) -> bool | None:
        """Show what undoing a save would send, and ask for agreement."""
        return await self.ask(
            fields_plan_dialog(f"Take back the last save to {title}?", plan, enter_agrees=enter_sends)
        )

    async def leave(self, title: str, count: int, *, can_save: bool) -> Literal["save", "discard", "keep"] | None:
        """Ask what to do with unsaved changes."""
        return await self.ask(UnsavedChanges(title, count, can_save=can_save))

    # ---- arms and presets

    async def arms(
        self, arms: Sequence[ComparisonArm], at: int, baseline: int, said: str
    ) -> tuple[ArmRequest, int] | None:
        """Show the arms, and the result of the last action."""
        return await self.ask(ArmsDialog(arms, at, baseline, said))

    async def presets(
        self,
        there: Sequence[Preset],
        own: Sequence[str],
        draft: VoiceConfig,
        problems: Sequence[str],
        current: str,
    ) -> tuple[PresetRequest, str] | None:
        """Show the presets."""
        return await self.ask(PresetsDialog(there, own, draft, problems, current))

    # ---- readouts

    async def rows(self, shown: frozenset[str]) -> frozenset[str] | None:
        """Ask which readouts to show."""
        return await self.ask(PickRows(row_keys(), shown))

    async def worst_turn(self, turns: Sequence[WorseTurn], over: str, arms: tuple[str, str]) -> WorseTurn | None:
        """Show the turns that got worse."""
        return await self.ask(WorstTurns(turns, over, *arms))

    async def symptom(self, look: Callable[[], TrialInput | str]) -> tuple[Advice, Use] | None:
        """Show the symptom guide. It starts at the last complaint."""
        last = self._complaint
        guide = SymptomGuide(self._runner, look, last or SYMPTOMS[0], again=last is not None)
        answer = await self.ask(guide)
        if answer is not None:
            self._complaint = guide.symptom
        return answer

    async def sensitivity(self, trial: Trial, measurement: Measurement, names: Sequence[str]) -> Offer | str | None:
        """Show the curve, or return why there is none."""
        profile = self._runner.profile
        if why := why_no_curve(measurement, profile):
            return why
        fine = self._screen.query_one(Timeline).fine_glyphs
        return await self.ask(SensitivityDialog(profile, trial, measurement, names, fine=fine))

    async def evaluation(self, material: EvaluationMaterial, last: Evaluated) -> Answer | None:
        """Evaluate, and show the result."""
        return await self.ask(EvaluationDialog(material, last))

    async def export_to(self, what: str, suggested: str, *, audio: bool) -> Path | None:
        """Ask for the path of a file to write."""
        return await self.ask(ExportTo(what, suggested, audio=audio))

    async def mix(self, path: Path, outcome: TrialOutcome, arm: int, *, replace: bool) -> OSError | bool | None:
        """Write a call's audio."""
        return await self.ask(Mixing(path, outcome, arm, replace=replace))
