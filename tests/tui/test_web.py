"""``turnlab --web``: the dashboard in a browser, only for visitors with its address."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from http.cookiejar import CookieJar
from pathlib import Path
from time import monotonic, sleep
from urllib.error import HTTPError

import pytest

from tests.tui.chromium import browser

pytest.importorskip("textual_serve", reason="the extra 'web' is not installed")


class Served:
    """A dashboard served to browsers, and its address."""

    def __init__(self) -> None:
        command = [sys.executable, "-m", "tui", "--web", "--port", "0", "--read-only"]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True)
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line.startswith("Turnlab is at http://127.0.0.1:")
        self.address = line.split()[-1]

    def end(self) -> None:
        """Stop it as ctrl+c does, and wait until its pages' processes have ended too."""
        self._process.send_signal(signal.SIGINT)
        self._process.communicate(timeout=60)
        end_s = monotonic() + 60
        with contextlib.suppress(ProcessLookupError):
            while monotonic() < end_s:
                os.killpg(self._process.pid, 0)
                sleep(0.02)
            raise AssertionError("a process behind a page goes on")


@pytest.fixture
def served(workspace_file: Path) -> Iterator[Served]:
    """A dashboard on a demo workspace."""
    one = Served()
    yield one
    one.end()


@pytest.mark.browser
async def test_the_services_are_seen_and_filtered_in_a_browser(served: Served, tmp_path: Path) -> None:
    async with browser(tmp_path / "profile") as page:
        await page.open(served.address)
        shown = await page.shows("12 of 12")
        assert "Intake Line" in shown
        assert "read-only" in shown, "options reach the page"
        assert "/ Filter" in shown
        assert "esc Back" not in shown, "nothing has the focus, and there is nowhere to go back to"
        await page.type("/intake")
        assert "Intake Line" in await page.shows("2 of 12", no_longer="Nurse Triage")
        await asyncio.to_thread(served.end)


def refused(address: str, **headers: str) -> str:
    request = urllib.request.Request(address, headers=headers)
    with pytest.raises(HTTPError) as caught:
        urllib.request.urlopen(request)
    assert caught.value.code == 403
    return caught.value.read().decode()


def test_other_visitors_are_refused_and_nothing_is_loaded_from_other_servers(served: Served) -> None:
    address = served.address
    base, _, _ = address.partition("/?")
    opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))
    with opener.open(address) as answer:
        assert answer.url == f"{base}/", "the key does not stay in the address"
        assert "default-src 'self'" in answer.headers["Content-Security-Policy"]
        page = answer.read().decode()
        assert "<title>Turnlab</title>" in page
        assert "googleapis" not in page, "what the policy refuses is not asked for"
    for path in ("/", "/ws", "/static/js/textual.js", "/?key=guessed"):
        assert "Open the address" in refused(base + path)
    assert "Only pages of this dashboard" in refused(address, Origin="http://elsewhere.example")
    assert "Only pages of this dashboard" in refused(address, Host="elsewhere.example")


def test_a_taken_port_fails_only_if_it_was_requested(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from tui import web

    with web._listening(0) as taken:
        port = taken.getsockname()[1]
        monkeypatch.setattr(web, "PORT", port)
        with web._listening(None) as other:
            assert other.getsockname()[1] != port
        with pytest.raises(OSError, match="in use"):
            web._listening(port)


def test_without_the_extra_one_line_says_how_to_get_it() -> None:
    lacking = (
        "import sys; sys.modules['textual_serve'] = None; from tui.cli.main import run; sys.exit(run(['--web']))"
    )
    done = subprocess.run([sys.executable, "-c", lacking], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr == "turnlab: --web needs textual-serve; get it with: pip install 'turnlab[web]'\n"
