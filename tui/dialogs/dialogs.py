"""Small questions of every screen: a choice of one, several or many, one line of text, or unsaved changes."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, Generic, Literal, TypeVar

from textual import events, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, OptionList, SelectionList, Static
from textual.widgets.option_list import Option
from textual.widgets.selection_list import Selection

from simulator.measures.readout_table import BY_NAME
from tui.dialogs.dialog import NARROW, Dialog, take_width
from tui.terminal_text import content, screen_text


class PickOne(ModalScreen[str | None]):
    """Offers named items with descriptions. Returns the chosen name, or ``None`` after escape."""

    CSS_PATH = "tune_dialogs.tcss"
    HORIZONTAL_BREAKPOINTS = NARROW
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "leave", "Cancel", tooltip="Choose nothing.")]

    def __init__(self, question: str, choices: Sequence[tuple[str, str]], current: str | None = None) -> None:
        super().__init__()
        self._question = question
        self._choices = list(choices)
        self._current = current

    def compose(self) -> ComposeResult:
        """Lay out the question and the choices."""
        take_width(self)
        with Vertical(classes="dialog"):
            yield Static(self._question, classes="dialog-title", markup=False)
            yield OptionList(*(Option(_prompt(name, about)) for name, about in self._choices), compact=True)
            yield Static("enter chooses · esc cancels", classes="dialog-keys", markup=False)

    def on_mount(self) -> None:
        """Highlight the present choice."""
        names = [name for name, _ in self._choices]
        self.query_one(OptionList).highlighted = names.index(self._current) if self._current in names else 0

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Return the choice."""
        self.dismiss(self._choices[event.option_index][0])

    def action_leave(self) -> None:
        """Return no choice."""
        self.dismiss(None)


Leave = Literal["save", "discard", "keep"]


class UnsavedChanges(ModalScreen[Leave | None]):
    """Asks what to do with unsaved changes. ``None``: stay."""

    CSS_PATH = "tune_dialogs.tcss"
    HORIZONTAL_BREAKPOINTS = NARROW
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("s", "answer('save')", "Save first", tooltip="Show what would be sent, then send it."),
        Binding("k", "answer('keep')", "Leave, keep the draft", tooltip="It is offered again the next time."),
        Binding("d", "answer('discard')", "Leave without saving", tooltip="The changes are lost."),
        Binding("escape", "answer('')", "Stay", tooltip="Go on with the draft."),
    ]

    def __init__(self, title: str, changes: int, *, can_save: bool) -> None:
        super().__init__()
        self._text = f"{screen_text(title)} has {changes} unsaved change{'s' * (changes != 1)}."
        self._can_save = can_save

    def compose(self) -> ComposeResult:
        """Lay out the question."""
        take_width(self)
        keys = "k leaves and keeps them for next time · d drops them · esc stays"
        with Vertical(classes="dialog"):
            yield Static(self._text, classes="dialog-title", markup=False)
            yield Static(f"s saves first · {keys}" if self._can_save else keys, classes="dialog-keys", markup=False)

    def action_answer(self, answer: Leave | Literal[""]) -> None:
        """Return the answer, if it is one of those offered."""
        if answer != "save" or self._can_save:
            self.dismiss(answer or None)


def _prompt(name: str, about: str) -> Content:
    return Content.assemble((screen_text(name), "bold"), "\n  ", (screen_text(about), "$text-muted"))


T = TypeVar("T")


class LineEntry(Dialog[T], Generic[T]):
    """Returns what ``read`` makes of the typed line. ``read`` raises :class:`ValueError` with one sentence."""

    keys = "enter goes on · esc cancels"

    def __init__(self, title: str, hint: str, text: str, read: Callable[[str], T]) -> None:
        super().__init__(title)
        self._hint = hint
        self._text = text
        self._read = read

    def compose_body(self) -> ComposeResult:
        """Lay out the explanation, the input, and its error."""
        yield Static(content(self._hint), classes="dialog-text")
        yield Input(self._text, compact=True, id="entry-line")
        yield Static(id="line-problem", classes="dialog-error", markup=False)

    def on_mount(self) -> None:
        """Focus the input."""
        self.query_one(Input).focus()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Return the value if it is valid."""
        try:
            value = self._read(event.value.strip())
        except ValueError as error:
            self.query_one("#line-problem", Static).update(content(str(error)))
        else:
            self.dismiss(value)


class NameDialog(Dialog[str]):
    """Returns a name: one of ``offered``, each with a description. With ``typing``, any valid name."""

    def __init__(self, title: str, offered: Sequence[tuple[str, str]], *, typing: bool) -> None:
        super().__init__(title)
        self._offered = list(offered)
        self._typing = typing
        self.keys = f"enter chooses{' · tab to type another name' if typing and offered else ''} · esc cancels"

    def compose_body(self) -> ComposeResult:
        """Lay out the offers above the input."""
        if self._offered:
            yield OptionList(*(Option(_offer(name, about)) for name, about in self._offered), compact=True)
        if self._typing:
            yield Static("Another name:", classes="dialog-text", markup=False)
            yield Input(compact=True, id="another-name", max_length=60)
            yield Static(id="name-problem", classes="dialog-error", markup=False)

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Return the chosen name."""
        self.dismiss(self._offered[event.option_index][0])

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Return the typed name, if it is valid for a version set."""
        from services.model import version_set_name

        try:
            self.dismiss(version_set_name(event.value.strip()))
        except ValueError as error:
            self.query_one("#name-problem", Static).update(content(str(error)))


def _offer(name: str, about: str) -> Content:
    return Content.assemble((screen_text(name), "bold"), "  ", (screen_text(about), "$text-muted"))


class PickRows(Dialog[frozenset[str]]):
    """Selects rows of the readout table by key. Returns those to show."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "done", "Show these", tooltip="Show the lines that are marked.", priority=True)
    ]
    keys = "space marks · enter shows what is marked · esc cancels"

    def __init__(self, rows: Mapping[str, str], shown: frozenset[str]) -> None:
        super().__init__("Which readouts to show?")
        self._rows = dict(rows)
        self._shown = shown

    def compose_body(self) -> ComposeResult:
        """Lay out the rows, and the meaning of the highlighted one."""
        yield SelectionList[str](
            *(Selection(content(label), key, key in self._shown) for key, label in self._rows.items()), compact=True
        )
        yield Static(id="row-meaning", classes="dialog-text")

    def on_selection_list_selection_highlighted(self, event: SelectionList.SelectionHighlighted[str]) -> None:
        """Show the readout's meaning."""
        name = event.selection.value.partition(" ")[0]
        self.query_one("#row-meaning", Static).update(content(BY_NAME[name].meaning))

    def action_done(self) -> None:
        """Return the marked rows, if any."""
        picked = frozenset(self.query_one(SelectionList).selected)
        if picked:
            self.dismiss(picked)
        else:
            self.notify("Mark at least one readout with space.", severity="warning", markup=False)


@dataclass(frozen=True, slots=True)
class Match:
    """One search result. ``key`` is returned; the rest is shown."""

    key: str
    name: str
    about: str = ""


@dataclass(frozen=True, slots=True)
class Matches:
    """The results of a search. ``more`` says that there are more, or why there are none."""

    found: Sequence[Match]
    more: str = ""


Find = Callable[[str], Awaitable[Matches]]


class FindDialog(Dialog[str]):
    """Returns the key of the chosen item. ``find`` runs at every letter; only the newest answer is shown."""

    keys = "type to search · ↑ ↓ move · enter chooses · esc cancels"

    def __init__(self, title: str, find: Find) -> None:
        super().__init__(title)
        self._find = find
        self._found: Sequence[Match] = ()

    def compose_body(self) -> ComposeResult:
        """Lay out the input above the results."""
        yield Input(placeholder="a part of the name", compact=True, id="find-line")
        yield OptionList(compact=True, id="find-options")
        yield Static(id="find-more", classes="dialog-text", markup=False)

    def on_mount(self) -> None:
        """Show everything before anything is typed."""
        self.query_one(Input).focus()
        self._search("")

    def on_input_changed(self, event: Input.Changed) -> None:
        """Search for the typed text."""
        self._search(event.value)

    @work(exclusive=True, group="find")
    async def _search(self, text: str) -> None:
        matches = await self._find(text.strip())
        self._found = matches.found
        options = self.query_one(OptionList)
        options.clear_options()
        options.add_options([Option(_match_prompt(match)) for match in matches.found])
        options.highlighted = 0 if matches.found else None
        nothing = "" if matches.found or matches.more else "Nothing is called so."
        self.query_one("#find-more", Static).update(content(matches.more or nothing))

    def on_key(self, event: events.Key) -> None:
        """Move through the results while typing."""
        if event.key in ("up", "down", "pageup", "pagedown"):
            options = self.query_one(OptionList)
            moves = {"up": "cursor_up", "down": "cursor_down", "pageup": "page_up", "pagedown": "page_down"}
            getattr(options, f"action_{moves[event.key]}")()
            event.stop()

    def on_input_submitted(self) -> None:
        """Return the highlighted item."""
        at = self.query_one(OptionList).highlighted
        if at is not None and at < len(self._found):
            self.dismiss(self._found[at].key)

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Return the clicked item."""
        self.dismiss(self._found[event.option_index].key)


def _match_prompt(match: Match) -> Content:
    about = ("\n  ", (screen_text(match.about), "$text-muted")) if match.about else ()
    return Content.assemble((screen_text(match.name), "bold"), *about)
