"""Commands that let a simulated call be heard."""

from __future__ import annotations

from tui.commands.command import Command


class Play(Command):
    """Play the call with the simulated agent mixed in, or pause it; in the timeline, space does so too."""

    id = "tune.play"
    name = "Hear"
    key = "s"
    action = "play"
    in_footer = True


class PlayEvent(Command):
    """Play from just before the chosen event; without one, from where the timeline begins."""

    id = "tune.play-event"
    name = "Hear the event"
    key = "g"
    action = "play_event"


class HearArm(Command):
    """Hear the next arm's agent from here on; while the call plays, without a gap."""

    id = "tune.hear-arm"
    name = "Hear the next arm"
    key = "v"
    action = "hear_arm"


class WindOn(Command):
    """Go on by five seconds in the call that is heard."""

    id = "tune.wind-on"
    name = "5 s on"
    key = "greater_than_sign"
    action = "wind(5)"


class WindBack(Command):
    """Go back by five seconds in the call that is heard."""

    id = "tune.wind-back"
    name = "5 s back"
    key = "less_than_sign"
    action = "wind(-5)"


class StopPlaying(Command):
    """Stop the call that is heard, and take the playhead away."""

    id = "tune.stop"
    name = "Stop"
    key = "S"
    action = "stop_playing"


HEARING: tuple[type[Command], ...] = (
    Play,
    PlayEvent,
    HearArm,
    WindBack,
    WindOn,
    StopPlaying,
)
