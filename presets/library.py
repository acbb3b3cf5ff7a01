"""Named presets: the three the vendor documents, one JSON file each."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from presets.config import VoiceConfig, parse


@dataclass(frozen=True, slots=True)
class Preset:
    """A named voice configuration with a sentence about it."""

    name: str
    description: str
    config: VoiceConfig


class UnknownPresetError(LookupError):
    """No preset has that name; the message lists those that exist."""


@cache
def builtin_presets() -> dict[str, Preset]:
    """Return the presets that ship with Turnlab, from lowest latency to best voice."""
    order = ("ultra_low_latency", "balanced", "quality")
    folder = files("presets") / "builtin"
    found = [json.loads((folder / f"{name}.json").read_text(encoding="utf-8")) for name in order]
    return {
        raw["name"]: Preset(raw["name"], raw["description"], parse(raw["voice_config"], source=raw["name"]))
        for raw in found
    }


def preset(name: str) -> Preset:
    """Return one preset by name. Raises :class:`UnknownPresetError`."""
    presets = builtin_presets()
    if name not in presets:
        raise UnknownPresetError(f"no preset is called {name!r}; there are {', '.join(presets)}")
    return presets[name]
