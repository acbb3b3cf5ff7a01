"""The user's preferences in the configuration folder: ``settings.json``, and keys in ``keys.toml``.

A line of ``keys.toml`` is ``command-id = "key"``. Turnlab opens despite mistakes in a file: each unusable entry is
left out, with one sentence about it.
"""

from __future__ import annotations

import contextlib
import json
import threading
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from base.folders import config_folder
from base.json_text import json_bytes
from base.os_errors import os_error_text

if TYPE_CHECKING:
    from tui.commands.command import Command


LAST_TUNED = "service"
"""The id of the service that was last opened in Tune."""
TOUR = "tour"
"""Whether the tour has started automatically once."""
SPEAKER = "live.output"
"""The speaker chosen in Live, by name. Empty for the system's default."""


_writing = threading.Lock()
"""Locked while the file is read and written, so that two simultaneous choices both stay."""


def settings_file() -> Path:
    """Return the path of the settings."""
    return config_folder() / "settings.json"


def remembered(name: str) -> str:
    """Return the value stored under a name. Empty if there is none, or if the file cannot be read."""
    value = _settings().get(name)
    return value if isinstance(value, str) else ""


def remembered_list(name: str) -> list[str]:
    """Return the list stored under a name. Empty if there is none, or if the file cannot be read."""
    value = _settings().get(name)
    return [one for one in value if isinstance(one, str)] if isinstance(value, list) else []


def remember(name: str, value: str | list[str]) -> None:
    """Store a value. Everything else in the file stays. Raises :class:`OSError`."""
    from base.files import write_whole

    with _writing:
        write_whole(settings_file(), json_bytes({**_settings(), name: value}, indent=1))


_ROUND_TRIP = "live.round_trip"


def keep_round_trip(microphone: str, speaker: str, ms: float) -> None:
    """Store the delay of a sound from one device to the other. "" is the system's default.

    A value that cannot be stored is measured again.
    """
    with contextlib.suppress(OSError):
        remember(_ROUND_TRIP, [microphone, speaker, f"{ms:.1f}"])


def kept_round_trip(microphone: str, speaker: str) -> float | None:
    """Return the delay of a sound between two devices in ms, if these were measured last."""
    match remembered_list(_ROUND_TRIP):
        case [one, other, ms] if (one, other) == (microphone, speaker):
            with contextlib.suppress(ValueError):
                return float(ms)
    return None


def _settings() -> dict[str, Any]:
    with contextlib.suppress(OSError, ValueError):
        raw = json.loads(settings_file().read_text(encoding="utf-8"))
        if isinstance(raw, dict):
            return raw
    return {}


FILE_NAME = "keys.toml"
_MODIFIERS = ("ctrl+", "alt+", "shift+", "super+", "meta+", "hyper+")


class ChosenKeys(NamedTuple):
    """Keys by command id, separated by commas, and one sentence about each entry that was left out."""

    keymap: Mapping[str, str]
    problems: tuple[str, ...] = ()


def keys_file() -> Path:
    """Return the path of the key file."""
    return config_folder() / FILE_NAME


def keys_stamp() -> tuple[int, int] | None:
    """Return a stamp that changes whenever the file is saved. ``None`` without a file."""
    try:
        about = keys_file().stat()
    except OSError:
        return None
    return about.st_mtime_ns, about.st_size


def chosen_keys(path: Path | None = None) -> ChosenKeys:
    """Read the user's keys. Without a file there are none."""
    file = path or keys_file()
    if not file.exists():
        return ChosenKeys({})
    # Imported here, so that the dashboard opens faster without it.
    import tomllib

    try:
        raw = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        why = os_error_text(error) if isinstance(error, OSError) else " ".join(str(error).split())
        return ChosenKeys({}, (f"{file} cannot be read ({why}); all keys are as they come",))
    return _checked(dict(_flat(raw)), file)


def _flat(raw: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, Any]]:
    """Yield entries by their full names: ``tune.undo = …`` and ``undo = …`` under ``[tune]`` are the same."""
    for name, value in raw.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{above}{name}.")
        else:
            yield f"{above}{name}", value


def _checked(entries: Mapping[str, Any], file: Path) -> ChosenKeys:
    from tui.screens import commands_by_id

    known = commands_by_id()
    taken: dict[str, str] = {}
    problems = []
    for name, value in entries.items():
        try:
            if name not in known:
                raise ValueError(f"is not a command{_meant(name, known)}; 'turnlab keys' lists them")
            taken[name] = ",".join(_keys(value))
        except ValueError as error:
            problems.append(f"{file.name}: {name!r} {error}")
    # An entry that is left out gets its own key again, which may belong to another entry.
    while (found := _conflict(taken)) is not None:
        name, why = found
        problems.append(f"{file.name}: {name} = {taken[name]!r} is left out: {why}")
        del taken[name]
    return ChosenKeys(taken, tuple(problems))


def _meant(name: str, known: Iterable[str]) -> str:
    """Return a question with the name closest to a mistaken one, if one is close."""
    from difflib import get_close_matches  # only needed after a mistake

    near = get_close_matches(name, known, n=1)
    return f" (did you mean {near[0]}?)" if near else ""


def _keys(value: object) -> list[str]:
    """Return an entry's keys under Textual's names. Raises :class:`ValueError`."""
    if isinstance(value, str):
        value = ["comma"] if value.strip() == "," else value.split(",")
    names = value if isinstance(value, list) else []
    if not names or not all(isinstance(name, str) and name for name in names):
        raise ValueError('needs a key such as "f5" or a list of keys; it is left out')
    return [_key(name.strip()) for name in names]


def _key(name: str) -> str:
    base, modifiers = name, ""
    while base.startswith(_MODIFIERS):
        head, _, base = base.partition("+")
        modifiers += f"{head}+"
    if len(base) == 1:
        if modifiers or base.isalnum():
            return modifiers + base
        base = unicodedata.name(base, "").lower().replace("-", "_").replace(" ", "_")
        return _SPELLED.get(base, base)
    if base not in _named_keys() and not _is_character(base):
        meant = _meant(base, _named_keys())
        raise ValueError(f"has {name!r}, which is not a key such as f5, ctrl+s or comma{meant}; it is left out")
    return modifiers + base


_SPELLED = {"solidus": "slash", "reverse_solidus": "backslash", "hyphen_minus": "minus", "low_line": "underscore"}
_SPELLED |= {"commercial_at": "at", "plus_sign": "plus"}
_UNICODE = {spelled: name for name, spelled in _SPELLED.items()}
_SHOWN = {"up": "↑", "down": "↓", "left": "←", "right": "→", "backspace": "⌫", "enter": "⏎", "escape": "esc"}
_SHOWN |= {"minus": "-", "pagedown": "pgdn", "pageup": "pgup", "delete": "del", "space": "space"}


def key_text(name: str) -> str:
    """Return a key without modifiers as the footer shows it. Importing Textual's own function takes 100 ms."""
    if name in _SHOWN:
        return _SHOWN[name]
    try:
        character = unicodedata.lookup(_UNICODE.get(name, name).replace("_than", "-than").replace("_", " "))
    except KeyError:
        return name
    return character if character.isprintable() else name


def shown_key(key: str) -> str:
    """Return a key with its modifiers as the footer shows it, such as ``^s``."""
    *modifiers, base = key.split("+")
    others = [modifier for modifier in modifiers if modifier != "ctrl"]
    return "+".join([*others, ("^" if "ctrl" in modifiers else "") + key_text(base)])


def _named_keys() -> frozenset[str]:
    from textual.keys import Keys

    return frozenset(str(key.value) for key in Keys) | frozenset(_SPELLED.values())


def _is_character(name: str) -> bool:
    try:
        unicodedata.lookup(name.replace("_", " "))
    except KeyError:
        return False
    return True


def _conflict(taken: Mapping[str, str]) -> tuple[str, str] | None:
    """Return an entry whose key has another meaning somewhere, and that meaning. The later entry yields."""
    from tui.screens import SCREENS

    order = list(taken)
    for place in SCREENS.values():
        owners: dict[str, list[Command]] = {}
        for command in place.all_commands():
            for key in taken.get(command.id, command.key).split(","):
                owners.setdefault(key.strip(), []).append(command)
        for key, commands in owners.items():
            chosen = [command.id for command in commands if command.id in taken]
            if len(commands) > 1 and chosen:
                loser = max(chosen, key=order.index)
                other = next(command for command in commands if command.id != loser)
                return loser, f"{key} is {other.name} ({other.id}) in {place.title}; give that another key too"
    return None
