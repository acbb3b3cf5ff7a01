"""A run as a story: turn by turn, what happened and why, in plain sentences."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from simulator.audio.injecting import SOUNDS, Injection
from simulator.engine.events import (
    BargeIn,
    BargeInSuppressed,
    EagerEndOfTurn,
    EndOfTurn,
    Event,
    FillerStarted,
    MissedResponse,
    NavDecided,
    NavMalformed,
    ResponseEnded,
    ResponseStarted,
    ResponseTruncated,
    SpeechEnded,
    SpeechStarted,
    ToolDenied,
    ToolEnded,
    ToolStarted,
    TurnReopened,
    TurnResumed,
    Underrun,
    heard_speech,
)
from simulator.engine.generation import STAGES
from simulator.labels import Labels
from simulator.measures.truth import moved
from simulator.measures.turns import TurnOutcome
from simulator.study import Run

_QUOTED = 70
"""Characters of a quoted sentence shown before it is cut."""

_FOREVER_MS = 1 << 60


@dataclass(frozen=True, slots=True)
class Moment:
    """One sentence of the story, at ``t_ms`` of the run."""

    t_ms: int
    text: str


@dataclass(frozen=True, slots=True)
class Chapter:
    """One caller turn: the words, the events that followed, and one sentence with its measures.

    ``verdict`` is empty in scripted replay, which decides only barge-in.
    """

    start_ms: int
    title: str
    moments: tuple[Moment, ...]
    verdict: str


def story(run: Run, labels: Labels | None, injections: Sequence[Injection] = ()) -> list[Chapter]:
    """Return the story of a run. Events before the first turn belong to its chapter, as do injected sounds."""
    turns = run.measured.turns
    texts = [turn.text for turn in labels.caller_turns()] if labels and run.measured.labelled else []
    limits = [outcome.turn.start_ms for outcome in turns[1:]] + [_FOREVER_MS]
    scripted = run.played.mode == "scripted"
    chapters, events = [], list(run.played.events)
    speech = heard_speech(events, _FOREVER_MS)
    moments = [*_injected_moments(run, injections), *filter(None, map(_moment, events))]
    moments += [Moment(one.t_ms, f"{one.words().capitalize()}.") for one in run.measured.overlaps]
    moments.sort(key=lambda moment: moment.t_ms)
    if not turns:
        greeted = any(isinstance(event, ResponseStarted) and event.greeting for event in events)
        nothing = (
            "" if scripted else "The caller is silent after the greeting." if greeted else "Nothing to answer."
        )
        return [Chapter(0, "No caller turn", tuple(moments), nothing)] if moments else []
    for number, (outcome, limit_ms) in enumerate(zip(turns, limits, strict=True)):
        inside = tuple(moment for moment in moments if moment.t_ms < limit_ms)
        moments = moments[len(inside) :]
        text = texts[outcome.turn.index] if outcome.turn.index < len(texts) else ""
        title = f"Turn {number + 1}" + (f": “{_short(text)}”" if text else "")
        until = "the caller spoke again" if number + 1 < len(turns) else "the call ended"
        heard = any(start < outcome.turn.end_ms and end > outcome.turn.start_ms for start, end in speech)
        verdict = "" if scripted else _verdict(outcome, until, heard=heard, labelled=bool(texts))
        chapters.append(Chapter(outcome.turn.start_ms, title, inside, verdict))
    return chapters


def _injected_moments(run: Run, injections: Sequence[Injection]) -> list[Moment]:
    """Return when injected sounds were played."""
    played = [(one, moved(run.played.placements, one.at_ms / 1000, one.end_ms / 1000)) for one in injections]
    return [
        Moment(span[0], f"Put in: {SOUNDS[one.sound].title}, which should not stop the agent.")
        for one, span in played
        if span is not None
    ]


def _short(text: str) -> str:
    return text if len(text) <= _QUOTED else text[: _QUOTED - 1].rstrip() + "…"


def _verdict(outcome: TurnOutcome, until: str, *, heard: bool, labelled: bool) -> str:
    said = []
    if outcome.cut_in:
        said.append("Cut in: the agent ended the turn, and was heard, before the caller had finished.")
    if outcome.early_end:
        said.append("Ended early: the agent ended the turn before the caller had finished; nothing was heard.")
    if outcome.missed and heard:
        said.append(f"Missed: no end of turn before {until}.")
    elif outcome.missed:
        said.append("Missed: nothing was heard of this turn.")
    if outcome.response_ms is not None and outcome.stages_ms is not None:
        after = "the true end" if labelled else "the last word heard"
        parts = sorted(STAGES, key=lambda stage: -outcome.stages_ms[stage] if outcome.stages_ms else 0)
        most = [f"{stage.replace('_', ' ')} {outcome.stages_ms[stage]}" for stage in parts[:3]]
        said.append(f"Answered {outcome.response_ms} ms after {after} (most of it: {', '.join(most)} ms).")
        if outcome.filler_overhang_ms:
            said.append(
                f"The answer was ready {outcome.filler_overhang_ms} ms earlier, but a filler was being said."
            )
    elif not outcome.missed:
        said.append(f"Not answered before {until}.")
    if outcome.hanging:
        said.append("Left hanging: nothing was heard for 5 s.")
    if outcome.dead_air_ms:
        said.append(f"{outcome.dead_air_ms / 1000:.1f} s of dead air.")
    return " ".join(said)


def _moment(event: Event) -> Moment | None:
    text = event_sentence(event)
    return Moment(event.t_ms, text) if text else None


def event_sentence(event: Event) -> str:
    """Return what happened and why; "" for an event that its neighbours describe."""
    what = _BECAUSE.get(type(event))
    return _sentence(event) if what is None else f"{what}: {event.why.text()}."


_BECAUSE: dict[type[Event], str] = {
    EagerEndOfTurn: "An eager answer starts",
    TurnResumed: "The caller resumes",
    TurnReopened: "The caller resumes after all",
    EndOfTurn: "End of turn",
    NavMalformed: "Navigation failed",
    ResponseEnded: "The agent is silent",
    Underrun: "A gap in the agent's speech",
    BargeInSuppressed: "The agent talks on",
    MissedResponse: "The caller gives up waiting",
}
"""The sentences for events whose reason says the rest."""


def _sentence(event: Event) -> str:
    """Return an event's sentence. Its neighbours describe what it omits (the emotion, the end of a filler)."""
    why = event.why.text()
    match event:
        case SpeechStarted():
            return "The caller speaks."
        case SpeechEnded():
            return f"The caller falls silent, sounding {event.completeness:.0%} finished."
        case NavDecided():
            return _navigation(event)
        case FillerStarted():
            return f"The agent says “{_short(event.text)}”: {why}."
        case ResponseStarted():
            return _response(event)
        case ResponseTruncated():
            return f"{event.words_cut} words are cut: {why}."
        case BargeIn():
            return _barge_in(event)
        case ToolStarted():
            return f"Tool {event.tool} starts: {why}."
        case ToolEnded():
            return f"Tool {event.tool} {'is cancelled' if event.cancelled else 'is done'}: {why}."
        case ToolDenied():
            return f"Tool {event.tool} is denied: {why}."
        case _:
            return ""


def _navigation(event: NavDecided) -> str:
    filler = f", filler “{_short(event.filler)}”" if event.filler else ", no filler"
    hint = f", hint “{_short(event.filler_hint)}”" if event.filler_hint else ""
    longer = ", the longer answer" if event.verbose else ""
    return f"Navigation chose {event.code}, {event.emotion}{longer}{filler}{hint}: {event.why.text()}."


def _response(event: ResponseStarted) -> str:
    if event.why.rule == "scripted":
        return f"The agent {'greets the caller' if event.greeting else 'talks'} (from the labels)."
    if event.greeting:
        return f"The agent greets the caller, “{_short(event.text)}”: {event.why.text()}."
    what = "The agent goes on" if event.resumed else "The agent answers"
    choppy = f" It starts choppily, with {event.first_chunk_words} word(s)." if event.choppy else ""
    return f"{what}, “{_short(event.text)}”: {event.why.text()}.{choppy}"


def _barge_in(event: BargeIn) -> str:
    heard, unsaid = event.interrupted_text, " ".join(event.discarded_texts)
    lost = f" Never said: “{_short(unsaid)}”." if unsaid else ""
    after = f" after “{heard[-_QUOTED:]}”" if heard else ""
    return f"The caller stops the agent{after}: {event.why.text()}.{lost}"
