"""What a person should know before a version set is changed."""

from __future__ import annotations

from collections.abc import Iterator

from services.model import RELEASE, Service, VersionSet
from services.promotion.differences import Change
from services.promotion.fields import odd_names
from services.promotion.newest import NewestVersions
from services.promotion.requests import Delete, Promote, Request, Upsert
from services.promotion.stages import detour


def cautions(
    request: Request,
    service: Service,
    after: VersionSet | None,
    newest: NewestVersions,
    changes: tuple[Change, ...],
) -> tuple[str, ...]:
    """Return every caution, one sentence each."""
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
    if isinstance(request, Promote) and (told := detour(request.source, request.target)):
        yield told
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


def _about_behaviors(request: Request, changes: tuple[Change, ...]) -> Iterator[str]:
    """A behavior may be an emergency protocol: that one goes away must not drown among other differences."""
    lost = sum(change.part == "behavior" and change.before is True for change in changes)
    if lost and not isinstance(request, Delete):
        yield f"{lost} dynamic behavior{'s' * (lost > 1)} no longer work{'s' * (lost == 1)} in {request.target}"
