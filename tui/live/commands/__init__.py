"""Commands of the Live screen, a module a topic."""

from __future__ import annotations

from tui.commands.command import Command
from tui.live.commands.call import CALL
from tui.live.commands.devices import DEVICES
from tui.live.commands.fields import FIELDS
from tui.live.commands.log import LOG
from tui.live.commands.panes import PANES

__all__ = ["HERE"]

HERE: tuple[type[Command], ...] = (*CALL, *DEVICES, *LOG, *PANES, *FIELDS)
"""In the order of the footer and the help screen."""
