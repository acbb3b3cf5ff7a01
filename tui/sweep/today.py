"""Today's settings: what a service's callers get now. A sweep compares every setting with it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from presets.config import VoiceConfig
from presets.layers import Layer
from services.errors import ServiceError

if TYPE_CHECKING:
    from services.client import ServicesClient
    from services.model import Service


@dataclass(frozen=True, slots=True)
class Today:
    """A service's own settings, and the layers it inherits. ``unknown`` says what could not be loaded.

    ``service_id`` is ``None`` for the built-in defaults, which belong to no service.
    """

    config: VoiceConfig = field(default_factory=VoiceConfig)
    inherited: tuple[Layer, ...] = ()
    unknown: str = ""
    service_id: str | None = None


async def today_of(client: ServicesClient | None, service: Service | None) -> Today:
    """Return what a service's callers get now, from the platform. Without a service, the built-in defaults."""
    if service is None or client is None:
        return Today() if service is None else Today(service.voice_config, service_id=service.id)
    unknown = ""
    inherited: tuple[Layer, ...] = ()
    try:
        service = await client.get_service(service.id)
        settings = await client.workspace_voice_settings()
    except ServiceError as error:
        unknown = f"Today's settings are as they were last seen, without what the workspace sets: {error}"
    else:
        if settings.voice_config.set_values():
            inherited = (Layer("workspace", settings.voice_config),)
    return Today(service.voice_config, inherited, unknown, service.id)
