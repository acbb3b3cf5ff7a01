"""The History tab: who changed what of a service when, according to the platform and to this computer."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from textual.app import ComposeResult
from textual.containers import Vertical, VerticalScroll
from textual.widgets import DataTable, Static

from base.json_text import json_line
from tui.terminal_text import cell, content, cut, fit_last

if TYPE_CHECKING:
    from pydantic import JsonValue

    from services.changes.change_record import KeptChange, KeptFields
    from services.changes.history import FieldsBack
    from services.changes.requests import Request
    from services.model import FieldChange, HistoryEntry
    from tui.services.facts import ServiceFacts

_COLUMNS = ("WHEN", "WHO", "WHAT")
_WHO_WIDTH, _WHAT_WIDTH = 16, 80
_CLOCKS_APART = timedelta(minutes=2)
"""The largest difference between this computer's clock and the platform's for the same change."""
_LONG_AGO = datetime.min.replace(tzinfo=UTC)
_STATES = {
    "done": "",
    "begun": ", broke off: whether it was stored is not known",
    "not written": ", was not written",
    "unknown": ", broke off: something else is stored",
}


@dataclass(frozen=True, slots=True)
class HistoryLine:
    """One change: when, who, what in short, and in full."""

    at: datetime | None
    who: str
    what: str
    detail: str
    """Every changed value, one per line, and the source of the entry."""
    back: KeptChange | KeptFields | FieldsBack | Request | None = None
    """What R uses to undo it: the local record, or the platform's. ``None``: nothing."""


def history_lines(
    remembered: Iterable[HistoryEntry], kept: Iterable[KeptChange], fields: Iterable[KeptFields] = ()
) -> tuple[HistoryLine, ...]:
    """Return the platform's entries and this computer's changes as one list, newest first, without duplicates."""
    alone, lines = list(remembered), [*map(_of_here, kept)]
    for own in fields:
        line, same = _of_fields(own), _same_change(own, alone)
        if same is not None:
            alone.remove(same)
            line = replace(line, detail=f"{line.detail}\nThe platform remembers it too, as by {same.who or '—'}.")
        lines.append(line)
    lines += map(_of_platform, alone)
    return tuple(sorted(lines, key=lambda line: line.at or _LONG_AGO, reverse=True))


def _same_change(own: KeptFields, remembered: Iterable[HistoryEntry]) -> HistoryEntry | None:
    """Return the platform's entry for a change made here: the same values at the same time."""
    within = () if own.subject == "service" else (own.subject,)
    wanted = {(*within, name): value for name, value in own.after.items()}

    def is_same(entry: HistoryEntry) -> bool:
        depth = len(within) + 1
        changed = {change.path[:depth]: change for change in entry.changes}
        return changed.keys() == wanted.keys() and all(
            len(path) < len(change.path) or change.after == wanted[path] for path, change in changed.items()
        )

    near = [
        (abs(entry.at - own.at), number, entry)
        for number, entry in enumerate(remembered)
        if entry.at is not None and abs(entry.at - own.at) <= _CLOCKS_APART and is_same(entry)
    ]
    return min(near)[2] if near and own.state == "done" else None


class ServiceHistoryTable(Vertical):
    """A table of changes, newest first. The highlighted change is shown in full below it."""

    def __init__(self) -> None:
        super().__init__()
        self._facts: ServiceFacts | None = None
        self._lines: tuple[HistoryLine, ...] = ()
        self._limits = ""

    def compose(self) -> ComposeResult:
        """Lay out the table above the full change."""
        yield DataTable[Any](cursor_type="row", id="history-rows")
        with VerticalScroll(id="history-detail"):
            yield Static(id="history-note", markup=False)

    def on_mount(self) -> None:
        """Set up the columns."""
        self.query_one(DataTable).add_columns(*_COLUMNS)

    @property
    def highlighted(self) -> HistoryLine | None:
        """The highlighted change, or ``None``."""
        row = self.query_one(DataTable).cursor_row
        return self._lines[row] if 0 <= row < len(self._lines) else None

    def show(self, facts: ServiceFacts) -> None:
        """Show a service's history, as far as it has arrived."""
        self._facts, background = facts, facts.background
        self._lines = background.history or ()
        self._limits = background.history_unknown
        table = self.query_one(DataTable)
        row = table.cursor_row
        table.clear()
        rows = [
            (cell(moment(line.at)), cell(cut(line.who, _WHO_WIDTH) or "—"), cell(cut(line.what, _WHAT_WIDTH)))
            for line in self._lines
        ]
        fit_last(rows, _COLUMNS, self.size.width or _WHAT_WIDTH)
        for row_of_line in rows:
            table.add_row(*row_of_line)
        table.display = bool(self._lines)
        table.move_cursor(row=min(row, len(self._lines) - 1), animate=False)
        if self._lines and self.query_one("#history-detail").has_focus:
            table.focus()  # it had no lines when the tab was opened
        self._show_note(asked=background.history is not None)

    def on_resize(self) -> None:
        """Fit the lines to the new width."""
        if self._facts is not None:
            self.show(self._facts)

    def on_data_table_row_highlighted(self) -> None:
        """Show the change in full."""
        self._show_note(asked=True)

    def _show_note(self, *, asked: bool) -> None:
        row = self.query_one(DataTable).cursor_row
        if not asked:
            text = "Reading the history…"
        elif 0 <= row < len(self._lines):
            text = self._lines[row].detail
        else:
            text = "Nothing was changed yet."
        limits = f"⚠ {self._limits}." if asked and self._limits else ""
        self.query_one("#history-note", Static).update(content("\n".join(filter(None, (text, limits))), lines=True))


def moment(at: datetime | None) -> str:
    """Return a time in local time."""
    return at.astimezone().strftime("%Y-%m-%d %H:%M") if at else "—"


def _of_platform(entry: HistoryEntry) -> HistoryLine:
    from services.changes.history import way_back

    changes = [_changed(change) for change in entry.changes]
    fields = dict.fromkeys(".".join(change.path[:2]).removeprefix("voice_config.") for change in entry.changes)
    what = f"{entry.action.replace('_', ' ')}: {', '.join(fields)}" if fields else entry.action
    found = way_back(entry)
    back = None if isinstance(found, str) else found
    reversal = f"R cannot take it back: {found}." if isinstance(found, str) else _PUTS_BACK
    return HistoryLine(
        entry.at, entry.who, what, "\n".join([*changes, f"Remembered by the platform. {reversal}"]), back
    )


def _of_here(entry: KeptChange) -> HistoryLine:
    way = f"{entry.source} → {entry.target}" if entry.source else entry.target
    undoes = f", takes back change {entry.undoes}" if entry.undoes else ""
    return HistoryLine(
        entry.at,
        entry.who,
        f"{entry.action} {way}{_STATES[entry.state]}",
        f"Change {entry.id}, made from this computer{undoes}. {_outcome_text(entry.state)}",
        _kept_back(entry),
    )


_PUTS_BACK = "R puts back what it replaced."


def _outcome_text(state: str) -> str:
    return "There is nothing to take back." if state == "not written" else _PUTS_BACK


def _kept_back(entry: KeptChange | KeptFields) -> KeptChange | KeptFields | None:
    return None if entry.state == "not written" else entry


def _of_fields(entry: KeptFields) -> HistoryLine:
    from services.changes.fields import shown_value

    shown = [
        f"{name}: {shown_value(entry.subject, name, entry.before.get(name))}"
        f" → {shown_value(entry.subject, name, value)}"
        for name, value in entry.after.items()
    ]
    undoes = f", takes back change {entry.undoes}" if entry.undoes else ""
    what = f"preset {entry.source}" if entry.source else f"{entry.action} {entry.subject.replace('_', ' ')}"
    return HistoryLine(
        entry.at,
        entry.who,
        f"{what}: {', '.join(entry.after)}{_STATES[entry.state]}",
        "\n".join([*shown, f"Change {entry.id}, made from this computer{undoes}. {_outcome_text(entry.state)}"]),
        _kept_back(entry),
    )


def _changed(change: FieldChange) -> str:
    sides = (change.before, change.after)
    if change.path[-1:] == ("applied_behavior_ids",):
        counts = [len(side) if isinstance(side, list) else None for side in sides]
        if None not in counts and counts[0] != counts[1]:
            return f"{'.'.join(change.path[:-1])}: {counts[0]} → {counts[1]} dynamic behaviors"
        return f"{'.'.join(change.path[:-1])}: other dynamic behaviors"
    before, after = map(_value, sides)
    return f"{'.'.join(change.path)}: {before} → {after}"


def _value(value: JsonValue) -> str:
    if value is None:
        return "—"
    return value if isinstance(value, str) else json_line(value)
