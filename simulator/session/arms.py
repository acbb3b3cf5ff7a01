"""The configurations that can be talked to, and the one in force."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from presets.layers import ResolvedVoiceConfig
from simulator.session.settings import LiveArm

_MOST_NAMED = 4


class Arms:
    """Never empty: :class:`SessionSettings` and :class:`UseArms` check what they are given."""

    def __init__(self, arms: tuple[LiveArm, ...]) -> None:
        self._arms = {arm.name: arm.config for arm in arms}
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
        self._arms = {arm.name: arm.config for arm in arms}
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


def changed_fields(before: ResolvedVoiceConfig, after: ResolvedVoiceConfig) -> str:
    """Return which settings differ, for people; "" if none does."""
    differ = [
        f"{field.name} {_shown(getattr(before, field.name))} → {_shown(getattr(after, field.name))}"
        for field in fields(after)
        if field.compare and getattr(before, field.name) != getattr(after, field.name)
    ]
    more = f" and {len(differ) - _MOST_NAMED} more" if len(differ) > _MOST_NAMED else ""
    return ", ".join(differ[:_MOST_NAMED]) + more


def _shown(value: object) -> str:
    if value is None:
        return "off"
    return f"{value:g}" if isinstance(value, float) else str(value)
