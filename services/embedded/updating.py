"""The rules of ``PUT /services/{id}``: what merges, what is refused, and why."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime
from typing import Any

from services.embedded import store
from services.embedded.bodies import UpdateService, VersionSetBody
from services.model import EDGE, RELEASE

Json = dict[str, Any]


class RefusedError(Exception):
    """A value that breaks a rule: it becomes a 422 that names its place in the request."""

    def __init__(self, message: str, *place: str) -> None:
        super().__init__(message)
        self.message = message
        self.place = place


def update_service(db: sqlite3.Connection, before: Json, body: UpdateService) -> None:
    """Store ``before`` with the changes of ``body``.

    Raises :class:`RefusedError`, and :class:`sqlite3.IntegrityError` if an active service has the name.
    """
    sent = {
        name: value for name, value in body.model_dump(mode="json", exclude_unset=True).items() if value is not None
    }
    if body.version_sets is not None:
        _check_protected(before["version_sets"], body.version_sets)
        sent["version_sets"] = {name: version_set.stored() for name, version_set in body.version_sets.items()}
    if body.voice_config is not None:
        # Not in pydantic's JSON mode, which would turn NaN into null and so silently remove a field.
        patch = body.voice_config.model_dump(exclude_unset=True)
        sent["voice_config"] = _merged(before["voice_config"] or {}, patch)
    after = before | sent | {"updated_at": now()}
    for key, owner in (("agent", store.AGENTS), ("context_graph", store.CONTEXT_GRAPHS)):
        if body.version_sets is not None or after[f"{key}_id"] != before[f"{key}_id"]:
            _check_pins(db, key, owner, after)
    try:
        store.save_service(db, after)
    except ValueError:
        raise RefusedError("NaN and infinite numbers are not JSON", "body") from None


def now() -> str:
    """Return this moment as stored: ISO 8601 in UTC, always with microseconds, so that it sorts as text."""
    return datetime.now(UTC).isoformat(timespec="microseconds")


def _merged(stored: Json, patch: Json) -> Json | None:
    """Return what is set after the patch; a layer that sets nothing is no layer at all."""
    merged = {name: value for name, value in (stored | patch).items() if value is not None}
    return merged or None


def _check_protected(stored: Json, sent: dict[str, VersionSetBody]) -> None:
    for name in (EDGE, RELEASE):
        if name in stored and name not in sent:
            raise RefusedError(
                f"'{name}' cannot be deleted: send it along with the others", "body", "version_sets", name
            )
    if EDGE in stored and not sent[EDGE].same_as(stored[EDGE]):
        raise RefusedError(
            "'edge' always resolves to the latest versions and cannot be changed: change another set",
            "body",
            "version_sets",
            EDGE,
        )


def _check_pins(db: sqlite3.Connection, key: str, owner: store.Owner, service: Json) -> None:
    """Refuse a version number that the service's agent or context graph does not have."""
    what = key.replace("_", " ")
    found = store.find_owner(db, owner, service["workspace_id"], service[f"{key}_id"])
    if found is None:
        raise RefusedError(f"there is no {what} with this id", "body", f"{key}_id")
    existing = store.versions(db, owner, found["id"])
    for name, version_set in service["version_sets"].items():
        number = version_set.get(f"{key}_version_number")
        if number is not None and number not in existing:
            raise RefusedError(
                f"{what} version {number} does not exist; the newest of '{found['name']}' is {existing[-1]}",
                "body",
                "version_sets",
                name,
                f"{key}_version_number",
            )
