"""What a person chose, in the configuration folder: ``settings.json``, and keys in ``keys.toml``.

A line of ``keys.toml`` is ``command-id = "key"``. A file with mistakes never keeps Turnlab from opening: each entry
that cannot be used is left out, with one sentence about it.
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
"""The service that was last opened in Tune, by id."""
TOUR = "tour"
"""Whether the tour began by itself once."""
SPEAKER = "live.output"
"""The speaker that was chosen in Live, by name; nothing for the system's default."""


_writing = threading.Lock()
"""Held while the file is read and written, so that two choices at once both stay."""


def settings_file() -> Path:
    """Return where it is kept."""
    return config_folder() / "settings.json"


def remembered(name: str) -> str:
    """Return what is remembered under a name; nothing where there is none, or no file that can be read."""
    value = _settings().get(name)
    return value if isinstance(value, str) else ""


def remembered_list(name: str) -> list[str]:
    """Return the list that is remembered under a name; nothing where there is none, or no file that can be read."""
    value = _settings().get(name)
    return [one for one in value if isinstance(one, str)] if isinstance(value, list) else []


def remember(name: str, value: str | list[str]) -> None:
    """Remember a value; everything else in the file stays. Raises :class:`OSError`."""
    from base.files import write_whole

    with _writing:
        write_whole(settings_file(), json_bytes({**_settings(), name: value}, indent=1))


_ROUND_TRIP = "live.round_trip"


def keep_round_trip(microphone: str, speaker: str, ms: float) -> None:
    """Remember how long a sound takes from one device to the other; "" is the system's default.

    What cannot be stored is measured again.
    """
    with contextlib.suppress(OSError):
        remember(_ROUND_TRIP, [microphone, speaker, f"{ms:.1f}"])


def kept_round_trip(microphone: str, speaker: str) -> float | None:
    """Return how long a sound takes between two devices, ms, if these were the last that were measured."""
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
    """Keys by command id, several with commas between, and one sentence about each entry that was left out."""

    keymap: Mapping[str, str]
    problems: tuple[str, ...] = ()


def keys_file() -> Path:
    """Return where chosen keys are kept."""
    return config_folder() / FILE_NAME


def keys_stamp() -> tuple[int, int] | None:
    """Return what changes whenever the file is saved; ``None`` while there is none."""
    try:
        about = keys_file().stat()
    except OSError:
        return None
    return about.st_mtime_ns, about.st_size


def chosen_keys(path: Path | None = None) -> ChosenKeys:
    """Read the keys that a person chose. Without a file there are none."""
    file = path or keys_file()
    if not file.exists():
        return ChosenKeys({})
    # Only now: the dashboard opens more quickly without.
    import tomllib

    try:
        raw = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        why = os_error_text(error) if isinstance(error, OSError) else " ".join(str(error).split())
        return ChosenKeys({}, (f"{file} cannot be read ({why}); all keys are as they come",))
    return _checked(dict(_flat(raw)), file)


def _flat(raw: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, Any]]:
    """Yield entries by their whole names: ``tune.undo = …`` and ``undo = …`` under ``[tune]`` are one."""
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
                raise ValueError(f"is no command{_meant(name, known)}; 'turnlab keys' lists them")
            taken[name] = ",".join(_keys(value))
        except ValueError as error:
            problems.append(f"{file.name}: {name!r} {error}")
    # One that is left out has its own key again, which another may have been given.
    while (found := _conflict(taken)) is not None:
        name, why = found
        problems.append(f"{file.name}: {name} = {taken[name]!r} is left out: {why}")
        del taken[name]
    return ChosenKeys(taken, tuple(problems))


def _meant(name: str, known: Iterable[str]) -> str:
    """Return a question after the name that is nearest to a mistaken one, if one is near."""
    from difflib import get_close_matches  # only where there is a mistake

    near = get_close_matches(name, known, n=1)
    return f" (did you mean {near[0]}?)" if near else ""


def _keys(value: object) -> list[str]:
    """Return the keys of an entry as Textual calls them. Raises :class:`ValueError`."""
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
        raise ValueError(f"has {name!r}, which is no key such as f5, ctrl+s or comma{meant}; it is left out")
    return modifiers + base


_SPELLED = {"solidus": "slash", "reverse_solidus": "backslash", "hyphen_minus": "minus", "low_line": "underscore"}
_SPELLED |= {"commercial_at": "at", "plus_sign": "plus"}
_UNICODE = {spelled: name for name, spelled in _SPELLED.items()}
_SHOWN = {"up": "↑", "down": "↓", "left": "←", "right": "→", "backspace": "⌫", "enter": "⏎", "escape": "esc"}
_SHOWN |= {"minus": "-", "pagedown": "pgdn", "pageup": "pgup", "delete": "del", "space": "space"}


def key_text(name: str) -> str:
    """Return a key without modifiers as the footer writes it. Textual's own function takes 100 ms to import."""
    if name in _SHOWN:
        return _SHOWN[name]
    try:
        character = unicodedata.lookup(_UNICODE.get(name, name).replace("_than", "-than").replace("_", " "))
    except KeyError:
        return name
    return character if character.isprintable() else name


def shown_key(key: str) -> str:
    """Return a key with its modifiers as the footer writes it, such as ``^s``."""
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
    """Return an entry whose key has another meaning in some place, and which; the later one gives way."""
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
