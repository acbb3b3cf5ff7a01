"""Pulls calls for the Calls screen, with progress. The user can stop it."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from tui.host import AskingHost

if TYPE_CHECKING:
    from services.calls.folders import CallFolders
    from services.calls.pulling import Pull, PullProgress
    from services.client import ServicesClient
    from services.model import Service

SHOWING_PAUSE = 0.1
FURTHER_BACK = 90
"""The number of days for a pull after one that found no calls."""
MOST_NAMED = 3
"""The number of failed calls that are named. Others are counted."""


@dataclass(frozen=True, slots=True)
class FoundNone:
    """A pull that found no calls of a service in the last ``days``. ``others`` are services with calls."""

    service_id: str
    days: int
    others: tuple[str, ...]


class PullController:
    """Pulls the calls of a service, one pull at a time. ``pulled`` is called when new calls are stored."""

    def __init__(
        self,
        host: AskingHost,
        folders: CallFolders,
        client: Callable[[], ServicesClient | None],
        service: Callable[[], Service | None],
        *,
        publish: Callable[[str], None],
        pulled: Callable[[], None],
    ) -> None:
        self.running = False
        self._found_none: FoundNone | None = None
        self._host = host
        self._folders = folders
        self._client = client
        self._service = service
        self._publish = publish
        self._pulled = pulled
        self._shown = 0.0

    @property
    def why_not(self) -> str:
        """Why a pull is not possible now; empty if it is."""
        client = self._client()
        if self.running:
            return "a pull is running; x stops it"
        if client is None:
            return "there is no connection to a platform; press 1, then r to try again"
        if why := client.unsupported.get("calls"):
            return why
        return "" if self._service() is not None else "no service was chosen; highlight one in Services and press 4"

    def none_of(self, service: Service) -> FoundNone | None:
        """Return the last pull's result if it found no calls of this service, else ``None``."""
        found = self._found_none
        return found if found is not None and found.service_id == service.id else None

    def start(self) -> None:
        """Pull, from further back if the last pull found nothing, unless a reason prevents it."""
        client, service = self._client(), self._service()
        if not self.why_not and client is not None and service is not None:
            self.running = True
            self._publish(f"Asking for the calls of {service.name}…")
            self._host.start(partial(self._pull, client, service), "pull", exclusive=True)

    def stop(self) -> None:
        """Stop. Finished calls stay."""
        if self.running:
            self._host.stop("pull")

    async def _pull(self, client: ServicesClient, service: Service) -> None:
        from services.calls.pulling import pull
        from services.calls.settings_then import SettingsThen
        from services.calls.wanted import DAYS, first_day, request_for, services_with_calls
        from services.changes.ledger import Backups
        from services.errors import ServiceError

        said = "Stopped: pulled calls stay, and p continues."
        days = FURTHER_BACK if self.none_of(service) else DAYS
        try:
            request = await request_for(client, service, since=first_day(days))
            settings = await SettingsThen.of(client, service, Backups())
            result = await pull(client.calls, request, self._folders, settings, progress=self._progress)
            self._found_none = None
            if not result.calls and result.stopped is None:
                others = await services_with_calls(client, first_day(days))
                self._found_none = FoundNone(service.id, days, others)
            said = self._summary(result, days)
        except ServiceError as error:
            said = ""
            self._host.complain(str(error), title="Pull")
        finally:
            self.running = False
            self._publish(said)
            self._pulled()

    def _progress(self, progress: PullProgress) -> None:
        now = time.monotonic()
        if progress.of is not None and now - self._shown > SHOWING_PAUSE:
            self._shown = now
            self._publish(f"Pulling {progress.calls} of {progress.of} · {progress.bytes / 1e6:.1f} MB · x stops it")

    def _summary(self, result: Pull, days: int) -> str:
        failed = [one for one in result.calls if one.state == "failed"]
        for one in failed[:MOST_NAMED]:
            self._host.complain(f"{one.id}: {'; '.join(one.notes)}", title="Not pulled")
        if result.stopped is not None:
            self._host.complain(result.stopped, title="Pull")
        said = result.counts(archived="archived: pull again later")
        none = f"There are no calls of the last {days} days" if result.stopped is None else "Nothing was pulled"
        more = " · there are more" if result.more else ""
        # the footer of a small terminal has no room for the next steps
        then = " · then c checks, f fits, w worst turns, b before and after" if result.count("pulled") else ""
        return f"{said or none}{more}{then}"
