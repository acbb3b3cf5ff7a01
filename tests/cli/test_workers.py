"""Heavy commands give the same results in this process, in several, or on a Dask cluster."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import turnlab_in
from tests.simulator.test_executors import dask


@pytest.mark.slow
def test_heavy_commands_give_equal_results_with_any_workers(tmp_path: Path, analyses: Path) -> None:
    turnlab = turnlab_in(tmp_path, analyses)
    assert turnlab("calls", "pull", "Intake Line", "--limit", "2").code == 0
    with dask(2) as address:
        for command in (
            ("evaluate", "coughs", "--config", "balanced", "--config", "quality"),
            ("analyze", "coughs"),
            ("calls", "measure", "Intake Line"),
            ("calls", "check", "Intake Line"),
        ):
            alone = turnlab(*command, "--json", "--workers", "1").json()
            assert turnlab(*command, "--json", "--workers", "2").json() == alone
            assert turnlab(*command, "--json", "--cluster", address).json() == alone
    assert "no Dask scheduler answers there" in turnlab("analyze", "coughs", "--cluster", address).one_line(1)
    refused = turnlab("evaluate", "booking", "--eot-bench", "--cluster", address)
    assert "--cluster" in refused.one_line(2)
