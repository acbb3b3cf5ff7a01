"""What the workers of the Services screen report back to it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.message import Message

if TYPE_CHECKING:
    from services.model import WorkspaceVoiceSettings
    from tui.services.service_facts import Background
    from tui.services.service_listing import ServiceListing


class Fetched(Message):
    """A listing has (more) services."""

    def __init__(self, listing: ServiceListing) -> None:
        super().__init__()
        self.listing = listing


class FetchFailed(Message):
    """A listing could not be fetched, or not to its end."""

    def __init__(self, reason: str) -> None:
        super().__init__()
        self.reason = reason


class SettingsFetched(Message):
    """The workspace's voice settings came."""

    def __init__(self, settings: WorkspaceVoiceSettings) -> None:
        super().__init__()
        self.settings = settings


class Learned(Message):
    """More is known about a service."""

    def __init__(self, service_id: str, background: Background) -> None:
        super().__init__()
        self.service_id = service_id
        self.background = background
