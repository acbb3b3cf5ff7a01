"""Commands about microphones and speakers."""

from __future__ import annotations

from tui.commands.command import Command


class ChooseInput(Command):
    """Choose the microphone, and see by its level whether it works."""

    id = "live.input"
    name = "Microphone"
    key = "i"
    action = "choose_device('input')"
    in_footer = True


class ChooseOutput(Command):
    """Choose the speaker, or none, and hear by a tone whether it works."""

    id = "live.output"
    name = "Speaker"
    key = "o"
    action = "choose_device('output')"
    in_footer = True


class ChooseEchoGuard(Command):
    """Choose what keeps the agent from hearing itself: headphones, half-duplex, or the profile's echo threshold."""

    id = "live.echo"
    name = "Echo guard"
    key = "e"
    action = "choose_echo_guard"
    in_footer = True


class PlayTone(Command):
    """Play half a second of a soft tone on the speaker."""

    id = "live.tone"
    name = "Test tone"
    key = "g"
    action = "play_tone"


DEVICES: tuple[type[Command], ...] = (
    ChooseInput,
    ChooseOutput,
    ChooseEchoGuard,
    PlayTone,
)
