"""A dialog that finds one of many items by a part of its name."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from textual import events, work
from textual.app import ComposeResult
from textual.content import Content
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from tui.dialogs.dialog import Dialog
from tui.terminal_text import content, screen_text


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
        options.add_options([Option(_prompt(match)) for match in matches.found])
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


def _prompt(match: Match) -> Content:
    about = ("\n  ", (screen_text(match.about), "$text-muted")) if match.about else ()
    return Content.assemble((screen_text(match.name), "bold"), *about)
