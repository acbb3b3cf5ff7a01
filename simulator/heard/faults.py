"""Faults of a call's audio, in sentences, and the measures that each fault invalidates."""

from __future__ import annotations

from dataclasses import dataclass

from simulator.heard.tracks import Stretch, Tracks
from simulator.heard.turns import Floor

SHORTEST_MS = 3000
"""A shorter call contains no measurable turn."""

SAME_SHARE = 0.5
"""If this share of the speech is equally loud on both channels, each channel contains both sides."""

OVERLAPPED_SHARE = 0.5
"""If this share of the caller's speech overlaps the agent's, the sides' clocks do not match."""

_MACHINE_S = 8


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault as a sentence. ``spoils`` is what it invalidates: ``all``, the ``log``, or nothing."""

    kind: str
    sentence: str
    spoils: str = ""


def faults_in_audio(tracks: Tracks, floor: Floor) -> list[Fault]:
    """Return the faults that the audio alone shows."""
    found: list[Fault] = []
    if tracks.duration_ms < SHORTEST_MS:
        seconds = f"{tracks.duration_ms / 1000:.1f} s"
        return [Fault("too_short", f"The call lasts {seconds}: too short for a turn to be measured.", "all")]
    if tracks.same >= SAME_SHARE:
        return [
            Fault(
                "both_on_both",
                f"{tracks.same:.0%} of the speech is equally loud on both channels: each channel contains both "
                "sides, so their turns cannot be separated.",
                "all",
            )
        ]
    for side, track in (("caller", tracks.caller), ("agent", tracks.agent)):
        if not track.speech:
            what = "noise or music" if track.other else "silence"
            found.append(
                Fault(
                    f"{side}_silent", f"The {side}'s channel holds {what} but no speech: nothing to measure.", "all"
                )
            )
    if found:
        return found
    found += _music(floor)
    if (voicemail := _voicemail(tracks, floor)) is not None:
        found.append(voicemail)
    share = _overlapped(tracks)
    if share >= OVERLAPPED_SHARE and len(floor.turns) > 1:
        found.append(
            Fault(
                "not_aligned",
                f"{share:.0%} of the caller's speech lies under the agent's: the two sides do not seem to begin at "
                "the same moment, so nothing between them is measured.",
                "all",
            )
        )
    return found


def _music(floor: Floor) -> list[Fault]:
    return [
        Fault(
            "music",
            f"From {start / 1000:.1f} to {end / 1000:.1f} s there is sound without a voice, such as hold music: "
            "waits during it are left out.",
        )
        for start, end in floor.music
    ]


def _voicemail(tracks: Tracks, floor: Floor) -> Fault | None:
    """Return a fault if a machine answered: a long first turn, a tone, and no words after it."""
    if not floor.turns:
        return None
    first = floor.turns[0]
    if len(floor.turns) > 1 or first.end_ms - first.start_ms < _MACHINE_S * 1000:
        return None
    tone = any(
        200 <= end - start <= 3000 and first.end_ms - 200 <= start <= first.end_ms + 3000
        for start, end in tracks.caller.other
    )
    talks_on = any(start > first.end_ms for start, _ in floor.sounds)
    if not (tone and talks_on):
        return None
    return Fault(
        "voicemail",
        f"The caller's side speaks for {(first.end_ms - first.start_ms) / 1000:.0f} s, gives a tone and says "
        "nothing more: it seems to be a voicemail, without a waiting caller.",
        "all",
    )


def _overlapped(tracks: Tracks) -> float:
    """Return the share, 0…1, of the caller's speech that overlaps the agent's."""
    if not tracks.caller.spoken_s:
        return 0.0
    return shared_ms(tracks.caller.speech, tracks.agent.speech) / 1000 / tracks.caller.spoken_s


def shared_ms(one: tuple[Stretch, ...], other: tuple[Stretch, ...]) -> int:
    """Return for how long both sound at once, ms."""
    at, total = 0, 0
    for start, end in one:
        while at < len(other) and other[at][1] <= start:
            at += 1
        for begin, until in other[at:]:
            if begin >= end:
                break
            total += min(end, until) - max(start, begin)
    return total
