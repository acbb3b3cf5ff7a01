"""What a person can do in the dashboard: one class per action.

A command's docstring is its description; from the class come the key binding, the footer entry, the palette entry
and the line on the help screen. A screen says which commands it offers in ``COMMANDS_HERE`` and binds them with
:func:`bindings`::

    class ServicesScreen(Place):
        COMMANDS_HERE = (Refresh, FocusFilter)
        BINDINGS = bindings(*COMMANDS_HERE)
"""

from tui.commands.command import Command, Place, bindings, commands_in_force, key_names, told

__all__ = ["Command", "Place", "bindings", "commands_in_force", "key_names", "told"]
