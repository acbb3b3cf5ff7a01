"""Commands on the field in focus, and on the draft as a whole."""

from __future__ import annotations

from tui.commands.command import Command


class More(Command):
    """Step the field up; in the timeline, go to the next event."""

    id = "tune.more"
    name = "More"
    key = "right,l"
    action = "nudge(1)"


class Less(Command):
    """Step the field down; in the timeline, go to the event before."""

    id = "tune.less"
    name = "Less"
    key = "left,h"
    action = "nudge(-1)"


class MuchMore(Command):
    """Step the field up by five steps; in the timeline, look later."""

    id = "tune.much-more"
    name = "Much more"
    key = "shift+right,L"
    action = "nudge(5)"


class MuchLess(Command):
    """Step the field down by five steps; in the timeline, look earlier."""

    id = "tune.much-less"
    name = "Much less"
    key = "shift+left,H"
    action = "nudge(-5)"


class Highest(Command):
    """Go to the upper end of the slider; in the timeline, to its end."""

    id = "tune.highest"
    name = "To the end"
    key = "end"
    action = "jump(True)"


class Lowest(Command):
    """Go to the lower end of the slider; in the timeline, to its beginning."""

    id = "tune.lowest"
    name = "To the beginning"
    key = "home"
    action = "jump(False)"


class Down(Command):
    """Go to the next field; in the timeline, to the next arm's events."""

    id = "tune.down"
    name = "Next field"
    key = "down,j"
    action = "go_down"


class Up(Command):
    """Go to the field above; in the timeline, to the events of the arm above."""

    id = "tune.up"
    name = "Field above"
    key = "up,k"
    action = "go_up"


class TypeValue(Command):
    """Type the field's value; go to the next value of a choice; in the timeline, play or pause."""

    id = "tune.type"
    name = "Type value"
    key = "enter,space"
    action = "confirm_field"


class Inherit(Command):
    """Put the field back to inherit: the layer above decides it."""

    id = "tune.inherit"
    name = "Inherit"
    key = "backspace,delete"
    action = "inherit_field"
    in_footer = True
    shown_key = "⌫"


class FoldFields(Command):
    """Bring the rarer fields into view, or fold them away again; those that are set stay in view."""

    id = "tune.fold"
    name = "All fields"
    key = "f"
    action = "fold_fields"


class FindField(Command):
    """Find a field by a part of its name, or of what it does."""

    id = "tune.find"
    name = "Find field"
    key = "slash"
    action = "find_field"


class Undo(Command):
    """Take the last change of the draft back."""

    id = "tune.undo"
    name = "Undo"
    key = "u,ctrl+z"
    action = "undo"
    in_footer = True


class Redo(Command):
    """Do the change that was taken back again."""

    id = "tune.redo"
    name = "Redo"
    key = "ctrl+y"
    action = "redo"


class Reset(Command):
    """Put the whole draft back to what is stored; undo brings it back."""

    id = "tune.reset"
    name = "Reset draft"
    key = "ctrl+r"
    action = "reset_draft"


FIELDS: tuple[type[Command], ...] = (
    More,
    Less,
    MuchMore,
    MuchLess,
    Highest,
    Lowest,
    Down,
    Up,
    TypeValue,
    Inherit,
    FoldFields,
    FindField,
    Undo,
    Redo,
    Reset,
)
