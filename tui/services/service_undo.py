"""Ways back from changes of services: each knows what it undoes, in words, and how."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from pydantic import JsonValue

    from services.client import ServicesClient
    from services.model import NewService, Service


class Undoable(Protocol):
    """A change that can be taken back."""

    @property
    def label(self) -> str:
        """What is taken back, in words."""
        ...

    async def undo(self, client: ServicesClient) -> Service:
        """Take it back and return the service as it is then. Raises :class:`services.errors.ServiceError`."""
        ...


@dataclass(frozen=True, slots=True)
class FieldsUndo:
    """Puts fields of a service back to what they were, unless somebody else changed them meanwhile."""

    label: str
    saved: Service
    """As it was right after the change."""
    back: Mapping[str, JsonValue]
    """What to send to get back."""

    async def undo(self, client: ServicesClient) -> Service:
        """Send the old values."""
        from services.errors import ConflictError

        now = await client.get_service(self.saved.id)
        if changed := moved(self.saved, now, self.back):
            raise ConflictError(
                f"{', '.join(changed)} was changed by somebody else meanwhile; nothing was sent: edit it instead"
            )
        return await client.update_service(self.saved.id, self.back)


@dataclass(frozen=True, slots=True)
class DeletionUndo:
    """Makes a deleted service again, with everything Turnlab knows of it but its id."""

    label: str
    deleted: Service

    async def undo(self, client: ServicesClient) -> Service:
        """Make the service, then its version sets. Raises :class:`ValueError` for one that cannot be made."""
        from services.errors import ServiceError
        from services.model import EDGE, RELEASE

        lost = self.deleted
        new_id = await client.create_service(as_new(lost))
        for name, version_set in lost.version_sets.items():
            if name in (EDGE, RELEASE):
                continue
            try:
                await client.upsert_version_set(new_id, name, version_set)
            except ServiceError as error:
                raise ServiceError(
                    f"it is there again as {new_id}, but without version set {name}: {error}"
                ) from None
        return await client.get_service(new_id)


def as_new(lost: Service) -> NewService:
    """Return what makes a service like this one, its version sets apart."""
    from services.model import RELEASE, NewService

    if lost.agent_id is None or lost.context_graph_id is None:
        raise ValueError("a service without agent or context graph cannot be made")
    return NewService(
        name=lost.name,
        description=lost.description,
        agent_id=lost.agent_id,
        context_graph_id=lost.context_graph_id,
        is_active=lost.is_active,
        tags=lost.tags,
        keyterms=lost.keyterms,
        tool_capacity=lost.tool_capacity,
        channel_type=lost.channel_type,
        environment=lost.environment,
        safety_filters_enabled=lost.safety_filters_enabled,
        voice_config=lost.voice_config.set_values() or None,
        release=lost.version_sets.get(RELEASE),
    )


def moved(before: Service, now: Service, names: Mapping[str, JsonValue]) -> list[str]:
    """Return which of the named fields somebody else gave another value."""
    return [name for name in names if _field(before, name) != _field(now, name)]


def _field(service: Service, name: str) -> object:
    return getattr(service, name) if hasattr(service, name) else service.extra.get(name)
