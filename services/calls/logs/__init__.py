"""Readers for call logs of other tools. Each takes turns and latencies from one format.

A log of an unknown format is not read. Missing or invalid fields are left out; they never raise.
"""

from __future__ import annotations

from collections.abc import Callable

from pydantic import JsonValue

from services.calls.logs import otel, own, retell, vapi
from services.calls.logs.shape import ImportedLog

READERS: tuple[Callable[[JsonValue], ImportedLog | None], ...] = (own.read, vapi.read, retell.read, otel.read)


def read_log(raw: JsonValue) -> ImportedLog | None:
    """Return the contents of a log. ``None`` if its format is unknown."""
    found = (reader(raw) for reader in READERS)
    return next((one for one in found if one is not None), None)
