"""The workspace's voice settings: what is stored over what applies when nothing is."""

from __future__ import annotations

import json
import sqlite3
from typing import Any

from services.embedded.audit import Actor, Subject, record
from services.embedded.refusal import RefusedError
from services.embedded.store import pack
from services.embedded.voice_shapes import VoiceSettings

DEFAULTS: dict[str, Any] = dict.fromkeys(VoiceSettings.model_fields) | {
    "language": "en",
    "keyterms": [],
    "sensitive_topics": [],
    "post_call_analysis_enabled": True,
    "transcript_correction_enabled": True,
}


def read(db: sqlite3.Connection, workspace_id: str) -> dict[str, Any]:
    """Return every setting of the workspace."""
    return DEFAULTS | _stored(db, workspace_id)


def update(db: sqlite3.Connection, by: Actor, body: VoiceSettings) -> dict[str, Any]:
    """Store the given fields and return every setting. Raises :class:`RefusedError` for NaN."""
    before = _stored(db, by.workspace_id)
    merged = before | body.model_dump(exclude_unset=True)
    kept = {name: value for name, value in merged.items() if value is not None}
    try:
        db.execute("UPDATE workspaces SET voice_settings = ? WHERE id = ?", (pack(kept), by.workspace_id))
        record(db, by, "update", Subject("voice_settings", by.workspace_id, "Voice settings"), before, kept)
    except ValueError:
        raise RefusedError("NaN and infinite numbers are not JSON", "body") from None
    return DEFAULTS | kept


def _stored(db: sqlite3.Connection, workspace_id: str) -> dict[str, Any]:
    row = db.execute("SELECT voice_settings FROM workspaces WHERE id = ?", (workspace_id,)).fetchone()
    stored: dict[str, Any] = json.loads(row["voice_settings"])
    return stored
