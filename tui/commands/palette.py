"""The command palette's entries: the commands in force, and the themes."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial

from textual.command import DiscoveryHit, Hit, Hits, Provider

from tui.commands.command import commands_in_force, told
from tui.commands.everywhere import EVERYWHERE
from tui.themes import THEMES


class CommandsProvider(Provider):
    """Offers every command that works on the screen the palette was opened over."""

    async def discover(self) -> Hits:
        """Yield every command while nothing is typed."""
        for command in commands_in_force(self.screen, EVERYWHERE):
            yield DiscoveryHit(command.name, self._runner(command.action), help=told(command, self.screen))
        for name, about, action in _themes():
            yield DiscoveryHit(name, self._runner(action), help=about)

    async def search(self, query: str) -> Hits:
        """Yield the commands whose name or description matches."""
        matcher = self.matcher(query)
        for command in commands_in_force(self.screen, EVERYWHERE):
            score = max(matcher.match(command.name), matcher.match(command.does) * 0.7)
            if score > 0:
                name = matcher.highlight(command.name)
                run = self._runner(command.action)
                yield Hit(score, name, run, text=command.name, help=told(command, self.screen))
        for theme, about, action in _themes():
            if (score := matcher.match(theme)) > 0:
                yield Hit(score, matcher.highlight(theme), self._runner(action), text=theme, help=about)

    def _runner(self, action: str) -> Callable[[], Awaitable[None]]:
        return partial(self.screen.run_action, action)


def _themes() -> list[tuple[str, str, str]]:
    """Return a name, a sentence and an action for each theme."""
    return [(f"Theme: {name}", f"Change to the {name} theme.", f"app.choose_theme('{name}')") for name in THEMES]
