"""Tells tests and benchmarks when the first screen stood, and what had been imported for it."""

from __future__ import annotations

import json
import os
import sys
import time

from base.folders import path_from_environment

REPORT_VARIABLE = "TURNLAB_REPORT_FIRST_PAINT"
"""Environment variable with the file to write the report to."""
STARTED_VARIABLE = "TURNLAB_STARTED_AT"
"""Environment variable with the time (as of ``time.time()``) at which the launcher started the process."""


def report_first_paint() -> None:
    """Write the report if it is asked for; call it right after the first screen was painted."""
    path = path_from_environment(REPORT_VARIABLE)
    if path is None:
        return
    now = time.time()
    started = os.environ.get(STARTED_VARIABLE)
    report = {
        "seconds_since_process_start": now - float(started) if started else None,
        "modules": sorted(sys.modules),
    }
    path.write_text(json.dumps(report), encoding="utf-8")
