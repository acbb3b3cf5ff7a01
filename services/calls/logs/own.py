"""Turnlab's own ``call.json``, as ``docs/calls.md`` describes it."""

from __future__ import annotations

from pydantic import JsonValue, ValidationError

from services.calls.logs.shape import ImportedLog
from services.calls.record import SCHEMA, CallRecord

_EARLIER = "turnlab.call/1"
_KEPT = (
    "service",
    "version_set",
    "operator",
    "quality_score",
    "voice_config",
    "voice_config_from",
    "phone_number",
    "inherited_voice_config",
)


def read(raw: JsonValue) -> ImportedLog | None:
    """Return the contents of a Turnlab record. ``None`` for anything else."""
    if not isinstance(raw, dict) or raw.get("schema") not in (SCHEMA, _EARLIER):
        return None
    try:
        record = CallRecord.model_validate(
            {"source": "import", "workspace": "imported", **raw, "schema": SCHEMA, "audio": None}
        )
    except ValidationError:
        return None
    more = {name: getattr(record, name, None) for name in _KEPT}
    return ImportedLog(
        "Turnlab's own", record.id, record.started_at, record.ended_by, record.direction, record.turns, more
    )
