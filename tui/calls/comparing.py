"""Compares two periods of the listed calls: around a change of settings, or around two days."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING

from tui.calls.periods import Line, SettingsChange, around, compared, two_days
from tui.calls.words import periods_lines, periods_summary
from tui.host import AskingHost, Job

if TYPE_CHECKING:
    from services.calls.overview import CallOverview
    from simulator.heard.periods import Periods

_DAYS = "two days…"
_ABOUT_DAYS = "Calls before a day against those from a day on."

Pick = Callable[[str, Sequence[tuple[str, str]]], Awaitable[str | None]]
"""Asks the user to pick one of several named items, each with a description."""

Times = Callable[[], Awaitable[Sequence[datetime]]]
"""Returns when the listed service's settings changed, according to its History."""


class CompareController:
    """Compares the listed calls before and after a change or two days, and shows the differences.

    ``lines`` returns the list, ``line`` its highlighted line. ``said`` gets the progress and then the result as one
    line.
    """

    def __init__(
        self,
        host: AskingHost,
        lines: Callable[[], Sequence[Line]],
        line: Callable[[], Line | None],
        *,
        said: Callable[[str], None],
        times: Times,
        pick: Pick,
    ) -> None:
        self.running = False
        self._host = host
        self._lines, self._line, self._said = lines, line, said
        self._times, self._pick = times, pick

    @property
    def why_not(self) -> str:
        """Why a comparison is not possible now; empty if it is."""
        if self.running:
            return "a comparison of two periods is running"
        measured = any(not isinstance(one, SettingsChange) and one.heard is not None for one in self._lines())
        return "" if measured else "no call of the list is measured yet; wait while they are, or m measures them"

    def start(self) -> None:
        """Compare around the highlighted change. If none is highlighted, ask."""
        line = self._line()
        if isinstance(line, SettingsChange):
            self._compare(f"before and after {line.words()}", *around(line, self._lines()))
        else:
            self._host.start(self._ask, "periods", exclusive=True)

    async def _ask(self) -> None:
        from tui.dialogs.dialogs import LineEntry

        lines = self._lines()
        history = await self._times()
        changes = [one for one in lines if isinstance(one, SettingsChange)]
        offered = [(_title(change, history), _about(change, lines)) for change in changes]
        question = f"Compare the calls before and after…{_too_new(lines, history)}"
        chosen = await self._pick(question, [*offered, (_DAYS, _ABOUT_DAYS)])
        if chosen is None:
            return
        if chosen != _DAYS:
            change = changes[[name for name, _ in offered].index(chosen)]
            self._compare(f"before and after {change.words()}", *around(change, lines))
            return
        hint = "Calls before the first day (UTC) against calls from the second on; one day alone is both."
        days = await self._host.ask(LineEntry("Compare two periods", hint, "", two_days))
        if days is not None:
            calls = [one for one in lines if not isinstance(one, SettingsChange) and one.started_at is not None]
            before = [one for one in calls if one.started_at is not None and one.started_at < days[0]]
            after = [one for one in calls if one.started_at is not None and one.started_at >= days[1]]
            self._compare(f"before {days[0]:%Y-%m-%d} and from {days[1]:%Y-%m-%d} on (UTC)", before, after)

    def _compare(self, what: str, before: Sequence[CallOverview], after: Sequence[CallOverview]) -> None:
        self.running = True
        self._said(f"Comparing {len(before)} calls with {len(after)}…")
        self._host.start_thread(partial(self._work, what, before, after), "comparing")

    def _work(self, what: str, before: Sequence[CallOverview], after: Sequence[CallOverview], job: Job) -> None:
        found = compared(before, after)
        job.report(partial(self._show, what, found))

    def _show(self, what: str, found: Periods) -> None:
        from tui.dialogs.dialog import TextDialog

        self.running = False
        if not found.services:
            self._said("")
            self._host.complain("no service has measured calls in both periods; choose others", title="Compare")
            return
        self._said(f"{what[0].upper()}{what[1:]}: {periods_summary(found)}")
        text = "\n".join([*periods_head(found), "", *periods_lines(found)])
        self._host.start(lambda: self._host.ask(TextDialog(f"Calls {what}", text)), "periods shown")


def periods_head(found: Periods) -> list[str]:
    """Return the heading of a comparison: the number of calls, and their services."""
    count, then = found.calls
    services = ", ".join(found.services)
    return [f"{services}: {count} calls before, {then} after; differences are over calls."]


def change_story(change: SettingsChange, lines: Sequence[Line]) -> str:
    """Return the differences between the calls before and after a change, as lines of text."""
    found = compared(*around(change, lines))
    head = ["The settings changed between these calls:", change.words(), ""]
    if not found.services:
        return "\n".join([*head, "Before or after, no call is measured; m measures them."])
    return "\n".join([*head, *periods_head(found), "", *periods_lines(found)])


def _title(change: SettingsChange, history: Sequence[datetime]) -> str:
    """Return when a change was made and what it changed.

    Without a History entry, the time is that of the next call.
    """
    older, newer = change.older.started_at, change.newer.started_at
    made = next((at for at in history if older is not None and newer is not None and older < at <= newer), newer)
    when = "" if made is None else f"{made.astimezone():%Y-%m-%d %H:%M}  "
    return f"{when}{change.words()}"


def _too_new(lines: Sequence[Line], history: Sequence[datetime]) -> str:
    """Return a sentence about a change that is newer than every kept call."""
    begun = [one.started_at for one in lines if not isinstance(one, SettingsChange) and one.started_at is not None]
    newest = max(history, default=None)
    if newest is None or not begun or newest <= max(begun):
        return ""
    return f" No call is here yet from after the change of {newest.astimezone():%Y-%m-%d %H:%M}; p pulls new ones."


def _about(change: SettingsChange, lines: Sequence[Line]) -> str:
    before, after = around(change, lines)
    return f"{change.newer.service_name}: {len(before)} calls before it, {len(after)} after, up to the next change"
