"""A change of settings to apply elsewhere: as JSON, as a command, and as a request without a key."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Mapping
from typing import Any, Final

from base.json_text import json_lines
from presets.config import as_sent, hides, to_show
from presets.fields import BY_NAME
from tui.report.page import Cell, ChangeToApply, Table, TableRow, tones
from tui.report.parts import Arm, sendable
from tui.terminal_text import cut

_INLINE: Final = re.compile(r"inline(-\d+)?")
_INLINE_WORD: Final = re.compile(r"\binline(-\d+)?\b")
_MOST_FIELDS: Final = 3
"""The number of fields in a setting's name. Others are counted."""

LEFT_OUT: Final = "Fields that hold a telephone number, or read like a secret, are left out."


def shown(config: Mapping[str, Any]) -> dict[str, Any]:
    """Return settings without private parts, fit to be sent."""
    return {sendable(name): value for name, value in to_show(config).items()}


def with_inline_named(result: Any) -> Any:
    """Return a result in which settings from the command line are named by their fields.

    ``inline-2`` becomes ``barge_in_min_speech_s 0.4, tts_speed 1.1``; two with equal fields keep their numbers.
    """
    arms = result.get("arms") if isinstance(result, dict) else None
    names: dict[str, str] = {}
    for arm in arms if isinstance(arms, list) else ():
        name, config = (arm.get(key) for key in ("name", "voice_config")) if isinstance(arm, dict) else (None, None)
        if isinstance(name, str) and _INLINE.fullmatch(name) and isinstance(config, dict) and shown(config):
            said = [f"{field} {cut(_value(field, shown(config)), 24)}" for field in shown(config)]
            text = ", ".join(said[:_MOST_FIELDS]) + f" and {len(said) - _MOST_FIELDS} more" * (
                len(said) > _MOST_FIELDS
            )
            names[name] = f"{text} ({name})" if text in names.values() else text

    def named(key: str, value: Any) -> Any:
        if key == "why" and isinstance(value, str):
            return _INLINE_WORD.sub(lambda found: names.get(found[0], found[0]), value)
        return renamed(value)

    def renamed(value: Any) -> Any:
        if isinstance(value, dict):
            return {names.get(key, key): named(key, one) for key, one in value.items()}
        if isinstance(value, list):
            return [renamed(one) for one in value]
        return names.get(value, value) if isinstance(value, str) else value

    return renamed(result) if names else result


def change(before: Arm, after: Arm) -> ChangeToApply | None:
    """Return the change from one arm's settings to another's. ``None`` if there is none."""
    was, wanted = shown(before.voice_config), shown(after.voice_config)
    fields = {name: value for name, value in wanted.items() if name not in was or was[name] != value}
    fields |= {name: None for name in was if name not in wanted}
    if not fields:
        return None
    return _change(f"From {before.name} to {after.name}", fields)


def settings_change(arm: Arm) -> ChangeToApply | None:
    """Return the change that gives a service an arm's settings. ``None`` if the arm sets nothing."""
    fields = shown(arm.voice_config)
    return _change(f"The settings of {arm.name}", fields) if fields else None


def _change(title: str, wanted: dict[str, Any]) -> ChangeToApply:
    fields = {name: value for name, value in wanted.items() if not hides(value)}
    body = json.dumps(fields)
    sent = json.dumps({"voice_config": as_sent(fields)})
    return ChangeToApply(
        title=title,
        json=json_lines(fields),
        command=f"turnlab voice-config SERVICE --body {shlex.quote(body)}",
        curl=(
            'curl -sS -X PUT "$PLATFORM_API_URL/v1/$PLATFORM_WORKSPACE_ID/services/SERVICE_ID" \\\n'
            '  -H "Authorization: Bearer $PLATFORM_API_KEY" \\\n'
            '  -H "Content-Type: application/json" \\\n'
            f"  --data {shlex.quote(sent)}"
        ),
        notes=(LEFT_OUT,) if len(fields) < len(wanted) else (),
    )


def settings_table(arms: tuple[Arm, ...]) -> Table | None:
    """Return the fields that the arms set, one column per arm. ``None`` if none sets any."""
    configs = [shown(arm.voice_config) for arm in arms]
    names = [name for name in BY_NAME if any(name in config for config in configs)]
    names += sorted({name for config in configs for name in config} - set(names))
    rows = tuple(
        TableRow(
            name,
            tuple(Cell(_value(name, config)) for config in configs),
            BY_NAME[name].notices if name in BY_NAME else "",
        )
        for name in names
    )
    headers = tuple(arm.name for arm in arms)
    table = Table(
        "Settings that differ from what a service inherits", headers, rows, tuple(tones(headers).values())
    )
    return table if rows else None


def _value(name: str, config: Mapping[str, Any]) -> str:
    if name not in config:
        return "inherited"
    value = config[name]
    return sendable(BY_NAME[name].show(value) if name in BY_NAME else json.dumps(value))
