"""Engine profiles on disk: the shipped ones, a person's own, and those that change only some values of another.

The format is documented in ``docs/profiles.md``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from base.json_text import TextError, read_json
from simulator.engine.profile import EngineProfile, Values
from simulator.errors import ProfileError
from simulator.labels import first_fault

SCHEMA = "turnlab.profile/1"

_KEYS = ("schema", "name", "description", "extends", "values")
_UNITS = {
    "eot_threshold": "confidence 0-1",
    "engage_words_per_s": "words/s",
    "speech_ms_per_char": "ms/character",
    "tts_speed": "× normal",
    "tool_capacity": "tools",
    "echo_threshold_db": "dB below full scale",
}


@dataclass(frozen=True, slots=True)
class ProfileFile:
    """A profile and where it comes from.

    ``extends`` names the profiles it builds on, nearest first. ``written_in`` says for each value which of them,
    or the profile itself, it is written in.
    """

    profile: EngineProfile
    path: Path
    extends: tuple[str, ...]
    written_in: Mapping[str, str]


@cache
def default_profile() -> EngineProfile:
    """Return the profile that ships as ``default``."""
    return load_profile("default")


def load_profile(name_or_path: str) -> EngineProfile:
    """Read a profile by its shipped name or a file's path. Raises :class:`~simulator.errors.ProfileError`."""
    return read_profile(name_or_path).profile


def shipped_profiles() -> tuple[str, ...]:
    """Return the names of the profiles that ship, ``default`` first."""
    names = (path.stem for path in _folder().glob("*.json"))
    return tuple(sorted(names, key=lambda name: (name != "default", name)))


def read_profile(name_or_path: str) -> ProfileFile:
    """Read a profile with where each value is written, by its shipped name or a file's path.

    Raises :class:`~simulator.errors.ProfileError`: one line that names the file, the place in it and the remedy.
    """
    return _read(name_or_path, Path(), ())


def unit(name: str) -> str:
    """Return the unit of a value, which its name tells: ``nav_ms`` is in ms."""
    if name in _UNITS:
        return _UNITS[name]
    return "ms" if name.endswith("_ms") else "s" if name.endswith("_s") else ""


def _folder() -> Path:
    return Path(str(files("simulator"))) / "profiles"


def _find(name_or_path: str, beside: Path) -> Path:
    if name_or_path in shipped_profiles():
        return _folder() / f"{name_or_path}.json"
    path = beside / name_or_path
    if not path.is_file():
        names = ", ".join(shipped_profiles())
        raise ProfileError(f"{name_or_path}: no such profile; use {names}, or the path of a profile file")
    return path


def _read(name_or_path: str, beside: Path, above: tuple[Path, ...]) -> ProfileFile:
    path = _find(name_or_path, beside)
    if path.resolve() in above:
        raise ProfileError(f"{path}: extends itself, through others or directly; extend default instead")
    raw = _raw(path)
    values, base = raw.get("values", {}), None
    if "extends" in raw:
        base = _read(raw["extends"], path.parent, (*above, path.resolve()))
        values = base.profile.model_dump(by_alias=True)["values"] | values
    whole = {key: value for key, value in raw.items() if key != "extends"} | {"values": values}
    try:
        profile = EngineProfile.model_validate(whole)
    except ValidationError as error:
        raise ProfileError(f"{path}: {_fault(error)}; correct the profile (docs/profiles.md)") from None
    written_in = dict(base.written_in) if base else {}
    written_in |= dict.fromkeys(raw.get("values", {}), profile.name)
    return ProfileFile(profile, path, (base.profile.name, *base.extends) if base else (), written_in)


def _raw(path: Path) -> dict[str, Any]:
    """Return a profile file's content, of which keys and outer types are checked."""
    try:
        raw = read_json(path, nan=True)
    except TextError as error:  # it names the file and the place in it
        raise ProfileError(str(error)) from None
    values = raw.get("values", {}) if isinstance(raw, dict) else None
    if not isinstance(raw, dict) or not isinstance(values, dict):
        raise ProfileError(f"{path}: must hold one JSON object with an object 'values' (docs/profiles.md)")
    for key, known in [*((key, _KEYS) for key in raw), *((key, tuple(Values.model_fields)) for key in values)]:
        if key not in known:
            near = get_close_matches(key, known, 1)
            meant = f"; did you mean {near[0]}?" if near else "; remove it"
            raise ProfileError(f"{path}: {key} is not part of a profile{meant} (docs/profiles.md)")
    if not isinstance(raw.get("extends", ""), str):
        raise ProfileError(f"{path}: extends must be the name or path of a profile")
    return raw


def _fault(error: ValidationError) -> str:
    detail = error.errors()[0]
    if detail["type"] == "extra_forbidden":
        return f"{'.'.join(map(str, detail['loc']))} is not part of a profile"
    return first_fault(error)
