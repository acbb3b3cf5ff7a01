"""The plan of a change to a version set. Making a plan writes nothing; applying it is a separate step."""

from __future__ import annotations

import difflib
import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from services.changes.change_record import Action, KeptChange, Scope
from services.changes.differences import (
    Newest,
    NewestVersions,
    ValueChange,
    canonical,
    differences,
    newest_versions,
)
from services.changes.ledger import Backups
from services.changes.requests import Delete, Promote, Request, Rollback, Upsert, detour, odd_names, outcome
from services.client import Dialect, ServicesClient
from services.errors import InvalidError
from services.model import (
    RELEASE,
    Service,
    VersionSet,
    VersionSetName,
    deletable,
    writable,
)
from services.writing import JsonObject, write_version_set

CLASSIC_MODELS = (
    "azure_gpt-4.1-2025-04-14",
    "openai_gpt-4.1-2025-04-14",
    "azure_gpt-4.1-mini-2025-04-14",
    "openai_gpt-4.1-mini-2025-04-14",
    "azure_gpt-5-nano-2025-08-07",
    "azure_gpt-5.1-2025-11-13",
    "openai_gpt-5.1-2025-11-13",
    "azure_gpt-5.2-2025-12-11",
    "openai_gpt-5-nano-2025-08-07",
    "openai_gpt-5-mini-2025-08-07",
    "openai_gpt-5.4-nano-2026-03-17",
    "openai_gpt-5.4-mini-2026-03-17",
    "openai_gpt-5.5-2026-04-23",
    "openai_gpt-5.2-2025-12-11",
    "aws_claude-sonnet-4-5-20250929",
    "aws_claude-haiku-4-5-20251001",
    "aws_claude-sonnet-4-6",
    "aws_claude-opus-4-6",
    "google_gemini-2.5-pro",
    "google_gemini-2.5-flash",
)
"""Every model name in the Classic API's OpenAPI document. Platform's document lists none, so it accepts any
text."""

_ACTIONS: dict[type[Request], Action] = {
    Promote: "promote",
    Upsert: "upsert",
    Delete: "delete",
    Rollback: "rollback",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A change of a version set, before and after. Its texts are not escaped for a terminal."""

    request: Request
    service: Service
    """As it was read for this plan."""
    target: VersionSetName
    before: VersionSet | None
    """The target's present content. ``None``: it does not exist."""
    after: VersionSet | None
    """The target's new content. ``None``: it is deleted."""
    changes: tuple[ValueChange, ...]
    notes: tuple[str, ...]
    """How ``after`` was made."""
    warnings: tuple[str, ...]
    newest: NewestVersions
    undoes: int | None = None

    @property
    def action(self) -> Action:
        """What kind of change it is."""
        return _ACTIONS[type(self.request)]

    @property
    def source(self) -> str | None:
        """The version set that a promotion copies."""
        return self.request.source if isinstance(self.request, Promote) else None

    @property
    def nothing_to_do(self) -> bool:
        """Whether the target already has the new content."""
        return canonical(self.before) == canonical(self.after)

    @property
    def needs_confirmation(self) -> bool:
        """Whether the target's name must be typed, because callers get it."""
        return self.target == RELEASE and not self.nothing_to_do

    @property
    def fingerprint(self) -> str:
        """Ten characters that identify the plan: equal only if it makes the same change to the same state."""
        said = [self.service.id, self.service.agent_id, self.service.context_graph_id, self.target]
        text = json.dumps([*said, canonical(self.before), canonical(self.after)])
        return hashlib.sha256(text.encode()).hexdigest()[:10]

    def body(self, dialect: Dialect) -> JsonObject | None:
        """Return the body to send in the given dialect. ``None`` for a request without a body."""
        if self.after is not None:
            classic = dialect == "classic"
            graph = "service_hierarchical_state_machine" if classic else "context_graph"
            return {"version_set": write_version_set(self.after, context_graph=graph)}
        if dialect == "classic":
            return None
        left = {name: one for name, one in self.service.version_sets.items() if name != self.target}
        return {"version_sets": {name: write_version_set(one) for name, one in left.items()}}


async def make_plan(
    client: ServicesClient,
    service_id: str,
    request: Request,
    backups: Backups,
    *,
    newest: NewestVersions | None = None,
) -> Plan:
    """Return the plan for ``request``, from the service's present state. Only reads.

    Raises :class:`services.errors.RefusedError` for what every platform forbids (writing ``edge``, deleting
    ``release``, an invalid name), :class:`services.errors.InvalidError` for a version that does not exist,
    :class:`services.changes.errors.NoBackupError`, :class:`services.changes.requests.ChangedSinceError`, and
    whatever reading raises. If ``newest`` is given, reading the service is the only request.
    """
    (deletable if isinstance(request, Delete) else writable)(request.target)
    service = await client.get_service(service_id)
    if newest is None:
        newest = await newest_versions(client, service)
    kept = await backups.entries(Scope.of(client.label, service)) if isinstance(request, Rollback) else ()
    return plan_for(request, service, newest, kept, client.dialect)


def plan_for(
    request: Request,
    service: Service,
    newest: NewestVersions,
    kept: Sequence[KeptChange] = (),
    dialect: Dialect = "platform",
) -> Plan:
    """Return the plan for ``request`` on this service; see :func:`make_plan`."""
    found = outcome(request, service, newest, kept)
    # a rollback may delete the set
    target = deletable(request.target) if found.after is None else writable(request.target)
    before = service.version_sets.get(target)
    _check_versions(found.after, newest)
    changes = differences(before, found.after, newest)
    return Plan(
        request=request,
        service=service,
        target=target,
        before=before,
        after=found.after,
        changes=changes,
        notes=found.notes,
        warnings=(
            *found.warnings,
            *cautions(request, service, found.after, newest, changes),
            *_odd_models(changes, dialect),
        ),
        newest=newest,
        undoes=found.undoes,
    )


def _check_versions(after: VersionSet | None, newest: NewestVersions) -> None:
    if after is not None:
        _check_version("agent", after.agent_version_number, newest.agent)
        _check_version("context graph", after.context_graph_version_number, newest.context_graph)


def _check_version(what: str, number: int | None, newest: Newest) -> None:
    if number is not None and newest.number is not None and number > newest.number:
        raise InvalidError(
            f"{what} version {number} does not exist; the newest of {newest.name!r} is {newest.number}; "
            "nothing was sent"
        )


def cautions(
    request: Request,
    service: Service,
    after: VersionSet | None,
    newest: NewestVersions,
    changes: tuple[ValueChange, ...],
) -> tuple[str, ...]:
    """Return every caution as one sentence."""
    before = service.version_sets.get(request.target)
    found = [*_about_the_way(request, before), *_about_versions(request, before, after, newest)]
    found += [*_about_behaviors(request, changes)]
    given = request.fields if isinstance(request, Upsert) else {}
    found += [
        f"{one.name} is not a field Turnlab knows; it goes along as it is"
        for one in changes
        if one.part == "other" and one.after is not None and one.name not in given
    ]
    if isinstance(request, Promote) and after is not None and after.applied_behavior_ids is None:
        found.append(f"the platform does not say which behaviors {request.source} has, so none are sent")
    if isinstance(request, Upsert):
        found += odd_names(request.fields)
    if not service.is_active and request.target == RELEASE:
        found.append("the service is not active: no caller reaches it")
    return tuple(dict.fromkeys(found))


def _about_the_way(request: Request, before: VersionSet | None) -> Iterator[str]:
    if isinstance(request, Promote) and (reason := detour(request.source, request.target)):
        yield reason
    if isinstance(request, Promote | Upsert) and before is None:
        yield f"{request.target} does not exist yet and is made"


def _about_versions(
    request: Request, before: VersionSet | None, after: VersionSet | None, newest: NewestVersions
) -> Iterator[str]:
    for what, field, latest in (
        ("agent", "agent_version_number", newest.agent.number),
        ("context graph", "context_graph_version_number", newest.context_graph.number),
    ):
        old, new = (None if one is None else getattr(one, field) for one in (before, after))
        old_today = latest if old is None and before is not None else old
        if after is not None and new is None and request.target == RELEASE:
            yield f"{request.target} is left at the latest {what}: callers get each new version as it is made"
        elif old_today is not None and new is not None and new < old_today:
            yield f"the {what} goes back, from v{old_today} to v{new}"


def _about_behaviors(request: Request, changes: tuple[ValueChange, ...]) -> Iterator[str]:
    """A behavior may be an emergency protocol: its removal gets a warning of its own."""
    lost = sum(change.part == "behavior" and change.before is True for change in changes)
    if lost and not isinstance(request, Delete):
        yield f"{lost} dynamic behavior{'s' * (lost > 1)} no longer work{'s' * (lost == 1)} in {request.target}"


def _odd_models(changes: Sequence[ValueChange], dialect: Dialect) -> Iterator[str]:
    """Warn of models that the dialect does not list, before the platform refuses them."""
    if dialect != "classic":
        return
    for change in changes:
        name = change.after.get("llm_name") if isinstance(change.after, dict) else None
        if change.part == "model" and isinstance(name, str) and name not in CLASSIC_MODELS:
            near = difflib.get_close_matches(name, CLASSIC_MODELS, n=1, cutoff=0.5)
            meant = f"; did you mean {near[0]}?" if near else ""
            yield f"{name} ({change.name}) is not a model that the Classic API lists, so it may refuse it{meant}"
