"""Commands of the Services screen."""

from __future__ import annotations

from tui.commands.command import Command


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
    key = "r"
    action = "refresh_services"
    in_footer = True


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
    Refresh,
    NextTab,
    PreviousTab,
    StepBack,
    Down,
    Up,
    PageDown,
    PageUp,
    First,
    Last,
)
"""In the order of the footer and the help screen."""
