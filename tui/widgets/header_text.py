"""What the lines at the top of Tune and Live say of the draft, in the room there is."""

from __future__ import annotations

from tui.terminal_text import cut, screen_text

LEAST_OF_NAME = 6
"""A name that would be cut to less is left out."""


def draft_words(changes: int) -> str:
    """Return how many fields of the draft differ from what is stored."""
    return f"draft, {changes} change{'s' * (changes != 1)}" if changes else "no changes"


def name_and_draft(name: str, draft: str, room: int) -> tuple[str, str]:
    """Return both cut to ``room`` cells, what separates them included; the name gives way first."""
    for_name = room - len(f" ·  · {draft}")
    if for_name < LEAST_OF_NAME:
        return "", cut(f" · {draft}", room)
    return f" · {cut(screen_text(name), for_name)}", f" · {draft}"
