"""What a person can do in the dashboard: one value per action.

From a command come the key binding, the footer entry, the palette entry and the line on the help screen. Each
screen's folder has its commands in ``commands.py``; the screen says in ``COMMANDS_HERE`` that it offers them and
binds them with :func:`bindings`::

    class ServicesScreen(Place):
        COMMANDS_HERE = COMMANDS
        BINDINGS = bindings(*COMMANDS)
"""

from tui.commands.command import Command, Place, bindings, commands_in_force, key_names, told

__all__ = ["Command", "Place", "bindings", "commands_in_force", "key_names", "told"]
