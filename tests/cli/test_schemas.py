"""``--json`` output matches its schema in ``docs/schemas``, for every command."""

from __future__ import annotations

import json
import os
import shutil
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile as sf
from jsonschema import Draft202012Validator

from services.embedded.seed import demo_id
from simulator.audio.source import open_audio
from simulator.recording import bundled_folder
from tests.cli.conftest import Turnlab, turnlab_in
from tests.cli.report_pages import check_page
from tests.forked import Command

SCHEMAS = Path(__file__).parents[2] / "docs" / "schemas"
INTAKE = demo_id("service", "Intake Line")
COUGHS = str(bundled_folder() / "coughs.flac")
ARMS = ("--config", "balanced", "--config", "quality")
SWEPT = ("--vary", "filler_style", "--eot", "silence", "--workers", "1")
NEW = (
    "service",
    "create",
    "--name",
    "New Line",
    "--agent",
    "Mara, front desk",
    "--context-graph",
    "Patient intake",
)


@dataclass(frozen=True)
class Case:
    """A command line and the schema of its output. ``code`` is its exit code. ``slow`` leaves it to CI."""

    schema: str
    line: tuple[str, ...]
    code: int = field(default=0, kw_only=True)

    slow: bool = field(default=False, kw_only=True)

    def __str__(self) -> str:
        return " ".join(self.line[:3]).replace(COUGHS, "FILE")


CASES = [
    Case("simulation", ("simulate", COUGHS, *ARMS, "--require", "response.p90<=60s")),
    Case("simulation", ("simulate", COUGHS, "--mix", "mix.wav", "--voice", "silent", "--echo-db", "30"), slow=True),
    Case("evaluation", ("evaluate", COUGHS, *ARMS, "--require", "cut_ins<=100%")),
    Case("sweep", ("sweep", "coughs", "booking", "--budget", "10", *SWEPT, "--require", "cut_ins<=100%")),
    Case("eot-bench", ("evaluate", "--eot-bench", "rows.jsonl")),
    Case("analysis", ("analyze", COUGHS)),
    Case("calls_measure", ("calls", "measure", "both.wav")),
    Case("calls_check", ("calls", "check", "held", "--eot", "silence", "--require", "abs_error.p90<=60s")),
    Case("recordings", ("recordings",)),
    Case("presets", ("presets",)),
    Case("preset", ("presets", "quality")),
    Case("keys", ("keys",)),
    Case("cache", ("cache",)),
    Case("models", ("models",)),
    Case("profiles", ("profiles",)),
    Case("profile-values", ("profiles", "default")),
    Case("profile", ("profiles", "fit", "call.json", "--name", "ours")),
    Case("profile-fit", ("profiles", "fit", "call.json", "--name", "ours", "--output", "ours.json")),
    Case("labels", ("labels", "export", "coughs.flac")),
    Case("labels", ("labels", "import", "track.txt", "--output", "back.json")),
    Case("connections", ("connect", "--list")),
    Case("connect", ("connect", "--test")),
    Case("services", ("service", "list")),
    Case("service", ("service", "get", INTAKE)),
    Case("service-plan", (*NEW, "--apply")),
    Case("service-plan", ("service", "update", INTAKE, "--description", "Day and night", "--apply")),
    Case("service-plan", ("service", "delete", INTAKE)),
    Case("version-set-plan", ("version-set", "promote", INTAKE, "test", "preview", "--apply")),
    Case("version-set-plan", ("version-set", "rollback", INTAKE, "preview")),
    Case("version-set-plan", ("version-set", "upsert", INTAKE, "mine", "--agent-version", "2")),
    Case("version-sets", ("version-set", "list", INTAKE)),
    Case("version-set", ("version-set", "get", INTAKE, "release")),
    Case("version-set-diff", ("version-set", "diff", INTAKE, "release", "preview")),
    Case("version-set-history", ("version-set", "history", INTAKE)),
    Case("voice-config", ("voice-config", INTAKE)),
    Case("voice-config", ("voice-config", INTAKE, "--preset", "quality", "--apply", "--confirm", "release")),
    Case("voice-config-history", ("voice-config", INTAKE, "--history")),
    Case("error", ("presets", "nonsense"), code=2),
    Case("error", ("labels", "export", "coughs.flac", "--output", "-"), code=2),
    Case("error", ("profiles", "fit", "track.txt", "--name", "none"), code=1),
]
CALLS = {"calls_pull", "calls_list", "calls_show", "calls_purge"}
"""Covered by tests/cli/test_calls.py, where one pull serves them all."""
REPORTED = {
    "simulation": "What callers met",
    "evaluation": "Barge-in: how often the agent stopped for speech over it",
    "calls_check": "What was heard, and what was simulated",
    "sweep": "Limits, under the setting that is not judged",
}
"""Results that ``turnlab report`` renders, each with a table on its page."""
ELSEWHERE = {
    "calls_import",
    "calls_compare",
    *CALLS,
    "model-fetch",
    "model-check",
    "devices",
    "device-tests",
    "agent",
    "live",
    "call",
    "call_comparison",
    "serve",
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a recording, its labels, a label track, a row of eot-bench, and a call to fit a profile to."""
    made = tmp_path_factory.mktemp("schemas")
    for suffix in ("flac", "json"):
        shutil.copy(bundled_folder() / f"coughs.{suffix}", made)
    (made / "track.txt").write_text("0.5\t0.9\tturn: hello\n")
    spans = [{"start": 3.2, "end": 3.6}, {"start": 4.0, "end": 6.0}]
    row = {"id": 1, "language": "en", "audio": "coughs.flac", "silence_spans": spans}
    (made / "rows.jsonl").write_text(json.dumps(row))
    segment = {"type": "agent_speech", "lane": "agent", "start": 0, "end": 1, "label": "Hello."}
    timed = [segment | {"turn_index": turn, "nav_ms": 90.0 + turn % 7} for turn in range(30)]
    (made / "call.json").write_text(json.dumps({"turns": [], "segments": timed, "duration_seconds": 99.0}))
    caller, agent = (open_audio(bundled_folder() / name).samples() for name in ("coughs.flac", "agent/voice.flac"))
    both = np.zeros((30 * 16_000, 2), np.float32)
    both[:, 0] = caller[: len(both)]
    both[5 * 16_000 : 5 * 16_000 + len(agent), 1] = agent[: 25 * 16_000]
    sf.write(made / "both.wav", both, 16_000)
    (made / "held").mkdir()
    shutil.copy(made / "both.wav", made / "held")
    audio = {"both": {"file": "both.wav", "encoding": "container", "caller_channel": 0}}
    record = {"id": "held", "source": "import", "audio": audio, "audio_state": "here"}
    (made / "held" / "call.json").write_text(json.dumps(record))
    sf.write(made / "tone.wav", 0.01 * np.sin(np.arange(16_000) * 0.1), 16_000)
    return made


@pytest.fixture(scope="module")
def shop(folder: Path, analyses: Path) -> Turnlab:
    """``turnlab`` with one workspace for all commands, so that there is a history."""
    return turnlab_in(folder, analyses)


def check(schema: str, found: Any) -> None:
    said = json.loads((SCHEMAS / f"{schema}-1.json").read_text())
    Draft202012Validator.check_schema(said)
    faults = [f"{list(one.absolute_path)}: {one.message}" for one in Draft202012Validator(said).iter_errors(found)]
    assert not faults, "\n".join(faults[:5])


@pytest.mark.parametrize(
    "case", [pytest.param(case, marks=pytest.mark.slow if case.slow else [], id=str(case)) for case in CASES]
)
def test_json_output_matches_its_schema(shop: Turnlab, folder: Path, case: Case) -> None:
    done = shop(*case.line, "--json", cwd=folder)
    assert done.code == case.code, done.err
    found = json.loads(done.err.splitlines()[-1] if case.code else done.out)
    check(case.schema, found)
    if case.schema in REPORTED:
        (folder / "result.json").write_text(done.out)
        made = shop("report", "result.json", "-o", "report.html", "--force", cwd=folder)
        assert made.code == 0, made.err
        assert REPORTED[case.schema] in check_page((folder / "report.html").read_text()).text("caption")


@pytest.mark.usefixtures("smart_turn")
@pytest.mark.slow
def test_models_json_matches_its_schema(shop: Turnlab) -> None:
    check("model-fetch", shop("models", "fetch", "--json").json())
    check("model-check", json.loads(shop("models", "--check", "--json").out))


@pytest.mark.realtime
def test_devices_json_matches_its_schemas(shop: Turnlab, tmp_path: Path) -> None:
    nothing = {"PULSE_SERVER": f"unix:{tmp_path}/nobody"}
    listed = shop("devices", "--json", environment=nothing)
    if listed.code:
        pytest.skip(listed.err)
    check("devices", listed.json())
    check("device-tests", json.loads(shop("devices", "--test", "--json", environment=nothing).out))


@contextmanager
def running(folder: Path, *line: str) -> Iterator[dict[str, Any]]:
    """A running command, and the ready line that it printed."""
    variables = {**os.environ, "HOME": str(folder), "TURNLAB_DATA_DIR": str(folder / "data")}
    process = Command([*line, "--port", "0", "--json"], variables)
    assert process.stdout is not None
    try:
        yield json.loads(process.stdout.readline())
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=30)


def test_the_ready_line_of_servers_matches_its_schema(tmp_path: Path) -> None:
    with running(tmp_path, "serve", "--data", str(tmp_path)) as ready:
        check("serve", ready)
    with running(tmp_path, "agent", "--eot", "silence", "--voice", "silent") as ready:
        check("agent", ready)


@pytest.mark.realtime
def test_call_json_matches_its_schema(shop: Turnlab, folder: Path, tmp_path: Path) -> None:
    scenario = {"schema": "turnlab.scenario/1", "greeting": "Hello.", "turns": [{"response": "Goodbye."}]}
    greets = tmp_path / "greets.scenario.json"
    greets.write_text(json.dumps(scenario))
    with running(tmp_path, "agent", "--eot", "silence", "--voice", "clips", "--scenario", str(greets)) as ready:
        check("call", shop("call", ready["url"], "tone.wav", "--save", "kept.flac", "--json", cwd=folder).json())


def test_every_schema_belongs_to_a_command_and_is_listed() -> None:
    there = {path.name.removesuffix("-1.json") for path in SCHEMAS.glob("*.json")}
    assert there == {case.schema for case in CASES} | ELSEWHERE
    listed = (SCHEMAS / "README.md").read_text()
    assert [name for name in sorted(there) if f"({name}-1.json)" not in listed] == []
