"""The table of the scatter's settings, with the same chosen one, one per line."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import ClassVar

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from textual import events
from textual.binding import BindingType
from textual.geometry import Region, Size
from textual.message import Message
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip

from tui.sweep.front import Front, FrontRow, over_today
from tui.sweep.scatter import FINE, Signs
from tui.terminal_text import screen_text

_WORDS = "Changes against today"


@lru_cache(maxsize=2)  # every line needs it each time it is drawn
def widths_of(front: Front) -> tuple[int, ...]:
    """Return the width of each column of figures, so that no figure is cut."""
    return tuple(
        max(cell_len(text) for text in (title, *(row.figures[at] for row in front.rows)))
        for at, title in enumerate(front.columns)
    )


def line_of(mark: str, figures: Sequence[str], words: str, widths: Sequence[int], width: int) -> str:
    """Return a line of the table ``width`` cells wide: figures in full, words as far as they fit."""
    columns = "  ".join(figure.rjust(room) for figure, room in zip(figures, widths, strict=True))
    start = f" {mark} {columns}  "
    return set_cell_size(start + screen_text(words, max(width - cell_len(start) - 1, 0)), width)


class SettingsTable(ScrollView, can_focus=True, inherit_bindings=False):
    """The settings, with the cursor on the chosen one. Draws only visible lines."""

    BINDINGS: ClassVar[list[BindingType]] = []
    COMPONENT_CLASSES: ClassVar[set[str]] = {"settings--cursor", "settings--titles"}

    front: reactive[Front] = reactive(Front(), init=False)
    chosen: reactive[int] = reactive(0, init=False)
    fine_signs: reactive[bool] = reactive(True, init=False)

    class Chosen(Message):
        """A setting was requested, by its row."""

        def __init__(self, row: int) -> None:
            super().__init__()
            self.row = row

    class Opened(Message):
        """The chosen setting was double-clicked."""

    def watch_front(self) -> None:
        """Show other settings."""
        self.virtual_size = Size(0, len(self.front.rows) + 1)
        self._follow()

    def watch_chosen(self) -> None:
        """Scroll to the chosen setting."""
        self._follow()

    def watch_fine_signs(self) -> None:
        """Show other signs."""
        self.refresh()

    def on_resize(self) -> None:
        """Keep the chosen setting visible."""
        self._follow()

    def _follow(self) -> None:
        # the titles cover the top line, so the line above the chosen one must be visible too
        self.scroll_to_region(Region(0, self.chosen, 1, 2), animate=False, force=True)
        self.refresh()

    def move(self, where: str) -> None:
        """Request another setting: ``down``, ``up``, ``page_down``, ``page_up``, ``first`` or ``last``."""
        page, last = max(self.size.height - 2, 1), len(self.front.rows) - 1
        steps = {"down": 1, "up": -1, "page_down": page, "page_up": -page}
        row = 0 if where == "first" else last if where == "last" else self.chosen + steps[where]
        if last >= 0:
            self.post_message(self.Chosen(min(max(row, 0), last)).set_sender(self))

    def on_click(self, event: events.Click) -> None:
        """Request the clicked setting. A double click opens it."""
        row = event.y + int(self.scroll_y) - 1
        if event.y and 0 <= row < len(self.front.rows):
            self.post_message(self.Chosen(row).set_sender(self))
            if event.chain == 2:
                self.post_message(self.Opened())

    @property
    def lines(self) -> list[str]:
        """The whole table as plain text, titles first."""
        return [self._title(), *(self._text(row) for row in self.front.rows)]

    def render_line(self, y: int) -> Strip:
        """Draw one line: the titles at the top, then settings."""
        width, style, row = self.size.width, self.rich_style, y + int(self.scroll_y) - 1
        if y == 0:
            titles = style + self.get_component_rich_style("settings--titles")
            return Strip([Segment(self._title() if self.front.rows else " " * width, titles)], width)
        if row >= len(self.front.rows):
            return Strip.blank(width, style)
        if row == self.chosen:
            style += self.get_component_rich_style("settings--cursor")
        return Strip([Segment(self._text(self.front.rows[row]), style)]).adjust_cell_length(width, style)

    def _title(self) -> str:
        return line_of(" ", self.front.columns, _WORDS, widths_of(self.front), self.size.width)

    def _text(self, row: FrontRow) -> str:
        mark = row.mark(self._signs)
        words = f"{over_today(row.name)}: {row.words}" if row.name and row.words != row.name else row.words
        return line_of(mark, row.figures, words, widths_of(self.front), self.size.width)

    @property
    def _signs(self) -> Signs:
        from tui.sweep.scatter import ASCII

        return FINE if self.fine_signs else ASCII
