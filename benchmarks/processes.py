"""The resources that processes use, from Linux's ``/proc``."""

from __future__ import annotations

import os
from pathlib import Path


def cpu_s(process: int) -> float:
    """Return the CPU time of a process so far, s."""
    fields = _stat(process)
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def cpu_with_children_s(process: int) -> float:
    """Return the CPU time of a process and its running children, s."""
    return cpu_s(process) + sum(cpu_with_children_s(child) for child in _children(process))


def resident_mb(process: int) -> float:
    """Return the resident memory of a process, MB."""
    pages = int(Path(f"/proc/{process}/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def _children(process: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{process}/task/{process}/children").read_text().split()]


def _stat(process: int) -> list[str]:
    return Path(f"/proc/{process}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
