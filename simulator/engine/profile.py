"""``EngineProfile``: every simulator value that is not ``voice_config``, each with its origin; read from files."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache, lru_cache
from importlib.resources import files
from pathlib import Path
from statistics import NormalDist
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from base.json_text import TextError, read_json
from simulator.errors import ProfileError
from simulator.labels import first_fault

Origin = Literal["documented", "vendor default", "fitted from calls", "assumed"]

MIN_SPEED, MAX_SPEED = 0.25, 4.0
"""Limits of a speaking rate, relative to normal: beyond them speech is unintelligible."""

_NORMAL = NormalDist()
_P95 = _NORMAL.inv_cdf(0.95)


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Value(_Strict):
    """A fixed number."""

    value: float = Field(ge=0)
    origin: Origin
    note: str = ""


class Switch(_Strict):
    """A switch, on or off."""

    value: bool
    origin: Origin
    note: str = ""


class Direction(_Strict):
    """The direction of ``eager_eot_threshold``: up in the vendor's pages, down in its recogniser's own field."""

    value: Literal["documented", "recogniser"]
    origin: Origin
    note: str = ""


class Role(_Strict):
    """What ``eager_eot_threshold`` sets: the confidence that ends a turn, or that starts an eager answer."""

    value: Literal["sensitivity", "head_start"]
    origin: Origin
    note: str = ""


class Latency(_Strict):
    """A model's latency in ms: fixed where p50 equals p95, otherwise the lognormal distribution through both."""

    p50: float = Field(gt=0)
    p95: float = Field(gt=0)
    origin: Origin
    note: str = ""

    @model_validator(mode="after")
    def _ordered(self) -> Latency:
        if self.p95 < self.p50:
            raise ValueError("p95 must not be below p50")
        return self

    def at(self, quantile: float) -> int:
        """Return the latency at a quantile 0…1 of its distribution, whole ms."""
        return lognormal_ms(self.p50, self.p95, quantile)


class Values(_Strict):
    """The values of a profile; units are in the names."""

    eot_threshold: Value
    eot_half_life_s: Value
    eot_ceiling_s: Value
    eot_head_start_s: Value
    eot_head_start_until_s: Value
    nav_ms: Latency
    engage_first_token_ms: Latency
    engage_words_per_s: Value
    tts_sonic_turbo_ms: Value
    tts_sonic_3_ms: Value
    transport_ms: Value
    filler_first_audio_ms: Value
    speech_ms_per_char: Value
    shortest_sound_ms: Value
    tts_speed: Value
    stop_latency_ms: Value
    laughter_limit_db: Value
    tool_capacity: Value
    resume_false_interruption: Switch
    resume_after_ms: Value
    echo_threshold_db: Value
    eager_role: Role
    eager_direction: Direction

    @model_validator(mode="after")
    def _usable(self) -> Values:
        for name in ("eot_half_life_s", "eot_head_start_until_s", "engage_words_per_s"):
            if getattr(self, name).value <= 0:
                raise ValueError(f"{name} must be above 0")
        if not MIN_SPEED <= self.tts_speed.value <= MAX_SPEED:
            raise ValueError(f"tts_speed must be between {MIN_SPEED:g} and {MAX_SPEED:g} times normal")
        if self.tool_capacity.value < 1 or self.tool_capacity.value % 1:
            raise ValueError("tool_capacity must be a whole number, at least 1")
        if not 0 < self.eot_threshold.value <= 1:
            raise ValueError("eot_threshold must be above 0 and at most 1")
        return self


class EngineProfile(_Strict):
    """A named set of detector thresholds, model latencies and speaking rates."""

    schema_: Literal["turnlab.profile/1"] = Field(alias="schema")
    name: str
    description: str = ""
    values: Values

    def assumed(self) -> tuple[str, ...]:
        """Return the names of the values that are neither documented nor measured."""
        return tuple(name for name, value in self.values if value.origin == "assumed")


@lru_cache(maxsize=65536)
def seeded_draw(seed: int, recording: str, span: int, stage: str) -> float:
    """Return the quantile 0…1 of one stage after one span of speech.

    The quantile depends only on the arguments, so every arm of a comparison gets the same draw (common random
    numbers). ``recording`` identifies the recorded sound, not the file.
    """
    key = f"{seed}|{recording}|{span}|{stage}".encode(errors="surrogateescape")
    number = int.from_bytes(hashlib.blake2b(key, digest_size=8).digest(), "big")
    return (number + 0.5) / 2.0**64


@lru_cache(maxsize=65536)
def lognormal_ms(p50: float, p95: float | None, quantile: float) -> int:
    """Return the value in whole ms at a quantile 0…1 of the lognormal through p50 and p95; fixed if p95 is p50."""
    if p95 is None or p95 == p50:
        return round(p50)
    sigma = math.log(p95 / p50) / _P95
    return round(p50 * math.exp(sigma * _NORMAL.inv_cdf(quantile)))


# ---- profiles as files


SCHEMA = "turnlab.profile/1"

_KEYS = ("schema", "name", "description", "extends", "values")
_UNITS = {
    "eot_threshold": "confidence 0-1",
    "engage_words_per_s": "words/s",
    "speech_ms_per_char": "ms/character",
    "tts_speed": "× normal",
    "tool_capacity": "tools",
    "echo_threshold_db": "dB below full scale",
    "laughter_limit_db": "dB",
}


@dataclass(frozen=True, slots=True)
class ProfileFile:
    """A profile and its origin.

    ``extends`` names the profiles it builds on, nearest first. ``written_in`` maps each value to the profile that
    defines it.
    """

    profile: EngineProfile
    path: Path
    extends: tuple[str, ...]
    written_in: Mapping[str, str]


@cache
def default_profile() -> EngineProfile:
    """Return the shipped profile ``default``."""
    return load_profile("default")


def load_profile(name_or_path: str) -> EngineProfile:
    """Read a profile by its shipped name or file path. Raises :class:`~simulator.errors.ProfileError`."""
    return read_profile(name_or_path).profile


def shipped_profiles() -> tuple[str, ...]:
    """Return the names of the shipped profiles, ``default`` first."""
    names = (path.stem for path in _folder().glob("*.json"))
    return tuple(sorted(names, key=lambda name: (name != "default", name)))


def read_profile(name_or_path: str) -> ProfileFile:
    """Read a profile, with the origin of each value, by its shipped name or file path.

    Raises :class:`~simulator.errors.ProfileError`: one line with the file, the place in it, and the remedy.
    """
    return _read(name_or_path, Path(), ())


def unit(name: str) -> str:
    """Return the unit of a value, derived from its name: ``nav_ms`` is in ms."""
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
    """Return a profile file's content with its keys and outer types checked."""
    try:
        raw = read_json(path, nan=True)
    except TextError as error:  # the message names the file and the place in it
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
