"""Barge-in against labelled events, one by one: what was over the agent, and did the agent stop for it?

Scripted replay only: the agent talks where the labels say, until the caller stops it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

from simulator.engine.events import BargeIn, Event
from simulator.labels import AgentEvent, Labels
from simulator.measures.interruptions import STOP_WITHIN_MS, is_about
from simulator.measures.readouts import Spread
from simulator.measures.truth import Stretch
from simulator.measures.turns import Sound, sounds_of

LONG_MS = 1000
"""Interruptions at least this long are counted apart: a second of speech cannot be a murmur."""

Fate = Literal["stopped", "missed", "ended", "let pass", "not over the agent"]


@dataclass(frozen=True, slots=True)
class Happened:
    """One labelled event, or a barge-in about nothing labelled, and what the agent did.

    ``fate``: the agent was "stopped" by it (``stop_ms`` after its onset); it "missed" an interruption; its sound
    had "ended" by itself within 2 s of the onset; it rightly "let pass" what was no interruption; or it was silent
    then, for instance because something had stopped it before.
    """

    kind: str
    start_ms: int
    end_ms: int
    fate: Fate
    stop_ms: int | None = None


def happened(events: tuple[Event, ...], labels: Labels) -> tuple[Happened, ...]:
    """Return every labelled event with its fate, then the barge-ins that are about none of them."""
    sounds = sounds_of(events)
    barge_ins = [event for event in events if isinstance(event, BargeIn)]
    wanted = _interruptions(labels)
    distractors = [(_kind(event), *_bounds(event)) for event in labels.events if not event.should_barge_in]
    false = [event for event in barge_ins if not is_about(event, wanted)]
    found = [_interruption(stretch, sounds, barge_ins) for stretch in wanted]
    found += [_distractor(kind, (start, end), sounds, false) for kind, start, end in distractors]
    for event in false:
        if not is_about(event, [(start, end) for _, start, end in distractors]):
            found.append(Happened(UNLABELLED, event.speech_start_ms, event.t_ms, "stopped"))
    return tuple(found)


@dataclass(frozen=True, slots=True)
class KindScore:
    """Events of one kind: how many were over the agent, and how many stopped it (hits, or false alarms)."""

    kind: str
    wanted: bool
    labelled: int
    over_agent: int
    stopped: int
    missed: int
    ended: int
    stop_ms: Spread

    def to_json(self) -> dict[str, Any]:
        """Return the score as scripts see it."""
        shown: dict[str, Any] = {"kind": self.kind, "labelled": self.labelled, "over_agent": self.over_agent}
        if not self.wanted:
            return {**shown, "false_alarms": self.stopped}
        spread = {name: getattr(self.stop_ms, name) for name in ("p50", "p90", "p95", "max", "n")}
        return {**shown, "hits": self.stopped, "misses": self.missed, "agent_ended": self.ended, "stop_ms": spread}


WANTED = ("long interruption", "short interruption")
UNLABELLED = "nothing labelled"
"""The kind of a barge-in about nothing that labels know of, such as the agent's echo."""

_ORDER = (*WANTED, "backchannel", "cough", "other noise")


def score_barge_in(found: Iterable[Happened]) -> tuple[KindScore, ...]:
    """Count events by kind, interruptions first."""
    by_kind: dict[str, list[Happened]] = {}
    for one in found:
        by_kind.setdefault(one.kind, []).append(one)
    kinds = [kind for kind in _ORDER if kind in by_kind] + sorted(set(by_kind) - set(_ORDER))
    return tuple(_score(kind, by_kind[kind]) for kind in kinds)


def _score(kind: str, found: list[Happened]) -> KindScore:
    fates = [one.fate for one in found]
    return KindScore(
        kind=kind,
        wanted=kind in WANTED,
        labelled=len(found) if kind != UNLABELLED else 0,
        over_agent=len(found) - fates.count("not over the agent"),
        stopped=fates.count("stopped"),
        missed=fates.count("missed"),
        ended=fates.count("ended"),
        stop_ms=Spread.of(one.stop_ms for one in found if one.stop_ms is not None),
    )


def _bounds(part: AgentEvent) -> Stretch:
    return round(part.start_s * 1000), round(part.end_s * 1000)


def _kind(event: AgentEvent) -> str:
    if event.type != "noise":
        return event.type
    return "cough" if "cough" in str((event.model_extra or {}).get("what", "")) else "other noise"


def _interruptions(labels: Labels) -> list[Stretch]:
    """Return the labelled interruptions, and the turns that begin while the agent talks, each once."""
    events = [_bounds(event) for event in labels.events if event.should_barge_in]
    turns = [(round(turn.start_s * 1000), round(turn.end_s * 1000)) for turn in labels.caller_turns()]
    extra = [
        (start, end)
        for start, end in turns
        if any(opens * 1000 < start < closes * 1000 for opens, closes in labels.agent)
        and not any(start < other_end and other_start < end for other_start, other_end in events)
    ]
    return sorted(events + extra)


def _interruption(stretch: Stretch, sounds: tuple[Sound, ...], barge_ins: list[BargeIn]) -> Happened:
    onset_ms, end_ms = stretch
    kind = WANTED[0] if end_ms - onset_ms >= LONG_MS else WANTED[1]
    under = next((sound for sound in sounds if sound.start_ms < onset_ms < sound.end_ms), None)
    if under is None or any(under.start_ms <= event.t_ms < onset_ms for event in barge_ins):
        return Happened(kind, onset_ms, end_ms, "not over the agent")
    if under.end_ms > onset_ms + STOP_WITHIN_MS:
        return Happened(kind, onset_ms, end_ms, "missed")
    if not under.interrupted:
        return Happened(kind, onset_ms, end_ms, "ended")
    return Happened(kind, onset_ms, end_ms, "stopped", under.end_ms - onset_ms)


def _distractor(kind: str, stretch: Stretch, sounds: tuple[Sound, ...], false: list[BargeIn]) -> Happened:
    start_ms, end_ms = stretch
    if any(is_about(event, [stretch]) for event in false):
        return Happened(kind, start_ms, end_ms, "stopped")
    over = any(sound.start_ms < end_ms and start_ms < sound.end_ms for sound in sounds)
    return Happened(kind, start_ms, end_ms, "let pass" if over else "not over the agent")
