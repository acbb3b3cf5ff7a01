"""Commands about what is compared, and about saving the draft."""

from __future__ import annotations

from tui.commands.command import Command


class ApplyPreset(Command):
    """Apply a preset to the draft after seeing what it changes; keep, rename, delete, import, export your own."""

    id = "tune.preset"
    name = "Preset"
    key = "p"
    action = "apply_preset"
    in_footer = True


class ChooseRival(Command):
    """Choose what the draft is compared with: a preset, or the service as it is stored."""

    id = "tune.comparison_arm"
    name = "Arm B"
    key = "b"
    action = "choose_rival"
    in_footer = True


class ChooseArms(Command):
    """Choose all arms, two to four: add, duplicate, swap, lock, take away."""

    id = "tune.arms"
    name = "Arms"
    key = "B"
    action = "choose_arms"


class CopyDraft(Command):
    """Copy the draft as JSON, as a command line, or as a curl call; a key is never in it."""

    id = "tune.copy"
    name = "Copy as…"
    key = "y"
    action = "copy_draft"


class PasteDraft(Command):
    """Paste JSON into the draft, after seeing what it changes."""

    id = "tune.paste"
    name = "Paste JSON"
    key = "ctrl+v"
    action = "paste_draft"


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
    ChooseArms,
    CopyDraft,
    PasteDraft,
    Save,
)
