"""The rules for changes of a service, shared by both dialects.

Services have their stored form. Every change adds an entry to the history.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

from services.embedded import owners, store
from services.embedded.audit import Actor, Subject, record
from services.embedded.database import now
from services.model import EDGE, RELEASE
from services.service_fields import SERVICE_FIELDS


class RuleBrokenError(Exception):
    """A value breaks a rule. ``place`` locates it in the request: ``("body", "version_sets")``."""

    def __init__(self, message: str, *place: str) -> None:
        super().__init__(message)
        self.message = message
        self.place = place


class NameTakenError(Exception):
    """The name is taken: 409."""


Json = dict[str, Any]

NOTHING_PINNED: Json = {
    "agent_version_number": None,
    "context_graph_version_number": None,
    "llm_model_preferences": {},
    "turn_runtime": "native",
    "applied_behavior_ids": [],
}
"""The content of ``edge``, and of ``release`` in a new service: the latest of everything."""

_NEW: Json = {
    **{field.name: field.default for field in SERVICE_FIELDS},
    "keyterms": [],
    "tags": [],
    "version_sets": {},
    "voice_config": None,
}


def create_service(db: sqlite3.Connection, by: Actor, given: Json) -> Json:
    """Store a new service with ``edge`` and ``release``, and return it. Raises as :func:`update_service` does."""
    moment = now()
    service = {
        **_NEW,
        **given,
        "id": str(uuid4()),
        "workspace_id": by.workspace_id,
        "created_at": moment,
        "updated_at": moment,
        "created_by": by.user_id,
        "updated_by": by.user_id,
    }
    service["version_sets"] = {EDGE: NOTHING_PINNED, RELEASE: NOTHING_PINNED} | service["version_sets"]
    service["voice_config"] = merged({}, service["voice_config"] or {})
    _check_edge(NOTHING_PINNED, service["version_sets"][EDGE])
    _check_pins(db, service, must_exist=("agent_id", "context_graph_id"))
    return _save(db, by, "create", None, service)


def update_service(db: sqlite3.Connection, by: Actor, before: Json, given: Json) -> Json:
    """Store ``before`` with the fields of ``given``, and return it. ``voice_config`` is merged.

    Raises :class:`RuleBrokenError` for a broken rule, :class:`NameTakenError` if an active service has the name.
    """
    after = before | given | {"updated_at": now(), "updated_by": by.user_id}
    if "voice_config" in given:
        after["voice_config"] = merged(before["voice_config"] or {}, given["voice_config"])
    if "version_sets" in given:
        _check_protected(before["version_sets"], given["version_sets"])
    moved = tuple(key for key in ("agent_id", "context_graph_id") if after[key] != before[key])
    if moved or "version_sets" in given:
        _check_pins(db, after, must_exist=moved)
    return _save(db, by, "update", before, after)


def upsert_version_set(db: sqlite3.Connection, by: Actor, before: Json, name: str, version_set: Json) -> Json:
    """Create or replace one version set and return the service. Raises :class:`RuleBrokenError`."""
    if name == EDGE:
        # even with the same content: a client that writes edge has misunderstood something
        raise RuleBrokenError(EDGE_STANDS, "body", "version_sets", EDGE)
    after = before | {
        "version_sets": {**before["version_sets"], name: version_set},
        "updated_at": now(),
        "updated_by": by.user_id,
    }
    _check_pins(db, after, only=name)
    return _save(db, by, "upsert_version_set", before, after)


def delete_version_set(db: sqlite3.Connection, by: Actor, before: Json, name: str) -> Json:
    """Remove one version set and return the service. Raises :class:`RuleBrokenError`, :class:`KeyError`."""
    if name in (EDGE, RELEASE):
        raise RuleBrokenError(f"'{name}' cannot be deleted: every service has it", "body", "version_sets", name)
    rest = dict(before["version_sets"])
    del rest[name]
    after = before | {"version_sets": rest, "updated_at": now(), "updated_by": by.user_id}
    return _save(db, by, "delete_version_set", before, after)


def delete_service(db: sqlite3.Connection, by: Actor, before: Json) -> None:
    """Delete a service. Its history stays."""
    store.remove_service(db, before["id"])
    record(db, by, "delete", Subject("service", before["id"], before["name"]), _recorded(before), None)


def merged(stored: Json, patch: Mapping[str, Any]) -> Json | None:
    """Return a layer's values after a patch. ``None`` for a layer that sets nothing."""
    left = {name: value for name, value in (stored | dict(patch)).items() if value is not None}
    return left or None


EDGE_STANDS = "'edge' always resolves to the latest versions and cannot be changed: change another set"


def _check_protected(stored: Json, sent: Json) -> None:
    for name in (EDGE, RELEASE):
        if name in stored and name not in sent:
            raise RuleBrokenError(
                f"'{name}' cannot be deleted: send it along with the others", "body", "version_sets", name
            )
    if EDGE in sent:
        _check_edge(stored.get(EDGE, NOTHING_PINNED), sent[EDGE])


def _check_edge(stored: Json, sent: Json) -> None:
    """Refuse a different edge. An equivalent one is fine, because maps are sent as a whole."""
    if _meaning(stored) != _meaning(sent):
        raise RuleBrokenError(EDGE_STANDS, "body", "version_sets", EDGE)


def _meaning(version_set: Json) -> Json:
    return NOTHING_PINNED | {name: value for name, value in version_set.items() if value is not None}


_OWNERS: dict[str, owners.Owner] = {"agent": owners.AGENTS, "context_graph": owners.CONTEXT_GRAPHS}


def _check_pins(
    db: sqlite3.Connection, service: Json, *, must_exist: tuple[str, ...] = (), only: str | None = None
) -> None:
    """Refuse a version number that the service's agent or context graph does not have.

    A deleted agent may stay, because its versions do. It cannot be chosen again (``must_exist``).
    """
    for key, owner in _OWNERS.items():
        what, place = key.replace("_", " "), f"{key}_id"
        found = owners.find_owner(
            db, owner, service["workspace_id"], service[place], deleted=place not in must_exist
        )
        if found is None:
            raise RuleBrokenError(f"there is no {what} with this id", "body", place)
        existing = owners.versions(db, owner, found["id"])
        for name, version_set in service["version_sets"].items():
            number = version_set.get(f"{key}_version_number")
            if number is None or number in existing or (only is not None and name != only):
                continue
            newest = f"the newest of '{found['name']}' is {existing[-1]}" if existing else "it has none yet"
            raise RuleBrokenError(
                f"{what} version {number} does not exist; {newest}",
                "body",
                "version_sets",
                name,
                f"{key}_version_number",
            )


def _save(db: sqlite3.Connection, by: Actor, action: str, before: Json | None, after: Json) -> Json:
    try:
        with naming("An active service already has this name."):
            store.save_service(db, after)
        record(
            db,
            by,
            action,
            Subject("service", after["id"], after["name"]),
            _recorded(before) if before else None,
            _recorded(after),
        )
    except ValueError:
        raise RuleBrokenError("NaN and infinite numbers are not JSON", "body") from None
    saved = store.find_service(db, after["workspace_id"], after["id"])
    assert saved is not None
    return saved


@contextmanager
def naming(complaint: str) -> Iterator[None]:
    """Turn a broken unique index into :class:`NameTakenError`."""
    try:
        yield
    except sqlite3.IntegrityError:
        raise NameTakenError(complaint) from None


def _recorded(service: Json) -> Json:
    """Return the part of a service that the history records: what a person can set."""
    hidden = {*store.COMPUTED, "id", "workspace_id", "created_at", "updated_at", "created_by", "updated_by"}
    return {name: value for name, value in service.items() if name in store.SERVICE_COLUMNS and name not in hidden}
