"""The recordings: how long they are, and whether they are analysed."""

from __future__ import annotations

from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message
from textual.reactive import var
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from tui.terminal_text import screen_text
from tui.tune.recordings import ALL, RecordingRow, RecordingsState, Stage

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
"""Characters of a name's end that stay when it is cut: recordings of one day differ there."""


class RecordingList(Vertical):
    """Chooses what is shown: a recording, or all of them at once. It shows :attr:`listed`."""

    listed: var[RecordingsState] = var(RecordingsState())

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
        self._room = _NAME
        self._options = OptionList(id="recording-options", compact=True)
        self._note = Static(id="recording-note", markup=False)

    def compose(self) -> ComposeResult:
        """Lay out the list and the sentence about the highlighted recording."""
        yield self._options
        yield self._note

    @property
    def _rows(self) -> tuple[RecordingRow, ...]:
        return self.listed.rows or ()

    def row(self, key: str) -> RecordingRow:
        """Return how a recording stands."""
        return next(row for row in self._rows if row.key == key)

    def watch_listed(self, before: RecordingsState, now: RecordingsState) -> None:
        """Show how the recordings stand, changing what looks different."""
        if now.said != before.said:
            self._note.update(screen_text(now.said))
        if now.rows is None:
            return
        known = before.rows
        if known is None:
            known = ()
            self._options.add_option(Option("", id="all"))
        marked = (now.shown, now.over_all, now.picked) != (before.shown, before.over_all, before.picked)
        for number, row in enumerate(now.rows):
            if number >= len(known):
                self._options.add_option(Option(self._prompt(row), id=_id(number)))
            elif marked or row != known[number]:
                self._options.replace_option_prompt(_id(number), self._prompt(row))
        self._options.replace_option_prompt("all", self._prompt_all())
        if self._options.highlighted is None and now.shown is not None:
            self.highlight(now.shown)
        elif now.rows != before.rows:
            self._say_about_highlighted()

    def _prompt_anew(self) -> None:
        if self.listed.rows is None:
            return
        for number, row in enumerate(self._rows):
            self._options.replace_option_prompt(_id(number), self._prompt(row))
        self._options.replace_option_prompt("all", self._prompt_all())

    @property
    def highlighted_key(self) -> str:
        """The recording under the cursor; :data:`ALL` for the row that stands for all."""
        return self._key(self._options.highlighted or 0)

    def action_select(self) -> None:
        """Ask by space."""
        self.toggle_highlighted()

    def toggle_highlighted(self) -> None:
        """Ask for the highlighted recording to go into the selection, or out of it."""
        if self.highlighted_key != ALL:
            self.post_message(self.Toggled(self.highlighted_key))

    def highlight(self, key: str) -> None:
        """Move the cursor to a recording."""
        self._options.highlighted = 0 if key == ALL else self._rows.index(self.row(key)) + 1

    def focus(self, scroll_visible: bool = True) -> RecordingList:
        """Focus the list."""
        self.screen.set_focus(self._options, scroll_visible)
        return self

    def _prompt_all(self) -> Content:
        done = sum(row.stage == "done" for row in self._rows)
        usable = sum(row.stage != "failed" for row in self._rows)
        return self._columns(
            "▸ " if self.listed.over_all else "  ", "all recordings", f"{done}/{usable}", "Σ", "$text-accent"
        )

    def _prompt(self, row: RecordingRow) -> Content:
        glyph, style = _GLYPHS[row.stage]
        length = "" if row.duration_s is None else _length(row.duration_s)
        if row.stage == "analysing":
            length, glyph = f"{row.share:4.0%}", "◌"
        one = not self.listed.over_all
        mark = "▸" if one and row.key == self.listed.shown else " "
        mark += "+" if one and row.key in self.listed.picked else " "
        return self._columns(mark, row.title, length, glyph, style)

    def _columns(self, mark: str, title: str, length: str, glyph: str, style: str) -> Content:
        return Content.assemble(
            f"{mark}{_short(screen_text(title), self._room):<{self._room}} {length:>4} ", (glyph, style)
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
        return ALL if index == 0 else self._rows[index - 1].key

    def _say_about_highlighted(self) -> None:
        index = self._options.highlighted
        if index is None:
            return
        key = self._key(index)
        text = "Compare over all recordings." if key == ALL else screen_text(self.row(key).note)
        self._note.update(text)
        self._options.tooltip = Content(text) if text else None


def _id(number: int) -> str:
    return f"recording-{number}"


def _length(seconds: float) -> str:
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"


def _short(name: str, room: int) -> str:
    """Return a name in so many characters, cut in the middle."""
    return name if len(name) <= room else f"{name[: room - 1 - _TAIL]}…{name[-_TAIL:]}"
