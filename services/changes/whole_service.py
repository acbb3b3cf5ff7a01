"""Creates and deletes services. The outcome is known even if the network fails."""

from __future__ import annotations

import json
from collections.abc import Sequence

from services.changes.applying import apply_plan
from services.changes.change_record import Entry, Scope
from services.changes.errors import NoBackupError
from services.changes.guarded import carry_out
from services.changes.ledger import Backups
from services.changes.plan import make_plan
from services.changes.requests import Upsert
from services.client import ServicesClient
from services.errors import ConflictError, NotFoundError, ServiceError, UnsupportedError
from services.model import EDGE, RELEASE, NewService, Service
from services.paging import iter_services
from services.service_fields import SERVICE_FIELDS
from services.writing import JsonObject, service_values, write_version_set

SEARCH_LENGTH = 200
"""The longest search text that a platform accepts."""


async def same_name(client: ServicesClient, name: str) -> dict[str, Service]:
    """Return the services of exactly this name, by id."""
    found = [one async for one in iter_services(client, search=name[:SEARCH_LENGTH])]
    return {one.id: one for one in found if one.name == name}


async def create(client: ServicesClient, new: NewService, backups: Backups, *, who: str) -> str:
    """Create a service and return its id. Raises what :func:`services.changes.guarded.carry_out` raises.

    If the answer is lost, the service is searched for by its name. It is never created twice.
    """
    if why := client.unsupported.get("create_service"):
        raise UnsupportedError(why)
    step = _Creating(client, new)
    _, made = await carry_out(client, step, backups, who)
    return step.made or next(iter(made))


async def delete(client: ServicesClient, service: Service, backups: Backups, *, who: str) -> int | None:
    """Delete a service if it has not changed since it was read. Return the number of its backup.

    Raises what :func:`services.changes.guarded.carry_out` raises.
    """
    if why := client.unsupported.get("delete_service"):
        raise UnsupportedError(why)
    async with backups.alone():
        change, _ = await carry_out(client, _Deleting(client, service), backups, who)
    return change


class PartlyMadeError(ServiceError):
    """A service was recreated without all of its version sets, or it is unknown whether they were stored."""

    def __init__(self, made_id: str, missing: Sequence[str], cause: ServiceError) -> None:
        perhaps = "perhaps " * cause.outcome_unknown
        lacks = f"{perhaps}without {', '.join(missing)}" if missing else "and could not be read"
        super().__init__(f"it is there again under the id {made_id}, {lacks}: {cause}", status=cause.status)
        self.made_id = made_id
        self.missing = tuple(missing)


async def make_again(
    client: ServicesClient, lost: Service, backups: Backups, *, who: str, made_id: str | None = None
) -> Service:
    """Recreate a deleted service with its version sets, and return it. Its id is new.

    ``made_id`` is the service that an earlier try created: only what it lacks is added. Raises
    :class:`PartlyMadeError` for a failure after the service exists, and what :func:`create` raises.
    """
    if made_id is not None:
        await client.get_service(made_id)  # another user may have deleted it
    made_id = made_id or await create(client, as_new(lost), backups, who=who)
    missing = [name for name in lost.version_sets if name not in (EDGE, RELEASE)]
    try:
        there = (await client.get_service(made_id)).version_sets
        missing = [name for name in missing if name not in there]
        while missing:
            wanted = Upsert(missing[0], write_version_set(lost.version_sets[missing[0]]))
            await apply_plan(client, await make_plan(client, made_id, wanted, backups), backups, who=who)
            del missing[0]
        return await client.get_service(made_id)
    except ServiceError as error:
        raise PartlyMadeError(made_id, missing, error) from None


def as_new(lost: Service) -> NewService:
    """Return what creates a service like this one, without its other version sets.

    Raises :class:`services.changes.errors.NoBackupError` for a service that cannot be created.
    """
    if lost.agent_id is None or lost.context_graph_id is None:
        raise NoBackupError("a service without agent or context graph cannot be made")
    return NewService(
        **{field.name: getattr(lost, field.name) for field in SERVICE_FIELDS},
        voice_config=lost.voice_config.set_values() or None,
        release=lost.version_sets.get(RELEASE),
    )


def document(service: Service) -> JsonObject:
    """Return every known field of a service that can be set."""
    sets: JsonObject = {name: write_version_set(one) for name, one in service.version_sets.items() if name != EDGE}
    return service_values(service) | {"voice_config": service.voice_config.set_values(), "version_sets": sets}


class _Creating:
    """A :class:`services.changes.guarded.ChangeStep`. It reads the ids of new services of the name."""

    repeatable = False

    def __init__(self, client: ServicesClient, new: NewService) -> None:
        self._client = client
        self._new = new
        self._there: frozenset[str] | None = None
        self.made = ""
        """The id, if the platform returned it."""

    @property
    def what(self) -> str:
        return f"the new service {self._new.name}"

    @property
    def check(self) -> str:
        return f"turnlab service list {json.dumps(self._new.name)}"

    async def look(self) -> None:
        there = await same_name(self._client, self._new.name)
        if self._there is None:
            self._there = frozenset(there)

    def entry(self) -> None:
        """Nothing is replaced."""

    async def send(self) -> None:
        self.made = await self._client.create_service(self._new)

    async def read(self) -> frozenset[str]:
        if self.made:
            return frozenset({self.made})
        new, there = self._new, await same_name(self._client, self._new.name)
        ours = {one.id for one in there.values() if one.agent_id == new.agent_id}
        return frozenset(ours) - (self._there or frozenset())

    def holds(self, stored: frozenset[str]) -> bool:
        return bool(stored)

    def untouched(self, stored: frozenset[str]) -> bool:
        return not stored

    def shown(self, stored: frozenset[str]) -> str:
        return ", ".join(sorted(stored))

    def stored_text(self, stored: frozenset[str]) -> str:
        return json.dumps(sorted(stored))


class _Deleting:
    """A :class:`services.changes.guarded.ChangeStep`. It reads the service, or ``None`` once it is gone."""

    repeatable = True

    def __init__(self, client: ServicesClient, service: Service) -> None:
        self._client = client
        self._service = service

    @property
    def what(self) -> str:
        return f"the deletion of {self._service.name}"

    @property
    def check(self) -> str:
        return f"turnlab service get {self._service.id}"

    async def look(self) -> None:
        now = await self._client.get_service(self._service.id)
        if not self.untouched(now):
            raise ConflictError(
                f"{self._service.name!r} was changed meanwhile and is not deleted; look at it again"
            )

    def entry(self) -> Entry:
        return Entry(
            scope=Scope.of(self._client.label, self._service),
            service_name=self._service.name,
            kind="service",
            action="delete",
            target="service",
            before=json.dumps(document(self._service)),
            after=json.dumps({}),
        )

    async def send(self) -> None:
        await self._client.delete_service(self._service.id)

    async def read(self) -> Service | None:
        try:
            return await self._client.get_service(self._service.id)
        except NotFoundError:
            return None

    def holds(self, stored: Service | None) -> bool:
        return stored is None

    def untouched(self, stored: Service | None) -> bool:
        return stored is not None and document(stored) == document(self._service)

    def shown(self, stored: Service | None) -> str:  # noqa: ARG002  (the protocol's)
        return "its fields were changed"

    def stored_text(self, stored: Service | None) -> str:
        return json.dumps({} if stored is None else document(stored))
