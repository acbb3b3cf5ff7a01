"""The fields that shape timing, grouped, with help for the one in focus."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby

from textual import events, on
from textual.app import ComposeResult
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.message import Message
from textual.widgets import Static

from tui.terminal_text import plain
from tui.tuning.fields import FieldState
from tui.widgets.field_editor import FieldEditor
from tui.widgets.field_editor_control import FieldControl


class FieldRows(VerticalScroll, can_focus=False, inherit_bindings=False):
    """The rows, scrolled by moving through the fields: its own arrow keys would take theirs away."""


class FieldPanel(Vertical):
    """All fields that can be heard. Show it new states with :meth:`show`; it speaks in ``FieldControl.Changed``."""

    class Focused(Message):
        """Another field has the focus."""

    def __init__(self, states: Mapping[str, FieldState], *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._states = {name: state for name, state in states.items() if state.spec.heard}
        self._editors: dict[str, FieldEditor] = {}
        self._focused: str | None = None
        self._kept = ""
        self._help = Static(id="field-help", markup=False)
        self._rest = Static(id="field-rest", markup=False)

    def compose(self) -> ComposeResult:
        """Lay out the groups and the help below them."""
        with FieldRows(id="field-rows"):
            for group, states in groupby(self._states.values(), key=lambda state: state.spec.group):
                yield Static(group.upper(), classes="field-group", markup=False)
                for state in states:
                    self._editors[state.spec.name] = editor = FieldEditor(state)
                    yield editor
            yield self._rest
        yield self._help

    def show(self, states: Mapping[str, FieldState], silent: Sequence[str] = ()) -> None:
        """Show how all fields stand now; ``silent`` names what is kept without a control."""
        for name, editor in self._editors.items():
            self._states[name] = states[name]
            editor.show(states[name])
        kept = f"Kept as they are: {', '.join(silent)}." if silent else ""
        if kept != self._kept:
            self._kept = kept
            self._rest.display = bool(kept)
            self._rest.update(plain(kept))
        self._show_help()

    def editor(self, name: str) -> FieldEditor:
        """Return the row of a field."""
        return self._editors[name]

    def focus_field(self, name: str | None = None) -> None:
        """Put the focus on a field: the named one, the last one, or the first."""
        self._focused = name or self._focused or next(iter(self._editors))
        # at once, not by a message: the next key may already be waiting
        self.screen.set_focus(self._editors[self._focused].control)

    def move_focus(self, steps: int) -> None:
        """Go up or down by fields."""
        names = list(self._editors)
        at = names.index(self._focused) + steps if self._focused else 0
        self.focus_field(names[min(max(at, 0), len(names) - 1)])

    @on(events.DescendantFocus)
    def _focus_moved(self, event: events.DescendantFocus) -> None:
        if isinstance(event.widget, FieldControl):
            self._focused = event.widget.state.spec.name
            self._show_help()
            if self._focused == next(iter(self._editors)):
                # The first group's heading is not focusable, and would otherwise stay out of sight.
                self.query_one("#field-rows", FieldRows).scroll_home(animate=False)

    def _show_help(self) -> None:
        if self._focused is None:
            return
        state = self._states[self._focused]
        notices = state.spec.notices
        if state.spec.default is not None:
            notices += f" Default: {state.spec.show(state.spec.default)}."
        if state.spec.default is not None and not state.spec.documented_default:
            notices += " (Our assumption: no default is documented.)"
        warning = " ".join(state.warnings)
        self._help.update(
            Content.assemble(
                (f"{state.spec.name}  ", "bold"),
                (f"! {plain(warning)} " if warning else "", "$text-error"),
                (notices, "$text-muted"),
            ),
            layout=False,
        )
