"""The draft: a service's ``voice_config`` with edits that can be taken back one by one."""

from __future__ import annotations

from collections.abc import Collection, Hashable
from dataclasses import dataclass
from typing import Any

from presets.config import VoiceConfig, changes
from tui.tune.three_way import rebased


@dataclass(frozen=True, slots=True)
class _Step:
    """A state to return to; ``gesture`` is the movement of the hand that led away from it."""

    config: VoiceConfig
    gesture: tuple[str, Hashable] | None


class Draft:
    """Edits over what is stored. One drag or one run of held-down keys is one step of undo."""

    def __init__(self, stored: VoiceConfig) -> None:
        self._stored = stored
        self._config = stored
        self._undo: list[_Step] = []
        self._redo: list[VoiceConfig] = []

    @property
    def stored(self) -> VoiceConfig:
        """What the platform holds."""
        return self._stored

    @property
    def config(self) -> VoiceConfig:
        """What is stored, with the edits."""
        return self._config

    def set_value(self, name: str, value: object, gesture: Hashable = None) -> bool:
        """Change one field (``None``: back to inherit); return whether that changed anything.

        Changes of one field with the same ``gesture`` become one step of undo. Raises
        :class:`presets.config.ConfigError` for a value of the wrong type.
        """
        changed = self._config.with_value(name, value)
        return self._move_to(changed, None if gesture is None else (name, gesture))

    def apply(self, config: VoiceConfig) -> bool:
        """Set every field that ``config`` sets and leave the others; return whether that changed anything."""
        merged = VoiceConfig.model_validate(self._config.set_values() | config.set_values())
        return self._move_to(merged, None)

    def undo(self) -> bool:
        """Take the last step back; return whether there was one."""
        if not self._undo:
            return False
        self._redo.append(self._config)
        self._config = self._undo.pop().config
        return True

    def redo(self) -> bool:
        """Do the last undone step again; return whether there was one."""
        if not self._redo:
            return False
        self._undo.append(_Step(self._config, None))
        self._config = self._redo.pop()
        return True

    def reset(self) -> bool:
        """Go back to what is stored, as a step that can be undone; return whether that changed anything."""
        return self._move_to(self._stored, None)

    def saved(self, sent: VoiceConfig, stored: VoiceConfig) -> None:
        """Take note that ``sent`` was saved and the platform now holds ``stored``.

        The two differ where somebody else saved too: the draft then has their fields, and keeps what was edited
        since, as does every step of undo.
        """
        self._stored = stored
        self._config = rebased(self._config, sent, stored)
        self._undo = [_Step(rebased(step.config, sent, stored), step.gesture) for step in self._undo]
        self._redo = [rebased(config, sent, stored) for config in self._redo]

    def take_in(self, stored: VoiceConfig, giving_way: Collection[str] = ()) -> None:
        """Put the edits on top of what the platform holds now, except those of the fields ``giving_way``."""
        self.saved(self._stored, stored)
        self._give_way(giving_way)

    def take_up(self, began: VoiceConfig, config: VoiceConfig, giving_way: Collection[str] = ()) -> None:
        """Make the edits of another draft, as a step that can be undone, except of the fields ``giving_way``."""
        self._move_to(rebased(config, began, self._stored), None)
        self._give_way(giving_way)

    def _give_way(self, names: Collection[str]) -> None:
        theirs = self._stored.set_values()
        values = self._config.set_values() | {name: theirs.get(name) for name in names}
        self._move_to(VoiceConfig.model_validate(values), None)

    def changes(self) -> dict[str, Any]:
        """Return the body fields that saving would send: only what changed, ``None`` for back to inherit."""
        return changes(self._stored, self._config)

    def _move_to(self, config: VoiceConfig, gesture: tuple[str, Hashable] | None) -> bool:
        if config == self._config:
            return False
        goes_on = gesture is not None and bool(self._undo) and self._undo[-1].gesture == gesture
        if not (goes_on and not self._redo):
            self._undo.append(_Step(self._config, gesture))
        self._redo.clear()
        self._config = config
        return True
