"""A command, one thing a person can do in the dashboard; and the base of the screens that offer commands."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from inspect import isawaitable
from typing import Any, ClassVar, Self

from textual.binding import Binding, BindingType
from textual.screen import Screen

from tui.host import Report
from tui.terminal_text import plain


@dataclass(frozen=True)
class Command:
    """One action. The screen (or the app) that offers it has the method."""

    id: str
    """Stable name, such as ``services.refresh``: what a person remaps the key by."""
    name: str
    """A word or two for the footer and the palette."""
    key: str
    """Keys that run it, separated by commas; the first is the one shown."""
    does: str
    """What it does, in a sentence."""
    action: str = ""
    """Textual action on the screen that offers it, or ``app.…`` on the app; the last part of the id by default."""
    in_footer: bool = False
    """Whether the footer has room for it."""
    shown_key: str | None = None
    """How the footer writes the key, where Textual's own way is unclear."""
    priority: bool = False
    """Whether the key works even while text is being typed."""

    def __post_init__(self) -> None:
        """Take the action's name from the id: ``copy_id`` of ``services.copy-id``."""
        if not self.action:
            object.__setattr__(self, "action", self.id.rpartition(".")[2].replace("-", "_"))

    @property
    def method(self) -> str:
        """The name of the action's method, on the screen or the app: ``action_nudge`` of ``nudge(1)``."""
        return "action_" + self.action.partition("(")[0].removeprefix("app.")

    def binding(self) -> Binding:
        """Return the binding of its key."""
        return Binding(
            self.key,
            self.action,
            self.name,
            show=self.in_footer,
            key_display=self.shown_key,
            priority=self.priority,
            tooltip=self.does,
            id=self.id,
        )

    def at(self, screen: str, does: str = "", **particular: Any) -> Self:
        """Return a shared command as a screen such as ``tune`` has it: with its own id, so with its own keys.

        ``does`` says what it does on that screen; ``particular`` are other attributes that differ there.
        """
        return replace(self, id=f"{screen}.{self.id}", does=does or self.does, **particular)


def part(name: str, method: str, *values: object) -> str:
    """Return the action that has a part of the screen do something: see :meth:`Place.action_part`."""
    return f"part{(name, method, *values)!r}"


def bindings(*commands: Command) -> list[BindingType]:
    """Return the bindings of commands, for a ``BINDINGS`` class variable.

    Each key becomes a binding of its own that shares the command's id; only the first appears in the footer.
    """
    return [command.binding() for command in commands]


class Place(Screen[None]):
    """A screen that says which commands it offers."""

    TITLE_HERE: ClassVar[str] = ""
    """What the help screen calls this place."""
    COMMANDS_HERE: ClassVar[tuple[Command, ...]] = ()
    """The commands that work here, most useful first."""

    def reason_against(self, command: Command) -> str:  # noqa: ARG002  (for screens that know one)
        """Return why a command cannot do anything at the moment; nothing if it can."""
        return ""

    def on_report(self, report: Report) -> None:
        """Let a controller have what a thread reports to it."""
        report.deliver()

    async def action_part(self, part: str, method: str, *values: object) -> None:
        """Have a part that the screen holds do something: ``part("playback", "stop")`` is ``playback.stop()``."""
        done = getattr(getattr(self, part), method)(*values)
        if isawaitable(done):
            await done

    def may(self, command: Command) -> bool:
        """Tell whether a command can do something; if not, say why."""
        if reason := self.reason_against(command):
            self.notify(plain(reason), title=f"Not now: {command.name}", severity="warning", markup=False)
        return not reason


def commands_in_force(screen: Screen[Any], everywhere: Iterable[Command]) -> list[Command]:
    """Return the commands that work on a screen right now: its own, then those of the whole app.

    A command that the screen hides is left out; one that has nothing to do at the moment is not.
    """
    own = screen.COMMANDS_HERE if isinstance(screen, Place) else ()
    usable = [command for command in own if screen.check_action(command.action.partition("(")[0], ()) is not False]
    taken = {command.action for command in usable}
    return usable + [command for command in everywhere if command.action not in taken]


def told(command: Command, screen: Screen[Any]) -> str:
    """Return what a command does and, if it cannot at the moment, why."""
    reason = screen.reason_against(command) if isinstance(screen, Place) else ""
    return f"{command.does} Not now: {plain(reason)}." if reason else command.does


def key_names(command: Command, screen: Screen[Any]) -> list[str]:
    """Return how the command's keys are written, as they are bound at the moment."""
    bound = [active.binding for active in screen.active_bindings.values() if active.binding.id == command.id]
    if not bound:
        bound = [command.binding().with_key(key.strip()) for key in command.key.split(",")]
    return list(dict.fromkeys(screen.app.get_key_display(binding) for binding in bound))
