"""What the details of a service stand on: the service itself, and what was asked about it besides."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from services.changes.differences import NewestVersions
    from services.model import Service, WorkspaceVoiceSettings
    from tui.services.service_history import HistoryLine


@dataclass(frozen=True, slots=True, kw_only=True)
class Background:
    """What a tab asks for when it comes into view; ``None`` until an answer came."""

    newest: NewestVersions | None = None
    behavior_names: Mapping[str, str] | None = None
    behaviors_unknown: str = ""
    """Why there are no names of behaviors."""
    history: tuple[HistoryLine, ...] | None = None
    history_unknown: str = ""
    """Why the history is not all there is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """All that is known about the highlighted service."""

    service: Service
    workspace: WorkspaceVoiceSettings | None = None
    """``None``: what the workspace says is not known."""
    background: Background = field(default_factory=Background)
