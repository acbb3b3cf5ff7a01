"""The stored calls on the screen, and their filter. A thread reads them."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from tui.calls.periods import Line, with_changes
from tui.calls.pulling import FURTHER_BACK, FoundNone
from tui.host import Host, Job

if TYPE_CHECKING:
    from services.calls.folders import CallFolders
    from services.calls.overview import CallOverview
    from services.model import Service

SHOWING_PAUSE = 0.3
"""Seconds between two updates while calls are read."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CallsShown:
    """The content of the list, and the texts above it and in its place."""

    rows: Sequence[CallOverview] = ()
    lines: Sequence[Line] = ()
    """The calls, and the changes of settings between them."""
    title: str = "Calls"
    notice: str = ""
    all_services: bool = False
    settled: bool = False
    """Whether all kept calls have been read."""


class KeptController:
    """Reads the kept calls, and shows those of a service that pass the filter, newest first.

    ``pulled_none`` returns the result of a pull that found no calls of a service.
    """

    def __init__(
        self,
        host: Host,
        folders: CallFolders,
        show: Callable[[CallsShown], None],
        *,
        pulled_none: Callable[[Service], FoundNone | None] = lambda _: None,
    ) -> None:
        self.service: Service | None = None
        self._host = host
        self._folders = folders
        self._show = show
        self._pulled_none = pulled_none
        self._all_services = False
        self._filter = ""
        self._calls: list[CallOverview] = []
        self._mine: list[CallOverview] = []
        """The service's calls, or all calls; below, the text that a filter searches in each."""
        self._texts: list[str] = []
        self._reading = True
        self._days = "30 days"

    def sit_down(self, service: Service | None) -> None:
        """Show the calls of a service. Without one, those of the last service, or all."""
        self.service = service or self.service
        self._all_services = self.service is None
        self._choose()

    def read(self) -> None:
        """Read the stored calls again, and delete expired ones."""
        self._reading = True
        self._host.start_thread(self._read, "kept calls", exclusive=True)

    def _read(self, job: Job) -> None:
        from services.calls.overview import overviews
        from services.calls.retention import kept_for, oldest_kept

        days, oldest = kept_for(self._folders).removeprefix("for "), oldest_kept(self._folders)
        found: list[CallOverview] = []
        shown, expired = time.monotonic(), False
        for call in overviews(self._folders):
            if job.cancelled:
                return
            if call.kept_since is not None and call.kept_since < oldest:
                expired = True
                continue
            found.append(call)
            if time.monotonic() - shown > SHOWING_PAUSE:
                shown = time.monotonic()
                self._report(job, found, days, reading=True)
        self._report(job, found, days, reading=False)
        if expired:
            self._purge(job)

    def _purge(self, job: Job) -> None:
        from services.calls.retention import expired_deleted

        for sentence in expired_deleted(self._folders):
            job.report(partial(self._host.tell, sentence, "Calls"))

    def _report(self, job: Job, found: list[CallOverview], days: str, *, reading: bool) -> None:
        in_order = sorted(found, key=lambda call: call.order, reverse=True)
        job.report(lambda: self._take(in_order, days, reading), "kept calls")

    def _take(self, calls: list[CallOverview], days: str, reading: bool) -> None:
        if reading and len(calls) <= len(self._calls):
            return  # while they are read again, the old rows stay visible until all new ones are ready
        self._calls, self._days, self._reading = calls, days, reading
        self._choose()

    def type(self, text: str) -> None:
        """Filter by the typed text."""
        self._filter = text
        self._publish()

    def switch_scope(self) -> None:
        """Switch between the calls of all services and those of this one."""
        if self.service is None:
            self._host.tell("no service was chosen; highlight one in Services and press 4", "Calls")
            return
        self._all_services = not self._all_services
        self._choose()

    def _choose(self) -> None:
        service = None if self._all_services else self.service
        self._mine = self._calls if service is None else [one for one in self._calls if one.is_of(service.id)]
        self._texts = []
        self._publish()

    def _publish(self) -> None:
        service, mine, words = None if self._all_services else self.service, self._mine, words_of(self._filter)
        if words and not self._texts:
            self._texts = [searched(one) for one in mine]  # once, because each key searches all of them
        rows = [one for one, text in zip(mine, self._texts, strict=True) if has(text, words)] if words else mine
        about = "all services" if service is None else service.name
        count = f"{len(rows)} of {len(mine)}" if self._filter.strip() else f"{len(mine)}"
        made = " · made by Turnlab" if mine and all(one.made_by_turnlab for one in mine) else ""
        self._show(
            CallsShown(
                rows=rows,
                lines=with_changes(rows),
                title=f"Calls of {about} · {count} · kept {self._days}{made}",
                notice="" if rows else self._notice(service, mine),
                all_services=self._all_services,
                settled=not self._reading,
            )
        )

    def _notice(self, service: Service | None, mine: Sequence[CallOverview]) -> str:
        if self._reading:
            return "Reading the kept calls…"
        if mine:
            return "No call passes the filter.\nPress esc to clear it."
        if service is None:
            return "No calls are kept here yet.\nHighlight a service in Services (1), press 4, then p."
        if none := self._pulled_none(service):
            said = f"The platform has no calls of {service.name} of the last {none.days} days.\n"
            said += f"It has calls of {', '.join(none.others)}.\n" if none.others else ""
            if none.days < FURTHER_BACK:
                return f"{said}Press p again to look {FURTHER_BACK} days back, or 1 to choose another service."
            return f"{said}Press 1 and choose another service, then 4."
        return f"No calls of {service.name} are kept here yet.\nPress p to pull those of the last 14 days."


def words_of(text: str) -> list[str]:
    """Return the words of a filter."""
    return text.casefold().split()


def has(text: str, words: Sequence[str]) -> bool:
    """Return whether the searched text of a call contains every word of a filter."""
    return all(word in text for word in words)


def searched(call: CallOverview) -> str:
    """Return the text that a filter searches in a call."""
    heard = call.heard
    counted = (
        ("cut-in", heard and heard.cut_ins),
        ("stop", heard and heard.stops),
        ("hanging", heard and heard.hanging),
    )
    found = [name for name, count in counted if count and count.count]
    found += ["simulated"] * call.simulated + ["operator"] * call.operator + ["unmeasured"] * (heard is None)
    found += [call.audio_state, call.ended_by or "", call.service_name, call.id]
    if call.started_at is not None:
        found.append(call.started_at.astimezone().strftime("%Y-%m-%d %H:%M"))
    return " ".join(found).casefold()
