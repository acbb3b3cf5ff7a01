"""Commands about what the readouts are over."""

from __future__ import annotations

from tui.commands.command import Command


class CompareAll(Command):
    """Compare over all recordings, or over the shown one again."""

    id = "tune.all"
    name = "All"
    key = "a"
    action = "toggle_all"
    in_footer = True


class ToggleRecording(Command):
    """Put the highlighted recording into the selection that is compared over, or take it out; space does so too."""

    id = "tune.select"
    name = "Select recording"
    key = "x"
    action = "toggle_recording"


class PickRows(Command):
    """Choose which readouts to show, each with what it means."""

    id = "tune.rows"
    name = "Which readouts"
    key = "o"
    action = "pick_rows"


class WorstTurns(Command):
    """List the turns that got worse, the worst first, and go to one on the timeline."""

    id = "tune.worst"
    name = "Worst turns"
    key = "w"
    action = "worst_turns"
    in_footer = True


class Symptoms(Command):
    """Start from what callers complain about: what measures it, and what to try against it."""

    id = "tune.symptoms"
    name = "Symptoms"
    key = "f1"
    action = "symptoms"
    in_footer = True


class Export(Command):
    """Write the readouts as CSV, an arm's timeline as PlaybackTimeline JSON, or its call as WAV or FLAC."""

    id = "tune.export"
    name = "Export"
    key = "e"
    action = "export"


READOUTS: tuple[type[Command], ...] = (
    WorstTurns,
    Symptoms,
    CompareAll,
    ToggleRecording,
    PickRows,
    Export,
)
