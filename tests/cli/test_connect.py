"""``turnlab connect`` from a script and at a terminal, against the real platform on a socket."""

from __future__ import annotations

import json
import os
import pty
import select
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import forked
from tests.cli.conftest import Outcome
from tests.services.serving import Served, served

ROOT = Path(__file__).parents[2]
TIMEOUT_S = 60


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served(tmp_path_factory.mktemp("served") / "workspace.db") as there:
        yield there


class Desk:
    """One user's machine: a folder for everything, and a working keyring."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.keyring = folder / "keyring.json"
        self.file = folder / "config" / "connections.json"
        ours = ("AMIGO_", "PLATFORM_", "TURNLAB_")
        self.environment = {name: value for name, value in os.environ.items() if not name.startswith(ours)} | {
            "HOME": str(folder),
            "TURNLAB_DATA_DIR": str(folder / "data"),
            "TURNLAB_CONFIG_DIR": str(folder / "config"),
            "TURNLAB_TEST_KEYRING": str(self.keyring),
            "PYTHON_KEYRING_BACKEND": "tests.services.keyring_in_file.Keyring",
            "PYTHONPATH": str(ROOT),
            "COLUMNS": "200",
        }

    def run(self, *arguments: str, key: str = "", **variables: str) -> Outcome:
        environment = self.environment | variables
        done = forked.run(list(arguments), environment, cwd=self.folder, said=f"{key}\n", timeout=TIMEOUT_S)
        return Outcome(done.returncode, done.stdout, done.stderr)

    def everything_written(self) -> str:
        """Return the content of every file except the keyring's."""
        files = [path for path in self.folder.rglob("*") if path.is_file() and path != self.keyring]
        return "".join(path.read_text(errors="replace") for path in files)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def _options(platform: Served) -> tuple[str, ...]:
    return ("--url", platform.url, "--workspace", platform.access.workspace_id)


def test_a_connection_is_set_up_tested_used_and_removed(desk: Desk, platform: Served) -> None:
    key = platform.access.token
    made = desk.run("connect", "staging", *_options(platform), key=key)
    assert made.code == 0, made.err
    assert f"workspace {platform.access.workspace_id} with 12 services answered" in made.out
    assert "turnlab --connection staging" in made.out
    listed = desk.run("connect", "--list", "--json").json()
    assert [(each["name"], each["chosen"]) for each in listed["connections"]] == [
        ("embedded", True),
        ("staging", False),
    ]
    tested = desk.run("--connection", "staging", "connect", "--test", "--json").json()
    assert (tested["name"], tested["dialect"], tested["source"]) == ("staging", "platform", "config")
    assert key in desk.keyring.read_text()
    assert key not in desk.everything_written() + made.out + made.err
    assert desk.run("connect", "staging", "--remove").code == 0
    assert key not in desk.keyring.read_text()
    assert "no connection is called 'staging'" in desk.run("connect", "staging", "--test").one_line(2)


def test_classic_is_recognised_by_its_options(desk: Desk, platform: Served) -> None:
    there = platform.access
    options = ("--organization", there.organization_id, "--key-id", there.api_key_id, "--user", there.user_id)
    made = desk.run("connect", "old", *options, "--url", platform.url, "--json", key=there.token).json()
    assert (made["dialect"], made["answered"]) == (
        "classic",
        f"organization {there.organization_id} as user {there.user_id}",
    )


def test_a_key_that_does_not_work_is_not_kept(desk: Desk, platform: Served) -> None:
    line = desk.run("connect", "staging", *_options(platform), key="wrong-key-19ab").one_line(1)
    assert "the API key was not accepted" in line
    assert "wrong-key-19ab" not in line
    assert not desk.keyring.exists()
    assert not desk.file.exists()


def test_a_machine_without_a_keyring_keeps_nothing_and_says_what_to_do(desk: Desk, platform: Served) -> None:
    backend = "keyring.backends.fail.Keyring"
    outcome = desk.run(
        "connect", "staging", *_options(platform), key=platform.access.token, PYTHON_KEYRING_BACKEND=backend
    )
    line = outcome.one_line(1)
    assert "no keyring" in line
    assert "PLATFORM_API_KEY" in line
    assert not desk.file.exists()


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("connect", "staging"), "--workspace missing"),
        (("connect", "--workspace", "w"), "NAME missing"),
        (("connect", "old", "--api", "classic"), "--organization, --key-id, --user missing"),
        (("connect", "x", "--workspace", "w", "--api", "soap"), "platform or classic"),
        (("connect", "x", "--workspace", "w", "--region", "moon"), "no region 'moon'"),
        (("connect", "x", "--workspace", "w", "--url", "http://api.example"), "by https"),
        (("connect", "embedded", "--workspace", "w"), "choose another name"),
        (("connect", "a b", "--workspace", "w"), "name is 1 to 40"),
        (("connect", "x", "--workspace", "w"), "no API key"),
        (("connect", "--list", "--test"), "exclude each other"),
        (("connect", "--remove"), "needs the connection's name"),
    ],
)
def test_a_wrong_command_line_is_reported(desk: Desk, arguments: tuple[str, ...], says: str) -> None:
    assert says in desk.run(*arguments).one_line(2)
    assert not desk.file.exists()


def test_a_connection_from_the_environment_can_be_tested(desk: Desk, platform: Served) -> None:
    variables = {
        "PLATFORM_API_URL": platform.url,
        "PLATFORM_WORKSPACE_ID": platform.access.workspace_id,
        "PLATFORM_API_KEY": platform.access.token,
    }
    assert desk.run("connect", "--test", "--json", **variables).json()["name"] == "environment"
    del variables["PLATFORM_API_URL"]
    listed = desk.run("connect", "--list", **variables)
    assert "environment cannot be used: PLATFORM_API_URL is not set" in listed.out
    assert platform.access.token not in listed.out


def test_names_from_a_file_are_escaped(desk: Desk) -> None:
    desk.file.parent.mkdir()
    entry = {"dialect": "platform", "url": "https://x.example", "workspace_id": "\x1b[31mred"}
    desk.file.write_text(json.dumps({"connections": {"ev\u202eil\x1b]0;x\x07": entry}}))
    shown = desk.run("connect", "--list")
    assert shown.code == 0, shown.err
    assert "\x1b" not in shown.out
    assert "\u202e" not in shown.out


def test_at_a_terminal_it_asks_and_the_key_is_not_echoed(desk: Desk, platform: Served) -> None:
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [forked.TURNLAB, "connect", "--url", platform.url],
        stdin=theirs, stdout=theirs, stderr=theirs, cwd=desk.folder, env=desk.environment, start_new_session=True
    )  # fmt: skip
    os.close(theirs)
    there = platform.access
    talk = _Talk(ours)
    for question, reply in [
        ("platform or classic [platform]: ", ""),
        ("Name for this connection", "staging"),
        ("Workspace ID: ", there.workspace_id),
        ("API key (not shown): ", there.token),
    ]:
        talk.until(question)
        os.write(ours, f"{reply}\n".encode())
    talk.until("turnlab --connection staging")
    assert process.wait(TIMEOUT_S) == 0
    os.close(ours)
    assert there.token not in talk.heard
    assert there.token in desk.keyring.read_text()


class _Talk:
    def __init__(self, terminal: int) -> None:
        self._terminal = terminal
        self.heard = ""

    def until(self, text: str) -> None:
        start, deadline = len(self.heard), time.monotonic() + TIMEOUT_S
        while text not in self.heard[start:]:
            assert time.monotonic() < deadline, self.heard
            if select.select([self._terminal], [], [], 0.1)[0]:
                self.heard += os.read(self._terminal, 65536).decode(errors="replace")
