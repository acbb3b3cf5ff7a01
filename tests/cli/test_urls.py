"""Recordings at URLs: read by the process that works on them, without showing secrets of the URL."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from shutil import copy
from typing import Any

import pytest

from simulator.recording import bundled_folder
from tests.cli.conftest import Outcome, turnlab_in
from tests.simulator.test_executors import dask

_PASSWORD, _TOKEN = "hunter2", "sekret"


class _Guarded(SimpleHTTPRequestHandler):
    """Serves a folder to clients with the name, the password and the token."""

    def do_GET(self) -> None:
        wanted = "Basic " + base64.b64encode(f"jane:{_PASSWORD}".encode()).decode()
        if self.headers.get("Authorization") != wanted or f"token={_TOKEN}" not in self.path:
            self.send_error(403)
            return
        super().do_GET()

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def site(tmp_path: Path) -> Iterator[str]:
    """Yield the address of a folder of two labelled recordings on a server."""
    folder = tmp_path / "site"
    folder.mkdir()
    for name in ("coughs", "thinking"):
        for file in bundled_folder().glob(f"{name}.*"):
            copy(file, folder)
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(_Guarded, directory=str(folder))) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"127.0.0.1:{server.server_port}"
        server.shutdown()


def _secrets_in(outcome: Outcome) -> list[str]:
    return [one for one in (_PASSWORD, _TOKEN, "jane") if one in outcome.out + outcome.err]


def test_a_failing_url_is_reported_without_its_secrets(tmp_path: Path, analyses: Path, site: str) -> None:
    turnlab = turnlab_in(tmp_path, analyses)
    query = f"?token={_TOKEN}"
    gone = turnlab("analyze", f"http://jane:{_PASSWORD}@{site}/nothing.flac{query}")
    assert "no such file or folder; check the URL" in gone.one_line(1)
    refused = turnlab("evaluate", f"http://jane:wrong@{site}/coughs.flac{query}", "--json")
    assert "permission denied" in refused.err
    measured = turnlab("calls", "measure", f"http://jane:{_PASSWORD}@{site}/coughs.flac{query}")
    assert f"http://{site}/coughs.flac: calls are" in measured.one_line(2)
    (tmp_path / "site" / "coughs.json").write_text("[")
    broken = turnlab("simulate", f"http://jane:{_PASSWORD}@{site}/coughs.flac{query}")
    assert f"http://{site}/coughs.json: " in broken.one_line(1)
    for outcome in (gone, refused, measured, broken):
        assert not _secrets_in(outcome)
    _without_fsspec(tmp_path)
    without = turnlab("simulate", "file:///a.flac", environment={"PYTHONPATH": str(tmp_path / "without")})
    assert "install turnlab[cluster]" in without.one_line(1)


def _without_fsspec(folder: Path) -> None:
    (folder / "without").mkdir()
    (folder / "without" / "fsspec.py").write_text("raise ImportError")


@pytest.mark.slow
def test_workers_read_urls_themselves(tmp_path: Path, analyses: Path, site: str) -> None:
    turnlab = turnlab_in(tmp_path, analyses)
    _without_fsspec(tmp_path)
    urls = [f"http://jane:{_PASSWORD}@{site}/{name}.flac?token={_TOKEN}" for name in ("coughs", "thinking")]
    with dask(2) as address:
        # this process could not read them
        env = {"PYTHONPATH": str(tmp_path / "without")}
        there = turnlab("evaluate", *urls, "--json", "--cluster", address, environment=env)
        forwarding = json.dumps({"forwarding": {"number": "+15550100142", "auth": _PASSWORD}})
        swept = turnlab(
            "sweep", *urls, "--from", forwarding, "--budget", "10", "--json", "--cluster", address, environment=env
        )
    listed = turnlab("evaluate", f"http://jane:{_PASSWORD}@{site}/?token={_TOKEN}", "--json", "--workers", "2")
    here = turnlab("evaluate", tmp_path / "site", "--json")
    assert there.json()["recordings"][0]["path"] == f"http://{site}/coughs.flac"
    assert there.out == listed.out
    assert there.out.replace(f"http://{site}", str(tmp_path / "site")) == here.out
    assert '{"number": "+•••••••••42", "auth": "•"}' in json.dumps(swept.json(), ensure_ascii=False)
    assert not (_secrets_in(there) + _secrets_in(listed) + _secrets_in(swept))
