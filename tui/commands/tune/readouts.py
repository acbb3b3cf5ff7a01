"""Commands about what the readouts are over."""

from __future__ import annotations

from tui.commands.command import Command


class CompareAll(Command):
    """Compare over all recordings, or over the shown one again."""

    id = "tune.all"
    name = "All"
    key = "a"
    action = "toggle_all"
    in_footer = True


READOUTS: tuple[type[Command], ...] = (CompareAll,)
