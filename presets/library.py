"""The presets that the vendor documents, one JSON file each."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from presets.config import VoiceConfig, parse
from presets.fields import BY_NAME


@dataclass(frozen=True, slots=True)
class Preset:
    """A named voice configuration with a sentence about it."""

    name: str
    description: str
    config: VoiceConfig


class UnknownPresetError(LookupError):
    """An unknown preset name; the message lists the existing ones."""


@cache
def builtin_presets() -> dict[str, Preset]:
    """Return the presets that ship with Turnlab, from lowest latency to best voice."""
    order = ("ultra_low_latency", "balanced", "quality")
    folder = Path(__file__).parent / "builtin"
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


def preset_fields(presets: Iterable[Preset]) -> tuple[str, ...]:
    """Return the fields that any of the presets sets, in the order of the table of fields."""
    named = {name for one in presets for name in one.config.set_values()}
    known = [name for name in BY_NAME if name in named]
    return (*known, *sorted(named - set(known)))


def whole(preset: Preset, presets: Iterable[Preset]) -> dict[str, Any]:
    """Return the update that applies a preset: its values, and ``None`` for the other fields that presets set.

    After it, a service has in these fields exactly the preset's settings, whichever preset was applied before.
    """
    unset: dict[str, Any] = dict.fromkeys(preset_fields((*presets, preset)))
    return unset | preset.config.set_values()
