"""A run told as a story: turn by turn, what happened and why, in sentences a colleague can follow."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from simulator.engine.events import Event
from simulator.engine.stages import STAGES
from simulator.labels import Labels
from simulator.measures.turns import TurnOutcome
from simulator.study import Run

_QUOTED = 70
"""Characters of a sentence shown before it is cut."""

_FOREVER_S = 1 << 40


@dataclass(frozen=True, slots=True)
class Moment:
    """One sentence of the story, at ``t_ms`` of the run."""

    t_ms: int
    text: str


@dataclass(frozen=True, slots=True)
class Chapter:
    """One caller turn: who says what, what followed, and in one sentence how it measures.

    There is no ``verdict`` in scripted replay, which decides nothing but barge-in.
    """

    start_ms: int
    title: str
    moments: tuple[Moment, ...]
    verdict: str


def story(run: Run, labels: Labels | None) -> list[Chapter]:
    """Tell a run. What happened before the first turn belongs to it."""
    turns = run.measured.turns
    texts = [turn.text for turn in labels.caller_turns()] if labels and run.measured.labelled else []
    limits = [outcome.turn.start_ms for outcome in turns[1:]] + [1 << 60]
    scripted = run.played.mode == "scripted"
    chapters, events = [], list(run.played.events)
    speech = _speech(events)
    moments = list(filter(None, map(_moment, events)))
    if not turns:
        nothing = "" if scripted else "Nothing to answer."
        return [Chapter(0, "No caller turn", tuple(moments), nothing)] if moments else []
    for number, (outcome, limit_ms) in enumerate(zip(turns, limits, strict=True)):
        told = tuple(moment for moment in moments if moment.t_ms < limit_ms)
        moments = moments[len(told) :]
        text = texts[outcome.turn.index] if outcome.turn.index < len(texts) else ""
        title = f"Turn {number + 1}" + (f": “{_short(text)}”" if text else "")
        until = "the caller spoke again" if number + 1 < len(turns) else "the call ended"
        heard = any(start < outcome.turn.end_ms and end > outcome.turn.start_ms for start, end in speech)
        verdict = "" if scripted else _verdict(outcome, until, heard=heard, labelled=bool(texts))
        chapters.append(Chapter(outcome.turn.start_ms, title, told, verdict))
    return chapters


def _short(text: str) -> str:
    return text if len(text) <= _QUOTED else text[: _QUOTED - 1].rstrip() + "…"


def _speech(events: list[Event]) -> list[tuple[int, int]]:
    """Return when the caller was heard, ms; speech that never ended goes on for ever."""
    ends = {event.data["span"]: event.data["end"] for event in events if event.type == "speech_end"}
    starts = {event.data["span"]: event.data["start"] for event in events if event.type == "speech_start"}
    return [(round(1000 * start), round(1000 * ends.get(span, _FOREVER_S))) for span, start in starts.items()]


def _verdict(outcome: TurnOutcome, until: str, *, heard: bool, labelled: bool) -> str:
    told = []
    if outcome.cut_in:
        told.append("Cut in: the turn was taken to be over while the caller was not done.")
    if outcome.missed and heard:
        told.append(f"Missed: no end of turn before {until}.")
    elif outcome.missed:
        told.append("Missed: nothing was heard of this turn.")
    if outcome.response_ms is not None and outcome.stages_ms is not None:
        after = "the true end" if labelled else "the last word heard"
        parts = sorted(STAGES, key=lambda stage: -outcome.stages_ms[stage] if outcome.stages_ms else 0)
        most = [f"{stage.replace('_', ' ')} {outcome.stages_ms[stage]}" for stage in parts[:3]]
        told.append(f"Answered {outcome.response_ms} ms after {after} (most of it: {', '.join(most)} ms).")
        if outcome.filler_overhang_ms:
            told.append(
                f"The answer was ready {outcome.filler_overhang_ms} ms earlier, but a filler was being said."
            )
    elif not outcome.missed:
        told.append(f"Not answered before {until}.")
    if outcome.dead_air_ms:
        told.append(f"{outcome.dead_air_ms / 1000:.1f} s of dead air.")
    return " ".join(told)


def _moment(event: Event) -> Moment | None:
    tell = _TELLERS.get(event.type)
    return None if tell is None else Moment(event.t_ms, tell(event))


def _because(what: str) -> Callable[[Event], str]:
    return lambda event: f"{what}: {event.why.text()}."


def _navigation(event: Event) -> str:
    data = event.data
    filler = f", filler “{_short(data['filler'])}”" if data["filler"] else ", no filler"
    hint = f", hint “{_short(data['filler_hint'])}”" if data.get("filler_hint") else ""
    longer = ", the longer answer" if data["verbose"] else ""
    return f"Navigation chose {data['code']}, {data['emotion']}{longer}{filler}{hint}: {event.why.text()}."


def _response(event: Event) -> str:
    if event.why.rule == "scripted":
        return "The agent talks (from the labels)."
    what = "The agent goes on" if event.data.get("resumed") else "The agent answers"
    choppy = f" It starts choppily, with {event.data['first_chunk_words']} word(s)." if event.data["choppy"] else ""
    return f"{what}, “{_short(event.data['text'])}”: {event.why.text()}.{choppy}"


def _barge_in(event: Event) -> str:
    heard, unsaid = event.data["interrupted_text"], " ".join(event.data["discarded_texts"])
    lost = f" Never said: “{_short(unsaid)}”." if unsaid else ""
    after = f" after “{heard[-_QUOTED:]}”" if heard else ""
    return f"The caller stops the agent{after}: {event.why.text()}.{lost}"


def _end(event: Event) -> str:
    return f"The agent is silent: {event.why.text()}."


def _tool_end(event: Event) -> str:
    what = "is cancelled" if event.data["cancelled"] else "is done"
    return f"Tool {event.data['tool']} {what}: {event.why.text()}."


_TELLERS: dict[str, Callable[[Event], str]] = {
    "speech_start": lambda _: "The caller speaks.",
    "speech_end": lambda event: f"The caller falls silent, sounding {event.data['completeness']:.0%} finished.",
    "eager_end_of_turn": _because("An answer is begun ahead of time"),
    "turn_resumed": _because("The caller goes on"),
    "turn_reopened": _because("The caller goes on after all"),
    "end_of_turn": _because("End of turn"),
    "nav_decided": _navigation,
    "nav_malformed": _because("Navigation failed"),
    "filler_start": lambda event: f"The agent says “{_short(event.data['text'])}”: {event.why.text()}.",
    "response_start": _response,
    "response_end": _end,
    "response_truncated": lambda event: f"{event.data['words_cut']} words are cut: {event.why.text()}.",
    "underrun": _because("A gap in the agent's speech"),
    "barge_in": _barge_in,
    "barge_in_suppressed": _because("The agent talks on"),
    "tool_start": lambda event: f"Tool {event.data['tool']} starts: {event.why.text()}.",
    "tool_end": _tool_end,
    "tool_denied": lambda event: f"Tool {event.data['tool']} is denied: {event.why.text()}.",
    "missed_response": _because("The caller gives up waiting"),
}
"""How each event is told; what is left out (the emotion, the end of a filler) is told by the events around it."""
