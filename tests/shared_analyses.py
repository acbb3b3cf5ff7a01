"""One folder of analyses for a whole test run: each recording is really analysed, but only once."""

from __future__ import annotations

import os
from pathlib import Path

import pytest


def shared_analyses(factory: pytest.TempPathFactory) -> Path:
    """Return the folder, the same in every process of the run."""
    base = factory.getbasetemp()
    return (base.parent if os.environ.get("PYTEST_XDIST_WORKER") else base) / "shared-analyses"
