"""A dialog for a folder of recordings or one recording, chosen in a tree or typed."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.suggester import Suggester
from textual.widgets import DirectoryTree, Input, Static

from base.files import is_file, is_folder
from base.folders import typed_path
from simulator.audio.source import SUFFIXES
from tui.dialogs.dialog import Dialog
from tui.terminal_text import content


class FolderDialog(Dialog[Path]):
    """Returns the path of an existing folder or audio file. Starts in the folder ``start``."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+s", "add", "Add", tooltip="Add what the line names.", priority=True),
        Binding("tab", "other_part", show=False, priority=True),
    ]
    keys = "enter adds · tab to the tree: enter opens, ctrl+s adds · esc cancels"

    def __init__(self, title: str, start: Path) -> None:
        super().__init__(title)
        self._start = start

    def compose_body(self) -> ComposeResult:
        """Lay out the input above the tree."""
        yield Input(
            f"{self._start}{os.sep}",
            placeholder="a folder, or a recording; ~ is your home",
            compact=True,
            id="folder-line",
            suggester=_PathSuggester(use_cache=False, case_sensitive=True),
            select_on_focus=False,
        )
        yield _RecordingsTree(self._start, id="folder-tree")
        yield Static(id="folder-about", classes="dialog-text", markup=False)

    def action_other_part(self) -> None:
        """Switch between input and tree. In the input, first accept a suggested path."""
        line, tree = self.query_one(Input), self.query_one(DirectoryTree)
        if self.focused is line and line._suggestion:
            line.action_cursor_right()
        else:
            self.set_focus(tree if self.focused is line else line)

    @on(DirectoryTree.NodeHighlighted)
    def _walked(self, event: DirectoryTree.NodeHighlighted[object]) -> None:
        if self.focused is self.query_one(DirectoryTree) and (entry := event.node.data) is not None:
            self.query_one(Input).value = str(getattr(entry, "path", ""))

    @on(DirectoryTree.FileSelected)
    def _file_chosen(self) -> None:
        self.action_add()

    @on(DirectoryTree.DirectorySelected)
    def _folder_chosen(self, event: DirectoryTree.DirectorySelected) -> None:
        # Enter has opened the folder in the tree and shows its content; ctrl+s adds it.
        event.stop()

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        path = _path(event.value)
        self._say(_about(path))

    @on(Input.Submitted)
    def _submitted(self) -> None:
        self.action_add()

    def action_add(self) -> None:
        """Return the typed path if it is a folder or a file."""
        typed = self.query_one(Input).value.strip()
        path = _path(typed).absolute()
        if not typed or not (is_folder(path) or is_file(path)):
            what = path if typed else "Nothing"
            self._say(f"{what}: no such file or folder; go on typing, or walk to it in the tree.")
        else:
            self.dismiss(path)

    def _say(self, text: str) -> None:
        self.query_one("#folder-about", Static).update(content(text))


class _RecordingsTree(DirectoryTree):
    """Shows folders and recordings, without hidden ones."""

    ICON_NODE, ICON_NODE_EXPANDED, ICON_FILE = "▸ ", "▾ ", ""

    def filter_paths(self, paths: Iterable[Path]) -> Iterable[Path]:
        """Leave out everything else."""
        return [
            path
            for path in paths
            if not path.name.startswith(".") and (path.suffix.lower() in SUFFIXES or is_folder(path))
        ]


class _PathSuggester(Suggester):
    """Completes a typed path with the first entry of its folder that begins with it."""

    async def get_suggestion(self, value: str) -> str | None:
        """Return the whole path."""
        folder, _, start = value.rpartition(os.sep)
        if not start:
            return None
        for path in _entries(_path(folder + os.sep)):
            if path.name.startswith(start) and (is_folder(path) or path.suffix.lower() in SUFFIXES):
                return f"{folder}{os.sep}{path.name}"
        return None


def _path(typed: str) -> Path:
    """Return the typed path. A later ``//`` or ``/~`` starts again at the root or the home folder."""
    text = typed.strip()
    starts = [at + 1 for sign in (os.sep * 2, f"{os.sep}~") if (at := text.rfind(sign)) > 0]
    return typed_path(text[max(starts, default=0) :])


def _about(path: Path) -> str:
    """Return a folder's content in words."""
    if not is_folder(path):
        return ""
    count = sum(entry.suffix.lower() in SUFFIXES for entry in _entries(path))
    if not count:
        return "holds no recordings yet; those that come are listed by themselves"
    return f"holds {count} recording{'s' * (count > 1)}"


def _entries(folder: Path) -> list[Path]:
    try:
        return sorted(folder.iterdir())
    except (OSError, ValueError):
        return []
