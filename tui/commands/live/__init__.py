"""Commands of the Live screen, a module a topic."""

from __future__ import annotations

from tui.commands.command import Command
from tui.commands.live.call import CALL
from tui.commands.live.devices import DEVICES
from tui.commands.live.fields import FIELDS
from tui.commands.live.log import LOG
from tui.commands.live.panes import PANES

__all__ = ["HERE"]

HERE: tuple[type[Command], ...] = (*CALL, *DEVICES, *LOG, *PANES, *FIELDS)
"""In the order of the footer and the help screen."""
