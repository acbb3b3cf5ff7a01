"""The user's own presets: one file each in the configuration folder, in the form of the built-in ones."""

from __future__ import annotations

import re
from pathlib import Path

from base.files import make_private_folder, write_private
from base.folders import config_folder
from base.json_text import TextError, json_bytes, read_json
from base.os_errors import os_error_text
from presets.config import ConfigError, VoiceConfig, check, parse
from presets.library import Preset, builtin_presets

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9 _.-]{0,58}[A-Za-z0-9_-]|[A-Za-z0-9]")


class PresetError(ValueError):
    """A preset cannot be changed or read. The message is one line that says what to do."""


def presets_folder() -> Path:
    """Return the folder of presets: ``presets`` in the configuration folder."""
    return config_folder() / "presets"


def user_presets() -> tuple[dict[str, Preset], tuple[str, ...]]:
    """Return the user's presets by name, and one line about each unusable file."""
    found: dict[str, Preset] = {}
    problems = []
    for file in sorted(presets_folder().glob("*.json")):
        try:
            one = read_preset(file)
            _refuse_taken(one.name, found)
            found[one.name] = one
        except PresetError as error:
            problems.append(f"{error}; it is skipped")
    return found, tuple(problems)


def all_presets() -> tuple[dict[str, Preset], tuple[str, ...]]:
    """Return the built-in presets, then the user's, and the lines about unusable files."""
    own, problems = user_presets()
    return {**builtin_presets(), **own}, problems


def read_preset(file: Path) -> Preset:
    """Return the preset in a file: one of ours, or a bare ``voice_config``, which is named after the file.

    Raises :class:`PresetError`.
    """
    try:
        raw = read_json(file)
    except TextError as error:
        raise PresetError(str(error)) from None
    whole = raw if isinstance(raw, dict) and isinstance(raw.get("voice_config"), dict) else {"voice_config": raw}
    name, description = whole.get("name", file.stem), whole.get("description", "")
    if not isinstance(name, str) or not isinstance(description, str):
        raise PresetError(f"{file}: its name and description must be text; correct it")
    try:
        config = parse(whole["voice_config"], source=str(file))
    except ConfigError as error:
        raise PresetError(str(error)) from None
    if problems := check(config):
        raise PresetError(f"{file}: {problems[0]}")
    return Preset(checked_name(name, f"{file}: "), description, config)


def checked_name(name: str, source: str = "") -> str:
    """Return a valid name of a preset. Raises :class:`PresetError`."""
    tidy = name.strip()
    if not _NAME.fullmatch(tidy):
        raise PresetError(
            f"{source}a preset's name has up to 60 letters, digits, spaces, dots, _ or -, not {tidy[:80]!r}; "
            "choose another"
        )
    return tidy


def save_preset(name: str, config: VoiceConfig, description: str = "") -> Preset:
    """Store a configuration under a new name. Raises :class:`PresetError`; nothing is written then."""
    own, _ = user_presets()
    one = Preset(checked_name(name), description, config)
    _refuse_taken(one.name, own)
    if problems := check(config):
        raise PresetError(f"{problems[0]}; a preset must be in the documented bounds")
    folder = presets_folder()
    try:
        make_private_folder(folder)
        write_private(_file(one.name), _text(one), replace=False)
    except FileExistsError:
        raise PresetError(f"{_file(one.name)} already exists; choose another name, or correct that file") from None
    except OSError as error:
        raise PresetError(f"{folder} cannot be written to: {os_error_text(error)}; nothing was saved") from None
    return one


def rename_preset(old: str, new: str) -> Preset:
    """Rename one of the user's presets. Raises :class:`PresetError`."""
    before = _own(old)
    after = save_preset(new, before.config, before.description)
    delete_preset(old)
    return after


def delete_preset(name: str) -> None:
    """Delete one of the user's presets. Raises :class:`PresetError`."""
    _own(name)
    for file in presets_folder().glob("*.json"):
        try:
            same = read_preset(file).name == name
        except PresetError:
            continue
        if same:
            try:
                file.unlink()
            except OSError as error:
                raise PresetError(f"{file} cannot be deleted: {os_error_text(error)}") from None


def export_preset(one: Preset, file: Path) -> Path:
    """Write a preset to a new file that others can import. Raises :class:`PresetError`. No file is replaced."""
    try:
        write_private(file, _text(one), replace=False)
    except FileExistsError:
        raise PresetError(f"{file} is there already; choose another name") from None
    except OSError as error:
        raise PresetError(f"{file} cannot be written: {os_error_text(error)}; choose another place") from None
    return file


def _own(name: str) -> Preset:
    own, _ = user_presets()
    if name in own:
        return own[name]
    why = "is built in and stays as it is" if name in builtin_presets() else "is not there any more"
    raise PresetError(f"{name} {why}; save the draft under a name of your own")


def _refuse_taken(name: str, own: dict[str, Preset]) -> None:
    # Case-insensitive: on some systems Calm.json and calm.json are one file.
    if name.casefold() in {taken.casefold() for taken in (*builtin_presets(), *own)}:
        raise PresetError(f"a preset is called {name} already; choose another name")


def _file(name: str) -> Path:
    return presets_folder() / f"{name}.json"


def _text(one: Preset) -> bytes:
    raw = {"name": one.name, "description": one.description, "voice_config": one.config.set_values()}
    return json_bytes(raw)
