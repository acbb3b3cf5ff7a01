"""The Overview tab: what a service is, in a dozen lines."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text
from textual.widgets import Static

from tui.services.voice_table import warnings
from tui.terminal_text import cell, names, screen_text

if TYPE_CHECKING:
    from services.model import Service


class ServiceOverview(Static):
    """Shows one service's facts as lines of label and value."""

    def show(self, service: Service) -> None:
        """Show a service."""
        table = Table.grid(padding=(0, 2, 0, 0))
        table.add_column(no_wrap=True, style="dim")
        table.add_column(ratio=1, overflow="fold")
        for label, value in facts(service):
            table.add_row(label, cell(value))
        parts: list[RenderableType] = [table]
        if service.description.strip():
            parts = [Text(screen_text(service.description.strip(), lines=True)), Text(), table]
        colour = self.app.current_theme.warning or ""
        for warning in warnings(service):
            parts += [Text(), Text(screen_text(f"⚠ {warning}"), colour)]
        self.update(Group(*parts))


def facts(service: Service) -> list[tuple[str, str]]:
    """Return the lines of the overview; what the platform did not say is left out or a dash."""
    rows = [
        ("Status", "● active" if service.is_active else "○ inactive: takes no calls"),
        ("Channel", service.channel_type),
        ("Environment", service.environment),
        ("Agent", service.agent_name or service.agent_id or "—"),
        ("Context graph", service.context_graph_name or service.context_graph_id or "—"),
        ("Tags", names(service.tags, "  ") or "none"),
        ("Key terms", names(service.keyterms) or "none"),
        ("Version sets", names(service.version_sets) or "none"),
        ("Voice config", _own_fields(service)),
        ("Tool capacity", _count(service.tool_capacity)),
        ("Safety filters", {True: "on", False: "off", None: "—"}[service.safety_filters_enabled]),
        ("Updated", _moment(service.updated_at)),
        ("Created", _moment(service.created_at)),
        ("Id", service.id),
    ]
    if service.is_system:
        rows.insert(1, ("Made by", "the platform itself"))
    return rows


def _own_fields(service: Service) -> str:
    number = len(service.voice_config.set_values())
    return f"{number} field{'' if number == 1 else 's'} set, the rest inherited" if number else "all inherited"


def _count(capacity: int | None) -> str:
    return "—" if capacity is None else f"{capacity} at once"


def _moment(moment: datetime | None) -> str:
    """Return a time as the clock on the wall shows it."""
    return moment.astimezone().strftime("%Y-%m-%d %H:%M") if moment else "—"
