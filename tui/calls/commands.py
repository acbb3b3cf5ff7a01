"""Commands of the Calls screen."""

from __future__ import annotations

from tui.commands.command import Command, part
from tui.commands.shared import NEXT_PANE, PREVIOUS_PANE, row_moves

PULL = Command(
    "calls.pull",
    "Pull",
    "p",
    "Pull the service's calls of the last 14 days, at most 200, the newest first; again where there were none, of "
    "the last 90. What is here stays.",
    in_footer=True,
    action="work('pull')",
)
STOP = Command(
    "calls.stop",
    "Stop",
    "x",
    "Stop pulling, measuring, checking or fitting; what has come stays, and the next pull goes on from there.",
    in_footer=True,
    action="work('stop')",
)
MEASURE = Command(
    "calls.measure",
    "Measure",
    "m",
    "Measure every call of the list that is not measured yet, from its audio.",
    action="work('measure')",
)
CHECK = Command(
    "calls.check",
    "Check",
    "c",
    "Replay the callers of the list under the settings of their calls, and say how close the simulator comes.",
    in_footer=True,
    action="work('check')",
)
FIT = Command(
    "calls.fit",
    "Fit",
    "f",
    "Fit an engine profile to the service's calls, judge it on half of them, and use it in Tune if you agree.",
    in_footer=True,
    action="work('fit')",
)
COMPARE = Command(
    "calls.compare",
    "Before, after",
    "b",
    "Compare the calls before and after a change of settings, or two days; on a line of change, around that.",
    in_footer=True,
    action="work('compare')",
)
WORST = Command(
    "calls.worst",
    "Worst turns",
    "w",
    "List the worst turns of the listed calls: by heard response, by the simulator's error, by what went wrong.",
    in_footer=True,
    action="work('worst')",
)
OPEN = Command(
    "calls.open",
    "Open",
    "enter",
    "Read the highlighted call: who said what when, on its timeline; there, open its caller in Tune.",
    action="open_call",
    in_footer=True,
)
PLAY = Command(
    "calls.play",
    "Hear",
    "s",
    "Play the highlighted call as it was recorded, from the chosen moment on, or pause it.",
    action="work('play')",
)
TUNE = Command(
    "calls.tune",
    "Caller in Tune",
    "t",
    "Open the highlighted call's caller in Tune, with the labels that were heard, to be replayed under a draft.",
    in_footer=True,
    action="work('tune')",
)

WORKS = (PULL, STOP, MEASURE, CHECK, FIT, COMPARE, WORST, PLAY, TUNE)
"""Commands of controllers. The screen's :meth:`action_work` runs them by id, or says why it cannot."""


def next_commands(*, calls: bool, checked: bool) -> tuple[str, ...]:
    """Return the ids of the likely next commands: pull, then check, then fit and look closer."""
    found = (FIT, WORST, COMPARE) if checked else (CHECK, FIT, WORST, COMPARE)
    return tuple(one.id for one in ((STOP, *found, PULL, OPEN, TUNE) if calls else (STOP, PULL)))


WORDS = {
    "response": "From the caller's last sound to the agent's answer, fillers left out: the call's median.",
    "cut-ins": "Turns of the caller's into which the agent spoke, of all of them.",
    "false stops": "The agent fell silent for a murmur or a noise, of how many of these there were.",
    "hanging": "Turns of the caller's after which nothing was heard for 5 s, of all of them.",
    "quality": "The platform's own score of the call, 0 to 1.",
}
"""The columns, in words."""

COMMANDS: tuple[Command, ...] = (
    OPEN,
    TUNE,
    PLAY,
    Command(
        "calls.filter",
        "Filter",
        "slash",
        "Filter the calls: cut-in, stop, hanging, archived, operator, simulated, a date such as 2026-11-24.",
        action="focus_filter",
        in_footer=True,
        priority=True,
    ),
    PULL,
    STOP,
    MEASURE,
    CHECK,
    FIT,
    COMPARE,
    WORST,
    Command(
        "calls.scope",
        "All services",
        "a",
        "Show the calls of every service, or of this one alone.",
        action=part("kept", "switch_scope"),
        in_footer=True,
    ),
    Command("calls.refresh", "Refresh", "r,f5", "Read the kept calls again.", action=part("kept", "read")),
    NEXT_PANE.at("calls"),
    PREVIOUS_PANE.at("calls"),
    Command(
        "calls.back",
        "Back",
        "escape",
        "One step back: from the call to the list, then clear the filter.",
        action="step_back",
    ),
    Command(
        "calls.next-event",
        "What was heard",
        "right,l,full_stop",
        "Go to the next event of the call, on its timeline.",
        action="step(1)",
    ),
    Command(
        "calls.previous-event",
        "Heard before",
        "left,h,comma",
        "Go to the previous event of the call.",
        action="step(-1)",
    ),
    Command("calls.zoom-in", "Closer", "plus,equals_sign", "Look closer at the call.", action="zoom(1)"),
    Command("calls.zoom-out", "Further", "minus", "See more of the call.", action="zoom(-1)"),
    Command("calls.later", "Later", "right_square_bracket", "Look at a later part of the call.", action="pan(0.5)"),
    Command(
        "calls.earlier",
        "Earlier",
        "left_square_bracket",
        "Look at an earlier part of the call.",
        action="pan(-0.5)",
    ),
    *row_moves("calls", first="Go to the first call.", last="Go to the last call."),
)
