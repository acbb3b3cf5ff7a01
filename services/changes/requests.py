"""The four ways to change a version set, and the result of each."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from pydantic import JsonValue

from services.changes.change_record import KeptChange, since_note, stands, to_take_back, undoable, way_back_note
from services.changes.differences import Newest, NewestVersions
from services.errors import ConflictError, InvalidError, RefusedError
from services.model import EDGE, RELEASE, Service, VersionSet
from services.reading import JsonObject, as_int, as_object, as_text, as_texts, read_version_set
from services.service_fields import unknown_fields
from services.writing import write_version_set

PERSONAL = "personal"
STAGES = (PERSONAL, "test", "preview", RELEASE)


def stage(name: str) -> int | None:
    """Return a version set's position on the promotion path. ``None`` if it is not on the path.

    ``personal-dana`` counts as ``personal``.
    """
    if name.startswith(f"{PERSONAL}-"):
        return 0
    return STAGES.index(name) if name in STAGES else None


def next_stage(name: str) -> str | None:
    """Return the name to promote ``name`` to. ``None`` at the end of the path and off the path."""
    here = stage(name)
    return None if here is None or here + 1 == len(STAGES) else STAGES[here + 1]


def detour(source: str, target: str) -> str:
    """Return a sentence that says how a promotion leaves the path. Empty if it follows the path or is off it."""
    here, there = stage(source), stage(target)
    if source == EDGE and there:
        return f"edge → {target} leaves the path ({' → '.join(STAGES)}): what edge holds was tried in no set on it"
    if here is None or there is None or there == here + 1:
        return ""
    if there <= here:
        return f"{source} → {target} is not the way of the path ({' → '.join(STAGES)})"
    return f"{source} → {target} skips {' and '.join(STAGES[here + 1 : there])}"


@dataclass(frozen=True, slots=True)
class Promote:
    """Copy one version set to another. Versions that the source leaves to the latest are pinned to today's."""

    source: str
    target: str


@dataclass(frozen=True, slots=True)
class Upsert:
    """Set fields of a version set, or create it. ``None`` unpins a version or removes a field."""

    target: str
    fields: Mapping[str, JsonValue] = field(default_factory=dict)
    models: Mapping[str, str | None] = field(default_factory=dict)
    """The model's name for each interaction. Other interactions and other preferences stay."""


@dataclass(frozen=True, slots=True)
class Delete:
    """Delete a version set."""

    target: str


@dataclass(frozen=True, slots=True)
class Rollback:
    """Restore a version set to its content before the last change from here, or before the change ``to``."""

    target: str
    to: int | None = None


Request = Promote | Upsert | Delete | Rollback


class ChangedSinceError(ConflictError):
    """Another user changed the version set after the change to undo. Nothing was written."""

    def __init__(self, entry: KeptChange, now: VersionSet | None) -> None:
        super().__init__(
            f"{entry.target} was changed elsewhere since change {entry.id}; nothing was written: "
            f"to overwrite theirs with what it held before, name the change (--to {entry.id})"
        )
        self.entry = entry
        self.now = now


@dataclass(frozen=True, slots=True)
class RequestOutcome:
    """The result of a request (``None``: no version set), and how it was made."""

    after: VersionSet | None
    notes: tuple[str, ...] = ()
    undoes: int | None = None
    warnings: tuple[str, ...] = ()


def outcome(
    request: Request, service: Service, newest: NewestVersions, kept: Sequence[KeptChange]
) -> RequestOutcome:
    """Return the result of a request.

    Raises :class:`services.errors.ServiceError`, a line that says why it is refused.
    """
    match request:
        case Promote():
            return _promoted(request, service, newest)
        case Upsert():
            before = service.version_sets.get(request.target)
            return RequestOutcome(merged(before or VersionSet(), request.fields, request.models, service))
        case Delete():
            service.version_set(request.target)
            return RequestOutcome(None)
        case Rollback():
            return _rolled_back(request, service, kept)


def _promoted(request: Promote, service: Service, newest: NewestVersions) -> RequestOutcome:
    if request.source == request.target:
        raise RefusedError(f"{request.source} cannot be promoted to itself; name another version set to promote to")
    source = service.version_set(request.source)
    notes = []
    for what, number, latest in (
        ("agent", source.agent_version_number, newest.agent),
        ("context graph", source.context_graph_version_number, newest.context_graph),
    ):
        if number is None:
            notes.append(_pinned(request, what, latest))
    return RequestOutcome(newest.resolved(source), tuple(notes))


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


def _rolled_back(request: Rollback, service: Service, kept: Sequence[KeptChange]) -> RequestOutcome:
    now = service.version_sets.get(request.target)
    of_target = [one for one in kept if one.target == request.target]
    entry = to_take_back(of_target, request.to, request.target, undoable(kept, request.target, now))
    changed = not stands(entry, now)
    if changed and request.to is None:
        raise ChangedSinceError(entry, now)
    since = (since_note(request.target, entry),) if changed and entry.state != "not written" else ()
    note = way_back_note(f"{request.target} held", entry)
    return RequestOutcome(entry.before, (note,), undoes=entry.id, warnings=since)


ALIASES: Final = {
    "agent_version": "agent_version_number",
    "context_graph_version": "context_graph_version_number",
    "service_hierarchical_state_machine_version": "context_graph_version_number",
    "service_hierarchical_state_machine_version_number": "context_graph_version_number",
}
"""Other names that the vendor uses for the same fields."""

_OWNERS: Final = {
    "agent_id": "agent_id",
    "context_graph_id": "context_graph_id",
    "service_hierarchical_state_machine_id": "context_graph_id",
}
"""Fields of the service that a version set's body may repeat."""

_KNOWN: Final[Mapping[str, tuple[Callable[[JsonValue], object], str]]] = {
    "agent_version_number": (as_int, "a whole number, or null for the latest"),
    "context_graph_version_number": (as_int, "a whole number, or null for the latest"),
    "llm_model_preferences": (as_object, 'an object such as {"navigation": {"llm_name": "…"}}'),
    "turn_runtime": (as_text, "a string"),
    "applied_behavior_ids": (as_texts, "a list of ids"),
}


def merged(
    stored: VersionSet, fields: Mapping[str, JsonValue], models: Mapping[str, str | None], service: Service
) -> VersionSet:
    """Return the version set with the given fields replaced. ``None`` removes a field.

    Raises :class:`services.errors.RefusedError` for a value of the wrong type, and for an agent or context graph of
    another service.
    """
    raw = write_version_set(stored) | _checked(fields, service)
    if models:
        raw["llm_model_preferences"] = _preferences(as_object(raw.get("llm_model_preferences")) or {}, models)
    return read_version_set({name: value for name, value in raw.items() if value is not None})


def odd_names(fields: Mapping[str, JsonValue]) -> tuple[str, ...]:
    """Return a sentence for fields of a version set that Turnlab does not know. They are sent unchanged."""
    return unknown_fields((name for name in fields if name not in _OWNERS), (*_KNOWN, *ALIASES))


def _checked(fields: Mapping[str, JsonValue], service: Service) -> JsonObject:
    given: JsonObject = {}
    for alias, value in fields.items():
        name = ALIASES.get(alias, alias)
        if owner := _OWNERS.get(alias):
            _check_owner(alias, value, getattr(service, owner))
            continue
        if name in given:
            raise RefusedError(f"{alias} is given twice, under two names; give it once")
        if name in _KNOWN and value is not None:
            fit, expected = _KNOWN[name]
            if fit(value) is None:
                raise RefusedError(f"{alias} must be {expected}")
        number = as_int(value) if name.endswith("_version_number") else None
        if number is not None and number < 1:
            raise RefusedError(f"{alias} must be 1 or more, or null for the latest")
        given[name] = value
    return given


def _check_owner(name: str, given: JsonValue, own: str | None) -> None:
    if given not in (None, own):
        raise RefusedError(
            f"{name} is not the service's: a version set only chooses versions of the service's own agent "
            "and context graph; make another service to change those"
        )


def _preferences(stored: JsonObject, models: Mapping[str, str | None]) -> JsonObject:
    preferred = dict(stored)
    for use, name in models.items():
        if name is None:
            preferred.pop(use, None)
        else:
            preferred[use] = (as_object(stored.get(use)) or {}) | {"llm_name": name}
    return preferred
