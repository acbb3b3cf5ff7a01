"""The configurations that can be talked to, and the one in force."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from presets.layers import ResolvedVoiceConfig
from simulator.session.settings import LiveArm


class Arms:
    """Never empty. Raises :class:`ValueError` for no arms or two of one name."""

    def __init__(self, arms: tuple[LiveArm, ...]) -> None:
        self._arms = _checked(arms)
        self.name = arms[0].name

    @property
    def names(self) -> tuple[str, ...]:
        """All names, in order."""
        return tuple(self._arms)

    @property
    def config(self) -> ResolvedVoiceConfig:
        """The settings in force."""
        return self._arms[self.name]

    def replace(self, arms: tuple[LiveArm, ...]) -> None:
        """Have other arms; the one in force stays in force by name if it is among them."""
        self._arms = _checked(arms)
        if self.name not in self._arms:
            self.name = arms[0].name

    def set_config(self, config: ResolvedVoiceConfig) -> None:
        """Change the arm in force."""
        self._arms[self.name] = config

    def switch(self, name: str) -> bool:
        """Have another arm in force; return whether it is there."""
        if name not in self._arms:
            return False
        self.name = name
        return True

    def to_json(self) -> dict[str, Any]:
        """Return every arm's settings, for a recording's labels."""
        return {
            name: {field.name: getattr(config, field.name) for field in fields(config) if field.compare}
            for name, config in self._arms.items()
        }


def _checked(arms: tuple[LiveArm, ...]) -> dict[str, ResolvedVoiceConfig]:
    found = {arm.name: arm.config for arm in arms}
    if not found or len(found) != len(arms):
        raise ValueError("a session needs at least one arm, and every arm a name of its own")
    return found
