"""A form from a table of fields. It returns the typed text, for the caller to check."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.widgets import Input, Select, Static

from tui.dialogs.dialog import Dialog
from tui.terminal_text import content, plain


@dataclass(frozen=True, slots=True, kw_only=True)
class FormField:
    """One line of a form. ``choices`` (value and label) make it a choice."""

    name: str
    label: str
    help: str = ""
    choices: Sequence[tuple[str, str]] = ()


class FormDialog(Dialog[dict[str, str]]):
    """Returns the value of every field by name, as text.

    ``values`` are the form's initial values. ``typed`` are earlier entries over them, which need a correction.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+s", "send", "Send", tooltip="Take what is in the form.", priority=True),
    ]
    keys = "ctrl+s or enter in a line goes on · tab next line · esc cancels"

    def __init__(
        self,
        title: str,
        fields: Sequence[FormField],
        values: Mapping[str, str],
        *,
        typed: Mapping[str, str] | None = None,
        problem: str = "",
    ) -> None:
        super().__init__(title)
        self._fields = fields
        self._before = dict(values)
        self.typed = dict(values if typed is None else typed)
        self.problem = problem
        self.comes_late = bool(problem)  # so that typed text is not lost
        self._leaving = False

    def compose_body(self) -> ComposeResult:
        """Lay out a row for every field, the help of the focused one, and the error."""
        with VerticalScroll(classes="dialog-body"):
            for field in self._fields:
                with Horizontal(classes="form-row"):
                    yield Static(content(field.label), classes="form-label")
                    yield self._control(field)
        yield Static(id="form-help", markup=False)
        yield Static(content(self.problem), id="form-problem", classes="dialog-error")

    def _control(self, field: FormField) -> Input | Select[str]:
        value = self.typed.get(field.name, "")
        if not field.choices:
            # Show the beginning of long values.
            line = Input(value, id=field.name, compact=True, select_on_focus=False)
            line.cursor_position = 0
            return line
        known = any(choice == value for choice, _ in field.choices)
        choices = list(field.choices) if known or not value else [(value, value), *field.choices]
        options = [(content(label), choice) for choice, label in choices]
        return Select(options, id=field.name, compact=True, allow_blank=not value, value=value or Select.NULL)

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        """Show the focused field's help."""
        help_text = next((field.help for field in self._fields if field.name == event.widget.id), "")
        self.query_one("#form-help", Static).update(content(help_text))

    def on_select_changed(self, event: Select.Changed) -> None:
        """Drop the error once a choice was changed; a longer check follows on sending."""
        if self.problem and str(event.value) != self.typed.get(str(event.select.id), ""):
            self.query_one("#form-problem", Static).update("")

    def on_input_submitted(self) -> None:
        """Go on."""
        self.action_send()

    def values(self) -> dict[str, str]:
        """Return the form's values."""
        found = {}
        for field in self._fields:
            control = self.query_one(f"#{field.name}")
            if isinstance(control, Input):
                found[field.name] = control.value
            elif isinstance(control, Select):
                found[field.name] = "" if control.is_blank() else str(control.value)
        return found

    def action_send(self) -> None:
        """Return the values."""
        self.dismiss(self.values())

    def action_leave(self) -> None:
        """Close. With typed text, only on the second request."""
        typed = self.values()
        if self._leaving or all(typed[name] == self._before.get(name, "") for name in typed):
            self.dismiss(None)
            return
        self._leaving = True
        problem = plain("What you typed is not sent yet: esc again drops it, ctrl+s goes on.")
        self.query_one("#form-problem", Static).update(content(problem))
