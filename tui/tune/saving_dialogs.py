"""Dialogs for saving a draft and exporting a call: what is sent, whose value stays, where to write."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar, Literal

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.message import Message
from textual.types import CSSPathType
from textual.widgets import Input, OptionList, ProgressBar, Static
from textual.widgets.option_list import Option
from textual.worker import get_current_worker

from base.folders import typed_path
from presets.config import changes
from services.changes.errors import Conflict
from simulator.errors import SimulatorError
from tui.dialogs.dialog import TUNE_STYLES, Dialog
from tui.terminal_text import content, plain, screen_text
from tui.tune.fields import shown_value
from tui.tune.journal import KeptDraft
from tui.tune.trial import TrialOutcome

Side = Literal["theirs", "mine"]
_WIDEST = 44


class MergeDialog(Dialog[tuple[str, ...]]):
    """Returns the names of the fields that take theirs. All others keep mine. Every field needs a choice."""

    CSS_PATH: ClassVar[CSSPathType | None] = TUNE_STYLES
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("t", "choose('theirs')", "Theirs", tooltip="Let theirs stand."),
        Binding("m", "choose('mine')", "Mine", tooltip="Let yours replace theirs."),
        Binding("ctrl+s", "go_on", "Go on", tooltip="Go on with what is chosen.", priority=True),
    ]
    keys = "t theirs · m mine · ctrl+s goes on when all are chosen · esc leaves all as it is"

    def __init__(self, title: str, conflicts: Sequence[Conflict]) -> None:
        super().__init__(title)
        self._conflicts = list(conflicts)
        self._chosen: dict[str, Side] = {}

    def compose_body(self) -> ComposeResult:
        """Lay out the fields."""
        yield Static(
            "These fields were changed on the platform and by you. Choose for each; nothing is sent yet.",
            classes="dialog-text",
            markup=False,
        )
        yield OptionList(*(Option(self._prompt(conflict)) for conflict in self._conflicts), id="merge-fields")
        yield Static(id="merge-problem", classes="dialog-error", markup=False)

    def on_mount(self) -> None:
        """Start at the first field."""
        fields = self.query_one(OptionList)
        fields.highlighted = 0
        fields.focus()

    def _prompt(self, conflict: Conflict) -> Content:
        chosen = self._chosen.get(conflict.name)

        def line(side: str, label: str, value: object) -> Content:
            mark = "  " if not side else "● " if chosen == side else "○ "
            text = f"\n  {mark}{label:<22}{screen_text(shown_value(conflict.name, value), _WIDEST)}"
            return Content.styled(text, "bold" if side and chosen == side else "$text-muted")

        return Content.assemble(
            (screen_text(conflict.name), "bold"),
            line("", "when you began", conflict.began),
            line("theirs", "t  theirs, now stored", conflict.theirs),
            line("mine", "m  yours", conflict.mine),
        )

    def action_choose(self, side: Side) -> None:
        """Choose for the highlighted field, and go to the next one without a choice."""
        fields = self.query_one(OptionList)
        at = fields.highlighted or 0
        self._chosen[self._conflicts[at].name] = side
        fields.replace_option_prompt_at_index(at, self._prompt(self._conflicts[at]))
        self.query_one("#merge-problem", Static).update("")
        open_ones = [i for i, conflict in enumerate(self._conflicts) if conflict.name not in self._chosen]
        if open_ones:
            fields.highlighted = next((i for i in open_ones if i > at), open_ones[0])

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Switch the choice by enter or a click."""
        chosen = self._chosen.get(self._conflicts[event.option_index].name)
        self.action_choose("mine" if chosen == "theirs" else "theirs")

    def action_go_on(self) -> None:
        """Return the choices, if all are made."""
        missing = [conflict.name for conflict in self._conflicts if conflict.name not in self._chosen]
        if missing:
            self.query_one("#merge-problem", Static).update(content(f"Not chosen yet: {', '.join(missing)}."))
            return
        self.dismiss(tuple(name for name, side in self._chosen.items() if side == "theirs"))


Decision = Literal["take", "drop"]


class KeptDialog(Dialog[Decision]):
    """Returns what to do with a kept draft, described by ``what``. ``None``: it stays for another time."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "answer('take')", "Take up", tooltip="Go on with that draft."),
        Binding("d", "answer('drop')", "Throw away", tooltip="Delete that draft."),
    ]
    keys = "enter takes it up · d throws it away · esc keeps it for later"

    def __init__(self, what: str, kept: KeptDraft) -> None:
        when = kept.at.astimezone().strftime("%Y-%m-%d %H:%M")
        super().__init__(f"An unsaved {what} was left behind on {when}")
        self._kept = kept

    def compose_body(self) -> ComposeResult:
        """Lay out the draft's changes."""
        before = self._kept.began.set_values()
        lines = [
            f"{name}: {shown_value(name, before.get(name))} → {shown_value(name, value)}"
            for name, value in changes(self._kept.began, self._kept.config).items()
        ]
        with VerticalScroll(classes="dialog-body"):
            yield Static(content("\n".join(lines), lines=True))

    def action_answer(self, answer: Decision) -> None:
        """Return the answer."""
        self.dismiss(answer)


class ExportTo(Dialog[Path]):
    """Returns the path of a file to write. A missing folder is reported at once."""

    keys = "enter writes it · esc cancels"

    def __init__(self, what: str, suggested: str, *, audio: bool = False) -> None:
        super().__init__(f"Export {what}")
        self._suggested = suggested
        self._audio = audio

    def compose_body(self) -> ComposeResult:
        """Lay out the path."""
        yield Static(content(f"The file's path, from {Path.cwd()} unless it begins with / or ~:"))
        yield Input(self._suggested, compact=True, id="export-path", select_on_focus=False)
        yield Static(id="export-problem", classes="dialog-error", markup=False)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Return the path, if a file can be there."""
        typed = event.value.strip()
        try:
            path = typed_path(typed)
            problem = _problem(typed, path) or (_wrong_end(path) if self._audio else "")
        except (OSError, RuntimeError, ValueError):
            problem = "That is not a path; type another."
        if problem:
            self.query_one("#export-problem", Static).update(content(problem))
        else:
            self.dismiss(path)


def _wrong_end(path: Path) -> str:
    return "" if path.suffix.lower() in (".wav", ".flac") else "End the name with .wav or .flac."


def _problem(typed: str, path: Path) -> str:
    if not typed:
        return "Type a file's path."
    if path.is_dir():
        return f"{path} is a folder; add a file's name."
    if not path.parent.is_dir():
        return f"There is no folder {path.parent}; make it or choose another."
    return ""


class _GivenUpError(Exception):
    """The user no longer waits for the file."""


class Mixing(Dialog["OSError | bool"]):
    """Returns ``True`` once the file is written, or the error."""

    DEFAULT_CSS = """
    Mixing ProgressBar { margin-bottom: 1; width: 1fr; }
    Mixing Bar { width: 1fr; }
    Mixing Bar > .bar--bar { background: $background; }
    """
    keys = "esc gives up; nothing is left behind"

    class Done(Message):
        """Progress as a share. At the end, ``result`` is the dialog's answer."""

        def __init__(self, share: float, result: OSError | bool | None = None) -> None:
            super().__init__()
            self.share = share
            self.result = result

    def __init__(self, path: Path, outcome: TrialOutcome, arm: int, *, replace: bool) -> None:
        super().__init__(f"Writing {path.name}")
        self._path = path
        self._outcome = outcome
        self._arm = arm
        self._replace = replace

    def compose_body(self) -> ComposeResult:
        """Lay out the progress."""
        yield ProgressBar(total=1.0, show_eta=False)

    def on_mount(self) -> None:
        """Start."""
        self._mix()

    @work(thread=True, group="mixing", description="mixing")
    def _mix(self) -> None:
        from simulator.playing.call_mix import write_mix
        from tui.tune.playback import call_mix

        worker = get_current_worker()

        def progress(share: float) -> None:
            if worker.is_cancelled:
                raise _GivenUpError
            self.post_message(self.Done(share))

        try:
            write_mix(self._path, call_mix(self._outcome, self._arm), replace=self._replace, progress=progress)
        except _GivenUpError:
            return
        except OSError as error:
            self.post_message(self.Done(1.0, error))
        except SimulatorError as error:
            self.app.call_from_thread(self.app.notify, plain(str(error)), severity="error", markup=False)
            self.post_message(self.Done(1.0, False))
        else:
            self.post_message(self.Done(1.0, True))

    @on(Done)
    def _show(self, message: Done) -> None:
        message.stop()
        self.query_one(ProgressBar).update(progress=message.share)
        if message.result is not None and self.is_current:
            self.dismiss(message.result)

    def action_leave(self) -> None:
        """Cancel."""
        self.workers.cancel_node(self)
        self.dismiss(None)
