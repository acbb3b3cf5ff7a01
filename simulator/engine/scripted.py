"""The agent's sound from labels, with only barge-in decided: scores the barge-in rule on its own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Concatenate

from presets.layers import ResolvedVoiceConfig
from simulator.activity.model import Observation, SpeechEnd, SpeechStart
from simulator.engine.barge_in import BargeInPolicy, Verdict
from simulator.engine.caller import CallerState
from simulator.engine.events import (
    BargeIn,
    BargeInSuppressed,
    Event,
    P,
    ResponseEnded,
    ResponseStarted,
    SpeechEnded,
    SpeechStarted,
)
from simulator.engine.profile import EngineProfile
from simulator.engine.scenario import NO_POLICY, TurnPolicy
from simulator.engine.sound import AgentPlayout, AgentSound, Piece
from simulator.engine.why import Why, silence_why, speech_why


class ScriptedMachine:
    """Plays the labelled agent windows, ``(start, end)`` in ms, until the caller stops them.

    With a ``greeting_policy``, the first window is the greeting, under that turn policy.
    """

    def __init__(
        self,
        config: ResolvedVoiceConfig,
        profile: EngineProfile,
        windows_ms: list[tuple[int, int]],
        greeting_policy: TurnPolicy | None = None,
    ) -> None:
        self.config = config
        self.events: list[Event] = []
        self._stop_latency_ms = round(profile.values.stop_latency_ms.value)
        self._windows = _apart(windows_ms)
        self._greeting_policy = greeting_policy
        self._now_ms = 0
        self._caller = CallerState()
        self._playout = AgentPlayout()
        self._barge_in = BargeInPolicy(self._caller, self._playout, profile.values.laughter_limit_db.value)
        self._struck = False
        self._number = -1

    def observe(self, seen: Observation) -> None:
        """Take an observation of the caller; observations come in order of ``known_ms``."""
        self.run_before(seen.known_ms)
        self._now_ms = seen.known_ms
        self._caller.note(seen)
        if isinstance(seen, SpeechStart):
            self._emit(SpeechStarted, seen.known_ms, speech_why(), start_ms=seen.start_ms, span=seen.span)
        elif isinstance(seen, SpeechEnd):
            at_ms, why = seen.known_ms, silence_why()
            self._emit(SpeechEnded, at_ms, why, end_ms=seen.end_ms, span=seen.span, completeness=seen.completeness)
        over = isinstance(seen, SpeechEnd) and self._playout.sound is not None and not self._struck
        if over and self._barge_in.too_short(self.config):
            why = self._barge_in.why_too_short(self.config)
            self._emit(BargeInSuppressed, seen.known_ms, why, reason="too_short", span=seen.span)

    @property
    def sound(self) -> AgentSound | None:
        """The agent window now playing."""
        return self._playout.sound

    @property
    def sounds(self) -> list[AgentSound]:
        """Every window since the call began."""
        return self._playout.played

    def run_before(self, t_ms: int) -> None:
        """Run everything that is due before ``t_ms``."""
        while self._step(t_ms):
            pass

    def _step(self, t_ms: int) -> bool:
        sound = self._playout.sound
        if sound is None:
            if not self._windows or self._windows[0][0] >= t_ms:
                return False
            self._begin(*self._windows.pop(0))
            return True
        found = None
        if not self._struck:
            found = self._barge_in.next(self.config, max(self._now_ms, sound.start_ms))
        if found is not None and found[0] < sound.end_ms:
            if found[0] >= t_ms:
                return False
            self._decide(sound, *found)
            return True
        if sound.end_ms >= t_ms:
            return False
        rule = Why("stopped", {"latency_ms": self._stop_latency_ms}) if sound.stopped else Why("sound_end", {})
        self._emit(ResponseEnded, sound.end_ms, rule, interrupted=sound.stopped, generation=self._number)
        self._playout.end()
        return True

    def _begin(self, start_ms: int, end_ms: int) -> None:
        self._number += 1
        self._struck = False
        self._playout.clear()
        policy, self._greeting_policy = self._greeting_policy, None
        self._barge_in.turn_policy = policy or NO_POLICY
        piece = Piece(start_ms, end_ms, (), start_ms)
        self._playout.play(AgentSound("response", [piece], self._number, self._number))
        self._emit(
            ResponseStarted,
            start_ms,
            Why("scripted", {}),
            generation=self._number,
            text="",
            until_ms=end_ms,
            choppy=False,
            greeting=None if policy is None else True,
            filler_overhang_ms=0,
        )

    def _decide(self, sound: AgentSound, at_ms: int, verdict: Verdict) -> None:
        if verdict != "barge_in":
            self._barge_in.note_hold(verdict)
            why = self._barge_in.why_held(verdict, self.config, at_ms)
            self._emit(BargeInSuppressed, at_ms, why, reason=verdict, span=self._caller.span)
            return
        why = self._barge_in.why_struck(self.config, at_ms)
        self._barge_in.note_strike(at_ms)
        # A window that ends within the stop latency was not stopped, but the decision counts.
        self._struck = True
        self._playout.stop(sound, at_ms + self._stop_latency_ms)
        self._emit(
            BargeIn,
            at_ms,
            why,
            span=self._caller.span,
            speech_start_ms=self._caller.start_ms,
            stops_ms=sound.end_ms,
            interrupted_text=sound.heard_text,
            discarded_texts=sound.unheard,
            discarded=None,
        )

    def _emit(
        self,
        kind: Callable[Concatenate[int, int, Why, P], Event],
        at_ms: int,
        why: Why,
        /,
        *args: P.args,
        **facts: P.kwargs,
    ) -> None:
        self.events.append(kind(at_ms, self._number, why, *args, **facts))


def _apart(windows_ms: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return windows in order, with overlapping ones merged: one agent has one voice."""
    joined: list[tuple[int, int]] = []
    for start_ms, end_ms in sorted(window for window in windows_ms if window[0] < window[1]):
        if joined and start_ms <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], end_ms))
        else:
            joined.append((start_ms, end_ms))
    return joined
