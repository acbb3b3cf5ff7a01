"""One answer being made: navigation, tools, first token, buffer, speech synthesis, as times on the clock."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from presets.layers import ResolvedVoiceConfig
from simulator.engine.chunks import Chunk, Words, cap, chunks_after, text_of, voice_of
from simulator.engine.events import ToolDenied, ToolEnded, ToolStarted
from simulator.engine.profile import Values, lognormal_ms, seeded_draw
from simulator.engine.scenario import Line, State, Tool

FORWARD_CALL = "forward_call"
"""The one tool that ``voice_config`` can switch off."""


class ToolRun(NamedTuple):
    """One tool call on the clock, ms; ``queued_ms`` is how long it waited for others to end."""

    name: str
    start_ms: int
    end_ms: int
    queued_ms: int

    def runs_at(self, t_ms: int) -> bool:
        """Whether it runs at a moment."""
        return self.start_ms <= t_ms < self.end_ms


def next_progress_ms(runs: Sequence[ToolRun], interval_ms: int, after_ms: int) -> int | None:
    """Return the next moment after ``after_ms`` at which a call has run for a whole number of intervals."""
    due = []
    for run in runs:
        passed = max(0, after_ms - run.start_ms) // interval_ms
        at_ms = run.start_ms + (passed + 1) * interval_ms
        if at_ms < run.end_ms:
            due.append(at_ms)
    return min(due, default=None)


class ToolEvent(NamedTuple):
    """Something a tool call does at a moment; sorts by time, ends before starts."""

    at_ms: int
    order: int
    kind: type[ToolStarted | ToolEnded | ToolDenied]
    run: ToolRun
    denied: str = ""


def schedule(tools: Sequence[tuple[Tool, float]], capacity: int, asked_ms: int) -> tuple[ToolRun, ...]:
    """Lay tools out from ``asked_ms`` on, in their order, at most ``capacity`` at once.

    Each comes with the quantile 0…1 of its duration.
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
    """Return what tools will do, in order of time; ``denied`` are those not allowed, each with its reason."""
    events = [ToolEvent(run.end_ms, 0, ToolEnded, run) for run in runs]
    events += [ToolEvent(run.start_ms, 1, ToolStarted, run) for run in runs]
    events += [
        ToolEvent(asked_ms, 2, ToolDenied, ToolRun(name, asked_ms, asked_ms, 0), why) for name, why in denied
    ]
    return sorted(events, key=lambda event: event[:2])


def running(events: Sequence[ToolEvent]) -> list[ToolRun]:
    """Return the calls that have begun but not ended, given what is still to come."""
    waiting = {event.run for event in events if event.kind is ToolStarted}
    return [event.run for event in events if event.kind is ToolEnded and event.run not in waiting]


EMOTIONS = ("friendly", "sympathetic", "calm", "enthusiastic", "serious", "cheerful", "curious", "content")


class MalformedNavigationError(ValueError):
    """A navigation line that does not have the documented form; the message says what is wrong with it."""


@dataclass(frozen=True, slots=True)
class Navigation:
    """What navigation decided. ``filler`` may be empty and may hold commas."""

    code: str
    verbose: bool
    emotion: str
    filler: str


@lru_cache(maxsize=1024)
def parse_navigation(line: str) -> Navigation:
    """Read a navigation line. Raises :class:`MalformedNavigationError`."""
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


class LuckKey(NamedTuple):
    """What the stage latencies after one span of speech depend on."""

    seed: int
    recording: str
    span: int

    def draw(self, stage: str) -> float:
        """Return a quantile 0…1 for one stage."""
        return seeded_draw(self.seed, self.recording, self.span, stage)


class Generation(NamedTuple):
    """An answer from its start: every time it would reach without an interruption, in ms.

    ``prompted_ms`` is when the engage model may begin, after navigation and tools. Without a plan the answer waits
    for a confirmed end of turn, because tools do things that cannot be undone.
    """

    number: int
    key: LuckKey
    line: Line
    heard_in: State
    started_ms: int
    navigated_ms: int | None
    navigation: Navigation | None
    navigation_fault: str | None
    hint: str | None = None
    """The ``filler_hint`` of the action or exit that navigation chose."""
    tools: tuple[ToolRun, ...] = ()
    denied: tuple[tuple[str, str], ...] = ()
    prompted_ms: int = 0
    first_token_ms: int = 0
    sentences: tuple[Words, ...] = ()
    plan: tuple[Chunk, ...] = ()
    """Its chunks, with times after the first token."""
    ready_ms: int = 0
    """When its first sound could play."""
    words_cut: int = 0

    @property
    def chunks(self) -> tuple[Chunk, ...]:
        """Its chunks on the clock."""
        start_ms = self.first_token_ms
        return tuple(
            Chunk(words, start_ms + flushed_ms, start_ms + ready_ms, duration_ms)
            for words, flushed_ms, ready_ms, duration_ms in self.plan
        )

    @property
    def text(self) -> str:
        """All that would be said."""
        return text_of(self.sentences)

    @property
    def asked_ms(self) -> int:
        """When navigation had returned; without navigation, when the answer was begun."""
        return self.started_ms if self.navigated_ms is None else self.navigated_ms


class GenerationPlanner:
    """What every generation of one run is made with."""

    def __init__(self, values: Values) -> None:
        self._values = values
        self._capacity = round(values.tool_capacity.value)

    def begin(
        self, line: Line, heard_in: State, *, skip_navigation: bool, number: int, key: LuckKey, start_ms: int
    ) -> Generation:
        """Begin the answer ``line`` with navigation, at ``start_ms``."""
        if skip_navigation:
            return Generation(number, key, line, heard_in, start_ms, None, None, None)
        nav = self._values.nav_ms
        navigation, fault = _read(line.navigation or "", heard_in)
        chosen = heard_in.choice(navigation.code) if navigation else None
        hint = chosen.filler_hint if chosen else None
        navigated_ms = start_ms + nav.at(key.draw("nav"))
        return Generation(number, key, line, heard_in, start_ms, navigated_ms, navigation, fault, hint)

    def write(self, begun: Generation, config: ResolvedVoiceConfig, allowed_ms: int, said_in: State) -> Generation:
        """Plan the rest of an answer: tools, not before ``allowed_ms``, then text and speech."""
        line, key = begun.line, begun.key
        tools, denied, prompted_ms = self._tools(begun, config, allowed_ms, said_in)
        first_token = self._values.engage_first_token_ms
        first_token_ms = prompted_ms + first_token.at(key.draw("first_token"))
        text = line.response
        if begun.navigation is not None and begun.navigation.verbose and line.long_response:
            text = line.long_response
        capped = cap(text, config.max_response_sentences, config.max_response_words)
        voice = voice_of(self._values, config.tts_model, config.min_tts_speed)
        plan = chunks_after(capped.sentences, voice, config.max_buffer_delay_ms)
        return begun._replace(
            tools=tools,
            denied=denied,
            prompted_ms=prompted_ms,
            first_token_ms=first_token_ms,
            sentences=capped.sentences,
            plan=plan,
            ready_ms=first_token_ms + plan[0].ready_ms,
            words_cut=capped.words_cut,
        )

    def _tools(
        self, begun: Generation, config: ResolvedVoiceConfig, allowed_ms: int, said_in: State
    ) -> tuple[tuple[ToolRun, ...], tuple[tuple[str, str], ...], int]:
        if not begun.line.tools:
            return (), (), begun.asked_ms
        asked_ms = max(begun.asked_ms, allowed_ms)
        allowed, denied = [], []
        for index, tool in enumerate(begun.line.tools):
            why = _denied(tool.name, config, said_in)
            if why is None:
                allowed.append((tool, begun.key.draw(f"tool {index}")))
            else:
                denied.append((tool.name, why))
        runs = schedule(allowed, self._capacity, asked_ms)
        return runs, tuple(denied), max((run.end_ms for run in runs), default=asked_ms)


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


# ---- where the wait went


STAGES = ("end_of_turn", "navigation", "tools", "first_token", "buffer", "tts", "post_eot_pause", "filler_queue")


def stages_ms(
    generation: Generation, speech_end_ms: int, confirmed_ms: int, pause_ms: int, heard_ms: int
) -> dict[str, int]:
    """Split the time from ``speech_end_ms`` to ``heard_ms`` into stages that add up to it exactly.

    Work done ahead of the confirmed end of turn cost the caller no wait, so it counts only from there on. ``tts``
    includes the transport to the caller's ear; ``post_eot_pause`` the quiet of ``empathy_hold_ms``.
    """
    flushed_ms = generation.first_token_ms + generation.plan[0].flushed_ms
    split = {"end_of_turn": confirmed_ms - speech_end_ms}
    reached_ms = confirmed_ms
    for stage, at_ms in (
        ("navigation", generation.asked_ms),
        ("tools", generation.prompted_ms),
        ("first_token", generation.first_token_ms),
        ("buffer", flushed_ms),
        ("tts", generation.ready_ms),
        ("post_eot_pause", confirmed_ms + pause_ms),
        ("filler_queue", heard_ms),
    ):
        split[stage] = max(0, at_ms - reached_ms)
        reached_ms = max(reached_ms, at_ms)
    return split
