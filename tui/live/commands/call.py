"""Commands about the call itself: whom to talk to, and what the agent hears."""

from __future__ import annotations

from tui.commands.command import Command


class SwitchArm(Command):
    """Talk to the next arm, from the next frame on; Tune chooses what the arms are."""

    id = "live.arm"
    name = "Arm"
    key = "v"
    action = "switch_arm"
    in_footer = True


class Record(Command):
    """Record what you say, with the agent's decisions as provisional labels, into Tune's recordings; or end it."""

    id = "live.record"
    name = "Record"
    key = "r"
    action = "record"
    in_footer = True


class Mute(Command):
    """Let the agent, and a recording, hear silence instead of you, or let them hear you again."""

    id = "live.mute"
    name = "Mute"
    key = "m"
    action = "mute"
    in_footer = True


class Pause(Command):
    """Stop the call's clock, or let it go on."""

    id = "live.pause"
    name = "Pause"
    key = "p"
    action = "pause"
    in_footer = True


class SwitchPushToTalk(Command):
    """Be heard only while you say so, or always again."""

    id = "live.push-to-talk"
    name = "Push to talk"
    key = "t"
    action = "push_to_talk"
    in_footer = True


class Talk(Command):
    """With push to talk: be heard from now on, or no longer; the mouse can hold the line under the meter."""

    id = "live.talk"
    name = "Talk"
    key = "space"
    action = "talk"
    in_footer = True


class NewCall(Command):
    """Begin a new call: the agent forgets the conversation and time starts at 0. A recording is finished first."""

    id = "live.new-call"
    name = "New call"
    key = "n"
    action = "new_call"
    in_footer = True


class StartOrStop(Command):
    """Close the microphone and end the call, or open it for a new one; leaving Live closes it too."""

    id = "live.start"
    name = "Open/close"
    key = "s"
    action = "start_or_stop"
    in_footer = True


CALL: tuple[type[Command], ...] = (
    SwitchArm,
    Record,
    Mute,
    Pause,
    Talk,
    SwitchPushToTalk,
    NewCall,
    StartOrStop,
)
