"""``EngineProfile``: everything that is not ``voice_config``, each value with where it comes from."""

from __future__ import annotations

import hashlib
import math
from functools import lru_cache
from statistics import NormalDist
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

Origin = Literal["documented", "vendor default", "fitted from calls", "assumed"]

MIN_SPEED, MAX_SPEED = 0.25, 4.0
"""Limits of a speaking rate, as a multiple of the normal one: beyond them nobody understands a word."""

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
    """Something that is on or off."""

    value: bool
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

    def at(self, quantile: float) -> int:
        """Return the latency in whole ms at a quantile 0…1 of its distribution."""
        return luck_latency(self.p50, self.p95, quantile)


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
    tts_speed: Value
    stop_latency_ms: Value
    tool_capacity: Value
    resume_false_interruption: Switch
    resume_after_ms: Value
    echo_threshold_db: Value
    eager_direction: Direction

    @model_validator(mode="after")
    def _usable(self) -> Values:
        if self.eot_half_life_s.value <= 0 or self.engage_words_per_s.value <= 0:
            raise ValueError("eot_half_life_s and engage_words_per_s must be above 0")
        if not MIN_SPEED <= self.tts_speed.value <= MAX_SPEED:
            raise ValueError(f"tts_speed must be between {MIN_SPEED:g} and {MAX_SPEED:g} times normal")
        if self.tool_capacity.value < 1 or self.tool_capacity.value % 1:
            raise ValueError("tool_capacity must be a whole number, at least 1")
        if not 0 < self.eot_threshold.value <= 1:
            raise ValueError("eot_threshold must be above 0 and at most 1")
        return self

    @property
    def recogniser_direction(self) -> bool:
        """Whether ``eager_eot_threshold`` is the confidence itself, as in the recogniser's own field."""
        return self.eager_direction.value == "recogniser"


class EngineProfile(_Strict):
    """A named set of detector thresholds, model latencies and speaking rates."""

    schema_: Literal["turnlab.profile/1"] = Field(alias="schema")
    name: str
    description: str = ""
    values: Values

    def assumed(self) -> tuple[str, ...]:
        """Return the names of the values nobody documented or measured."""
        return tuple(name for name, value in self.values if value.origin == "assumed")


@lru_cache(maxsize=65536)
def seeded_draw(seed: int, recording: str, span: int, stage: str) -> float:
    """Return the quantile 0…1 that one stage meets after one span of speech.

    It depends on nothing else, so that every arm of a comparison meets the same draw (common random numbers).
    """
    key = f"{seed}|{recording}|{span}|{stage}".encode(errors="surrogateescape")
    number = int.from_bytes(hashlib.blake2b(key, digest_size=8).digest(), "big")
    return (number + 0.5) / 2.0**64


@lru_cache(maxsize=65536)
def luck_latency(p50: float, p95: float | None, quantile: float) -> int:
    """Return whole ms at a quantile 0…1 of the lognormal through p50 and p95; fixed where they are one."""
    if p95 is None or p95 == p50:
        return round(p50)
    sigma = math.log(p95 / p50) / _P95
    return round(p50 * math.exp(sigma * _NORMAL.inv_cdf(quantile)))
