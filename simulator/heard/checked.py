"""Results of the latest check on real calls: for each engine profile, and for the turns of each call."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from base.files import make_private_folder, write_whole
from base.folders import calls_folder
from base.json_text import TextError, json_bytes, read_json

if TYPE_CHECKING:
    from simulator.heard.check import Check

_FILE: Final = "checked.json"
"""In the folder of all calls: results by profile. In a call's own folder: its simulated turns."""
_FITTED: Final = "fitted.json"
"""In the folder of all calls: which calls profiles were fitted to."""


def keep_check(profile: str, sentence: str, found: dict[str, Any]) -> None:
    """Store a profile's check result, replacing an earlier one. Raises :class:`OSError`."""
    figures = {name: found[name] for name in ("calls", "turns", "bias_ms", "abs_error_ms")}
    kept = {**_profiles(_FILE), profile: {"sentence": sentence, **figures}}
    write_whole(calls_folder() / _FILE, json_bytes({"schema": "turnlab.calls_checked/1", "profiles": kept}))


LARGE_BIAS_MS: Final = 150
"""A median error of the simulator, early or late, that a reader of its figures should know first."""


class LatestCheck(NamedTuple):
    """How closely a profile matched real calls, as half a sentence. ``far_off``: its median error is large."""

    sentence: str
    far_off: bool


def latest_check(profile: str) -> LatestCheck | None:
    """Return the result of a profile's latest check; ``None`` if it was never checked."""
    found = _profiles(_FILE).get(profile)
    if not isinstance(found, dict) or not isinstance(sentence := found.get("sentence"), str):
        return None
    bias = found.get("bias_ms")
    return LatestCheck(sentence, isinstance(bias, int | float) and abs(bias) > LARGE_BIAS_MS)


def checked(profile: str) -> str | None:
    """Return the sentence of a profile's latest check; ``None`` if it was never checked."""
    found = latest_check(profile)
    return None if found is None else found.sentence


def keep_fit(profile: str, calls: Iterable[str]) -> None:
    """Store which calls a profile was fitted to. Raises :class:`OSError`.

    The ids are stored as hashes, because an imported call's id may be a file name.
    """
    kept = {**_profiles(_FITTED), profile: sorted(map(_hashed, calls))}
    make_private_folder(calls_folder())
    write_whole(calls_folder() / _FITTED, json_bytes({"schema": "turnlab.calls_fitted/1", "profiles": kept}))


def fitted_among(profile: str, calls: Iterable[str]) -> frozenset[str]:
    """Return the ids of those calls that a profile was fitted to."""
    kept = _profiles(_FITTED).get(profile)
    return frozenset(call for call in calls if _hashed(call) in kept) if isinstance(kept, list) else frozenset()


def _hashed(call: str) -> str:
    return hashlib.sha256(call.encode(errors="surrogateescape")).hexdigest()[:16]


def keep_turns(folder: Path, found: Check) -> None:
    """Store a call's simulated turns beside it; errors of storage are ignored."""
    turns = {str(one.turn): round(one.simulated_ms) for one in found.turns}
    with suppress(OSError):
        write_whole(folder / _FILE, json_bytes({"profile": found.profile, "simulated_ms": turns}))


def was_checked(folder: Path) -> bool:
    """Return whether a call was compared with the simulator."""
    return (folder / _FILE).exists()


def simulated_turns(folder: Path) -> dict[int, float]:
    """Return the simulated answer times of a call's turns in the latest check, ms, by turn from 0."""
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
