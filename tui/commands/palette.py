"""The command palette's entries: the commands in force."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial

from textual.command import DiscoveryHit, Hit, Hits, Provider

from tui.commands.command import Command, commands_in_force, told
from tui.commands.everywhere import EVERYWHERE


class CommandsProvider(Provider):
    """Offers every command that works on the screen the palette was opened over."""

    async def discover(self) -> Hits:
        """Yield every command while nothing is typed."""
        for command in commands_in_force(self.screen, EVERYWHERE):
            yield DiscoveryHit(command.name, self._runner(command), help=told(command, self.screen))

    async def search(self, query: str) -> Hits:
        """Yield the commands whose name or description matches."""
        matcher = self.matcher(query)
        for command in commands_in_force(self.screen, EVERYWHERE):
            score = max(matcher.match(command.name), matcher.match(command.description()) * 0.7)
            if score > 0:
                name = matcher.highlight(command.name)
                yield Hit(score, name, self._runner(command), text=command.name, help=told(command, self.screen))

    def _runner(self, command: type[Command]) -> Callable[[], Awaitable[None]]:
        return partial(self.screen.run_action, command.action)
