"""What a mouse holds down to talk: a terminal says when a mouse button is let go, but not when a key is."""

from __future__ import annotations

from textual.message import Message
from textual.widgets import Static

_OPEN = "▶ you are heard · space, or letting go, closes"
_CLOSED = "‖ push to talk: hold the mouse here, or press space to open and close"


class TalkPad(Static):
    """One line; it posts :class:`Held`."""

    class Held(Message):
        """The person holds it down, or has let go."""

        def __init__(self, held: bool) -> None:
            super().__init__()
            self.held = held

    DEFAULT_CSS = """
    TalkPad {
        height: 1;
        padding: 0 1;
        background: $panel;
        text-style: bold;
        &.-open { background: $success 40%; }
    }
    """

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(_CLOSED, id=id, markup=False)

    def show(self, *, open_: bool) -> None:
        """Say whether the person is heard."""
        if open_ != self.has_class("-open"):
            self.set_class(open_, "-open")
            self.update(_OPEN if open_ else _CLOSED, layout=False)

    def on_mouse_down(self) -> None:
        """Begin to talk."""
        self.capture_mouse()
        self.post_message(self.Held(True))

    def on_mouse_up(self) -> None:
        """Stop talking."""
        self.release_mouse()
        self.post_message(self.Held(False))
