"""Tables in a pipe where one cell is a megabyte: it stays whole, and the other rows stay short."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from services.embedded.seed import demo_id
from tests.cli.conftest import Turnlab

TAG = "t" * 1_000_000


@pytest.mark.slow
def test_a_megabyte_in_one_cell_stays_whole_in_a_pipe_and_is_cut_at_a_width(
    turnlab: Turnlab, tmp_path: Path
) -> None:
    intake = demo_id("service", "Intake Line")
    values = tmp_path / "values.json"
    values.write_text(json.dumps({"tags": [{"key": TAG, "value": None}, {"key": "route", "value": "front"}]}))
    assert turnlab("service", "update", intake, "--body", f"@{values}", "--apply").code == 0
    piped = turnlab("service", "get", intake, environment={"COLUMNS": ""})
    (line,) = [line for line in piped.out.splitlines() if TAG in line]
    assert line.endswith(", route:front")
    assert max(len(other) for other in piped.out.splitlines() if TAG not in other) < 1000
    limited = turnlab("service", "get", intake)
    assert TAG[:50] in limited.out
    assert "…" in limited.out
    assert max(map(len, limited.out.splitlines())) <= 120
    assert len(limited.out) < 10_000
