"""What stands where services would be: that they are loading, that there are none, or what went wrong."""

from __future__ import annotations

from textual.content import Content
from textual.reactive import reactive
from textual.timer import Timer
from textual.widget import Widget

from tui.terminal_text import plain

_FRAMES = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"


class ServiceNotice(Widget):
    """A sentence or two; with a turning mark while somebody has to wait."""

    text: reactive[str] = reactive("", layout=True)
    waiting: reactive[bool] = reactive(False)
    frame: reactive[int] = reactive(0)
    _timer: Timer | None = None

    def on_mount(self) -> None:
        """Prepare the turning mark."""
        self._timer = self.set_interval(0.1, self._turn, pause=not self.waiting)

    def watch_waiting(self, waiting: bool) -> None:
        """Let the mark turn only while it means something."""
        if self._timer is not None:
            if waiting:
                self._timer.resume()
            else:
                self._timer.pause()

    def _turn(self) -> None:
        self.frame = (self.frame + 1) % len(_FRAMES)

    def render(self) -> Content:
        """Return the text, with the mark before it."""
        mark = f"{_FRAMES[self.frame]} " if self.waiting else ""
        return Content(mark + plain(self.text, lines=True))
