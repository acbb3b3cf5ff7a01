"""The draft: a service's ``voice_config`` with edits that can be undone one by one."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Hashable, Mapping
from typing import Any

from base.undo import UndoStack
from presets.config import VoiceConfig, as_sent, changes, of_values
from services.changes.errors import Conflict


class Draft:
    """Edits over the stored configuration. One drag or one held key is one undo step."""

    def __init__(self, stored: VoiceConfig) -> None:
        self._stored = stored
        self._edits = UndoStack(stored)

    @property
    def stored(self) -> VoiceConfig:
        """The platform's configuration."""
        return self._stored

    @property
    def config(self) -> VoiceConfig:
        """The stored configuration with the edits."""
        return self._edits.value

    def set_value(self, name: str, value: object, gesture: Hashable = None) -> bool:
        """Change one field (``None``: inherit). Return whether that changed anything.

        Changes of one field with the same ``gesture`` are one undo step. Raises :class:`presets.config.ConfigError`
        for a value of the wrong type.
        """
        changed = self.config.with_value(name, value)
        return self._edits.move_to(changed, None if gesture is None else (name, gesture))

    def update(self, values: Mapping[str, Any]) -> bool:
        """Set fields (``None``: inherit) as one step. Return whether that changed anything."""
        merged = of_values({**self.config.set_values(), **values})
        return self._edits.move_to(merged)

    def undo(self) -> bool:
        """Undo the last step. Return whether there was one."""
        return self._edits.undo()

    def redo(self) -> bool:
        """Redo the last undone step. Return whether there was one."""
        return self._edits.redo()

    def reset(self) -> bool:
        """Reset to the stored configuration as an undoable step. Return whether that changed anything."""
        return self._edits.move_to(self._stored)

    def saved(self, sent: VoiceConfig, stored: VoiceConfig) -> None:
        """Record that ``sent`` was saved and the platform now holds ``stored``.

        The two differ if another user saved too. The draft then has their fields, and keeps later edits, as does
        every undo step.
        """
        self._stored = stored
        self._edits.rewrite_all(lambda config: rebased(config, sent, stored))

    @property
    def steps(self) -> int:
        """The number of steps that can be undone."""
        return self._edits.steps

    def mark(self) -> int:
        """End the present step, and return the number of steps that can be undone."""
        return self._edits.mark()

    def taken_back(self, names: Collection[str], stored: VoiceConfig, steps: int) -> None:
        """Record that a save of the fields ``names`` was undone, so that the platform holds ``stored``.

        All but ``steps`` undo steps are gone. Redo restores the saved values in the draft.
        """
        values = self.config.set_values()
        again = of_values(stored.set_values() | {name: values.get(name) for name in names})
        self._stored = stored
        self._edits.back_to(steps, stored, again)

    def take_in(self, stored: VoiceConfig, giving_way: Collection[str] = ()) -> None:
        """Apply the edits to what the platform holds now, except those of the fields ``giving_way``."""
        self.saved(self._stored, stored)
        self._give_way(giving_way)

    def take_up(self, began: VoiceConfig, config: VoiceConfig, giving_way: Collection[str] = ()) -> None:
        """Apply the edits of another draft as an undoable step, except those of the fields ``giving_way``."""
        self._edits.move_to(rebased(config, began, self._stored))
        self._give_way(giving_way)

    def _give_way(self, names: Collection[str]) -> None:
        theirs = self._stored.set_values()
        values = self.config.set_values() | {name: theirs.get(name) for name in names}
        self._edits.move_to(of_values(values))

    def changes(self) -> dict[str, Any]:
        """Return the fields that saving would send: only changes, ``None`` for inherit."""
        return changes(self._stored, self.config)


def conflicts(began: VoiceConfig, mine: VoiceConfig, theirs: VoiceConfig) -> tuple[Conflict, ...]:
    """Return the fields for which the user must choose."""
    my_changes, their_changes = changes(began, mine), changes(began, theirs)
    before = began.set_values()
    return tuple(
        Conflict(name, before.get(name), their_changes[name], value)
        for name, value in my_changes.items()
        if name in their_changes and as_sent({name: their_changes[name]}) != as_sent({name: value})
    )


async def giving_way(
    title: str,
    both: tuple[Conflict, ...],
    merge: Callable[[str, tuple[Conflict, ...]], Awaitable[tuple[str, ...] | None]],
) -> tuple[str, ...] | None:
    """Return the fields whose own value yields, as chosen with ``merge``. ``None`` if the user cancelled."""
    return await merge(title, both) if both else ()


def rebased(config: VoiceConfig, began: VoiceConfig, now: VoiceConfig) -> VoiceConfig:
    """Return ``now`` with the changes from ``began`` to ``config``."""
    return of_values(now.set_values() | changes(began, config))
