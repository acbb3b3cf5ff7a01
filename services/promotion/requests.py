"""The four ways to change a version set, and what each would leave there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from pydantic import JsonValue

from services.errors import ConflictError, InvalidError, NotFoundError, RefusedError
from services.model import EDGE, Service, VersionSet
from services.promotion.errors import NoBackupError
from services.promotion.fields import merged
from services.promotion.kept import Kept, stands, undoable
from services.promotion.newest import Newest, NewestVersions


@dataclass(frozen=True, slots=True)
class Promote:
    """Put what one version set holds into another; what the first leaves to the latest is pinned at today's."""

    source: str
    target: str


@dataclass(frozen=True, slots=True)
class Upsert:
    """Change the named fields of a version set, or make it. ``None`` unpins a version or drops a field."""

    target: str
    fields: Mapping[str, JsonValue] = field(default_factory=dict)
    models: Mapping[str, str | None] = field(default_factory=dict)
    """The model's name for single interactions; the others, and the rest of each preference, stay."""


@dataclass(frozen=True, slots=True)
class Delete:
    """Delete a version set."""

    target: str


@dataclass(frozen=True, slots=True)
class Rollback:
    """Put back what a version set held before the last change from here, or before the change ``to``."""

    target: str
    to: int | None = None


Request = Promote | Upsert | Delete | Rollback


class ChangedSinceError(ConflictError):
    """Somebody else changed the version set after the change that would be taken back. Nothing was written."""

    def __init__(self, entry: Kept, now: VersionSet | None) -> None:
        super().__init__(
            f"{entry.target} was changed by somebody else since change {entry.id}; nothing was written: "
            f"to overwrite theirs with what it held before, name the change (--to {entry.id})"
        )
        self.entry = entry
        self.now = now


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a request would leave in the version set (``None``: nothing), and how that came about."""

    after: VersionSet | None
    notes: tuple[str, ...] = ()
    undoes: int | None = None


def outcome(request: Request, service: Service, newest: NewestVersions, kept: Sequence[Kept]) -> Outcome:
    """Return what a request would do. Raises :class:`services.errors.ServiceError`, one line that says why not."""
    match request:
        case Promote():
            return _promoted(request, service, newest)
        case Upsert():
            before = service.version_sets.get(request.target)
            return Outcome(merged(before or VersionSet(), request.fields, request.models, service))
        case Delete():
            if request.target not in service.version_sets:
                raise _missing(service, request.target)
            return Outcome(None)
        case Rollback():
            return _rolled_back(request, service, kept)


def _promoted(request: Promote, service: Service, newest: NewestVersions) -> Outcome:
    if request.source == request.target:
        raise RefusedError(f"{request.source} cannot be promoted to itself; name another version set to promote to")
    source = service.version_sets.get(request.source)
    if source is None:
        raise _missing(service, request.source)
    notes = []
    for what, number, latest in (
        ("agent", source.agent_version_number, newest.agent),
        ("context graph", source.context_graph_version_number, newest.context_graph),
    ):
        if number is None:
            notes.append(_pinned(request, what, latest))
    return Outcome(newest.resolved(source), tuple(notes))


def _pinned(request: Promote, what: str, latest: Newest) -> str:
    if latest.number is None:
        raise InvalidError(
            f"{request.source} points at the latest {what}, and which that is is not known: {latest.unknown}; "
            "nothing was sent: a promotion pins what was tried, so pin a version first"
        )
    why = "always points" if request.source == EDGE else "points"
    return (
        f"{request.source} {why} at the latest {what}: v{latest.number} today, which {request.target} then stays at"
    )


def _rolled_back(request: Rollback, service: Service, kept: Sequence[Kept]) -> Outcome:
    now = service.version_sets.get(request.target)
    if request.to is not None:
        entry = next((one for one in kept if one.id == request.to and one.target == request.target), None)
        if entry is None:
            raise NoBackupError(f"there is no change {request.to} of {request.target}; see its history")
    else:
        entry = undoable(kept, request.target, now)
        if entry is None:
            raise NoBackupError(
                f"nothing to roll back: no change of {request.target} that was made from here is left to take back"
            )
        if not stands(entry, now):
            raise ChangedSinceError(entry, now)
    when = entry.at.astimezone().strftime("%Y-%m-%d %H:%M")
    note = f"back to what {request.target} held before change {entry.id} ({entry.action} by {entry.who}, {when})"
    return Outcome(entry.before, (note,), undoes=entry.id)


def _missing(service: Service, name: str) -> NotFoundError:
    there = ", ".join(service.version_sets) or "none"
    return NotFoundError(f"the service has no version set {name!r}; there are {there}")
