"""Logs of calls from elsewhere, each read by one small file: what they say of turns and latencies, in our own form.

A log that is of none of the known kinds is no log; fields that are missing or odd are left out, and never raise.
"""

from __future__ import annotations

from collections.abc import Callable

from pydantic import JsonValue

from services.calls.logs import otel, own, retell, vapi
from services.calls.logs.shape import ImportedLog

READERS: tuple[Callable[[JsonValue], ImportedLog | None], ...] = (own.read, vapi.read, retell.read, otel.read)


def read_log(raw: JsonValue) -> ImportedLog | None:
    """Return what a log says; ``None`` where it is of no known kind."""
    found = (reader(raw) for reader in READERS)
    return next((one for one in found if one is not None), None)
