"""Commands on the field in focus, and on the draft as a whole, wherever a draft is edited."""

from __future__ import annotations

from tui.commands.command import SharedCommand


class More(SharedCommand):
    """Step the field up."""

    part = "more"
    name = "More"
    key = "right,l"
    action = "nudge(1)"


class Less(SharedCommand):
    """Step the field down."""

    part = "less"
    name = "Less"
    key = "left,h"
    action = "nudge(-1)"


class MuchMore(SharedCommand):
    """Step the field up by five steps."""

    part = "much-more"
    name = "Much more"
    key = "shift+right,L"
    action = "nudge(5)"


class MuchLess(SharedCommand):
    """Step the field down by five steps."""

    part = "much-less"
    name = "Much less"
    key = "shift+left,H"
    action = "nudge(-5)"


class Highest(SharedCommand):
    """Go to the upper end of the slider."""

    part = "highest"
    name = "To the end"
    key = "end"
    action = "jump(True)"


class Lowest(SharedCommand):
    """Go to the lower end of the slider."""

    part = "lowest"
    name = "To the beginning"
    key = "home"
    action = "jump(False)"


class Down(SharedCommand):
    """Go to the next field."""

    part = "down"
    name = "Next field"
    key = "down,j"
    action = "go_down"


class Up(SharedCommand):
    """Go to the field above."""

    part = "up"
    name = "Field above"
    key = "up,k"
    action = "go_up"


class TypeValue(SharedCommand):
    """Type the field's value, or go to the next value of a choice."""

    part = "type"
    name = "Type value"
    key = "enter,space"
    action = "confirm_field"


class Inherit(SharedCommand):
    """Put the field back to inherit: the layer above decides it."""

    part = "inherit"
    name = "Inherit"
    key = "backspace,delete"
    action = "inherit_field"
    shown_key = "⌫"


class FoldFields(SharedCommand):
    """Bring the rarer fields into view, or fold them away again; those that are set stay in view."""

    part = "fold"
    name = "All fields"
    key = "f"
    action = "fold_fields"


class Undo(SharedCommand):
    """Take the last change of the draft back."""

    part = "undo"
    name = "Undo"
    key = "u,ctrl+z"
    action = "undo"


class Redo(SharedCommand):
    """Do the change that was taken back again."""

    part = "redo"
    name = "Redo"
    key = "ctrl+y"
    action = "redo"


class Reset(SharedCommand):
    """Put the whole draft back to what is stored; undo brings it back."""

    part = "reset"
    name = "Reset draft"
    key = "ctrl+r"
    action = "reset_draft"
