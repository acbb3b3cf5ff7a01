"""How somebody wants to talk: it outlives a call, and the devices by name the program."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field

from simulator.devices.listing import Way
from simulator.session.settings import EchoGuard
from tui.remembered import SPEAKER, remember, remembered

_GUARD = "live.echo_guard"


def _guard() -> EchoGuard:
    with contextlib.suppress(ValueError):
        return EchoGuard(remembered(_GUARD))
    return EchoGuard.HEADPHONES


@dataclass(slots=True)
class CallPreferences:
    """Devices by name, ``None`` for the system's default; without ``speaker`` nothing is played."""

    input: str | None = field(default_factory=lambda: remembered("live.input") or None)
    output: str | None = field(default_factory=lambda: remembered(SPEAKER) or None)
    speaker: bool = True
    guard: EchoGuard = field(default_factory=_guard)
    muted: bool = False
    push_to_talk: bool = False
    arm: str = ""

    def device(self, way: Way) -> str | None:
        """Return the name of the device wanted."""
        return self.input if way == "input" else self.output

    def keep(self) -> None:
        """Remember devices and echo guard for the next time. Raises :class:`OSError`."""
        remember("live.input", self.input or "")
        remember(SPEAKER, self.output or "")
        remember(_GUARD, self.guard.value)
