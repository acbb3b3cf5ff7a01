"""The Overview tab: what a service is, in a dozen lines."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from textual.content import Content
from textual.widgets import Static

from tui.terminal_text import content

if TYPE_CHECKING:
    from services.model import Service

_LABEL_WIDTH = 15


class ServiceOverview(Static):
    """Shows one service's facts as lines of label and value."""

    def show(self, service: Service) -> None:
        """Show a service."""
        parts = []
        if service.description:
            parts += [content(service.description, lines=True), Content("")]
        for label, value in facts(service):
            parts.append(content(label.ljust(_LABEL_WIDTH), "$text-muted") + content(value))
        for problem in service.voice_problems:
            parts += [Content(""), content(f"⚠ voice_config · {problem}", "$text-warning")]
        self.update(Content("\n").join(parts))


def facts(service: Service) -> list[tuple[str, str]]:
    """Return the lines of the overview; what the platform did not say is left out or a dash."""
    rows = [
        ("Status", "● active" if service.is_active else "○ inactive: takes no calls"),
        ("Channel", service.channel_type),
        ("Environment", service.environment),
        ("Agent", service.agent_name or service.agent_id or "—"),
        ("Context graph", service.context_graph_name or service.context_graph_id or "—"),
        ("Tags", "  ".join(map(str, service.tags)) or "none"),
        ("Key terms", ", ".join(service.keyterms) or "none"),
        ("Version sets", ", ".join(service.version_sets) or "none"),
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
