"""What the dashboard remembers of how a person likes it: ``settings.json`` in the configuration folder."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path
from typing import Any

from base.folders import config_folder
from base.json_text import json_bytes

SPEAKER = "live.output"
"""The speaker that was chosen in Live, by name; nothing for the system's default."""


def settings_file() -> Path:
    """Return where it is kept."""
    return config_folder() / "settings.json"


def remembered(name: str) -> str:
    """Return what is remembered under a name; nothing where there is none, or no file that can be read."""
    value = _settings().get(name)
    return value if isinstance(value, str) else ""


def remember(name: str, value: str) -> None:
    """Remember something from now on; everything else in the file stays. Raises :class:`OSError`."""
    from base.files import write_whole

    file = settings_file()
    write_whole(file, json_bytes({**_settings(), name: value}, indent=1))


def _settings() -> dict[str, Any]:
    with contextlib.suppress(OSError, ValueError):
        raw = json.loads(settings_file().read_text(encoding="utf-8"))
        if isinstance(raw, dict):
            return raw
    return {}
