"""``turnlab calls purge``: deletes expired calls, and reports it."""

from __future__ import annotations

import json
from datetime import timedelta

from base.os_errors import os_error_text
from services.calls.folders import CallFolders
from services.calls.retention import expired_deleted, keep_for, kept_days, kept_for, purge, purge_expired
from tui.cli.failure import ReportedError, WorkError, complain, report
from tui.cli.tables import print_line


def purge_calls(older_than: int | None, keep: int | None, *, everything: bool, as_json: bool) -> None:
    """Delete calls: all, those pulled more than so many days ago, or expired ones.

    Raises :class:`~tui.cli.failure.WorkError`, and :class:`~tui.cli.failure.ReportedError` for calls that stay.
    """
    folders = CallFolders()
    if keep is not None:
        try:
            keep_for(folders, keep)
        except OSError as error:
            raise WorkError(f"{folders.home}: {os_error_text(error)}; nothing was changed") from None
    if everything:
        done = purge(folders, None)
    elif older_than is not None:
        done = purge(folders, timedelta(days=older_than))
    else:
        done = purge_expired(folders)
    days = kept_days(folders)
    if as_json:
        size = {"deleted": done.calls, "bytes": done.bytes, "corrected_labels": done.corrected}
        print(json.dumps({"schema": "turnlab.calls_purge/1", **size, "kept_days": days}))
    else:
        print_line(f"{done.counted()} deleted. Calls are kept {kept_for(folders)} in {folders.home}.")
    for problem in done.problems:
        report(problem, "failed")
    if done.problems:
        raise ReportedError


def purge_old(folders: CallFolders) -> None:
    """Delete expired calls, and report it on standard error."""
    for sentence in expired_deleted(folders):
        complain(sentence)
