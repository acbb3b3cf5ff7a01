"""The barge-in policy: whether the caller has spoken over the agent long enough, and may stop it now."""

from __future__ import annotations

from typing import Literal

from presets.layers import ResolvedVoiceConfig
from simulator.activity.model import FRAME_MS
from simulator.engine.caller import CallerState
from simulator.engine.scenario import NO_POLICY, TurnPolicy
from simulator.engine.sound import AgentPlayout, overlap_ms, reached_ms
from simulator.engine.why import Why

Reason = Literal["shield", "cooldown", "laughter"]
Verdict = Literal["barge_in", "shield", "cooldown", "laughter"]

_NEVER_MS = 1 << 60


class BargeInPolicy:
    """Decides from the caller's speech and the agent's sound so far; remembers the last barge-in.

    Times are ms on the machine's clock. ``turn_policy`` is that of the state the agent answers in. Speech with a
    laughter score below ``laughter_limit_db`` is laughter, which does not stop the agent while it lasts.
    """

    def __init__(self, caller: CallerState, playout: AgentPlayout, laughter_limit_db: float) -> None:
        self.turn_policy: TurnPolicy = NO_POLICY
        self._caller = caller
        self._playout = playout
        self._laughter_limit_db = laughter_limit_db
        self._last_ms: int | None = None
        self._reported: dict[Reason, int] = {}

    def next(self, config: ResolvedVoiceConfig, now_ms: int) -> tuple[int, Verdict] | None:
        """Return the next decision's time, ms, and the decision if the caller keeps talking; ``None``: no decision.

        Decisions fall on frame ends, because only then is it known that the caller spoke in the frame. A hold is
        reported once per span. The barge-in follows when the hold is over, if the caller still talks.
        """
        if self._playout.sound is None or not self._caller.voiced:
            return None
        due_ms = self._reached_ms(config, now_ms)
        if due_ms is None:
            return None
        if self._laughing:
            return None if self._reported.get("laughter") == self._caller.span else (due_ms, "laughter")
        for reason, free_ms in self._held_until(config):
            if due_ms < free_ms:
                if self._reported.get(reason) != self._caller.span:
                    return due_ms, reason
                found = self._reached_ms(config, free_ms) if free_ms < _NEVER_MS else None
                if found is None:
                    return None
                due_ms = found
        return due_ms, "barge_in"

    @property
    def _laughing(self) -> bool:
        score_db = self._caller.laughter_db
        return score_db is not None and score_db < self._laughter_limit_db

    def _held_until(self, config: ResolvedVoiceConfig) -> list[tuple[Reason, int]]:
        held: list[tuple[Reason, int]] = []
        policy = self.turn_policy
        if not policy.barge_in_enabled:
            held.append(("shield", _NEVER_MS))
        elif policy.greeting_shield_s:
            held.append(("shield", self._playout.began_ms + round(policy.greeting_shield_s * 1000)))
        if self._last_ms is not None:
            held.append(("cooldown", self._last_ms + round(config.barge_in_cooldown_s * 1000)))
        return held

    def _reached_ms(self, config: ResolvedVoiceConfig, not_before_ms: int) -> int | None:
        caller = self._caller
        frames = max(0, -((caller.start_known_ms - not_before_ms) // FRAME_MS))
        grid_ms = caller.start_known_ms + frames * FRAME_MS
        needed_ms = round(config.barge_in_min_speech_s * 1000)
        return reached_ms(self._playout.audible(), caller.start_ms, needed_ms, grid_ms, FRAME_MS)

    def note_hold(self, reason: Reason) -> None:
        """Note that this span was held."""
        self._reported[reason] = self._caller.span

    def why_held(self, reason: Reason, config: ResolvedVoiceConfig, now_ms: int) -> Why:
        """Return why this span is held at ``now_ms``."""
        spoken_ms = self._spoken_ms(now_ms)
        policy = self.turn_policy
        if reason == "laughter":
            score = {"score_db": self._caller.laughter_db or 0.0, "limit_db": self._laughter_limit_db}
            return _why("laughter", spoken_ms, config, {**score})
        if reason == "shield":
            shield = "the state does not allow barge-in"
            if policy.barge_in_enabled:
                since_s = (now_ms - self._playout.began_ms) / 1000
                shield = f"only {since_s:.2f} s into the answer (greeting_shield_s {policy.greeting_shield_s:g})"
            return _why("shield", spoken_ms, config, {"shield": shield})
        since_s = (now_ms - (self._last_ms or 0)) / 1000
        return _why("cooldown", spoken_ms, config, {"since_s": since_s, "cooldown_s": config.barge_in_cooldown_s})

    def too_short(self, config: ResolvedVoiceConfig) -> bool:
        """Whether a span that just ended was too short to stop the agent.

        False if the span did not overlap the agent, was reported before, or the agent finished first.
        """
        spoken_ms = self._spoken_ms(self._caller.ended.end_ms)
        enough = spoken_ms >= round(config.barge_in_min_speech_s * 1000)
        return bool(spoken_ms) and not enough and self._caller.span not in self._reported.values()

    def why_too_short(self, config: ResolvedVoiceConfig) -> Why:
        """Return why that span did not stop the agent."""
        return _why("too_short", self._spoken_ms(self._caller.ended.end_ms), config, {})

    def note_strike(self, now_ms: int) -> None:
        """Note a barge-in at ``now_ms``."""
        self._last_ms = now_ms

    def why_struck(self, config: ResolvedVoiceConfig, now_ms: int) -> Why:
        """Return why there is a barge-in at ``now_ms``."""
        span = self._caller.span
        held = ", and the shield is over" if self._reported.get("shield") == span else ""
        if self._reported.get("laughter") == span:
            held += ", and no longer laughs"
        if self._reported.get("cooldown") == span:
            held += f", and the cooldown of {config.barge_in_cooldown_s:g} s is over"
        return _why("barge_in", self._spoken_ms(now_ms), config, {"held": held})

    def _spoken_ms(self, until_ms: int) -> int:
        return overlap_ms(self._playout.audible(), self._caller.start_ms, until_ms)


def _why(rule: str, spoken_ms: int, config: ResolvedVoiceConfig, more: dict[str, float | str]) -> Why:
    spoken_s, needed_s = spoken_ms / 1000, config.barge_in_min_speech_s
    return Why(rule, {"spoken_s": spoken_s, "needed_s": needed_s, **more}, round(spoken_s - needed_s, 3))
