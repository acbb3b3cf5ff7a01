"""The current answer: its generation, navigation, tools and fillers, on the machine's clock."""

from __future__ import annotations

from collections.abc import Callable

from presets.layers import ResolvedVoiceConfig
from simulator.engine.caller import ORDER, Due
from simulator.engine.chunks import SpeakingRate
from simulator.engine.events import (
    Emit,
    EmotionApplied,
    NavDecided,
    NavMalformed,
    ToolDenied,
    ToolEnded,
    ToolStarted,
)
from simulator.engine.fillers import FillerScheduler, Kind
from simulator.engine.generation import (
    Generation,
    GenerationPlanner,
    Opening,
    ToolEvent,
    next_progress_ms,
    running,
    tool_events,
)
from simulator.engine.profile import Values
from simulator.engine.why import Why

_NAVIGATION, _TOOL = ORDER["navigation"], ORDER["tool"]


class ResponseInProgress:
    """Everything between a caller's turn and the first sound of the response.

    ``brief``: no events of navigation and tools, because no readout needs them.
    """

    def __init__(self, values: Values, planner: GenerationPlanner, emit: Emit, *, brief: bool = False) -> None:
        self.generation: Generation | None = None
        self.confirmed_ms: int | None = None
        """When the end of turn that it answers was confirmed."""
        self.last_number = -1
        self.fillers = FillerScheduler()
        self._planner = planner
        self._filler_first_audio_ms = round(values.filler_first_audio_ms.value)
        self._emit = emit
        self._navigation_reported = self._brief = brief
        self._tool_events: list[ToolEvent] = []

    def begin(self, span: int, turn: int, config: ResolvedVoiceConfig, now_ms: int) -> Generation:
        """Start a generation after span ``span``, whether or not the end of turn is confirmed."""
        self.last_number += 1
        begun = self._planner.begin(span, turn, self.last_number, now_ms)
        self._navigation_reported = self._brief
        self.confirmed_ms = None
        self.fillers.clear()
        if not begun.opening.line.tools:
            self._planner.write(begun, config, now_ms)
        self.generation = begun
        return begun

    def confirm(self, config: ResolvedVoiceConfig, now_ms: int) -> None:
        """Start what needed a confirmed end of turn: tools and fillers."""
        generation = self.generation
        assert generation is not None
        self.confirmed_ms = now_ms
        if not generation.plan:
            self._planner.write(generation, config, now_ms)
            asked_ms = max(generation.asked_ms, now_ms)
            self._tool_events = tool_events(generation.tools, generation.denied, asked_ms)
            self._plan_progress(config, asked_ms)
        if generation.opening.navigation_ms is None:
            self.fillers.plan("backchannel", now_ms + config.backchannel_delay_ms)
            return
        self._plan_fillers(generation.opening, max(generation.asked_ms, now_ms), config)
        if self._navigation_reported and not self._brief:
            self._emit_emotion()

    def voice(self, config: ResolvedVoiceConfig) -> SpeakingRate:
        """Return the agent's speaking rate."""
        return self._planner.voice(config)

    def quiet_until_ms(self, config: ResolvedVoiceConfig) -> int:
        """Return the earliest time of a response, ms: after ``post_eot_pause_ms`` or the pause for sympathy."""
        quiet_ms = config.post_eot_pause_ms
        if self.generation is not None and self.generation.opening.sympathetic:
            quiet_ms = max(quiet_ms, config.empathy_hold_ms)
        return (self.confirmed_ms or 0) + quiet_ms

    def fillers_from_ms(self, config: ResolvedVoiceConfig) -> int:
        """Return the earliest time of a filler, ms: after the pause for sympathy."""
        sympathetic = self.generation is not None and self.generation.opening.sympathetic
        return (self.confirmed_ms or 0) + (config.empathy_hold_ms if sympathetic else 0)

    def finish(self) -> tuple[Generation, int]:
        """Finish the answer; return it with the time its end of turn was confirmed, ms."""
        generation, confirmed_ms = self.generation, self.confirmed_ms
        assert generation is not None
        assert confirmed_ms is not None
        self._forget()
        return generation, confirmed_ms

    def discard(self) -> int | None:
        """Discard the answer, if there is one, and cancel its tools; return its number."""
        generation = self.generation
        if generation is None:
            return None
        left, self._tool_events = running(self._tool_events) if self._tool_events else [], []
        for run in left:
            self._emit(
                ToolEnded,
                lambda: Why("tool_cancelled", {}),
                tool=run.name,
                generation=generation.number,
                cancelled=True,
            )
        self._forget()
        return generation.number

    def _forget(self) -> None:
        self.generation = self.confirmed_ms = None
        self._tool_events = []
        self.fillers.clear()

    # ---- its own actions

    def next(self) -> Due | None:
        """Return the next action of navigation or a tool."""
        generation = self.generation
        due: Due | None = None
        if generation is None:
            return None
        if not self._navigation_reported and generation.opening.navigation_ms is not None:
            due = (generation.asked_ms, _NAVIGATION, "navigation")
        if self._tool_events:
            tool: Due = (self._tool_events[0].at_ms, _TOOL, "tool")
            return tool if due is None or tool < due else due
        return due

    def take_filler(
        self, config: ResolvedVoiceConfig, now_ms: int, *, silent: bool
    ) -> tuple[str, Kind, Callable[[], Why]] | None:
        """Return the words of the filler due now, its kind and a function for its reason; ``None``: no filler."""
        due, generation = self.fillers.next, self.generation
        assert due is not None
        assert generation is not None
        kind = due[1]
        wanted = bool(running(self._tool_events)) if kind == "progress" else silent
        if not wanted:
            self.fillers.drop(kind)
            return None
        found = self.fillers.take(kind, generation, config, now_ms, self.confirmed_ms or 0)
        if kind == "progress" and (found is not None or now_ms < self.fillers.free_from_ms(config)):
            self._plan_progress(config, now_ms)
        return None if found is None else (found[0], kind, found[1])

    def _plan_progress(self, config: ResolvedVoiceConfig, after_ms: int) -> None:
        if self.generation is None or not config.progress_interval_ms:
            return
        due_ms = next_progress_ms(self.generation.tools, config.progress_interval_ms, after_ms)
        if due_ms is not None:
            self.fillers.plan("progress", max(due_ms, self.fillers.free_from_ms(config)))

    def emit_navigation(self) -> None:
        """Emit navigation's result."""
        generation = self.generation
        assert generation is not None
        opening = generation.opening
        self._navigation_reported = True
        nav = opening.navigation
        if nav is None:
            numbers = {"line": opening.line.navigation or "", "fault": opening.navigation_fault or ""}
            self._emit(NavMalformed, lambda: Why("malformed", numbers), generation=generation.number)
            return
        self._emit(
            NavDecided,
            lambda: Why("navigation", {"nav_ms": opening.navigation_ms or 0}),
            generation=generation.number,
            code=nav.code,
            verbose=nav.verbose,
            emotion=nav.emotion,
            filler=nav.filler,
            filler_hint=opening.hint,
            state=opening.line.state,
        )
        if self.confirmed_ms is not None:
            self._emit_emotion()

    def _emit_emotion(self) -> None:
        """Emit that speech synthesis received the emotion, which filler and response share."""
        nav = self.generation.opening.navigation if self.generation else None
        if nav is not None:
            self._emit(EmotionApplied, lambda: Why("emotion", {"emotion": nav.emotion}), emotion=nav.emotion)

    def _plan_fillers(self, opening: Opening, asked_ms: int, config: ResolvedVoiceConfig) -> None:
        """Plan the fillers that follow navigation, which returned at ``asked_ms``."""
        nav = opening.navigation
        if nav is None:
            return
        if nav.filler or opening.hint:
            self.fillers.plan("navigation", asked_ms + self._filler_first_audio_ms)
        if config.transition_deadline_ms is not None and opening.changes_state:
            deadline_ms = (self.confirmed_ms or 0) + config.transition_deadline_ms
            self.fillers.plan("transition", max(deadline_ms, asked_ms))

    def emit_tool(self) -> None:
        """Emit the event of a tool that is due now."""
        generation = self.generation
        assert generation is not None
        event = self._tool_events.pop(0)
        run, number = event.run, generation.number
        if event.kind is ToolStarted:
            queued = f", after {run.queued_ms} ms in the queue (tool_capacity)" if run.queued_ms else ""
            self._emit(
                ToolStarted,
                lambda: Why("tool_start", {"queued": queued}),
                tool=run.name,
                generation=number,
                queued_ms=run.queued_ms,
            )
        elif event.kind is ToolEnded:
            lasted_ms = run.end_ms - run.start_ms
            self._emit(
                ToolEnded,
                lambda: Why("tool_end", {"duration_ms": lasted_ms}),
                tool=run.name,
                generation=number,
                duration_ms=lasted_ms,
                cancelled=False,
            )
        else:
            why = Why("tool_denied", {"denied": event.denied})
            self._emit(ToolDenied, lambda: why, tool=run.name, generation=number)
