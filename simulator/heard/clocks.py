"""Aligns a call's audio with its log: finds swapped sides, clock differences, and turns missing from the audio."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from simulator.heard.call_folder import CallRecord, LoggedTurn
from simulator.heard.faults import Fault, shared_ms
from simulator.heard.sides import SIDES, Side
from simulator.heard.tracks import SideTrack, Stretch, Tracks

OFFSET_MS = 250
"""Sides whose offset differs from the log's by more than this are misaligned."""

DRIFT = 0.0004
"""Clock differences above this are corrected."""

_FURTHEST_MS = 10_000
_NEAR_MS = 1500
_FEWEST = 4
_LONG_MS, _FAR_MS = 45_000, 30_000
"""A drift estimate needs turns over this length, and pairs of turns this far apart."""

_DEAD_SHARE = 0.3
"""A side with this much more digital silence than the other is synthetic, not recorded."""


@dataclass(frozen=True, slots=True)
class Clock:
    """One side's audio relative to its log: heard = log + ``offset_ms`` + ``drift`` · log."""

    offset_ms: float
    drift: float


@dataclass(frozen=True, slots=True)
class Clocks:
    """The clocks of both sides; ``None`` where the log has too few turns."""

    caller: Clock | None
    agent: Clock | None

    @property
    def shift_ms(self) -> float:
        """How much later events are heard than logged, ms."""
        known = self.agent or self.caller
        return known.offset_ms if known else 0.0


def _side(tracks: Tracks, side: Side) -> SideTrack:
    return tracks.caller if side == "caller" else tracks.agent


def clocks_of(tracks: Tracks, record: CallRecord) -> Clocks:
    """Return the clock of each side relative to the log."""
    caller, agent = (_clock(_side(tracks, side), record.logged(side)) for side in SIDES)
    return Clocks(caller, agent)


def _clock(track: SideTrack, turns: Sequence[LoggedTurn]) -> Clock | None:
    begins = np.array(_beginnings(track), np.float64)
    logged = np.array([turn.from_ms for turn in turns], np.float64)
    if len(begins) < _FEWEST or len(logged) < _FEWEST:
        return None
    apart = begins[None, :] - logged[:, None]
    shift = _best_shift(apart)
    nearest = apart[np.arange(len(logged)), np.abs(apart - shift).argmin(axis=1)]
    near = np.abs(nearest - shift) <= _NEAR_MS
    if near.sum() < max(_FEWEST, len(logged) // 2):
        return None
    drift = _drift(logged[near], nearest[near])
    return Clock(float(np.median(nearest[near] - drift * logged[near])), drift)


def _beginnings(track: SideTrack) -> list[int]:
    """Return where speech begins after at least half a second without speech, ms."""
    found, last = list[int](), -1000
    for start, end in track.speech:
        if start - last >= 500:
            found.append(start)
        last = end
    return found


def _best_shift(apart: NDArray[np.float64]) -> float:
    """Return the shift, ms, at which most logged turns have a beginning nearby; among equals the smallest."""
    shifts = np.concatenate([[0.0], apart[np.abs(apart) <= _FURTHEST_MS]])
    off = np.abs(apart[None, :, :] - shifts[:, None, None]).min(axis=2)
    fit = (off <= 250).sum(axis=1) - np.abs(shifts) / (2 * _FURTHEST_MS)
    return float(shifts[int(fit.argmax())])


def _drift(times: NDArray[np.float64], apart: NDArray[np.float64]) -> float:
    """Return the median slope, ms per ms, between turns that are far apart."""
    first, second = np.triu_indices(len(times), 1)
    far = times[second] - times[first] >= _FAR_MS
    if times.max() - times.min() < _LONG_MS or not far.any():
        return 0.0
    first, second = first[far], second[far]
    return float(np.median((apart[second] - apart[first]) / (times[second] - times[first])))


def aligned(tracks: Tracks, clocks: Clocks) -> tuple[Tracks, list[Fault]]:
    """Return the sides aligned by the log, and the faults found."""
    caller, agent = clocks.caller, clocks.agent
    if caller is None or agent is None:
        return tracks, []
    faults: list[Fault] = []
    apart_ms, drift = caller.offset_ms - agent.offset_ms, caller.drift - agent.drift
    if abs(drift) < DRIFT:
        drift = 0.0
    else:
        faults.append(
            Fault(
                "drift",
                f"By the log, the sides' clocks differ by {abs(drift):.2%}, {abs(drift) * 60_000:.0f} ms a minute; "
                "the caller's times were corrected for it.",
            )
        )
    if abs(apart_ms) < OFFSET_MS:
        apart_ms = 0.0
    else:
        direction = "late" if apart_ms > 0 else "early"
        faults.append(
            Fault(
                "wrong_offset",
                f"By the log, the caller's audio is {abs(apart_ms) / 1000:.2f} s too {direction} relative to "
                "the agent's; its times were corrected for it.",
            )
        )
    if not faults:
        return tracks, []

    def moved(stretches: Sequence[Stretch]) -> tuple[Stretch, ...]:
        return tuple(
            (round((start - apart_ms) / (1 + drift)), round((end - apart_ms) / (1 + drift)))
            for start, end in stretches
            if end > apart_ms
        )

    own = tracks.caller
    track = replace(own, speech=moved(own.speech), other=moved(own.other))
    return replace(tracks, caller=track), faults


def contradictions(record: CallRecord, tracks: Tracks, clocks: Clocks) -> list[Fault]:
    """Return the faults where the log has turns and the audio has none."""
    found: list[Fault] = []
    for side in SIDES:
        turns = [one for one in record.logged(side) if one.to_s is not None and one.to_s > (one.from_s or 0)]
        mute = [turn for turn in turns if _mute(turn, _side(tracks, side), clocks.shift_ms)]
        if len(mute) > max(1, len(turns) // 5):
            at = ", ".join(f"{turn.from_s:.1f} s" for turn in mute[:3])
            found.append(
                Fault(
                    "log_contradicts",
                    f"The log has {len(turns)} turns of the {side}; at {len(mute)} of them ({at}"
                    f"{', …' if len(mute) > 3 else ''}) nothing is heard of it, so the log's times are not used.",
                    "log",
                )
            )
    return found


def _mute(turn: LoggedTurn, track: SideTrack, shift_ms: float) -> bool:
    start, end = _ms(turn, shift_ms)
    return not shared_ms(((start - 300, end + 300),), (*track.speech, *track.other))


def _ms(turn: LoggedTurn, shift_ms: float = 0.0) -> Stretch:
    return round(turn.from_ms + shift_ms), round(turn.to_ms + shift_ms)


def swapped_by_log(record: CallRecord, tracks: Tracks) -> bool | None:
    """Return whether the log's turns fit the other channel better; ``None`` if neither fits clearly."""
    right = wrong = 0
    for side, other in (SIDES, SIDES[::-1]):
        spans = tuple(_ms(turn) for turn in record.logged(side) if turn.to_s is not None)
        right += shared_ms(spans, _side(tracks, side).speech)
        wrong += shared_ms(spans, _side(tracks, other).speech)
    if max(right, wrong) < 2000 or max(right, wrong) < 2 * min(right, wrong):
        return None
    return wrong > right


def _synthetic_side(tracks: Tracks) -> Side | None:
    """Return the synthetic side; ``None`` where the sides are alike."""
    apart = tracks.caller.dead - tracks.agent.dead
    return None if abs(apart) <= _DEAD_SHARE else "caller" if apart > 0 else "agent"


def doubtful_sides(tracks: Tracks) -> list[Fault]:
    """Return a fault if only the sides' silences suggest that they are swapped."""
    if _synthetic_side(tracks) != "caller" or not (tracks.caller.speech and tracks.agent.speech):
        return []
    sentence = (
        "The caller's side is digitally silent between words, like a synthetic voice, and the agent's is not. The "
        "sides may be swapped, and with them every measure; --caller-channel sets the caller's channel."
    )
    return [Fault("maybe_swapped", sentence)]


def guess_swapped(tracks: Tracks, by_log: bool | None) -> tuple[bool, str]:
    """Return whether the first channel is the agent's, and why, as half a sentence."""
    if by_log is not None:
        return by_log, "the log's turns fit best that way"
    caller, agent = tracks.caller, tracks.agent
    if _synthetic_side(tracks) is not None:
        return _synthetic_side(
            tracks
        ) == "caller", "the other one is digitally silent between words, like a synthetic voice"
    if caller.speech and agent.speech:
        first = caller.speech[0][0] < agent.speech[0][0]
        return first, "the other one speaks first, like an agent who answers a call"
    return False, "nothing shows which side is which, so the first channel counts as the caller's"
