"""The recordings: how long they are, and whether they are analysed."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar, Literal

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from tui.terminal_text import plain

Stage = Literal["waiting", "analysing", "done", "failed"]
_GLYPHS: dict[Stage, tuple[str, str]] = {
    "waiting": ("·", "$text-muted"),
    "analysing": ("", "$text-accent"),
    "done": ("✓", "$text-success"),
    "failed": ("!", "$text-error"),
}
_NAME = 14
_BESIDE_NAME = 11
"""Cells of a row that are not its name's: the marks, the length, the scrollbar."""
_LONGEST = 40
_TAIL = 9
"""So much of a name's end is kept where it is cut: recordings of one day differ there."""

ALL = ""
"""The key of the row that stands for all recordings."""


@dataclass(frozen=True, slots=True)
class RecordingRow:
    """One recording in the list; ``note`` is one sentence about it, such as why it failed."""

    key: str
    title: str
    duration_s: float | None
    stage: Stage = "waiting"
    share: float = 0.0
    note: str = ""

    def now(self, stage: Stage, *, share: float = 0.0, note: str | None = None) -> RecordingRow:
        """Return the row in another stage."""
        return replace(self, stage=stage, share=share, note=self.note if note is None else note)


class RecordingList(Vertical):
    """Chooses what is shown: a recording, or all of them at once."""

    class Chosen(Message):
        """A recording (or :data:`ALL`) should be shown."""

        def __init__(self, key: str) -> None:
            super().__init__()
            self.key = key

    class Toggled(Message):
        """A recording should go into the selection, or out of it."""

        def __init__(self, key: str) -> None:
            super().__init__()
            self.key = key

    BINDINGS: ClassVar[list[BindingType]] = [Binding("space", "select", show=False)]

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._picked: Collection[str] = ()
        self._rows: dict[str, RecordingRow] = {}
        self._shown: str | None = None
        self._all = False
        self._room = _NAME
        self._options = OptionList(id="recording-options", compact=True)
        self._note = Static(id="recording-note", markup=False)

    def compose(self) -> ComposeResult:
        """Lay out the list and the sentence about the highlighted recording."""
        yield self._options
        yield self._note

    def fill(self, rows: Sequence[RecordingRow]) -> None:
        """Show these recordings."""
        self._rows = {row.key: row for row in rows}
        self._options.clear_options()
        self._options.add_option(Option(self._prompt_all(), id="all"))
        self._options.add_options([Option(self._prompt(row), id=_id(n)) for n, row in enumerate(rows)])

    def say(self, text: str) -> None:
        """Say something about the whole list."""
        self._note.update(plain(text))

    def row(self, key: str) -> RecordingRow:
        """Return how a recording stands."""
        return self._rows[key]

    def put(self, row: RecordingRow) -> None:
        """Show how one recording stands now."""
        self._rows[row.key] = row
        self._options.replace_option_prompt(_id(list(self._rows).index(row.key)), self._prompt(row))
        self._options.replace_option_prompt("all", self._prompt_all())
        self._say_about_highlighted()

    def take_in(self, row: RecordingRow) -> None:
        """Show a recording that is new, at the end, or how a known one stands now."""
        if row.key in self._rows:
            self.put(row)
            return
        self._rows[row.key] = row
        self._options.add_option(Option(self._prompt(row), id=_id(len(self._rows) - 1)))
        self._options.replace_option_prompt("all", self._prompt_all())

    def mark_shown(self, key: str | None, *, all_of_them: bool, picked: Collection[str] = ()) -> None:
        """Mark what the screen shows, and what the readouts are over."""
        self._shown, self._all, self._picked = key, all_of_them, picked
        self._prompt_anew()

    def _prompt_anew(self) -> None:
        for number, row in enumerate(self._rows.values()):
            self._options.replace_option_prompt(_id(number), self._prompt(row))
        if self._rows:
            self._options.replace_option_prompt("all", self._prompt_all())

    @property
    def highlighted_key(self) -> str:
        """The recording under the cursor; :data:`ALL` for the row that stands for all."""
        return self._key(self._options.highlighted or 0)

    def action_select(self) -> None:
        """Ask for the highlighted recording to go into the selection, or out of it."""
        if self.highlighted_key != ALL:
            self.post_message(self.Toggled(self.highlighted_key))

    def highlight(self, key: str) -> None:
        """Move the cursor to a recording."""
        self._options.highlighted = 0 if key == ALL else list(self._rows).index(key) + 1

    def focus(self, scroll_visible: bool = True) -> RecordingList:
        """Focus the list."""
        self.screen.set_focus(self._options, scroll_visible)
        return self

    def _prompt_all(self) -> Content:
        done = sum(row.stage == "done" for row in self._rows.values())
        usable = sum(row.stage != "failed" for row in self._rows.values())
        return self._columns("▸ " if self._all else "  ", "all recordings", f"{done}/{usable}", "Σ", "$text-accent")

    def _prompt(self, row: RecordingRow) -> Content:
        glyph, style = _GLYPHS[row.stage]
        length = "" if row.duration_s is None else _length(row.duration_s)
        if row.stage == "analysing":
            length, glyph = f"{row.share:4.0%}", "◌"
        shown = row.key == self._shown and not self._all
        mark = ("▸" if shown else " ") + ("+" if row.key in self._picked and not self._all else " ")
        return self._columns(mark, row.title, length, glyph, style)

    def _columns(self, mark: str, title: str, length: str, glyph: str, style: str) -> Content:
        return Content.assemble(
            f"{mark}{_short(plain(title), self._room):<{self._room}} {length:>4} ", (glyph, style)
        )

    def on_resize(self, event: events.Resize) -> None:
        """Show more or less of the names."""
        room = min(max(event.size.width - _BESIDE_NAME, _NAME), _LONGEST)
        if room != self._room:
            self._room = room
            self._prompt_anew()

    def on_option_list_option_highlighted(self, event: OptionList.OptionHighlighted) -> None:
        """Say what there is to say about a recording."""
        event.stop()
        self._say_about_highlighted()

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Show it."""
        event.stop()
        self.post_message(self.Chosen(self._key(event.option_index)))

    def _key(self, index: int) -> str:
        return ALL if index == 0 else list(self._rows)[index - 1]

    def _say_about_highlighted(self) -> None:
        index = self._options.highlighted
        if index is None:
            return
        key = self._key(index)
        text = "Compare over all recordings." if key == ALL else plain(self._rows[key].note)
        self._note.update(text)
        self._options.tooltip = Content(text) if text else None


def _id(number: int) -> str:
    return f"recording-{number}"


def _length(seconds: float) -> str:
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"


def _short(name: str, room: int) -> str:
    """Return a name in so many characters, cut in the middle."""
    return name if len(name) <= room else f"{name[: room - 1 - _TAIL]}…{name[-_TAIL:]}"
