"""The tools an answer needs: how many run at once, which wait, and which are not allowed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from simulator.engine.events import ToolDenied, ToolEnded, ToolStarted
from simulator.engine.profile import luck_latency
from simulator.engine.scenario import Tool

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

    Each comes with its luck, the quantile 0…1 of its duration.
    """
    free_at = [asked_ms] * max(capacity, 1)
    runs = []
    for tool, quantile in tools:
        slot = min(range(len(free_at)), key=free_at.__getitem__)
        start_ms = free_at[slot]
        free_at[slot] = start_ms + luck_latency(tool.duration_ms, tool.duration_p95_ms, quantile)
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
