"""Why an event happened: its rule and the deciding numbers, as data and as a sentence."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from simulator.activity.spans import SpanSettings


class Why(NamedTuple):
    """The rule behind an event and the deciding numbers.

    ``margin`` is how far the deciding number exceeded its limit (positive: exceeded), in the rule's unit.
    """

    rule: str
    numbers: Mapping[str, float | str]
    margin: float | None = None

    def text(self) -> str:
        """Return the reason as one sentence."""
        return _SENTENCES[self.rule].format(**self.numbers)


def speech_why() -> Why:
    """Return why speech counts as begun."""
    return Why("speech", {"start_probability": _SPANS.start_probability, "frames": _SPANS.start_frames})


def silence_why() -> Why:
    """Return why speech counts as ended."""
    return Why("silence", {"end_probability": _SPANS.end_probability, "silence_ms": _SPANS.end_ms})


_SPANS = SpanSettings()

UNASKED = Why("unasked", {})
"""The reason of events that need none."""

_SENTENCES = {
    "unasked": "no reason was requested",
    "speech": "voice activity reached {start_probability:g} for {frames:g} frames",
    "silence": "voice activity stayed below {end_probability:g} for {silence_ms:g} ms",
    "confidence": "turn confidence {confidence:.2f} reached {threshold:.2f} ({setting}) after {silence_ms:g} ms"
    " of silence (completeness {completeness:.2f})",
    "timeout": "silence reached eot_timeout_ms, {timeout_ms:g} ms, at a turn confidence of only {confidence:.2f}",
    "eager": "turn confidence {confidence:.2f} reached the eager threshold {threshold:.2f}"
    " ({setting}); the eager answer starts, unheard",
    "resumed": "the caller resumed after {silence_ms:g} ms; the eager answer is discarded",
    "reopened": "the caller resumed {after_ms:g} ms after the end of turn, before the agent was heard;"
    " the answer is discarded",
    "reopened_after_filler": "the caller resumed {after_ms:g} ms after the end of turn, when only a filler"
    " had been said; the answer is discarded",
    "navigation": "navigation took {nav_ms:g} ms",
    "malformed": "the navigation line {line!r} is not CODE,V,EMOTION,FILLER: {fault}",
    "emotion": "navigation chose {emotion}; filler and response share it",
    "filler_navigation": "navigation returned {wanted}, said in style {style}",
    "filler_backchannel": "navigation was skipped, and {delay_ms:g} ms after the end of turn there was no answer",
    "filler_transition": "the state changed, and {deadline_ms:g} ms after the end of turn nothing had been spoken",
    "filler_progress": "a tool has been running for {running_ms:g} ms (progress_interval_ms {interval_ms:g})",
    "tool_start": "navigation's action runs it{queued}",
    "tool_end": "it took {duration_ms:g} ms",
    "tool_cancelled": "the caller resumed, and the answer that needed it is discarded",
    "tool_denied": "{denied}",
    "greeting": "the call begins with the scenario's greeting",
    "response": "the answer was ready at {ready_s:.3f} s{waited}",
    "scripted": "the labels have the agent speak here",
    "sound_end": "it was spoken to its end",
    "stopped": "stopped by the caller, {latency_ms:g} ms after the barge-in was decided",
    "truncated": "cut to max_response_sentences {sentences} and max_response_words {words}",
    "underrun": "the next piece of speech was ready {late_ms:g} ms after the last one ended",
    "barge_in": "the caller spoke {spoken_s:.2f} s of {needed_s:.2f} s over the agent{held}",
    "too_short": "the caller spoke {spoken_s:.2f} s of {needed_s:.2f} s over the agent",
    "cooldown": "the caller spoke long enough, but only {since_s:.2f} s"
    " after the last barge-in (cooldown {cooldown_s:g} s)",
    "laughter": "the caller was heard for {spoken_s:.2f} s of {needed_s:.2f} s over the agent, but it sounds like"
    " laughter (score {score_db:.1f} dB, laughter_limit_db {limit_db:g})",
    "shield": "the caller spoke long enough, but {shield}",
    "resume": "the barge-in contained no words, and {quiet_ms:g} ms later the agent takes up"
    " the sentence it was stopped in",
    "anchor_missed": "the caller waited {waited_s:g} s for the agent {anchor} and then went on",
}
