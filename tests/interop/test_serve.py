"""``turnlab serve``: its output, its shutdown, and what it refuses."""

from __future__ import annotations

import os
import socket
import sqlite3
import time
from pathlib import Path

import httpx
import pytest
from amigo_sdk.rate_limits import parse_rate_limit_headers

from tests import forked
from tests.interop.conftest import Serve


def _refused(code: int, *options: str | Path) -> str:
    environment = {name: value for name, value in os.environ.items() if name != "TURNLAB_SERVE_TOKEN"}
    done = forked.run(["serve", "--port", "0", *map(str, options)], environment, timeout=60)
    assert (done.returncode, done.stdout) == (code, ""), done.stderr
    (line,) = done.stderr.splitlines()
    assert line.startswith("turnlab: ")
    return line


def test_serve_prints_one_ready_line_and_stops_on_sigterm(serve: Serve) -> None:
    served = serve(installed=True)
    assert served.url.startswith("http://127.0.0.1:")
    headers = {"Authorization": f"Bearer {served.api_key}"}
    with httpx.Client(headers=headers) as client:  # an open connection must not delay the shutdown
        assert client.get(f"{served.platform}/services").json()["total"] == 12
        assert served.process.stdout is not None
        code, complaints = served.stop()
        assert (code, complaints) == (0, "")
        assert served.process.stdout.closed or served.process.stdout.read() == ""
    # a proper shutdown merges the write-ahead log into the file and deletes it
    assert sorted(path.name for path in served.folder.iterdir()) == ["workspace.db"]
    with pytest.raises(httpx.ConnectError):
        httpx.get(served.url)


def test_serve_ignores_other_servers_settings(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"WEB_CONCURRENCY": "many", "FORWARDED_ALLOW_IPS": "*"}.items():
        monkeypatch.setenv(name, value)
    served = serve()
    forwarded = {"Authorization": f"Bearer {served.api_key}", "X-Forwarded-For": "nonsense"}
    assert httpx.get(f"{served.platform}/services", headers=forwarded).status_code == 200


def test_changes_survive_a_restart(serve: Serve) -> None:
    first = serve()
    headers = {"Authorization": f"Bearer {first.api_key}"}
    service = httpx.get(f"{first.platform}/services", headers=headers).json()["items"][0]["id"]
    changed = httpx.put(f"{first.platform}/services/{service}", headers=headers, json={"description": "mine"})
    assert changed.status_code == 200
    assert first.stop()[0] == 0
    second = serve()
    assert (second.api_key, second.user_id) == (first.api_key, first.user_id)
    kept = httpx.get(f"{second.platform}/services/{service}", headers=headers).json()
    assert kept["description"] == "mine"


def test_a_port_in_use_gets_a_clear_message(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        line = _refused(1, "--port", str(port), "--data", tmp_path)
    assert f"port {port}" in line
    assert "choose another --port" in line
    assert list(tmp_path.iterdir()) == []


def test_a_read_only_folder_gets_a_clear_message(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    assert "give --data a folder" in _refused(1, "--data", tmp_path / "file" / "deeper")
    assert (tmp_path / "file").read_text() == "mine"


def test_a_damaged_workspace_is_left_alone(tmp_path: Path) -> None:
    damaged = b"somebody's notes, not a database\n" * 300
    (tmp_path / "workspace.db").write_bytes(damaged)
    assert "move it away" in _refused(1, "--data", tmp_path)
    assert (tmp_path / "workspace.db").read_bytes() == damaged


def test_a_folder_for_another_program_is_left_alone(tmp_path: Path) -> None:
    connection = sqlite3.connect(tmp_path / "workspace.db")
    connection.execute("CREATE TABLE photos (id)")
    connection.close()
    assert "another program" in _refused(1, "--data", tmp_path)


EVERYWHERE = "0.0.0.0"  # noqa: S104  to be refused


@pytest.mark.parametrize(
    ("options", "wanted"),
    [
        (("--host", EVERYWHERE), "--allow-remote"),
        (("--host", EVERYWHERE, "--token", "long-enough-a-token"), "--allow-remote"),
        (("--host", EVERYWHERE, "--allow-remote"), "--token that you choose"),
        (("--host", EVERYWHERE, "--allow-remote", "--token", "short"), "at least 16"),
        (("--token", "with spaces in the middle"), "without spaces"),
        (("--port", "70000"), "--port"),
    ],
)
def test_serve_refuses_to_listen_beyond_this_machine_unasked(
    tmp_path: Path, options: tuple[str, ...], wanted: str
) -> None:
    assert wanted in _refused(2, "--data", tmp_path / "data", *options)
    assert not (tmp_path / "data").exists()


def test_an_unknown_host_gets_a_clear_message(tmp_path: Path) -> None:
    assert "there is no host nobody.invalid" in _refused(1, "--host", "nobody.invalid", "--data", tmp_path)


def test_a_chosen_token_replaces_the_owners(serve: Serve) -> None:
    stored = serve()
    stored.stop()
    served = serve("--token", "a-token-chosen-by-a-person")
    assert served.api_key == "a-token-chosen-by-a-person"

    def status(token: str) -> int:
        return httpx.get(f"{served.platform}/services", headers={"Authorization": f"Bearer {token}"}).status_code

    assert (status(served.api_key), status(stored.api_key)) == (200, 401)
    assert served.sign_in()


def test_the_read_only_key_cannot_change_anything(serve: Serve) -> None:
    served = serve("--read-only", "--rate-window", "0")
    headers = {"Authorization": f"Bearer {served.api_key}"}
    service = httpx.get(f"{served.platform}/services", headers=headers).json()["items"][0]
    refused = httpx.put(f"{served.platform}/services/{service['id']}", headers=headers, json={"name": "Other"})
    assert (refused.status_code, refused.json()["error_code"]) == (403, "forbidden")
    headers = {"Authorization": f"Bearer {served.sign_in()}"}
    (first, *_) = httpx.get(f"{served.classic}/service/", headers=headers).json()["services"]
    refused = httpx.post(f"{served.classic}/service/{first['id']}/", headers=headers, json={"is_active": False})
    assert refused.status_code == 403
    assert httpx.get(f"{served.classic}/service/", headers=headers).json()["services"][0] == first


def test_serve_prints_text_without_json(tmp_path: Path) -> None:
    process = forked.Command(["serve", "--port", "0", "--data", str(tmp_path / "data")], os.environ)
    said = [process.stdout.readline() for _ in range(7)]
    process.terminate()
    process.communicate(timeout=30)
    assert process.returncode == 0
    assert "http://127.0.0.1:" in said[0]
    assert any("api_key_id" in line for line in said)


def test_rate_limits_are_enforced_and_reported(serve: Serve) -> None:
    served = serve()
    headers = {"Authorization": f"Bearer {served.sign_in()}"}
    with httpx.Client(headers=headers) as client:
        answers = [client.get(f"{served.classic}/service/?limit=1") for _ in range(51)]
        assert [answer.status_code for answer in answers] == [200] * 50 + [429]
        assert [int(answer.headers["X-RateLimit-Remaining"]) for answer in answers[:50]] == list(range(49, -1, -1))
        refused = answers[-1]
        assert refused.headers["X-RateLimit-Limit"] == "50"
        assert 1 <= int(refused.headers["Retry-After"]) <= 60
        assert abs(int(refused.headers["X-RateLimit-Reset"]) - time.time()) <= 61
        assert refused.json()["error_code"] == "rate_limited"
        assert refused.json()["request_id"] == refused.headers["X-Request-Id"]
        told = parse_rate_limit_headers(refused.headers)  # as the vendor's SDK reads them
        assert told is not None
        assert (told.limit, told.remaining) == (50, 0)
        # another operation has its own limit
        assert client.get(f"{served.classic}/organization/agent").status_code == 200
