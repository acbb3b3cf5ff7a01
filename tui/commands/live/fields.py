"""Commands on the draft's fields: Tune's, by ids of their own, because other keys may be free here."""

from __future__ import annotations

from tui.commands.command import Command
from tui.commands.tune import fields


class More(fields.More):
    """Step the field up; it holds from the next frame on."""

    id = "live.more"


class Less(fields.Less):
    """Step the field down; it holds from the next frame on."""

    id = "live.less"


class MuchMore(fields.MuchMore):
    """Step the field up by five steps."""

    id = "live.much-more"


class MuchLess(fields.MuchLess):
    """Step the field down by five steps."""

    id = "live.much-less"


class Highest(fields.Highest):
    """Go to the upper end of the slider."""

    id = "live.highest"


class Lowest(fields.Lowest):
    """Go to the lower end of the slider."""

    id = "live.lowest"


class Down(fields.Down):
    """Go to the next field, or down the log."""

    id = "live.down"


class Up(fields.Up):
    """Go to the field above, or up the log."""

    id = "live.up"


class TypeValue(fields.TypeValue):
    """Type the field's value, or go to the next value of a choice; in the log, say all about an event."""

    id = "live.type"
    key = "enter"


class Inherit(fields.Inherit):
    """Put the field back to inherit: the layer above decides it."""

    id = "live.inherit"
    in_footer = False


class FoldFields(fields.FoldFields):
    """Bring the rarer fields into view, or fold them away again; those that are set stay in view."""

    id = "live.fold"


class Undo(fields.Undo):
    """Take the last change of the draft back."""

    id = "live.undo"
    in_footer = False


class Redo(fields.Redo):
    """Do the change that was taken back again."""

    id = "live.redo"


class Reset(fields.Reset):
    """Put the whole draft back to what is stored; undo brings it back."""

    id = "live.reset"


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
    Undo,
    Redo,
    Reset,
)
