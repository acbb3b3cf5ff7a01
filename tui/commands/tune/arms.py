"""Commands about what is compared, and about saving the draft."""

from __future__ import annotations

from tui.commands.command import Command


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


class Save(Command):
    """Show exactly what would be sent to the platform, then send it."""

    id = "tune.save"
    name = "Save"
    key = "ctrl+s"
    action = "save"
    in_footer = True


ARMS: tuple[type[Command], ...] = (
    ApplyPreset,
    ChooseRival,
    Save,
)
