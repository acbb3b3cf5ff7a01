"""Options for the caller's audio: the channel, and the what-if options."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from simulator.activity.model import Activity
from simulator.audio.injecting import parse_injection
from simulator.audio.line import LineError, parse_line
from simulator.audio.what_if import AS_IT_IS, WhatIf
from simulator.channel import NEEDS_CALLER, NO_TRUST, both_sides, second_voice
from simulator.echo.play import USUAL_DELAY_MS, Echo
from simulator.errors import InjectionError
from simulator.recording import Recording
from tui.cli.failure import CallError, complain
from tui.cli.options import HearingOptions


@dataclass(frozen=True, slots=True)
class Hearing:
    """How to read recordings. ``caller_channel`` counts from 1."""

    caller_channel: int | None = None
    mono_mix: bool = False
    what_if: WhatIf = AS_IT_IS
    echo: Echo | None = None

    @property
    def channel_index(self) -> int | None:
        """The caller's channel, counted from 0."""
        return None if self.caller_channel is None else self.caller_channel - 1

    def words(self) -> list[str]:
        """Return the changes to the audio in words."""
        return self.what_if.words() + ([self.echo.words()] if self.echo else [])

    def to_json(self) -> dict[str, Any]:
        """Return the changes to the audio as JSON; empty if there are none."""
        return self.what_if.to_json() | (self.echo.to_json() if self.echo else {})


def hearing_of(options: HearingOptions, seed: int) -> Hearing:
    """Return how to read recordings. The seed also selects the noise and the lost packets.

    Raises :class:`~tui.cli.failure.CallError` for invalid line options.
    """
    try:
        line = parse_line(options.line) if options.line else None
    except LineError as error:
        raise CallError(f"--line {error}") from None
    noise_seed = 0 if options.noise_snr is None and line is None else seed
    what_if = WhatIf(options.telephone, options.noise_snr, noise_seed, line)
    return Hearing(options.caller_channel, options.mono_mix, what_if)


def with_sounds(hearing: Hearing, wanted: list[str]) -> Hearing:
    """Return how to read recordings with injected sounds, each in the form ``cough@12.4``.

    Raises :class:`~tui.cli.failure.CallError` for an unknown sound or form.
    """
    try:
        injections = tuple(sorted(map(parse_injection, wanted)))
    except InjectionError as error:
        raise CallError(f"--inject {error}") from None
    return replace(hearing, what_if=replace(hearing.what_if, injections=injections))


def with_echo(hearing: Hearing, loss_db: float | None, delay_ms: int | None) -> Hearing:
    """Return how to read recordings with the agent's echo, if any.

    Raises :class:`~tui.cli.failure.CallError` for a delay without an echo.
    """
    if loss_db is None:
        if delay_ms is not None:
            raise CallError("--echo-delay-ms: there is no echo to delay; give --echo-db too")
        return hearing
    return replace(hearing, echo=Echo(loss_db, USUAL_DELAY_MS if delay_ms is None else delay_ms))


def tell_about(recording: Recording) -> None:
    """Report on standard error what was assumed or detected about a recording, before its analysis."""
    source = recording.source
    for note in recording.notes:
        complain(note)
    if source.guessed_channel:
        complain(
            f"{recording.place}: has {source.channels} channels; took the first as the caller (choose with "
            "--caller-channel)"
        )
    at_hand = recording.url is None or source.path.exists()  # otherwise the worker that opened it has checked
    if at_hand and (unusable := recording.about_samples()) is not None:
        complain(unusable)


def tell_other_voices(recording: Recording, activity: Activity) -> None:
    """Report :func:`other_voices` on standard error."""
    note = other_voices(recording, activity)
    if note is not None:
        complain(note)


def other_voices(recording: Recording, activity: Activity) -> str | None:
    """Return why barge-in is not judged, or why no figure is reliable. ``None`` if neither applies."""
    mixed = both_sides(recording, activity)
    if mixed is not None:
        return f"{recording.place}: {mixed}; {NEEDS_CALLER}, so it is left out"
    other = second_voice(activity)
    return None if other is None else f"{recording.place}: {other}; {NO_TRUST}"
