"""Commands of the Tune screen."""

from __future__ import annotations

from tui.commands.command import Command, part
from tui.commands.shared import (
    BACK,
    DOWN,
    FOLD_FIELDS,
    HIGHEST,
    INHERIT,
    LESS,
    LOWEST,
    MORE,
    MUCH_LESS,
    MUCH_MORE,
    NEXT_PANE,
    PREVIOUS_PANE,
    QUIT,
    REDO,
    RESET,
    TYPE_VALUE,
    UNDO,
    UP,
)

FIELDS: tuple[Command, ...] = (
    MORE.at("tune", "Step the field up; in the timeline, go to the next event."),
    LESS.at("tune", "Step the field down; in the timeline, go to the event before."),
    MUCH_MORE.at("tune", "Step the field up by five steps; in the timeline, look later."),
    MUCH_LESS.at("tune", "Step the field down by five steps; in the timeline, look earlier."),
    HIGHEST.at("tune", "Go to the upper end of the slider; in the timeline, to its end."),
    LOWEST.at("tune", "Go to the lower end of the slider; in the timeline, to its beginning."),
    DOWN.at("tune", "Go to the next field, or readout; in the timeline, to the next arm's events."),
    UP.at(
        "tune",
        "Go to the field above, or readout; in the timeline, to the events of the arm above.",
    ),
    TYPE_VALUE.at(
        "tune",
        "Type the field's value; go to the next value of a choice; in the timeline, play or pause.",
        action="confirm_field",
    ),
    INHERIT.at("tune", in_footer=True),
    FOLD_FIELDS.at("tune"),
    Command(
        "tune.find",
        "Find field",
        "slash",
        "Find a field by a part of its name, or of what it does.",
        action=part("drafts", "find_field"),
    ),
    UNDO.at(
        "tune",
        "Take the last change of the draft back; after a save, take the save back, once it is shown.",
        action=part("platform", "undo"),
        in_footer=True,
    ),
    REDO.at("tune"),
    RESET.at("tune"),
)
"""Commands for the draft's fields. They move through the timeline too."""

ARMS: tuple[Command, ...] = (
    Command(
        "tune.preset",
        "Preset",
        "p",
        "Apply a preset to the draft after seeing what it changes; keep, rename, delete, import, export your own.",
        action=part("presets", "choose"),
        in_footer=True,
    ),
    Command(
        "tune.comparison_arm",
        "Arm B",
        "b",
        "Choose what the draft is compared with: a preset, or the service as it is stored.",
        action=part("arms", "choose_first"),
        in_footer=True,
    ),
    Command(
        "tune.arms",
        "Arms",
        "B",
        "Choose the arms, two to four sets of settings: add, duplicate, swap, lock, take away, the baseline.",
        action=part("arms", "choose_all"),
    ),
    Command(
        "tune.baseline",
        "Baseline",
        "d",
        "Hold the other arms against the next one: differences, intervals and marked turns are from it.",
        action=part("arms", "take_baseline"),
    ),
    Command(
        "tune.copy",
        "Copy as…",
        "y",
        "Copy the draft as JSON, as a command line (simulate, evaluate), or as a curl call; a key is never in it.",
        action=part("copies", "copy"),
    ),
    Command(
        "tune.paste",
        "Paste JSON",
        "ctrl+v",
        "Paste JSON into the draft, after seeing what it changes.",
        action=part("copies", "paste"),
    ),
    Command(
        "tune.save",
        "Save",
        "ctrl+s",
        "Show exactly what would be sent to the platform, then send it.",
        action=part("platform", "save"),
        in_footer=True,
    ),
)
"""Commands for what is compared, and for saving the draft."""

READOUTS: tuple[Command, ...] = (
    Command(
        "tune.worst",
        "Worst turns",
        "w",
        "List the turns that got worse, the worst first, and go to one on the timeline.",
        action=part("findings", "worst_turns"),
        in_footer=True,
    ),
    Command(
        "tune.evaluate",
        "Evaluate",
        "E",
        "Score the arms against labels, over the selected recordings or the group in view: turns ended early,"
        " waits, what stopped the agent; enter goes to the turn that a figure is about.",
        action=part("evaluation", "evaluate"),
    ),
    Command(
        "tune.curve",
        "Curve",
        "c",
        "Show where eager_eot_threshold stands between ending turns early and making callers wait, and move it.",
        action=part("findings", "sensitivity"),
    ),
    Command(
        "tune.all",
        "All",
        "a",
        "Switch between comparing over all recordings and over the shown one; on a heading of their list, compare "
        "over its group.",
        action=part("listing", "take_all"),
        in_footer=True,
    ),
    Command(
        "tune.select",
        "Select recording",
        "x",
        "Put the highlighted recording into the selection that is compared over, or take it out;"
        " space does so too.",
        action=part("listing", "toggle_highlighted"),
    ),
    Command(
        "tune.add-folder",
        "Add folder…",
        "A",
        "Add a folder of your own recordings, or one; it is remembered, and what comes into it is listed.",
        action=part("adding", "choose"),
    ),
    Command(
        "tune.rows",
        "Which readouts",
        "o",
        "Choose which readouts to show, each with what it means.",
        action=part("findings", "pick_rows"),
    ),
    Command(
        "tune.large",
        "More readouts",
        "z",
        "Go to the readouts and enlarge them, or restore their size.",
        action=part("readouts", "switch_size"),
    ),
    Command(
        "tune.order",
        "Order by change",
        "O",
        "Show the readouts that changed most first, those beyond doubt on top, or in the usual order again.",
        action=part("findings", "switch_order"),
    ),
    Command(
        "tune.export",
        "Export",
        "e",
        "Write the readouts as CSV, an arm's timeline as PlaybackTimeline JSON, or its call as WAV or FLAC.",
        action=part("findings", "export"),
    ),
)
"""Commands for the readouts."""

HEARING: tuple[Command, ...] = (
    Command(
        "tune.play",
        "Hear",
        "s",
        "Play the call with the simulated agent mixed in, or pause it; in the timeline, space does so too.",
        action=part("playback", "toggle"),
        in_footer=True,
    ),
    Command(
        "tune.play-event",
        "Hear the event",
        "g",
        "Play from just before the chosen event; without one, from where the timeline begins.",
        action=part("playback", "play_event"),
    ),
    Command(
        "tune.hear-arm",
        "Hear the next arm",
        "v",
        "Hear the next arm's agent from here on; while the call plays, without a gap.",
        action=part("playback", "hear_next_arm"),
    ),
    Command(
        "tune.wind-back",
        "5 s back",
        "less_than_sign",
        "Go back by five seconds in the call that is heard.",
        action=part("playback", "wind", -5),
    ),
    Command(
        "tune.wind-on",
        "5 s on",
        "greater_than_sign",
        "Go on by five seconds in the call that is heard.",
        action=part("playback", "wind", 5),
    ),
    Command(
        "tune.stop",
        "Stop",
        "S",
        "Stop the call that is heard, and take the playhead away.",
        action=part("playback", "stop"),
    ),
)
"""Playing a simulated call."""

TIMELINE: tuple[Command, ...] = (
    Command(
        "tune.next-event",
        "Why?",
        "full_stop",
        "Go to the next event of the timeline and read why it happened.",
        action=part("drawing", "step_event", 1),
        in_footer=True,
    ),
    Command(
        "tune.previous-event",
        "Why? before",
        "comma",
        "Go to the event before and read why it happened.",
        action=part("drawing", "step_event", -1),
    ),
    Command(
        "tune.next-difference",
        "Next difference",
        "n",
        "Go to the next turn that arm A treats differently from the baseline.",
        action=part("timeline", "step_difference", 1),
    ),
    Command(
        "tune.previous-difference",
        "Difference before",
        "N",
        "Go back to the turn before that arm A treats differently from the baseline.",
        action=part("timeline", "step_difference", -1),
    ),
    Command(
        "tune.zoom-in",
        "Closer",
        "plus,equals_sign",
        "Look closer at the timeline.",
        action=part("drawing", "zoom", 1),
    ),
    Command("tune.zoom-out", "Further", "minus", "See more of the timeline.", action=part("drawing", "zoom", -1)),
    Command(
        "tune.later",
        "Later",
        "right_square_bracket",
        "Look at a later part of the timeline.",
        action=part("drawing", "pan", 0.5),
    ),
    Command(
        "tune.earlier",
        "Earlier",
        "left_square_bracket",
        "Look at an earlier part of the timeline.",
        action=part("drawing", "pan", -0.5),
    ),
    Command(
        "tune.labels",
        "Labels",
        "t",
        "Label what was really said in this recording: turns, interruptions, backchannels, noises.",
        action=part("labelling", "edit"),
    ),
    Command(
        "tune.inject",
        "What if…",
        "i",
        "Put a sound in at the playhead, or at the chosen event: a cough, an mm-hm, a laugh, a door, another voice;"
        " or take one away.",
        action=part("labelling", "inject"),
    ),
    Command(
        "tune.glyphs",
        "ASCII drawing",
        "f9",
        "Draw the timeline with plain ASCII characters, or with fine ones again.",
        action=part("timeline", "switch_glyphs"),
    ),
)

PANES: tuple[Command, ...] = (
    NEXT_PANE.at("tune", "Go to the next pane: recordings, fields, timeline, readouts."),
    PREVIOUS_PANE.at("tune"),
    BACK.at("tune", "Back to the fields.", name="Back to the fields"),
)

COMMANDS: tuple[Command, ...] = (*FIELDS, *ARMS, *READOUTS, *HEARING, *TIMELINE, *PANES)
"""In the order of the footer and the help screen."""

FIRST_IN_FOOTER = tuple(
    f"tune.{name}" for name in ("play", "all", "comparison_arm", "save", "undo", "next-pane", "preset", "inherit")
)
"""What fits into a footer of 80 cells, then the others."""

QUIT_WITH_CARE = QUIT.replaced(action=part("platform", "leave"), in_footer=False)
"""Tune asks what to do with unsaved changes first."""
