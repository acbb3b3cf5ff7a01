"""Commands of the Services screen."""

from __future__ import annotations

from tui.commands.command import Command
from tui.services.change_commands import CHANGES
from tui.services.standing import ServiceCommand
from tui.services.version_set_commands import VERSION_SETS


class TuneService(Command):
    """Open the highlighted service in Tune."""

    id = "services.tune"
    name = "Tune"
    key = "enter"
    action = "tune_service"
    in_footer = True


class FocusFilter(Command):
    """Filter the list: words, tag:key=value, active:yes, channel:voice, env:sandbox."""

    id = "services.filter"
    name = "Filter"
    key = "slash"
    action = "focus_filter"
    # before the keys that follow are handed to whatever has the focus now
    priority = True
    in_footer = True


class StepBack(Command):
    """One step back: clear the filter, then return to the list."""

    id = "services.back"
    name = "Back"
    key = "escape"
    action = "step_back"
    in_footer = True


class Refresh(Command):
    """Fetch the services again; after an error, try again."""

    id = "services.refresh"
    name = "Refresh"
    key = "r,f5"
    action = "refresh_services"


class NextTab(Command):
    """Show the next tab of the details."""

    id = "services.next-tab"
    name = "Next tab"
    key = "right_square_bracket,right"
    action = "turn_tab(1)"
    in_footer = True


class PreviousTab(Command):
    """Show the tab before."""

    id = "services.previous-tab"
    name = "Previous tab"
    key = "left_square_bracket,left"
    action = "turn_tab(-1)"


class CopyId(ServiceCommand):
    """Copy the highlighted service's id."""

    id = "services.copy-id"
    name = "Copy id"
    key = "y"
    action = "copy_id"


class CopyCurl(ServiceCommand):
    """Copy a curl line that reads the highlighted service; the API key stays out of it."""

    id = "services.copy-curl"
    name = "Copy as curl"
    key = "c"
    action = "copy_curl"


class ShowJson(ServiceCommand):
    """Read the highlighted service as JSON, as the platform gives it."""

    id = "services.json"
    name = "JSON"
    key = "o"
    action = "show_json"


class ShowRouting(ServiceCommand):
    """Show which service callers reach on which route, and which one follows, by the tags route and next."""

    id = "services.routing"
    name = "Routing"
    key = "m"
    action = "show_routing"
    needs = "connection"


class Down(Command):
    """Move down in the list or table that has the focus."""

    id = "services.down"
    name = "Down"
    key = "j,down"
    action = "go('down')"


class Up(Command):
    """Move up in the list or table that has the focus."""

    id = "services.up"
    name = "Up"
    key = "k,up"
    action = "go('up')"


class PageDown(Command):
    """Move down by what is in view."""

    id = "services.page-down"
    name = "Page down"
    key = "pagedown,ctrl+d"
    action = "go('page_down')"


class PageUp(Command):
    """Move up by what is in view."""

    id = "services.page-up"
    name = "Page up"
    key = "pageup,ctrl+u"
    action = "go('page_up')"


class First(Command):
    """Go to the first row."""

    id = "services.first"
    name = "First"
    key = "g,home"
    action = "go('first')"


class Last(Command):
    """Go to the last row; a long list is fetched to its end."""

    id = "services.last"
    name = "Last"
    key = "G,end"
    action = "go('last')"


HERE: tuple[type[Command], ...] = (
    TuneService,
    FocusFilter,
    *CHANGES,
    NextTab,
    PreviousTab,
    *VERSION_SETS,
    ShowRouting,
    ShowJson,
    CopyId,
    CopyCurl,
    Refresh,
    StepBack,
    Down,
    Up,
    PageDown,
    PageUp,
    First,
    Last,
)
"""In the order of the footer and the help screen."""
