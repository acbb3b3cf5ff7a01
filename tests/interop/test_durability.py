"""After a kill at any time, the server has every acknowledged change. A small version of the benchmark."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks import durability


@pytest.mark.slow
def test_acknowledged_changes_survive_a_kill(tmp_path: Path) -> None:
    report = durability.run(tmp_path, operations=120, kills=2)
    assert report.missing == []
    assert report.kills == 2
    assert report.operations >= 120
