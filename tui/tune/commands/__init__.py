"""Commands of the Tune screen, a module a topic."""

from __future__ import annotations

from tui.commands.command import Command
from tui.tune.commands.arms import ARMS
from tui.tune.commands.fields import FIELDS
from tui.tune.commands.hearing import HEARING
from tui.tune.commands.panes import PANES, QuitWithCare
from tui.tune.commands.readouts import READOUTS
from tui.tune.commands.timeline import TIMELINE

__all__ = ["HERE", "QuitWithCare"]

HERE: tuple[type[Command], ...] = (*FIELDS, *ARMS, *READOUTS, *HEARING, *TIMELINE, *PANES)
"""In the order of the footer and the help screen."""
