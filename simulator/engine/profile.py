"""``EngineProfile``: everything that is not ``voice_config``, each value with where it comes from."""

from __future__ import annotations

import hashlib
import json
import math
from functools import cache, lru_cache
from importlib.resources import files
from pathlib import Path
from statistics import NormalDist
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from simulator.engine.patience import eager_confidence
from simulator.errors import ProfileError
from simulator.labels import first_fault

Origin = Literal["documented", "vendor default", "fitted from calls", "assumed"]

_P95 = NormalDist().inv_cdf(0.95)


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Value(_Strict):
    """A fixed number."""

    value: float = Field(ge=0)
    origin: Origin
    note: str = ""


class Direction(_Strict):
    """Which way ``eager_eot_threshold`` goes: the vendor's pages say up, its recogniser's own field says down."""

    value: Literal["documented", "recogniser"]
    origin: Origin
    note: str = ""


class Latency(_Strict):
    """A model's latency in ms: fixed where p50 equals p95, lognormal through both otherwise."""

    p50: float = Field(gt=0)
    p95: float = Field(gt=0)
    origin: Origin
    note: str = ""

    @model_validator(mode="after")
    def _ordered(self) -> Latency:
        if self.p95 < self.p50:
            raise ValueError("p95 must not be below p50")
        return self

    def at(self, luck: float) -> int:
        """Return the latency in whole ms at a quantile 0…1 of its distribution."""
        if self.p95 == self.p50:
            return round(self.p50)
        sigma = math.log(self.p95 / self.p50) / _P95
        return round(self.p50 * math.exp(sigma * NormalDist().inv_cdf(luck)))


class Values(_Strict):
    """The values of a profile; units are in the names."""

    eot_threshold: Value
    eot_half_life_s: Value
    nav_ms: Latency
    engage_first_token_ms: Latency
    engage_words_per_s: Value
    tts_sonic_turbo_ms: Value
    tts_sonic_3_ms: Value
    transport_ms: Value
    filler_first_audio_ms: Value
    speech_ms_per_char: Value
    shortest_sound_ms: Value
    stop_latency_ms: Value
    eager_direction: Direction

    @model_validator(mode="after")
    def _usable(self) -> Values:
        if self.eot_half_life_s.value <= 0 or self.engage_words_per_s.value <= 0:
            raise ValueError("eot_half_life_s and engage_words_per_s must be above 0")
        if not 0 < self.eot_threshold.value <= 1:
            raise ValueError("eot_threshold must be above 0 and at most 1")
        return self

    def eager_confidence(self, setting: float) -> float:
        """Return the confidence an ``eager_eot_threshold`` of ``setting`` asks for, in this profile's direction."""
        recogniser = self.eager_direction.value == "recogniser"
        return eager_confidence(setting, self.eot_threshold.value, recogniser=recogniser)


class EngineProfile(_Strict):
    """A named set of detector thresholds, model latencies and speaking rates."""

    schema_: Literal["turnlab.profile/1"] = Field(alias="schema")
    name: str
    description: str = ""
    values: Values

    def assumed(self) -> tuple[str, ...]:
        """Return the names of the values nobody documented or measured."""
        return tuple(name for name, value in self.values if value.origin == "assumed")


@cache
def default_profile() -> EngineProfile:
    """Return the profile that ships as ``default``."""
    return load_profile("default")


def load_profile(name_or_path: str) -> EngineProfile:
    """Read a profile by its shipped name or a file's path. Raises :class:`ProfileError`."""
    shipped = files("simulator") / "profiles" / f"{name_or_path}.json"
    path = Path(name_or_path)
    try:
        known = shipped.is_file() and path.name == name_or_path
        text = (shipped if known else path).read_text(encoding="utf-8")
        return EngineProfile.model_validate(json.loads(text))
    except OSError:
        raise ProfileError(
            f"{name_or_path}: no such profile; use 'default' or the path of a profile file"
        ) from None
    except (ValueError, RecursionError):
        raise ProfileError(f"{name_or_path}: is not JSON; correct it or use 'default'") from None
    except ValidationError as error:
        raise ProfileError(f"{name_or_path}: {first_fault(error)}; correct the profile") from None


@lru_cache(maxsize=65536)
def luck(seed: int, recording: str, span: int, stage: str) -> float:
    """Return the quantile 0…1 that one stage meets after one span of speech.

    It depends on nothing else, so that every arm of a comparison meets the same luck (common random numbers).
    """
    key = f"{seed}|{recording}|{span}|{stage}".encode(errors="surrogateescape")
    number = int.from_bytes(hashlib.blake2b(key, digest_size=8).digest(), "big")
    return (number + 0.5) / 2.0**64
