"""An unexpected error in every process: one line, and no values."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from base.unexpected import redacted
from tests import forked
from tests.terminal import Terminal

SPAWNS = "JudgeProcess"
KEY, PASSWORD, NUMBER = "not-a-real-key-31c8", "hunter2pw", "+15550100"

# Separate strings, so that no source line in a traceback contains the secret.
BREAKING = """
import sys
sys.path.insert(0, {root!r})
def broken(*_, **__):
    caller = "+1555" + "0100"
    proxy = "http://bob:hunter" + "2pw@proxy.test:3128"
    raise RuntimeError(f"no way through {{proxy}} for {{caller}} with not-a-real" + "-key-31c8")
"""

SERVED = """before = serving.serve
serving.serve = lambda options, tell: before(
    options, lambda ready: threading.Thread(target=ask, args=(ready,)).start())
from tui.__main__ import main
sys.argv = ["turnlab", "serve", "--port", "0", *sys.argv[1:]]
main()
"""
"""Serves, and calls the server with ``ask``."""

DEAR = {"the process that judges pauses", "a page of the dashboard in a browser"}
"""Cases that take half a second of processor time."""
DOORS = {
    "a command": """
import tui.cli.inputs
tui.cli.inputs.find_audio = broken
from tui.__main__ import main
sys.argv = ["turnlab", "analyze", "x.wav", *sys.argv[1:]]
main()
""",
    "a request of a command": """
import services.platform
services.platform.PlatformClient.list_services = broken
from tui.__main__ import main
sys.argv = ["turnlab", "service", "list", *sys.argv[1:]]
main()
""",
    "a thread": """
import threading
import tui.__main__
def work(*_):
    thread = threading.Thread(target=broken)
    thread.start()
    thread.join()
    return 0
tui.__main__._run = work
tui.__main__.main()
""",
    "a task that nobody awaits": """
import asyncio, gc
import tui.__main__
async def fail():
    broken()
async def main():
    task = asyncio.create_task(fail())
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    asyncio.get_running_loop().call_soon(broken)
    await asyncio.sleep(0)
def work(*_):
    asyncio.run(main())
    gc.collect()
    return 0
tui.__main__._run = work
tui.__main__.main()
""",
    "a finalizer": """
import tui.__main__
class Held:
    __del__ = broken
def work(*_):
    Held()
    return 0
tui.__main__._run = work
tui.__main__.main()
""",
    "a callback of a future": """
import tui.__main__
from concurrent.futures import Future
def work(*_):
    future = Future()
    future.add_done_callback(broken)
    future.set_result(1)
    return 0
tui.__main__._run = work
tui.__main__.main()
""",
    "the process of a live session": """
import io, pickle
import simulator.session.child as child
child.LiveSession = broken
class Given: buffer = io.BytesIO(pickle.dumps(1))
sys.stdin = Given
child.main()
""",
    "a thread of a live session": """
import threading, time
from simulator.session.settings import SessionSettings, LiveArm
import simulator.session.child as live
import simulator.session.call_loop as call_loop
from base.unexpected import install

from presets.layers import resolve
install()
call_loop.CallLoop._prepare = broken
session = live.LiveSession(SessionSettings(arms=(LiveArm("a", resolve()),)))
session.start()
while session.snapshot().phase != "failed":
    time.sleep(0.01)
print(session.snapshot(), session.take(), file=sys.stderr)
print("unexpected RuntimeError", file=sys.stderr)
session.stop()
""",
    "the process of the speaker": """
import simulator.playing.speaker_process as speaker
speaker.open_output = speaker.list_devices = broken
speaker.main()
""",
    "the process that judges pauses": """
from tests.cli.broken_model import BrokenModel
from simulator.activity.model_process import JudgeProcess
if __name__ == "__main__":
    from base.unexpected import install
    install()
    JudgeProcess(BrokenModel()).ready()
""",
    "a request to serve": """
import threading, httpx, os, signal
import services.embedded.store as store
import services.embedded.serving as serving
store.find_services = broken
def ask(ready):
    found = ready.to_json("editor")
    headers = {"Authorization": "Bearer " + found["api_key"]}
    answer = httpx.get(f"{found['url']}/v1/{found['workspace_id']}/services", headers=headers, trust_env=False)
    print(answer.status_code, answer.text, file=sys.stderr)
    os.kill(os.getpid(), signal.SIGTERM)
"""
    + SERVED,
    "serve itself": """
import threading, httpx, os, signal
import services.embedded.app as app
import services.embedded.serving as serving
app.RequestIds.__call__ = broken
def ask(ready):
    httpx.get(ready.url, trust_env=False)
    os.kill(os.getpid(), signal.SIGTERM)
"""
    + SERVED,
    "a page of the dashboard in a browser": """
import os, signal, threading, httpx
import tui.web as web
web.WebDashboard._is_key = broken
def ask(url):
    httpx.get(url, trust_env=False)
    os.kill(os.getpid(), signal.SIGTERM)
async def on_startup(self, app):
    threading.Thread(target=ask, args=(self.address,)).start()
web.WebDashboard.on_startup = on_startup
from tui.__main__ import main
sys.argv = ["turnlab", "--web", "--port", "0", *sys.argv[1:]]
main()
""",
    "a call on the agent's socket": """
import asyncio, os, signal, threading
import simulator.socket.server as server
import tui.cli.agent
server.Conversation.run = broken
def ask(port):
    from websockets.sync.client import connect
    try:
        with connect(f"ws://127.0.0.1:{port}", proxy=None) as line:
            line.recv()
    except Exception as error:
        print(error, file=sys.stderr)
    os.kill(os.getpid(), signal.SIGTERM)
before = server.serve
def serve(service, bound, ready, tell):
    def also():
        ready()
        threading.Thread(target=ask, args=(bound.getsockname()[1],)).start()
    before(service, bound, also, tell)
tui.cli.agent.serve = serve
from tui.__main__ import main
sys.argv = ["turnlab", "agent", "--port", "0", "--eot", "silence", "--voice", "silent", *sys.argv[1:]]
main()
""",
}


def _surroundings(home: Path, **more: str) -> dict[str, str]:
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "LC_ALL", "VIRTUAL_ENV") if name in os.environ}
    return kept | {
        "HOME": str(home),
        "TURNLAB_DATA_DIR": str(home / "data"),
        "TURNLAB_CACHE_DIR": str(home / "cache"),
        "AMIGO_API_KEY": KEY,
        **more,
    }


def _script(door: str) -> str:
    return BREAKING.format(root=str(Path(__file__).parents[2])) + DOORS[door]


def _said(script: str, environment: Mapping[str, str], folder: Path, *options: str) -> str:
    if SPAWNS not in script:
        done = forked.run([*options], environment, cwd=folder, script=script)
        return done.stdout + done.stderr
    # A spawned process imports its parent's file.
    file = folder / "script.py"
    file.write_text(script)
    command = [sys.executable, str(file), *options]
    done = subprocess.run(
        command, capture_output=True, text=True, env=environment, cwd=folder, timeout=120, stdin=subprocess.DEVNULL
    )
    return done.stdout + done.stderr


def _holds_no_secret(text: str) -> None:
    for secret in (KEY, PASSWORD, NUMBER, "15550100"):
        assert secret not in text, text


@pytest.mark.parametrize(
    "door",
    [pytest.param(door, marks=pytest.mark.slow if door in DEAR else []) for door in DOORS],
)
def test_an_unexpected_error_is_one_line_without_values(door: str, tmp_path: Path) -> None:
    said = _said(_script(door), _surroundings(tmp_path), tmp_path)
    assert "RuntimeError" in said
    assert "Traceback" not in said
    assert "no way through" not in said
    _holds_no_secret(said)


@pytest.mark.slow
@pytest.mark.parametrize(
    "door",
    ["a command", "a thread", "a task that nobody awaits", "a request to serve", "the process that judges pauses"],
)
def test_a_traceback_shows_no_variables_and_no_secret(door: str, tmp_path: Path) -> None:
    said = _said(_script(door), _surroundings(tmp_path, TURNLAB_DEBUG="1"), tmp_path)
    assert "Traceback (most recent call last)" in said
    assert re.search(r"RuntimeError: no way through http://\[…\]@proxy\.test:3128 for \[…\] with \[…\]", said), said
    _holds_no_secret(said)


@pytest.mark.slow
def test_the_dashboard_says_one_line(tmp_path: Path) -> None:
    script = BREAKING.format(root=str(Path(__file__).parents[2])) + (
        "import tui.connection\ntui.connection.Connection.open = broken\nfrom tui.__main__ import main\nmain()\n"
    )
    terminal = Terminal([sys.executable, "-c", script], tmp_path, **_surroundings(tmp_path))
    try:
        assert terminal.end() == 1
        assert "turnlab: stopped by an unexpected RuntimeError at tui/connection.py" in terminal.said
        _holds_no_secret(terminal.drawn)
    finally:
        terminal.close()


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("socks5h://bob:p@ss/w#o@h:1 is odd", "socks5h://[…]@h:1 is odd"),
        ("https://proxy.test:3128/ is fine", "https://proxy.test:3128/ is fine"),
        ("{'authorization': 'Bearer abc.def'}", "{'authorization': 'Bearer […]'}"),
        ("Proxy-Authorization: Basic Ym9iOnB3", "Proxy-Authorization: Basic […]"),
        ("x-api-key: 123456", "x-api-key: […]"),
        ("{'api_key': '123456', 'name': 'x'}", "{'api_key': '[…]', 'name': 'x'}"),
        ("called from +1 (555) 010-0199 at 12", "called from […] at 12"),
        ("KeyError: 'tts_speed'", "KeyError: 'tts_speed'"),
        ("sorted(found, key=len)", "sorted(found, key=len)"),
        ("2026-11-30 12:00:00 +0000", "2026-11-30 12:00:00 +0000"),
    ],
)
def test_apparent_secrets_are_removed(text: str, left: str) -> None:
    assert redacted(text) == left


def test_the_environments_own_secrets_are_cut_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TURNLAB_SERVE_TOKEN", "chosen-by-me-77")
    monkeypatch.setenv("https_proxy", "http://bob:p%40ss-word@h:1")
    assert redacted("chosen-by-me-77, p%40ss-word and p@ss-word") == "[…], […] and […]"
