"""One answer in preparation: navigation, tools, first token, buffer and speech synthesis as times on the clock."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from presets.layers import ResolvedVoiceConfig
from simulator.engine.chunks import NOTHING_SAID, Capped, Chunk, SpeakingRate, cap, chunks_after, voice_of
from simulator.engine.events import ToolDenied, ToolEnded, ToolStarted
from simulator.engine.profile import Values, lognormal_ms, seeded_draw
from simulator.engine.scenario import AgentAnswer, Script, State, Tool

if TYPE_CHECKING:
    from simulator.audio.source import SoundKey

FORWARD_CALL = "forward_call"
"""The only tool that ``voice_config`` can switch off."""


class ToolRun(NamedTuple):
    """One tool call on the clock, ms; ``queued_ms`` is how long it waited for other calls."""

    name: str
    start_ms: int
    end_ms: int
    queued_ms: int

    def runs_at(self, t_ms: int) -> bool:
        """Whether it runs at ``t_ms``."""
        return self.start_ms <= t_ms < self.end_ms


def next_progress_ms(runs: Sequence[ToolRun], interval_ms: int, after_ms: int) -> int | None:
    """Return the first time after ``after_ms`` at which a call has run for a whole number of intervals, ms."""
    due = []
    for run in runs:
        passed = max(0, after_ms - run.start_ms) // interval_ms
        at_ms = run.start_ms + (passed + 1) * interval_ms
        if at_ms < run.end_ms:
            due.append(at_ms)
    return min(due, default=None)


class ToolEvent(NamedTuple):
    """A tool call's event at a time. Sorts by time, and ends before starts."""

    at_ms: int
    order: int
    kind: type[ToolStarted | ToolEnded | ToolDenied]
    run: ToolRun
    denied: str = ""


def schedule(tools: Sequence[tuple[Tool, float]], capacity: int, asked_ms: int) -> tuple[ToolRun, ...]:
    """Schedule tools in order from ``asked_ms``, at most ``capacity`` at once.

    Each tool comes with the quantile 0…1 of its duration.
    """
    free_at = [asked_ms] * max(capacity, 1)
    runs = []
    for tool, quantile in tools:
        slot = min(range(len(free_at)), key=free_at.__getitem__)
        start_ms = free_at[slot]
        free_at[slot] = start_ms + lognormal_ms(tool.duration_ms, tool.duration_p95_ms, quantile)
        runs.append(ToolRun(tool.name, start_ms, free_at[slot], start_ms - asked_ms))
    return tuple(runs)


def tool_events(runs: Sequence[ToolRun], denied: Sequence[tuple[str, str]], asked_ms: int) -> list[ToolEvent]:
    """Return the events of tools in time order; ``denied`` are the tools not allowed, each with its reason."""
    events = [ToolEvent(run.end_ms, 0, ToolEnded, run) for run in runs]
    events += [ToolEvent(run.start_ms, 1, ToolStarted, run) for run in runs]
    events += [
        ToolEvent(asked_ms, 2, ToolDenied, ToolRun(name, asked_ms, asked_ms, 0), why) for name, why in denied
    ]
    return sorted(events, key=lambda event: event[:2])


def running(events: Sequence[ToolEvent]) -> list[ToolRun]:
    """Return the calls that have started and not ended, given the events still to come."""
    waiting = {event.run for event in events if event.kind is ToolStarted}
    return [event.run for event in events if event.kind is ToolEnded and event.run not in waiting]


EMOTIONS = ("friendly", "sympathetic", "calm", "enthusiastic", "serious", "cheerful", "curious", "content")


class MalformedNavigationError(ValueError):
    """A malformed navigation line; the message names the fault."""


@dataclass(frozen=True, slots=True)
class Navigation:
    """Navigation's decision. ``filler`` may be empty and may contain commas."""

    code: str
    verbose: bool
    emotion: str
    filler: str


@lru_cache(maxsize=1024)
def parse_navigation(line: str) -> Navigation:
    """Parse a navigation line. Raises :class:`MalformedNavigationError`."""
    if len(line.strip().splitlines()) > 1:
        raise MalformedNavigationError("it is more than one line")
    parts = line.strip().split(",", 3)
    if len(parts) < 4:
        raise MalformedNavigationError("it has fewer than four parts")
    code, verbosity, emotion, filler = (part.strip() for part in parts)
    if not code:
        raise MalformedNavigationError("CODE is empty")
    if verbosity not in ("0", "1"):
        raise MalformedNavigationError(f"V must be 0 or 1, not {verbosity!r}")
    if emotion not in EMOTIONS:
        raise MalformedNavigationError(f"EMOTION must be one of {', '.join(EMOTIONS)}, not {emotion!r}")
    return Navigation(code, verbosity == "1", emotion, filler)


class DrawKey(NamedTuple):
    """The key of the latency draws after one span of speech."""

    seed: int
    recording: str
    span: int

    def draw(self, stage: str) -> float:
        """Return the quantile 0…1 of one stage."""
        return seeded_draw(self.seed, self.recording, self.span, stage)


@dataclass(frozen=True, slots=True)
class Opening:
    """The settings-independent start of every answer to one span of speech.

    ``hint`` is the ``filler_hint`` of the action or exit that navigation chose. ``navigation_ms`` is ``None`` where
    navigation is skipped. ``sympathetic``: navigation chose that emotion, before which the agent may pause.
    """

    key: DrawKey
    line: AgentAnswer
    said_in: State
    changes_state: bool
    navigation_ms: int | None
    navigation: Navigation | None
    navigation_fault: str | None
    hint: str | None
    first_token_ms: int
    sympathetic: bool


@dataclass(slots=True)
class Generation:
    """An answer's times from its start, ms, as they are without an interruption.

    ``prompted_ms`` is the earliest start of the engage model, after navigation and tools. An answer without a plan
    waits for a confirmed end of turn, because the effects of tools cannot be undone.
    """

    number: int
    opening: Opening
    started_ms: int
    asked_ms: int
    """When navigation returned; without navigation, when the answer started."""
    tools: tuple[ToolRun, ...] = ()
    denied: tuple[tuple[str, str], ...] = ()
    prompted_ms: int = 0
    first_token_ms: int = 0
    said: Capped = NOTHING_SAID
    plan: tuple[Chunk, ...] = ()
    """Its chunks, with times in ms after the first token."""
    ready_ms: int = 0
    """The earliest time for its first sound."""


class GenerationPlanner:
    """Makes the generations of one run, or of several runs over the same recording.

    ``draws`` are the seed and the recording's key, which the latencies depend on.
    """

    def __init__(self, values: Values, script: Script, draws: tuple[int, str | SoundKey]) -> None:
        self._values = values
        self._script = script
        self._seed, self._recording = draws
        self._capacity = round(values.tool_capacity.value)
        self._openings: dict[tuple[int, int], Opening] = {}
        self._voice: tuple[str, float | None, SpeakingRate] | None = None

    def begin(self, span: int, turn: int, number: int, start_ms: int) -> Generation:
        """Start the answer to span ``span``, the last of the machine's turn ``turn``, at ``start_ms``."""
        opening = self._openings.get((span, turn))
        if opening is None:
            opening = self._openings[span, turn] = self._opening(span, turn)
        return Generation(number, opening, start_ms, start_ms + (opening.navigation_ms or 0))

    def _opening(self, span: int, turn: int) -> Opening:
        script, key = self._script, DrawKey(self._seed, str(self._recording), span)
        line, heard_in = script.line(span, turn), script.heard_in(span, turn)
        navigation_ms = navigation = fault = hint = None
        if not script.scenario.skips_navigation(line):
            navigation, fault = _read(line.navigation or "", heard_in)
            chosen = heard_in.choice(navigation.code) if navigation else None
            hint = chosen.filler_hint if chosen else None
            navigation_ms = self._values.nav_ms.at(key.draw("nav"))
        return Opening(
            key=key,
            line=line,
            said_in=script.scenario.state_of(line),
            changes_state=script.changes_state(span, turn),
            navigation_ms=navigation_ms,
            navigation=navigation,
            navigation_fault=fault,
            hint=hint,
            first_token_ms=self._values.engage_first_token_ms.at(key.draw("first_token")),
            sympathetic=navigation is not None and navigation.emotion == "sympathetic",
        )

    def voice(self, config: ResolvedVoiceConfig) -> SpeakingRate:
        """Return the agent's speaking rate under these settings."""
        known = self._voice
        if known is None or known[0] != config.tts_model or known[1] != config.min_tts_speed:
            voice = voice_of(self._values, config.tts_model, config.min_tts_speed)
            known = self._voice = (config.tts_model, config.min_tts_speed, voice)
        return known[2]

    def write(self, begun: Generation, config: ResolvedVoiceConfig, allowed_ms: int) -> None:
        """Plan the rest of an answer: tools, not before ``allowed_ms``, then text and speech."""
        opening = begun.opening
        line = opening.line
        begun.prompted_ms = begun.asked_ms
        if line.tools:
            self._plan_tools(begun, config, allowed_ms)
        begun.first_token_ms = begun.prompted_ms + opening.first_token_ms
        text = line.response
        if opening.navigation is not None and opening.navigation.verbose and line.long_response:
            text = line.long_response
        begun.said = cap(text, config.max_response_sentences, config.max_response_words)
        begun.plan = chunks_after(begun.said, self.voice(config), config.max_buffer_delay_ms)
        begun.ready_ms = begun.first_token_ms + begun.plan[0].ready_ms

    def _plan_tools(self, begun: Generation, config: ResolvedVoiceConfig, allowed_ms: int) -> None:
        opening = begun.opening
        asked_ms = max(begun.asked_ms, allowed_ms)
        allowed, denied = [], []
        for index, tool in enumerate(opening.line.tools):
            why = _denied(tool.name, config, opening.said_in)
            if why is None:
                allowed.append((tool, opening.key.draw(f"tool {index}")))
            else:
                denied.append((tool.name, why))
        begun.tools, begun.denied = schedule(allowed, self._capacity, asked_ms), tuple(denied)
        begun.prompted_ms = max((run.end_ms for run in begun.tools), default=asked_ms)


def _denied(name: str, config: ResolvedVoiceConfig, said_in: State) -> str | None:
    if name != FORWARD_CALL:
        return None
    if not config.forward_call_enabled:
        return "forward_call_enabled is off"
    if said_in.turn_policy.block_forward_call:
        return "the state's turn policy blocks forwarding"
    return None


def _read(line: str, state: State) -> tuple[Navigation | None, str | None]:
    try:
        navigation = parse_navigation(line)
    except MalformedNavigationError as error:
        return None, str(error)
    fault = state.fault(navigation.code)
    return (navigation, None) if fault is None else (None, fault)


# ---- the stages of a wait


STAGES = ("end_of_turn", "navigation", "tools", "first_token", "buffer", "tts", "post_eot_pause", "filler_queue")

NOT_SPLIT: Mapping[str, int] = {}
"""The stages of a wait whose split is not needed."""


def stages_ms(
    generation: Generation, speech_end_ms: int, confirmed_ms: int, pause_ms: int, heard_ms: int
) -> dict[str, int]:
    """Split the time from ``speech_end_ms`` to ``heard_ms`` into stages, ms, that add up to it exactly.

    Work before the confirmed end of turn costs the caller no wait, so it counts only from there. ``tts`` includes
    the transport to the caller. ``post_eot_pause`` includes the pause of ``empathy_hold_ms``.
    """
    split = {"end_of_turn": confirmed_ms - speech_end_ms}
    reached_ms = confirmed_ms
    moments = (
        generation.asked_ms,
        generation.prompted_ms,
        generation.first_token_ms,
        generation.first_token_ms + generation.plan[0].flushed_ms,
        generation.ready_ms,
        confirmed_ms + pause_ms,
        heard_ms,
    )
    for stage, at_ms in zip(STAGES[1:], moments, strict=True):
        if at_ms > reached_ms:
            split[stage] = at_ms - reached_ms
            reached_ms = at_ms
        else:
            split[stage] = 0
    return split
