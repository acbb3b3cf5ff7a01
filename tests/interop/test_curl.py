"""The requests of the vendor's documentation, run by curl as written, with placeholders filled in."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.interop.conftest import Served

SEEDS = Path(__file__).parents[2] / ".." / "shared" / "seeds"
CURL = shutil.which("curl")

pytestmark = [
    pytest.mark.skipif(CURL is None, reason="curl is not installed"),
    pytest.mark.skipif(not SEEDS.exists(), reason="the vendor's documentation is not here"),
]


def _written() -> list[str]:
    """Return every curl command of the documentation in order."""
    text = "".join(path.read_text(encoding="utf-8") for path in sorted(SEEDS.glob("*.txt")))
    return [found for found in re.findall(r"```bash\n(.*?)```", text, re.DOTALL) if found.startswith("curl ")]


def _call(command: str, filled: dict[str, str]) -> tuple[int, Any]:
    for placeholder, value in filled.items():
        command = command.replace(placeholder, value)
    assert "<" not in command.replace("<<", ""), f"an unknown placeholder: {command}"
    script = command.rstrip() + " --silent --show-error --write-out '\\n%{http_code}'"
    done = subprocess.run(["/bin/sh", "-c", script], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    body, _, status = done.stdout.rpartition("\n")
    return int(status), json.loads(body) if body else None


def test_every_call_works_as_written(served: Served) -> None:
    token = served.sign_in()
    headers = {"Authorization": f"Bearer {token}"}
    first = httpx.get(f"{served.classic}/service/", headers=headers).json()["services"][0]
    filled = {
        "https://api.amigo.ai": served.url,
        "<YOUR-ORG-ID>": served.organization_id,
        "{org}": served.organization_id,
        "<AUTH-TOKEN-OF-USER>": token,
        "$TOKEN": token,
        "<SERVICE-ID>": first["id"],
        "{service_id}": first["id"],
        # the ids of the examples
        "8b5c6599bfb8ffc45646b289": first["service_hierarchical_state_machine_id"],
        "0d0b781189c14189526c2603": first["agent_id"],
    }
    answers = [(command, *_call(command, filled)) for command in _written()]
    told = {
        (re.sub(r".*/service", "", command.split("'")[3]) or "?"): status
        for command, status, _ in answers
        if "'" in command
    }
    assert len(answers) == 6, told
    listed, created, updated, pinned, staged, deleted = answers
    assert (listed[1], len(listed[2]["services"])) == (200, 10)
    assert all(service["is_active"] for service in listed[2]["services"])
    assert (created[1], len(created[2]["id"])) == (201, 24)
    assert updated[1] == 200
    assert pinned[1] == 200
    release = first["version_sets"]["release"]
    assert pinned[2]["agent_version"] == release["agent_version_number"]
    assert pinned[2]["context_graph_version"] == release["service_hierarchical_state_machine_version_number"]
    assert (staged[1], staged[2]) == (204, None)
    assert (deleted[1], deleted[2]) == (204, None)
    page = httpx.get(f"{served.classic}/service/?id={first['id']}", headers=headers).json()["services"][0]
    assert page["is_active"] is False
    assert set(page["version_sets"]) == set(first["version_sets"]) - {"staging"}
