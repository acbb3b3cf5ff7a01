"""Ways back from changes of services: each knows what it undoes, in words, and how."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from pydantic import JsonValue

    from services.client import ServicesClient
    from services.model import Service


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
        from services.changes.fields import apply_fields, plan_fields
        from services.changes.history import who
        from services.changes.ledger import Backups
        from services.errors import ConflictError

        now = await client.get_service(self.saved.id)
        if changed := moved(self.saved, now, self.back):
            raise ConflictError(
                f"{', '.join(changed)} was changed by somebody else meanwhile; nothing was sent: edit it instead"
            )
        plan = plan_fields(now, "service", self.back, action="rollback")
        return (await apply_fields(client, plan, Backups(), who=who())).stored


@dataclass(frozen=True, slots=True)
class DeletionUndo:
    """Makes a deleted service again, with everything Turnlab knows of it but its id."""

    label: str
    deleted: Service

    async def undo(self, client: ServicesClient) -> Service:
        """Make the service, then its version sets. Raises :class:`services.errors.ServiceError`."""
        from services.changes.applying import apply_plan
        from services.changes.history import who
        from services.changes.ledger import Backups
        from services.changes.plan import make_plan
        from services.changes.requests import Upsert
        from services.changes.whole_service import as_new, create
        from services.errors import ServiceError
        from services.model import EDGE, RELEASE
        from services.writing import write_version_set

        lost, backups = self.deleted, Backups()
        new_id = await create(client, as_new(lost), backups, who=who())
        for name, version_set in lost.version_sets.items():
            if name in (EDGE, RELEASE):
                continue
            try:
                upsert = Upsert(name, write_version_set(version_set))
                await apply_plan(client, await make_plan(client, new_id, upsert, backups), backups, who=who())
            except ServiceError as error:
                raise ServiceError(
                    f"it is there again as {new_id}, but without version set {name}: {error}"
                ) from None
        return await client.get_service(new_id)


def moved(before: Service, now: Service, names: Mapping[str, JsonValue]) -> list[str]:
    """Return which of the named fields somebody else gave another value."""
    return [name for name in names if _field(before, name) != _field(now, name)]


def _field(service: Service, name: str) -> object:
    return getattr(service, name) if hasattr(service, name) else service.extra.get(name)
