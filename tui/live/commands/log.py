"""Commands of the event log."""

from __future__ import annotations

from tui.commands.command import Command


class NextLine(Command):
    """Go to the next event of the log and read why it happened."""

    id = "live.next-event"
    name = "Why?"
    key = "full_stop"
    action = "step_log(1)"
    in_footer = True


class LineBefore(Command):
    """Go to the event before and read why it happened."""

    id = "live.previous-event"
    name = "Why? before"
    key = "comma"
    action = "step_log(-1)"


class Why(Command):
    """Say all about the event under the cursor: its reason and every number behind it."""

    id = "live.why"
    name = "Why in full"
    key = "w"
    action = "tell_why"


LOG: tuple[type[Command], ...] = (
    NextLine,
    LineBefore,
    Why,
)
