"""Commands of the label editor."""

from __future__ import annotations

from tui.commands.command import Command
from tui.commands.everywhere import ShowHelp, ShowPalette, SwitchTheme


class NextLabel(Command):
    """Go to the next label."""

    id = "labels.next"
    name = "Next label"
    key = "full_stop,j,down"
    action = "step_label(1)"
    in_footer = True


class PreviousLabel(Command):
    """Go to the label before."""

    id = "labels.previous"
    name = "Label before"
    key = "comma,k,up"
    action = "step_label(-1)"


class Forward(Command):
    """Move the place one cell later."""

    id = "labels.forward"
    name = "Later"
    key = "right,l"
    action = "step_place(1)"


class Backward(Command):
    """Move the place one cell earlier."""

    id = "labels.backward"
    name = "Earlier"
    key = "left,h"
    action = "step_place(-1)"


class FarForward(Command):
    """Move the place ten cells later."""

    id = "labels.far-forward"
    name = "Much later"
    key = "shift+right,L"
    action = "step_place(10)"


class FarBackward(Command):
    """Move the place ten cells earlier."""

    id = "labels.far-backward"
    name = "Much earlier"
    key = "shift+left,H"
    action = "step_place(-10)"


class NextEdge(Command):
    """Go to where the caller's voice next begins or ends, as it was detected."""

    id = "labels.next-edge"
    name = "Next edge of voice"
    key = "n"
    action = "step_edge(1)"
    in_footer = True


class PreviousEdge(Command):
    """Go back to where the voice began or ended before."""

    id = "labels.previous-edge"
    name = "Edge of voice before"
    key = "N"
    action = "step_edge(-1)"


class StartHere(Command):
    """Let the chosen label start at the place."""

    id = "labels.start"
    name = "Starts here"
    key = "s"
    action = "bound('start')"
    in_footer = True


class EndHere(Command):
    """Let the chosen label end at the place."""

    id = "labels.end"
    name = "Ends here"
    key = "e"
    action = "bound('end')"
    in_footer = True


class MoveLater(Command):
    """Move the chosen label as a whole by 20 ms later."""

    id = "labels.move-later"
    name = "Move later"
    key = "greater_than_sign"
    action = "move(20)"


class MoveEarlier(Command):
    """Move the chosen label as a whole by 20 ms earlier."""

    id = "labels.move-earlier"
    name = "Move earlier"
    key = "less_than_sign"
    action = "move(-20)"


class MoveMuchLater(Command):
    """Move the chosen label as a whole by 200 ms later."""

    id = "labels.move-much-later"
    name = "Move much later"
    key = "ctrl+right,right_curly_bracket"
    action = "move(200)"


class MoveMuchEarlier(Command):
    """Move the chosen label as a whole by 200 ms earlier."""

    id = "labels.move-much-earlier"
    name = "Move much earlier"
    key = "ctrl+left,left_curly_bracket"
    action = "move(-200)"


class AddTurn(Command):
    """Add a turn: over the voice at the place, or a second from it on."""

    id = "labels.add-turn"
    name = "Turn"
    key = "t"
    action = "add('turn')"
    in_footer = True


class AddInterruption(Command):
    """Add a turn that is spoken over the agent and means to stop it."""

    id = "labels.add-interruption"
    name = "Interruption"
    key = "i"
    action = "add('interruption')"
    in_footer = True


class AddBackchannel(Command):
    """Add an "mm-hm" or the like, which must not stop the agent."""

    id = "labels.add-backchannel"
    name = "Backchannel"
    key = "b"
    action = "add('backchannel')"
    in_footer = True


class AddNoise(Command):
    """Add a noise, which must not stop the agent: a cough, a door."""

    id = "labels.add-noise"
    name = "Noise"
    key = "c"
    action = "add('noise')"
    in_footer = True


class AddHesitation(Command):
    """Add a pause in the middle of a phrase: an end of turn decided in it is a cut-in."""

    id = "labels.add-hesitation"
    name = "Pause"
    key = "p"
    action = "add('hesitation')"


class EditLabel(Command):
    """Type the chosen label's kind, start, end and words."""

    id = "labels.edit"
    name = "Edit"
    key = "enter"
    action = "edit"
    in_footer = True


class DeleteLabel(Command):
    """Take the chosen label out."""

    id = "labels.delete"
    name = "Delete"
    key = "x,backspace,delete"
    action = "delete"
    in_footer = True


class UndoLabel(Command):
    """Take the last change of the labels back."""

    id = "labels.undo"
    name = "Undo"
    key = "u,ctrl+z"
    action = "undo"
    in_footer = True


class RedoLabel(Command):
    """Do the change that was taken back again."""

    id = "labels.redo"
    name = "Redo"
    key = "ctrl+y"
    action = "redo"


class SaveLabels(Command):
    """Write the labels to the recording's label file."""

    id = "labels.save"
    name = "Save"
    key = "ctrl+s"
    action = "save"
    in_footer = True


class LabelsCloser(Command):
    """Look closer."""

    id = "labels.zoom-in"
    name = "Closer"
    key = "plus,equals_sign"
    action = "zoom(1)"


class LabelsFurther(Command):
    """See more."""

    id = "labels.zoom-out"
    name = "Further"
    key = "minus"
    action = "zoom(-1)"


class LeaveLabels(Command):
    """Back to Tune; labels that are not saved are asked about."""

    id = "labels.leave"
    name = "Back"
    key = "escape,q"
    action = "leave"
    in_footer = True


HERE: tuple[type[Command], ...] = (
    *(AddTurn, AddInterruption, AddBackchannel, AddNoise, AddHesitation),
    *(NextLabel, PreviousLabel, EditLabel, StartHere, EndHere, DeleteLabel),
    *(MoveLater, MoveEarlier, MoveMuchLater, MoveMuchEarlier),
    *(UndoLabel, RedoLabel, SaveLabels, LeaveLabels),
    *(Forward, Backward, FarForward, FarBackward, NextEdge, PreviousEdge, LabelsCloser, LabelsFurther),
    *(ShowHelp, ShowPalette, SwitchTheme),
)
"""In the order of the footer and the help screen. The editor lies over its screen, so it binds help itself."""
