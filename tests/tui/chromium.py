"""A page in headless Chromium, driven by the browser's own protocol."""

from __future__ import annotations

import asyncio
import base64
import json
import os
import shutil
import subprocess
import urllib.request
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import pytest
import websockets

REQUIRED = os.environ.get("TURNLAB_REQUIRE_AUDIO") == "1"
DEADLINE_S = 60.0
_FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"),
    *("--disable-background-networking", "--disable-component-update", "--remote-debugging-port=0"),
    *("--window-size=1300,800", "about:blank"),
)
# The terminal in the page paints on a canvas, so its text is not in the document. xterm stores it in a field that
# is set just before this one, from which it can be read.
_FIND_TERMINAL = """
Object.defineProperty(Object.prototype, 'unicode11Addon', {configurable: true, set(value) {
    Object.defineProperty(this, 'unicode11Addon', {value, writable: true});
    window.shownTerminal = this.terminal;
}});
"""
_TEXT = """(() => {
    const shown = window.shownTerminal?.buffer.active, lines = [];
    for (let y = 0; shown && y < shown.length; y++) lines.push(shown.getLine(y).translateToString(true));
    return lines.join('\\n');
})()"""


def chromium() -> str:
    """Return the browser's command. Without one, skip the test, or fail it where browsers are required."""
    for name in ("chromium", "chromium-browser", "google-chrome"):
        if (found := shutil.which(name)) is not None:
            return found
    why = "there is no Chromium here; apt-get install chromium"
    if REQUIRED:
        pytest.fail(why)
    pytest.skip(why)


class Page:
    """One page: its address, its keys, and the text of its terminal."""

    def __init__(self, socket: websockets.ClientConnection) -> None:
        self._socket = socket
        self._asked = 0

    async def evaluate(self, expression: str) -> Any:
        """Return the value of an expression in the page. A promise is awaited."""
        answer = await self._call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        return answer["result"].get("value")

    async def show_as(self, *, width: int, scheme: str) -> None:
        """Show the page at a width in pixels, ``light`` or ``dark``."""
        await self._call(
            "Emulation.setDeviceMetricsOverride", width=width, height=900, deviceScaleFactor=1, mobile=False
        )
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        await self._call("Emulation.setEmulatedMedia", features=features)

    async def told(self) -> list[tuple[str, str]]:
        """Return what a screen reader announces: role and name of everything that it does not skip."""
        tree = await self._call("Accessibility.getFullAXTree")
        return [
            (str(node["role"]["value"]), str(node.get("name", {}).get("value", "")))
            for node in tree["nodes"]
            if not node["ignored"]
        ]

    async def printed(self) -> bytes:
        """Return the page as a PDF, on the paper that its style selects."""
        answer = await self._call("Page.printToPDF", preferCSSPageSize=True, printBackground=True)
        return base64.b64decode(answer["data"])

    async def open(self, address: str) -> None:
        """Open an address."""
        await self._call("Page.enable")
        await self._call("Page.addScriptToEvaluateOnNewDocument", source=_FIND_TERMINAL)
        await self._call("Page.navigate", url=address)

    async def type(self, text: str) -> None:
        """Press one key per character, without clicking on the page first."""
        for char in text:
            await self._call("Input.dispatchKeyEvent", type="char", text=char)

    async def text(self) -> str:
        """Return the text of the page's terminal."""
        answer = await self._call("Runtime.evaluate", expression=_TEXT, returnByValue=True)
        return str(answer["result"].get("value", ""))

    async def shows(self, text: str, *, no_longer: str = "\0") -> str:
        """Wait until the terminal shows a text and no longer shows another."""
        end_s, shown = monotonic() + DEADLINE_S, ""
        while monotonic() < end_s:
            shown = await self.text()
            if text in shown and no_longer not in shown:
                return shown
            await asyncio.sleep(0.05)
        raise AssertionError(f"the page does not show {text!r} but:\n{shown}")

    async def _call(self, method: str, **parameters: Any) -> dict[str, Any]:
        self._asked += 1
        await self._socket.send(json.dumps({"id": self._asked, "method": method, "params": parameters}))
        while True:
            answer = json.loads(await self._socket.recv())
            if answer.get("id") == self._asked:
                assert "error" not in answer, answer
                result: dict[str, Any] = answer["result"]
                return result


@asynccontextmanager
async def browser(folder: Path) -> AsyncIterator[Page]:
    """Start a browser with its files in a folder."""
    command = [chromium(), f"--user-data-dir={folder}", *_FLAGS]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # noqa: ASYNC220
    try:
        port = await asyncio.to_thread(_port, folder / "DevToolsActivePort")
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/json/list") as answer:  # noqa: ASYNC210
            page = next(one for one in json.load(answer) if one["type"] == "page")
        async with websockets.connect(page["webSocketDebuggerUrl"], max_size=None) as socket:
            yield Page(socket)
    finally:
        process.terminate()
        process.wait(30)


def _port(file: Path) -> int:
    """Return the browser's port, once it has written it."""
    end_s = monotonic() + DEADLINE_S
    while not (file.exists() and file.read_text().count("\n")):
        assert monotonic() < end_s, "the browser does not start"
        sleep(0.02)
    return int(file.read_text().split()[0])
