"""``turnlab calls pull``: store the calls of a service, with progress on a terminal."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from services.calls.folders import CallFolders
from services.calls.pulling import Pull, PullProgress, pull
from services.calls.record import CallRecord
from services.calls.retention import kept_days, kept_for
from services.calls.settings_then import SettingsThen
from services.calls.wanted import DAYS, first_day, request_for
from services.changes.ledger import Backups
from services.client import ServicesClient
from services.errors import UnsupportedError
from services.model import Service
from simulator.errors import SimulatorError
from tui.calls.measuring import measure_folder
from tui.cli.calls.listing import call_json, clock_time, day_given
from tui.cli.calls.purge import purge_old
from tui.cli.connecting import connected, find_service
from tui.cli.failure import ReportedError, complain, report
from tui.cli.tables import print_line, print_timed
from tui.terminal_text import plain

_SAID = {"archived": "archived", "unrecorded": "no recording", "failed": "not pulled", "pulled": "pulled"}


@dataclass(frozen=True, slots=True)
class PullOptions:
    """The command's options."""

    service: str
    days: int | None
    since: str | None
    until: str | None
    limit: int
    simulated: bool
    no_audio: bool
    connection: str | None

    def first_day(self) -> date:
        """Return the first moment to pull from. Raises :class:`~tui.cli.failure.CallError`."""
        return day_given("--since", self.since) or first_day(self.days or DAYS)


def pull_calls(options: PullOptions, *, as_json: bool) -> None:
    """Pull calls and report the result. Raises :class:`~tui.cli.failure.ReportedError` if a call could not be
    pulled."""
    since, until = options.first_day(), day_given("--until", options.until)
    folders = CallFolders()
    purge_old(folders)

    async def work(client: ServicesClient) -> tuple[Service, Pull]:
        if why := client.unsupported.get("calls"):
            raise UnsupportedError(why)
        service = await find_service(client, options.service)
        request = await request_for(
            client,
            service,
            since=since,
            until=until,
            most=options.limit,
            simulated=options.simulated,
            keep_audio=not options.no_audio,
        )
        settings = await SettingsThen.of(client, service, Backups())

        async def kept(record: CallRecord, folder: Path) -> CallRecord:
            if options.no_audio:
                try:
                    await asyncio.to_thread(measure_folder, folder)
                except SimulatorError as error:
                    complain(f"{error}; its measures are missing")
            return record

        with _shown(service.name) as progress:
            result = await pull(client.calls, request, folders, settings, progress=progress, kept=kept)
        return service, result

    service, result = connected(options.connection, work)
    if as_json:
        print(json.dumps(_json(service, result, folders)))
    else:
        _print(service, result, folders, since)
    if result.stopped is not None:
        report(result.stopped, "failed")
    if result.stopped is not None or result.count("failed"):
        raise ReportedError


def _json(service: Service, result: Pull, folders: CallFolders) -> dict[str, Any]:
    return {
        "schema": "turnlab.calls_pull/1",
        "service": {"id": service.id, "name": service.name},
        "folder": str(folders.home),
        "kept_days": kept_days(folders),
        "more": result.more,
        "stopped": result.stopped,
        "calls": [
            {
                "id": one.id,
                "state": one.state,
                "notes": list(one.notes),
                "call": None if one.record is None else call_json(one.record, show_numbers=False, turns=False),
            }
            for one in result.calls
        ],
    }


def _print(service: Service, result: Pull, folders: CallFolders, since: date) -> None:
    none = "nothing was pulled" if result.stopped else f"no calls since {since}; look further back with --days"
    print_line(f"{service.name}: {result.counts() or none}.")
    noted = [one for one in result.calls if one.notes]
    print_timed([(clock_time(one.started_at), f"{_SAID[one.state]}: {'; '.join(one.notes)}") for one in noted])
    if result.more:
        print_line("There are more calls: raise --limit.")
    records = [one.record for one in result.calls if one.record is not None]
    if any(record.made_by_turnlab for record in records):
        print_line("Turnlab made these calls for its demo workspace: they involve no patient.")
    if any(record.operator for record in records):
        handed = sum(bool(record.operator) for record in records)
        print_line(f"{handed} went on with a human operator: measures leave that part out.")
    if records:
        print_line(f"Kept {kept_for(folders)} in {folders.home}, for you only (turnlab calls purge).")


@contextmanager
def _shown(name: str) -> Iterator[Callable[[PullProgress], None]]:
    """Show a pull's progress on a terminal."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn
    from rich.progress import Progress as Bar

    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[size]}"),
    )
    with Bar(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(plain(f"pulling calls of {name}"), total=None, size="")

        def tell(progress: PullProgress) -> None:
            size = f"{progress.bytes / 1e6:.1f} MB"
            bar.update(task, completed=progress.calls, total=progress.of, size=size)

        yield tell
