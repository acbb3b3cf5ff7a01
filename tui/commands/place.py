"""A screen's commands for Textual: key bindings, availability, and the palette's entries."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from functools import partial
from inspect import isawaitable
from time import monotonic
from types import MappingProxyType
from typing import Any, ClassVar, NamedTuple, Protocol, runtime_checkable

from textual import on
from textual.binding import Binding, BindingType
from textual.command import DiscoveryHit, Hit, Hits, Provider
from textual.content import Content
from textual.events import Mount, Resize, ScreenResume
from textual.fuzzy import Matcher
from textual.notifications import Notify, SeverityLevel
from textual.screen import Screen

from tui.commands.command import Command
from tui.commands.shared import EVERYWHERE
from tui.host import Report, ScreenNotice
from tui.terminal_text import plain
from tui.themes import THEMES


def binding_of(command: Command) -> Binding:
    """Return the binding of a command's key."""
    return Binding(
        command.key,
        command.action,
        command.name,
        show=command.in_footer,
        key_display=command.shown_key,
        priority=command.priority,
        tooltip=command.does,
        id=command.id,
    )


def bindings(*commands: Command) -> list[BindingType]:
    """Return the bindings of commands, for a ``BINDINGS`` class variable.

    Each key becomes a binding of its own that shares the command's id; only the first appears in the footer.
    """
    return [binding_of(command) for command in commands]


class Jump(NamedTuple):
    """A jump target, found by a part of its name; ``kind`` says what it is, such as ``recording``."""

    name: str
    kind: str
    go: Callable[[], object]
    about: str = ""


@runtime_checkable
class Jumping(Protocol):
    """An app that knows the jump targets for its screens."""

    def jumps_from(self, screen: Screen[Any]) -> Iterable[Jump]:
        """Return the jump targets on other screens."""

    async def jumps_called(self, text: str) -> Iterable[Jump]:
        """Search other sources for a text, and return the matches."""


class Place(Screen[None]):
    """A screen with commands."""

    TITLE_HERE: ClassVar[str] = ""
    """The screen's name on the help screen."""
    COMMANDS_HERE: ClassVar[tuple[Command, ...]] = ()
    """The commands of the screen, most useful first."""
    FIRST_IN_FOOTER: ClassVar[tuple[str, ...]] = ()
    """Ids of the commands that come first in the footer, if they are always the same."""
    WORDS_HERE: ClassVar[Mapping[str, str]] = MappingProxyType({})
    """Words on this screen that may be new, each with its meaning in a sentence."""

    _styled_for: tuple[object, ...] = ()
    _hint: tuple[str, float] = ("", 0.0)
    """The hint that was shown last, and when it ends."""
    _breakpoint_width = 0
    """The width for which :meth:`take_breakpoint` set the class."""

    @on(Mount)
    def _note_look(self) -> None:
        self._styled_for = self._look

    @on(ScreenResume)
    def _keep_styles(self, event: ScreenResume) -> None:
        """Apply styles again only if the theme changed while another screen was visible.

        Textual would do so whenever a screen becomes visible, which takes longer than all the rest.
        """
        event.refresh_styles = self._styled_for != self._look
        self._note_look()

    def take_breakpoint(self) -> None:
        """Set the class for the present width. Call it in ``compose``, so that nothing is styled twice."""
        width = self._breakpoint_width = self.app.size.width
        names = [name for least, name in self.HORIZONTAL_BREAKPOINTS or () if width >= least]
        self.set_class(bool(names), *names[-1:], update=False)

    @on(Resize)
    def _keep_layout(self, event: Resize) -> None:
        """Keep a layout for an unchanged size: Textual sends a new screen its size three times."""
        if event.size == self.size and event.size.width == self._breakpoint_width:
            event.prevent_default()
        else:
            self._breakpoint_width = event.size.width

    @property
    def _look(self) -> tuple[object, ...]:
        return (self.app.theme, self.app.ansi_theme, self.app.native_ansi_color, self.app.app_focus)

    def notify(
        self,
        message: str,
        *,
        title: str = "",
        severity: SeverityLevel = "information",
        timeout: float | None = None,
        markup: bool = True,
    ) -> None:
        """Show a notice that disappears with this screen. A hint that is still visible is not shown again."""
        for_s = self.app.NOTIFICATION_TIMEOUT if timeout is None else timeout
        now = monotonic()
        if not title and self._hint[0] == message and now < self._hint[1]:
            return
        self._hint = message, now + for_s
        notice = ScreenNotice(message, title, severity, for_s, markup, screen=self)
        self.app.post_message(Notify(notice))

    def reason_against(self, command: Command) -> str:  # noqa: ARG002  (for screens that know one)
        """Return why a command is unavailable now. Empty if it is available."""
        return ""

    def first_in_footer(self) -> tuple[str, ...]:
        """Return the ids of the commands that come first in the footer: the likely next steps."""
        return self.FIRST_IN_FOOTER

    def jumps(self) -> Iterable[Jump]:
        """Return this screen's jump targets for the palette."""
        return ()

    def on_report(self, report: Report) -> None:
        """Deliver a thread's report to its controller."""
        report.deliver()

    async def action_part(self, part: str, method: str, *values: object) -> None:
        """Call a method of one of the screen's parts: ``part("playback", "stop")`` is ``playback.stop()``."""
        done = getattr(getattr(self, part), method)(*values)
        if isawaitable(done):
            await done

    def may(self, command: Command) -> bool:
        """Return whether a command is available. If not, say why."""
        if reason := self.reason_against(command):
            self.notify(plain(reason), title=f"Not now: {command.name}", severity="warning", markup=False)
        return not reason


def active_commands(screen: Screen[Any], everywhere: Iterable[Command]) -> list[Command]:
    """Return the commands that work on a screen now: its own, then the app's.

    Commands that the screen hides are left out. Unavailable ones are included.
    """
    own = screen.COMMANDS_HERE if isinstance(screen, Place) else ()
    usable = [command for command in own if screen.check_action(command.action.partition("(")[0], ()) is not False]
    taken = {command.action for command in usable}
    return usable + [command for command in everywhere if command.action not in taken]


def help_text(command: Command, screen: Screen[Any]) -> str:
    """Return what a command does and, if it is unavailable, why."""
    reason = screen.reason_against(command) if isinstance(screen, Place) else ""
    return f"{command.does} Not now: {plain(reason)}." if reason else command.does


def key_names(command: Command, screen: Screen[Any]) -> list[str]:
    """Return the command's present keys as they are written."""
    bound = [active.binding for active in screen.active_bindings.values() if active.binding.id == command.id]
    if not bound:
        bound = [binding_of(command).with_key(key.strip()) for key in command.key.split(",")]
    return list(dict.fromkeys(screen.app.get_key_display(binding) for binding in bound))


_AT_ONCE = 100
"""The number of names to match before other tasks run. A workspace may have thousands."""
_STILL_TYPING_S = 0.25
"""Seconds without typing before the platform is searched."""
_FOUND_ELSEWHERE = 0.1
"""The score of a match outside the name."""


class CommandsProvider(Provider):
    """Offers every command of the screen behind the palette, and its jump targets."""

    async def discover(self) -> Hits:
        """Yield every command while the input is empty: the footer's, the others, then the unavailable ones."""
        reason = self.screen.reason_against if isinstance(self.screen, Place) else lambda _: ""
        for command in sorted(self._commands(), key=lambda one: (bool(reason(one)), not one.in_footer)):
            yield DiscoveryHit(
                self._named(command), self._runner(command.action), command.name, help_text(command, self.screen)
            )
        for name, about, action in _themes():
            yield DiscoveryHit(name, self._runner(action), help=about)

    async def search(self, query: str) -> Hits:
        """Yield the commands whose name or description matches, and matching jump targets."""
        matcher = self.matcher(query)
        for command in self._commands():
            # a sentence contains the letters of almost any word, so descriptions must match literally
            described = query.casefold() in command.does.casefold()
            score = max(matcher.match(command.name), matcher.match(command.does) * 0.7 if described else 0)
            if score > 0:
                name = self._named(command, matcher.highlight(command.name))
                run = self._runner(command.action)
                yield Hit(score, name, run, text=command.name, help=help_text(command, self.screen))
        for theme, about, action in _themes():
            if (score := matcher.match(theme)) > 0:
                yield Hit(score, matcher.highlight(theme), self._runner(action), text=theme, help=about)
        offered: set[tuple[str, str]] = set()
        for number, jump in enumerate(self._jumps(), start=1):
            if not number % _AT_ONCE:
                await asyncio.sleep(0)  # so that the next key need not wait
            if (jump.kind, jump.name) not in offered and (score := matcher.match(jump.name)) > 0:
                offered.add((jump.kind, jump.name))
                yield _jump_hit(jump, score, matcher)
        # the platform's unlisted services come last, because they take longest
        for jump in await self._found_elsewhere(query):
            if (jump.kind, jump.name) not in offered:
                yield _jump_hit(jump, matcher.match(jump.name) or _FOUND_ELSEWHERE, matcher)

    def _commands(self) -> Iterable[Command]:
        """Return the commands that work here. If two have one name, return the available one."""
        found: dict[str, Command] = {}
        for command in active_commands(self.screen, EVERYWHERE):
            other = found.get(command.name)
            if other is None or (isinstance(self.screen, Place) and self.screen.reason_against(other)):
                found[command.name] = command
        return found.values()

    def _jumps(self) -> Iterable[Jump]:
        if isinstance(self.screen, Place):
            yield from self.screen.jumps()
            yield from self.app.jumps_from(self.screen) if isinstance(self.app, Jumping) else ()

    async def _found_elsewhere(self, query: str) -> Iterable[Jump]:
        if isinstance(self.app, Jumping) and isinstance(self.screen, Place) and not self.screen.is_modal:
            await asyncio.sleep(_STILL_TYPING_S)  # the next letter ends this search
            return await self.app.jumps_called(query)
        return ()

    def _named(self, command: Command, name: Content | str = "") -> Content:
        """Return a command's name with its key."""
        key = next(iter(key_names(command, self.screen)), "")
        return Content.assemble(name or command.name, (f"  {key}", "$text-accent"))

    def _runner(self, action: str) -> Callable[[], Awaitable[None]]:
        return partial(self.screen.run_action, action)


def _jump_hit(jump: Jump, score: float, matcher: Matcher) -> Hit:
    name = Content(jump.name)
    # The matcher's own highlighting would treat brackets in names from a server or a file as markup.
    for offset in matcher.fuzzy_search.match(matcher.query, jump.name)[1]:
        if not jump.name[offset].isspace():
            name = name.stylize(matcher.match_style, offset, offset + 1)
    name = Content.assemble(name, (f"  {jump.kind}", "$text-muted"))
    return Hit(score, name, jump.go, text=jump.name, help=jump.about or f"Go to this {jump.kind}.")


def _themes() -> list[tuple[str, str, str]]:
    """Return a name, a sentence and an action for each theme."""
    return [(f"Theme: {name}", f"Change to the {name} theme.", f"app.choose_theme('{name}')") for name in THEMES]
