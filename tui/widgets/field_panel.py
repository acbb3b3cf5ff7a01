"""All fields in groups, with the rarer ones folded, and help for the focused one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import groupby

from textual import events, on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.message import Message
from textual.reactive import var
from textual.widgets import Static

from presets.fields import FieldSpec
from tui.terminal_text import names, screen_text
from tui.tune.fields import FieldState
from tui.widgets.field_editor import NARROW, FieldEditor, facts_heading
from tui.widgets.field_editor_control import FieldControl
from tui.widgets.slider import Slider


def field_help(state: FieldState) -> Content:
    """Return the help for a field in its present state, warnings first."""
    spec = state.spec
    warning = " ".join(state.warnings)
    facts = " ".join(fact for fact in (state.hint, spec.notices, _range(spec), _default(spec)) if fact)
    return Content.assemble(
        (f"{spec.name}  ", "bold"),
        (f"! {screen_text(warning)} " if warning else "", "$text-error"),
        (facts, "$text-muted"),
    )


def _range(spec: FieldSpec) -> str:
    """Return the documented bounds, or how words and objects are edited."""
    unit = f" {spec.unit}" if spec.unit else ""
    if spec.low is not None and spec.high is not None:
        return f"{spec.low:g} to {spec.high:,g}{unit}."
    if spec.low is not None and spec.low > 0:
        return f"{spec.low:g}{unit} or more."
    return "Enter edits it." if spec.kind in ("words", "object") else ""


def _default(spec: FieldSpec) -> str:
    if spec.default is None:
        return ""
    shown = f"Default: {spec.show(spec.default)}."
    return shown if spec.documented_default else f"{shown} (Our assumption: no default is documented.)"


class FieldRows(VerticalScroll, can_focus=False, inherit_bindings=False):
    """The rows. They scroll with the focused field: scroll keys of their own would take the fields' arrow keys."""


class GroupHeading(Static):
    """A group's name and the number of its folded fields. A click unfolds them."""

    class Clicked(Message):
        """All groups should fold or unfold."""

    def __init__(self, group: str) -> None:
        super().__init__(classes="field-group", markup=False)
        self._group = group
        self._folded: int | None = None

    def show(self, folded: int) -> None:
        """Show how many fields are folded."""
        if folded == self._folded:
            return
        self._folded = folded
        more = f"  ▸ {folded} more: f" if folded else ""
        self.update(Content.assemble(self._group.upper(), (more, "$text-muted not bold")), layout=False)

    def on_click(self) -> None:
        """Fold or unfold."""
        self.post_message(self.Clicked())


@dataclass(frozen=True, slots=True)
class FieldsShown:
    """The state of all fields. ``unknown`` names the draft's fields without a control."""

    states: Mapping[str, FieldState] = field(default_factory=dict)
    unknown: tuple[str, ...] = ()


class FieldPanel(Vertical):
    """The editor of the fields in :attr:`shown`. It posts ``FieldControl.Changed`` and ``EntryWanted``.

    A folded field that is set, changed or has a warning stays visible: no value that applies is hidden.
    """

    shown: var[FieldsShown] = var(FieldsShown())

    def __init__(self, states: Mapping[str, FieldState], *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._states = dict(states)
        self._editors: dict[str, FieldEditor] = {}
        self._headings: dict[str, GroupHeading] = {}
        self._focused: str | None = None
        self._kept = ""
        self._help = Static(id="field-help", markup=False)
        self._rest = Static(id="field-rest", markup=False)
        self.unfolded = False

    def compose(self) -> ComposeResult:
        """Lay out the groups above the help."""
        with FieldRows(id="field-rows"):
            for group, states in groupby(self._states.values(), key=lambda state: state.spec.group):
                self._headings[group] = heading = GroupHeading(group)
                yield heading
                for state in states:
                    self._editors[state.spec.name] = editor = FieldEditor(state)
                    yield editor
            yield self._rest
        yield self._help

    def on_mount(self) -> None:
        """Fold the rarer fields."""
        self._fold()

    def watch_shown(self, shown: FieldsShown) -> None:
        """Show the present state of all fields."""
        if not self._editors or not shown.states:
            return
        for name, editor in self._editors.items():
            self._states[name] = shown.states[name]
            editor.show(shown.states[name])
        self._fold()
        unknown = shown.unknown
        kept = f"Kept as they are, unknown to this version: {names(unknown)}." if unknown else ""
        if kept != self._kept:
            self._kept = kept
            self._rest.display = bool(kept)
            self._rest.update(screen_text(kept))
        self._show_help()

    def editor(self, name: str) -> FieldEditor:
        """Return the row of a field."""
        return self._editors[name]

    # ---- folding

    def fold(self, folded: bool) -> None:
        """Fold the rarer fields except the focused one, or unfold all."""
        self.unfolded = not folded
        self._fold()

    def _fold(self) -> None:
        folded = dict.fromkeys(self._headings, 0)
        for name, editor in self._editors.items():
            shown = self._in_view(name)
            folded[editor.state.spec.group] += not shown
            if editor.display != shown:
                editor.display = shown
        for group, count in folded.items():
            self._headings[group].show(count)

    def _in_view(self, name: str) -> bool:
        state = self._states[name]
        standing_out = not state.inherited or state.changed or bool(state.warnings)
        return self.unfolded or not state.spec.advanced or standing_out or name == self._focused

    @on(GroupHeading.Clicked)
    def _heading_clicked(self, message: GroupHeading.Clicked) -> None:
        message.stop()
        self.switch_fold()

    def switch_fold(self) -> None:
        """Fold or unfold the rarer fields."""
        self.fold(self.unfolded)

    # ---- the focused field

    @property
    def control(self) -> FieldControl | None:
        """The focused field."""
        focused = self.screen.focused
        return focused if isinstance(focused, FieldControl) else None

    async def confirm(self) -> None:
        """Type the focused field's value, or take the next one."""
        control = self.control
        if isinstance(control, Slider):
            # not by a message: the next digits may already be queued
            await self.editor(control.state.spec.name).begin_entry()
        elif control is not None:
            control.confirm()

    def inherit(self) -> None:
        """Make the focused field inherit."""
        if self.control is not None:
            self.control.inherit()

    def focus_field(self, name: str | None = None) -> None:
        """Focus a field, folded or not: the named one, the last one, or the first."""
        self._focused = name or self._focused or next(iter(self._editors))
        self._fold()
        # not by a message: the next key may already be queued
        self.screen.set_focus(self._editors[self._focused].control)

    def move_focus(self, steps: int) -> None:
        """Move up or down through the visible fields."""
        names = [name for name in self._editors if self._in_view(name)]
        at = names.index(self._focused) + steps if self._focused else 0
        self.focus_field(names[min(max(at, 0), len(names) - 1)])

    @on(events.DescendantFocus)
    def _focus_moved(self, event: events.DescendantFocus) -> None:
        if isinstance(event.widget, FieldControl):
            self._focused = event.widget.state.spec.name
            self._fold()
            self._show_help()
            if self._focused == next(iter(self._editors)):
                # The first group's heading cannot be focused, and would otherwise stay out of view.
                self.query_one("#field-rows", FieldRows).scroll_home(animate=False)

    def _show_help(self) -> None:
        if self._focused is not None:
            self._help.update(field_help(self._states[self._focused]), layout=False)


SCROLLBAR = 1
"""Cells at the right for the scrollbar."""


class FieldHeading(Horizontal):
    """The headings of the columns below, as far as they fit."""

    def __init__(self) -> None:
        super().__init__(classes="pane-title")
        self._facts = Static(facts_heading(narrow=False), classes="field-facts", markup=False)

    def compose(self) -> ComposeResult:
        """Lay out the title, space for the controls, and the names of the facts."""
        yield Static("Fields", classes="field-name", markup=False)
        yield Static(classes="field-room")
        yield self._facts

    def on_resize(self, event: events.Resize) -> None:
        """Fit the headings to the width."""
        narrow = event.size.width - SCROLLBAR < NARROW
        self.set_class(narrow, "-narrow")
        self._facts.update(facts_heading(narrow=narrow), layout=False)
