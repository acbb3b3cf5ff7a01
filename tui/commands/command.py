"""The base of all commands, and the base of the screens that offer them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar

from textual.binding import Binding, BindingType
from textual.screen import Screen

from tui.terminal_text import plain


class Command:
    """One action. Subclasses describe it; the screen (or the app) that offers it has the method."""

    id: ClassVar[str]
    """Stable name, such as ``services.refresh``: what a person remaps the key by."""
    name: ClassVar[str]
    """A word or two for the footer and the palette."""
    key: ClassVar[str]
    """Keys that run it, separated by commas; the first is the one shown."""
    action: ClassVar[str]
    """Textual action on the screen that offers it, or ``app.…`` on the app."""
    in_footer: ClassVar[bool] = False
    """Whether the footer has room for it."""
    shown_key: ClassVar[str | None] = None
    """How the footer writes the key, where Textual's own way is unclear."""
    priority: ClassVar[bool] = False
    """Whether the key works even while text is being typed."""

    @classmethod
    def description(cls) -> str:
        """Return what the command does: its docstring on one line."""
        return " ".join((cls.__doc__ or "").split())

    @classmethod
    def binding(cls) -> Binding:
        """Return the binding of its key."""
        return Binding(
            cls.key,
            cls.action,
            cls.name,
            show=cls.in_footer,
            key_display=cls.shown_key,
            priority=cls.priority,
            tooltip=cls.description(),
            id=cls.id,
        )


class SharedCommand(Command):
    """An action of several places, with an id in each, because in each other keys are free."""

    part: ClassVar[str]
    """What its id ends with: ``undo`` of ``tune.undo``."""

    @classmethod
    def at(
        cls,
        place: str,
        does: str = "",
        *,
        name: str | None = None,
        key: str | None = None,
        in_footer: bool | None = None,
    ) -> type[Command]:
        """Return the command of a place, such as ``tune``. ``does`` is a sentence: what it does just there."""
        particular = {"name": name, "key": key, "in_footer": in_footer}
        own = {attribute: value for attribute, value in particular.items() if value is not None}
        return type(cls.__name__, (cls,), {"id": f"{place}.{cls.part}", "__doc__": does or cls.__doc__, **own})


def bindings(*commands: type[Command]) -> list[BindingType]:
    """Return the bindings of commands, for a ``BINDINGS`` class variable.

    Each key becomes a binding of its own that shares the command's id; only the first appears in the footer.
    """
    return [command.binding() for command in commands]


class Place(Screen[None]):
    """A screen that says which commands it offers."""

    TITLE_HERE: ClassVar[str] = ""
    """What the help screen calls this place."""
    COMMANDS_HERE: ClassVar[tuple[type[Command], ...]] = ()
    """The commands that work here, most useful first."""

    def reason_against(self, command: type[Command]) -> str:  # noqa: ARG002  (for screens that know one)
        """Return why a command cannot do anything at the moment; nothing if it can."""
        return ""

    def may(self, command: type[Command]) -> bool:
        """Tell whether a command can do something; if not, the person who asked for it is told why."""
        if reason := self.reason_against(command):
            self.notify(plain(reason), title=f"Not now: {command.name}", severity="warning", markup=False)
        return not reason


def commands_in_force(screen: Screen[Any], everywhere: Iterable[type[Command]]) -> list[type[Command]]:
    """Return the commands that work on a screen right now: its own, then those of the whole app.

    A command that the screen hides is left out; one that has nothing to do at the moment is not.
    """
    own = screen.COMMANDS_HERE if isinstance(screen, Place) else ()
    usable = [command for command in own if screen.check_action(command.action.partition("(")[0], ()) is not False]
    taken = {command.action for command in usable}
    return usable + [command for command in everywhere if command.action not in taken]


def told(command: type[Command], screen: Screen[Any]) -> str:
    """Return what a command does and, if it cannot at the moment, why."""
    reason = screen.reason_against(command) if isinstance(screen, Place) else ""
    return f"{command.description()} Not now: {plain(reason)}." if reason else command.description()


def key_names(command: type[Command], screen: Screen[Any]) -> list[str]:
    """Return how the command's keys are written, as they are bound at the moment."""
    bound = [active.binding for active in screen.active_bindings.values() if active.binding.id == command.id]
    if not bound:
        bound = [command.binding().with_key(key.strip()) for key in command.key.split(",")]
    return list(dict.fromkeys(screen.app.get_key_display(binding) for binding in bound))
