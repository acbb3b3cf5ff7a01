"""What the latest check on real calls said: of each engine profile, and of each turn of a call, beside the call."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from base.files import make_private_folder, write_whole
from base.folders import calls_folder
from base.json_text import TextError, json_bytes, read_json

if TYPE_CHECKING:
    from simulator.heard.check import Check

_FILE: Final = "checked.json"
"""In the folder of all calls what was said of profiles, in a call's own folder how its turns were simulated."""
_FITTED: Final = "fitted.json"
"""In the folder of all calls, which of them profiles were fitted to."""


def keep_check(profile: str, sentence: str, found: dict[str, Any]) -> None:
    """Keep what a check said of a profile, instead of what an earlier one said. Raises :class:`OSError`."""
    figures = {name: found[name] for name in ("calls", "turns", "bias_ms", "abs_error_ms")}
    kept = {**_profiles(_FILE), profile: {"sentence": sentence, **figures}}
    write_whole(calls_folder() / _FILE, json_bytes({"schema": "turnlab.calls_checked/1", "profiles": kept}))


def checked(profile: str) -> str | None:
    """Return how close a profile came to real calls, as half a sentence; ``None`` if that was never checked."""
    found = _profiles(_FILE).get(profile)
    sentence = found.get("sentence") if isinstance(found, dict) else None
    return sentence if isinstance(sentence, str) else None


def keep_fit(profile: str, calls: Iterable[str]) -> None:
    """Keep which calls a profile was fitted to. Raises :class:`OSError`.

    Their ids are kept as hashes, because the id of an imported call may be a file's name.
    """
    kept = {**_profiles(_FITTED), profile: sorted(map(_hashed, calls))}
    make_private_folder(calls_folder())
    write_whole(calls_folder() / _FITTED, json_bytes({"schema": "turnlab.calls_fitted/1", "profiles": kept}))


def fitted_among(profile: str, calls: Iterable[str]) -> frozenset[str]:
    """Return those of the calls, by id, that a profile was fitted to."""
    kept = _profiles(_FITTED).get(profile)
    return frozenset(call for call in calls if _hashed(call) in kept) if isinstance(kept, list) else frozenset()


def _hashed(call: str) -> str:
    return hashlib.sha256(call.encode(errors="surrogateescape")).hexdigest()[:16]


def keep_turns(folder: Path, found: Check) -> None:
    """Keep beside a call how its turns were simulated; where there is no room, that is not worth a failure."""
    turns = {str(one.turn): round(one.simulated_ms) for one in found.turns}
    with suppress(OSError):
        write_whole(folder / _FILE, json_bytes({"profile": found.profile, "simulated_ms": turns}))


def was_checked(folder: Path) -> bool:
    """Return whether a call was held against the simulator."""
    return (folder / _FILE).exists()


def simulated_turns(folder: Path) -> dict[int, float]:
    """Return how long the answers to a call's turns took in the latest check, ms, by turn from 0."""
    try:
        found = read_json(folder / _FILE)
    except TextError:
        return {}
    turns = found.get("simulated_ms") if isinstance(found, dict) else None
    if not isinstance(turns, dict):
        return {}
    return {int(turn): float(ms) for turn, ms in turns.items() if turn.isdigit() and isinstance(ms, int | float)}


def _profiles(name: str) -> dict[str, Any]:
    try:
        found = read_json(calls_folder() / name)
    except TextError:
        return {}
    profiles = found.get("profiles") if isinstance(found, dict) else None
    return profiles if isinstance(profiles, dict) else {}
