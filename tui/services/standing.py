"""What a command of the Services screen stands before, and the reasons it may have to stay undone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar, Literal

from tui.commands.command import Command

if TYPE_CHECKING:
    from services.model import Service


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What is open, highlighted and possible at the moment."""

    connected: bool = False
    unsupported: Mapping[str, str] = field(default_factory=dict)
    """Why a method of the client cannot work, by its name."""
    service: Service | None = None
    version_set: str | None = None
    """The highlighted one; ``None`` while no version sets are in view."""
    undo: str = ""
    """What can be undone, in words."""


class ServiceCommand(Command):
    """A command about services: what it needs, and what it asks of the platform."""

    needs: ClassVar[Literal["nothing", "connection", "service"]] = "service"
    asks: ClassVar[tuple[str, ...]] = ()
    """The client's methods without which it is useless."""

    @classmethod
    def against(cls, at: Standing) -> str:
        """Return why it cannot do anything at the moment; nothing if it can."""
        if cls.needs != "nothing" and not at.connected:
            return "there is no connection to a platform; press r to try again"
        for method in cls.asks:
            if method in at.unsupported:
                return at.unsupported[method]
        if cls.needs == "service" and at.service is None:
            return "no service is highlighted"
        return cls.rule_against(at)

    @classmethod
    def rule_against(cls, at: Standing) -> str:  # noqa: ARG003  (for commands that have one)
        """Return which rule of its own stands against it; nothing if none does."""
        return ""
