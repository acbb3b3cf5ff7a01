"""Dialogs in Tune for the compared arms, for the presets, and for a value of several lines."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, ClassVar, Generic, TypeVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.screen import ModalScreen
from textual.types import CSSPathType
from textual.widgets import OptionList, Static, TextArea
from textual.widgets.option_list import Option

from presets.config import VoiceConfig
from presets.fields import FieldSpec
from presets.library import Preset, whole
from tui.dialogs.dialog import TUNE_STYLES, Dialog
from tui.dialogs.dialogs import PickOne
from tui.terminal_text import content, screen_text
from tui.tune.arms import ComparisonArm
from tui.tune.comparing import ArmRequest
from tui.tune.fields import EntryError, FieldState, change_lines, entry_text, parse_entry
from tui.tune.presets import PresetRequest
from tui.tune.scene import ARMS


class PresetsDialog(Dialog[tuple[PresetRequest, str]]):
    """Returns the action, and the name of its preset (none for saving and importing)."""

    CSS_PATH: ClassVar[CSSPathType | None] = TUNE_STYLES
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("k", "wish('keep')", "Keep the others", tooltip="Set its fields only, and leave all others."),
        Binding("s", "wish('save')", "Save the draft as a preset", tooltip="Keep the draft under a name."),
        Binding("r", "wish('rename')", "Rename", tooltip="Give your own preset another name."),
        Binding("x", "wish('delete')", "Delete", tooltip="Delete your own preset."),
        Binding("i", "wish('import')", "Import", tooltip="Take in a preset from a file."),
        Binding("e", "wish('export')", "Export", tooltip="Write the preset to a file."),
    ]
    keys = "↵ apply · k keep others · s save · r rename · x delete · i import · e export · esc"

    def __init__(
        self,
        presets: Sequence[Preset],
        own: Sequence[str],
        draft: VoiceConfig,
        problems: Sequence[str],
        current: str,
    ) -> None:
        super().__init__("Presets")
        self._presets = list(presets)
        self._own = set(own)
        self._draft = draft
        self._problems = problems
        self._current = current

    def compose_body(self) -> ComposeResult:
        """Lay out the presets above the changes of the highlighted one."""
        yield OptionList(*(Option(self._prompt(one)) for one in self._presets), compact=True, id="preset-list")
        yield Static("What it would change in the draft:", id="preset-heading", markup=False)
        yield Static(id="preset-changes", markup=False)
        for problem in self._problems:
            yield Static(content(f"! {problem}"), classes="dialog-error")

    def on_mount(self) -> None:
        """Highlight the given preset."""
        names = [one.name for one in self._presets]
        listing = self.query_one(OptionList)
        listing.highlighted = names.index(self._current) if self._current in names else 0
        listing.focus()

    def _prompt(self, one: Preset) -> Content:
        whose = "yours" if one.name in self._own else "built in"
        return Content.assemble(
            (screen_text(one.name), "bold"), f"  {whose}  ", (screen_text(one.description), "$text-muted")
        )

    @on(OptionList.OptionHighlighted)
    def _tell_changes(self, event: OptionList.OptionHighlighted) -> None:
        update = whole(self._presets[event.option_index], self._presets)
        lines = change_lines(self._draft, update)
        self.query_one("#preset-changes", Static).update(content(lines, lines=True))

    @on(OptionList.OptionSelected)
    def _apply(self) -> None:
        self.action_wish("apply")

    def action_wish(self, request: PresetRequest) -> None:
        """Return an action on the highlighted preset."""
        at = self.query_one(OptionList).highlighted or 0
        self.dismiss((request, self._presets[at].name))


class ArmsDialog(Dialog[tuple[ArmRequest, int]]):
    """Returns the action, and the position of its arm."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("a", "wish('add')", "Add", tooltip="Compare with one more, four at most."),
        Binding("d", "wish('duplicate')", "Duplicate", tooltip="Add a copy of this arm as it is now."),
        Binding("w", "wish('swap')", "Swap", tooltip="Swap it with the arm before it."),
        Binding("l", "wish('lock')", "Lock", tooltip="Hold it as it is now, or let go of it."),
        Binding("x", "wish('remove')", "Take away", tooltip="Compare without it."),
        Binding("b", "wish('baseline')", "Baseline", tooltip="Hold the others against it."),
    ]
    keys = "↵ pick · b baseline · a add · d copy · w swap · l lock · x remove · esc"

    def __init__(self, arms: Sequence[ComparisonArm], at: int, baseline: int, said: str = "") -> None:
        super().__init__("What is compared: each arm is one set of settings")
        self._arms = list(arms)
        self._baseline = baseline
        self._said = said
        self._at = min(at, len(self._arms) - 1)

    def compose_body(self) -> ComposeResult:
        """Lay out the arms."""
        yield OptionList(*(Option(self._prompt(place)) for place in range(len(self._arms))), compact=True)
        if self._said:
            yield Static(content(self._said), classes="dialog-warning")

    def on_mount(self) -> None:
        """Highlight the given arm."""
        listing = self.query_one(OptionList)
        listing.highlighted = self._at
        listing.focus()

    def _prompt(self, place: int) -> Content:
        arm = self._arms[place]
        notes = ("baseline", place == self._baseline), ("locked", arm.locked)
        about = " · ".join([*(note for note, so in notes if so), arm.description])
        return Content.assemble(
            (f"{ARMS[place]} ", "bold"), screen_text(arm.name), "  ", (screen_text(about), "$text-muted")
        )

    @on(OptionList.OptionSelected)
    def _choose(self) -> None:
        self.action_wish("choose")

    def action_wish(self, request: ArmRequest) -> None:
        """Return an action on the highlighted arm."""
        self.dismiss((request, self.query_one(OptionList).highlighted or 0))


T = TypeVar("T")


class TextEntry(Dialog[T], Generic[T]):
    """Returns what ``read`` makes of the text. ``read`` raises :class:`~tui.tune.fields.EntryError`.

    ``tell`` explains a readable value in one or more lines.
    """

    CSS_PATH = TUNE_STYLES
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+s", "send", "Set", tooltip="Take what is typed.", priority=True),
    ]
    keys = "ctrl+s sets · esc cancels"

    def __init__(
        self, title: str, hint: str, text: str, read: Callable[[str], T], tell: Callable[[T], str] | None = None
    ) -> None:
        super().__init__(title)
        self._hint = hint
        self._before = text
        self._read = read
        self._tell = tell
        self._leaving = False

    def compose_body(self) -> ComposeResult:
        """Lay out the explanation, the input, and its error."""
        yield Static(content(self._hint), classes="dialog-text")
        area = TextArea(self._before, id="entry-text", compact=True, soft_wrap=True)
        area.indent_type = "spaces"
        area.cursor_blink = False
        yield area
        yield Static(id="entry-problem", markup=False)

    def on_mount(self) -> None:
        """Start at the end of the text."""
        area = self.query_one(TextArea)
        area.move_cursor(area.document.end)
        area.focus()
        if self._before:
            self._check()

    @on(TextArea.Changed)
    def _typed(self) -> None:
        self._leaving = False
        self._check()

    def _check(self) -> T | None:
        line = self.query_one("#entry-problem", Static)
        text = self.query_one(TextArea).text
        value: T | None = None
        try:
            value = self._read(text)
        except EntryError as error:
            line.update(content(f"✗ {error}"))
        else:
            line.update(content(self._tell(value) if self._tell else "", lines=True))
        line.set_class(value is None, "dialog-error")
        return value

    def action_send(self) -> None:
        """Return the value if it is valid."""
        value = self._check()
        if value is not None:
            self.dismiss(value)

    def action_leave(self) -> None:
        """Close. With typed text, only on the second request."""
        if self._leaving or self.query_one(TextArea).text == self._before:
            self.dismiss(None)
            return
        self._leaving = True
        line = self.query_one("#entry-problem", Static)
        line.update(content("What you typed is not set yet: esc again drops it, ctrl+s sets it."))
        line.set_class(True, "dialog-error")


_HINTS = {
    "words": "One word or phrase a line. It may hold commas.",
    "object": "A JSON object. It is sent as it stands here; nothing in it is simulated.",
}


def value_dialog(state: FieldState) -> ModalScreen[Any]:
    """Return the window for a field. It returns the new value, or ``None`` to leave the old one."""
    spec = state.spec
    if spec.kind not in _HINTS:
        about = {str(state.in_force): "current"}
        return PickOne(spec.name, [(choice, about.get(choice, "")) for choice in spec.choices], str(state.in_force))
    text = entry_text(spec, state.in_force)
    return TextEntry(spec.name, _HINTS[spec.kind], text, partial(parse_entry, spec), partial(_tell, spec))


def _tell(spec: FieldSpec, value: object) -> str:
    if isinstance(value, list):
        return f"{len(value)} {'entry' if len(value) == 1 else 'entries'}"
    return f"✓ valid; {len(value)} keys" if isinstance(value, dict) else spec.show(value)
