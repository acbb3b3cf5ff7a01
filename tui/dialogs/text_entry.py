"""A window for several lines of text. It checks while the user types, and returns only valid text."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, ClassVar, Generic, TypeVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import ModalScreen
from textual.widgets import Static, TextArea

from presets.fields import FieldSpec
from tui.dialogs.dialog import TUNE_STYLES, Dialog
from tui.dialogs.dialogs import PickOne
from tui.terminal_text import content
from tui.tune.fields import EntryError, FieldState, entry_text, parse_entry

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
