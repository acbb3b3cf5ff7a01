"""Commands of the Tune screen, a module a topic."""

from __future__ import annotations

from tui.commands.command import Command
from tui.commands.tune.arms import ARMS
from tui.commands.tune.fields import FIELDS
from tui.commands.tune.hearing import HEARING
from tui.commands.tune.panes import PANES, QuitWithCare
from tui.commands.tune.readouts import READOUTS
from tui.commands.tune.timeline import TIMELINE

__all__ = ["HERE", "QuitWithCare"]

HERE: tuple[type[Command], ...] = (*FIELDS, *ARMS, *READOUTS, *HEARING, *TIMELINE, *PANES)
"""In the order of the footer and the help screen."""
