"""A value with undo and redo."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class _Step(Generic[T]):
    """A value to return to, and the gesture that changed it."""

    value: T
    gesture: Hashable


class UndoStack(Generic[T]):
    """An immutable value and its history."""

    def __init__(self, value: T) -> None:
        self._value = value
        self._undo: list[_Step[T]] = []
        self._redo: list[T] = []

    @property
    def value(self) -> T:
        """The current value."""
        return self._value

    def move_to(self, value: T, gesture: Hashable = None) -> bool:
        """Change the value; return whether it differs.

        Successive changes with the same ``gesture``, such as one drag of a slider, are one undo step.
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
        """Undo the last change; return whether there was one."""
        if not self._undo:
            return False
        self._redo.append(self._value)
        self._value = self._undo.pop().value
        return True

    def redo(self) -> bool:
        """Redo the last undone change; return whether there was one."""
        if not self._redo:
            return False
        self._undo.append(_Step(self._value, None))
        self._value = self._redo.pop()
        return True

    @property
    def steps(self) -> int:
        """The number of steps that can be undone."""
        return len(self._undo)

    def mark(self) -> int:
        """End the current gesture, and return the number of steps that can be undone."""
        if self._undo:
            self._undo[-1] = _Step(self._undo[-1].value, None)
        return len(self._undo)

    def back_to(self, steps: int, value: T, again: T) -> None:
        """Undo all but ``steps`` steps at once, to ``value``; a redo leads to ``again``."""
        del self._undo[steps:]
        self._value, self._redo = value, [again]

    def rewrite(self, value: T) -> None:
        """Replace the current value without adding a step."""
        self._value = value

    def rewrite_all(self, change: Callable[[T], T]) -> None:
        """Apply ``change`` to the current value and to every value that undo and redo lead to."""
        self._value = change(self._value)
        self._undo = [_Step(change(step.value), step.gesture) for step in self._undo]
        self._redo = [change(value) for value in self._redo]
