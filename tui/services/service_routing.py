"""Which service callers reach on which route, and which one follows, read from the services' tags.

A tag ``route:NAME`` puts a service on a route; several services of one route share it. A tag ``next:NAME`` says
where its callers go on to: to the services on the route of that name, or to the service of that name or id. The
vendor leaves the meaning of tags to whoever sets them ("used for routing"), so these two are Turnlab's convention.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from services.model import Service

ROUTE, NEXT = "route", "next"
_DEEPEST = 20


@dataclass(frozen=True, slots=True)
class Step:
    """One line of the view: how deep it is, what is said, and about which service."""

    depth: int
    text: str
    service_id: str = ""
    odd: bool = False
    """Whether it is something to mend."""


def routing(services: Iterable[Service]) -> list[Step]:
    """Return the routes in the order of their names, each with its services and where they lead."""
    listed = list(services)
    by_route: dict[str, list[Service]] = {}
    for service in listed:
        for name in _values(service, ROUTE):
            by_route.setdefault(name, []).append(service)
    steps: list[Step] = []
    for name in sorted(by_route, key=str.casefold):
        found = by_route[name]
        steps.append(Step(0, name))
        active = [service for service in found if service.is_active]
        if not active:
            steps.append(Step(1, "no active service: callers on this route reach nobody", odd=True))
        elif len(active) > 1:
            steps.append(Step(1, f"{len(active)} active services share this route", odd=False))
        for service in found:
            steps += _onward(service, 1, listed, by_route, ())
    return steps


def without_route(services: Iterable[Service]) -> list[Service]:
    """Return the active services that no tag puts on a route."""
    return [service for service in services if service.is_active and not _values(service, ROUTE)]


def _onward(
    service: Service, depth: int, listed: list[Service], by_route: dict[str, list[Service]], before: tuple[str, ...]
) -> Iterable[Step]:
    arrow = "→ " if before else ""
    inactive = "" if service.is_active else "  (inactive)"
    name = service.name or "(no name)"
    again = service.id in before
    yield Step(
        depth,
        f"{arrow}{name}{inactive}{'  … and round again' if again else ''}",
        service.id,
        odd=bool(before) and not service.is_active,
    )
    if again or depth >= _DEEPEST:
        return
    for wanted in _values(service, NEXT):
        targets = by_route.get(wanted) or [one for one in listed if wanted in (one.name, one.id)]
        if not targets:
            yield Step(depth + 1, f"→ {wanted}: no route and no service is called so", odd=True)
        for target in targets:
            yield from _onward(target, depth + 1, listed, by_route, (*before, service.id))


def _values(service: Service, key: str) -> list[str]:
    return [tag.value for tag in service.tags if tag.key == key and tag.value]
