"""The history of version sets as tables for people and as JSON for scripts."""

from __future__ import annotations

from datetime import datetime

from pydantic import JsonValue

from base.json_text import json_line
from services.changes.history import History, PlatformChange
from services.changes.ledger import Kept
from services.model import FieldChange, Service
from services.writing import JsonObject
from tui.cli.tables import print_line, print_table, print_timed
from tui.cli.version_set_words import set_json

NOTHING = "—"
STATES = {
    "done": "",
    "begun": "under way, or broke off",
    "not written": "was not written",
    "unknown": "broke off; overwritten since",
}


def history_json(history: History) -> JsonObject:
    """Return both sources as scripts see them."""
    return {
        "from_here": [_kept_json(one) for one in history.here],
        "platform": [_told_json(one) for one in history.platform],
        "platform_untold": history.untold or None,
    }


def print_history(service: Service, history: History) -> None:
    """Print both sources."""
    if history.here:
        rows = [
            [str(one.id), _moment(one.at), one.who, one.target, _what(one), STATES[one.state]]
            for one in history.here
        ]
        headers = ["change", "when", "who", "version set", "what", ""]
        print_table(f"{service.name}: changed from here", headers, rows, left=6, whole=2)
    else:
        print_line(f"{service.name}: no version set was changed from here.")
    if history.platform:
        print_line("What the platform tells:")
        print_timed([(_moment(one.at), _sentence(one)) for one in history.platform])
    if history.untold:
        print_line(f"The platform's own history: {history.untold}")


def _moment(at: datetime | None) -> str:
    return NOTHING if at is None else at.astimezone().strftime("%Y-%m-%d %H:%M:%S")


def _what(one: Kept) -> str:
    if one.source:
        return f"{one.action} from {one.source}"
    return f"{one.action} of change {one.undoes}" if one.undoes else one.action


def _sentence(one: PlatformChange) -> str:
    return f"{one.who}, {one.action} {one.target}: {'; '.join(_field(change) for change in one.fields)}"


def _field(change: FieldChange) -> str:
    name = ".".join(change.path) or "whole"
    before, after = (json_line(value) for value in (change.before, change.after))
    return f"{name} {before} → {after}" if len(before) + len(after) < 80 else name


def _kept_json(one: Kept) -> JsonValue:
    return {
        "change": one.id,
        "at": one.at.isoformat(),
        "who": one.who,
        "action": one.action,
        "target": one.target,
        "source": one.source,
        "undoes": one.undoes,
        "state": one.state,
        "before": set_json(one.before),
        "after": set_json(one.after),
    }


def _told_json(one: PlatformChange) -> JsonValue:
    return {
        "at": one.at.isoformat() if one.at else None,
        "who": one.who,
        "action": one.action,
        "target": one.target,
        "fields": [
            {"path": list(change.path), "before": change.before, "after": change.after} for change in one.fields
        ],
    }
