"""The recordings in groups: their length, and whether they are analysed and labelled."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message
from textual.reactive import var
from textual.timer import Timer
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from tui.commands.place import binding_of
from tui.screens import key_for
from tui.terminal_text import screen_text, show_text
from tui.tune.bench import ALL, RecordingRow, RecordingsState, Stage, group_title
from tui.tune.commands import COMMANDS
from tui.tune.places import GONE

ADD = "\0add"
"""The key of the last line, which adds a folder."""
_GROUP = "\0group "
"""The prefix of headings' keys. The title of the group follows."""
_GLYPHS: dict[Stage, tuple[str, str]] = {
    "waiting": ("·", "$text-muted"),
    "analysing": ("", "$text-accent"),
    "failed": ("!", "$text-error"),
}
_ANALYSED = {"labelled": ("✓", "$text-success"), "not checked": ("?", "$text-warning"), "unlabelled": ("○", "")}
"""The signs of analysed recordings. ✓ has labels."""
_NAME = 14
_BESIDE_NAME = 11
"""The cells of a row beside the name: the marks, the length, the scrollbar."""
_LONGEST = 40
_WALKING_S = 0.25
"""How long the cursor rests on a recording before it is shown."""


_BY_ID = {command.id: command for command in COMMANDS}
_IN_FOOTER = [
    _BY_ID[id].replaced(action=f"screen.{_BY_ID[id].action}", in_footer=True)
    for id in ("tune.all", "tune.labels", "tune.evaluate", "tune.add-folder", "tune.select")
]
"""The screen's commands about recordings. The footer has them while the list has the focus."""


class RecordingList(Vertical):
    """Chooses what is shown: a recording, or all of them. It shows :attr:`listed`."""

    listed: var[RecordingsState] = var(RecordingsState())

    class Chosen(Message):
        """A recording (or :data:`ALL`) should be shown. ``preview``: the cursor rests on it."""

        def __init__(self, key: str, *, preview: bool = False) -> None:
            super().__init__()
            self.key = key
            self.preview = preview

    class Toggled(Message):
        """A recording should be added to or removed from the selection."""

        def __init__(self, key: str) -> None:
            super().__init__()
            self.key = key

    class GroupChosen(Message):
        """Several recordings should be compared over, and the first of them shown."""

        def __init__(self, keys: tuple[str, ...]) -> None:
            super().__init__()
            self.keys = keys

    class AddWanted(Message):
        """A folder should be added."""

    class Forgotten(Message):
        """A folder or file that was added should no longer be listed."""

        def __init__(self, place: Path) -> None:
            super().__init__()
            self.place = place

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space", "select", show=False),
        Binding("g", "end('first')", show=False),
        Binding("G", "end('last')", show=False),
        Binding("backspace,delete", "forget", show=False),
        *(binding_of(command) for command in _IN_FOOTER),
    ]

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._room = _NAME
        self._options = OptionList(id="recording-options", compact=True)
        self._note = Static(id="recording-note", markup=False)
        self._lines: tuple[str, ...] = ()
        """The keys of the lines: recordings, :data:`ALL`, headings, :data:`ADD`."""
        self._walk: Timer | None = None
        self._follows = False
        """Whether the cursor moves to what is shown next, although the list has the focus."""

    def compose(self) -> ComposeResult:
        """Lay out the list above the sentence about the highlighted recording."""
        yield self._options
        yield self._note

    @property
    def _rows(self) -> tuple[RecordingRow, ...]:
        return self.listed.rows or ()

    def row(self, key: str) -> RecordingRow:
        """Return the state of the recording."""
        return next(row for row in self._rows if row.key == key)

    def watch_listed(self, before: RecordingsState, now: RecordingsState) -> None:
        """Show the present state of the recordings. Only changed lines are updated."""
        if now.said != before.said:
            show_text(self._note, screen_text(now.said))
        if now.rows is None:
            return
        marked = (now.shown, now.over_all, now.picked) != (before.shown, before.over_all, before.picked)
        lines = self._wanted_lines()
        if lines != self._lines:
            self._lay_out(lines)
        else:
            known = {row.key: row for row in before.rows or ()}
            for row in now.rows:
                if marked or row != known[row.key]:
                    self._options.replace_option_prompt_at_index(lines.index(row.key), self._prompt(row))
            self._options.replace_option_prompt_at_index(0, self._prompt_all())
        other = (now.shown, now.over_all) != (before.shown, before.over_all)
        moved = other and (self._follows or not self._options.has_focus)
        self._follows = self._follows and not moved
        if now.shown is not None and (moved or self._options.highlighted is None):
            self.highlight(ALL if now.over_all else now.shown)
        elif now.rows != before.rows:
            self._say_about_highlighted()

    def _wanted_lines(self) -> tuple[str, ...]:
        """Return the keys of the lines. Headings only appear with more than one group."""
        groups: dict[str, list[str]] = {title: [] for _, title in self.listed.places}
        for row in self._rows:
            groups.setdefault(self._group(row), []).append(row.key)
        one = len(groups) == 1
        headed = [line for title, keys in groups.items() for line in (*(() if one else [_GROUP + title]), *keys)]
        return (ALL, *headed, ADD)

    def _group(self, row: RecordingRow) -> str:
        return group_title(row, self.listed.places)

    def _lay_out(self, lines: tuple[str, ...]) -> None:
        """Replace the lines. The cursor stays on its line, or at its position."""
        at, before = self._options.highlighted, self._lines
        self._lines = lines
        with self.prevent(OptionList.OptionHighlighted):
            self._options.set_options([Option(self._line(key)) for key in lines])
            if at is not None:
                key = before[at]
                self._options.highlighted = lines.index(key) if key in lines else min(at, len(lines) - 1)

    def _line(self, key: str) -> Content:
        if key == ALL:
            return self._prompt_all()
        if key == ADD:
            return Content.assemble(("  + add a folder…", "$text-accent"), ("   A", "$text-muted"))
        if key.startswith(_GROUP):
            room = self._room + _BESIDE_NAME - 4
            return Content.styled(_short(screen_text(key.removeprefix(_GROUP)), room), "$text-muted underline")
        return self._prompt(self.row(key))

    def _prompt_again(self) -> None:
        for at, key in enumerate(self._lines):
            self._options.replace_option_prompt_at_index(at, self._line(key))

    @property
    def highlighted_key(self) -> str:
        """The key under the cursor: a recording, :data:`ALL`, :data:`ADD` or a heading."""
        return self._lines[self._options.highlighted or 0] if self._lines else ALL

    def action_select(self) -> None:
        """Select by space."""
        self.toggle_highlighted()

    def toggle_highlighted(self) -> None:
        """Request to add the highlighted recording to the selection, or to remove it."""
        key = self.highlighted_key
        if keys := self._in_group(key):
            self.post_message(self.GroupChosen(keys))
        elif key not in (ALL, ADD) and not key.startswith(_GROUP):
            self.post_message(self.Toggled(key))

    def take_all(self) -> None:
        """Request to compare over all recordings, or over the shown one again. On a heading, over its group."""
        here = self.highlighted_key if self._options.has_focus else ALL
        if keys := self._in_group(here):
            self.post_message(self.GroupChosen(keys))
        elif self.listed.shown:
            self.post_message(self.Chosen(self.listed.shown if self.listed.over_all else ALL))
            if self.listed.over_all:
                self._tell_all_is_off(self.row(self.listed.shown).title)

    def _tell_all_is_off(self, shown: str) -> None:
        """Say that the readouts now cover fewer recordings, because the difference is hard to see."""
        over = "those selected" if len(self.listed.picked) > 1 else f"{shown} alone"
        said = f"All recordings off: the readouts are over {over}. {key_for('tune.all')} switches it on again."
        self.screen.notify(screen_text(said), markup=False)

    def action_end(self, which: str) -> None:
        """Move to the first line or the last."""
        self._options.action_first() if which == "first" else self._options.action_last()

    def action_forget(self) -> None:
        """Request to remove the folder or file under the cursor, or that of the recording there, from the list."""
        if (place := self._place(self.highlighted_key)) is not None:
            self.post_message(self.Forgotten(place))

    def _place(self, key: str) -> Path | None:
        titles = {title: place for place, title in self.listed.places}
        return titles.get(key.removeprefix(_GROUP)) if key.startswith(_GROUP) else None

    def _in_group(self, key: str) -> tuple[str, ...]:
        title = key.removeprefix(_GROUP)
        return tuple(row.key for row in self._rows if self._group(row) == title) if key != title else ()

    def highlight(self, key: str) -> None:
        """Move the cursor to a recording."""
        with self.prevent(OptionList.OptionHighlighted):
            self._options.highlighted = self._lines.index(key)
        self._say_about_highlighted()

    def focus(self, scroll_visible: bool = True) -> RecordingList:
        """Focus the list."""
        self.screen.set_focus(self._options, scroll_visible)
        return self

    def follow(self) -> None:
        """Focus the list, and move the cursor to what is shown next."""
        self._follows = True
        self.call_after_refresh(self.focus)

    def _prompt_all(self) -> Content:
        done, usable = self._counts()
        return self._columns(
            "▸ " if self.listed.over_all else "  ", "all recordings", f"{done}/{usable}", "Σ", "$text-accent"
        )

    def _counts(self) -> tuple[int, int]:
        """Return the number of analysed recordings, and of usable ones."""
        stages = [row.stage for row in self._rows]
        return stages.count("done"), len(stages) - stages.count("failed")

    def _prompt(self, row: RecordingRow) -> Content:
        glyph, style = _ANALYSED[row.labels] if row.stage == "done" else _GLYPHS[row.stage]
        length = "" if row.duration_s is None else _length(row.duration_s)
        if row.stage == "analysing":
            length, glyph = f"{row.share:4.0%}", "◌"
        one = not self.listed.over_all
        mark = "▸" if one and row.key == self.listed.shown else " "
        mark += "+" if one and row.key in self.listed.picked else " "
        return self._columns(mark, row.title, length, glyph, style)

    def _columns(self, mark: str, title: str, length: str, glyph: str, style: str) -> Content:
        room = self._room - max(len(length) - 4, 0)
        return Content.assemble(f"{mark}{_short(screen_text(title), room):<{room}} {length:>4} ", (glyph, style))

    def on_resize(self, event: events.Resize) -> None:
        """Fit the names to the new width."""
        room = min(max(event.size.width - _BESIDE_NAME, _NAME), _LONGEST)
        if room != self._room:
            self._room = room
            self._prompt_again()
            self._say_about_highlighted()

    def on_option_list_option_highlighted(self, event: OptionList.OptionHighlighted) -> None:
        """Show the note of a line, and the recording that the cursor rests on."""
        event.stop()
        self._say_about_highlighted()
        if self._walk is not None:
            self._walk.stop()
        if self._options.has_focus:
            key = self.highlighted_key
            self._walk = self.set_timer(_WALKING_S, lambda: self._show_walked(key))

    def _show_walked(self, key: str) -> None:
        if key == self.highlighted_key and key != ALL:
            self.post_message(self.Chosen(key, preview=True))

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Show a recording, compare over all or over a group, or add a folder."""
        event.stop()
        key = self._lines[event.option_index]
        if key == ADD:
            self.post_message(self.AddWanted())
        elif keys := self._in_group(key):
            self.post_message(self.GroupChosen(keys))
        elif not key.startswith(_GROUP):
            self.post_message(self.Chosen(key))

    def _say_about_highlighted(self) -> None:
        if self._options.highlighted is None:
            return
        text = screen_text(self._about(self.highlighted_key))
        show_text(self._note, text)
        self._options.tooltip = Content(text) if text else None

    def _about(self, key: str) -> str:
        if key == ALL:
            grouped = any(line.startswith(_GROUP) for line in self._lines)
            done, usable = self._counts()
            said = f"Compare over all recordings{f'; {done} of {usable} analysed' * (done < usable)}"
            return said + ("; a heading stands for its group alone." if grouped else ".")
        if key == ADD:
            return "enter chooses a folder, or drop one here. It is remembered and watched."
        if not key.startswith(_GROUP):
            row = self.row(key)
            whole = f"{row.title}. " if len(screen_text(row.title)) > self._room else ""
            return row.note if row.note.startswith(whole) else whole + row.note
        place, count = self._place(key), len(self._in_group(key))
        if place is not None and key.endswith(GONE):
            return f"{place} is no longer there; ⌫ takes it off the list."
        over = (
            f"enter or a compares over its {count}" if count else "no recordings yet; those that come appear here"
        )
        return f"{place}: {over}; ⌫ takes it off the list." if place else f"{over[0].upper()}{over[1:]}."


def _length(seconds: float) -> str:
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"


def _short(name: str, room: int) -> str:
    """Return a name in so many characters, cut in the middle: recordings of one day differ at the end."""
    tail = room // 2
    return name if len(name) <= room else f"{name[: room - 1 - tail]}…{name[-tail:]}"
