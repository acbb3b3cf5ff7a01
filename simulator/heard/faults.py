"""What is wrong with a call's audio, in sentences, and which measures cannot be trusted because of it."""

from __future__ import annotations

from dataclasses import dataclass

from simulator.heard.tracks import Stretch, Tracks
from simulator.heard.turns import Floor

SHORTEST_MS = 3000
"""A shorter call has no turn to measure."""

SAME_SHARE = 0.5
"""If this share of the speech is equally loud on both channels, both hold both sides."""

OVERLAPPED_SHARE = 0.5
"""If this share of the caller's speech overlaps the agent's, the sides are not on one clock."""

_MACHINE_S = 8


@dataclass(frozen=True, slots=True)
class Fault:
    """Something wrong, as a sentence. ``spoils``: what is left out for it, ``all``, the ``log`` or nothing."""

    kind: str
    sentence: str
    spoils: str = ""


def faults_in_audio(tracks: Tracks, floor: Floor) -> list[Fault]:
    """Return what the audio alone shows."""
    found: list[Fault] = []
    if tracks.duration_ms < SHORTEST_MS:
        seconds = f"{tracks.duration_ms / 1000:.1f} s"
        return [Fault("too_short", f"The call lasts {seconds}: too short for a turn to be measured.", "all")]
    if tracks.same >= SAME_SHARE:
        return [
            Fault(
                "both_on_both",
                f"{tracks.same:.0%} of the speech is as loud on both channels: each holds both sides, so nobody's "
                "turns can be told apart.",
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
    """Return that a machine answered: a long first turn, a tone, and not a word after it."""
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
    """Return the share of the caller's speech that lies under the agent's."""
    if not tracks.caller.spoken_s:
        return 0.0
    return shared_ms(tracks.caller.speech, tracks.agent.speech) / 1000 / tracks.caller.spoken_s


def shared_ms(one: tuple[Stretch, ...], other: tuple[Stretch, ...]) -> int:
    """Return for how long both sound, ms."""
    at, total = 0, 0
    for start, end in one:
        while at < len(other) and other[at][1] <= start:
            at += 1
        for begin, until in other[at:]:
            if begin >= end:
                break
            total += min(end, until) - max(start, begin)
    return total
