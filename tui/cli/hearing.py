"""What the command line says about the caller's audio: the channel, and the what-if knobs on it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from simulator.activity.model import Activity
from simulator.audio.what_if import AS_IT_IS, WhatIf
from simulator.channel import NEEDS_CALLER, both_sides
from simulator.recording import Recording
from tui.cli.failure import complain


@dataclass(frozen=True, slots=True)
class Hearing:
    """How recordings are to be heard. ``caller_channel`` counts from 1."""

    caller_channel: int | None = None
    mono_mix: bool = False
    what_if: WhatIf = AS_IT_IS

    @property
    def channel_index(self) -> int | None:
        """The caller's channel, from 0."""
        return None if self.caller_channel is None else self.caller_channel - 1

    def words(self) -> list[str]:
        """Return what is done to the audio, for people."""
        return self.what_if.words()

    def to_json(self) -> dict[str, Any]:
        """Return what is done to the audio, for scripts; empty if nothing is."""
        return self.what_if.to_json()


def hearing_of(
    caller_channel: int | None, mono_mix: bool, telephone: bool, noise_snr_db: float | None, seed: int
) -> Hearing:
    """Return how recordings are to be heard; the seed chooses the noise too."""
    return Hearing(caller_channel, mono_mix, WhatIf(telephone, noise_snr_db, 0 if noise_snr_db is None else seed))


def tell_about(recording: Recording) -> None:
    """Tell, on standard error, what was guessed or found out about a recording before it is heard."""
    source = recording.source
    for note in recording.notes:
        complain(note)
    if source.guessed_channel:
        complain(
            f"{source.path}: has {source.channels} channels; took the first as the caller (choose with "
            "--caller-channel)"
        )
    unusable = source.unusable_samples()
    if unusable:
        complain(f"{source.path}: {unusable:,} samples are not finite numbers; heard as silence or clipped")


def tell_both_sides(recording: Recording, activity: Activity) -> None:
    """Tell, on standard error, if barge-in will not be judged, and why."""
    mixed = both_sides(recording, activity)
    if mixed is not None:
        complain(f"{recording.source.path}: {mixed}; {NEEDS_CALLER}, so it is left out")
