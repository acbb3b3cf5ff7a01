"""Commands on the draft's fields, as they are in Live, where they lead through the log too."""

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

FIELDS: tuple[type[Command], ...] = (
    More.at("live", "Step the field up; it holds from the next frame on."),
    Less.at("live", "Step the field down; it holds from the next frame on."),
    MuchMore.at("live"),
    MuchLess.at("live"),
    Highest.at("live"),
    Lowest.at("live"),
    Down.at("live", "Go to the next field, or down the log."),
    Up.at("live", "Go to the field above, or up the log."),
    TypeValue.at(
        "live",
        "Type the field's value, or go to the next value of a choice; in the log, say all about an event.",
        key="enter",
    ),
    Inherit.at("live"),
    FoldFields.at("live"),
    Undo.at("live"),
    Redo.at("live"),
    Reset.at("live"),
)
