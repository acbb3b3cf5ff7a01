"""``turnlab cache``: what is kept of analyses, and getting rid of it."""

from __future__ import annotations

import json

from simulator.activity.cache import MOST_BYTES, Kept, clear, kept
from tui.cli.failure import WorkError
from tui.cli.tables import print_line


def show_cache(*, clearing: bool, as_json: bool) -> None:
    """Print what the cache holds, after deleting it if asked to. Raises :class:`~tui.cli.failure.WorkError`."""
    before = kept()
    now = _cleared() if clearing else before
    if as_json:
        print(json.dumps(_to_json(now)))
        return
    if clearing:
        print_line(f"Deleted {_analyses(before)} ({_mb(before.size)}) from {now.folder}")
        return
    print_line(f"{_analyses(now)}, {_mb(now.size)} of at most {_mb(MOST_BYTES)}, in {now.folder}")
    print_line("They hold no audio; those not used for longest go first. Delete them: turnlab cache --clear")


def _cleared() -> Kept:
    try:
        return clear()
    except OSError as error:
        why = (error.strerror or "cannot be deleted").lower()
        raise WorkError(f"{error.filename or 'the cache'}: {why}; check its permissions") from None


def _to_json(now: Kept) -> dict[str, object]:
    return {
        "schema": "turnlab.cache/1",
        "path": str(now.folder),
        "entries": now.entries,
        "bytes": now.size,
        "most_bytes": MOST_BYTES,
    }


def _analyses(held: Kept) -> str:
    return "1 analysis" if held.entries == 1 else f"{held.entries} analyses"


def _mb(size: int) -> str:
    return f"{size / 1e6:.1f} MB"
