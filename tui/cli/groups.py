"""Commands that show something by default and have further ones beneath them."""

from __future__ import annotations

from typing import Any

from typer.core import TyperGroup

SHOW = "show"


class ShowingGroup(TyperGroup):
    """A group whose ``show`` runs wherever no command of it is named: ``turnlab profiles telephone``."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Put ``show`` before arguments that name no command."""
        if not args or args[0] not in (*self.commands, *ctx.help_option_names):
            args = [SHOW, *args]
        return super().parse_args(ctx, args)
