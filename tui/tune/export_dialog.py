"""Where to write an export to."""

from __future__ import annotations

from pathlib import Path

from textual.app import ComposeResult
from textual.widgets import Input, Static

from base.folders import typed_path
from tui.dialogs.dialog import Dialog
from tui.terminal_text import content


class ExportTo(Dialog[Path]):
    """Gives the path of a file to write; a folder that is not there is said at once."""

    keys = "enter writes it · esc cancels"

    def __init__(self, what: str, suggested: str, *, audio: bool = False) -> None:
        super().__init__(f"Export {what}")
        self._suggested = suggested
        self._audio = audio

    def compose_body(self) -> ComposeResult:
        """Lay out the path."""
        yield Static(content(f"The file's path, from {Path.cwd()} unless it begins with / or ~:"))
        yield Input(self._suggested, compact=True, id="export-path", select_on_focus=False)
        yield Static(id="export-problem", classes="dialog-error", markup=False)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Give the path, if a file can be there."""
        typed = event.value.strip()
        try:
            path = typed_path(typed)
            problem = _problem(typed, path) or (_wrong_end(path) if self._audio else "")
        except (OSError, RuntimeError, ValueError):
            problem = "That is no path; type another."
        if problem:
            self.query_one("#export-problem", Static).update(content(problem))
        else:
            self.dismiss(path)


def _wrong_end(path: Path) -> str:
    return "" if path.suffix.lower() in (".wav", ".flac") else "End the name with .wav or .flac."


def _problem(typed: str, path: Path) -> str:
    if not typed:
        return "Type a file's path."
    if path.is_dir():
        return f"{path} is a folder; add a file's name."
    if not path.parent.is_dir():
        return f"There is no folder {path.parent}; make it or choose another."
    return ""
