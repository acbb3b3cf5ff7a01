"""The timeline of the highlighted call, and what was heard at the chosen moment of it."""

from __future__ import annotations

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Static

from tui.calls.lane import CallTimeline
from tui.terminal_text import screen_text
from tui.tune.scene import Scene
from tui.tune.timeline_pane import told
from tui.widgets.timeline import Timeline

_NOTHING = "Neither the log nor the ear says when who spoke in this call."
_KEYS = "  ◂ ▸ what was heard"


class CallLane(Vertical):
    """Shows a call, and the sentence of the moment that is chosen in it."""

    def __init__(self) -> None:
        super().__init__(id="call-lane")
        self.timeline = CallTimeline(id="call-timeline")
        self._why = Static(id="call-why", markup=False)

    def compose(self) -> ComposeResult:
        """Lay out the drawing and the line below it."""
        yield self.timeline
        yield self._why

    def show(self, scene: Scene | None) -> None:
        """Show a call, or that nothing is known of it."""
        if scene is None or self.timeline.scene is None or scene.name != self.timeline.scene.name:
            self.timeline.show(scene, _NOTHING)
        else:
            self.timeline.show(scene)

    @on(Timeline.Chosen)
    def _tell(self, message: Timeline.Chosen) -> None:
        message.stop()
        if message.mark is not None:
            self._why.update(screen_text(told(message.arm, message.mark.event)), layout=False)
        else:
            self._show_legend()

    def _show_legend(self) -> None:
        room = self._why.content_size.width - len(_KEYS)
        self._why.update(self.timeline.legend(room) + (_KEYS if self.timeline.scene else ""), layout=False)

    def on_resize(self) -> None:
        """Fit the legend to the room there is."""
        if self.timeline.chosen is None:
            self.call_after_refresh(self._show_legend)
