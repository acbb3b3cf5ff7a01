"""``turnlab sweep``: what it refuses, and its results on bundled recordings and demo calls."""

from __future__ import annotations

import json
import os
import signal
import time
from pathlib import Path
from typing import Any

import pytest

from simulator.recording import bundled_folder
from tests.cli.conftest import Turnlab, turnlab_in
from tests.forked import Command

BUNDLED = str(bundled_folder())
LIMITS = ("--limit", "cut_ins<=10%")


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (("booking",), "one call cannot both choose a setting and confirm it"),
        (("--goal", "quik"), "did you mean quick?"),
        (("--goal", "quick", "--minimize", "cut_ins"), "give one"),
        (("--minimize", "respons.p50"), "did you mean response?"),
        (("--limit", "cut_ins<=3%", "--limit", "cut_ins>=5%"), "contradict each other"),
        (("--vary", "eager_eot_treshold"), "did you mean eager_eot_threshold?"),
        (("--vary", "eot_timeout_ms=900..300"), "the range is empty"),
        (("--vary", "filler_style=silent", "--from", '{"filler_style": "silent"}'), "nothing to choose"),
        (("--from", "balancd"), "--from: no preset is called"),
        (("--cluster", "127.0.0.1"), "is not an address of a Dask scheduler"),
        (("no such service",), "no stored call or service of that name"),
        (("--out", "no/such/result.json"), "there is no folder"),
        (("--require", "cutins<=3%"), "did you mean cut_ins?"),
    ],
)
def test_an_invalid_sweep_is_refused_in_one_sentence(turnlab: Turnlab, line: tuple[str, ...], said: str) -> None:
    names = () if line[0] in ("booking", "no such service") else ("booking", "coughs")
    assert said in turnlab("sweep", *names, *line, "--workers", "1").one_line(2)


def told(text: str) -> dict[str, Any]:
    """Return a result without its duration."""
    return {name: value for name, value in json.loads(text).items() if name != "timing"}


def better_than_presets(result: dict[str, Any]) -> None:
    """Check that a result has a confirmed setting within its limits that beats all three presets."""
    found = result["recommended"]
    assert found["distinguishable"]
    assert found["ci95"][1] < 0
    assert all(one["met_where_chosen"] and one["met_where_confirmed"] for one in found["limits"])
    assert {one["preset"] for one in found["against"] if one["beaten"]} >= {
        "ultra_low_latency",
        "balanced",
        "quality",
    }
    assert "It does better within the limits than" in result["verdict"]
    assert all(one["sentence"] for one in found["changes"])


@pytest.mark.slow
def test_a_sweep_of_the_bundled_recordings_is_reproducible_and_beats_the_presets(
    tmp_path: Path, analyses: Path
) -> None:
    """With one process, and with two after the first run was killed half way."""
    turnlab = turnlab_in(tmp_path, analyses)
    line = ("sweep", BUNDLED, *LIMITS, "--budget", "200", "--json")
    alone = turnlab(*line, "--workers", "1")
    assert alone.code == 0, alone.err
    better_than_presets(told(alone.out))
    folder = tmp_path / "data" / "sweeps"
    variables = {
        **os.environ,
        "HOME": str(tmp_path),
        "TURNLAB_DATA_DIR": str(tmp_path / "data"),
        "TURNLAB_CACHE_DIR": str(analyses),
    }
    killed = Command([*line, "--workers", "2"], variables)
    while killed.poll() is None and sum(path.stat().st_size for path in folder.glob("*.sweep")) < 60_000:
        time.sleep(0.01)
    killed.send_signal(signal.SIGKILL)
    killed.communicate(timeout=60)
    assert list(folder.glob("*.sweep"))
    resumed = turnlab(*line, "--workers", "2")
    assert "continuing an interrupted sweep" in resumed.err
    assert told(resumed.out) == told(alone.out)
    assert not list(folder.glob("*.sweep"))


@pytest.mark.usefixtures("smart_turn")
@pytest.mark.slow
def test_a_sweep_of_the_demo_calls_finds_a_better_setting(tmp_path: Path, analyses: Path) -> None:
    turnlab = turnlab_in(tmp_path, analyses)
    assert turnlab("calls", "pull", "Intake Line").code == 0
    out = tmp_path / "result.json"
    done = turnlab("sweep", "Intake Line", *LIMITS, "--budget", "200", "--out", out)
    assert done.code == 0, done.err
    result = json.loads(out.read_text())
    better_than_presets(result)
    assert result["settings"][result["baseline"]]["voice_config"]["filler_style"] == "phrase"
    assert len(result["confirmed_on"]) == 12
    assert done.out.startswith(result["verdict"][:40])
    assert "today's settings are those of the newest call" in done.err
    assert not any(call["number"] in out.read_text() for call in _numbers(tmp_path))


def _numbers(folder: Path) -> list[dict[str, str]]:
    found = [json.loads(path.read_text()) for path in (folder / "data" / "calls").rglob("call.json")]
    return [{"number": one["phone_number"]} for one in found if one["phone_number"]]
