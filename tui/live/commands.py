"""Commands of the Live screen."""

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
    REDO,
    RESET,
    TYPE_VALUE,
    UNDO,
    UP,
)

RECORD = Command(
    "live.record",
    "Record",
    "r",
    "Record what you say, with the agent's decisions as provisional labels, into Tune's recordings; or end it.",
    action=part("calls", "record"),
    in_footer=True,
)
PAUSE = Command(
    "live.pause",
    "Pause",
    "p",
    "Stop the call's clock, or let it go on.",
    action=part("calls", "pause"),
    in_footer=True,
)
TALK = Command(
    "live.talk",
    "Talk",
    "space",
    "With push to talk: open the microphone, or close it; the mouse can hold the line under the meter.",
    action=part("calls", "switch_talk"),
    in_footer=True,
)
NEW_CALL = Command(
    "live.new-call",
    "New call",
    "n",
    "Begin a new call: the agent forgets the conversation and time starts at 0. A recording is finished first.",
    action=part("calls", "new_call"),
    in_footer=True,
)
PLAY_TONE = Command(
    "live.tone",
    "Test tone",
    "g",
    "Play half a second of a soft tone on the speaker.",
    action=part("calls", "play_tone"),
)

GREETING = Command(
    "live.greeting",
    "Greeting",
    "a",
    "Have the agent greet when a call begins, or let the caller speak first; from the next call on.",
    action=part("calls", "switch_greeting"),
)

CALL: tuple[Command, ...] = (
    Command(
        "live.arm",
        "Arm",
        "v",
        "Talk to the next arm, from the next frame on; Tune chooses what the arms are.",
        action=part("calls", "switch_arm"),
        in_footer=True,
    ),
    RECORD,
    Command(
        "live.mute",
        "Mute",
        "m",
        "Let the agent, and a recording, hear silence instead of you, or let them hear you again.",
        action=part("calls", "mute"),
        in_footer=True,
    ),
    PAUSE,
    TALK,
    Command(
        "live.push-to-talk",
        "Push to talk",
        "t",
        "Be heard only while you say so, or always again.",
        action=part("calls", "switch_push_to_talk"),
        in_footer=True,
    ),
    NEW_CALL,
    GREETING,
    Command(
        "live.start",
        "Open/close",
        "s",
        "Close the microphone and end the call, or open it for a new one; leaving Live closes it too.",
        action=part("calls", "start_or_stop"),
        in_footer=True,
    ),
)
"""The call itself: which arm to talk to, and what the agent hears."""

DEVICES: tuple[Command, ...] = (
    Command(
        "live.input",
        "Microphone",
        "i",
        "Choose the microphone, and see by its level whether it works.",
        action=part("devices", "choose", "input"),
        in_footer=True,
    ),
    Command(
        "live.output",
        "Speaker",
        "o",
        "Choose the speaker, or none, and hear by a tone whether it works.",
        action=part("devices", "choose", "output"),
        in_footer=True,
    ),
    Command(
        "live.echo",
        "Echo guard",
        "e",
        "Choose what keeps the agent from hearing itself: echo cancellation, headphones, half-duplex,"
        " or an echo threshold.",
        action=part("devices", "choose_echo_guard"),
        in_footer=True,
    ),
    PLAY_TONE,
)
"""Microphones and speakers."""

LOG: tuple[Command, ...] = (
    Command(
        "live.next-event",
        "Why?",
        "full_stop",
        "Go to the next event of the log and read why it happened.",
        action="step_log(1)",
        in_footer=True,
    ),
    Command(
        "live.previous-event",
        "Why? before",
        "comma",
        "Go to the event before and read why it happened.",
        action="step_log(-1)",
    ),
    Command(
        "live.why",
        "Why in full",
        "w",
        "Say all about the event under the cursor: its reason and every number behind it.",
        action=part("log_pane", "tell_why"),
    ),
)
"""The event log."""

PANES: tuple[Command, ...] = (
    NEXT_PANE.at("live", "Go to the next pane: call, settings, log."),
    PREVIOUS_PANE.at("live"),
    BACK.at("live", "Back to the call.", name="Back to the call"),
)

FIELDS: tuple[Command, ...] = (
    MORE.at("live", "Step the field up; it holds from the next frame on."),
    LESS.at("live", "Step the field down; it holds from the next frame on."),
    MUCH_MORE.at("live"),
    MUCH_LESS.at("live"),
    HIGHEST.at("live"),
    LOWEST.at("live"),
    DOWN.at("live", "Go to the next field, or down the log."),
    UP.at("live", "Go to the field above, or up the log."),
    TYPE_VALUE.at(
        "live",
        "Type the field's value, or go to the next value of a choice; in the log, say all about an event.",
        key="enter",
    ),
    INHERIT.at("live"),
    FOLD_FIELDS.at("live"),
    UNDO.at("live"),
    REDO.at("live"),
    RESET.at("live"),
)
"""Commands for the draft's fields. They move through the log too."""

COMMANDS: tuple[Command, ...] = (*CALL, *DEVICES, *LOG, *PANES, *FIELDS)
"""In the order of the footer and the help screen."""
