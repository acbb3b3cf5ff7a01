"""Commands of the Tune screen."""

from __future__ import annotations

from tui.commands.command import Command
from tui.commands.everywhere import Quit


class Down(Command):
    """Go to the next field; in the timeline, to arm B's events."""

    id = "tune.down"
    name = "Next field"
    key = "down,j"
    action = "go_down"


class Up(Command):
    """Go to the field above; in the timeline, to arm A's events."""

    id = "tune.up"
    name = "Field above"
    key = "up,k"
    action = "go_up"


class More(Command):
    """Step the field up; in the timeline, go to the next event."""

    id = "tune.more"
    name = "More"
    key = "right,l"
    action = "nudge(1)"


class Less(Command):
    """Step the field down; in the timeline, go to the event before."""

    id = "tune.less"
    name = "Less"
    key = "left,h"
    action = "nudge(-1)"


class MuchMore(Command):
    """Step the field up by five steps; in the timeline, look later."""

    id = "tune.much-more"
    name = "Much more"
    key = "shift+right,L"
    action = "nudge(5)"


class MuchLess(Command):
    """Step the field down by five steps; in the timeline, look earlier."""

    id = "tune.much-less"
    name = "Much less"
    key = "shift+left,H"
    action = "nudge(-5)"


class Highest(Command):
    """Go to the upper end of the slider; in the timeline, to its end."""

    id = "tune.highest"
    name = "To the end"
    key = "end"
    action = "jump(True)"


class Lowest(Command):
    """Go to the lower end of the slider; in the timeline, to its beginning."""

    id = "tune.lowest"
    name = "To the beginning"
    key = "home"
    action = "jump(False)"


class TypeValue(Command):
    """Type the field's value; go to the next value of a choice."""

    id = "tune.type"
    name = "Type value"
    key = "enter,space"
    action = "confirm_field"


class Inherit(Command):
    """Put the field back to inherit: the layer above decides it."""

    id = "tune.inherit"
    name = "Inherit"
    key = "backspace,delete"
    action = "inherit_field"
    in_footer = True
    shown_key = "⌫"


class Undo(Command):
    """Take the last change of the draft back."""

    id = "tune.undo"
    name = "Undo"
    key = "u,ctrl+z"
    action = "undo"
    in_footer = True


class Redo(Command):
    """Do the change that was taken back again."""

    id = "tune.redo"
    name = "Redo"
    key = "ctrl+y"
    action = "redo"


class Reset(Command):
    """Put the whole draft back to what is stored; undo brings it back."""

    id = "tune.reset"
    name = "Reset draft"
    key = "ctrl+r"
    action = "reset_draft"


class ApplyPreset(Command):
    """Set the fields of a preset in the draft; the other fields stay as they are."""

    id = "tune.preset"
    name = "Preset"
    key = "p"
    action = "apply_preset"
    in_footer = True


class ChooseRival(Command):
    """Choose what the draft is compared with: a preset, or the service as it is stored."""

    id = "tune.rival"
    name = "Arm B"
    key = "b"
    action = "choose_rival"
    in_footer = True


class CompareAll(Command):
    """Compare over all recordings, or over the shown one again."""

    id = "tune.all"
    name = "All"
    key = "a"
    action = "toggle_all"
    in_footer = True


class Save(Command):
    """Show exactly what would be sent to the platform, then send it."""

    id = "tune.save"
    name = "Save"
    key = "ctrl+s"
    action = "save"
    in_footer = True


class NextPane(Command):
    """Go to the next pane: recordings, fields, timeline, readouts."""

    id = "tune.next-pane"
    name = "Pane"
    key = "tab"
    action = "turn_pane(1)"
    in_footer = True


class PreviousPane(Command):
    """Go to the pane before."""

    id = "tune.previous-pane"
    name = "Pane before"
    key = "shift+tab"
    action = "turn_pane(-1)"


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


class SwitchGlyphs(Command):
    """Draw the timeline with plain ASCII characters, or with fine ones again."""

    id = "tune.glyphs"
    name = "ASCII drawing"
    key = "f9"
    action = "switch_glyphs"


class Back(Command):
    """Back to the fields."""

    id = "tune.back"
    name = "Back to the fields"
    key = "escape"
    action = "step_back"


class QuitWithCare(Quit):
    """Leave Turnlab, after asking what to do with unsaved changes."""

    action = "quit_with_care"
    in_footer = False


HERE: tuple[type[Command], ...] = (
    More,
    Less,
    MuchMore,
    MuchLess,
    Highest,
    Lowest,
    Down,
    Up,
    TypeValue,
    Inherit,
    Undo,
    Save,
    Redo,
    Reset,
    ApplyPreset,
    ChooseRival,
    CompareAll,
    NextEvent,
    PreviousEvent,
    ZoomIn,
    ZoomOut,
    Later,
    Earlier,
    SwitchGlyphs,
    NextPane,
    PreviousPane,
    Back,
)
"""In the order of the footer and the help screen."""
