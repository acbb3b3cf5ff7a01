"""Help: common tasks, then every key of the screen behind it, generated from the commands."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from rich.table import Table
from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.screen import ModalScreen, Screen
from textual.widgets import Static

from tui.commands.place import Place, active_commands, help_text, key_names
from tui.commands.shared import EVERYWHERE
from tui.dialogs.dialog import NARROW, take_width
from tui.screens import with_keys

JOBS = (
    ("Callers say it is too slow, or it cuts them off", "{app.symptoms}, choose the complaint; v tries what helps"),
    ("Hear it", "{tune.play} in Tune plays the call with the agent in it; {tune.hear-arm} the other arm"),
    ("Save it", "{tune.save} in Tune shows old → new, then sends it"),
    (
        "Take back what I saved",
        "{tune.undo} where it was saved; later 1, History, {services.rollback} on its line",
    ),
    (
        "My own recordings",
        "2 Tune, {tune.add-folder} adds a folder; {tune.labels} labels, {tune.evaluate} evaluates",
    ),
    (
        "Compare three presets",
        "2 Tune, {tune.arms} adds arms, {tune.all} turns all recordings on or off; the verdict is on top",
    ),
    ("Find a better setting", "5 Sweep, {sweep.run} tries hundreds"),
    (
        "Look into real calls",
        "4 Calls, {calls.pull} pulls them; {calls.worst} lists the worst turns, {calls.check} checks the simulator",
    ),
    ("Talk to the agent", "3 Live"),
)
"""Common tasks, and the commands for them."""

HelpLine = tuple[str, str, str]
"""The keys, the name and the description of one command."""


class HelpScreen(ModalScreen[None]):
    """A list of keys, shown over its screen."""

    CSS_PATH = "help.tcss"
    HORIZONTAL_BREAKPOINTS = NARROW
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,question_mark,q,enter", "dismiss", "Close", id="help.close"),
        Binding("f3", "tour", "Tour", id="help.tour"),
        Binding("j", "scroll('down')", show=False),
        Binding("k", "scroll('up')", show=False),
    ]

    def __init__(self, over: Screen[Any]) -> None:
        super().__init__()
        self.sections = sections(over)
        """The sections, each under a heading."""
        self.words = over.WORDS_HERE if isinstance(over, Place) else {}
        """Words that may be new, with their meanings."""

    def compose(self) -> ComposeResult:
        """Lay out one table for each section."""
        take_width(self)
        with Vertical(id="help") as window:
            window.border_title = "Help"
            window.border_subtitle = "f3 begins the tour · esc closes"
            with VerticalScroll():
                yield Static("What do you want to do?", classes="help-title", markup=False)
                jobs = [(job, "", with_keys(how)) for job, how in JOBS]
                yield Static(_table(jobs, width=_JOB), classes="help-lines")
                for title, lines in self.sections:
                    yield Static(title, classes="help-title", markup=False)
                    yield Static(_table(lines), classes="help-lines")
                if self.words:
                    yield Static("Words", classes="help-title", markup=False)
                    words = [(word, "", meaning) for word, meaning in self.words.items()]
                    yield Static(_table(words, width=_WORD), classes="help-lines")

    async def action_tour(self) -> None:
        """Close the help, and start the tour from its first step."""
        self.dismiss()
        await self.app.run_action("begin_tour")

    async def action_scroll(self, direction: str) -> None:
        """Scroll with the keys that move elsewhere."""
        await self.query_one(VerticalScroll).run_action(f"scroll_{direction}")


def sections(screen: Screen[Any]) -> Sequence[tuple[str, Sequence[HelpLine]]]:
    """Return the commands that work on a screen now, under its heading and the app's."""
    here = screen.TITLE_HERE if isinstance(screen, Place) else ""
    found: dict[str, list[HelpLine]] = {}
    taken: set[str] = set()
    for command in active_commands(screen, EVERYWHERE):
        section = "Everywhere" if command in EVERYWHERE else here
        names = key_names(command, screen)
        free = [key for key in names if section == here or key not in taken]
        taken |= {*names} if section == here else set()
        keys = "  ".join(free or names)
        found.setdefault(section, []).append((keys, command.name, help_text(command, screen)))
    return list(found.items())


_KEYS, _WORD, _JOB = 12, 22, 26
"""Column widths for keys, for a word, and for a task."""


def _table(lines: Sequence[HelpLine], width: int = _KEYS) -> Table:
    table = Table.grid(padding=(0, 2, 0, 0), expand=True)
    table.add_column(no_wrap=width == _KEYS, width=width, style="bold")
    table.add_column(ratio=1)
    for keys, _, description in lines:
        table.add_row(Text(keys), Text(description))
    return table
