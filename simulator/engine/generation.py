"""One answer being made: navigation, tools, first token, buffer, speech synthesis, as times on the clock."""

from __future__ import annotations

from typing import NamedTuple

from presets.layers import ResolvedVoiceConfig
from simulator.engine.chunks import Chunk, Words, chunks_after, voice_of
from simulator.engine.navigation import MalformedNavigationError, Navigation, parse_navigation
from simulator.engine.profile import Values, seeded_draw
from simulator.engine.scenario import Line, State
from simulator.engine.text import cap, text_of
from simulator.engine.tools import FORWARD_CALL, ToolRun, schedule


class LuckKey(NamedTuple):
    """What the stage latencies after one span of speech depend on."""

    seed: int
    recording: str
    span: int

    def draw(self, stage: str) -> float:
        """Return a quantile 0…1 for one stage."""
        return seeded_draw(self.seed, self.recording, self.span, stage)


class Generation(NamedTuple):
    """An answer from its start: every time it would reach if nobody interrupted, in ms.

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
