"""A value whose changes can be taken back, and made again, one by one."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class _Step(Generic[T]):
    """A value to return to, and the gesture that led away from it."""

    value: T
    gesture: Hashable


class UndoStack(Generic[T]):
    """Holds an immutable value and what it was before each change."""

    def __init__(self, value: T) -> None:
        self._value = value
        self._undo: list[_Step[T]] = []
        self._redo: list[T] = []

    @property
    def value(self) -> T:
        """The value as it is now."""
        return self._value

    def move_to(self, value: T, gesture: Hashable = None) -> bool:
        """Change the value; return whether it differs.

        Successive changes with the same ``gesture``, such as one drag of a slider, are one step of undo.
        """
        if value == self._value:
            return False
        goes_on = gesture is not None and bool(self._undo) and self._undo[-1].gesture == gesture
        if not goes_on or self._redo:
            self._undo.append(_Step(self._value, gesture))
        self._redo.clear()
        self._value = value
        return True

    def undo(self) -> bool:
        """Take the last change back; return whether there was one."""
        if not self._undo:
            return False
        self._redo.append(self._value)
        self._value = self._undo.pop().value
        return True

    def redo(self) -> bool:
        """Make the last undone change again; return whether there was one."""
        if not self._redo:
            return False
        self._undo.append(_Step(self._value, None))
        self._value = self._redo.pop()
        return True

    @property
    def steps(self) -> int:
        """How many steps can be taken back."""
        return len(self._undo)

    def mark(self) -> int:
        """End the gesture under way, and return how many steps can be taken back."""
        if self._undo:
            self._undo[-1] = _Step(self._undo[-1].value, None)
        return len(self._undo)

    def back_to(self, steps: int, value: T, again: T) -> None:
        """Take all but ``steps`` steps back at once, to ``value``; making them again leads to ``again``."""
        del self._undo[steps:]
        self._value, self._redo = value, [again]

    def rewrite(self, value: T) -> None:
        """Give the current value another form, without a step."""
        self._value = value

    def rewrite_all(self, change: Callable[[T], T]) -> None:
        """Give the current value, and every one that undo and redo lead to, another form."""
        self._value = change(self._value)
        self._undo = [_Step(change(step.value), step.gesture) for step in self._undo]
        self._redo = [change(value) for value in self._redo]
