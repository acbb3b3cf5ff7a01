"""Commands that several screens offer, each under its own ids, and commands that work on every screen."""

from __future__ import annotations

from tui.commands.command import Command, part
from tui.screens import SCREENS

MORE = Command("more", "More", "right,l", "Step the field up.", action="nudge(1)")
LESS = Command("less", "Less", "left,h", "Step the field down.", action="nudge(-1)")
MUCH_MORE = Command(
    "much-more", "Much more", "shift+right,L", "Step the field up by five steps.", action="nudge(5)"
)
MUCH_LESS = Command(
    "much-less", "Much less", "shift+left,H", "Step the field down by five steps.", action="nudge(-5)"
)
HIGHEST = Command("highest", "To the end", "end", "Go to the upper end of the slider.", action="jump(True)")
LOWEST = Command("lowest", "To the beginning", "home", "Go to the lower end of the slider.", action="jump(False)")
DOWN = Command("down", "Next field", "down,j", "Go to the next field.", action="go(1)")
UP = Command("up", "Field above", "up,k", "Go to the field above.", action="go(-1)")
TYPE_VALUE = Command(
    "type",
    "Type value",
    "enter,space",
    "Type the field's value, or go to the next value of a choice.",
    action=part("fields", "confirm"),
)
INHERIT = Command(
    "inherit",
    "Inherit",
    "backspace,delete",
    "Put the field back to inherit: the layer above decides it.",
    action=part("fields", "inherit"),
    shown_key="⌫",
)
FOLD_FIELDS = Command(
    "fold",
    "All fields",
    "f",
    "Bring the rarer fields into view, or fold them away again; those that are set stay in view.",
    action=part("fields", "switch_fold"),
)
UNDO = Command("undo", "Undo", "u,ctrl+z", "Take the last change of the draft back.", action=part("drafts", "undo"))
REDO = Command("redo", "Redo", "ctrl+y", "Redo the change that was undone.", action=part("drafts", "redo"))
RESET = Command(
    "reset",
    "Reset draft",
    "ctrl+r",
    "Put the whole draft back to what is stored; undo brings it back.",
    action=part("drafts", "reset"),
)
NEXT_PANE = Command("next-pane", "Pane", "tab", "Go to the next pane.", action="turn_pane(1)", in_footer=True)
PREVIOUS_PANE = Command(
    "previous-pane", "Pane before", "shift+tab", "Go to the pane before.", action="turn_pane(-1)"
)
_ROW_MOVES = (
    ("down", "Down", "j,down", "Move down."),
    ("up", "Up", "k,up", "Move up."),
    ("page_down", "Page down", "pagedown,ctrl+d", "Move down a page."),
    ("page_up", "Page up", "pageup,ctrl+u", "Move up a page."),
    ("first", "First", "g,home", "Go to the first row."),
    ("last", "Last", "G,end", "Go to the last row."),
)


def row_moves(screen: str, **does: str) -> tuple[Command, ...]:
    """Return a screen's commands that move through rows. ``does`` describes some of them on that screen."""
    return tuple(
        Command(f"{screen}.{move.replace('_', '-')}", name, keys, does.get(move, usual), action=f"go({move!r})")
        for move, name, keys, usual in _ROW_MOVES
    )


BACK = Command("back", "Back", "escape", "Back to the pane one begins in.", action="step_back")


SHOW_SYMPTOMS = Command(
    "app.symptoms",
    "Symptoms",
    "f1",
    "Callers complain? Say of what, and see what helps, simulated on these recordings, and what it costs.",
    action="app.show_symptoms",
    in_footer=True,
)
SHOW_HELP = Command(
    "app.help",
    "Help",
    "question_mark",
    "List every key that works here.",
    action="app.show_help",
    in_footer=True,
)
TOUR = Command(
    "app.tour",
    "Tour",
    "f3",
    "Begin the tour of six steps; while it runs, skip the step that it is at.",
    action="app.tour",
)
END_TOUR = Command("app.end-tour", "End tour", "f4", "End the tour; f3 begins it again.", action="app.end_tour")
SHOW_PALETTE = Command(
    "app.palette",
    "Palette",
    "ctrl+p",
    "Find any command by typing a part of its name.",
    action="app.command_palette",
    priority=True,
)
SWITCH_THEME = Command(
    "app.theme",
    "Next theme",
    "ctrl+t",
    "Change to the next theme: dark, light, high contrast. It is remembered.",
    action="app.switch_theme",
    priority=True,
)
QUIT = Command(
    "app.quit",
    "Quit",
    "q,ctrl+q",
    "Leave Turnlab; ctrl+q does so even while typing.",
    action="app.quit",
    in_footer=True,
)

EVERYWHERE: tuple[Command, ...] = (
    *(
        Command(f"app.{row.id}", row.title, row.key, row.does, action=f"app.show('{row.id}')", in_footer=True)
        for row in SCREENS.values()
        if row.key
    ),
    SHOW_SYMPTOMS,
    SHOW_HELP,
    TOUR,
    END_TOUR,
    SHOW_PALETTE,
    SWITCH_THEME,
    QUIT,
)
"""In the order of the footer and the help screen."""
