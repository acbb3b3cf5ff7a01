"""The common style of dialogs: a title, a body, and a line of keys."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.screen import ModalScreen, Screen
from textual.types import CSSPathType
from textual.widgets import Input, Static

from base.json_text import json_lines
from tui.terminal_text import content

if TYPE_CHECKING:
    from pydantic import JsonValue

T = TypeVar("T")

_HERE = Path(__file__).parent

_WIDE = 110
NARROW = [(0, "-narrow"), (_WIDE, "-normal")]
"""In a narrower terminal, a dialog covers the whole screen: only parts of words would stay visible behind it."""


def take_width(dialog: Screen[Any]) -> None:
    """Set the class for the present width. Call it in ``compose``: Textual only does this on a resize."""
    dialog.set_class(dialog.app.size.width < _WIDE, "-narrow", update=False)


TUNE_STYLES: list[str | PurePath] = [_HERE / "dialogs.tcss", _HERE / "tune_dialogs.tcss"]
"""The style class of dialogs in Tune's style sheet."""


class Dialog(ModalScreen[T | None]):
    """Asks a question and returns the answer; ``None`` after escape. Subclasses compose the body."""

    CSS_PATH: ClassVar[CSSPathType | None] = _HERE / "dialogs.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "Cancel", tooltip="Change nothing."),
        Binding("question_mark", "explain", "Words", tooltip="Say what the words mean.", show=False),
    ]
    AUTO_FOCUS = ""
    HORIZONTAL_BREAKPOINTS = NARROW
    keys = "esc cancels"
    """The text of the key line."""
    comes_late = False
    """Whether it may open over another dialog. Otherwise typed text would be lost."""

    def __init__(self, title: str) -> None:
        super().__init__()
        self.heading = title

    def compose(self) -> ComposeResult:
        """Lay out title, body and keys."""
        take_width(self)
        with Vertical(classes="dialog"):
            yield Static(content(self.heading), classes="dialog-title")
            yield from self.compose_body()
            yield Static(self.keys, classes="dialog-keys", markup=False)

    def compose_body(self) -> ComposeResult:
        """Lay out the question."""
        raise NotImplementedError

    def on_mount(self) -> None:
        """Focus the first input or choice. A text without either can be scrolled."""
        for kind in ("Input, Select, OptionList", "VerticalScroll"):
            if found := list(self.query(kind)):
                found[0].focus()
                return

    def action_leave(self) -> None:
        """Close without an answer."""
        self.dismiss(None)

    def action_explain(self) -> None:
        """Show what the words of the covered screen mean: they are those of its dialogs."""
        words: Mapping[str, str] = next(
            (one.WORDS_HERE for one in reversed(self.app.screen_stack) if hasattr(one, "WORDS_HERE")), {}
        )
        if words:
            meanings = "\n".join(f"{word}: {meaning}" for word, meaning in words.items())
            self.app.push_screen(WordsDialog("What the words mean", meanings))


class Confirm(Dialog[bool]):
    """Asks for agreement and returns ``True`` for it. With ``name``, the user must type that name."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter", "agree", "Do it", tooltip="Do what is asked.")]

    def __init__(self, title: str, text: str, *, does: str, name: str = "") -> None:
        super().__init__(title)
        self._text = text
        self._name = name
        self.keys = f"enter {does} · esc cancels"

    def compose_body(self) -> ComposeResult:
        """Lay out the facts and, if a name is needed, its input."""
        yield Static(content(self._text, lines=True), classes="dialog-text")
        if self._name:
            yield NameToType(self._name)

    def on_input_submitted(self) -> None:
        """Agree."""
        self.action_agree()

    def action_agree(self) -> None:
        """Agree, if the name is right."""
        if not self._name or self.query_one(NameToType).right():
            self.dismiss(True)


class NameToType(Vertical):
    """An input for a name, which protects from slips that are hard to undo."""

    DEFAULT_CSS = "NameToType { height: auto; }"

    def __init__(self, name: str) -> None:
        super().__init__()
        self._wanted = name

    def compose(self) -> ComposeResult:
        """Lay out the question and the input."""
        yield Static(content(f"Type {self._wanted} to agree:"))
        yield Input(compact=True, id="name-to-type")
        yield Static(id="name-problem", classes="dialog-error", markup=False)

    def right(self) -> bool:
        """Return whether the name was typed. If not, say so."""
        typed = self.query_one(Input).value.strip()
        same = typed == self._wanted.strip()
        problem = "" if same else f"That is not {self._wanted}." if typed else "Nothing is typed yet."
        self.query_one("#name-problem", Static).update(content(problem))
        return same


class SentJson(Static):
    """The JSON that a change sends, hidden at first."""

    def __init__(self, body: JsonValue) -> None:
        super().__init__(content(json_lines(body), lines=True), id="plan-json")
        self.display = False

    def switch(self) -> None:
        """Show or hide it."""
        self.display = not self.display
        self.scroll_visible()


class TextDialog(Dialog[bool]):
    """Shows a long text for reading and copying."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("c,y", "copy", "Copy", tooltip="Copy all of it."),
        Binding("j", "scroll('down')", show=False),
        Binding("k", "scroll('up')", show=False),
        Binding("q", "leave", show=False),
    ]
    keys = "c copies · ↑ ↓ scroll · esc closes"

    def __init__(self, title: str, text: str) -> None:
        super().__init__(title)
        self._text = text

    def compose_body(self) -> ComposeResult:
        """Lay out the text."""
        with VerticalScroll(classes="dialog-body"):
            yield Static(content(self._text, lines=True), id="dialog-long-text")

    def action_copy(self) -> None:
        """Copy the text unchanged."""
        self.app.copy_to_clipboard(self._text)
        self.notify("Copied.", markup=False)

    async def action_scroll(self, direction: str) -> None:
        """Scroll with the keys that move the cursor elsewhere."""
        await self.query_one(VerticalScroll).run_action(f"scroll_{direction}")


class WordsDialog(TextDialog):
    """Shows what words mean, over the dialog that uses them."""

    def action_explain(self) -> None:
        """Do nothing: a second explanation over this one would only have to be closed."""
