"""Faults of a label file, in words: validation errors, and fields that are probably misspelt."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from difflib import get_close_matches

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from simulator.labels.model import Labels

_ALIKE = 0.8


def near(name: str, names: Iterable[str]) -> str | None:
    """Return the name that another name is probably meant to be, ignoring case; ``None`` if none is close."""
    by_small = {one.lower(): one for one in names}
    found = get_close_matches(name.lower(), by_small, n=1, cutoff=_ALIKE)
    return by_small[found[0]] if found else None


def first_fault(error: ValidationError) -> str:
    """Return the first validation error, as ``where: what``."""
    detail = error.errors()[0]
    where = ".".join(str(part) for part in detail["loc"]) or "the file"
    what = str(detail["msg"]).removeprefix("Value error, ")
    meant = f"; did you mean it where it says {said}?" if (said := _stands_for_missing(detail)) else ""
    return f"{where}: {what[:1].lower()}{what[1:]}{meant}"


def _stands_for_missing(detail: ErrorDetails) -> str | None:
    """Return the field that was probably written instead of a missing one."""
    beside = detail["input"]
    if detail["type"] != "missing" or not isinstance(beside, dict):
        return None
    return near(str(detail["loc"][-1]), (name for name in beside if isinstance(name, str)))


_MARKING = ("turns", "speech", "agent", "backchannels", "noises", "hesitations", "events", "moves")
"""Fields that mark something in the audio, or qualify the marks."""
_SAYING = ("channel", "provisional", "condition")
_DOCUMENTED = (
    *("audio", "source", "licence", "notes", "kind", "label_origin", "what", "synthetic", "condition", "text"),
    *("phone", "bed", "snr_db", "level_db", "hard", "speech_0_8s_reached_s"),
)
"""Other fields documented in ``recordings/README.md``, which nothing reads."""

NOTHING_KNOWN = "holds no field Turnlab knows"


def says_nothing(labels: Labels) -> bool:
    """Whether labels have none of the known fields but others, as a transcript would."""
    others = set(labels.model_extra or {}) - {*_DOCUMENTED}
    return bool(others) and not labels.model_fields_set & {*_MARKING, *_SAYING}


def doubts(labels: Labels) -> list[str]:
    """Return remarks about labels that were read; each follows the file's name."""
    found = _misspelt(labels)
    meant = [f"did you mean {meant} where it says {name}?" for name, meant in found.items()]
    if says_nothing(labels):
        return [f"{NOTHING_KNOWN}, so the recording is unlabelled{'; ' if meant else ''}{' '.join(meant[:1])}"]
    return [f"{name} is not a field of labels; did you mean {meant}?" for name, meant in found.items()]


def _misspelt(labels: Labels) -> dict[str, str]:
    """Return the probably misspelt fields by their place, with the intended names."""
    found = dict(_misspelt_in(labels, ""))
    for name, group in (("turns", labels.turns), ("events", labels.events), ("moves", labels.moves)):
        for part in group:
            found |= dict(_misspelt_in(part, f"{name}."))
    for move in labels.moves:
        found |= dict(_misspelt_in(move.anchor, "moves.anchor."))
    return found | dict(_misspelt_in(labels.condition, "condition."))


def _misspelt_in(part: BaseModel, where: str) -> Iterator[tuple[str, str]]:
    missing = set(type(part).model_fields) - part.model_fields_set
    for name in part.model_extra or {}:
        meant = None if name in _DOCUMENTED else near(name, missing)
        if meant is not None:
            yield where + name, meant
