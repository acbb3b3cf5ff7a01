"""The Voice config tab: every field, what the service says about it, what is in force and where it comes from."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import DataTable, Static

from tui.terminal_text import cell, content

if TYPE_CHECKING:
    from presets.fields import FieldSpec
    from services.model import Service, WorkspaceVoiceSettings

_COLUMNS = ("FIELD", "THIS SERVICE", "IN FORCE", "FROM")
_ASSUMED_NOTE = "* the vendor documents no default; the simulator assumes this one"


@dataclass(frozen=True, slots=True)
class VoiceRow:
    """One line of the table; a heading has no cells."""

    field: str
    own: str = ""
    in_force: str = ""
    origin: str = ""
    is_set: bool = False
    is_heading: bool = False
    wrong: bool = False


class ServiceVoiceTable(Vertical):
    """A read-only table of ``voice_config`` with warnings under it."""

    def compose(self) -> ComposeResult:
        """Lay out the table over the warnings."""
        yield DataTable[Any](cursor_type="row", id="voice-rows")
        yield Static(id="voice-notes", markup=False)

    def on_mount(self) -> None:
        """Set up the columns."""
        table = self.query_one(DataTable)
        for label in _COLUMNS:
            table.add_column(label, key=label)

    def show(self, service: Service, workspace: WorkspaceVoiceSettings | None) -> None:
        """Show a service over its workspace; ``None``: what the workspace says is not known."""
        table = self.query_one(DataTable)
        table.clear()
        for row in voice_rows(service, workspace):
            table.add_row(
                cell(row.field, "bold" if row.is_heading else ""),
                cell(row.own, "bold" if row.is_set else "dim"),
                cell(row.in_force),
                cell(row.origin, "" if row.is_set else "dim"),
            )
        self.query_one(Static).update(_notes(service, workspace))


def voice_rows(service: Service, workspace: WorkspaceVoiceSettings | None) -> Iterator[VoiceRow]:
    """Yield the lines of the table: the known fields by group, then those this version does not know."""
    from presets.fields import FIELDS
    from presets.layers import BUILT_IN, Layer, resolve

    layers = [Layer("service", service.voice_config)]
    if workspace is not None:
        layers.append(Layer("workspace", workspace.voice_config))
    origins = resolve(*layers).origins
    by_name = {layer.name: layer.config for layer in layers}
    wrong = {problem.field for problem in service.voice_problems}
    group = ""
    for spec in FIELDS:
        if spec.group != group:
            group = spec.group
            yield VoiceRow(group.upper(), is_heading=True)
        origin = origins[spec.name]
        own = getattr(service.voice_config, spec.name)
        value = spec.default if origin == BUILT_IN else getattr(by_name[origin], spec.name)
        mark = "⚠ " if spec.name in wrong else "● " if own is not None else "○ "
        known = workspace is not None or origin == "service"
        yield VoiceRow(
            f"  {spec.name}",
            mark + ("inherit" if own is None else show_value(spec, own)),
            _in_force(spec, value) if known else "?",
            (origin if spec.documented_default or origin != BUILT_IN else f"{origin} *") if known else "?",
            is_set=own is not None,
            wrong=spec.name in wrong,
        )
    unknown = service.voice_config.unknown_fields()
    if unknown:
        yield VoiceRow("UNKNOWN TO TURNLAB", is_heading=True)
    for name in unknown:
        text = json.dumps(service.voice_config.set_values().get(name), ensure_ascii=False)
        yield VoiceRow(f"  {name}", f"⚠ {text}", "?", "service", is_set=True, wrong=True)


def show_value(spec: FieldSpec, value: object) -> str:
    """Return a value as people read it; objects as JSON."""
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict) else spec.show(value)


def _in_force(spec: FieldSpec, value: object) -> str:
    # "inherit" says nothing about what is in force at the end of the chain.
    return "—" if value is None and spec.unset_label == "inherit" else show_value(spec, value)


def _notes(service: Service, workspace: WorkspaceVoiceSettings | None) -> Content:
    warnings = [f"⚠ {problem}" for problem in service.voice_problems]
    if unknown := service.voice_config.unknown_fields():
        names = ", ".join(unknown)
        warnings.append(f"⚠ {names}: unknown to this version of Turnlab; kept as it is, and not simulated")
    if workspace is None:
        warnings.append("The workspace's voice settings are not known yet: press r to fetch them again.")
    lines = [content(warning, "$text-warning") for warning in warnings]
    return Content("\n").join([*lines, content(_ASSUMED_NOTE, "$text-muted")])
