"""Differences between two version sets as a table: what, before, after."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from rich.table import Table

from tui.terminal_text import cell

if TYPE_CHECKING:
    from services.changes.differences import Change, NewestVersions
    from services.model import VersionSet


def change_table(
    changes: Sequence[Change],
    newest: NewestVersions,
    *,
    before: VersionSet | None,
    after: VersionSet | None,
    heads: tuple[str, str] = ("NOW", "AFTERWARDS"),
    names: Mapping[str, str] | None = None,
) -> Table:
    """Return a table of changes; a set that is ``None`` does not exist on that side. ``names`` are of behaviors."""
    from services.changes.differences import change_texts

    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(overflow="fold")
    table.add_column(overflow="fold")
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    table.add_row(cell("WHAT", "dim"), cell(heads[0], "dim"), "", cell(heads[1], "dim"))
    for change in changes:
        label, old, new = change_texts(change, newest, made=before is None, gone=after is None)
        for one, name in (names or {}).items():
            label = label.replace(one, name)
        table.add_row(cell(label, "bold"), cell(old), cell("→", "dim"), cell(new, "bold"))
    return table
