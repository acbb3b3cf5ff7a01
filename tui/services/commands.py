"""Commands of the Services screen, and why they may be unavailable."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from tui.commands.command import Command
from tui.commands.shared import row_moves
from tui.screens import key_for

if TYPE_CHECKING:
    from services.model import Service
    from tui.services.history import HistoryLine


class Standing(NamedTuple):
    """What is open, highlighted and possible now."""

    connected: bool = False
    unsupported: Mapping[str, str] = MappingProxyType({})
    """Why a client method is unsupported, by name."""
    service: Service | None = None
    version_set: str | None = None
    """The highlighted version set. ``None`` while none are visible."""
    undo: str = ""
    """The change that can be undone, in words."""
    change: HistoryLine | None = None
    """The highlighted change of the history. ``None`` while the history is not visible."""


class ServiceCommand(Command):
    """A command about services: what it needs on the screen, and from the platform."""

    def __init__(
        self,
        *words: str,
        needs: Literal["connection", "service"] = "service",
        asks: tuple[str, ...] = (),
        rule: Callable[[Standing], str] | None = None,
        **how: Any,
    ) -> None:
        super().__init__(*words, **how)
        self.needs = needs
        self.asks = asks
        """The client methods it needs."""
        self.rule = rule
        """Returns why its own rule forbids it. Empty if it does not."""

    def against(self, at: Standing) -> str:
        """Return why it is unavailable now. Empty if it is available."""
        if not at.connected:
            return f"there is no connection to a platform; press {key_for('services.refresh')} to try again"
        for method in self.asks:
            if method in at.unsupported:
                return at.unsupported[method]
        if self.needs == "service" and at.service is None:
            return "no service is highlighted"
        return self.rule(at) if self.rule is not None else ""


def _made_by_platform(at: Standing) -> str:
    system = at.service is not None and at.service.is_system
    return "the platform made this service itself, so it is not deleted from here" if system else ""


def _nothing_to_undo(at: Standing) -> str:
    return "" if at.undo else "nothing was changed here that can be taken back; the History tab has older changes"


def _too_few_to_compare(at: Standing) -> str:
    few = at.service is not None and len(at.service.version_sets) < 2
    return "this service has no two version sets to compare" if few else ""


def _nothing_to_promote(at: Standing) -> str:
    none = at.service is not None and not at.service.version_sets
    return "this service has no version sets to promote" if none else ""


def _cannot_put_back(at: Standing) -> str:
    if at.change is not None:
        if at.change.back is None:
            return "this change cannot be taken back; the lines under the table say why"
        return at.unsupported.get("update_service", "")
    return at.unsupported.get("upsert_version_set", "") or _broken_rule("writable", at)


def _not_deletable(at: Standing) -> str:
    return _broken_rule("deletable", at)


def _broken_rule(rule: str, at: Standing) -> str:
    if at.version_set is None:
        return ""
    from services import model
    from services.errors import ServiceError

    try:
        getattr(model, rule)(at.version_set)
    except ServiceError as error:
        return str(error)
    return ""


NEW_SERVICE = ServiceCommand(
    "services.new",
    "New",
    "n",
    "Make a service.",
    action="new_service",
    in_footer=True,
    needs="connection",
    asks=("create_service",),
)
EDIT_SERVICE = ServiceCommand(
    "services.edit",
    "Edit",
    "e",
    "Edit the highlighted service: name, tags, agent, channel and what else it has; only changes are sent.",
    action="edit_service",
    in_footer=True,
    asks=("update_service",),
)
SWITCH_ACTIVE = ServiceCommand(
    "services.active",
    "On/off",
    "a",
    "Activate the highlighted service, or deactivate it after asking.",
    action="switch_active",
    in_footer=True,
    asks=("update_service",),
)
DELETE_SERVICE = ServiceCommand(
    "services.delete",
    "Delete service",
    "X",
    "Delete the highlighted service, after asking for its name.",
    action="delete_service",
    asks=("delete_service",),
    rule=_made_by_platform,
)
UNDO = ServiceCommand(
    "services.undo",
    "Take back",
    "u,ctrl+z",
    "Take back the last change that was made here, after showing what that changes: an edit, a promotion,"
    " a rollback, a deletion.",
    in_footer=True,
    needs="connection",
    rule=_nothing_to_undo,
)
WORDS = {
    "version set": "A named choice of versions of agent and context graph, such as release, which callers get.",
    "promote": "Copy what one version set holds onto another, such as preview onto release.",
    "upsert": "A write that changes what is there, or makes it where there is nothing yet.",
    "inherit": "Leave a field to the layer above: the workspace, then the platform's defaults.",
}
"""Words on the Services screen, each with its meaning in a sentence."""

UPSERT_VERSION_SET = ServiceCommand(
    "services.upsert",
    "Edit set",
    "E",
    "Change the highlighted version set, or make another one (an upsert), after showing what would change.",
    action="upsert_version_set",
    asks=("upsert_version_set",),
)
DIFF_VERSION_SETS = ServiceCommand(
    "services.diff",
    "Diff",
    "d",
    "Show what differs between the highlighted version set and another one.",
    action="diff_version_sets",
    rule=_too_few_to_compare,
)
PROMOTE = ServiceCommand(
    "services.promote",
    "Promote",
    "p",
    "Promote the highlighted version set to another one, after showing what would change.",
    asks=("upsert_version_set",),
    rule=_nothing_to_promote,
)
ROLLBACK = ServiceCommand(
    "services.rollback",
    "Put back",
    "R",
    "Put back what the highlighted version set held before the last change from here (a rollback); in the history,"
    " what the highlighted change replaced.",
    rule=_cannot_put_back,
)
DELETE_VERSION_SET = ServiceCommand(
    "services.delete-version-set",
    "Delete",
    "x",
    "Delete the highlighted version set, after showing what it holds; its content is kept for a rollback.",
    asks=("delete_version_set",),
    rule=_not_deletable,
)
SHOW_ROUTING = ServiceCommand(
    "services.routing",
    "Routing",
    "m",
    "Show which service callers reach on which route, and which one follows, by the tags route and next.",
    action="show_routing",
    needs="connection",
)
SHOW_JSON = ServiceCommand(
    "services.json",
    "JSON",
    "o",
    "Read the highlighted service as JSON, as the platform gives it.",
    action="show_json",
)
COPY_ID = ServiceCommand("services.copy-id", "Copy id", "y", "Copy the highlighted service's id.")
COPY_CURL = ServiceCommand(
    "services.copy-curl",
    "Copy as curl",
    "c",
    "Copy a curl line that reads the highlighted service; the API key stays out of it.",
)

VERSION_SETS = (UPSERT_VERSION_SET, DIFF_VERSION_SETS, PROMOTE, ROLLBACK, DELETE_VERSION_SET)
"""In the order of their row below the table."""

COMMANDS: tuple[Command, ...] = (
    Command(
        "services.tune",
        "Tune",
        "enter",
        "Open the highlighted service in Tune.",
        action="tune_service",
        in_footer=True,
    ),
    Command(
        "services.filter",
        "Filter",
        "slash",
        "Filter the list: words, tag:key=value, active:yes, channel:voice, env:sandbox.",
        action="focus_filter",
        in_footer=True,
        # before later keys go to the focused widget
        priority=True,
    ),
    NEW_SERVICE,
    EDIT_SERVICE,
    SWITCH_ACTIVE,
    DELETE_SERVICE,
    UNDO,
    Command(
        "services.next-tab",
        "Next tab",
        "right_square_bracket,right",
        "Show the next tab of the details, and move about in it; esc leads back to the list.",
        action="turn_tab(1)",
        in_footer=True,
        shown_key="]",
        # otherwise tables take the arrows
        priority=True,
    ),
    Command(
        "services.previous-tab",
        "Previous tab",
        "left_square_bracket,left",
        "Show the tab before, and move about in it.",
        action="turn_tab(-1)",
        shown_key="[",
        priority=True,
    ),
    *VERSION_SETS,
    SHOW_ROUTING,
    SHOW_JSON,
    COPY_ID,
    COPY_CURL,
    Command(
        "services.refresh",
        "Refresh",
        "r,f5",
        "Fetch the services again; after an error, try again.",
        action="refresh_services",
    ),
    Command(
        "services.back",
        "Back",
        "escape",
        "One step back: from the details to the list, then clear the filter.",
        action="step_back",
        in_footer=True,
    ),
    *row_moves(
        "services",
        down="Move down in the list or table that has the focus.",
        up="Move up in the list or table that has the focus.",
        last="Go to the last row; a long list is fetched to its end.",
    ),
)
"""In the order of the footer and the help screen."""
