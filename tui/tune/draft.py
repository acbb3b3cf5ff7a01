"""The draft: a service's ``voice_config`` with edits that can be taken back one by one."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Hashable, Mapping
from typing import Any

from base.undo import UndoStack
from presets.config import VoiceConfig, as_sent, changes, of_values
from services.changes.errors import Conflict


class Draft:
    """Edits over what is stored. One drag or one run of held-down keys is one step of undo."""

    def __init__(self, stored: VoiceConfig) -> None:
        self._stored = stored
        self._edits = UndoStack(stored)

    @property
    def stored(self) -> VoiceConfig:
        """What the platform holds."""
        return self._stored

    @property
    def config(self) -> VoiceConfig:
        """What is stored, with the edits."""
        return self._edits.value

    def set_value(self, name: str, value: object, gesture: Hashable = None) -> bool:
        """Change one field (``None``: back to inherit); return whether that changed anything.

        Changes of one field with the same ``gesture`` become one step of undo. Raises
        :class:`presets.config.ConfigError` for a value of the wrong type.
        """
        changed = self.config.with_value(name, value)
        return self._edits.move_to(changed, None if gesture is None else (name, gesture))

    def update(self, values: Mapping[str, Any]) -> bool:
        """Set fields (``None``: back to inherit) as one step; return whether that changed anything."""
        merged = of_values({**self.config.set_values(), **values})
        return self._edits.move_to(merged)

    def undo(self) -> bool:
        """Take the last step back; return whether there was one."""
        return self._edits.undo()

    def redo(self) -> bool:
        """Do the last undone step again; return whether there was one."""
        return self._edits.redo()

    def reset(self) -> bool:
        """Go back to what is stored, as a step that can be undone; return whether that changed anything."""
        return self._edits.move_to(self._stored)

    def saved(self, sent: VoiceConfig, stored: VoiceConfig) -> None:
        """Take note that ``sent`` was saved and the platform now holds ``stored``.

        The two differ where another user saved too: the draft then has their fields, and keeps what was edited
        since, as does every step of undo.
        """
        self._stored = stored
        self._edits.rewrite_all(lambda config: rebased(config, sent, stored))

    @property
    def steps(self) -> int:
        """How many steps can be taken back."""
        return self._edits.steps

    def mark(self) -> int:
        """End the step under way, and return how many can be taken back."""
        return self._edits.mark()

    def taken_back(self, names: Collection[str], stored: VoiceConfig, steps: int) -> None:
        """Take note that the platform holds ``stored`` since a save of the fields ``names`` was taken back.

        All but ``steps`` steps of undo are gone; redo brings the saved values into the draft again.
        """
        values = self.config.set_values()
        again = of_values(stored.set_values() | {name: values.get(name) for name in names})
        self._stored = stored
        self._edits.back_to(steps, stored, again)

    def take_in(self, stored: VoiceConfig, giving_way: Collection[str] = ()) -> None:
        """Put the edits on top of what the platform holds now, except those of the fields ``giving_way``."""
        self.saved(self._stored, stored)
        self._give_way(giving_way)

    def take_up(self, began: VoiceConfig, config: VoiceConfig, giving_way: Collection[str] = ()) -> None:
        """Make the edits of another draft, as a step that can be undone, except of the fields ``giving_way``."""
        self._edits.move_to(rebased(config, began, self._stored))
        self._give_way(giving_way)

    def _give_way(self, names: Collection[str]) -> None:
        theirs = self._stored.set_values()
        values = self.config.set_values() | {name: theirs.get(name) for name in names}
        self._edits.move_to(of_values(values))

    def changes(self) -> dict[str, Any]:
        """Return the body fields that saving would send: only what changed, ``None`` for back to inherit."""
        return changes(self._stored, self.config)


def conflicts(began: VoiceConfig, mine: VoiceConfig, theirs: VoiceConfig) -> tuple[Conflict, ...]:
    """Return the fields for which the person has to choose."""
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
    """Return the fields whose own value gives way, asked for with ``merge``; ``None`` if that was left."""
    return await merge(title, both) if both else ()


def rebased(config: VoiceConfig, began: VoiceConfig, now: VoiceConfig) -> VoiceConfig:
    """Return ``now`` with the difference between ``began`` and ``config`` made to it."""
    return of_values(now.set_values() | changes(began, config))
