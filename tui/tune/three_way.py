"""Three versions of one configuration: what one started from, what one made of it, what others made of it."""

from __future__ import annotations

from dataclasses import dataclass

from presets.config import VoiceConfig, changes


@dataclass(frozen=True, slots=True)
class Conflict:
    """A field that both sides changed, differently; ``None``: inherited."""

    name: str
    began: object
    theirs: object
    mine: object


def conflicts(began: VoiceConfig, mine: VoiceConfig, theirs: VoiceConfig) -> tuple[Conflict, ...]:
    """Return the fields somebody has to choose for."""
    my_changes, their_changes = changes(began, mine), changes(began, theirs)
    before = began.set_values()
    return tuple(
        Conflict(name, before.get(name), their_changes[name], value)
        for name, value in my_changes.items()
        if name in their_changes and their_changes[name] != value
    )


def rebased(config: VoiceConfig, began: VoiceConfig, now: VoiceConfig) -> VoiceConfig:
    """Return ``now`` with the difference between ``began`` and ``config`` made to it."""
    return VoiceConfig.model_validate(now.set_values() | changes(began, config))
