"""``--config``: a preset's name, a JSON file, or inline JSON."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from presets.config import ConfigError, VoiceConfig, check, parse, suggest
from presets.fields import BY_NAME
from simulator.study import Arm
from tui.cli.failure import CallError, complain
from tui.cli.inputs import unused
from tui.cli.options import parse_json, read_text
from tui.user_presets import all_presets


def read_arms(configs: list[str], *, allow_unknown: bool | None = None, option: str = "--config") -> list[Arm]:
    """Return one arm for each ``--config``, with unique names. ``option`` is the option's name in errors.

    With ``allow_unknown`` an unknown ``voice_config`` field is reported and kept without effect. Otherwise it is
    refused (``None``: the command has no option for it). Raises :class:`~tui.cli.failure.CallError`, naming the
    field and the remedy.
    """
    arms: list[Arm] = []
    for text in configs:
        name, config = _read(text.strip(), option)
        _refuse_bad_values(f"{option} {name}", config, allow_unknown=allow_unknown)
        arms.append(Arm(unused(name, {arm.name for arm in arms}), config))
    return arms


def baseline_of(arms: list[Arm], wanted: str | None) -> str:
    """Return the name of the arm that the others are compared with, by default the first.

    Raises :class:`~tui.cli.failure.CallError` if no arm has that name.
    """
    names = [arm.name for arm in arms]
    if wanted is None:
        return names[0]
    if wanted not in names:
        raise CallError(f"--baseline: no configuration here is called {wanted!r}; there are {', '.join(names)}")
    return wanted


def _read(text: str, option: str) -> tuple[str, VoiceConfig]:
    if text.startswith(("{", "[")):
        return "inline", _parse(parse_json(text, option), option)
    presets, problems = all_presets()
    if text in presets:
        return text, presets[text].config
    path = Path(text)
    if path.suffix.lower() == ".json" or _is_file(path):
        config = _parse(_file(path), str(path))
        unknown = config.unknown_fields()
        if unknown and len(unknown) == len(config.set_values()) and not any(map(suggest, unknown)):
            raise CallError(f"{path}: none of its fields is one of voice_config; give a voice_config's file")
        return path.stem, config
    for problem in problems:
        complain(problem)
    raise CallError(
        f"{option}: no preset is called {text!r}; there are {', '.join(presets)}, "
        "or give a JSON file or inline JSON"
    )


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # a text too long to be a path
        return False


def _file(path: Path) -> Any:
    raw = parse_json(read_text(path), str(path))
    wrapped = isinstance(raw, dict) and isinstance(raw.get("voice_config"), dict)
    return raw["voice_config"] if wrapped else raw


def _parse(raw: Any, source: str) -> VoiceConfig:
    try:
        return parse(raw, source=source)
    except ConfigError as error:
        raise CallError(str(error)) from None


def _refuse_bad_values(where: str, config: VoiceConfig, *, allow_unknown: bool | None) -> None:
    problems = check(config)
    if problems:
        raise CallError(f"{where}: {problems[0]}; choose a value in that range")
    for field in config.unknown_fields():
        near = suggest(field)
        meant = f"; did you mean {near}?" if near else ""
        if not allow_unknown:
            otherwise = "leave it out" if allow_unknown is None else "--allow-unknown lets it pass"
            raise CallError(f"{where}: {field} is not a field of voice_config{meant or ';'} {otherwise}")
        complain(f"{where}: {field} is not a field Turnlab knows and changes nothing here{meant}")
    for field in config.set_values():
        if field in BY_NAME and not BY_NAME[field].heard:
            complain(f"{where}: {field} is kept, but not simulated")
