"""Commands that make, change and delete services."""

from __future__ import annotations

from tui.services.standing import ServiceCommand, Standing


class NewService(ServiceCommand):
    """Make a service."""

    id = "services.new"
    name = "New"
    key = "n"
    action = "new_service"
    needs = "connection"
    asks = ("create_service",)
    in_footer = True


class EditService(ServiceCommand):
    """Edit the highlighted service: name, tags, agent, channel and what else it has; only changes are sent."""

    id = "services.edit"
    name = "Edit"
    key = "e"
    action = "edit_service"
    asks = ("update_service",)
    in_footer = True


class SwitchActive(ServiceCommand):
    """Activate the highlighted service, or deactivate it after asking."""

    id = "services.active"
    name = "On/off"
    key = "a"
    action = "switch_active"
    asks = ("update_service",)
    in_footer = True


class DeleteService(ServiceCommand):
    """Delete the highlighted service, after asking for its name."""

    id = "services.delete"
    name = "Delete service"
    key = "X"
    action = "delete_service"
    asks = ("delete_service",)

    @classmethod
    def rule_against(cls, at: Standing) -> str:
        """Say that what the platform made is not deleted."""
        system = at.service is not None and at.service.is_system
        return "the platform made this service itself, so it is not deleted from here" if system else ""


class Undo(ServiceCommand):
    """Undo the last change of a service that was made here."""

    id = "services.undo"
    name = "Undo"
    key = "ctrl+z"
    action = "undo"
    needs = "connection"
    asks = ("update_service",)

    @classmethod
    def rule_against(cls, at: Standing) -> str:
        """Say that there is nothing to undo."""
        return "" if at.undo else "nothing was changed here that can be undone"


CHANGES: tuple[type[ServiceCommand], ...] = (NewService, EditService, SwitchActive, DeleteService, Undo)
"""In the order of the help screen."""
