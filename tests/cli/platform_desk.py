"""``turnlab`` on a workspace that another user changes through the HTTP API."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import httpx
import pytest
import typer

from services.embedded.seed import demo_id
from tests.cli.conftest import Outcome, Turnlab
from tests.interop.conftest import Served, start
from tui.cli.main import run

_built = cache(typer.main.get_command)
"""Typer's commands, built once: building takes 30 ms."""

INTAKE = demo_id("service", "Intake Line")
PLAN_LINE = "--apply --expect "


@dataclass
class Desk:
    """``turnlab`` against a served workspace, over a real socket."""

    turnlab: Turnlab
    served: Served
    environment: Mapping[str, str]

    def __call__(self, *arguments: str | Path) -> Outcome:
        return self.turnlab(*arguments)

    def service(self, service_id: str = INTAKE) -> Any:
        """Return a service as other clients see it."""
        return self._http().get(f"/services/{service_id}").raise_for_status().json()

    def stored(self, name: str) -> Any:
        """Return a version set of the Intake Line. ``None`` if it does not exist."""
        return self.service()["version_sets"].get(name)

    def meanwhile(self, name: str, **fields: Any) -> Any:
        """Change a version set of the Intake Line as another user, and return its new content."""
        body = {"version_set": {**(self.stored(name) or {}), **fields}}
        self._http().put(f"/services/{INTAKE}/version-sets/{name}", json=body).raise_for_status()
        return self.stored(name)

    def put(self, **fields: Any) -> None:
        """Change the Intake Line as another user."""
        self._http().put(f"/services/{INTAKE}", json=fields).raise_for_status()

    def _http(self) -> httpx.Client:
        return httpx.Client(
            base_url=self.served.platform, headers={"Authorization": f"Bearer {self.served.api_key}"}
        )


def platform_environment(served: Served) -> dict[str, str]:
    """Return the environment for the Platform dialect."""
    return {
        "PLATFORM_API_URL": served.url,
        "PLATFORM_WORKSPACE_ID": served.workspace_id,
        "PLATFORM_API_KEY": served.api_key,
    }


def classic_environment(served: Served) -> dict[str, str]:
    """Return the environment for the Classic dialect."""
    return {f"AMIGO_{name.upper()}": value for name, value in served.credentials().items()}


@pytest.fixture(scope="module")
def serving(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A platform without rate limits, stopped after the module's last test."""
    running = start(tmp_path_factory.mktemp("served"), "--rate-window", "0")
    yield running
    if running.process.poll() is None:
        running.stop()


@pytest.fixture
def inside(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Callable[[Mapping[str, str]], Turnlab]:
    """Run ``turnlab`` in this process, with its own folders: a process for every command would take minutes."""

    monkeypatch.setattr(typer.main, "get_command", _built)

    def make(environment: Mapping[str, str]) -> Turnlab:
        folders = {"HOME": str(tmp_path), "TURNLAB_DATA_DIR": str(tmp_path / "data"), "COLUMNS": "120"}
        for name, value in {**folders, **environment}.items():
            monkeypatch.setenv(name, value)
        monkeypatch.chdir(tmp_path)

        def call(*arguments: str | Path) -> Outcome:
            capsys.readouterr()
            code = run([str(argument) for argument in arguments])
            said = capsys.readouterr()
            return Outcome(code, said.out, said.err)

        return call

    return make


@pytest.fixture
def desk(serving: Served, inside: Callable[[Mapping[str, str]], Turnlab]) -> Iterator[Desk]:
    """``turnlab`` in the Platform dialect. The Intake Line is reset afterwards."""
    environment = platform_environment(serving)
    made = Desk(inside(environment), serving, environment)
    before = made.service()
    yield made
    made.put(**{name: before[name] for name in ("name", "is_active", "tags", "tool_capacity", "version_sets")})
    stored = made.service()["voice_config"] or {}
    made.put(voice_config={**dict.fromkeys(stored), **before["voice_config"]})


@pytest.fixture
def alone(inside: Callable[[Mapping[str, str]], Turnlab], tmp_path: Path, seeded_workspace: Path) -> Turnlab:
    """``turnlab`` with the embedded platform, on its own demo workspace."""
    data = tmp_path / "data"
    data.mkdir(mode=0o700)
    shutil.copy(seeded_workspace, data)
    return inside({})


def expected(outcome: Outcome) -> str:
    """Return the fingerprint of a shown plan."""
    assert outcome.code == 0, outcome.err
    return outcome.out.split(PLAN_LINE)[1].split()[0]


@pytest.fixture
def classic(serving: Served, desk: Desk, inside: Any, monkeypatch: pytest.MonkeyPatch) -> Turnlab:
    """``turnlab`` in the Classic dialect, on the platform of ``desk``."""
    for name in desk.environment:
        monkeypatch.delenv(name)
    called: Turnlab = inside(classic_environment(serving))
    return called
