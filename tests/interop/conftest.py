"""A platform over a real socket, as ``turnlab serve`` provides it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.forked import TURNLAB, Command


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests in this folder."""
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.interop)


@dataclass(frozen=True)
class Served:
    """A running platform, and its ready line."""

    process: Command | subprocess.Popen[str]
    folder: Path
    url: str
    organization_id: str
    workspace_id: str
    api_key: str
    api_key_id: str
    user_id: str

    @property
    def classic(self) -> str:
        """The base of the Classic dialect's paths."""
        return f"{self.url}/v1/{self.organization_id}"

    @property
    def platform(self) -> str:
        """The base of the Platform dialect's paths."""
        return f"{self.url}/v1/{self.workspace_id}"

    def credentials(self) -> dict[str, Any]:
        """Return the credentials of a Classic client under the SDK's names."""
        return {
            "api_key": self.api_key,
            "api_key_id": self.api_key_id,
            "user_id": self.user_id,
            "organization_id": self.organization_id,
            "base_url": self.url,
        }

    def sign_in(self) -> str:
        """Return a token of the Classic dialect."""
        headers = {"x-api-key": self.api_key, "x-api-key-id": self.api_key_id, "x-user-id": self.user_id}
        answer = httpx.post(f"{self.classic}/user/signin_with_api_key", headers=headers)
        token: str = answer.raise_for_status().json()["id_token"]
        return token

    def stop(self) -> tuple[int, str]:
        """Stop the server. Return its exit code and standard error."""
        self.process.send_signal(signal.SIGTERM)
        _, complaints = self.process.communicate(timeout=30)
        return self.process.wait(timeout=30), complaints


Serve = Callable[..., Served]


def start(folder: Path, *options: str, installed: bool = False) -> Served:
    """Start ``turnlab serve`` on a free port with the workspace in ``folder``, and wait until it is ready.

    ``installed`` runs the installed script, with its real start-up time.
    """
    arguments = ["serve", "--port", "0", "--json", "--data", str(folder), *options]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("AMIGO_")}
    process: Command | subprocess.Popen[str]
    if installed:
        command = [str(TURNLAB), *arguments]
        process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
        )
    else:
        process = Command(arguments, environment)
    assert process.stdout is not None
    line = process.stdout.readline()
    if not line:
        _, complaints = process.communicate(timeout=30)
        raise AssertionError(f"turnlab serve ended with {process.returncode}: {complaints}")
    return Served(process, folder, **json.loads(line))


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Serve]:
    """Start platforms that are stopped after the test."""
    running: list[Served] = []

    def call(*options: str, installed: bool = False) -> Served:
        running.append(start(tmp_path / "data", *options, installed=installed))
        return running[-1]

    yield call
    for served in running:
        if served.process.poll() is None:
            served.process.kill()
        served.process.communicate(timeout=30)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """One platform without rate limits for a module whose tests do not affect each other."""
    found = start(tmp_path_factory.mktemp("served"), "--rate-window", "0")
    yield found
    found.process.kill()
    found.process.communicate(timeout=30)
