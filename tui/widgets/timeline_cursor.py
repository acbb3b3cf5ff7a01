"""Which event of the timeline a person is asking about."""

from __future__ import annotations

from tui.tune.scene import Mark, Scene
from tui.widgets.timeline_view import View


class EventCursor:
    """Stands on one event of one arm, or on none. It keeps its place in the order while the scene changes."""

    def __init__(self) -> None:
        self.scene: Scene | None = None
        self.arm = "A"
        self._index: int | None = None

    @property
    def mark(self) -> Mark | None:
        """The event it stands on."""
        marks = self._marks
        return marks[self._index] if self._index is not None and self._index < len(marks) else None

    @property
    def _marks(self) -> tuple[Mark, ...]:
        if self.scene is None or not self.scene.lanes:
            return ()
        return self.scene.lane(self.arm).marks

    def drop(self) -> None:
        """Stand on none."""
        self._index = None

    def leave_arm(self) -> None:
        """Stand on none of the first arm: the one it stood on is gone."""
        self.arm, self._index = "A", None

    def step(self, steps: int, view: View) -> None:
        """Go on (or back) by events; from none to the first (or the last) in view."""
        marks = self._marks
        if not marks:
            return
        if self._index is None:
            inside = [i for i, mark in enumerate(marks) if view.start_ms <= mark.t_ms < view.end_ms]
            self._index = (inside or [0])[0 if steps > 0 else -1]
        else:
            self._index = min(max(self._index + steps, 0), len(marks) - 1)

    def go_near(self, arm: str, t_ms: float) -> None:
        """Go to the event of an arm that is nearest in time."""
        self.arm = arm
        marks = self._marks
        if marks:
            self._index = min(range(len(marks)), key=lambda index: abs(marks[index].t_ms - t_ms))
