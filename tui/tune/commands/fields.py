"""Commands on the draft's fields, as they are in Tune, where they lead through the timeline too."""

from __future__ import annotations

from tui.commands.command import Command
from tui.commands.draft_fields import (
    Down,
    FoldFields,
    Highest,
    Inherit,
    Less,
    Lowest,
    More,
    MuchLess,
    MuchMore,
    Redo,
    Reset,
    TypeValue,
    Undo,
    Up,
)


class FindField(Command):
    """Find a field by a part of its name, or of what it does."""

    id = "tune.find"
    name = "Find field"
    key = "slash"
    action = "find_field"


FIELDS: tuple[type[Command], ...] = (
    More.at("tune", "Step the field up; in the timeline, go to the next event."),
    Less.at("tune", "Step the field down; in the timeline, go to the event before."),
    MuchMore.at("tune", "Step the field up by five steps; in the timeline, look later."),
    MuchLess.at("tune", "Step the field down by five steps; in the timeline, look earlier."),
    Highest.at("tune", "Go to the upper end of the slider; in the timeline, to its end."),
    Lowest.at("tune", "Go to the lower end of the slider; in the timeline, to its beginning."),
    Down.at("tune", "Go to the next field; in the timeline, to the next arm's events."),
    Up.at("tune", "Go to the field above; in the timeline, to the events of the arm above."),
    TypeValue.at(
        "tune", "Type the field's value; go to the next value of a choice; in the timeline, play or pause."
    ),
    Inherit.at("tune", in_footer=True),
    FoldFields.at("tune"),
    FindField,
    Undo.at("tune", in_footer=True),
    Redo.at("tune"),
    Reset.at("tune"),
)
