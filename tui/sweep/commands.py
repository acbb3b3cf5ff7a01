"""Commands of the Sweep screen."""

from __future__ import annotations

from tui.commands.command import Command
from tui.commands.shared import BACK, NEXT_PANE, PREVIOUS_PANE

RUN = Command(
    "sweep.run",
    "Sweep",
    "r,ctrl+r",
    "Try settings for the goal in the form; an interrupted sweep resumes.",
    in_footer=True,
)
STOP = Command(
    "sweep.stop",
    "Stop",
    "x",
    "Stop the sweep; its results stay, and the next sweep with the same form resumes it.",
    in_footer=True,
)
OPEN = Command(
    "sweep.open",
    "Open in Tune",
    "enter",
    "Open the chosen setting in Tune as the draft, beside what callers get today; 5 comes back here.",
    action="open_setting",
    in_footer=True,
)
HEAR = Command(
    "sweep.hear",
    "Hear",
    "s",
    "Open the chosen setting in Tune and play a call under it, from a turn that differs from today's.",
    in_footer=True,
)
SAVE = Command(
    "sweep.save",
    "Save",
    "ctrl+s",
    "Open the chosen setting in Tune and show exactly what would be sent to the platform, then send it.",
    in_footer=True,
)
KEEP = Command(
    "sweep.keep",
    "Keep as preset",
    "p",
    "Keep the chosen setting as a preset of your own.",
    in_footer=True,
)
BEST = Command(
    "sweep.best",
    "Recommended",
    "b",
    "Go to the recommended setting; until there is one, to the best of the front.",
)
READ = Command(
    "sweep.read",
    "Read all",
    "v",
    "Read all that is said of the sweep and of the chosen setting: verdict, limits, what each change is worth.",
)
ALL = Command(
    "sweep.all",
    "All tried",
    "a",
    "List every setting that was tried, or again only the front, the presets and today's.",
)

WORDS = {
    "front": "The settings that no other one beats in both figures: faster only for more of the other.",
    "chosen on": "The calls on which settings are compared while searching; the best one looks better there.",
    "confirmed on": "Other calls, on which the chosen ones are measured again: these figures can be believed.",
    "[−380, −120]": "What a figure differs from today's settings on the confirming calls: the 95 % interval.",
    "luck": "How much better a setting looks where it was chosen than where it was not.",
    "nearest": "The chosen setting where it breaks a limit, or one cannot be judged: nothing is recommended.",
}
"""Words of this screen, in a sentence each."""

COMMANDS: tuple[Command, ...] = (
    RUN,
    STOP,
    OPEN,
    HEAR,
    SAVE,
    KEEP,
    BEST,
    READ,
    ALL,
    Command("sweep.right", "Right", "right,l", "Go to the next setting to the right.", action="nudge('right')"),
    Command("sweep.left", "Left", "left,h", "Go to the next setting to the left.", action="nudge('left')"),
    Command("sweep.down", "Down", "down,j", "Go down: a setting, or a line of the form.", action="go('down')"),
    Command("sweep.up", "Up", "up,k", "Go up: a setting, or a line of the form.", action="go('up')"),
    Command("sweep.page-down", "Page down", "pagedown", "Go down by a page.", action="go('page_down')"),
    Command("sweep.page-up", "Page up", "pageup", "Go up by a page.", action="go('page_up')"),
    Command("sweep.first", "First", "home,g", "Go to the first setting.", action="go('first')"),
    Command("sweep.last", "Last", "end,G", "Go to the last setting.", action="go('last')"),
    Command(
        "sweep.glyphs",
        "ASCII drawing",
        "f9",
        "Draw the scatter with plain ASCII characters, or with fine ones again.",
        action="switch_signs",
    ),
    NEXT_PANE.at("sweep", "Go to the next pane: form, scatter, table."),
    PREVIOUS_PANE.at("sweep"),
    BACK.at("sweep", "Back to the form.", name="Back to the form"),
)
"""In the order of the footer and the help screen."""
