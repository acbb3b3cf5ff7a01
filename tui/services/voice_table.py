"""The Voice config tab: every field, what the service sets, the value that applies and the layer it comes from."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import DataTable, Static

from base.json_text import json_line
from tui.terminal_text import NAME_WIDTH, cell, content, cut

if TYPE_CHECKING:
    from presets.fields import FieldSpec
    from services.model import Service, WorkspaceVoiceSettings

_COLUMNS = ("FIELD", "THIS SERVICE", "EFFECTIVE", "FROM")
_OWN_WIDTH, _IN_FORCE_WIDTH = 20, 13
"""In cells: with these the table fits 80 columns."""
_UNKNOWN_FIELD = "unknown to this version of Turnlab; kept as it is, and not simulated"
_UNKNOWN_WORKSPACE = "What is inherited is not known until the workspace's voice settings are read; r tries again."
_LEGEND = "● set by this service   ○ inherited   ⚠ worth a look   * assumed by the simulator"
_ASSUMED = "* The vendor documents no default; the simulator assumes this one."


@dataclass(frozen=True, slots=True)
class VoiceRow:
    """One line of the table; a heading has no cells."""

    field: str
    own: str = ""
    in_force: str = ""
    origin: str = ""
    note: str = ""
    """What is said about the line while the cursor is on it."""
    is_set: bool = False
    is_heading: bool = False


class ServiceVoiceTable(Vertical):
    """A read-only table of ``voice_config``; under it, what there is to say about the line the cursor is on."""

    def __init__(self) -> None:
        super().__init__()
        self._rows: list[VoiceRow] = []

    def compose(self) -> ComposeResult:
        """Lay out the table over the note."""
        yield DataTable[Any](cursor_type="row", id="voice-rows")
        yield Static(id="voice-note", markup=False)

    def on_mount(self) -> None:
        """Set up the columns."""
        table = self.query_one(DataTable)
        for label in _COLUMNS:
            table.add_column(label, key=label)

    def show(self, service: Service, workspace: WorkspaceVoiceSettings | None) -> None:
        """Show a service over its workspace; ``None``: what the workspace says is not known."""
        table = self.query_one(DataTable)
        row_before = table.cursor_row
        table.clear()
        self._rows = list(voice_rows(service, workspace))
        for row in self._rows:
            table.add_row(
                cell(row.field, "bold" if row.is_heading else "", width=NAME_WIDTH),
                cell(cut(row.own, _OWN_WIDTH), "bold" if row.is_set else "dim"),
                cell(cut(row.in_force, _IN_FORCE_WIDTH)),
                cell(row.origin, "" if row.is_set else "dim"),
            )
        # The same field stays under the cursor from service to service.
        table.move_cursor(row=min(row_before, len(self._rows) - 1), animate=False)
        self._show_note(table.cursor_row)

    def on_data_table_row_highlighted(self, message: DataTable.RowHighlighted) -> None:
        """Say what there is to say about the line."""
        message.stop()
        self._show_note(message.cursor_row)

    def _show_note(self, row: int) -> None:
        note = self._rows[row].note if 0 <= row < len(self._rows) else ""
        self.query_one("#voice-note", Static).update(content(note, lines=True))


def voice_rows(service: Service, workspace: WorkspaceVoiceSettings | None) -> Iterator[VoiceRow]:
    """Yield the lines of the table: the known fields by group, then those this version does not know."""
    from presets.fields import FIELDS
    from presets.layers import BUILT_IN, Layer, resolve

    layers = [Layer("service", service.voice_config)]
    if workspace is not None:
        layers.append(Layer("workspace", workspace.voice_config))
    origins = resolve(*layers).origins
    by_name = {layer.name: layer.config for layer in layers}
    wrong = {problem.field: problem.message for problem in service.voice_problems}
    group = ""
    for spec in FIELDS:
        if spec.group != group:
            group = spec.group
            yield VoiceRow(group.upper(), is_heading=True, note=_LEGEND)
        origin = origins[spec.name]
        own = getattr(service.voice_config, spec.name)
        value = spec.default if origin == BUILT_IN else getattr(by_name[origin], spec.name)
        mark = "⚠ " if spec.name in wrong else "● " if own is not None else "○ "
        known = workspace is not None or origin == "service"
        assumed = known and origin == BUILT_IN and not spec.documented_default
        notes = [f"⚠ {wrong[spec.name]}" if spec.name in wrong else "", spec.notices, _ASSUMED if assumed else ""]
        if own is not None and len(show_value(spec, own)) > _IN_FORCE_WIDTH:
            notes.insert(1, f"{spec.name} = {show_value(spec, own)}")
        yield VoiceRow(
            spec.name,
            mark + ("inherit" if own is None else show_value(spec, own)),
            _in_force(spec, value) if known else "?",
            (f"{origin} *" if assumed else origin) if known else "?",
            note="\n".join(filter(None, notes)) if known else _UNKNOWN_WORKSPACE,
            is_set=own is not None,
        )
    unknown = service.voice_config.unknown_fields()
    if unknown:
        yield VoiceRow("UNKNOWN TO TURNLAB", is_heading=True)
    for name in unknown:
        text = json_line(service.voice_config.set_values().get(name))
        note = f"⚠ {_UNKNOWN_FIELD}\n{name} = {text}"
        yield VoiceRow(name, f"⚠ {text}", "?", "service", note=note, is_set=True)


def warnings(service: Service) -> list[str]:
    """Return all there is to warn about in a service's ``voice_config``."""
    found = [str(problem) for problem in service.voice_problems]
    return found + [f"{cut(name, NAME_WIDTH)}: {_UNKNOWN_FIELD}" for name in service.voice_config.unknown_fields()]


def show_value(spec: FieldSpec, value: object) -> str:
    """Return a value as people read it; objects as JSON."""
    return json_line(value) if isinstance(value, dict) else spec.show(value)


def _in_force(spec: FieldSpec, value: object) -> str:
    # "inherit" does not say which value applies at the end of the chain.
    return "—" if value is None and spec.unset_label == "inherit" else show_value(spec, value)
