"""The status line of every screen, and the widths of name and draft in the top lines."""

from __future__ import annotations

from rich.cells import cell_len
from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget

from tui.connection import ObservedRequest, Status
from tui.terminal_text import cut, screen_text


class StatusLine(Widget):
    """Shows the app's :class:`~tui.connection.Status`, and updates itself."""

    status: reactive[Status] = reactive(Status(), layout=False)

    def on_mount(self) -> None:
        """Follow the app's status."""
        self.watch(self.app, "status", self._follow)

    def _follow(self, status: Status) -> None:
        self.status = status

    def render(self) -> Content:
        """Return the line: the connection at the left, the last request at the right."""
        status = self.status
        parts = (status.connection, status.workspace, status.mode, status.limit)
        right = screen_text(_request(status.last)) if status.last else ""
        left = cut(" · ".join(screen_text(part) for part in parts if part), self.size.width - cell_len(right) - 2)
        room = self.size.width - cell_len(left) - cell_len(right)
        return Content(left + " " * max(room, 2) + right)


def _request(request: ObservedRequest) -> str:
    return f"{request.what} {'failed after ' if request.failed else ''}{_duration(request.seconds)}"


def _duration(seconds: float) -> str:
    return f"{seconds * 1000:,.0f} ms" if seconds < 10 else f"{seconds:,.1f} s"


LEAST_OF_NAME = 6
"""A name that would be shorter is left out."""


def draft_words(changes: int) -> str:
    """Return how many fields of the draft differ from what is stored."""
    return f"draft, {changes} change{'s' * (changes != 1)}" if changes else "no changes"


def name_and_draft(name: str, draft: str, room: int) -> tuple[str, str]:
    """Return both cut to ``room`` cells, including their separator. The name is cut first."""
    for_name = room - len(f" ·  · {draft}")
    if for_name < LEAST_OF_NAME:
        return "", cut(f" · {draft}", room)
    return f" · {cut(screen_text(name), for_name)}", f" · {draft}"
