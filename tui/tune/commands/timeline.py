"""Commands of the timeline."""

from __future__ import annotations

from tui.commands.command import Command


class NextEvent(Command):
    """Go to the next event of the timeline and read why it happened."""

    id = "tune.next-event"
    name = "Why?"
    key = "full_stop"
    action = "step_event(1)"
    in_footer = True


class PreviousEvent(Command):
    """Go to the event before and read why it happened."""

    id = "tune.previous-event"
    name = "Why? before"
    key = "comma"
    action = "step_event(-1)"


class ZoomIn(Command):
    """Look closer at the timeline."""

    id = "tune.zoom-in"
    name = "Closer"
    key = "plus,equals_sign"
    action = "zoom(1)"


class ZoomOut(Command):
    """See more of the timeline."""

    id = "tune.zoom-out"
    name = "Further"
    key = "minus"
    action = "zoom(-1)"


class Later(Command):
    """Look at a later part of the timeline."""

    id = "tune.later"
    name = "Later"
    key = "right_square_bracket"
    action = "pan(0.5)"


class Earlier(Command):
    """Look at an earlier part of the timeline."""

    id = "tune.earlier"
    name = "Earlier"
    key = "left_square_bracket"
    action = "pan(-0.5)"


class SwitchGlyphs(Command):
    """Draw the timeline with plain ASCII characters, or with fine ones again."""

    id = "tune.glyphs"
    name = "ASCII drawing"
    key = "f9"
    action = "switch_glyphs"


class EditLabels(Command):
    """Edit what was truly said in this recording: turns, interruptions, backchannels, noises."""

    id = "tune.labels"
    name = "Labels"
    key = "t"
    action = "edit_labels"


class NextDifference(Command):
    """Go to the next turn that arm A treats differently from B."""

    id = "tune.next-difference"
    name = "Next difference"
    key = "n"
    action = "step_difference(1)"


class PreviousDifference(Command):
    """Go back to the turn before that arm A treats differently from B."""

    id = "tune.previous-difference"
    name = "Difference before"
    key = "N"
    action = "step_difference(-1)"


TIMELINE: tuple[type[Command], ...] = (
    NextEvent,
    PreviousEvent,
    NextDifference,
    PreviousDifference,
    ZoomIn,
    ZoomOut,
    Later,
    Earlier,
    EditLabels,
    SwitchGlyphs,
)
