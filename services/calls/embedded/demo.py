"""Puts the demo workspace's calls into a workspace file, in the vendor's own shape.

``python -m recordings.demo_calls`` writes the file that holds them.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any, Final
from uuid import NAMESPACE_URL, uuid5

from services.embedded.audit import differences

DEMO_FILE: Final = Path(__file__).with_name("demo_calls.json")

_MARK: Final = "§"
_SHORT: Final = 20
"""Shorter texts are not numbered."""


def demo_calls() -> dict[str, Any]:
    """Return ``calls`` and the ``changes`` of settings between them, as the package ships them."""
    data = json.loads(DEMO_FILE.read_text(encoding="utf-8"))
    return {"changes": data["changes"], "calls": _written_out(data["calls"], data["texts"])}


def numbered(value: Any, texts: dict[str, int]) -> Any:
    """Return a JSON value with each longer text replaced by its number. Adds new texts to ``texts``."""
    if isinstance(value, dict):
        return {name: numbered(one, texts) for name, one in value.items()}
    if isinstance(value, list):
        return [numbered(one, texts) for one in value]
    if isinstance(value, str) and len(value) >= _SHORT:
        return f"{_MARK}{texts.setdefault(value, len(texts))}"
    return value


def _written_out(value: Any, texts: list[str]) -> Any:
    if isinstance(value, dict):
        return {name: _written_out(one, texts) for name, one in value.items()}
    if isinstance(value, list):
        return [_written_out(one, texts) for one in value]
    if isinstance(value, str) and value.startswith(_MARK):
        return texts[int(value.removeprefix(_MARK))]
    return value


Json = dict[str, Any]

RINGS: Final = timedelta(seconds=1.4)
"""The time between the start of a call and the start of its media."""

_NAMESPACE: Final = uuid5(NAMESPACE_URL, "turnlab:demo-calls")
_LANES: Final = (("caller", "human", "Caller"), ("agent", "agent", "Agent"), ("system", "system", "Decisions"))
_MORE_LANES: Final = (("tool", "tool", "Tools"), ("operator", "operator", "Operator"))


def add_demo_calls(db: sqlite3.Connection, workspace_id: str, today: date | None = None) -> None:
    """Insert the calls of those demo services that the workspace still has. The last calls date from yesterday.

    Services without a history also get the change of settings that happened half-way. Call it inside a transaction.
    """
    newest = (today or datetime.now(UTC).date()) - timedelta(days=1)
    rows = db.execute("SELECT id, name, voice_config FROM services WHERE workspace_id = ?", (workspace_id,))
    services = {row[1]: (row[0], json.loads(row[2] or "{}")) for row in rows.fetchall()}
    data = demo_calls()
    for change in data["changes"]:
        if change["service"] in services:
            _add_change(db, workspace_id, services[change["service"]], change, newest)
    for number, call in enumerate(data["calls"]):
        if call["service"] in services:
            _add_call(db, workspace_id, services[call["service"]][0], number, call, newest)


def _add_change(
    db: sqlite3.Connection, workspace_id: str, service: tuple[str, Json], change: Json, newest: date
) -> None:
    service_id, stored = service
    known = db.execute("SELECT 1 FROM audit WHERE subject_id = ?", (service_id,)).fetchone()
    owner = db.execute("SELECT user_id FROM api_keys WHERE workspace_id = ? AND role = 'editor'", (workspace_id,))
    by = owner.fetchone()
    if known or by is None or any(stored.get(name) != value for name, value in change["after"].items()):
        return
    before, after = ({k: v for k, v in change[side].items() if v is not None} for side in ("before", "after"))
    at = datetime.combine(newest - timedelta(days=change["day"]), time(12), UTC)
    db.execute(
        "INSERT INTO audit (workspace_id, at, user_id, request_id, action, kind, subject_id, subject_name, changes)"
        " VALUES (?, ?, ?, 'demo', 'update', 'service', ?, ?, ?)",
        (
            workspace_id,
            at.isoformat(timespec="microseconds"),
            by[0],
            service_id,
            change["service"],
            json.dumps(differences({"voice_config": before}, {"voice_config": after})),
        ),
    )


def _add_call(
    db: sqlite3.Connection, workspace_id: str, service_id: str, number: int, call: Json, newest: date
) -> None:
    media = datetime.combine(newest - timedelta(days=call["day"]), time(), UTC) + timedelta(seconds=call["second"])
    detail = _detail(workspace_id, service_id, number, call, media)
    special = call["special"]
    sound = {name: call[name] for name in ("audio", "duration_ms")} | {
        # some deliveries have a header, some have none
        "caller_header": number % 3 == 0,
        "agent_header": number % 4 != 0,
        "archived": special == "archived",
    }
    db.execute(
        "INSERT INTO calls (id, workspace_id, service_id, call_sid, started_at, duration_s, status, direction,"
        " source, detail, recording) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            detail["id"],
            workspace_id,
            service_id,
            detail["call_sid"],
            detail["call_start_time"],
            detail["call_duration_seconds"],
            detail["status"],
            detail["direction"],
            detail["source"],
            json.dumps(detail),
            None if special == "unrecorded" else json.dumps(sound),
        ),
    )


def _detail(workspace_id: str, service_id: str, number: int, call: Json, media: datetime) -> Json:
    """Return the call as the platform answers it."""
    simulated, handed_over = call["special"] == "simulated", call["special"] == "operator"
    ended = media + timedelta(milliseconds=call["duration_ms"])
    call_id = uuid5(_NAMESPACE, str(number))
    handing = [media + timedelta(milliseconds=at_ms) for at_ms in call.get("operator_ms", [])]
    phone = f"+15550100{number + 100}"
    return {
        "id": str(call_id),
        "call_sid": f"CA{call_id.hex}",
        "workspace_id": workspace_id,
        "service_id": service_id,
        "caller_id": None if simulated else phone,
        "phone_number": "+15550100001",
        "direction": "simulated" if simulated else "inbound",
        "status": "completed",
        "call_start_time": (media - RINGS).isoformat(),
        "call_end_time": ended.isoformat(),
        "call_duration_seconds": round((ended - media + RINGS).total_seconds(), 3),
        "media_start_time": media.isoformat(),
        "turns": [_turn(turn, media) for turn in call["turns"]],
        "final_state": call["final_state"] or None,
        "completion_reason": "warm_transfer_completed" if handed_over else "caller_hangup",
        "barge_in_events": [{"type": "barge_in", **one} for one in call["barge_ins"]],
        "has_recording": call["special"] != "unrecorded",
        "timeline": _timeline(call),
        "source": "simulation" if simulated else "real",
        "quality_score": call["quality"],
        "participants": [
            {"participant_id": f"P{number}", "role": "operator", "joined_at": since, "left_at": until}
            for since, until in ([[moment.isoformat() for moment in handing]] if handing else [])
        ],
        "human_segments": [
            {"speaker_role": "operator", "transcript": words} for words in call.get("operator_words", [])
        ],
        "made_by_turnlab": True,
    }


def _turn(turn: Mapping[str, Any], media: datetime) -> Json:
    made = {name: value for name, value in turn.items() if name != "tools"}
    made["tool_calls"] = [{"tool_name": one["name"], "duration_ms": one["ms"]} for one in turn["tools"]]
    if turn["tools"]:
        made["tool_name"] = turn["tools"][0]["name"]
        made["tool_ms"] = sum(one["ms"] for one in turn["tools"])
    started = turn.get("user_speech_start_ms") or turn.get("agent_speech_start_ms") or 0
    return made | {"timestamp": (media + timedelta(milliseconds=started)).isoformat(), "modality": "voice"}


def _timeline(call: Json) -> Json:
    duration_s = call["duration_ms"] / 1000
    segments = []
    for order, (kind, lane, start_ms, end_ms, label, turn, *more) in enumerate(call["segments"]):
        lane_id = "system" if lane == "events" else lane
        one = {"type": kind, "lane": lane, "track": lane_id, "lane_id": lane_id, "order": order, "label": label}
        times = {"start": start_ms / 1000, "end": end_ms / 1000, "turn_index": turn}
        segments.append(one | times | (more[0] if more else {}))
    used = {segment["lane_id"] for segment in segments}
    lanes = [*_LANES, *(lane for lane in _MORE_LANES if lane[0] in used)]
    return {
        "turns": [
            {
                "turn_index": index,
                "seek_to": turn["user_speech_start_ms"] / 1000,
                "active_start": turn["user_speech_start_ms"] / 1000,
                "active_end": turn["user_speech_end_ms"] / 1000,
            }
            for index, turn in enumerate(one for one in call["turns"] if "user_speech_start_ms" in one)
        ],
        "segments": segments,
        "duration_seconds": duration_s,
        "timebase": {"unit": "seconds", "origin": "media_start", "start": 0.0, "end": duration_s},
        "lanes": [
            {
                "id": lane,
                "track": lane,
                "label": label,
                "order": order,
                "actor": {"kind": kind, "role": "runtime" if lane == "system" else lane, "label": label},
            }
            for order, (lane, kind, label) in enumerate(lanes)
        ],
    }
