"""What the latest check on real calls said of each engine profile, for readouts made under it."""

from __future__ import annotations

from typing import Any, Final

from base.files import write_whole
from base.folders import calls_folder
from base.json_text import TextError, json_bytes, read_json

_FILE: Final = "checked.json"


def keep_check(profile: str, sentence: str, found: dict[str, Any]) -> None:
    """Keep what a check said of a profile, instead of what an earlier one said. Raises :class:`OSError`."""
    figures = {name: found[name] for name in ("calls", "turns", "bias_ms", "abs_error_ms")}
    kept = {**_kept(), profile: {"sentence": sentence, **figures}}
    write_whole(calls_folder() / _FILE, json_bytes({"schema": "turnlab.calls_checked/1", "profiles": kept}))


def checked(profile: str) -> str | None:
    """Return how close a profile came to real calls, as half a sentence; ``None`` if that was never checked."""
    found = _kept().get(profile)
    sentence = found.get("sentence") if isinstance(found, dict) else None
    return sentence if isinstance(sentence, str) else None


def _kept() -> dict[str, Any]:
    try:
        found = read_json(calls_folder() / _FILE)
    except TextError:
        return {}
    profiles = found.get("profiles") if isinstance(found, dict) else None
    return profiles if isinstance(profiles, dict) else {}
