"""A label as a form to be typed into, and back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from simulator.labels.marks import KINDS, Kind, Mark
from tui.dialogs.form_dialog import FormField

_HELP: Mapping[Kind, str] = {
    "turn": "a whole caller turn, the pauses in it included",
    "interruption": "a turn over the agent that means to stop it",
    "backchannel": "mm-hm and the like; must not stop the agent",
    "noise": "a cough, a door; must not stop the agent",
    "hesitation": "a pause in the middle of a phrase",
}


_TIME = "Seconds from the start of the recording, or minutes and seconds such as 1:02.345."

FIELDS: Sequence[FormField] = (
    FormField(name="kind", label="kind", choices=[(kind, f"{kind}: {about}") for kind, about in _HELP.items()]),
    FormField(name="start", label="start", help=_TIME),
    FormField(name="end", label="end", help=_TIME),
    FormField(name="words", label="words", help="What is said, or what makes the noise."),
)
"""The form's lines."""


def values_of(mark: Mark) -> dict[str, str]:
    """Return what the form stands on."""
    start, end = (f"{t_ms / 1000:.3f}" for t_ms in mark.stretch)
    return {"kind": mark.kind, "start": start, "end": end, "words": mark.words}


def as_mark(before: Mark, typed: Mapping[str, str]) -> Mark:
    """Return the label that was typed. Raises :class:`ValueError` with one sentence."""
    kind = next((kind for kind in KINDS if kind == typed["kind"]), before.kind)
    start_ms, end_ms = _ms(typed["start"]), _ms(typed["end"])
    return replace(before, kind=kind, start_ms=start_ms, end_ms=end_ms, words=" ".join(typed["words"].split()))


def _ms(text: str) -> int:
    minutes, colon, seconds = text.strip().rpartition(":")
    try:
        found = round((int(minutes) * 60 if colon else 0) * 1000 + float(seconds) * 1000)
    except (ValueError, OverflowError):
        raise ValueError(f"'{text[:40]}' is no time; type seconds such as 12.5 or 0:12.5.") from None
    return found
